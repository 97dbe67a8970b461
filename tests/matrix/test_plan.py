"""The plan: which cells a run has, and which scenarios run in them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pytest

from harness.core.errors import UsageError
from harness.core.run.findings import Cell
from harness.core.run.info import Selection
from harness.core.text import Text
from harness.judge.catalogue import client_requirements, load_catalogue
from harness.matrix.cells import plan_cells
from harness.matrix.facts import RunFacts, declared
from harness.matrix.plan import Plan
from harness.network.file import Network, Participant
from harness.scenario import Scenario

NOW = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
STANDARDS = ("huisartsgegevens-2.0", "pdfa-3.0")


def network(**his: Any) -> Network:
    """One HIS, its DVZA and two PGOs."""
    shared: dict[str, Any] = {"kind": "twin", "standards": STANDARDS, **his}
    return Network(
        participants=(
            Participant(id="his-a", role="his", dvza="dvza-a", **shared),
            Participant(id="dvza-a", role="dvza", **shared),
            Participant(id="pgo-1", role="pgo", **shared),
            Participant(id="pgo-2", role="pgo", **shared),
        )
    )


@pytest.mark.parametrize("releases", [("mm-2.9", "mm-2.10"), ("mm-2.10", "mm-2.9")])
def test_the_newest_shared_release_is_the_highest_number(releases):
    cells = plan_cells(network(releases=releases), Selection())
    assert {cell.release for cell in cells} == {"mm-2.10"}


def test_all_releases_are_planned_oldest_first():
    cells = plan_cells(network(releases=("mm-2.10", "mm-2.9")), Selection(releases=("all",), pgos=("pgo-1",)))
    assert [cell.release for cell in cells if cell.standard == STANDARDS[0]] == ["mm-2.9", "mm-2.10"]


# --- scenarios in cells -----------------------------------------------------------------------------------

DOCUMENTS, FRAMEWORK, PAIR, PLANNED = (
    "PD-GEN-001",
    "MM-AUT-001",
    "MM-AUT-006",
    next(i.id for i in load_catalogue() if not i.decidable),
)


def story(*requirements: str, **fields: Any) -> Scenario:
    return Scenario(
        name="story", title=Text(nl="a", en="a"), requirements=requirements, flow="collect", **fields
    )


def plan(only: tuple[str, ...] = (), **his: Any) -> Plan:
    selection = Selection(releases=("all",), only=only)
    made = network(**his)
    return Plan(plan_cells(made, selection), load_catalogue(), made, selection)


def asked(pairs: Iterable[tuple[Cell, Scenario]]) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(cell.pgo, cell.standard, cell.release, part.requirements) for cell, part in pairs]


def test_a_scenario_runs_in_every_cell_of_its_standard_and_release():
    two = {"releases": ("mm-2.1", "mm-2.2")}
    everywhere = [item[:3] for item in asked(plan(**two).pairs([story(PAIR)]))]
    assert len(everywhere) == len(set(everywhere)) == 8
    found = asked(plan(**two).pairs([story(DOCUMENTS, standard="pdfa-3.0", releases=("mm-2.1",))]))
    assert [item[:3] for item in found] == [("pgo-1", "pdfa-3.0", "mm-2.1"), ("pgo-2", "pdfa-3.0", "mm-2.1")]


def test_a_scenario_asks_what_the_cell_carries_and_runs_where_that_is_something():
    assert asked(plan().pairs([story(FRAMEWORK, DOCUMENTS, PLANNED)])) == [
        ("pgo-1", "huisartsgegevens-2.0", "mm-2.2", (FRAMEWORK,)),
        ("pgo-1", "pdfa-3.0", "mm-2.2", (DOCUMENTS,)),
        ("pgo-2", "pdfa-3.0", "mm-2.2", (DOCUMENTS,)),
    ]


def test_only_selects_requirements_and_scenarios():
    both = story(DOCUMENTS, PAIR)
    assert {item[3] for item in asked(plan(only=(PAIR,)).pairs([both]))} == {(PAIR,)}
    assert (DOCUMENTS, PAIR) in {item[3] for item in asked(plan(only=("story",)).pairs([both]))}
    assert list(plan(only=("other",)).pairs([both])) == []


def test_a_live_pgo_is_asked_its_own_requirements():
    catalogue = load_catalogue()
    found = client_requirements(plan().cells[1], catalogue)
    assert found and {catalogue[item].role for item in found} == {"pgo"}
    assert {catalogue[item].standard for item in found} == {"", "pdfa-3.0"}


@pytest.mark.parametrize(
    ("kind", "intensity", "waits"),
    [("twin", "normal", True), ("live", "normal", False), ("live", "full", True), ("live", "smoke", False)],
)
def test_real_waiting_for_a_live_dvza_is_asked_at_full_only(kind, intensity, waits):
    made = network()
    dvza = Participant(
        id="dvza-a", role="dvza", kind=kind, standards=STANDARDS, lists="https://lists.example"
    )
    parties = tuple(dvza if item.role == "dvza" else item for item in made.participants)
    made = Network(participants=parties)
    run = Plan(plan_cells(made, Selection()), load_catalogue(), made, Selection(), intensity)
    names = {name for _, part in run.pairs([story("MM-RSC-007", FRAMEWORK)]) for name in part.requirements}
    assert names == ({"MM-RSC-007", FRAMEWORK} if waits else {FRAMEWORK})


# --- what a run says of itself ----------------------------------------------------------------------------


def facts(**options: Any) -> RunFacts:
    return RunFacts(network(), load_catalogue(), t=date(2026, 3, 1), now=NOW, **options)


def test_a_run_says_what_its_selection_left_out():
    chosen = Selection(standards=STANDARDS[:1], pgos=("pgo-1",))
    (cell,) = plan_cells(network(), chosen)
    info = facts(selection=chosen).info("run", [cell], {})
    assert len(info.left_out) == 3 and cell not in info.left_out
    assert {item.standards for item in info.participants} == {STANDARDS}


def test_a_run_freezes_the_record_of_everybody_whose_data_may_come_out():
    cells = plan_cells(network(), Selection())
    made = facts()
    frozen = made.info("run", cells, {}).settings.records
    assert {item.origin for item in frozen.values()} == {"own"}
    assert {"bram-lisdodde", "hanna-wilgenkamp"} <= frozen.keys() == made.frozen.keys()
    assert frozen["bram-lisdodde"].sha256 == sha256(made.frozen["bram-lisdodde"]).hexdigest()


def test_an_availability_check_that_comes_late_is_a_declaration():
    dvza = Participant(id="d", role="dvza", kind="live", standards=STANDARDS, availability="late")
    assert declared(dvza) == ("late-availability",)
    his = Participant(
        id="h", role="his", kind="live", standards=STANDARDS, capabilities=("no-document-size",)
    )
    assert declared(his) == ("no-document-size",)


def test_a_subject_must_take_part():
    with pytest.raises(UsageError, match="pgo-3"):
        facts(cells=plan_cells(network(), Selection()), subject=("pgo-3",))
