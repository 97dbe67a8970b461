"""Time is data: the clock is injected, never read from the machine inside judges or mocks."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


class Clock(Protocol):
    """Source of time for drivers, mocks and the recorder."""

    def now(self) -> datetime:
        """Current instant, time-zone aware (UTC)."""

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``; a virtual clock just moves on."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Steadiness:
    """Whether the clock of the machine was moved, or the machine slept, since this was made."""

    def __init__(self) -> None:
        self._gap = time.time() - time.monotonic()

    def moved(self) -> float:
        """By how many seconds; it goes on a little by itself."""
        return time.time() - time.monotonic() - self._gap


class VirtualClock:
    """A clock that stands still until :meth:`advance` (or a sleep) moves it."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock needs a time zone aware start")
        self._start = start.astimezone(UTC)
        self._elapsed = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Move the clock ``seconds`` forward; it never goes back."""
        if seconds < 0:
            raise ValueError("a clock never goes back")
        self._elapsed += seconds

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(0)


class OffsetClock:
    """The machine's clock, shifted: real waiting, plus :meth:`advance` for expiry tests of twins."""

    def __init__(self, offset: float = 0.0) -> None:
        self._offset = offset

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._offset)

    def monotonic(self) -> float:
        return time.monotonic() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock ``seconds`` forward."""
        if seconds < 0:
            raise ValueError("a clock never goes back")
        self._offset += seconds

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def today(clock: Clock) -> date:
    """Today in Europe/Amsterdam, the ``T`` of fixtures and scripts."""
    return clock.now().astimezone(AMSTERDAM).date()
