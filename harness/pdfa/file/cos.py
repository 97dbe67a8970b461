"""The object layer: cross-reference chain, indirect objects, streams (ISO 32000-1, 7.3–7.5).

Every object is read at the offset that the cross-reference gives, never by scanning, so stale objects of
older revisions are not the document. Nothing is repaired: a document whose cross-reference cannot be
followed is :class:`~harness.pdfa.file.limits.Unreadable`. While reading, facts about the way things were
written (spaces, end-of-line marks, lengths, literals) are collected in :attr:`Document.facts`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from harness.pdfa.file import filters
from harness.pdfa.file.crypt import Decryptor
from harness.pdfa.file.lex import ObjectReader, Operator, Ref
from harness.pdfa.file.limits import Budget, LimitExceeded, Unreadable

_OBJ = re.compile(rb"[\x00\t\n\x0c\r ]*(\d+)([\x00\t\n\x0c\r ]+)(\d+)([\x00\t\n\x0c\r ]+)obj")
_ENDSTREAM = re.compile(rb"[\x00\t\n\x0c\r ]*endstream")
_SKIP = re.compile(rb"(?:[\x00\t\n\x0c\r ]+|%[^\r\n]*)*")
_STARTXREF = re.compile(rb"startxref[\x00\t\n\x0c\r ]*(\d+)")
_HEADER = re.compile(rb"%PDF-")
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
    """True when spaces and end-of-line marks around ``obj`` and ``endobj`` comply."""

    complies: bool


@dataclass(slots=True)
class XRefFact:
    """How a cross-reference table was written."""

    header_space: bool = True
    keyword_eol: bool = True


class Stream:
    """A stream object; equality is identity. ``key`` is ``(num, gen)``."""

    __slots__ = ("_decoded", "dict", "doc", "fact", "key", "length", "start")

    def __init__(self, doc: Document, dict_: dict[str, Any], start: int, length: int, key: Ref) -> None:
        self.doc = doc
        self.dict = dict_
        self.start = start
        self.length = length
        self.key = key
        self.fact: StreamFact | None = None
        self._decoded: bytes | bool | None = False

    def raw(self) -> bytes:
        """The encoded bytes, decrypted when the document is encrypted."""
        data = self.doc.data[self.start : self.start + self.length]
        crypt = self.doc.crypt
        if crypt is not None and self.dict.get("Type") != "XRef":
            names = self.filters()
            if "Crypt" in names or (self.dict.get("Type") == "Metadata" and not crypt.metadata):
                return data
            return crypt.decrypt(data, self.key.num, self.key.gen, "stm")
        return data

    def filters(self) -> list[str]:
        """Names of the filters in order of application."""
        value = self.doc.resolve(self.dict.get("Filter"))
        if type(value) is str:
            return [value]
        if type(value) is list:
            return [f for f in (self.doc.resolve(v) for v in value) if type(f) is str]
        return []

    def parms(self) -> list[dict[str, Any]]:
        """Decode parameters per filter (empty dictionaries where absent), values resolved."""
        doc = self.doc
        value = doc.resolve(self.dict.get("DecodeParms"))
        items = value if type(value) is list else [value]
        out = []
        for item in items:
            item = doc.resolve(item)
            out.append({k: doc.resolve(v) for k, v in item.items()} if type(item) is dict else {})
        return out

    def data(self) -> bytes | None:
        """Decoded bytes, or ``None`` when an image filter or an unknown one stands in the way."""
        if self._decoded is False:
            self._decoded = filters.decode(self.raw(), self.filters(), self.parms(), self.doc.budget)
        return self._decoded  # type: ignore[return-value]

    def forget(self) -> None:
        """Drop the decoded bytes (content streams are read once)."""
        self._decoded = False


@dataclass(slots=True)
class Header:
    """The header line and the comment after it; ``offset`` of ``%PDF-`` in bytes."""

    offset: int
    line: bytes
    comment: bytes


@dataclass(slots=True)
class Trailer:
    """One trailer dictionary with the offset of its cross-reference section."""

    dict: dict[str, Any]
    offset: int
    stream: bool
    prev: int | None = None


@dataclass(slots=True)
class _Chain:
    seen: set[int] = field(default_factory=set)


class Document:
    """A PDF file as objects.

    :param data: the whole file.
    :param budget: limits shared with everything that reads this document.
    :raises Unreadable: no header, no usable cross-reference, or an unknown password.
    """

    def __init__(self, data: bytes, budget: Budget) -> None:
        self.data = data
        self.budget = budget
        self.facts: list[tuple[str, Any, int]] = []
        self._current = 0
        self.reader = ObjectReader(data, budget, self._sink)
        self.crypt: Decryptor | None = None
        self.xref: dict[int, tuple[int, int, int]] = {}
        self.trailers: list[Trailer] = []
        self._cache: dict[int, Any] = {}
        self._loading: set[int] = set()
        self._object_streams: dict[int, tuple[bytes, dict[int, int]]] = {}
        self.has_xref_stream = False
        self.header = self._read_header()
        self.base = self.header.offset
        self._read_xref()
        self.offsets = sorted({entry[1] for entry in self.xref.values() if entry[0] == 1})
        if "Encrypt" in self.trailer:
            self._set_up_crypt()

    # -- facts ------------------------------------------------------------------------------------

    def _sink(self, kind: str, fact: Any) -> None:
        self.facts.append((kind, fact, self._current))

    # -- header and cross-reference ---------------------------------------------------------------

    def _read_header(self) -> Header:
        found = _HEADER.search(self.data, 0, 1024 + 5)
        if found is None:
            raise Unreadable("header")
        start = found.start()
        match = re.compile(rb"[^\r\n]*").match(self.data, start)
        line = match.group() if match else b""
        pos = start + len(line)
        if self.data[pos : pos + 2] == b"\r\n":
            pos += 2
        elif self.data[pos : pos + 1] in (b"\r", b"\n"):
            pos += 1
        comment = self.data[pos : pos + 5]
        return Header(start, line, comment)

    def _read_xref(self) -> None:
        data = self.data
        tail = data.rfind(b"startxref")
        match = _STARTXREF.match(data, tail) if tail >= 0 else None
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
            position = offset + self.base
            if self.base and not self.trailers and not hybrid and not self._xref_starts(position):
                # junk before the header, but offsets count from the start of the file
                self.base = 0
                position = offset
            if not 0 <= position < len(data):
                raise Unreadable("xref offset")
            skip = _SKIP.match(data, position)
            at = skip.end() if skip else position
            if data.startswith(b"xref", at):
                trailer = self._xref_table(at, offset)
            else:
                trailer = self._xref_stream(at, offset)
            if not hybrid:
                self.trailers.append(trailer)
            prev = trailer.dict.get("Prev")
            if isinstance(prev, (int, float)) and not isinstance(prev, bool) and not hybrid:
                trailer.prev = int(prev)
                todo.append((int(prev), False))
            extra = trailer.dict.get("XRefStm")
            if isinstance(extra, int) and not hybrid:
                todo.append((extra, True))
            if len(self.xref) > self.budget.limits.objects:
                raise LimitExceeded("objects")
            self.budget.tick()

    def _xref_starts(self, position: int) -> bool:
        """Whether a cross-reference section can begin at ``position``."""
        skip = _SKIP.match(self.data, position)
        at = skip.end() if skip else position
        return self.data.startswith(b"xref", at) or _OBJ.match(self.data, at) is not None

    def _xref_table(self, at: int, offset: int) -> Trailer:
        data = self.data
        pos = at + 4
        fact = XRefFact()
        gap = re.compile(rb"[\x00\t\n\x0c\r ]*").match(data, pos)
        space = gap.group() if gap else b""
        # the keyword is followed by one end-of-line mark and the subsection header, nothing else
        fact.keyword_eol = space in (b"\r\n", b"\n", b"\r")
        pos += len(space)
        skip = _SKIP.match(data, pos)
        pos = skip.end() if skip else pos
        head = re.compile(rb"(\d+)([\x00\t\n\x0c\r ]+)(\d+)[\x00\t\n\x0c\r ]*")
        entry = re.compile(rb"[\x00\t\n\x0c\r ]*(\d+)[\x00\t\n\x0c\r ]+(\d+)[\x00\t\n\x0c\r ]+([nf])")
        while True:
            match = head.match(data, pos)
            if match is None:
                break
            if match.group(2) != b" ":
                fact.header_space = False
            first, count = int(match.group(1)[:12]), int(match.group(3)[:12])
            pos = match.end()
            for number in range(first, first + count):
                line = entry.match(data, pos)
                if line is None:
                    break
                pos = line.end()
                if number not in self.xref:
                    if line.group(3) == b"n":
                        self.xref[number] = (1, int(line.group(1)[:18]), int(line.group(2)[:18]))
                    else:
                        self.xref[number] = (0, 0, 0)
                if number & 0xFFF == 0:
                    self.budget.tick()
                    if len(self.xref) > self.budget.limits.objects:
                        raise LimitExceeded("objects")
            skip = _SKIP.match(data, pos)
            pos = skip.end() if skip else pos
        self.facts.append(("CosXRef", fact, 0))
        if not data.startswith(b"trailer", pos):
            raise Unreadable("trailer")
        self._current = 0
        value, _ = self.reader.read(pos + 7, len(data))
        if type(value) is not dict:
            raise Unreadable("trailer")
        return Trailer(value, offset, False)

    def _xref_stream(self, at: int, offset: int) -> Trailer:
        number, value = self._object_at(at, len(self.data))
        if not isinstance(value, Stream) or value.dict.get("Type") != "XRef":
            raise Unreadable("xref")
        self.has_xref_stream = True
        self._cache.setdefault(number, value)
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
                kind = int.from_bytes(body[pos : pos + one], "big") if one else 1
                a = int.from_bytes(body[pos + one : pos + one + two], "big")
                b = int.from_bytes(body[pos + one + two : pos + total], "big")
                pos += total
                if num not in self.xref:
                    self.xref[num] = (kind if kind < 3 else 0, a, b)
            if len(self.xref) > self.budget.limits.objects:
                raise LimitExceeded("objects")
        return Trailer(value.dict, offset, True)

    @property
    def trailer(self) -> dict[str, Any]:
        """The newest trailer dictionary (the one that ``startxref`` leads to)."""
        return self.trailers[0].dict

    def _set_up_crypt(self) -> None:
        encrypt = self.resolve(self.trailer.get("Encrypt"))
        if type(encrypt) is not dict:
            raise Unreadable("encryption dictionary")
        resolved = {k: self.resolve(v) for k, v in encrypt.items()}
        if type(resolved.get("CF")) is dict:
            resolved["CF"] = {k: self.resolve(v) for k, v in resolved["CF"].items()}
        ids = _list(self.resolve(self.trailer.get("ID")))
        first = self.resolve(ids[0]) if ids else b""
        self.crypt = Decryptor(resolved, first if type(first) is bytes else b"")
        # what was read before the key was known, and is not itself exempt, is read again
        exempt = self.trailer.get("Encrypt")
        keep = {exempt.num: self._cache.get(exempt.num)} if isinstance(exempt, Ref) else {}
        self._cache = {k: v for k, v in keep.items() if v is not None}

    # -- objects ----------------------------------------------------------------------------------

    def resolve(self, value: Any) -> Any:
        """Follow references to the object itself; a loop or a missing object gives ``None``."""
        hops = 0
        while type(value) is Ref:
            value = self.get(value.num)
            hops += 1
            if hops > 30:
                return None
        return value

    def get(self, num: int) -> Any:
        """Object ``num`` as the cross-reference gives it, ``None`` when free or damaged."""
        if num in self._cache:
            return self._cache[num]
        entry = self.xref.get(num)
        if entry is None or entry[0] == 0 or num in self._loading:
            return None
        self._loading.add(num)
        outer = self._current
        try:
            if entry[0] == 1:
                value = self._load_at(num, entry[1] + self.base, entry[2])
            else:
                value = self._load_compressed(num, entry[1])
        finally:
            self._loading.discard(num)
            self._current = outer
        self._cache[num] = value
        return value

    def _load_at(self, num: int, at: int, gen: int) -> Any:
        if not 0 <= at < len(self.data):
            return None
        match = _OBJ.match(self.data, at)
        if match is None or int(match.group(1)[:12]) != num or int(match.group(3)[:12]) != gen:
            return None
        return self._object_at(at, len(self.data))[1]

    def _object_at(self, at: int, end: int) -> tuple[int, Any]:
        """Number and value of the indirect object at ``at``; records spacing and stream facts."""
        data = self.data
        match = _OBJ.match(data, at, end)
        if match is None:
            return -1, None
        num, gen = int(match.group(1)[:12]), int(match.group(3)[:12])
        self._current = num
        start = match.start(1)
        complies = (
            start > 0
            and data[start - 1] in _EOL
            and len(match.group(2)) == 1
            and len(match.group(4)) == 1
            and data[match.end() : match.end() + 1] in (b"\r", b"\n")
        )
        self.reader.broken = False
        value, pos = self.reader.read(match.end(), end)
        if self.reader.broken:
            raise Unreadable("object")
        if isinstance(value, Operator):
            value = None
            pos = match.end() if data.startswith(b"endobj", pos - 6) is False else pos - 6
        if self.crypt is not None and value is not None:
            value = self.crypt.decrypt_tree(value, num, gen)
        after = pos
        skip = _SKIP.match(data, pos, end)
        pos = skip.end() if skip else pos
        if type(value) is dict and data.startswith(b"stream", pos):
            value, pos = self._read_stream(value, pos + 6, Ref(num, gen))
            after = pos
            skip = _SKIP.match(data, pos, end)
            pos = skip.end() if skip else pos
        if data.startswith(b"endobj", pos):
            complies = complies and data[pos - 1] in _EOL and data[pos + 6 : pos + 7] in (b"\r", b"\n", b"")
            complies = complies and b"%" not in data[after:pos]
        if not complies:
            self.facts.append(("CosIndirect", SpacingFact(False), num))
        return num, value

    def _read_stream(self, dict_: dict[str, Any], pos: int, key: Ref) -> tuple[Stream, int]:
        data = self.data
        fact = StreamFact(dict_)
        if data[pos : pos + 1] == b" ":
            fact.keyword_eol = False
        elif data[pos : pos + 2] == b"\r\n":
            pos += 2
        elif data[pos : pos + 1] == b"\n":
            pos += 1
        elif data[pos : pos + 1] == b"\r":
            pos += 1
            fact.keyword_eol = False
        else:
            fact.keyword_eol = False
        declared = dict_.get("Length")
        if type(declared) is Ref:
            current = self._current
            declared = self.resolve(declared)
            self._current = current
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
                end = data.find(b"endobj", pos, self._next_offset(pos))
                if end < 0:
                    end = self._next_offset(pos)
                fact.endstream_eol = False
                fact.real_length = end - pos
                stream = Stream(self, dict_, pos, end - pos, key)
                stream.fact = fact
                self.facts.append(("CosStream", fact, key.num))
                return stream, end
        size = end - pos
        if size >= 1 and data[end - 1] == 10:
            two = size >= 2 and data[end - 2] == 13 and not (type(declared) is int and size - declared <= 1)
            size -= 2 if two else 1
        elif size >= 1 and data[end - 1] == 13:
            size -= 1
        else:
            fact.endstream_eol = size == 0 and declared == 0 and data[pos - 1] in _EOL
        fact.real_length = size
        length = declared if known and type(declared) is int else size
        stream = Stream(self, dict_, pos, length, key)
        stream.fact = fact
        self.facts.append(("CosStream", fact, key.num))
        return stream, end + 9

    def _next_offset(self, pos: int) -> int:
        """Offset of the first object after ``pos``: no stream may be searched beyond it."""
        offsets = getattr(self, "offsets", None)
        if not offsets:
            return len(self.data)
        from bisect import bisect_right

        index = bisect_right(offsets, pos - self.base)
        return offsets[index] + self.base if index < len(offsets) else len(self.data)

    def _load_compressed(self, num: int, container: int) -> Any:
        entry = self._object_streams.get(container)
        if entry is None:
            holder = self.xref.get(container)
            stream = self.get(container) if holder is not None and holder[0] == 1 else None
            if not isinstance(stream, Stream):
                return None
            entry = self._index_object_stream(stream)
            self._object_streams[container] = entry
        body, index = entry
        if num not in index:
            return None
        self._current = num
        reader = ObjectReader(body, self.budget, self._sink)
        value, _ = reader.read(index[num], len(body))
        return None if isinstance(value, Operator) else value

    def _index_object_stream(self, stream: Stream) -> tuple[bytes, dict[int, int]]:
        body = stream.data() or b""
        first, count = self.resolve(stream.dict.get("First")), self.resolve(stream.dict.get("N"))
        if type(first) is not int or type(count) is not int or count < 0 or first < 0:
            return body, {}
        numbers = re.findall(rb"\d+", body[:first])[: 2 * min(count, self.budget.limits.objects)]
        pairs = zip(numbers[::2], numbers[1::2], strict=False)
        return body, {int(num[:12]): first + int(at[:12]) for num, at in pairs}

    def load_all(self) -> int:
        """Read every object that the cross-reference lists; returns their number."""
        count = 0
        for num in sorted(self.xref):
            if self.xref[num][0]:
                self.get(num)
                count += 1
                if count & 0xFF == 0:
                    self.budget.tick()
        return count

    # -- typed getters (never raise) --------------------------------------------------------------

    def dict_of(self, value: Any) -> dict[str, Any]:
        """The dictionary (also of a stream) behind ``value``; empty when it is none."""
        value = self.resolve(value)
        if type(value) is dict:
            return value
        return value.dict if isinstance(value, Stream) else {}

    def sub(self, parent: dict[str, Any], key: str) -> dict[str, Any]:
        """``parent[key]`` as a dictionary; empty when it is none."""
        return self.dict_of(parent.get(key))

    def array(self, value: Any) -> list[Any]:
        """The array behind ``value``; empty when it is none."""
        value = self.resolve(value)
        return value if type(value) is list else []

    def name(self, value: Any) -> str | None:
        """The name behind ``value``."""
        value = self.resolve(value)
        return value if type(value) is str else None

    def string(self, value: Any) -> bytes | None:
        """The string behind ``value``."""
        value = self.resolve(value)
        return value if type(value) is bytes else None

    def number(self, value: Any) -> float | None:
        """The number behind ``value`` (booleans are none)."""
        value = self.resolve(value)
        return value if type(value) is int or type(value) is float else None

    def integer(self, value: Any) -> int | None:
        """The integer behind ``value``; reals are cut."""
        value = self.number(value)
        return int(value) if value is not None and abs(value) < 1e18 else None

    def stream(self, value: Any) -> Stream | None:
        """The stream behind ``value``."""
        value = self.resolve(value)
        return value if isinstance(value, Stream) else None

    def key(self, value: Any) -> object:
        """Identity of the object behind ``value``, usable in sets: its number, or ``id`` when direct."""
        if type(value) is Ref:
            return value.num
        if isinstance(value, Stream):
            return value.key.num
        return ("direct", id(value))


def _list(value: Any) -> list[Any]:
    return value if type(value) is list else []


def text_string(value: bytes) -> str:
    """A PDF text string as text: UTF-16 with mark, UTF-8 with mark, else PDFDocEncoding (7.9.2)."""
    if value[:2] == b"\xfe\xff":
        return value[2:].decode("utf-16-be", "replace")
    if value[:3] == b"\xef\xbb\xbf":
        return value[3:].decode("utf-8", "replace")
    return value.decode("latin-1").translate(_PDFDOC)


_PDFDOC = {
    **dict(zip(range(0x18, 0x20), "˘ˇˆ˙˝˛˚˜", strict=True)),
    **dict(zip(range(0x80, 0xA1), "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž\ufffd€", strict=True)),
}  # fmt: skip
