"""What evidence says once it was verified and judged again: what reports that are made later start from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from harness.cli.dossier.verified import checked
from harness.core.clock import AMSTERDAM
from harness.core.run.folder import RunFolder
from harness.core.run.info import RunInfo
from harness.core.run.problems import short
from harness.judge.catalogue import Catalogue
from harness.judge.evidence.sealing import finished
from harness.judge.evidence.verification import another_catalogue, rejudge
from harness.judge.outcome.waiving import day_of
from harness.record.seal.trust import Trust
from harness.record.verify import verify_files, verify_folder
from harness.report.machine.run import JudgedRun
from harness.report.summary import RunSummary, summarise


@dataclass(frozen=True)
class Told:
    """What verified evidence says.

    :ivar day: on which waivers and statements have to hold.
    :ivar run: with everything that was found; ``None`` of a dossier.
    """

    summary: RunSummary
    ended: datetime
    day: date
    root: str
    run: JudgedRun | None = None


def told_by_run(path: Path, catalogue: Catalogue, trust: Trust | None, now: datetime) -> Told:
    """What a finished run says.

    :raises EvidenceError: it is unfinished, damaged, or its result is not what the recordings give.
    """
    facts = verify_folder(path, now=now, trust=trust) if trust is not None else verify_files(path)
    found = rejudge(path, catalogue)
    if found.problem is not None:
        raise found.problem.error()
    summary = summarise(found.info, found.findings, catalogue, RunFolder(path))
    run = JudgedRun(RunFolder(path), summary, found.findings, catalogue)
    return Told(summary, _ended(found.info), day_of(found.info), facts.root, run)


def told_by_dossier(path: Path, trust: Trust | None, now: datetime) -> Told:
    """What a dossier says today.

    :raises EvidenceError: something in it does not hold together.
    """
    found = checked(path, trust)
    for run in found.otherwise:  # what is on paper has to be what was signed
        here = found.summary.info.hashes.get("catalogue", "-")
        raise another_catalogue("catalogue", f"sha256 {short(run.made_with)}", f"sha256 {here}")
    day = now.astimezone(AMSTERDAM).date()
    return Told(found.summary, _ended(found.summary.info), day, found.root)


def _ended(info: RunInfo) -> datetime:
    """When it ended.

    :raises EvidenceError: it did not.
    """
    return datetime.fromisoformat(finished(info).at)
