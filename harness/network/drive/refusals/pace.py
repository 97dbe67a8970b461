"""The pace of refused requests: a live party is asked slowly, and left alone when it says so."""

from __future__ import annotations

import time
from typing import Final

from harness.core.run.exchanges import header
from harness.network.drive.session import Stop
from harness.network.wire.client import Answer

REQUESTS_PER_SECOND: Final = 8.0
SECONDS_PER_LOGIN: Final = 2.0
MOST_FAILURES: Final = 3
"""Answers 5xx in a row after which a group stops."""


class Pace:
    """How fast, and until when.

    :param live: whether it is somebody else's server: ours needs no rest.
    """

    def __init__(self, *, live: bool) -> None:
        self._live = live
        self._next = 0.0
        self._failures = 0

    def begin(self) -> None:
        """A new group: failures are counted anew."""
        self._failures = 0

    def request(self) -> None:
        """Wait until the next request may leave."""
        self._wait(1 / REQUESTS_PER_SECOND)

    def login(self) -> None:
        """Wait until the next login may begin."""
        self._wait(SECONDS_PER_LOGIN)

    def seen(self, answer: Answer) -> None:
        """Look at an answer.

        :raises Stop: the server asks to stop (429, ``Retry-After``) or keeps failing; a twin never does.
        """
        if not self._live:
            return
        self._failures = self._failures + 1 if answer.status >= 500 else 0
        slowed = answer.status == 429 or header(answer.headers, "retry-after") is not None
        if slowed or self._failures >= MOST_FAILURES:
            raise Stop

    def _wait(self, seconds: float) -> None:
        if not self._live:
            return
        now = time.monotonic()
        if self._next > now:
            time.sleep(self._next - now)
        self._next = max(self._next, now) + seconds
