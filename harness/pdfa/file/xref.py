"""The cross-reference chain: tables, streams and hybrids, newest first (ISO 32000-1, 7.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from harness.pdfa.file.indirect import OBJ, IndirectReader
from harness.pdfa.file.lex import SPACE
from harness.pdfa.file.limits import Budget, LimitExceeded, Unreadable
from harness.pdfa.file.objects import Stream

FREE, IN_FILE, IN_STREAM = 0, 1, 2
"""Kinds of entries: free; at an offset in the file; inside an object stream."""

Entry = tuple[int, int, int]
"""Kind, offset or number of the object stream, generation or index."""

_STARTXREF = re.compile(rb"startxref[\x00\t\n\x0c\r ]*(\d+)")
_BLANK = re.compile(rb"[\x00\t\n\x0c\r ]*")
_HEAD = re.compile(rb"(\d+)([\x00\t\n\x0c\r ]+)(\d+)[\x00\t\n\x0c\r ]*")
_LINE = re.compile(rb"[\x00\t\n\x0c\r ]*(\d+)[\x00\t\n\x0c\r ]+(\d+)[\x00\t\n\x0c\r ]+([nf])")


@dataclass(slots=True)
class XRefFact:
    """How a cross-reference table was written."""

    header_space: bool = True
    keyword_eol: bool = True


@dataclass(slots=True)
class Trailer:
    """One trailer dictionary with the offset of its cross-reference section."""

    dict: dict[str, Any]
    offset: int


class CrossReference:
    """Where every object stands. Sections are read newest first, so the first entry for a number counts.

    :param base: where ``%PDF-`` stands, in bytes; offsets count from there.
    :param loaded: takes each cross-reference stream by its number, so that it is read once.
    :ivar entries: number → entry.
    :ivar trailers: newest first; those of hybrid sections are left out.
    :ivar has_stream: some section is a stream.
    """

    def __init__(self, reader: IndirectReader, budget: Budget, base: int, loaded: dict[int, Any]) -> None:
        self.reader = reader
        self.data = reader.data
        self.budget = budget
        self.base = base
        self.loaded = loaded
        self.entries: dict[int, Entry] = {}
        self._hidden: set[int] = set()
        self.trailers: list[Trailer] = []
        self.has_stream = False

    def read(self) -> None:
        """Follow the chain from ``startxref``.

        :raises Unreadable: it cannot be followed. :raises LimitExceeded: too many objects.
        """
        tail = self.data.rfind(b"startxref")
        match = _STARTXREF.match(self.data, tail) if tail >= 0 else None
        if match is None:
            raise Unreadable("startxref")
        todo: list[tuple[int, bool]] = [(int(match.group(1)[:18]), False)]
        seen: set[int] = set()
        while todo:
            offset, hybrid = todo.pop()
            if offset in seen:
                if hybrid:
                    continue
                raise Unreadable("xref loop")
            seen.add(offset)
            trailer = self._section(offset, hybrid)
            if not hybrid:
                self.trailers.append(trailer)
                prev, extra = trailer.dict.get("Prev"), trailer.dict.get("XRefStm")
                if isinstance(prev, (int, float)) and not isinstance(prev, bool):
                    todo.append((int(prev), False))
                if isinstance(extra, int):
                    todo.append((extra, True))
            self._count()
            self.budget.tick()

    def offsets(self) -> list[int]:
        """Where objects begin in the file, sorted, in bytes from its start."""
        return sorted({entry[1] + self.base for entry in self.entries.values() if entry[0] == IN_FILE})

    def _section(self, offset: int, hybrid: bool) -> Trailer:
        """One section; that of ``XRefStm`` shows what its table calls free (ISO 32000-1, 7.5.8.4)."""
        hidden, self._hidden = self._hidden if hybrid else set(), set()
        for number in hidden:
            del self.entries[number]
        try:
            return self._read_section(offset, hybrid)
        finally:
            for number in hidden:
                self.entries.setdefault(number, (FREE, 0, 0))

    def _read_section(self, offset: int, hybrid: bool) -> Trailer:
        position = offset + self.base
        if self.base and not self.trailers and not hybrid and not self._starts(position):
            # junk before the header, but offsets count from the start of the file
            self.base = 0
            position = offset
        if not 0 <= position < len(self.data):
            raise Unreadable("xref offset")
        at = self._skip(position)
        return self._table(at, offset) if self.data.startswith(b"xref", at) else self._stream(at, offset)

    def _starts(self, position: int) -> bool:
        """Whether a cross-reference section can begin at ``position``."""
        at = self._skip(position)
        return self.data.startswith(b"xref", at) or OBJ.match(self.data, at) is not None

    def _skip(self, pos: int) -> int:
        skip = SPACE.match(self.data, pos)
        return skip.end() if skip else pos

    def _count(self) -> None:
        if len(self.entries) > self.budget.limits.objects:
            raise LimitExceeded("objects")

    def _table(self, at: int, offset: int) -> Trailer:
        data = self.data
        pos = at + 4
        fact = XRefFact()
        gap = _BLANK.match(data, pos)
        space = gap.group() if gap else b""
        # the keyword is followed by one end-of-line mark and the subsection header, nothing else
        fact.keyword_eol = space in (b"\r\n", b"\n", b"\r")
        pos = self._skip(pos + len(space))
        while True:
            match = _HEAD.match(data, pos)
            if match is None:
                break
            if match.group(2) != b" ":
                fact.header_space = False
            first, count = int(match.group(1)[:12]), int(match.group(3)[:12])
            pos = self._skip(self._lines(match.end(), first, count))
        self.reader.facts.append(("CosXRef", fact, 0))
        if not data.startswith(b"trailer", pos):
            raise Unreadable("trailer")
        value = self.reader.direct(pos + 7)
        if type(value) is not dict:
            raise Unreadable("trailer")
        return Trailer(value, offset)

    def _lines(self, pos: int, first: int, count: int) -> int:
        """Entries of one subsection; returns the position after the last that could be read."""
        data, entries = self.data, self.entries
        for number in range(first, first + count):
            line = _LINE.match(data, pos)
            if line is None:
                break
            pos = line.end()
            if number not in entries:
                if line.group(3) == b"n":
                    entries[number] = (IN_FILE, int(line.group(1)[:18]), int(line.group(2)[:18]))
                else:
                    entries[number] = (FREE, 0, 0)
                    self._hidden.add(number)
            if number & 0xFFF == 0:
                self.budget.tick()
                self._count()
        return pos

    def _stream(self, at: int, offset: int) -> Trailer:
        number, value = self.reader.object_at(at)
        if not isinstance(value, Stream) or value.dict.get("Type") != "XRef":
            raise Unreadable("xref")
        self.has_stream = True
        self.loaded.setdefault(number, value)
        body = value.data() or b""
        widths = [w if isinstance(w, int) and 0 <= w <= 8 else 0 for w in _list(value.dict.get("W"))[:3]]
        if len(widths) < 3 or sum(widths) == 0:
            raise Unreadable("xref stream")
        size = value.dict.get("Size")
        index = _list(value.dict.get("Index")) or [0, size if isinstance(size, int) else 0]
        one, two, three = widths
        total = one + two + three
        pos = 0
        for first, count in zip(index[::2], index[1::2], strict=False):
            if not isinstance(first, int) or not isinstance(count, int):
                break
            for num in range(first, first + min(count, (len(body) - pos) // total)):
                kind = int.from_bytes(body[pos : pos + one], "big") if one else IN_FILE
                a = int.from_bytes(body[pos + one : pos + one + two], "big")
                b = int.from_bytes(body[pos + one + two : pos + total], "big")
                pos += total
                if num not in self.entries:
                    self.entries[num] = (kind if kind <= IN_STREAM else FREE, a, b)
            self._count()
        return Trailer(value.dict, offset)


def _list(value: Any) -> list[Any]:
    return value if type(value) is list else []
