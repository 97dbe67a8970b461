"""Looks for the smallest search that is answered wrongly, within a budget of requests and time.

Four aspects, one after the other: what is selected (against the record), what a narrower search finds,
whether pages add up, whether both formats say the same. Each ends at the first fault, shrunk to its smallest
search, which is then asked once more. A refusal ends an attempt and is no fault. Nothing that is decided here
counts: the judges read the recording.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any, Final, Protocol, TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import HypothesisException
from hypothesis.strategies import SearchStrategy

from harness.fhir.search.query import SearchError
from harness.network.drive.searching.generate import Narrower, Pool, Search, edges, narrowed, searches
from harness.reference.searching.pages import LIMIT, follow, pages_say
from harness.reference.searching.promise import Promise
from harness.reference.searching.replies import Reply, show_more
from harness.reference.searching.selection import Selection

E = TypeVar("E")

REQUESTS: Final = {"selection": 70, "narrower": 40, "pages": 40, "formats": 30}
"""Requests per aspect and cell. A fault at a boundary took 18 to 36 of them, shrinking 7 to 90."""
SECONDS: Final = 120.0
"""Seconds of searching per cell."""
EXAMPLES: Final = 200
PAGE_SIZES: Final = (1, 2, 5)
MAX_PAGES: Final = 12
MAX_EDGES: Final = 30
"""Searches with a bound on an item; those of the standards take 2 to 12."""


class Ask(Protocol):
    """Sends one request and records it."""

    def __call__(self, address: str, media: str, notes: dict[str, Any]) -> Reply | None:
        """The answer; ``None`` when no more may be sent.

        :param address: below the resource base, or the absolute address of a page.
        :param media: ``json`` or ``xml``.
        """
        ...


class Amiss(Exception):
    """An attempt that was answered wrongly; hypothesis shrinks it."""


class Spent(Exception):
    """The budget is used up, or the server asks to be left in peace."""


@dataclass
class _Budget:
    """Requests that one aspect may still send; time is that of the cell."""

    left: int
    until: float
    clock: Callable[[], float]

    def take(self) -> None:
        """Take one request.

        :raises Spent: there is none left.
        """
        if self.left <= 0 or self.clock() >= self.until:
            raise Spent
        self.left -= 1


@contextmanager
def _tidy() -> Iterator[None]:
    """Let hypothesis leave nothing in the folder of the user."""
    with TemporaryDirectory(prefix="harness-search-") as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)


class Searching:
    """The search of one cell.

    :param ask: sends and records.
    :param selection: says what must come back; ``None`` without a record.
    :param monotonic: seconds, for the budget.
    """

    def __init__(
        self,
        promise: Promise,
        pool: Pool,
        ask: Ask,
        *,
        selection: Selection | None,
        number: int,
        monotonic: Callable[[], float],
    ) -> None:
        self._promise, self._pool, self._send = promise, pool, ask
        self._selection = selection
        self._seed = number
        self._clock = monotonic
        self._until = monotonic() + SECONDS
        self._seen: dict[tuple[str, str], Reply] = {}
        self._aspect = ""
        self._budget = _Budget(0, 0.0, monotonic)
        self._attempt = 0

    def run(self) -> None:
        """All four aspects."""
        own = [Search(kind, pairs) for kind in self._promise.kinds for pairs in self._promise.own(kind)]
        plain = searches(self._promise, self._pool)
        narrow = narrowed(self._promise, self._pool)
        varied = st.sampled_from(own) if plain is None else st.one_of(st.sampled_from(own), plain)
        try:
            with _tidy():
                self._all(own, varied, narrow)
        except Spent:
            return

    def _all(
        self,
        own: list[Search],
        varied: SearchStrategy[Search],
        narrow: SearchStrategy[Narrower] | None,
    ) -> None:
        self._show(own)
        if self._selection is not None:
            bounds = self._edges(own)
            if bounds:
                self._look("selection", st.sampled_from(bounds), self._selects)
            self._look("selection", varied, self._selects)
        if narrow is not None:
            self._look("narrower", narrow, self._narrows)
        self._pages_of_own(own)
        self._look("pages", st.tuples(varied, st.sampled_from(PAGE_SIZES)), self._pages)
        self._look("formats", varied, self._formats)

    def _show(self, own: list[Search]) -> None:
        """Ask the standard's own searches: what the server shows of its items.

        :raises Spent: time is up, or the server asks to be left in peace.
        """
        self._aspect = "own"
        self._budget = _Budget(len(own), self._until, self._clock)
        for search in own:
            reply = self._ask(search)
            if self._selection is not None and reply.whole:
                self._selection.show(search.kind, search.pairs, reply)

    def _edges(self, own: list[Search]) -> list[Search]:
        """Bounds on which something lies: random days may all miss it."""
        found: dict[Search, None] = {}
        for search in own:
            found |= dict.fromkeys(edges(self._promise, search, self._ask(search).found()))
        return list(found)[:MAX_EDGES]

    def _pages_of_own(self, own: list[Search]) -> None:
        """Ask pages of one match of the standard's own searches: random ones may all find too little.

        :raises Spent: time is up, or the server asks to be left in peace.
        """
        self._aspect = "pages"
        self._budget = _Budget(REQUESTS["pages"], self._until, self._clock)
        for search in own:
            if self._budget.left > MAX_PAGES:
                self._pages((search, PAGE_SIZES[0]))

    def _look(
        self, aspect: str, strategy: SearchStrategy[E], amiss: Callable[[E], list[Search] | None]
    ) -> None:
        """Try examples of one aspect until one is amiss and is as small as can be; then ask that once more.

        :raises Spent: time is up, or the server asks to be left in peace.
        """
        if self._aspect != aspect:
            self._budget = _Budget(REQUESTS[aspect], self._until, self._clock)
        self._aspect = aspect
        shown: list[list[Search]] = []

        @seed(self._seed)
        @settings(
            database=None,
            deadline=None,
            max_examples=EXAMPLES,
            phases=(Phase.generate, Phase.shrink),
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
        )
        @given(strategy)
        def attempt(example: E) -> None:
            try:
                found = amiss(example)
            except (Spent, SearchError):
                return  # over budget everything is as expected: hypothesis ends quietly
            if found is not None:
                shown.append(found)
                raise Amiss

        try:
            attempt()
        except Amiss:
            self._budget.left += 2
            for one in min(shown, key=lambda searches: searches[-1].size):
                self._again(one)
        except HypothesisException:
            pass  # what comes and goes stands in the recording, where the judges see both answers
        if self._clock() >= self._until:
            raise Spent

    # -- aspects: each gives the searches that show a fault, or None -------------------------------------

    def _selects(self, search: Search) -> list[Search] | None:
        reply = self._ask(search)
        if self._selection is None or not reply.whole:
            return None
        return [search] if self._selection.differences(search.kind, search.pairs, reply) else None

    def _narrows(self, both: Narrower) -> list[Search] | None:
        wide = self._ask(both.wide)
        if not wide.whole:
            return None
        narrow = self._ask(both.narrow)
        return [both.wide, both.narrow] if narrow.whole and show_more(wide, narrow) else None

    def _pages(self, example: tuple[Search, int]) -> list[Search] | None:
        search, size = example
        everything = self._ask(search)
        if not everything.whole or everything.matches.total() <= size:
            return None
        first = self._address(search.path((("_count", str(size)),)), "json")
        if not first.answered:
            return None
        pages = follow(first, lambda address: self._address(address, "json"), most=MAX_PAGES)
        if pages.end == LIMIT:
            return None
        return [search] if pages.end or pages_say(pages.replies) != everything.matches else None

    def _formats(self, search: Search) -> list[Search] | None:
        one, other = self._ask(search, "json"), self._ask(search, "xml")
        return [search] if one.whole and other.whole and one.matches != other.matches else None

    # -- asking ----------------------------------------------------------------------------------------

    def _ask(self, search: Search, media: str = "json") -> Reply:
        return self._address(search.path(), media)

    def _address(self, address: str, media: str) -> Reply:
        key = address, media
        if key not in self._seen:
            self._seen[key] = self._sent(address, media)
        return self._seen[key]

    def _again(self, search: Search) -> None:
        """The smallest search once more: what comes and goes is no fault that can be shown."""
        try:
            self._sent(search.path(), "json")
        except Spent:
            return

    def _sent(self, address: str, media: str) -> Reply:
        self._budget.take()
        self._attempt += 1
        notes = {"aspect": self._aspect, "attempt": self._attempt, "seed": self._seed}
        reply = self._send(address, media, notes)
        if reply is None or reply.busy:
            self._until = 0.0
            self._budget.until = 0.0
            raise Spent
        return reply
