"""Asking recorded queries again: which, of whom, and what came of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from harness.core.errors import UsageError
from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Cell
from harness.core.run.folder import RunFolder
from harness.core.run.info import ParticipantVersion
from harness.core.text import Text
from harness.judge.cells import cell_exchanges
from harness.matrix.spot.comparing import differences
from harness.network.file import Network
from harness.network.limits.endurance import LimitReached
from harness.network.running import start

FLOW = "collect"


@dataclass(frozen=True)
class Query:
    """A recorded answer of a live party, or of a DVZA of ours with a live HIS behind it, to a query for data.

    :ivar number: how many of this operation came before it, such as earlier pages.
    """

    cell: Cell
    t: date
    exchange: Exchange
    number: int


@dataclass(frozen=True)
class Answered:
    """A query that was asked again; no differences: it is as it was recorded."""

    query: Query
    differences: tuple[Text, ...]


def spot_check(
    folders: Iterable[RunFolder], network: Network, number: int, chance: random.Random
) -> list[Answered]:
    """Ask some recorded queries again, live, in the cells and on the date ``T`` on which they were recorded.

    :param network: with the same parties, and how to reach them.
    :param number: how many; fewer when fewer were recorded.
    :raises UsageError: nothing was recorded of a live party, or it is none in this network.
    """
    queries = [query for folder in folders for query in _recorded(folder, network)]
    if not queries:
        raise UsageError(
            Text(
                nl="er is niets opgenomen van een echte partij die in dit netwerk te bereiken is",
                en="nothing was recorded of a live party that can be reached in this network",
            ),
            where="--network",
            expected="kind: live",
        )
    chosen = chance.sample(queries, min(number, len(queries)))
    found: list[Answered] = []
    for t in sorted({query.t for query in chosen}):
        found += _asked(network, t, [query for query in chosen if query.t == t])
    return found


def _recorded(folder: RunFolder, network: Network) -> list[Query]:
    """The queries of a run that live parties answered with data."""
    info = folder.info()
    live = {item.id: item for item in info.participants if item.kind == "live"}
    if not live:
        return []
    _check_same(live, network)
    t = date.fromisoformat(info.t)
    return [
        Query(cell, t, item, number)
        for cell in info.plan
        if cell.his in live or cell.dvza in live
        for number, item in _numbered(cell_exchanges(folder, cell))
        if item.response is not None and item.response.status == 200
    ]


def _numbered(exchanges: Iterable[Exchange]) -> Iterator[tuple[int, Exchange]]:
    """The queries for data of the main flow, each with its number among those of its operation."""
    seen: Counter[str] = Counter()
    for item in exchanges:
        if (item.flow, item.interface, item.request.method) == (FLOW, "resource", "GET"):
            yield seen[item.operation], item
            seen[item.operation] += 1


def _check_same(live: dict[str, ParticipantVersion], network: Network) -> None:
    """Whether a network names the live parties of a run, in the same versions.

    :raises UsageError: it does not.
    """
    known = {item.id: item for item in network.participants}
    for name, was in live.items():
        now = known.get(name)
        if now is None or now.kind != "live" or now.version != was.version:
            raise UsageError(
                Text(
                    nl="dit netwerk heeft deze partij niet, of in een andere versie",
                    en="this network does not have this party, or another version of it",
                ),
                where=f"--network, {name}",
                expected=f"kind: live, version: {was.version or '–'}",
                received=f"kind: {now.kind}, version: {now.version or '–'}" if now is not None else "",
            )


def _asked(network: Network, t: date, queries: Sequence[Query]) -> list[Answered]:
    """The same queries on the same date, in a network that is started for it."""
    with start(network, t=t) as running:
        for cell in dict.fromkeys(query.cell for query in queries):
            with suppress(LimitReached):  # then what is asked again has no answer
                running.drive(cell, FLOW)
        found = []
        for query in queries:
            again = _again(query, running.recorder.exchanges(query.cell.key))
            found.append(Answered(query, tuple(differences(query.exchange, again))))
        return found


def _again(query: Query, exchanges: Iterable[Exchange]) -> Exchange | None:
    """The answer of now to a recorded query."""
    for number, item in _numbered(exchanges):
        if (number, item.operation) == (query.number, query.exchange.operation):
            return item
    return None
