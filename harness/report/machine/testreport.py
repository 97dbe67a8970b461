"""FHIR R4 TestReports in one Bundle: a report per party, standard and release, a test per requirement.

Built with the typed models of ``fhir.resources``, so that nothing is written that FHIR does not know. One
passes only where the party conforms; what cannot be said is *pending*, and so is every rehearsal.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from lxml import etree

from harness import __version__
from harness.core.algebra import Outcome, State
from harness.core.formats.junit import plain
from harness.core.standards.table import standards
from harness.core.text import Lang
from harness.core.verdicts import Strength
from harness.judge.catalogue import Catalogue
from harness.report.console import finding_message
from harness.report.dossier.waived import waiver_line
from harness.report.headlines import WORST
from harness.report.machine.run import TRUST_FRAMEWORK
from harness.report.summary import PartySummary, Row, RunSummary
from harness.report.words import STATE, told

NAMES: Final = "https://medmij-harness.invalid"
"""Names, no addresses: they need not resolve, and never will."""
XHTML: Final = "http://www.w3.org/1999/xhtml"
_SPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, NAMES)
_ACTION: Final[Mapping[State, str]] = {
    State.MET: "pass",
    State.NOT_MET: "fail",
    State.WAIVED: "warning",
    State.NOT_APPLICABLE: "skip",
    State.UNDECIDED: "error",
    State.DISPUTED: "error",
    State.NOT_TESTED: "error",
}
"""A skip is never what nobody looked at."""
_ROLE: Final[Mapping[str, str]] = {"his": "server", "dvza": "server", "pgo": "client"}


@dataclass(frozen=True)
class _Subject:
    """What one report is about; the standard ``""`` is the trust framework."""

    party: PartySummary
    standard: str
    release: str

    @property
    def scope(self) -> str:
        """Of what its requirements are."""
        return self.standard or TRUST_FRAMEWORK

    @property
    def name(self) -> str:
        """The same for the same party, standard and release of any run."""
        return " ".join((self.party.party.id, self.scope, self.release))


def report_bundle(
    summary: RunSummary, catalogue: Catalogue, issued: datetime, lang: Lang, party: str = ""
) -> bytes:
    """The Bundle as JSON.

    :param party: the only one that is told of; ``""``: all of whom the run says anything.
    """
    from fhir.resources.R4B.bundle import Bundle  # half a second, for who wants this only

    entries = [
        {"fullUrl": f"urn:uuid:{_identity(summary, subject)}", "resource": report}
        for subject, rows in _subjects(summary, party)
        for report in [_report(summary, catalogue, subject, rows, issued, lang)]
    ]
    bundle = Bundle.model_validate({"type": "collection", "timestamp": issued.isoformat(), "entry": entries})
    return msgspec.json.format(bundle.model_dump_json(exclude_none=True).encode(), indent=1) + b"\n"


def _subjects(summary: RunSummary, party: str) -> Iterator[tuple[_Subject, Sequence[Row]]]:
    for item in summary.parties.values():
        if party in ("", item.party.id) and summary.stated(item):
            found: dict[tuple[str, str], list[Row]] = {}
            for row in item.rows:
                found.setdefault((row.requirement.standard, row.release), []).append(row)
            for (standard, release), rows in sorted(found.items()):
                yield _Subject(item, standard, release), rows


def _identity(summary: RunSummary, subject: _Subject) -> uuid.UUID:
    """The same report of the same run has the same id."""
    return uuid.uuid5(_SPACE, "\x1f".join((summary.info.id, summary.info.now, subject.name)))


def _report(
    summary: RunSummary,
    catalogue: Catalogue,
    subject: _Subject,
    rows: Sequence[Row],
    issued: datetime,
    lang: Lang,
) -> dict[str, Any]:
    mine, why = subject.party, _reasons(subject, catalogue, lang)
    must = [row.state for row in rows if row.requirement.strength is Strength.MUST]
    counted = [state for state in must if state is not State.NOT_APPLICABLE]
    result = "fail" if State.NOT_MET in must else "pending"
    if mine.standing.outcome is Outcome.CONFORMS:
        result = "pass"
    known = standards().get(subject.standard)
    report: dict[str, Any] = {
        "resourceType": "TestReport",
        "language": lang,
        "text": {"status": "generated", "div": _narrative(subject, must, lang)},
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{_identity(summary, subject)}"},
        "name": _string(f"{mine.party.name} {subject.name}"),
        "status": "completed",
        "testScript": {
            "identifier": {
                "system": f"{NAMES}/requirements",
                "value": f"{subject.scope}@{summary.info.hashes.get('catalogue', '-')}",
            },
            "display": known.title.of(lang) if known is not None else "MedMij Afsprakenstelsel",
        },
        "result": result,
        "tester": f"medmij-harness {__version__}",
        "issued": issued.isoformat(),
        "participant": list(_participants(summary, mine)),
        "test": [_test(row, why.get(row.requirement.id, ""), lang) for row in rows],
    }
    if counted:
        report["score"] = round(100 * sum(state is State.MET for state in counted) / len(counted), 1)
    return report


def _participants(summary: RunSummary, mine: PartySummary) -> Iterator[dict[str, Any]]:
    named = [mine.party.id, *(name for names in mine.others.values() for name in names)]
    yield {"type": "test-engine", "uri": f"{NAMES}/engine", "display": f"medmij-harness {__version__}"}
    for name in named:
        if name in summary.parties:
            party = summary.parties[name].party
            yield {
                "type": _ROLE[party.role],
                "uri": f"{NAMES}/participant/{name}",
                "display": _string(" ".join(filter(None, (party.vendor, party.name, f"({party.kind})")))),
            }


def _test(row: Row, why: str, lang: Lang) -> dict[str, Any]:
    action: dict[str, Any] = {
        "result": _ACTION[row.state],
        "message": _string(": ".join(filter(None, (STATE[row.state].of(lang), why)))),
        "detail": _string(told(row.tally).of(lang)),
    }
    if row.state is State.MET and row.tally.warned:
        action["result"] = "warning"
    title = f"{row.requirement.strength.value}: {row.requirement.title.of(lang)}"
    return {"name": row.requirement.id, "description": _string(title), "action": [{"assert": action}]}


def _reasons(subject: _Subject, catalogue: Catalogue, lang: Lang) -> dict[str, str]:
    """Why a requirement is not simply met, by its id; the worst reason first."""
    found: dict[str, str] = {}
    for item in subject.party.findings:
        if item.cell.release == subject.release:
            found.setdefault(item.requirement, finding_message(item, catalogue, lang))
    for group in subject.party.open:
        for name in group.requirements:
            found.setdefault(name, group.reason.of(lang))
    for requirement, why in subject.party.not_asked:
        found.setdefault(requirement.id, why.of(lang))
    for waiver, items in subject.party.waived:
        for item in items:
            found.setdefault(item.requirement, waiver_line(waiver).of(lang))
    return found


def _narrative(subject: _Subject, must: Sequence[State], lang: Lang) -> str:
    """The same for a person: of whom, on what, how many of what had to be met."""
    counts = Counter(must)
    counted = ", ".join(f"{counts[item]} {STATE[item].of(lang)}" for item in WORST if counts[item])
    lines = (
        f"{subject.party.party.name}: {subject.scope} {subject.release}",
        f"MUST: {counted or '-'}",
    )
    div = etree.Element(f"{{{XHTML}}}div", nsmap={None: XHTML}, lang=lang)  # type: ignore[dict-item]
    for line in lines:
        etree.SubElement(div, f"{{{XHTML}}}p").text = plain(line)
    return etree.tostring(div, encoding="unicode")


def _string(text: str) -> str:
    """A ``string`` of FHIR: without control characters, never empty."""
    return " ".join(plain(text).split()) or "-"
