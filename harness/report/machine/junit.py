"""JUnit of a run: a suite per cell, and a case per requirement that the cell was asked.

A case fails where the product does. What cannot be said is an ``error`` and no skip, as pytest's own file
tells it: a CI server would else count an endpoint that nobody reached as one that is fine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from lxml import etree

from harness.core.formats.junit import Case, Problem, Suite, render
from harness.core.run.findings import Cell, Finding
from harness.core.run.place import disk
from harness.core.text import Lang, Text
from harness.core.verdicts import Strength, Verdict, worst
from harness.judge.catalogue import Requirement
from harness.report.console import finding_message, finding_text
from harness.report.dossier.waived import waiver_line
from harness.report.grouping import UNREACHED, grouped
from harness.report.machine.run import JudgedRun

BROKEN: Final = ("outcome", "broken")
"""The property with which the pytest plugin marks an item that is not a failure of the product."""
NAME: Final = "called"
"""The property in which the plugin says what people call an item; :data:`FILE`: where it stands."""
FILE: Final = "file"
_FINE: Final = (Verdict.PASS, Verdict.WARNING)
NOT_RUN: Final = Text(nl="de run is niet uitgevoerd", en="the run did not take place")


def run_junit(run: JudgedRun, lang: Lang, party: str = "") -> bytes:
    """What was asked of parties and what came of it.

    :param party: the only one that is told of; ``""``: all.
    """
    suites = (
        Suite(cell.name, run.began, list(_cases(run, cell, lang, party))) for cell in run.summary.info.plan
    )
    return render(suite for suite in suites if suite.cases)


def refused_junit(reason: str, at: datetime, lang: Lang) -> bytes:
    """A run of which nothing was judged: one case, an error."""
    problem = Problem("error", "refused", " ".join(reason.split()), reason)
    return render([Suite("harness", at, [Case("harness", NOT_RUN.of(lang), problem=problem)])])


def _cases(run: JudgedRun, cell: Cell, lang: Lang, party: str) -> Iterator[Case]:
    for name, found in run.of_cell(cell):
        if name not in run.catalogue or party not in ("", run.judged_on(name, cell)):
            continue
        requirement = run.catalogue[name]
        open_ = [item for item in found if run.waiver(item) is None]
        verdict = worst([item.verdict for item in open_]) if open_ else Verdict.PASS
        judged = run.judged_on(name, cell)
        properties = [
            ("requirement", name),
            ("strength", requirement.strength.value),
            ("party", _party(run, judged)),
            ("verdict", verdict.value if found else Verdict.NOT_TESTED.value),
            *(("basiseis", item) for item in requirement.basiseis),
        ]
        yield Case(
            classname=f"{_dotless(judged)}.{_dotless(cell.standard)}",
            name=f"{name} {requirement.title.of(lang)} · {cell.name}",
            file=run.evidence(cell),
            properties=tuple(properties),
            problem=_problem(run, requirement, found, open_, verdict, lang),
            out=_told(run, open_, lang) if verdict is Verdict.WARNING else "",
        )


def _party(run: JudgedRun, party: str) -> str:
    found = run.summary.parties.get(party)
    return f"{found.party.name} ({party})" if found is not None else party


def _dotless(name: str) -> str:
    """A part of a class name: a dot begins the next part."""
    return name.replace(".", "_")


def _problem(
    run: JudgedRun,
    requirement: Requirement,
    found: Sequence[Finding],
    open_: Sequence[Finding],
    verdict: Verdict,
    lang: Lang,
) -> Problem | None:
    """What keeps a requirement from being met in a cell."""
    if not found:
        return Problem("error", Verdict.NOT_TESTED.value, UNREACHED.of(lang))
    waived = {waiver_line(waiver).of(lang) for item in found if (waiver := run.waiver(item)) is not None}
    if waived and verdict in _FINE:
        return Problem("skipped", "waived", "; ".join(sorted(waived)))
    if verdict in _FINE:
        return None
    weigh = [item for item in open_ if item.verdict is verdict]
    messages = dict.fromkeys(finding_message(item, run.catalogue, lang) for item in weigh)
    reasons = dict.fromkeys(item.next_step.of(lang) for item in weigh)
    if verdict is Verdict.FAIL:
        return Problem("failure", verdict.value, "; ".join(messages), _told(run, open_, lang))
    must = requirement.strength is Strength.MUST
    if verdict is Verdict.NOT_APPLICABLE or (not must and verdict is not Verdict.ERROR):
        return Problem("skipped", verdict.value, "; ".join(filter(None, reasons)) or "; ".join(messages))
    return Problem("error", verdict.value, "; ".join(messages), _told(run, open_, lang))


def _told(run: JudgedRun, findings: Sequence[Finding], lang: Lang) -> str:
    return "\n".join(finding_text(items, run.catalogue, lang) for items in grouped(findings))


def readable(path: Path) -> None:
    """Tell a file that pytest wrote as people call things; does nothing when there is no such file.

    Failures of marked items become errors: pytest knows one kind of failing test, so a CI server would show
    an unreachable endpoint or an undecided requirement as a failure of the product.
    """
    try:
        document = etree.parse(path, etree.XMLParser(resolve_entities=False, huge_tree=True))
    except (OSError, etree.XMLSyntaxError):  # it is not there, or there was no room for all of it
        return
    for suite in document.iter("testsuite"):
        moved = sum(_readable_case(case) for case in suite.iter("testcase"))
        for attribute, change in (("failures", -moved), ("errors", moved)):
            suite.set(attribute, str(int(suite.get(attribute, "0")) + change))
    disk.write(path, etree.tostring(document, xml_declaration=True, encoding="utf-8"))


def _readable_case(case: etree._Element) -> int:
    """Name and file of one case; gives how many of its failures became errors."""
    moved = 0
    for item in list(case.iter("property")):
        name, value = item.get("name", ""), item.get("value", "")
        if (name, value) == BROKEN:
            for failure in case.findall("failure"):
                failure.tag = "error"
                moved += 1
        elif name in (NAME, FILE):
            case.set("name" if name == NAME else "file", value)
            parent = item.getparent()
            if parent is not None:
                parent.remove(item)
    return moved
