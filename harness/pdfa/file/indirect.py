"""Indirect objects at a byte offset, and how they were written (ISO 32000-1, 7.3.8 and 7.3.10)."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from harness.pdfa.file.lex import SPACE, ObjectReader, Operator, Ref
from harness.pdfa.file.limits import Unreadable
from harness.pdfa.file.objects import Objects, Stream

OBJ = re.compile(rb"[\x00\t\n\x0c\r ]*(\d+)([\x00\t\n\x0c\r ]+)(\d+)([\x00\t\n\x0c\r ]+)obj")
_ENDSTREAM = re.compile(rb"[\x00\t\n\x0c\r ]*endstream")
_EOL = b"\r\n"


@dataclass(slots=True)
class StreamFact:
    """How a stream was written: facts for the rules on ``CosStream``."""

    dict: dict[str, Any]
    length: object = None
    real_length: int = 0
    keyword_eol: bool = True
    endstream_eol: bool = True
    received: str = ""


@dataclass(slots=True)
class SpacingFact:
    """True when spaces and end-of-line marks around ``obj`` and ``endobj`` comply.

    :ivar empty: nothing stands between the two keywords; that never complies.
    """

    complies: bool
    empty: bool = False


class IndirectReader:
    """Reads indirect objects of one file at the offsets that it is given.

    :ivar facts: what was noticed while reading: fact type, fact, object number (0 in the trailer).
    :ivar current: number of the object that is being read.
    :ivar offsets: where objects begin, sorted; no stream is searched beyond the next one.
    """

    def __init__(self, doc: Objects) -> None:
        self.doc = doc
        self.data = doc.data
        self.facts: list[tuple[str, Any, int]] = []
        self.current = 0
        self.offsets: list[int] = []
        self.values = ObjectReader(doc.data, doc.budget, self.note)

    def note(self, kind: str, fact: Any) -> None:
        """Keep a fact about the object that is being read."""
        self.facts.append((kind, fact, self.current))

    def direct(self, pos: int) -> Any:
        """The direct object at ``pos`` that belongs to no indirect one (a trailer dictionary)."""
        self.current = 0
        return self.values.read(pos, len(self.data))[0]

    def compressed(self, body: bytes, at: int, num: int) -> Any:
        """Object ``num`` at position ``at`` of a decoded object stream; ``None`` when it is a stray word."""
        self.current = num
        value, _ = ObjectReader(body, self.doc.budget, self.note).read(at, len(body))
        return None if isinstance(value, Operator) else value

    def object_at(self, at: int) -> tuple[int, Any]:
        """Number and value of the indirect object at ``at``, ``(-1, None)`` when none begins there.

        :raises Unreadable: the object is damaged.
        """
        data, end = self.data, len(self.data)
        match = OBJ.match(data, at)
        if match is None:
            return -1, None
        num, gen = int(match.group(1)[:12]), int(match.group(3)[:12])
        self.current = num
        complies = self._head_complies(match)
        self.values.broken = False
        value, pos = self.values.read(match.end(), end)
        if self.values.broken:
            raise Unreadable("object")
        empty = isinstance(value, Operator)
        if empty:
            value = None
            pos = pos - 6 if data.startswith(b"endobj", pos - 6) else match.end()
        if self.doc.crypt is not None and value is not None:
            value = self.doc.crypt.decrypt_tree(value, num, gen)
        after, pos = pos, self._skip(pos)
        if type(value) is dict and data.startswith(b"stream", pos):
            value, after = self._stream(value, pos + 6, Ref(num, gen))
            pos = self._skip(after)
        if data.startswith(b"endobj", pos):
            complies = complies and data[pos - 1] in _EOL and data[pos + 6 : pos + 7] in (b"\r", b"\n", b"")
            complies = complies and b"%" not in data[after:pos]
        if not complies or empty:
            self.facts.append(("CosIndirect", SpacingFact(False, empty and complies), num))
        return num, value

    def _head_complies(self, match: re.Match[bytes]) -> bool:
        data, start = self.data, match.start(1)
        return (
            start > 0
            and data[start - 1] in _EOL
            and len(match.group(2)) == 1
            and len(match.group(4)) == 1
            and data[match.end() : match.end() + 1] in (b"\r", b"\n")
        )

    def _skip(self, pos: int) -> int:
        skip = SPACE.match(self.data, pos)
        return skip.end() if skip else pos

    def _stream(self, dict_: dict[str, Any], pos: int, key: Ref) -> tuple[Stream, int]:
        """The stream whose data begins after the keyword at ``pos``, and the position after it."""
        data = self.data
        fact = StreamFact(dict_)
        pos = self._after_keyword(pos, fact)
        declared = dict_.get("Length")
        if type(declared) is Ref:
            current = self.current
            declared = self.doc.resolve(declared)
            self.current = current
        fact.length = declared
        end = -1
        if type(declared) is int and 0 <= declared <= len(data) - pos:
            match = _ENDSTREAM.match(data, pos + declared)
            if match is not None:
                end = match.end() - 9
        known = end >= 0
        if not known:
            end = data.find(b"endstream", pos, self._next_offset(pos))
            if end < 0:
                return self._unended(fact, pos, key)
        size = self._size(fact, pos, end)
        length = declared if known and type(declared) is int else size
        self.facts.append(("CosStream", fact, key.num))
        return Stream(self.doc, dict_, pos, length, key), end + 9

    def _after_keyword(self, pos: int, fact: StreamFact) -> int:
        """Where the data begins: after CR LF or LF; a lone CR or nothing breaks the rule."""
        data = self.data
        if data[pos : pos + 2] == b"\r\n":
            return pos + 2
        if data[pos : pos + 1] == b"\n":
            return pos + 1
        fact.keyword_eol = False
        return pos + 1 if data[pos : pos + 1] == b"\r" else pos

    def _size(self, fact: StreamFact, pos: int, end: int) -> int:
        """Real length in bytes of data that ends before ``endstream`` at ``end``, without its end of line."""
        data, declared = self.data, fact.length
        size = end - pos
        if size >= 1 and data[end - 1] == 10:
            two = size >= 2 and data[end - 2] == 13 and not (type(declared) is int and size - declared <= 1)
            size -= 2 if two else 1
        elif size >= 1 and data[end - 1] == 13:
            size -= 1
        else:
            fact.endstream_eol = size == 0 and declared == 0 and data[pos - 1] in _EOL
        fact.real_length = size
        return size

    def _unended(self, fact: StreamFact, pos: int, key: Ref) -> tuple[Stream, int]:
        """A stream without ``endstream``: it lasts until ``endobj`` or the next object."""
        end = self.data.find(b"endobj", pos, self._next_offset(pos))
        if end < 0:
            end = self._next_offset(pos)
        fact.endstream_eol = False
        fact.real_length = end - pos
        self.facts.append(("CosStream", fact, key.num))
        return Stream(self.doc, fact.dict, pos, end - pos, key), end

    def _next_offset(self, pos: int) -> int:
        """Offset of the first object after ``pos``, else the end of the file."""
        index = bisect_right(self.offsets, pos)
        return self.offsets[index] if index < len(self.offsets) else len(self.data)
