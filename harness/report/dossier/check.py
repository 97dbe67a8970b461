"""Verification of a dossier: its files, its runs, what they give when judged again, what is stated."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from harness.core.algebra import Outcome
from harness.core.clock import AMSTERDAM
from harness.core.errors import UsageError
from harness.core.exits import ExitCode
from harness.core.run import manifest
from harness.core.run.agreed.attestations import Attestation
from harness.core.run.agreed.waivers import Waiver, read_waivers
from harness.core.run.challenge import Challenge
from harness.core.run.folder import RunFolder
from harness.core.run.info import RunInfo
from harness.core.run.manifest import SEAL
from harness.core.run.place import disk
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text
from harness.judge.catalogue import Catalogue
from harness.judge.evidence.otherwise import Otherwise, judge_today
from harness.judge.evidence.sealing import check_stated, stated
from harness.judge.evidence.verification import Rejudged, check_challenge
from harness.judge.outcome.waiving import day_of
from harness.record.seal.countersign import Countersigned, Signable, check_countersignature
from harness.record.seal.envelope import Sealed
from harness.record.seal.register import check_owner
from harness.record.seal.trust import Trust
from harness.record.verify import seal_of, verify_files
from harness.report.dossier.beside import check_beside
from harness.report.dossier.combine import combined, subject_of
from harness.report.dossier.document import NAME, WAIVERS, Dossier, HeldRun, read_dossier
from harness.report.programme.basiseisen import BasiseisRow, basiseis_rows
from harness.report.summary import RunSummary, summarise


@dataclass(frozen=True)
class Bound:
    """To which challenge a run is bound: its nonce (``""``: to none), and how many identifiers show it."""

    nonce: str
    checked: int


@dataclass(frozen=True)
class CheckedDossier:
    """A dossier in which everything holds together.

    :ivar manifest: SHA-256 of its manifest; ``root`` its Merkle root; ``files`` their number.
    :ivar seal: ``None``: not sealed.
    :ivar summary: all runs as one, on the day of the check.
    :ivar exchanges: how many were recorded.
    :ivar tested: the days on which its runs were made.
    :ivar bound: of each run the challenge that it was found bound to.
    :ivar basiseisen: every basic requirement with what decides it.
    :ivar signable: what a bureau agrees with, or is asked to agree with.
    :ivar countersigned: that a bureau agreed; ``None``: not, or not yet.
    :ivar otherwise: its runs that were judged with another catalogue then, as they are judged now.
    """

    dossier: Dossier
    manifest: str
    root: str
    files: int
    seal: Sealed | None
    summary: RunSummary
    exchanges: int
    bound: tuple[Bound, ...]
    tested: tuple[date, ...]
    basiseisen: tuple[BasiseisRow, ...]
    signable: Signable
    countersigned: Countersigned | None
    otherwise: tuple[Otherwise, ...] = ()

    @property
    def unagreed(self) -> bool:
        """Whether it rests on words of its supplier alone: waivers or reviews without a countersignature."""
        return self.countersigned is None and bool(self.signable.waivers or self.signable.reviews)

    @property
    def attestations(self) -> tuple[Attestation, ...]:
        """What people stated."""
        return self.summary.attestations

    @property
    def waivers(self) -> tuple[Waiver, ...]:
        """What may stay for now, or might."""
        return self.summary.info.waivers

    @property
    def open(self) -> tuple[BasiseisRow, ...]:
        """The basic requirements that a verdict has to wait for."""
        return tuple(row for row in self.basiseisen if row.basiseis.blocking and not row.state.good)

    @property
    def code(self) -> ExitCode:
        """0 only when the parties conform, no basic requirement is open, and a bureau agreed where needed."""
        code = self.summary.result.code(exchanges=self.exchanges)
        return ExitCode.UNDECIDED if code is ExitCode.OK and (self.open or self.unagreed) else code

    @property
    def outcome(self) -> Outcome:
        """What may be said of the supplier."""
        code = self.code
        if code is ExitCode.OK:
            return Outcome.CONFORMS
        return Outcome.FAILS if code is ExitCode.FAILED else Outcome.NO_VERDICT


def check_dossier(
    folder: Path,
    catalogue: Catalogue,
    *,
    now: datetime,
    trust: Trust | None = None,
    countersignature: Path | None = None,
    challenges: Sequence[Challenge] = (),
) -> CheckedDossier:
    """Check an unpacked dossier; the first problem first.

    :param now: clock value for certificates, waivers and attestations.
    :param trust: whose signature is believed; see :func:`harness.record.verify.verify_folder`.
    :param countersignature: file of the bureau beside the dossier; without ``trust`` nobody believes it.
    :param challenges: those that a bureau gave; with them every run has to be bound to one.
    :raises EvidenceError: something does not hold together.
    :raises ConfigurationError: the runs cannot be said of one thing, or the waivers are wrong.
    """
    made, data = whole_manifest(folder)
    dossier = read_dossier(folder)
    # Before anything is judged that nobody signed.
    seal = seal_of(folder, data, made.root, made.run, trust, now)
    if seal is not None and trust is not None:
        check_owner(trust.owners, seal.keyid, "supplier", dossier.vendor, SEAL)
    runs = _runs(folder, dossier, catalogue, challenges)
    findings = [finding for run, _, _ in runs for finding in run.findings]
    infos = [run.info for run, _, _ in runs]
    otherwise = tuple(run for _, run, _ in runs if run is not None)
    _check_whose(dossier, infos)
    day = now.astimezone(AMSTERDAM).date()
    waivers = read_waivers(folder / WAIVERS, day) if (folder / WAIVERS).is_file() else ()
    info = combined(infos, dossier.subject, waivers)
    placed = check_beside(folder, dossier.runs, info, catalogue, day)
    if seal is not None:
        check_stated(seal, stated(info, findings, catalogue), otherwise=bool(otherwise))
    told = tuple(item.attestation for item in placed)
    signable = Signable(
        manifest=data,
        root=made.root,
        waivers=sorted({item.fingerprint for item in info.waivers}),
        reviews=[
            item.folder.relative_to(folder).as_posix()
            for item in placed
            if item.attestation.review is not None
        ],
        keyid=seal.keyid if seal is not None else "",
    )
    summary = replace(summarise(info, findings, catalogue, day=day), attestations=told)
    rows = (row for name in dossier.subject if name in summary.parties for row in summary.parties[name].rows)
    return CheckedDossier(
        dossier=dossier,
        manifest=hashlib.sha256(data).hexdigest(),
        root=made.root,
        files=len(made.files),
        seal=seal,
        summary=summary,
        exchanges=sum(run.exchanges for run, _, _ in runs),
        bound=tuple(bound for _, _, bound in runs),
        otherwise=otherwise,
        tested=tuple(sorted({day_of(info) for info in infos})),
        basiseisen=tuple(basiseis_rows(rows, catalogue, told, day)),
        signable=signable,
        countersigned=check_countersignature(countersignature, signable, trust, now)
        if countersignature is not None and trust is not None
        else None,
    )


def whole_manifest(folder: Path) -> tuple[manifest.Manifest, bytes]:
    """The manifest of a dossier that holds exactly its files, and its bytes.

    :raises EvidenceError: it does not.
    """
    if not (folder / manifest.NAME).is_file():
        raise EvidenceError(ProblemKind.MISSING, Text(nl="ontbreekt", en="is missing"), where=manifest.NAME)
    data = disk.read(folder / manifest.NAME, manifest.MAX_MANIFEST)
    made = manifest.decode(data, manifest.DOSSIER)
    manifest.compare(folder, made, manifest.DOSSIER)
    return made, data


def _runs(
    folder: Path, dossier: Dossier, catalogue: Catalogue, challenges: Sequence[Challenge]
) -> list[tuple[Rejudged, Otherwise | None, Bound]]:
    """What the runs give now, whether by another catalogue than then, and to what they are bound."""
    named = {run.folder for run in dossier.runs}
    there = {path.relative_to(folder).as_posix() for path in (folder / "runs").glob("*")}
    if named != there or len(named) != len(dossier.runs) or len({r.run for r in dossier.runs}) != len(named):
        raise EvidenceError(
            ProblemKind.DESCRIPTION,
            Text(
                nl="noemt andere runs dan erin zitten, of een run dubbel", en="names other runs, or one twice"
            ),
            where=NAME,
            expected=", ".join(sorted(there)),
            received=", ".join(run.folder for run in dossier.runs),
        )
    judged: list[tuple[Rejudged, Otherwise | None, Bound]] = []
    for run in dossier.runs:
        path = folder / run.folder
        try:
            _check_run(run, path)
            found, otherwise = judge_today(path, catalogue)
            judged.append((found, otherwise, check_bound(RunFolder.open(path), found.info, challenges)))
        except EvidenceError as error:
            raise _inside(run, error) from None
    return judged


def check_bound(folder: RunFolder, info: RunInfo, challenges: Sequence[Challenge]) -> Bound:
    """To which challenge a run is bound.

    :param challenges: those that were given, by the reader's own books; none: it may be bound to any, or not.
    :raises EvidenceError: it is bound to none of those that were given, or not as it says.
    """
    binding = info.binding
    own = binding.challenge if binding is not None else None
    given = next((item for item in challenges if item == own), challenges[0]) if challenges else None
    checked = check_challenge(folder, info, given) or 0
    if challenges and not checked:
        raise EvidenceError(
            ProblemKind.CHALLENGE,
            Text(
                nl="noemt een controlegetal, maar heeft geen enkel bericht met een kenmerk dat eruit volgt",
                en="names a challenge, but has no message with an identifier that follows from it",
            ),
            where=manifest.START,
        )
    return Bound(own.nonce if own is not None and checked else "", checked)


def _check_whose(dossier: Dossier, infos: Sequence[RunInfo]) -> None:
    """Whether a dossier is of the supplier that its runs are of, and about that supplier's live parties.

    :raises EvidenceError: it is not.
    """
    expected, message = (
        "",
        Text(
            nl="gaat niet over de leverancier en de partijen van zijn runs",
            en="is not about the supplier and the parties of its runs",
        ),
    )
    try:
        vendor, subject = subject_of(infos, dossier.vendor)
        expected = f"{vendor}: {', '.join(subject)}"
    except UsageError as error:
        vendor, subject, message, expected = "", (), error.message, error.expected
    if (vendor, subject) != (dossier.vendor, dossier.subject):
        raise EvidenceError(
            ProblemKind.DESCRIPTION,
            message,
            where=NAME,
            expected=short(expected),
            received=short(f"{dossier.vendor}: {', '.join(dossier.subject)}"),
        )


def _check_run(run: HeldRun, path: Path) -> None:
    facts = verify_files(path)
    if (facts.run, facts.root) != (run.run, run.root):
        raise EvidenceError(
            ProblemKind.RUN,
            Text(nl="is een andere run dan het dossier noemt", en="is another run than the dossier names"),
            where=manifest.NAME,
            expected=f"{run.run} {run.root}",
            received=f"{facts.run} {facts.root}",
        )


def _inside(run: HeldRun, error: EvidenceError) -> EvidenceError:
    found = error.problem
    kind = ProblemKind.DESCRIPTION if found.kind is ProblemKind.FORMAT else found.kind
    return EvidenceError(
        kind,
        found.message,
        where=f"{run.folder}/{found.where}".rstrip("/"),
        expected=found.expected,
        received=found.received,
    )
