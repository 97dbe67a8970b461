"""Bounds of one exchange as a whole: no byte a second, no head and no row of interim answers without end.

The timeouts of a socket count from one piece to the next, so a server that goes on slowly is waited for as
long as it likes. Here every wait is cut to what is left of the exchange.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Iterator
from typing import Final

import httpcore

HEAD_TOO_LARGE: Final = "head of the answer too large"


class TooMuch(httpcore.NetworkError):
    """A server sends more than anybody has to read."""


class Bounded(threading.local):
    """The exchange that this thread is in; outside one nothing is bounded."""

    def __init__(self) -> None:
        self._until = math.inf
        self._most = math.inf

    @contextlib.contextmanager
    def exchange(self, seconds: float, head: int) -> Iterator[None]:
        """Bound what is read in this thread.

        :param seconds: for all of it.
        :param head: most bytes until :meth:`head_is_in`.
        """
        before = self._until, self._most
        self._until, self._most = time.monotonic() + seconds, head
        try:
            yield
        finally:
            self._until, self._most = before

    def head_is_in(self) -> None:
        """The head of the answer is there; whoever reads its body counts that."""
        self._most = math.inf

    def left(self, timeout: float | None) -> float | None:
        """How long a read may wait.

        :param timeout: what was asked.
        :raises httpcore.ReadTimeout: no longer.
        """
        if math.isinf(self._until):
            return timeout
        left = self._until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the exchange as a whole took too long")
        return left if timeout is None else min(left, timeout)

    def counted(self, data: bytes) -> bytes:
        """What was read.

        :raises TooMuch: before the head was there it is more than it may be.
        """
        self._most -= len(data)
        if self._most < 0:
            raise TooMuch(HEAD_TOO_LARGE)
        return data
