"""Every requirement of the standards: the reference passes, and its fault breaks it and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from standard_cell import StandardCell

from harness.core.standards.faults import faults
from harness.core.standards.table import standards
from harness.judge.catalogue import load_catalogue
from harness.network.faults import his as his_faults
from harness.network.faults import pgo as pgo_query_faults
from harness.network.person.persons import fixture_persons

pytestmark = pytest.mark.slow

STANDARDS = sorted(standards())
PERSONS = [(name, item.id) for name in STANDARDS for item in fixture_persons() if name in item.standards]
BEHAVIOURS = ("xml-includes", "json-contained")
OURS = sorted(
    (item for item in faults().values() if item.name in his_faults.names() | pgo_query_faults.names()),
    key=lambda item: item.name,
)
NETWORK_ONLY = {"document-without-token", "document-without-token-500"}
"""Faults of the DVZA twin: they need the token check that this cell without sockets does not have."""


def cases() -> Iterator[Any]:
    """Every fault with standards in which it must kill something; ``-k ID`` finds what kills a requirement.

    One that kills the same requirement of every standard is tried in two of them, by turns: one judge decides
    it in all. ``benchmarks/kill_table.py`` drives every fault in every standard.
    """
    catalogue = load_catalogue()
    for number, item in enumerate(OURS):
        killed = [catalogue[name] for name in item.kills if catalogue[name].decidable]
        concerned = sorted({requirement.standard for requirement in killed})
        for standard in (concerned * 2)[number % len(concerned) :][: min(2, len(concerned))]:
            ids = [requirement.id for requirement in killed if requirement.standard == standard]
            yield pytest.param(item, standard, id="-".join((item.name, *ids)))


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize(("standard", "person"), PERSONS)
def test_the_reference_passes_everything(standard, person, behaviour):
    cell = StandardCell(standard, person, behaviour=behaviour)
    wanted = {
        item.id
        for item in load_catalogue()
        if item.standard == standard and item.decidable and not item.left_out("normal")
    }
    found = cell.findings()
    assert {item.requirement for item in found} == wanted
    assert cell.broken() == {}


@pytest.mark.parametrize(
    ("standard", "behaviour"), [(name, BEHAVIOURS[at % 2]) for at, name in enumerate(STANDARDS)]
)
def test_the_reference_answers_searches_of_our_own(standard, behaviour):
    cell = StandardCell(standard, behaviour=behaviour, flows=("search",))
    wanted = [item.id for item in load_catalogue() if item.standard == standard and item.group == "searching"]
    assert cell.broken(*wanted) == {}


@pytest.mark.parametrize(
    "t",
    ["2026-01-31", "2026-02-28", "2027-12-31", "2028-02-29", "2029-03-01", "2033-10-31"],
)
@pytest.mark.parametrize("standard", STANDARDS)
def test_the_reference_passes_on_every_day(standard, t):
    assert StandardCell(standard, t=date.fromisoformat(t)).broken() == {}


@pytest.mark.parametrize(("item", "standard"), list(cases()))
def test_a_fault_kills_its_requirements_and_nothing_else(item, standard):
    catalogue = load_catalogue()
    flows = ("collect", "share", "search") if item.flow == "search" else ("collect", "share")
    broken = StandardCell(standard, faults=[item.name], flows=flows).broken()
    own = {name for name in item.kills if catalogue[name].standard == standard and catalogue[name].decidable}
    taken = {name for name in item.also if name in catalogue and catalogue[name].standard == standard}
    assert sorted(own - broken.keys()) == [], "these requirements survive the fault"
    assert sorted(broken.keys() - own - taken) == [], (
        "false alarm: make the fault smaller, or name it under also:"
    )
    for name in own:
        assert broken[name] == ("fail" if catalogue[name].strength.value == "MUST" else "warning")


def test_every_decidable_requirement_has_a_fault_of_a_twin():
    unkilled = [item.id for item in load_catalogue() if item.standard and item.decidable and not item.faults]
    assert unkilled == [], "add a fault to faults.yaml of the standard whose kills: names it"


def test_every_fault_is_implemented_and_catalogued():
    ours = {name for name, item in faults().items() if not any(key.startswith("MM-") for key in item.kills)}
    made = his_faults.names() | pgo_query_faults.names()
    assert sorted(ours - NETWORK_ONLY - made) == [], (
        "give it a change: in faults.yaml, or write @his_fault(name)"
    )
    assert sorted(made - ours) == [], "registered, but in no faults.yaml"


def test_the_same_faults_are_found_on_the_other_behaviour():
    for name in ("include-missing-medication", "include-missing-specimen", "bsn-in-self-link"):
        first = StandardCell("huisartsgegevens-2.0", faults=[name], behaviour="xml-includes").broken()
        second = StandardCell("huisartsgegevens-2.0", faults=[name], behaviour="json-contained").broken()
        beside = {name for name, verdict in second.items() if first.get(name) != verdict}
        assert first and first.items() <= second.items()
        assert beside <= {"HG-REC-001"}, "what refers to nothing is altered too where it was contained"


def test_an_unknown_fault_changes_nothing():
    assert StandardCell("eafspraak-2.0", faults=["niet-bekend"]).broken() == {}
