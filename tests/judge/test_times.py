"""Time that tells: the comparison of two samples, and what is said of pairs of visits (MM-CON-013)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import combinations
from random import Random

import pytest
from drivenkit import CATALOGUE, NOW, T, replace
from test_mm import recorded

from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Cell, Finding
from harness.core.verdicts import Verdict
from harness.judge.judging import judge_requirements
from harness.judge.trust.times import CHANCE, _orders, compared
from harness.judge.view import CellView

pytestmark = pytest.mark.usefixtures("literals")

REQUIREMENT = "MM-CON-013"


@pytest.mark.parametrize(("one", "other"), [(1, 1), (2, 3), (4, 4), (5, 3)])
def test_orders_are_counted_as_they_are(one: int, other: int) -> None:
    counted: Counter[int] = Counter()
    for places in combinations(range(one + other), one):
        counted[sum(place - rank for rank, place in enumerate(places))] += 1
    assert _orders(one, other) == tuple(counted[won] for won in range(one * other + 1))


def test_the_smallest_sample_can_decide() -> None:
    least = min(CATALOGUE[REQUIREMENT].samples.values())
    seen = compared([0.5] * least, [0.1] * least)
    assert seen.chance < CHANCE
    assert seen.clear


def test_equal_samples_are_what_chance_gives() -> None:
    seen = compared([0.1] * 9, [0.1] * 9)
    assert (seen.shift, seen.chance) == (0, 1)


def server(seed: int, *, scale: float, extra: float = 0.0) -> tuple[list[float], list[float]]:
    """Durations of nine pairs at a noisy server that slows down meanwhile: with data, without."""
    random = Random(seed)
    pairs = []
    for number in range(9):
        load = 1 + number / 6
        both = [
            scale * load * random.lognormvariate(0, 0.5) * (5 if random.random() < 0.05 else 1)
            for _ in range(2)
        ]
        pairs.append((both[0] + extra, both[1]))
    return [one for one, _ in pairs], [other for _, other in pairs]


def test_noise_is_no_difference() -> None:
    """Whatever a machine does, as long as it does it to both."""
    for scale in (0.01, 0.1, 1.0):
        for seed in range(1000):
            seen = compared(*server(seed, scale=scale))
            assert not (seen.chance < CHANCE and seen.clear), (scale, seed)


def test_a_difference_is_seen_through_noise() -> None:
    found = [compared(*server(seed, scale=0.03, extra=0.4)) for seed in range(200)]
    assert sum(seen.chance < CHANCE and seen.clear for seen in found) > 180


# --- pairs of a recording -----------------------------------------------------------------------------------


def said(change: Callable[[Exchange, str, int], Exchange | None], release: str = "mm-2.2") -> list[Finding]:
    """What is said when each exchange of a visit is changed, by whose it is and the number of its pair."""
    cell, exchanges = recorded(release)
    left = []
    for item in exchanges:
        pair = item.notes.get("pair")
        changed = change(item, pair["person"], pair["number"]) if pair else item
        if changed is not None:
            left.append(changed)
    return judged(cell, left)


def judged(cell: Cell, exchanges: list[Exchange]) -> list[Finding]:
    view = CellView(cell, exchanges, CATALOGUE, t=T, now=NOW)
    return list(judge_requirements(view, [REQUIREMENT]))


def lasting(seconds: Callable[[str, int], float]) -> Callable[[Exchange, str, int], Exchange]:
    """Durations of the answers to the login."""
    return lambda item, person, number: (
        replace(item, duration=seconds(person, number)) if item.operation == "login" else item
    )


@pytest.mark.parametrize("more", ["default", "no-data"])
def test_who_waits_longer_is_told(more: str) -> None:
    finding = said(lasting(lambda person, number: 0.1 + number / 100 + 0.3 * (person == more)))[0]
    assert finding.verdict is Verdict.WARNING
    assert ("+300 ms" if more == "default" else "-300 ms") in finding.received


def test_slow_and_uneven_is_no_difference() -> None:
    random = Random(12)
    assert said(lasting(lambda person, number: 1 + random.random() * 0.15))[0].verdict is Verdict.PASS


def test_the_first_pair_is_left_out() -> None:
    warm = lasting(lambda person, number: 3.0 if number == 0 and person == "no-data" else 0.1)
    assert said(warm)[0].verdict is Verdict.PASS


def test_what_only_seems_so_is_not_decided() -> None:
    small = lasting(lambda person, number: 0.1 + number / 1000 + 0.05 * (person == "default"))
    wild = lasting(lambda person, number: 0.1 + 0.9 * (number % 2))
    for change in (small, wild):
        assert said(change)[0].verdict is Verdict.INCONCLUSIVE


def test_broken_visits_do_not_count_and_too_few_say_nothing() -> None:
    def broken(item: Exchange, person: str, number: int) -> Exchange:
        lost = number > 5 and person == "default" and item.operation == "login"
        return replace(item, response=None, error="timeout: gave up") if lost else item

    finding = said(broken)[0]
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "5 of 9" in finding.next_step.en


def test_other_pages_are_not_compared() -> None:
    def elsewhere(item: Exchange, person: str, number: int) -> Exchange:
        if person == "default" or item.operation != "login":
            return item
        return replace(item, request=replace(item.request, url=item.request.url.replace("/login", "/geen")))

    assert said(elsewhere)[0].verdict is Verdict.INCONCLUSIVE
