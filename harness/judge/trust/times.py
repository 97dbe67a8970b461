"""Time that tells: whether a sample of pairs shows that who has data waits otherwise than who has none.

The two of a pair go first in turns (``harness.network.drive.driver``), so that a server that slows down
meanwhile slows both. Compared is what both walk alike: the requests from the login on, up to where their ways
part. A difference counts when chance does not give it (:data:`CHANCE`) *and* it is large (:data:`CLEAR`);
where only one of these holds, or noise could hide a difference, nothing is decided.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import comb
from statistics import median, quantiles
from typing import Final
from urllib.parse import urlsplit

from harness.core.run.exchanges import MASK, Exchange
from harness.core.run.findings import Finding
from harness.core.text import Text, counted
from harness.judge.registry import judge
from harness.judge.trust.steps import NOT_REACHED, Trust, trust, undecided
from harness.judge.view import CellView

FLOW: Final = "var-availability-time"
CHANCE: Final = 1e-4
"""How likely such ranks may be when it makes no difference who asks."""
CLEAR: Final = 0.1
"""Seconds between medians that are much on any machine; at slow servers :data:`SHARE` of the shorter one."""
FAINT: Final = 0.02
"""Seconds between medians below which a difference is none, chance or not."""
SHARE: Final = 0.1
_OWN: Final = re.compile(rf"{MASK}|[0-9a-fA-F-]{{16,}}|[0-9]+")
"""What of a path is of one visit only."""
PAIRS: Final = (Text(nl="paar", en="pair"), Text(nl="paren", en="pairs"))
LONGER: Final = Text(nl="{shift} ms met gegevens, {pairs}", en="{shift} ms with data, {pairs}")
APART: Final = Text(nl="hoogstens {limit} ms verschil", en="at most {limit} ms apart")
ENOUGH: Final = Text(nl="{number}+ paren", en="{number}+ pairs")
NO_PERSON: Final = Text(
    nl="het netwerkbestand noemt geen testpersoon zonder gegevens (situation: no-data)",
    en="the network file names no test person without data (situation: no-data)",
)
OTHER_WAY: Final = Text(
    nl="wie geen gegevens heeft komt langs andere pagina's, zodat de tijden niet te vergelijken zijn",
    en="who has no data comes by other pages, so that times cannot be compared",
)
NOISE: Final = Text(
    nl="de tijden lopen te ver uiteen om iets te zeggen; meet op een rustig moment of met --intensity full",
    en="the times differ too much among themselves; measure at a quiet moment or with --intensity full",
)
SMALL: Final = Text(
    nl="er is een verschil, maar zo klein dat de machine het kan geven; meet van dichtbij, --intensity full",
    en="there is a difference, but the machine may cause one so small; measure nearby, --intensity full",
)


@dataclass(frozen=True)
class Compared:
    """What a sample says: seconds between the medians (positive: data take longer), how likely by chance, how
    far times of one group lie apart (the larger of both), and what is much."""

    shift: float
    chance: float
    spread: float
    limit: float

    @property
    def clear(self) -> bool:
        """Whether the medians lie far apart."""
        return abs(self.shift) > self.limit

    @property
    def faint(self) -> bool:
        """Whether they do not even lie a little apart."""
        return abs(self.shift) <= FAINT * self.limit / CLEAR


def compared(with_data: Sequence[float], without: Sequence[float]) -> Compared:
    """Compare two samples of durations in seconds, each of two or more.

    Ranks (Mann and Whitney, exact, two-sided; a tie counts half) so that outliers weigh no more than others.
    """
    shorter = min(median(with_data), median(without))
    wins = sum((one > other) + (one == other) / 2 for one in with_data for other in without)
    return Compared(
        shift=median(with_data) - median(without),
        chance=_chance(wins, len(with_data), len(without)),
        spread=max(_spread(with_data), _spread(without)),
        limit=max(CLEAR, SHARE * shorter),
    )


def _spread(times: Sequence[float]) -> float:
    """Half of how far the middle half of a sample reaches."""
    first, _, third = quantiles(times, n=4)
    return (third - first) / 2


def _chance(wins: float, one: int, other: int) -> float:
    """How likely so few or so many of all comparisons are won, when every order is as likely."""
    fewest = int(min(wins, one * other - wins) + 0.5)
    return min(1.0, 2 * sum(_orders(one, other)[: fewest + 1]) / comb(one + other, one))


@cache
def _orders(one: int, other: int) -> tuple[int, ...]:
    """In how many orders of two samples the first wins so many comparisons (a Gaussian binomial)."""
    ways = [1] + [0] * (one * other)
    for size in range(1, one + 1):
        for won in range(len(ways) - 1, other + size - 1, -1):
            ways[won] -= ways[won - other - size]
        for won in range(size, len(ways)):
            ways[won] += ways[won - size]
    return tuple(ways)


@judge("MM-CON-013")
def told_by_time(view: CellView) -> Iterator[Finding]:
    """Who has data waits no longer, and no shorter, for the answer to the login than who has none."""
    cell = trust(view)
    if not cell.authorize(FLOW):
        known = view.participant("dvza").kind != "live" or view.tokens_given or not cell.main
        yield undecided(cell, "MM-CON-013") if known else view.not_tested("MM-CON-013", NO_PERSON)
        return
    visits = _visits(cell)
    pairs = sorted({number for number, _ in visits})
    whole = [number for number in pairs[1:] if {(number, "no-data"), (number, "default")} <= visits.keys()]
    wanted = view.minimum_samples("MM-CON-013")
    if not whole:
        yield view.inconclusive("MM-CON-013", NOT_REACHED, exchange=cell.front(FLOW)[-1])
    elif len(whole) < wanted:
        yield view.too_few_samples("MM-CON-013", len(whole))
    else:
        none = [visits[number, "no-data"] for number in whole]
        some = [visits[number, "default"] for number in whole]
        yield _said(view, some, none)


def _visits(cell: Trust) -> dict[tuple[int, str], list[Exchange]]:
    """The requests of each visit from the login on, by number of the pair and person; no broken visits."""
    found: dict[tuple[int, str], list[Exchange]] = {}
    broken = set()
    for item in cell.front(FLOW):
        pair = item.notes.get("pair")
        if not isinstance(pair, dict):
            continue
        key = int(pair.get("number", 0)), str(pair.get("person", ""))
        if item.response is None or item.response.status >= 400:
            broken.add(key)
        if item.operation in ("login", "consent"):
            found.setdefault(key, []).append(item)
    return {key: items for key, items in found.items() if key not in broken}


def _said(view: CellView, some: list[list[Exchange]], none: list[list[Exchange]]) -> Finding:
    """What the pairs say together."""
    requirement, shown = "MM-CON-013", none[-1][-1]
    alike = _alike([*some, *none])
    if any(len(visit) != alike for visit in none):
        return view.inconclusive(requirement, OTHER_WAY, exchange=shown)
    long, short = (
        [sum(item.duration for item in visit[:alike]) for visit in group] for group in (some, none)
    )
    seen = compared(long, short)
    received = LONGER.format(shift=f"{seen.shift * 1000:+.0f}", pairs=counted(len(none), *PAIRS))
    if seen.chance < CHANCE and seen.clear:
        expected = APART.format(limit=f"{seen.limit * 1000:.0f}")
        return view.fail(requirement, exchange=shown, expected=expected, received=received)
    if seen.chance < CHANCE and not seen.faint:
        return view.inconclusive(requirement, SMALL, exchange=shown, received=received)
    if seen.clear or 2 * seen.spread > seen.limit:
        return view.inconclusive(requirement, NOISE, exchange=shown, received=received)
    # No numbers: they differ from one run to the next, and a finding does not.
    return view.ok(requirement, shown, received=ENOUGH.format(number=view.minimum_samples(requirement)))


def _alike(visits: list[list[Exchange]]) -> int:
    """How many requests from the login on are to the same addresses in all visits."""
    shapes = [[(item.request.method, _place(item.request.url)) for item in visit] for visit in visits]
    same = 0
    for steps in zip(*shapes, strict=False):
        if len(set(steps)) > 1:
            break
        same += 1
    return same


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{_OWN.sub('*', parts.path)}".lower()
