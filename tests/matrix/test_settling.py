"""When the cell that carries something breaks, another one of its group decides it; no socket is opened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.core.clock import VirtualClock
from harness.core.errors import ConfigurationError
from harness.core.exits import ExitCode
from harness.core.run.findings import Cell, Finding, Where, finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import Selection
from harness.core.run.limits import READ_ONLY, spent, unreachable
from harness.core.run.place.claim import claim
from harness.core.text import Text
from harness.core.verdicts import Blame, Verdict
from harness.judge import judging
from harness.judge.catalogue import load_catalogue
from harness.judge.evidence.verification import rejudge
from harness.judge.outcome.result import run_result
from harness.matrix.cells import plan_cells
from harness.matrix.crew import driving
from harness.matrix.facts import RunFacts
from harness.matrix.plan import Plan
from harness.matrix.qualification import Qualification
from harness.network.file import Network, Participant
from harness.network.limits.endurance import LimitReached
from harness.record.keeper import RunKeeper
from harness.record.recorder import Recorder
from harness.scenario import Scenario

CATALOGUE = load_catalogue()
NOW = datetime(2026, 3, 1, tzinfo=UTC)
DVZA, PGO, PAIR = "MM-TOK-006", "MM-CLI-013", "MM-AUT-006"
STORY = Scenario(
    name="story", title=Text(nl="a", en="a"), requirements=(DVZA, PGO, PAIR), flow="collect", flows=("neg",)
)
REASON = Text(nl="het inloggen brak af", en="login broke off")
HERE = {"kind": "twin", "standards": ("huisartsgegevens-2.0",)}


def network(his: int = 4, pgos: int = 4) -> Network:
    common: dict[str, Any] = HERE
    return Network(
        participants=(
            *(Participant(id=f"his-{n}", role="his", dvza="dvza", **common) for n in range(his)),
            Participant(id="dvza", role="dvza", **common),
            *(Participant(id=f"pgo-{n}", role="pgo", **common) for n in range(pgos)),
        )
    )


class Quiet:
    """A running network without traffic; some cells cannot drive a flow."""

    recorder: Recorder

    def __init__(self) -> None:
        self.driven: list[tuple[str, str, str]] = []
        self.broken: dict[str, Exception] = {}
        self.breaks = "neg"

    def drive(self, cell: Cell, flow: str) -> None:
        self.driven.append((cell.his, cell.pgo, flow))
        if flow == self.breaks and cell.his in self.broken:
            raise self.broken[cell.his]

    def close(self) -> None: ...


class Run:
    """A run in which HISs may be dead: whatever is looked at there is not decided."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, dead: tuple[str, ...], made: Network
    ) -> None:
        self.network = Quiet()

        def start(*_: Any, recorder: Recorder, **options: Any) -> Quiet:
            self.network.recorder = recorder
            return self.network

        monkeypatch.setattr(driving, "start", start)

        def judge(identifier: str) -> Callable[[Any], list[Finding]]:
            def said(view: Any) -> list[Finding]:
                return [
                    view.inconclusive(identifier, REASON) if view.cell.his in dead else view.ok(identifier)
                ]

            return said

        judges = {name: judge(name) for name in STORY.requirements}
        monkeypatch.setattr(judging, "judge_of", lambda requirement: judges[requirement.id])
        monkeypatch.setattr(judging, "name_of", lambda function: str(id(function)))
        cells = plan_cells(made, Selection())
        self.plan = Plan(cells, CATALOGUE, made)
        facts = RunFacts(made, CATALOGUE, t=date(2026, 3, 1), now=NOW, cells=cells)
        clock = VirtualClock(NOW)
        self.folder = RunFolder(folder / "run")
        self.run = Qualification(self.plan, facts, RunKeeper(claim(self.folder.path), clock), clock)
        self.items = list(self.plan.pairs([STORY]))
        for cell, part in self.items:
            self.run.register(cell, part)

    def go(self) -> list[Finding]:
        self.asked = {(cell.his, cell.pgo): self.run.findings(cell, part) for cell, part in self.items}
        assert self.run.finish()
        return list(self.folder.findings())

    def again(self) -> list[Finding]:
        """What judging again gives, which is what stands there."""
        found = rejudge(self.folder.path, CATALOGUE)
        assert found.problem is None, found.problem
        return list(found.findings)


@pytest.fixture
def start(tmp_path, monkeypatch) -> Callable[..., Run]:
    return lambda *dead, made=None: Run(tmp_path, monkeypatch, dead, made or network())


def of(findings: list[Finding], requirement: str) -> list[Finding]:
    return [item for item in findings if item.requirement == requirement]


def test_nothing_is_tried_twice_when_nothing_breaks(start):
    run = start()
    (found,) = of(run.go(), DVZA)
    assert (found.cell.his, found.cell.pgo, len(found.holds_for)) == ("his-0", "pgo-0", 15)
    assert [item for item in run.network.driven if item[2] == "neg"] == [
        ("his-0", f"pgo-{n}", "neg") for n in range(4)
    ] + [(f"his-{h}", f"pgo-{p}", "neg") for h in range(1, 4) for p in range(4)]


def test_another_his_decides_for_the_dvza_when_the_first_is_dead(start):
    run = start("his-0")
    findings = run.go()
    (found,) = of(findings, DVZA)
    assert (found.cell.his, found.cell.pgo, found.verdict) == ("his-1", "pgo-1", Verdict.PASS)
    cells = {cell.key for cell in run.plan.cells}
    assert {*found.holds_for, found.cell.key} == cells
    assert found in run.asked["his-0", "pgo-0"]
    assert {item.verdict for item in of(findings, PAIR) if item.cell.his == "his-0"} == {Verdict.INCONCLUSIVE}


