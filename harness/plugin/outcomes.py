"""What the findings of an item mean to pytest: passed, skipped, failed (the product) or broken (the rest)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from harness.core.exits import ExitCode, strongest
from harness.core.run.findings import Finding
from harness.core.text import Lang
from harness.core.verdicts import Verdict, worst
from harness.judge.catalogue import Catalogue
from harness.judge.judging import exit_codes
from harness.report.console import finding_line
from harness.report.junit import BROKEN
from harness.scenario import ProductFailure, Undecided, Unsound


def raise_for(findings: Sequence[Finding], catalogue: Catalogue, lang: Lang) -> None:
    """Raise what the findings of one item ask for; nothing for pass and warning.

    :raises ProductFailure: one is ``fail``.
    :raises Unsound: one is ``error``.
    :raises Undecided: one of a MUST is ``disputed`` or ``inconclusive``.
    """
    bad = [item for item in findings if item.verdict not in (Verdict.PASS, Verdict.WARNING)]
    left = [item for item in bad if item.verdict is not Verdict.NOT_APPLICABLE]
    if not left:
        if bad and len(bad) == len(findings):
            pytest.skip("; ".join(sorted({item.next_step.of(lang) for item in bad})))
        return
    text = "\n".join(finding_line(item, catalogue, lang) for item in left)
    verdict = worst([item.verdict for item in left])
    if verdict is Verdict.FAIL:
        raise ProductFailure(text)
    if verdict is Verdict.ERROR:
        errors = [item for item in left if item.verdict is Verdict.ERROR]
        raise Unsound(text, strongest(exit_codes(errors, catalogue)))
    codes = exit_codes(left, catalogue)
    undecided = [item for item, code in zip(left, codes, strict=True) if code is ExitCode.UNDECIDED]
    if undecided:
        raise Undecided(text, worst([item.verdict for item in undecided]))


def settle(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> ExitCode | None:
    """Give the report of an item its final form; returns the exit code that a failed one asks for.

    A verdict is shown as its findings, without a traceback. What is not a failure of the product is marked as
    broken (:func:`harness.report.junit.mark_broken` and :func:`status_word` read the mark).
    """
    error = call.excinfo.value if call.excinfo is not None else None
    if isinstance(error, ProductFailure | Undecided | Unsound):
        report.longrepr = str(error)
    if not report.failed:
        return None
    if not isinstance(error, ProductFailure):
        item.user_properties.append(BROKEN)
        report.user_properties.append(BROKEN)
    return getattr(error, "exit_code", ExitCode.HARNESS_ERROR)


def status_word(report: pytest.CollectReport | pytest.TestReport) -> tuple[str, str, str] | None:
    """pytest's category, letter and word of a broken item; ``None`` leaves it to pytest."""
    if report.failed and BROKEN in getattr(report, "user_properties", ()):
        return "error", "E", "ERROR"
    return None
