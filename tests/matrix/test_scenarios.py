"""The scenarios that ship: together they ask everything that a judge can decide, each thing once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

from harness.core.run.findings import Cell
from harness.core.run.info import Intensity, Selection
from harness.core.standards.groups import groups
from harness.core.standards.table import standards
from harness.judge.catalogue import load_catalogue
from harness.matrix.plan import Plan
from harness.medmij.flows import variants
from harness.medmij.releases import release_ids
from harness.network.file import Network, Participant
from harness.scenario import Scenario, shipped_scenarios

CATALOGUE = load_catalogue()
CELLS = [
    Cell(his="his-a", dvza="dvza-a", pgo="pgo-1", standard=standard, release=release)
    for standard in standards()
    for release in release_ids()
]


def plan(cells: Iterable[Cell], only: tuple[str, ...] = (), intensity: Intensity = "normal") -> Plan:
    """The plan of a small network."""
    parties = (("his-a", "his"), ("dvza-a", "dvza"), ("pgo-1", "pgo"))
    network = Network(
        participants=tuple(Participant(id=name, role=role, kind="twin") for name, role in parties)  # type: ignore[arg-type]
    )
    return Plan(tuple(cells), CATALOGUE, network, Selection(only=only), intensity)


def parts(item: Scenario, cell: Cell) -> Iterable[Scenario]:
    """The parts of a scenario in a run of one cell."""
    return plan([cell]).parts(item, cell).values()


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: f"{cell.standard}-{cell.release}")
def test_every_decidable_requirement_of_a_cell_is_asked_by_exactly_one_item(cell):
    asked = Counter(
        name for item in shipped_scenarios() for part in parts(item, cell) for name in part.requirements
    )
    decidable = [item for item in CATALOGUE.of_cell(cell.standard, cell.release) if item.decidable]
    assert set(asked) == {item.id for item in decidable if not item.left_out("normal")}
    assert set(asked.values()) == {1}


def test_searches_of_our_own_are_asked_at_the_highest_intensity_only():
    cell = CELLS[0]
    full = plan([cell], intensity="full")
    asked = {
        name
        for item in shipped_scenarios()
        for part in full.parts(item, cell).values()
        for name in part.requirements
    }
    left_out = {item.id for item in CATALOGUE.of_cell(cell.standard, cell.release) if item.left_out("normal")}
    assert len(left_out) == 4 and left_out <= asked


@pytest.mark.parametrize("standard", standards())
def test_groups_and_scenarios_name_each_other(standard):
    known = {item.name for item in shipped_scenarios()}
    assert len(known) == len(shipped_scenarios())
    found = groups(standard)
    assert {item.scenario for item in found} <= known
    assert len({item.name for item in found}) == len(found), (
        "a group of a standard hides one of the framework"
    )
    assert all(item.title.nl and item.title.en for item in found)


def test_every_group_of_the_catalogue_exists():
    for item in CATALOGUE:
        names = {group.name for group in groups(item.standard or next(iter(standards())))}
        assert item.group in names, item.id


def test_a_scenario_tells_its_steps_in_both_languages():
    for item in shipped_scenarios():
        assert item.requirements == () and len(item.steps) >= 3
        assert all(step.nl != step.en for step in (item.title, *item.steps))


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: f"{cell.standard}-{cell.release}")
def test_a_part_drives_the_flows_of_what_it_asks(cell):
    for item in shipped_scenarios():
        for part in parts(item, cell):
            needed = {flow for name in part.requirements for flow in CATALOGUE[name].flows}
            assert set(part.all_flows) == {item.flow, *needed}
            assert set(part.all_flows) <= {*variants(), "collect", "share", "readback", "search"}
            assert part.story == item.title and part.group


def test_only_names_a_scenario_a_group_or_a_requirement():
    cells = tuple(cell for cell in CELLS if cell.release == "mm-2.2")

    def asked(only: str) -> set[str]:
        return {
            name for _, part in plan(cells, (only,)).pairs(shipped_scenarios()) for name in part.requirements
        }

    assert asked("sharing") == {
        item.id for item in CATALOGUE if item.id[:6] in ("ZM-SND", "ZM-BUN") and item.decidable
    }
    assert asked("patient") == {"HG-PAT-001", "HG-PAT-002", "HG-EXP-001"}
    assert asked("ZM-BUN-001") == {"ZM-BUN-001"}
    assert len(asked("one-person")) == 2 * len(standards())
