"""How a network that is served ends in time: what cannot be judged within its budget is undecided."""

from __future__ import annotations

import _thread
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from harness.core.run.limits import Limits, reserved, spent
from harness.core.text import Text

_FOR_REPORTS: Final = 0.3
"""Part of what is kept of a budget that is for reports; before that, judging ends."""


class Overdue(BaseException):
    """What is being judged takes longer than there is."""


class Ending:
    """The time of one ``harness serve``.

    :param spent: seconds of its budget that it took to begin.
    :param now: a clock that only goes on (seconds).
    """

    def __init__(self, limits: Limits, spent: float = 0.0, now: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._now = now
        self._until = now() + limits.run - spent
        self._kept = reserved(limits.run, spent)
        self._judging = self._rung = False

    def reached(self) -> Text | None:
        """Why nobody is served any more; ``None``: they still are."""
        if not self._limits.run or self._now() < self._until - self._kept:
            return None
        return spent("run", self._limits.run, "")

    @contextmanager
    def judged(self) -> Iterator[None]:
        """Judge in time.

        :raises Overdue: it takes longer than there is.
        """
        left = self._until - _FOR_REPORTS * self._kept - self._now()
        if not self._limits.run or threading.current_thread() is not threading.main_thread():
            yield
            return
        if left <= 0:
            raise Overdue
        before = signal.signal(signal.SIGTERM, self._ring)
        alarm = threading.Timer(left, self._late)
        alarm.daemon = True
        self._judging = True
        alarm.start()
        try:
            yield
        finally:
            self._judging = False
            alarm.cancel()
            signal.signal(signal.SIGTERM, before)

    def _late(self) -> None:
        if self._judging:
            self._rung = True
            _thread.interrupt_main(signal.SIGTERM)

    def _ring(self, number: int, frame: FrameType | None) -> None:
        if self._judging and self._rung:  # else somebody wants it to stop, and that is what it does
            raise Overdue
