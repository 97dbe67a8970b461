"""How the findings of a judge become those of a cell: order, limit, gaps and crashes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pytest

from harness.core.run import results
from harness.core.run.exchanges import UNREDACTED, Exchange, Request
from harness.core.run.findings import Cell, canonical
from harness.core.text import Text
from harness.core.verdicts import Blame, Verdict, worst
from harness.judge import judging
from harness.judge.catalogue import load_catalogue
from harness.judge.view import CellView

MUST, LEAK = "PD-GEN-001", "PD-GEN-012"
REASON = Text(nl="twee lezingen", en="two readings")
CELL = Cell(his="his-a", dvza="dvza-a", pgo="pgo-1", standard="pdfa-3.0", release="mm-2.2")


@pytest.fixture
def judged(monkeypatch):
    """Findings of one cell when ``MUST`` is decided by a judge of the test."""

    def run(judge, *exchanges, requirement=MUST):
        monkeypatch.setattr(judging, "judge_of", lambda one: judge if one.id == requirement else None)
        view = CellView(
            CELL, exchanges, load_catalogue(), t=date(2026, 3, 1), now=datetime(2026, 3, 1, 11, tzinfo=UTC)
        )
        return judging.judge_requirements(view, [requirement])

    return run


def test_a_fail_behind_many_undecided_findings_is_kept(judged):
    def judge(view):
        for number in range(judging.MAX_FINDINGS):
            yield view.inconclusive(MUST, REASON, received=f"{number:03}")
        yield view.fail(MUST, received="the defect")

    found = judged(judge)
    assert worst([item.verdict for item in found]) is Verdict.FAIL
    assert [item.verdict for item in found[:2]] == [Verdict.FAIL, Verdict.INCONCLUSIVE]
    assert [item.received for item in found[1:-1]] == [f"{n:03}" for n in range(judging.MAX_FINDINGS - 1)]


def test_what_the_limit_leaves_out_is_counted(judged):
    def judge(view):
        for number in range(judging.MAX_FINDINGS + 12):
            yield view.fail(MUST, received=str(number), path="Bundle")

    found = judged(judge)
    assert len(found) == judging.MAX_FINDINGS + 1
    assert found[-1].verdict is Verdict.FAIL and found[-1].party == "his-a"
    assert "12" in found[-1].next_step.nl and "12" in found[-1].next_step.en
    document = results.Findings(findings=canonical(found))
    assert msgspec.json.decode(results.encode(document), type=results.Findings) == document


def test_nothing_is_said_of_the_limit_when_it_is_not_reached(judged):
    def judge(view):
        for number in range(judging.MAX_FINDINGS):
            yield view.fail(MUST, received=str(number))

    assert [item.received for item in judged(judge)] == [str(n) for n in range(judging.MAX_FINDINGS)]


def test_a_disputed_requirement_stays_disputed(judged):
    def judge(view):
        yield view.ok(MUST)
        yield view.disputed(MUST, REASON)

    (found,) = judged(judge)
    assert (found.verdict, found.blame) == (Verdict.DISPUTED, Blame.SPECIFICATION)
    assert found.next_step == REASON


def test_what_the_recorder_could_not_write_down_is_a_defect_of_the_harness(judged):
    known = {
        "interface": "resource",
        "flow": "collect",
        "operation": "x",
        "client": "p",
        "server": "d",
        "started": "",
    }
    lost = Exchange(
        id="x.1", request=Request(method="GET", url=""), notes={UNREDACTED: "ValueError"}, **known
    )

    (found,) = judged(lambda view: [view.fail(MUST, exchange=lost, path="status")], lost)
    assert (found.verdict, found.blame, found.party) == (Verdict.ERROR, Blame.HARNESS, "")
    assert "defect of this harness" in found.next_step.en and found.where.exchange == "x.1"
    (found,) = judged(lambda view: [view.ok(MUST)], lost)
    assert found.verdict is Verdict.PASS, "of another exchange"
    (found,) = judged(lambda view: [view.ok(LEAK)], lost, requirement=LEAK)
    assert (found.verdict, found.blame) == (Verdict.ERROR, Blame.HARNESS), "nobody looked into it"


def test_a_judge_that_crashes_or_says_nothing_is_no_pass(judged):
    def crash(view):
        yield view.ok(MUST)
        raise ValueError("x")

    assert [(item.verdict, item.blame) for item in judged(crash)] == [(Verdict.ERROR, Blame.HARNESS)]
    assert [item.verdict for item in judged(lambda view: ())] == [Verdict.INCONCLUSIVE]
