"""Planning by dependence: each requirement in the cells that carry it, each flow where it is needed, no more."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import pytest

from harness.core.run.findings import Cell
from harness.core.run.info import Intensity, Selection
from harness.core.standards.table import standards
from harness.core.text import Text
from harness.judge.catalogue import load_catalogue
from harness.matrix.carriers import kind_of
from harness.matrix.cells import plan_cells
from harness.matrix.plan import Plan
from harness.medmij.flows import variants
from harness.network.file import Network, Participant, read_network
from harness.scenario import Scenario

CATALOGUE = load_catalogue()
HG, PD = "huisartsgegevens-2.0", "pdfa-3.0"
DVZA, DVZA_HIS, PAIR, PGO, REFUSES, LISTS = (
    "MM-TOK-006",
    "MM-RSC-003",
    "MM-AUT-006",
    "MM-CLI-013",
    "MM-CLI-009",
    "MM-LST-001",
)
CONTENT = "HG-PAT-001"


def network(
    his: int = 2, dvzas: int = 1, pgos: int = 2, standards: tuple[str, ...] = (HG, PD), **changes: Any
) -> Network:
    """HISs spread over DVZAs, and PGOs; ``changes`` by participant id, with ``_`` for ``-``."""
    common: dict[str, Any] = {"kind": "twin", "standards": standards}

    def party(role: str, number: int, **fields: Any) -> Participant:
        name = f"{role}-{number}"
        return Participant(
            id=name, role=role, **{**common, **fields, **changes.get(name.replace("-", "_"), {})}
        )

    return Network(
        participants=(
            *(party("his", one, dvza=f"dvza-{one % dvzas + 1}") for one in range(1, his + 1)),
            *(party("dvza", one) for one in range(1, dvzas + 1)),
            *(party("pgo", one) for one in range(1, pgos + 1)),
        )
    )


def plan(made: Network, intensity: Intensity = "normal", *, sharing: bool = True, **selection: Any) -> Plan:
    chosen = Selection(**selection)
    return Plan(plan_cells(made, chosen), CATALOGUE, made, chosen, intensity, sharing=sharing)


def carriers(made: Plan, requirement: str) -> list[Cell]:
    item = CATALOGUE[requirement]
    return [cell for cell in made.cells if made.carriers.carries(kind_of(item), cell)]


def named(cells: list[Cell], *roles: str) -> list[tuple[str, ...]]:
    return [tuple(getattr(cell, role) for role in roles) for cell in cells]


# --- which cells carry -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("requirement", "count"),
    [
        (DVZA, 2),
        (DVZA_HIS, 4),
        (PGO, 3),
        (REFUSES, 3),
        (LISTS, 1),
        (PAIR, 24),
        (CONTENT, 12),
        ("MM-CON-002", 24),
    ],
)
def test_a_requirement_is_carried_once_per_value_of_what_it_depends_on(requirement, count):
    found = carriers(plan(network(his=4, dvzas=2, pgos=3)), requirement)
    assert len(found) == count
    if count < 12:
        assert {cell.standard for cell in found} == {HG}


def test_each_release_is_a_value_of_its_own():
    both = {"releases": ("mm-2.1", "mm-2.2")}
    made = network(his=1, pgos=1, his_1=both, dvza_1=both, pgo_1=both)
    found = carriers(plan(made, releases=("all",)), DVZA)
    assert named(found, "standard", "release") == [(HG, "mm-2.1"), (HG, "mm-2.2")]


def test_a_rule_of_one_standard_is_carried_by_a_cell_of_it():
    own = next(item for item in CATALOGUE if item.role == "dvza" and item.standard == PD)
    found = carriers(plan(network()), own.id)
    assert named(found, "his", "pgo", "standard") == [("his-1", "pgo-1", PD), ("his-2", "pgo-1", PD)]


def test_a_finding_of_a_carrier_holds_for_every_cell_of_the_group_once():
    made = plan(network(his=4, dvzas=2, pgos=3))
    for item in CATALOGUE:
        kind = kind_of(item)
        cells = [cell for cell in made.cells if item.applies_to(cell.standard, cell.release)]
        asked = [cell for cell in cells if made.carriers.carries(kind, cell)]
        held = [other for cell in asked for other in made.carriers.held_by(kind, cell)]
        assert Counter([*asked, *held]) == Counter(cells), item.id


def test_with_the_first_carrier_the_order_of_the_network_file_decides():
    found = plan(network(his=2, pgos=2))
    assert named(carriers(found, DVZA), "his", "pgo") == [("his-1", "pgo-1")]
    assert named(carriers(found, PGO), "his", "pgo") == [("his-1", "pgo-1"), ("his-1", "pgo-2")]


# --- the key is what is reachable ----------------------------------------------------------------------------


def live(**fields: Any) -> dict[str, Any]:
    return {
        "kind": "live",
        "authorize": "https://login.dva.example/authorize",
        "token": "https://api.dva.example/token",
        **fields,
    }


def test_a_live_dvza_whose_lists_are_not_read_yet_is_tried_behind_each_his():
    found = plan(network(dvza_1={"kind": "live", "lists": "https://lijsten.example"}))
    assert named(carriers(found, DVZA), "his") == [("his-1",), ("his-2",)]


def test_resource_hosts_of_their_own_are_tried_each():
    services = {item.id: item.collect.id for item in standards().values()}
    same = {services[HG]: "https://api.dva.example/a", services[PD]: "https://api.dva.example/b"}
    assert len(carriers(plan(network(dvza_1=live(resource=same))), DVZA)) == 1
    other = same | {services[PD]: "https://documenten.dva.example/b"}
    found = carriers(plan(network(dvza_1=live(resource=other))), DVZA)
    assert named(found, "his", "standard") == [("his-1", HG), ("his-1", PD)]


# --- nobody is blamed for the faults of another ---------------------------------------------------------------


def test_variants_for_the_pgo_need_our_own_dvza_without_faults():
    for wrong in ({"kind": "live", "lists": "https://lijsten.example"}, {"faults": ("code-reuse",)}):
        made = plan(network(dvzas=2, dvza_2=wrong))
        assert made.cells[0].dvza == "dvza-2"
        for requirement in (REFUSES, PGO):
            assert named(carriers(made, requirement), "dvza", "pgo") == [
                ("dvza-1", "pgo-1"),
                ("dvza-1", "pgo-2"),
            ]


def test_without_such_a_dvza_the_pgo_is_asked_and_nothing_is_varied():
    made = plan(network(dvza_1={"faults": ("code-reuse",)}))
    assert named(carriers(made, REFUSES), "his", "pgo") == [("his-1", "pgo-1"), ("his-1", "pgo-2")]
    assert flows_of(made)[made.cells[0]] & {"neg-state-altered", "neg-state-missing"} == set()


def test_a_faulty_pgo_or_his_does_not_carry_for_the_dvza_when_another_can():
    made = plan(network(his_1={"faults": ("x",)}, pgo_1={"faults": ("y",)}))
    assert named(carriers(made, DVZA), "his", "pgo") == [("his-2", "pgo-2")]
    assert named(carriers(made, DVZA_HIS), "his", "pgo") == [("his-1", "pgo-2"), ("his-2", "pgo-2")]


def test_a_cell_that_broke_is_followed_by_the_one_that_has_least_in_common_with_it():
    made = plan(network(his=3, pgos=3))
    kind = kind_of(CATALOGUE[DVZA])
    tried = [cell for cell in made.cells if made.carriers.carries(kind, cell)]
    second = made.carriers.others(kind, tried)[0]
    third = made.carriers.others(kind, [*tried, second])[0]
    assert named([*tried, second, third], "his", "pgo") == [
        ("his-1", "pgo-1"),
        ("his-2", "pgo-2"),
        ("his-3", "pgo-3"),
    ]
    assert made.carriers.others(kind_of(CATALOGUE[PAIR]), [made.cells[0]]) == []


# --- intensity and sharing -------------------------------------------------------------------------------------


def test_at_full_a_second_cell_carries_too_and_holds_for_itself_only():
    made = plan(network(), "full")
    kind = kind_of(CATALOGUE[DVZA])
    first, second = carriers(made, DVZA)
    assert named([first, second], "his", "pgo", "standard") == [
        ("his-1", "pgo-1", HG),
        ("his-2", "pgo-2", PD),
    ]
    assert len(made.carriers.held_by(kind, first)) == 6 and made.carriers.held_by(kind, second) == ()


def test_without_sharing_every_cell_carries_what_it_can():
    made = plan(network(dvzas=2, dvza_2={"faults": ("code-reuse",)}), sharing=False)
    assert carriers(made, DVZA) == list(made.cells)
    assert {cell.dvza for cell in carriers(made, REFUSES)} == {"dvza-1"}
    assert all(made.carriers.held_by(kind_of(CATALOGUE[DVZA]), cell) == () for cell in made.cells)


# --- how much is driven ------------------------------------------------------------------------------------------


def stories() -> list[Scenario]:
    """Scenarios that ask everything, one per flow and group."""
    names = {
        "collect": (
            "authorization",
            "client",
            "consent",
            "lists",
            "resource",
            "token",
            "transport",
            "collecting",
        )
    }
    names["share"] = ("sharing",)
    return [
        Scenario(name=name, title=Text(nl="a", en="a"), flow=flow)
        for flow, found in names.items()
        for name in found
    ]


def flows_of(made: Plan) -> dict[Cell, set[str]]:
    """The flows that a plan drives in each cell."""
    found: dict[Cell, set[str]] = {cell: set() for cell in made.cells}
    for cell, part in made.pairs(stories()):
        found[cell] |= set(part.all_flows)
    return found


def test_the_main_flow_is_driven_in_every_cell_and_variants_once_per_subject():
    driven = flows_of(plan(read_network("demo")))
    times = Counter(flow for flows in driven.values() for flow in flows)
    cells = Counter(cell.standard for cell in driven)
    assert times["collect"] == len(driven)
    assert times["share"] == sum(cells[item.id] for item in standards().values() if item.share is not None)
    for flow in variants().values():
        roles = {CATALOGUE[name].role for name in flow.requirements}
        assert times[flow.name] == (3 if len(roles) > 1 else 2), flow.name


def test_ten_by_thirty_three_falls_to_a_sixth():
    made = network(his=10, dvzas=5, pgos=33)
    started = time.process_time()
    shared = plan(made)
    flows = flows_of(shared)
    assert time.process_time() - started < 5
    times = Counter(flow for found in flows.values() for flow in found)
    assert len(flows) == 660 and times["collect"] == 660
    for flow in variants().values():
        depends = {CATALOGUE[name].depends for name in flow.requirements}
        wanted = {("dvza",): 5, ("dvza", "his"): 10, ("pgo",): 33}
        highest = sum(wanted[item] for item in depends)
        assert max(wanted[item] for item in depends) <= times[flow.name] <= highest, flow.name


def test_planning_takes_as_long_per_cell_for_many_cells_as_for_few():
    spent = []
    for pgos in (20, 160):
        made = network(his=10, dvzas=5, pgos=pgos)
        cells = plan_cells(made, Selection())
        started = time.process_time()
        made_plan = Plan(cells, CATALOGUE, made)
        assert sum(1 for _ in made_plan.pairs(stories())) > len(cells)
        spent.append((time.process_time() - started) / len(cells))
    assert spent[1] < 3 * spent[0]


def test_what_depends_on_the_cell_or_the_standard_needs_no_variant():
    for item in CATALOGUE:
        if kind_of(item).everywhere:
            assert set(item.flows) <= {"collect", "share"}, item.id
