"""Finds all secrets of a cell in a text at once, also inside longer words."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

MOST: Final = 10_000
"""Secrets of a cell that nobody announced and that are hunted inside words; of more the oldest are let go."""
LEAST: Final = 12
"""Characters from which a secret is hunted inside words."""
_GRAM: Final = 10
"""Characters of a piece by which a secret is found."""
_STEP: Final = LEAST - _GRAM + 1
"""A text is looked at every so many characters: of each secret that stands there, one piece begins at such a
place, however it lies."""
_LENGTHS: Final = 1_000
"""Lengths of secrets that begin alike, of those that nobody announced: a hostile client could send any."""
_Place = tuple[int, int]
"""Where in a secret a piece of it begins, and how long the secret is."""


class Hunted:
    """The secrets that are hunted in one cell. Thread-safe.

    A text is read once however many there are: a piece of it says whether a secret of some length may lie
    around it, and whether it does is looked up as a whole.

    :ivar minted: those that a driver or mock announced; they are never let go.
    """

    def __init__(self) -> None:
        self.minted: dict[str, None] = {}
        self._others: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()
        self._pieces: dict[str, tuple[_Place, ...]] = {}
        self._alone: dict[_Place, tuple[_Place]] = {}
        self._gone = 0

    def add(self, secret: str, *, minted: bool) -> None:
        """Hunt a secret from now on; it has at least :data:`LEAST` characters."""
        with self._lock:
            if secret not in self.minted and secret not in self._others:
                self._index(self._pieces, secret, minted=minted)
            if minted:
                self.minted[secret] = None
                self._others.pop(secret, None)
            elif secret not in self.minted:
                self._others[secret] = None
                self._others.move_to_end(secret)
                if len(self._others) > MOST:
                    self._others.popitem(last=False)
                    self._let_go()

    def _index(self, pieces: dict[str, tuple[_Place, ...]], secret: str, *, minted: bool) -> None:
        for start in range(_STEP):
            piece, place = secret[start : start + _GRAM], (start, len(secret))
            known = pieces.get(piece)
            if known is None:
                pieces[piece] = self._alone.setdefault(place, (place,))  # as of most: shared, for memory
            elif place not in known and (minted or len(known) < _LENGTHS):
                pieces[piece] = (*known, place)

    def _let_go(self) -> None:
        """Pieces of secrets that are hunted no more are forgotten when there are as many as others."""
        self._gone += 1
        if self._gone < MOST:
            return
        pieces: dict[str, tuple[_Place, ...]] = {}
        for secret in (*self.minted, *self._others):
            self._index(pieces, secret, minted=secret in self.minted)
        self._pieces, self._gone = pieces, 0

    def __len__(self) -> int:
        return len(self.minted) + len(self._others)

    def found_in(self, text: str) -> Iterator[str]:
        """The secrets that stand in a text."""
        pieces = self._pieces
        for at in range(0, len(text) - _GRAM + 1, _STEP):
            for start, length in pieces.get(text[at : at + _GRAM], ()):
                said = text[at - start : at - start + length] if at >= start else ""
                if said in self.minted or said in self._others:
                    yield said
