"""What one run puts up with, asked before every request: is there time left, and does the host answer at all?

Whoever drives asks :meth:`Endurance.check`; what it raises ends the flow, and the run tells why.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection
from typing import Literal

from harness.core.clock import Clock
from harness.core.errors import HarnessError
from harness.core.run.limits import (
    LimitName,
    Limits,
    came,
    not_reachable,
    reserved,
    shown_seconds,
    spent,
    unjudged,
    unreachable,
)
from harness.core.text import Phrase, Text
from harness.network.file import STELSELNODE, Network
from harness.network.limits.breaker import Breaker


class LimitReached(HarnessError):
    """A flow is not driven any further, by no fault of whoever asked.

    :ivar limit: which limit it was.
    :ivar cause: participant id of whoever was waited for, ``""``: nobody.
    """

    def __init__(self, limit: LimitName, message: Text, *, cause: str = "", received: Phrase = "") -> None:
        super().__init__(message, received=received)
        self.limit: LimitName = limit
        self.cause = cause


def not_ours(network: Network) -> frozenset[str]:
    """Ids of the parties of a network that may fail."""
    live = {item.id for item in network.participants if item.kind == "live"}
    listing = network.stelselnode.kind == "live" or any(item.lists for item in network.participants)
    return frozenset({*live, STELSELNODE} if listing else live)


class Endurance:
    """The limits of one run while it goes on. Thread-safe.

    :param live: ids of the parties that are not ours; only those can fail.
    :param began: when the budget of the run began, by ``now``; ``None``: now.
    :param now: a clock that only goes on (seconds).
    """

    def __init__(
        self,
        limits: Limits | None = None,
        live: Collection[str] = (),
        *,
        began: float | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits or Limits()
        self.breaker = Breaker()
        self._live = frozenset(live)
        self._now = now
        self._driving = now()
        self._began = self._driving if began is None else began
        self._cell = (self._began, 0.0)
        self._reserve = 0.0
        self._lock = threading.Lock()
        self._received: Counter[str] = Counter()
        self._pages: Counter[str] = Counter()
        self._sizes: Counter[str] = Counter()
        self._came: dict[str, Counter[str]] = {}
        self._looked: dict[Literal["run", "cell"], Counter[str]] = {"run": Counter(), "cell": Counter()}
        self._waited: dict[Literal["run", "cell"], Counter[str]] = {"run": Counter(), "cell": Counter()}

    def begin(self, cells: int) -> None:
        """A cell begins.

        :param cells: how many are still to be driven, it included. While there are more, it takes at most
            half of what is left of the run: one slow party must not leave the others without any time.
        """
        if not self._reserve:
            self._driving = self._now()
            self._reserve = reserved(self.limits.run, self._driving - self._began) + self.limits.cleaning
        seconds, left = self.limits.cell, self._left_of_run()
        if left is not None and cells > 1:
            seconds = min(seconds or left, max(0.0, left / 2))
        with self._lock:
            self._cell = (self._now(), seconds)
            self._waited["cell"].clear()
            self._looked["cell"].clear()
            self._received.clear()

    def clean(self) -> None:
        """Driving has ended: what is kept for deleting may be used."""
        self._reserve = max(0.0, self._reserve - self.limits.cleaning)
        with self._lock:
            self._cell = (self._now(), self.limits.cleaning)

    def check(self, *urls: str, party: str = "") -> None:
        """Whether a request may be made.

        :param urls: the hosts that have to answer for it; ``party``: whose they are.
        :raises LimitReached: it may not.
        """
        self._check_time()
        for url in urls:
            failing = self.breaker.open(url) if party in self._live else None
            if failing is not None:
                raise LimitReached(
                    "host",
                    unreachable(party, failing.since, failing.error),
                    cause=party,
                    received=not_reachable(failing.since, failing.error),
                )

    def allowed(self, seconds: float) -> float:
        """How long a request may take: no longer than what is left."""
        lefts = [left for _, left in self._lefts()]
        return max(0.1, min([seconds, self.limits.request, *lefts]))

    def wait(self, clock: Clock, seconds: float, *, really: bool) -> None:
        """Let time pass.

        :param really: whether somebody must notice it who does not know our clock; else that is moved, when
            it can be.
        :raises LimitReached: there is not so much left.
        """
        advance = getattr(clock, "advance", None)
        if advance is not None and not really:
            advance(seconds)
            return
        for name, left in self._lefts():
            if left < seconds:
                raise self._spent(name)
        time.sleep(seconds)

    def seen(self, url: str, party: str, error: str, started: str) -> None:
        """What came of a request that its party has to answer: why there is no answer, ``""``: there is."""
        if party in self._live:
            with self._lock:
                self._came.setdefault(party, Counter())[error] += 1
            self.breaker.seen(url, error, started)

    def waited(self, party: str, seconds: float, received: int = 0, *, further: bool = False) -> None:
        """So long was waited for a party, and so many bytes came.

        :param further: of a next page, to which the party itself led.
        """
        if party in self._live:
            with self._lock:
                self._received[party] += received
                self._pages[party] += further
                self._sizes[party] += received
                for counter in self._waited.values():
                    counter[party] += int(seconds * 1000)

    def looked(self, party: str, seconds: float) -> None:
        """So long it took to look at an answer of a party: a large one takes longer than it takes to come."""
        if party in self._live:
            with self._lock:
                for counter in self._looked.values():
                    counter[party] += int(seconds * 1000)

    def too_much(self) -> LimitReached:
        """Why a cell could not be judged in time: whoever sent most of it is the cause."""
        with self._lock:
            most = self._received.most_common(1)
        party, received = most[0] if most else ("", 0)
        told = f"{party}: {received} bytes" if party else ""
        message = unjudged(self.limits.run, party, self._sent(party))
        return LimitReached("run", message, cause=party, received=told)

    def _sent(self, party: str) -> Phrase:
        """What came of what a party was asked in this run."""
        with self._lock:
            found, pages = Counter(self._came.get(party, ())), self._pages[party]
            size = self._sizes[party]
        return came(found.pop("", 0), found, pages, size) if found else ""

    def _left_of_run(self) -> float | None:
        whole = self.limits.run
        if not whole:
            return None
        return self._began + whole - self._reserve - self._now()

    def _lefts(self) -> list[tuple[Literal["run", "cell"], float]]:
        """The budgets that there are, with what is left of them (seconds)."""
        run, (began, seconds) = self._left_of_run(), self._cell
        found: list[tuple[Literal["run", "cell"], float]] = [("run", run)] if run is not None else []
        return [*found, ("cell", began + seconds - self._now())] if seconds else found

    def _check_time(self) -> None:
        for name, left in self._lefts():
            if left <= 0:
                raise self._spent(name)

    def _spent(self, name: Literal["run", "cell"]) -> LimitReached:
        began, seconds = (self._driving, self.limits.run) if name == "run" else self._cell
        driven = self._now() - began
        with self._lock:
            waited, looked = self._waited[name], self._looked[name]
            most = (waited + looked).most_common(1)
        party, took = most[0] if most else ("", 0)
        cause = party if took >= driven * 500 else ""
        told = f"{party}: {shown_seconds(took / 1000)} / {shown_seconds(driven)}" if cause else ""
        looking = waited[party] < driven * 500
        message = spent(name, seconds, cause, self._sent(cause), looking=looking)
        return LimitReached(name, message, cause=cause, received=told)
