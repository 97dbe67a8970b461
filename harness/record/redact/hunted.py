"""Finds all secrets of a cell in a text at once, also inside longer words."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, Final

import re2

MOST: Final = 10_000
"""Secrets of a cell that nobody announced and that are hunted inside words; of more the oldest are let go."""
_FEW: Final = 32
_MEMORY: Final = 256 * 1024 * 1024
"""Bytes that an automaton may take; ten thousand tokens take a tenth of it."""


class Hunted:
    """The secrets that are hunted in one cell. Thread-safe.

    Those that came lately are looked for one by one; when they have become many, all of them together become
    one automaton, so that a text is read once however many there are.

    :ivar minted: those that a driver or mock announced; they are never let go.
    """

    def __init__(self) -> None:
        self.minted: dict[str, None] = {}
        self._others: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()
        self._automaton: Any = None
        self._within = 0
        self._fresh: dict[str, None] = {}

    def add(self, secret: str, *, minted: bool) -> None:
        """Hunt a secret from now on."""
        with self._lock:
            new = secret not in self.minted and secret not in self._others
            if minted:
                self.minted[secret] = None
                self._others.pop(secret, None)
            elif secret not in self.minted:
                self._others[secret] = None
                self._others.move_to_end(secret)
                if len(self._others) > MOST:
                    self._fresh.pop(self._others.popitem(last=False)[0], None)
            if new:
                self._fresh[secret] = None
                if len(self._fresh) > max(_FEW, self._within // 2):
                    self._build()

    def _build(self) -> None:
        """Make one automaton of all; twice as many come before it is made again."""
        secrets = [*self.minted, *self._others]
        options = re2.Options()
        options.max_mem, options.longest_match = _MEMORY, True
        self._automaton = re2.compile("|".join(map(re2.escape, secrets)), options)
        self._within, self._fresh = len(secrets), {}

    def __len__(self) -> int:
        return len(self.minted) + len(self._others)

    def found_in(self, text: str) -> Iterator[str]:
        """The secrets that stand in a text."""
        for secret in tuple(self._fresh):
            if secret in text:
                yield secret
        automaton = self._automaton
        if automaton is not None:
            try:
                matches = automaton.finditer(text)
                yield from {match.group() for match in matches}
            except UnicodeEncodeError:  # bytes that are no text
                plain = text.encode("utf-8", "replace").decode()
                yield from {match.group() for match in automaton.finditer(plain)}
