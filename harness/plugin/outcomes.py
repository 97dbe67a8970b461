"""What the findings of an item mean to pytest: passed, skipped, failed (the product) or broken (the rest).

The exit status does not follow from the items but from the run (:mod:`harness.judge.outcome.result`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace

import pytest

from harness.core.run.agreed.waivers import Waiver
from harness.core.run.findings import Finding
from harness.core.verdicts import Strength, Verdict, worst
from harness.report.allure.feed import AllureFeed
from harness.report.dossier.waived import waiver_line
from harness.report.grouping import worst_first
from harness.report.machine.junit import BROKEN
from harness.scenario import ProductFailure, Told, Undecided, Unsound

_SETTLED = (Verdict.PASS, Verdict.WARNING, Verdict.NOT_APPLICABLE)
_UNTOLD = (Verdict.NOT_APPLICABLE, Verdict.NOT_TESTED)


class Shown(str):
    """What pytest shows of an item that ends with a verdict: the details; in one line the message.

    :ivar reprcrash: pytest and its JUnit writer take the message from here.
    """

    def __new__(cls, error: Told) -> Shown:
        """The details of a verdict."""
        made = super().__new__(cls, error.details)
        made.reprcrash = SimpleNamespace(message=error.message)
        return made

    reprcrash: SimpleNamespace


def raise_for(
    findings: Sequence[Finding],
    waived: Mapping[str, Waiver],
    allure: AllureFeed,
) -> None:
    """Raise what the findings of one item ask for; nothing for pass and warning.

    An item is skipped only when a declaration excludes all of it, or when nothing but SHOULDs was untested.
    It is an expected failure when nothing is broken but what may stay for now.

    :param allure: what says it in words, in the language of the run.
    :param waived: the waivers of findings that have one, by id of the finding.
    :raises ProductFailure: one is ``fail``.
    :raises Unsound: one is ``error``.
    :raises Undecided: one of a MUST is inconclusive, disputed or not tested.
    """

    open_ = [
        item
        for item in worst_first(findings, allure.catalogue)
        if item.verdict not in _SETTLED and item.id not in waived
    ]
    message, details = allure.told(open_)
    verdict = worst([item.verdict for item in open_])
    if verdict is Verdict.FAIL:
        raise ProductFailure(message, details)
    if verdict is Verdict.ERROR:
        raise Unsound(message, details)
    if any(allure.catalogue[item.requirement].strength is Strength.MUST for item in open_):
        raise Undecided(message, details)
    if waived and not open_:
        pytest.xfail("; ".join(sorted({waiver_line(item).of(allure.lang) for item in waived.values()})))
    if findings and all(item.verdict in _UNTOLD for item in findings):
        pytest.skip("; ".join(sorted({item.next_step.of(allure.lang) for item in findings})))


def settle(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> bool:
    """Give the report of an item its final form; says whether it was broken by something unexpected.

    A verdict is shown as its findings, without a traceback. What is not a failure of the product is marked as
    broken (:func:`harness.report.machine.junit.readable` and :func:`status_word` read the mark).
    """
    error = call.excinfo.value if call.excinfo is not None else None
    if isinstance(error, Told):
        report.longrepr = Shown(error)
    if not report.failed:
        return False
    if not isinstance(error, ProductFailure):
        item.user_properties.append(BROKEN)
        report.user_properties.append(BROKEN)
    return not isinstance(error, Told)


def status_word(report: pytest.CollectReport | pytest.TestReport) -> tuple[str, str, str] | None:
    """pytest's category, letter and word of a broken item; ``None`` leaves it to pytest."""
    if report.failed and BROKEN in getattr(report, "user_properties", ()):
        return "error", "E", "ERROR"
    return None
