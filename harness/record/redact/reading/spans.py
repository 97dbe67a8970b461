"""A reading of a text, and where in the text each piece of it stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

ESCAPED: Final = "escaped"
MARKUP: Final = "markup"
BASE64: Final = "base64"
"""Ways in which a reading was made of the one before; containers go by their own names."""


class Piece(NamedTuple):
    """Where a part of a reading begins, in it and in what it was made of.

    :ivar shift: whether every character of the part has one of its own there; else all of them stand for the
        whole of ``source`` to ``end``.
    """

    start: int
    source: int
    end: int
    shift: bool


Rewriting = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]
"""What is replaced, and by what."""


class Reading:
    """One reading of a text.

    Where its characters stand is worked out when somebody asks: in hardly any reading something is found.

    :ivar text: what it says.
    :ivar ways: how it was made of the text, one step after the other; nothing for the text itself.
    :param parent: what it was made of.
    :param by: how the text was rewritten; or
    :param stands: the part of the parent that all of it stands for.
    """

    __slots__ = ("_by", "_parent", "_pieces", "_stands", "_starts", "text", "ways")

    def __init__(
        self,
        text: str,
        ways: tuple[str, ...] = (),
        parent: Reading | None = None,
        by: Rewriting | None = None,
        stands: tuple[int, int] = (0, 0),
    ) -> None:
        self.text = text
        self.ways = ways
        self._parent = parent
        self._by = by
        self._stands = stands
        self._pieces: list[Piece] = []
        self._starts: list[int] = []

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Where characters of this reading stand in the text itself."""
        parent = self._parent
        if parent is None:
            return start, end
        if self._by is None:
            return parent.source(*self._stands)
        if not self._pieces:
            self._pieces = _pieces(parent.text, *self._by)
            self._starts = [piece.start for piece in self._pieces]
        return parent.source(self._first(start), self._last(end - 1))

    def _first(self, index: int) -> int:
        piece = self._pieces[bisect_right(self._starts, index) - 1]
        return piece.source + (index - piece.start) if piece.shift else piece.source

    def _last(self, index: int) -> int:
        piece = self._pieces[bisect_right(self._starts, index) - 1]
        return piece.source + (index - piece.start) + 1 if piece.shift else piece.end


def _pieces(text: str, pattern: re.Pattern[str], new: Callable[[re.Match[str]], str]) -> list[Piece]:
    pieces: list[Piece] = []
    at = length = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        if start > at:
            pieces.append(Piece(length, at, start, shift=True))
            length += start - at
        replaced = new(match)
        if replaced:
            kept = replaced == match.group()
            pieces.append(Piece(length, start, end, shift=kept))
            length += len(replaced)
        at = end
    if at < len(text):
        pieces.append(Piece(length, at, len(text), shift=True))
    return pieces


def rewritten(parent: Reading, way: str, by: Rewriting) -> Reading | None:
    """The reading in which all of one kind is replaced; ``None`` when nothing changes."""
    pattern, new = by
    text = pattern.sub(new, parent.text)
    return None if text == parent.text else Reading(text, (*parent.ways, way), parent, by)


def held(parent: Reading, start: int, end: int, text: str, ways: Sequence[str]) -> Reading:
    """What a coded word of a reading says: all of it stands where the word stands."""
    return Reading(text, (*parent.ways, *ways), parent, stands=(start, end))
