"""Beside a live party: what is asked of our own mocks, and what is not."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from harness.core.run.findings import Cell
from harness.core.run.info import Selection
from harness.judge.catalogue import load_catalogue
from harness.judge.evidence.assigned import JUDGED_BY, ORDINARY
from harness.matrix.cells import plan_cells
from harness.matrix.plan import Plan
from harness.network.file import Network, Participant
from harness.report.grouping import why_not_asked
from harness.scenario import shipped_scenarios

CATALOGUE = load_catalogue()
HG = "huisartsgegevens-2.0"
ROLES = ("his", "dvza", "pgo")
DVZA, DVZA_HIS, PAIR, PGO, SHOWN, CONTENT = (
    "MM-TOK-006",  # wrong token requests are refused
    "MM-RSC-003",  # nobody gets the data of another person
    "MM-AUT-006",
    "MM-CLI-009",  # notices that our DVZA misbehaves
    "MM-TOK-009",  # what every login shows
    "HG-PAT-001",
)


def network(*live: str, more: tuple[Participant, ...] = ()) -> Network:
    """One HIS, its DVZA and one PGO; those named are live, reached at addresses of the file."""
    addresses: dict[str, Any] = {"authorize": "https://dva.example/a", "token": "https://dva.example/t"}

    def party(role: str, **fields: Any) -> Participant:
        kind: Any = "live" if role in live else "twin"
        return Participant(id=role, role=role, kind=kind, standards=(HG,), **fields)

    return Network(
        participants=(
            party("his", dvza="dvza"),
            party("dvza", **addresses if "dvza" in live else {}),
            party("pgo"),
            *more,
        )
    )


def asked(
    made: Network, *, sharing: bool = True, subject: tuple[str, ...] = (), **chosen: Any
) -> dict[Cell, set[str]]:
    """What each cell is asked."""
    found, _ = planned(made, sharing=sharing, subject=subject, **chosen)
    return found


def planned(
    made: Network, *, sharing: bool = True, subject: tuple[str, ...] = (), **chosen: Any
) -> tuple[dict[Cell, set[str]], dict[Cell, set[str]]]:
    """What each cell is asked, and the flows that are driven there."""
    selection = Selection(**chosen)
    plan = Plan(
        plan_cells(made, selection), CATALOGUE, made, selection, "full", sharing=sharing, subject=subject
    )
    names: dict[Cell, set[str]] = {cell: set() for cell in plan.cells}
    flows: dict[Cell, set[str]] = {cell: set() for cell in plan.cells}
    for cell, part in plan.pairs(shipped_scenarios()):
        names[cell] |= set(part.requirements)
        flows[cell] |= set(part.all_flows)
    return names, flows


def one(made: Network, **options: Any) -> set[str]:
    (names,) = asked(made, **options).values()
    return names


REHEARSAL = one(network())


def test_a_rehearsal_asks_everything():
    active = {item.id for item in CATALOGUE.of_cell(HG, "mm-2.2") if item.decidable}
    assert active == REHEARSAL


LIVE = [
    tuple(role for role, is_live in zip(ROLES, kinds, strict=True) if is_live)
    for kinds in product((False, True), repeat=3)
    if any(kinds)
]


@pytest.mark.parametrize("live", LIVE, ids="+".join)
def test_whatever_a_live_party_can_change_is_asked(live):
    """And nothing else is left out than what names none, and takes flows of its own."""
    names = one(network(*live))
    for identifier in REHEARSAL - names:
        item = CATALOGUE[identifier]
        assert {item.role, *item.depends} <= set(ROLES) - set(live), identifier
        assert set(item.flows) - set(ORDINARY), identifier
    assert names <= REHEARSAL


def test_of_a_live_his_alone_the_mocks_are_asked_what_the_main_flow_shows():
    names = one(network("his"))
    assert {DVZA_HIS, PAIR, SHOWN, CONTENT} <= names
    assert not {DVZA, PGO} & names
    assert {item.id for item in CATALOGUE if item.role == "his" and item.id in REHEARSAL} <= names


def test_the_flows_of_what_is_not_asked_are_not_driven():
    names, flows = planned(network("his"))
    ((cell, driven),) = flows.items()
    assert "refused-token" not in driven and "neg-state-altered" not in driven and "var-samples" not in driven
    assert {"collect", "again", "refused-persons", "neg-no-data"} <= driven
    needed = {flow for name in names[cell] for flow in CATALOGUE[name].flows}
    assert driven - set(ORDINARY) <= needed | {"search", "readback"}


@pytest.mark.parametrize("live", LIVE, ids="+".join)
def test_every_exchange_that_is_driven_still_has_a_requirement_that_speaks_of_it(live):
    """So nothing of our mocks ends in the list *niet toegewezen*."""
    names = one(network(*live))
    for interface, beginnings in JUDGED_BY.items():
        if interface != "probe":  # driven for its own requirements only
            speaking = {name for name in names if name.startswith(beginnings)}
            assert any(set(CATALOGUE[name].flows) <= set(ORDINARY) for name in speaking), interface


def test_a_mock_that_the_run_is_about_is_asked_everything():
    names = one(network("his"), subject=("dvza",))
    dvza = {item for item in REHEARSAL if CATALOGUE[item].role == "dvza"}
    assert dvza <= names and PGO not in names


def test_what_is_named_is_asked():
    assert one(network("his"), only=(DVZA,)) == {DVZA}
    by_group = one(network("his"), only=("token",))
    assert DVZA in by_group


def test_each_mock_is_looked_at_where_it_meets_a_live_party():
    """Two HISs behind one DVZA of ours, the second one live: only its own pair is asked for."""
    second = Participant(id="echt", role="his", kind="live", dvza="dvza", standards=(HG,))
    for sharing in (True, False):
        names = asked(network(more=(second,)), sharing=sharing)
        assert {cell.his for cell, found in names.items() if DVZA_HIS in found} == {"echt"}
        assert all(PAIR in found and CONTENT in found for found in names.values())
        assert not any(DVZA in found for found in names.values())


def test_a_live_party_of_no_planned_cell_makes_no_difference():
    second = Participant(id="echt", role="his", kind="live", dvza="dvza", standards=(HG,))
    names = asked(network(more=(second,)), vendors=("his",))
    assert list(names.values()) == [REHEARSAL]


def test_the_reason_names_the_way_to_ask_it():
    said = why_not_asked(CATALOGUE[DVZA], "normal", bystander=True)
    assert "--for" in said.nl and "--for" in said.en
    assert "--for" not in why_not_asked(CATALOGUE[DVZA], "normal").en
