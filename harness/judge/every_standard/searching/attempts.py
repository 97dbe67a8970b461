"""The attempts of the flow ``search`` as they stand in the recording: literal addresses, in order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl, unquote, urlsplit

from harness.core.run.exchanges import MASK, Exchange
from harness.judge.every_standard.answers import dates, requested_format
from harness.judge.view import CellView
from harness.reference.searching.pages import Pages, follow
from harness.reference.searching.promise import SHAPING, Pairs, Promise
from harness.reference.searching.replies import Reply
from harness.reference.searching.selection import Selection

FLOW = "search"
_NONE: tuple[None, None] = (None, None)
_MASK = re.compile(MASK)


@dataclass(frozen=True)
class Attempt:
    """One search that was sent.

    :ivar kind: resource type that was searched.
    :ivar pairs: parameters in the order of the request.
    :ivar format: ``json`` or ``xml``.
    """

    exchange: Exchange
    kind: str
    pairs: Pairs
    format: str
    reply: Reply

    @cached_property
    def filters(self) -> Pairs:
        """What decides what is found, in one order."""
        return tuple(sorted(pair for pair in self.pairs if pair[0] not in SHAPING))

    @property
    def sized(self) -> bool:
        """Whether pages of a size were asked for."""
        return any(name == "_count" for name, _ in self.pairs)

    @property
    def size(self) -> tuple[int, int]:
        """How long the search is: the smallest one shows most."""
        return len(self.pairs), len(self.exchange.request.url)

    @property
    def line(self) -> str:
        """The search as people read it."""
        text = "&".join(f"{name}={value}" for name, value in self.pairs)
        return f"GET {self.kind}?{text}" if text else f"GET {self.kind}"


@dataclass(frozen=True)
class Searched:
    """The flow as a whole.

    :ivar attempts: searches that are promised, in time order.
    :ivar pages: later pages by their address.
    :ivar seed: with which they were made.
    """

    promise: Promise
    attempts: tuple[Attempt, ...]
    pages: dict[str, tuple[Exchange, Reply]]
    seed: str

    @property
    def refused(self) -> int:
        """How many attempts the server refused."""
        return sum(item.reply.refused for item in self.attempts)

    @cached_property
    def unstable(self) -> frozenset[tuple[str, str]]:
        """Addresses (with format) that were answered in two ways."""
        said: dict[tuple[str, str], list[Reply]] = {}
        for item in self.attempts:
            said.setdefault((item.exchange.request.url, item.format), []).append(item.reply)
        return frozenset(
            key for key, some in said.items() if any(one.matches != some[0].matches for one in some)
        )


def searched(view: CellView) -> Searched:
    """The flow ``search`` of a cell; without attempts when it was not driven."""
    found: Searched = view.memo("searched", lambda: _searched(view))
    return found


def _searched(view: CellView) -> Searched:
    driven = [item for item in view.find(flow=FLOW, interface="resource", client="pgo") if item.response]
    statements = [item for item in driven if item.operation == "fhir-metadata"]
    document = view.document(statements[-1]) if statements else None
    promise = Promise(view.cell.standard, dates(view), document.resource if document is not None else {})
    attempts: list[Attempt] = []
    pages: dict[str, tuple[Exchange, Reply]] = {}
    expected: set[str] = set()
    seeds: dict[str, None] = {}
    for exchange in driven:
        url = exchange.request.url
        if exchange.request.method != "GET" or exchange.operation == "fhir-metadata":
            continue
        found = view.document(exchange)
        status = exchange.response.status if exchange.response else 0
        reply = Reply(status, found.resource if found is not None else {}, url)
        later = url in expected
        if reply.next:
            expected.add(reply.next)
        note = exchange.notes.get("driven")
        if isinstance(note, dict) and "seed" in note:
            seeds[str(note["seed"])] = None
        if later:
            pages[url] = (exchange, reply)
            continue
        kind, pairs = _parts(url)
        masked = any(_MASK.search(value) for _, value in pairs)
        if promise.covers(kind, pairs) and not masked:
            attempts.append(Attempt(exchange, kind, pairs, requested_format(exchange), reply))
    return Searched(promise, tuple(attempts), pages, next(iter(seeds), ""))


def _parts(url: str) -> tuple[str, Pairs]:
    split = urlsplit(url)
    return unquote(split.path).rstrip("/").rpartition("/")[2], tuple(
        parse_qsl(split.query, keep_blank_values=True)
    )


def selection(view: CellView) -> Selection | None:
    """What the searches must bring; ``None`` without a record."""
    if view.record is None:
        return None
    record, found = view.record, searched(view)

    def make() -> Selection:
        made = Selection(found.promise, record, view.records.known, view.t)
        own = {
            (kind, tuple(sorted(pairs))) for kind in found.promise.kinds for pairs in found.promise.own(kind)
        }
        for item in found.attempts:
            if item.reply.whole and not item.sized and (item.kind, item.filters) in own:
                made.show(item.kind, item.pairs, item.reply)
        return made

    learned: Selection = view.memo("search-selection", make)
    return learned


def chains(found: Searched) -> Iterator[tuple[Attempt, Pages]]:
    """Each search for pages of a size with all its pages."""
    for item in found.attempts:
        if item.sized and item.reply.answered:
            yield item, follow(item.reply, lambda address: found.pages.get(address, _NONE)[1])
