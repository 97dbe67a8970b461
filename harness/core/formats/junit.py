"""JUnit results as CI servers read them: suites of cases, and at most one problem of a case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from lxml import etree

_NO_XML: Final = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535), "�")


@dataclass(frozen=True)
class Problem:
    """Why a case is no success.

    :ivar kind: ``failure``: of what is tested; ``error``: nothing can be said of it; ``skipped``.
    :ivar message: one line; ``text``: the rest.
    """

    kind: Literal["failure", "error", "skipped"]
    type: str
    message: str
    text: str = ""


@dataclass(frozen=True)
class Case:
    """One result.

    :ivar file: what to open for it, a relative path; ``""``: nothing.
    :ivar out: what is told of a success.
    """

    classname: str
    name: str
    seconds: float = 0.0
    file: str = ""
    properties: tuple[tuple[str, str], ...] = ()
    problem: Problem | None = None
    out: str = ""


@dataclass(frozen=True)
class Suite:
    """Results that belong together.

    :ivar at: when it began.
    """

    name: str
    at: datetime
    cases: Sequence[Case]


def render(suites: Iterable[Suite]) -> bytes:
    """The document as XML in UTF-8."""
    root = etree.Element("testsuites")
    for suite in suites:
        _suite(root, suite)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))


def plain(text: str) -> str:
    """Text that XML can hold: control characters and lone surrogates replaced."""
    return text.translate(_NO_XML).encode("utf-8", "replace").decode("utf-8")


def _suite(root: etree._Element, suite: Suite) -> None:
    kinds = Counter(case.problem.kind for case in suite.cases if case.problem is not None)
    made = etree.SubElement(
        root,
        "testsuite",
        name=plain(suite.name),
        errors=str(kinds["error"]),
        failures=str(kinds["failure"]),
        skipped=str(kinds["skipped"]),
        tests=str(len(suite.cases)),
        time=f"{sum(case.seconds for case in suite.cases):.3f}",
        timestamp=suite.at.isoformat(timespec="seconds"),
    )
    for case in suite.cases:
        _case(made, case)


def _case(suite: etree._Element, case: Case) -> None:
    made = etree.SubElement(
        suite,
        "testcase",
        classname=plain(case.classname),
        name=plain(case.name),
        time=f"{case.seconds:.3f}",
    )
    if case.file:
        made.set("file", plain(case.file))
    if case.properties:
        properties = etree.SubElement(made, "properties")
        for name, value in case.properties:
            etree.SubElement(properties, "property", name=plain(name), value=plain(value))
    if case.problem is not None:
        problem = etree.SubElement(
            made, case.problem.kind, type=plain(case.problem.type), message=plain(case.problem.message)
        )
        problem.text = plain(case.problem.text) or None
    if case.out:
        etree.SubElement(made, "system-out").text = plain(case.out)
