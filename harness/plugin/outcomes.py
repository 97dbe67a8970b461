"""What the findings of an item mean to pytest: passed, skipped, failed (the product) or broken (the rest).

The exit status does not follow from the items but from the run (:mod:`harness.judge.outcome.result`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from harness.core.run.agreed.waivers import Waiver
from harness.core.run.findings import Finding
from harness.core.text import Lang
from harness.core.verdicts import Strength, Verdict, worst
from harness.judge.catalogue import Catalogue
from harness.report.console import finding_line
from harness.report.dossier.waived import waiver_line
from harness.report.junit import BROKEN
from harness.scenario import ProductFailure, Undecided, Unsound

_SETTLED = (Verdict.PASS, Verdict.WARNING, Verdict.NOT_APPLICABLE)
_UNTOLD = (Verdict.NOT_APPLICABLE, Verdict.NOT_TESTED)


def raise_for(
    findings: Sequence[Finding], catalogue: Catalogue, lang: Lang, waived: Mapping[str, Waiver]
) -> None:
    """Raise what the findings of one item ask for; nothing for pass and warning.

    An item is skipped only when a declaration excludes all of it, or when nothing but SHOULDs was untested.
    It is an expected failure when nothing is broken but what may stay for now.

    :param waived: the waivers of findings that have one, by id of the finding.
    :raises ProductFailure: one is ``fail``.
    :raises Unsound: one is ``error``.
    :raises Undecided: one of a MUST is inconclusive, disputed or not tested.
    """

    def text(chosen: Sequence[Finding]) -> str:
        return "\n".join(finding_line(item, catalogue, lang) for item in chosen)

    open_ = [item for item in findings if item.verdict not in _SETTLED and item.id not in waived]
    verdict = worst([item.verdict for item in open_])
    if verdict is Verdict.FAIL:
        raise ProductFailure(text(open_))
    if verdict is Verdict.ERROR:
        raise Unsound(text(open_))
    must = [item for item in open_ if catalogue[item.requirement].strength is Strength.MUST]
    if must:
        raise Undecided(text(open_), worst([item.verdict for item in must]))
    if waived and not open_:
        pytest.xfail("; ".join(sorted({waiver_line(item).of(lang) for item in waived.values()})))
    if findings and all(item.verdict in _UNTOLD for item in findings):
        pytest.skip("; ".join(sorted({item.next_step.of(lang) for item in findings})))


def settle(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> bool:
    """Give the report of an item its final form; says whether it was broken by something unexpected.

    A verdict is shown as its findings, without a traceback. What is not a failure of the product is marked as
    broken (:func:`harness.report.junit.mark_broken` and :func:`status_word` read the mark).
    """
    error = call.excinfo.value if call.excinfo is not None else None
    if isinstance(error, ProductFailure | Undecided | Unsound):
        report.longrepr = str(error)
    if not report.failed:
        return False
    if not isinstance(error, ProductFailure):
        item.user_properties.append(BROKEN)
        report.user_properties.append(BROKEN)
    return not isinstance(error, ProductFailure | Undecided | Unsound)


def status_word(report: pytest.CollectReport | pytest.TestReport) -> tuple[str, str, str] | None:
    """pytest's category, letter and word of a broken item; ``None`` leaves it to pytest."""
    if report.failed and BROKEN in getattr(report, "user_properties", ()):
        return "error", "E", "ERROR"
    return None
