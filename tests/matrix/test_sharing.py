"""A run that shares says what a run says that drives everything everywhere, and drives far less.

Every fault: ``benchmarks/sharing.py``.
"""

from __future__ import annotations

import random
from datetime import date
from functools import cache
from typing import Any

import msgspec
import pytest

from harness.core.run.info import Selection
from harness.core.standards.faults import fault, faults
from harness.judge.catalogue import load_catalogue
from harness.matrix.cells import plan_cells
from harness.matrix.plan import Plan
from harness.matrix.sharing import Said, differences, planted, run, shipped_scenarios
from harness.network.file import Network, Participant, read_network

pytestmark = pytest.mark.slow

CATALOGUE = load_catalogue()
replace = msgspec.structs.replace
T = date(2026, 3, 1)
HG, PD, EA = "huisartsgegevens-2.0", "pdfa-3.0", "eafspraak-2.0"


def two(pgos: int = 1) -> Network:
    """Both HISs of the demo network behind one of its DVZAs, and PGOs of it."""
    demo = read_network("demo")
    first, second = demo.of_role("his")
    second = replace(second, dvza=first.dvza)
    parties = (first, second, demo.participant(first.dvza), *demo.of_role("pgo")[:pgos])
    return replace(demo, participants=parties)


def one_by_one() -> Network:
    """Three cells, each with another HIS, PGO or standard than the one before."""
    standards = {"his": [(PD,), (PD, EA)], "dvza": [(PD, EA)], "pgo": [(PD,), (EA,)]}
    made = two(pgos=2)
    parties = tuple(replace(item, standards=standards[item.role].pop(0)) for item in made.participants)
    return replace(made, participants=parties)


@cache
def clean(sharing: bool) -> Said:
    return run(one_by_one(), CATALOGUE, t=T, sharing=sharing, intensity="smoke")


def test_a_clean_run_says_the_same_with_fewer_exchanges():
    shared, everywhere = clean(True), clean(False)
    assert differences(shared, everywhere) == {}
    assert set(shared.words.values()) == {"met"} and len(shared.words) > 180
    assert shared.exchanges < 0.6 * everywhere.exchanges


SEED = 20260301
"""Which fault is tried below; any other says the same."""
TRUST = sorted(
    name
    for name, item in faults().items()
    if any(key.startswith("MM-") for key in item.kills) and not item.releases
)


@pytest.mark.parametrize("name", random.Random(SEED).sample(TRUST, 1))
def test_a_planted_fault_is_seen_the_same(name):
    made = planted(two(), fault(name))
    shared, everywhere = (
        run(made, CATALOGUE, t=T, sharing=sharing, standards=(EA,), intensity="smoke")
        for sharing in (True, False)
    )
    assert differences(shared, everywhere) == {}
    assert {shared.words[key] for key in shared.words if key.requirement in fault(name).kills} != {"met"}


def test_a_difference_is_told():
    shared, everywhere = clean(True), clean(False)
    key = next(iter(shared.words))
    other = Said({**everywhere.words, key: "not-met"}, everywhere.flows)
    assert differences(shared, other) == {key: ("met", "not-met")}


# --- how much is driven ------------------------------------------------------------------------------------


def ten_by_thirty_three() -> Network:
    """Ten HISs behind five DVZAs, and thirty-three PGOs."""
    common: dict[str, Any] = {"kind": "twin", "standards": (HG, PD)}
    return Network(
        participants=(
            *(Participant(id=f"his-{n}", role="his", dvza=f"dvza-{n % 5}", **common) for n in range(10)),
            *(Participant(id=f"dvza-{n}", role="dvza", **common) for n in range(5)),
            *(Participant(id=f"pgo-{n}", role="pgo", **common) for n in range(33)),
        )
    )


@cache
def measured() -> Said:
    return run(two(), CATALOGUE, t=T, sharing=True, standards=(HG, PD))


def planned(network: Network, *, sharing: bool) -> float:
    """The exchanges that a plan will take, from those that each flow took in a run."""
    costs = {key: sum(found) / len(found) for key, found in measured().flows.items()}
    any_standard = {flow: number for (_, flow), number in costs.items()}
    plan = Plan(plan_cells(network, Selection()), CATALOGUE, network, sharing=sharing)
    flows = {
        (cell, flow)
        for cell, part in plan.pairs(shipped_scenarios())
        for flow in part.all_flows
        if flow != "share"
    }
    return sum(costs.get((cell.standard, flow), any_standard[flow]) for cell, flow in flows)


def test_ten_by_thirty_three_takes_between_25_000_and_30_000_exchanges():
    """Of which some 4,500 are the requests that each DVZA must refuse, and samples of its secrets."""
    network = ten_by_thirty_three()
    shared = planned(network, sharing=True)
    assert 25_000 < shared < 30_000
    assert planned(network, sharing=False) > 10 * shared
