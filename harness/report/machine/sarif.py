"""SARIF of a run: a rule per requirement, a result per finding, a suppression per waiver.

What nobody has to do anything about is left out. A result points at the file with what was recorded; its
fingerprint is what a waiver names, so that the same fault is the same result in every run.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from harness import __version__
from harness.core.formats.sarif import Log
from harness.core.run.agreed.waivers import Waiver
from harness.core.run.findings import Finding
from harness.core.text import Lang, said
from harness.core.verdicts import Strength, Verdict
from harness.judge.catalogue import Requirement
from harness.report.dossier.waived import expired_line, waiver_line
from harness.report.grouping import OPEN
from harness.report.machine.run import TRUST_FRAMEWORK, JudgedRun
from harness.report.words import FOUND, word

_KIND: Final[Mapping[Verdict, str]] = {
    Verdict.FAIL: "fail",
    Verdict.WARNING: "fail",
    Verdict.DISPUTED: "review",
    **dict.fromkeys(OPEN, "open"),
}
"""A level may stand beside the kind *fail* only."""
_LEVEL: Final[Mapping[Strength, str]] = {Strength.MUST: "error", Strength.SHOULD: "warning"}
_MEDIA: Final[Mapping[str, str]] = {
    ".gz": "application/gzip",
    ".jsonl": "application/jsonl",
    ".json": "application/json",
}


def run_sarif(run: JudgedRun, lang: Lang, party: str = "") -> bytes:
    """The log of a run.

    :param party: the only one whose findings are told; ``""``: all.
    """
    log = Log("medmij-harness", __version__, lang)
    for item in run.summary.findings:
        if item.requirement in run.catalogue and party in ("", run.judged_on(item.requirement, item.cell)):
            requirement = run.catalogue[item.requirement]
            shown = run.shown(item.requirement, item.cell, lang)
            log.rule(item.requirement, _rule(requirement, shown, lang))
            log.result(item.requirement, _result(run, log, requirement, item, lang))
    details = {"id": f"medmij-harness/{run.summary.info.id}"}
    return log.render(run.began, run.ended, automationDetails=details)


def _rule(requirement: Requirement, shown: str, lang: Lang) -> dict[str, Any]:
    told = requirement.title.of(lang)
    source = f"{word('source', lang)}: {requirement.source} ({requirement.mark})"
    lines = [told, source, *(f"OPEN: {name}" for name in requirement.basiseis)]
    marked = [*lines, f"[{requirement.id}]({quote(shown, safe='/#')})"] if shown else lines
    return {
        "shortDescription": {"text": told},
        "help": {"text": "\n".join(lines), "markdown": "\n\n".join(marked)},
        "defaultConfiguration": {"level": _LEVEL[requirement.strength]},
        "properties": {
            "tags": [requirement.standard or TRUST_FRAMEWORK, requirement.topic, requirement.role]
        },
    }


def _result(run: JudgedRun, log: Log, requirement: Requirement, item: Finding, lang: Lang) -> dict[str, Any]:
    kind = _KIND[item.verdict]
    failing = _LEVEL[requirement.strength] if item.verdict is Verdict.FAIL else "warning"
    evidence = PurePosixPath(run.evidence(item.cell))
    place = log.artifact(quote(str(evidence)), _MEDIA[evidence.suffix])
    logical = [{"fullyQualifiedName": item.cell.key, "kind": "module"}]
    if item.where.exchange:
        path = "/".join(filter(None, (item.where.exchange, item.where.path)))
        logical.insert(0, {"fullyQualifiedName": path, "kind": "resource"})
    result: dict[str, Any] = {
        "kind": kind,
        "level": failing if kind == "fail" else "none",
        "message": {"text": _message(requirement, item, lang)},
        "locations": [{"physicalLocation": place, "logicalLocations": logical}],
        "partialFingerprints": {"findingId/v1": run.fingerprint(item)},
        "properties": {
            "finding": item.id,
            "verdict": item.verdict.value,
            "party": run.judged_on(item.requirement, item.cell),
            "blame": item.blame.value if item.blame is not None else None,
            "holdsFor": list(item.holds_for),
        },
    }
    suppressions = _suppressions(run, item, lang)
    if suppressions:
        result["suppressions"] = suppressions
    return result


def _message(requirement: Requirement, item: Finding, lang: Lang) -> str:
    parts = [f"{FOUND[item.verdict].of(lang)}: {requirement.title.of(lang)}"]
    parts += [
        f"{word(label, lang)}: {said(value, lang)}"
        for label, value in (("expected", item.wanted), ("received", item.seen))
        if value
    ]
    return ". ".join(filter(None, (*parts, item.next_step.of(lang))))


def _suppressions(run: JudgedRun, item: Finding, lang: Lang) -> list[dict[str, Any]]:
    """The waiver of a finding: accepted; one that expired: rejected."""
    holding = run.waiver(item)
    if holding is not None:
        return [_suppression("accepted", holding, waiver_line(holding).of(lang))]
    if item.verdict is not Verdict.FAIL:
        return []
    mark = run.fingerprint(item)
    return [
        _suppression("rejected", waiver, expired_line(waiver).of(lang))
        for waiver in run.summary.result.cover.expired
        if waiver.fingerprint == mark
    ]


def _suppression(status: str, waiver: Waiver, why: str) -> dict[str, Any]:
    return {
        "kind": "external",
        "status": status,
        "justification": why,
        "properties": {"issue": waiver.issue, "expires": waiver.expires.isoformat()},
    }