def test_a_pgo_is_decided_behind_another_his(start):
    found = of(start("his-0").go(), PGO)
    assert sorted((item.cell.pgo, item.verdict) for item in found) == [
        (f"pgo-{n}", Verdict.PASS) for n in range(4)
    ]
    assert {item.cell.his for item in found} <= {"his-1", "his-2", "his-3"}
    assert all(len(item.holds_for) == 3 for item in found)


def test_after_two_more_the_first_cause_stands(start):
    run = start("his-0", "his-1", "his-2")
    (found,) = of(run.go(), DVZA)
    assert (found.cell.his, found.verdict, len(found.holds_for)) == ("his-0", Verdict.INCONCLUSIVE, 15)
    assert found.next_step == REASON
    asked = run.folder.info().settings.requirements
    assert sum(DVZA in ids for ids in asked.values()) == 1


def test_what_no_cell_can_decide_is_undecided_once_per_group(start):
    findings = start(*(f"his-{n}" for n in range(4))).go()
    assert len(of(findings, DVZA)) == 1 and len(of(findings, PGO)) == 4 and len(of(findings, PAIR)) == 16


@pytest.mark.parametrize("dead", [(), ("his-0",), ("his-0", "his-1"), ("his-0", "his-1", "his-2")])
def test_judging_again_gives_the_same_bytes(start, dead):
    run = start(*dead)
    findings = run.go()
    assert run.again() == findings
    order = {cell: index for index, cell in enumerate(run.plan.cells)}
    assert findings == sorted(findings, key=lambda item: (order[item.cell], item.requirement))


def test_each_cell_is_driven_and_judged_once(start):
    run = start("his-0")
    run.go()
    assert len(run.network.driven) == len(set(run.network.driven))
    events = [line for line in run.folder.events.read_text().splitlines() if "cell-finished" in line]
    assert len(events) == 16


def test_a_flow_that_cannot_be_driven_is_tried_elsewhere_and_is_told(start):
    run = start()
    run.network.broken["his-0"] = ConfigurationError("no such page")
    findings = run.go()
    (found,) = of(findings, DVZA)
    assert found.cell.his == "his-1" and found.verdict is Verdict.PASS
    info = run.folder.info()
    assert {trouble.blame for trouble in info.troubles} == {Blame.CONFIGURATION}
    assert DVZA not in {name for trouble in info.troubles for name in trouble.requirements}
    assert run.again() == findings


def test_what_one_cell_is_asked_for_others_is_asked_everywhere(start):
    run = start("his-0")
    findings = run.go()
    result = run_result(run.folder.info(), findings, CATALOGUE)
    missed = {name for item in result.parties.values() for name in item.shortfall.requirements}
    assert missed.isdisjoint(STORY.requirements)
    keys = {key: tally for key, tally in result.tallies.items() if key.requirement in (DVZA, PGO)}
    assert {(key.party, tally.passed) for key, tally in keys.items()} == {
        ("dvza", 1),
        *((f"pgo-{n}", 1) for n in range(4)),
    }


GONE = LimitReached(
    "host",
    unreachable("his-0", "2026-03-01T11:00:00", "connect: refused"),
    cause="his-0",
    received="not reachable since …",
)
SPENT = LimitReached("run", spent("run", 1200.0, "his-0"), cause="his-0", received="18m / 20m: his-0")


@pytest.mark.parametrize("why", [GONE, SPENT], ids=["host", "run"])
def test_a_limit_that_was_reached_leaves_undecided_and_names_the_cause(start, why):
    """Never an error, never a defect: the run is whole, is judged again alike, and exits 6."""
    run = start(made=network(1, 1))
    run.network.broken["his-0"] = why
    found = run.go()
    assert {item.verdict for item in found} == {Verdict.INCONCLUSIVE}
    assert {item.requirement for item in found} == {DVZA, PGO, PAIR}, "each says it once"
    for item in found:
        assert (item.next_step, item.received, item.blame) == (why.message, why.received, None)
        assert item.cause == "his-0"
    info = run.folder.info()
    assert {(one.limit, one.cause, one.flow) for one in info.troubles} == {(why.limit, "his-0", "neg")}
    assert not info.unjudged and run.folder.finished
    assert run.again() == found
    result = run_result(info, found, CATALOGUE)
    assert result.code(exchanges=9) is ExitCode.UNDECIDED


def test_what_a_run_that_only_reads_leaves_out_is_not_tested(start):
    run = start(made=network(1, 1))
    run.network.broken["his-0"] = LimitReached("read-only", READ_ONLY)
    found = run.go()
    assert {(item.verdict, item.next_step, item.cause) for item in found} == {
        (Verdict.NOT_TESTED, READ_ONLY, "")
    }
    assert run.again() == found


def test_what_the_main_flow_decided_before_a_limit_stays_decided(start, monkeypatch):
    """By an exchange; what rests on none may be what was not driven, and accuses nobody."""
    run = start(made=network(1, 1))

    def judge(identifier):
        place = Where(exchange="x.0001") if identifier == DVZA else Where()
        verdict = Verdict.FAIL if identifier == PAIR else Verdict.PASS
        blame = Blame.PRODUCT if verdict is Verdict.FAIL else None
        return lambda view: [finding(identifier, view.cell, verdict, where=place, blame=blame)]

    judges = {name: judge(name) for name in STORY.requirements}
    monkeypatch.setattr(judging, "judge_of", lambda requirement: judges[requirement.id])
    run.network.broken["his-0"] = GONE
    run.network.breaks = "collect"
    said = {item.requirement: item.verdict for item in run.go()}
    assert said == {DVZA: Verdict.PASS, PGO: Verdict.INCONCLUSIVE, PAIR: Verdict.INCONCLUSIVE}
