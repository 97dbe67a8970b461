"""Finds for each resource of an answer its partner among all known records, by content.

Greedy on a score of shared facts, one to one. Ranks decide between equals: what is expected, what is the
person's own, what is of somebody else. Content that the person has too is never called foreign.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from heapq import nlargest
from typing import Final, Literal, NamedTuple

from harness.reference.content.facts import Fact, Facts
from harness.reference.reconcile.answers import Given
from harness.reference.reconcile.known import Entry, Known, identifiers_of

Where = Literal["expected", "own", "foreign"]
_RANKS: Final[tuple[Where, ...]] = ("expected", "own", "foreign")

ACCEPT: Final = 0.30
FOREIGN: Final = 0.60
MARGIN: Final = 0.02
"""How much better a foreign partner must be than the best own one."""
COPY: Final = 0.85
HELD: Final = 0.95
WORSE: Final = 0.08
"""A second copy fits a taken partner this well, and any other one by more than ``WORSE`` less."""
CANDIDATES: Final = 12
COMMON: Final = 40
"""Facts of more entries than this find no candidates."""
ENOUGH: Final = 1
"""Rarer facts that a resource needs for that."""


class Candidate(NamedTuple):
    """An entry that shares facts with a resource; ``score`` and ``held`` as in :class:`Fit`."""

    entry: Entry
    score: float
    held: float


class Fit(NamedTuple):
    """How well an entry fits a resource.

    :ivar score: 0 to 1.
    :ivar held: part of the entry's facts that the resource has.
    """

    entry: Entry
    score: float
    held: float
    rank: int


@dataclass(frozen=True)
class Pair:
    """A resource of an answer and what was found for it.

    :ivar partner: ``None`` when nothing known is like it.
    :ivar copy: the partner was taken by another resource that fits as well.
    """

    given: Given
    partner: Entry | None
    where: Where | None
    copy: bool = False


def likely(facts: Facts, known: Known) -> list[Candidate]:
    """The entries that share most with a resource, whoever they belong to."""
    by_fact, weights = known.by_fact, known.weights
    rare: list[Fact] = []
    common: list[Fact] = []
    for fact in facts:
        if fact in by_fact:
            (rare if len(by_fact[fact]) <= COMMON else common).append(fact)
    shared: dict[int, float] = {}
    if len(rare) < ENOUGH:  # nothing telling: go by what there is
        rare, common = rare + common, []
    for fact in rare:
        weight = weights[fact]
        for number in by_fact[fact]:
            shared[number] = shared.get(number, 0.0) + weight
    unseen = known.rare
    own = sum(weights.get(fact, unseen) for fact in facts)
    found = []
    for number in nlargest(CANDIDATES, shared, key=shared.__getitem__):
        entry = known.entries[number]
        total = shared[number] + sum(weights[fact] for fact in common if fact in entry.facts)
        whole = 0.8 * entry.weight + 0.2 * own
        found.append(Candidate(entry, total / whole if whole else 0.0, total / (entry.weight or 1.0)))
    return found


def fits(candidates: Iterable[Candidate], rank: Callable[[Entry], int]) -> list[Fit]:
    """The candidates with their rank in one answer, best first.

    :param rank: 0 expected, 1 the person's own, 2 of somebody else; 3 is left out.
    """
    found = [Fit(one.entry, one.score, one.held, rank(one.entry)) for one in candidates]
    kept = [fit for fit in found if fit.rank < len(_RANKS)]
    return sorted(kept, key=lambda fit: (-round(fit.score, 9), fit.rank, fit.entry.number))


def pair(given: Iterable[tuple[Given, list[Fit]]]) -> list[Pair]:
    """Partners of the resources of one answer."""
    listed = list(given)
    ranked: list[tuple[float, int, int, int, int]] = []
    for order, (item, options) in enumerate(listed):
        own = identifiers_of(item.resource)
        for place, fit in enumerate(options):
            # between equals: the one with the same identifier, then the one with the same id
            tie = 0 if own & fit.entry.identifiers else 1 if item.key == fit.entry.key else 2
            ranked.append((-round(fit.score, 6), fit.rank, tie, order, place))
    ranked.sort()
    taken: dict[int, int] = {}
    result: dict[int, Pair] = {}
    # resources that fit a taken entry much better than any free one are copies of it
    for negative, rank, _, order, place in ranked:
        item, options = listed[order]
        fit = options[place]
        if order in result or fit.entry.number in taken or -negative < ACCEPT:
            continue
        best = options[0]
        if fit is not best and _copy(best, fit, taken):
            result[order] = Pair(item, best.entry, _RANKS[best.rank], copy=True)
            continue
        if rank == 2 and not _certainly_foreign(fit, options):
            continue
        taken[fit.entry.number] = order
        result[order] = Pair(item, fit.entry, _RANKS[rank])
    for order, (item, options) in enumerate(listed):
        if order in result:
            continue
        best_own = next((fit for fit in options if fit.rank < 2), None)
        if best_own and best_own.entry.number in taken and (best_own.score >= COPY or best_own.held >= HELD):
            result[order] = Pair(item, best_own.entry, _RANKS[best_own.rank], copy=True)
        else:
            result[order] = Pair(item, None, None)
    return [result[order] for order in range(len(listed))]


def _copy(best: Fit, fit: Fit, taken: dict[int, int]) -> bool:
    good = best.score >= COPY or best.held >= HELD
    return best.entry.number in taken and good and best.score - fit.score > WORSE


def _certainly_foreign(fit: Fit, options: list[Fit]) -> bool:
    own = max((other.score for other in options if other.rank < 2), default=0.0)
    return fit.score >= FOREIGN and fit.score > own + MARGIN
