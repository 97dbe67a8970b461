"""Safety limits: every loop over untrusted bytes spends from one :class:`Budget`.

A check that runs into a limit ends with outcome ``limit`` (never ``valid``); a document that cannot be
read at all ends as ``unreadable``. Both are exceptions inside this room and outcomes outside it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass


class LimitExceeded(Exception):
    """A safety limit stopped the check; ``args[0]`` names the limit."""


class Unreadable(Exception):
    """The bytes are no PDF document that can be followed; ``args[0]`` gives the reason."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds for one check; sizes in bytes, times in seconds.

    The defaults fit documents of tens of megabytes and stop the hostile files of the test suite within
    seconds. ``seconds`` is processor time of the thread that checks, so that a busy machine changes no
    outcome, and only a backstop: it can turn a verdict into ``limit``, never into another verdict.
    ``memory_bytes`` holds for processes of our own (:mod:`harness.pdfa.worker`), the interpreter included.
    """

    file_bytes: int = 100 * 2**20
    stream_bytes: int = 64 * 2**20
    total_bytes: int = 512 * 2**20
    tokens: int = 20_000_000
    objects: int = 1_000_000
    object_tokens: int = 2_000_000
    depth: int = 500
    form_depth: int = 64
    cmap_entries: int = 50_000
    xmp_bytes: int = 8 * 2**20
    xmp_depth: int = 200
    charstring_depth: int = 10
    charstring_operators: int = 200_000
    attachment_depth: int = 3
    findings_per_rule: int = 100
    seconds: float = 30.0
    kept_bytes: int = 16 * 2**20
    memory_bytes: int = 256 * 2**20


class Budget:
    """What is left of :class:`Limits` during one check, attachments included."""

    __slots__ = ("bytes_left", "deadline", "kept_left", "limits", "tokens_left")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.bytes_left = limits.total_bytes
        self.tokens_left = limits.tokens
        self.kept_left = limits.kept_bytes
        self.deadline = time.thread_time() + limits.seconds

    def keep(self, count: int) -> bool:
        """Whether ``count`` decoded bytes may stay in memory for a second use; then they count as kept."""
        if count > self.kept_left:
            return False
        self.kept_left -= count
        return True

    def spend_bytes(self, count: int) -> None:
        """Account for ``count`` decoded bytes; raises :class:`LimitExceeded`."""
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise LimitExceeded("total_bytes")

    def spend_tokens(self, count: int) -> None:
        """Account for ``count`` tokens and look at the clock; raises :class:`LimitExceeded`."""
        self.tokens_left -= count
        if self.tokens_left < 0:
            raise LimitExceeded("tokens")
        self.tick()

    def tick(self) -> None:
        """Raise :class:`LimitExceeded` once the processor time is up."""
        if time.thread_time() > self.deadline:
            raise LimitExceeded("seconds")
