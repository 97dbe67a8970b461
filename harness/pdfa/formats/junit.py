"""JUnit: one test case per document; what is not the document's own failure is an ``error``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from harness.core.formats.junit import Case, Problem, Suite
from harness.core.formats.junit import render as as_xml
from harness.core.text import Lang
from harness.pdfa.batch import Checked
from harness.pdfa.model import Violation


def render(documents: Sequence[Checked], lang: Lang, at: datetime) -> bytes:
    """The report as XML in UTF-8.

    :param at: when the check began.
    """
    return as_xml([Suite("harness pdfa check", at, [_case(one, lang) for one in documents])])


def _case(one: Checked, lang: Lang) -> Case:
    return Case(
        classname=f"PDF/A-{one.report.flavour}",
        name=str(one.path),
        seconds=one.ms / 1000,
        file=one.path.as_posix(),
        problem=_problem(one, lang),
    )


def _problem(one: Checked, lang: Lang) -> Problem | None:
    report = one.report
    if report.outcome in ("limit", "unreadable"):
        reason = report.reason.of(lang) if report.reason is not None else report.outcome
        return Problem("error", report.outcome, reason)
    if report.outcome != "invalid":
        return None
    told = "\n".join(line(found, lang) for found in report.findings)
    if report.disputed:
        return Problem("error", "disputed", ", ".join(report.rules), told)
    return Problem("failure", "invalid", ", ".join(report.rules), told)


def line(found: Violation, lang: Lang) -> str:
    """One finding as one line: rule, place, object, both values, what the rule asks."""
    parts = [found.where, f"object {found.object}" if found.object else ""]
    parts.append(f"expected {found.expected}" if found.expected else "")
    parts.append(f"received {found.received}" if found.received else "")
    return f"{found.rule}: {' · '.join(part for part in parts if part)} · {found.message.of(lang)}"
