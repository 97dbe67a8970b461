"""A reading of a text, and where in the text each piece of it stands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
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


class Reading:
    """One reading of a text.

    :ivar text: what it says.
    :ivar ways: how it was made of the text, one step after the other; nothing for the text itself.
    """

    __slots__ = ("_parent", "_pieces", "_starts", "text", "ways")

    def __init__(
        self,
        text: str,
        ways: tuple[str, ...] = (),
        parent: Reading | None = None,
        pieces: Sequence[Piece] = (),
    ) -> None:
        self.text = text
        self.ways = ways
        self._parent = parent
        self._pieces = pieces
        self._starts = [piece.start for piece in pieces]

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Where characters of this reading stand in the text itself."""
        if self._parent is None:
            return start, end
        return self._parent.source(self._first(start), self._last(end - 1))

    def _first(self, index: int) -> int:
        piece = self._pieces[bisect_right(self._starts, index) - 1]
        return piece.source + (index - piece.start) if piece.shift else piece.source

    def _last(self, index: int) -> int:
        piece = self._pieces[bisect_right(self._starts, index) - 1]
        return piece.source + (index - piece.start) + 1 if piece.shift else piece.end


def rewritten(parent: Reading, way: str, changes: Sequence[tuple[int, int, str]]) -> Reading:
    """The reading in which these parts of another one are replaced.

    :param changes: start, end and what stands there now, in order.
    """
    parts: list[str] = []
    pieces: list[Piece] = []
    at = length = 0
    for start, end, new in changes:
        if start > at:
            pieces.append(Piece(length, at, start, shift=True))
            parts.append(parent.text[at:start])
            length += start - at
        if new:
            pieces.append(Piece(length, start, end, shift=False))
            parts.append(new)
            length += len(new)
        at = end
    if at < len(parent.text):
        pieces.append(Piece(length, at, len(parent.text), shift=True))
        parts.append(parent.text[at:])
    return Reading("".join(parts), (*parent.ways, way), parent, pieces)


def held(parent: Reading, start: int, end: int, text: str, ways: Sequence[str]) -> Reading:
    """What a coded word of a reading says: all of it stands where the word stands."""
    return Reading(text, (*parent.ways, *ways), parent, (Piece(0, start, end, shift=False),))
