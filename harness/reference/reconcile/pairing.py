"""Finds for each resource of an answer its partner among all known records, by content.

Greedy on a score of shared facts, one to one. Ranks decide between equals: what is expected, what is the
person's own, what is of somebody else. Content that the person has too is never called foreign.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from harness.reference.content.facts import Facts
from harness.reference.reconcile.answers import Given
from harness.reference.reconcile.known import Entry, Known

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
"""Facts of more entries than this find no candidates once there are some."""


@dataclass(frozen=True)
class Fit:
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


def fits(facts: Facts, kind: str, known: Known, rank: Callable[[Entry], int]) -> list[Fit]:
    """The entries of a type that share facts with a resource, best first."""
    hits: Counter[int] = Counter()
    ordered = sorted(facts, key=lambda fact: len(known.by_fact.get(fact, ())))
    for fact in ordered:
        numbers = known.by_fact.get(fact, ())
        if len(numbers) > COMMON and len(hits) >= CANDIDATES:
            break
        for number in numbers:
            if known.entries[number].stored.type == kind:
                hits[number] += 1
    own_weight = known.weight(facts)
    found = []
    for number, _ in hits.most_common(CANDIDATES):
        entry = known.entries[number]
        shared = known.weight(facts & entry.facts)
        whole = 0.8 * entry.weight + 0.2 * own_weight
        found.append(
            Fit(entry, shared / whole if whole else 0.0, shared / (entry.weight or 1.0), rank(entry))
        )
    return sorted(found, key=lambda fit: (-round(fit.score, 9), fit.rank, fit.entry.number))


def pair(
    given: Iterable[tuple[Given, list[Fit]]],
    prefer: Callable[[Given, Entry], int] = lambda given, entry: 0,
) -> list[Pair]:
    """Partners of the resources of one answer.

    :param prefer: breaks ties between equally good partners; lower is better.
    """
    listed = list(given)
    ranked = sorted(
        (-round(fit.score, 6), fit.rank, prefer(item, fit.entry), order, place)
        for order, (item, options) in enumerate(listed)
        for place, fit in enumerate(options)
    )
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
