"""A document as objects: header, cross-reference, decryption, each object on demand (ISO 32000-1, 7.5).

Every object is read at the offset that the cross-reference gives, never by scanning, so stale objects of
older revisions are not the document. Nothing is repaired: a document whose cross-reference cannot be
followed is :class:`~harness.pdfa.file.limits.Unreadable`. While reading, facts about the way things were
written (spaces, end-of-line marks, lengths, literals) are collected in :attr:`Document.facts`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from harness.pdfa.file.indirect import OBJ, IndirectReader
from harness.pdfa.file.lex import Ref
from harness.pdfa.file.limits import Budget, Unreadable
from harness.pdfa.file.objects import Objects, Stream
from harness.pdfa.file.xref import FREE, IN_FILE, CrossReference, Entry, Trailer

_HEADER = re.compile(rb"%PDF-")
_LINE = re.compile(rb"[^\r\n]*")


@dataclass(slots=True)
class Header:
    """The header line and the comment after it; ``offset`` of ``%PDF-`` in bytes."""

    offset: int
    line: bytes
    comment: bytes


class Document(Objects):
    """A PDF file as objects.

    :param data: the whole file.
    :param budget: limits shared with everything that reads this document.
    :raises Unreadable: no header, no usable cross-reference, or an unknown password.
    """

    def __init__(self, data: bytes, budget: Budget) -> None:
        super().__init__(data, budget)
        self._cache: dict[int, Any] = {}
        self._loading: set[int] = set()
        self._object_streams: dict[int, tuple[bytes, dict[int, int]]] = {}
        self._reader = IndirectReader(self)
        self.facts = self._reader.facts
        self.header = _read_header(data)
        self._xref = CrossReference(self._reader, budget, self.header.offset, self._cache)
        self._xref.read()
        self._reader.offsets = self._xref.offsets()
        if "Encrypt" in self.trailer:
            self._set_up_crypt()

    @property
    def trailers(self) -> list[Trailer]:
        """All trailers, newest first."""
        return self._xref.trailers

    @property
    def trailer(self) -> dict[str, Any]:
        """The newest trailer dictionary (the one that ``startxref`` leads to)."""
        return self._xref.trailers[0].dict

    @property
    def has_xref_stream(self) -> bool:
        """Whether a section of the cross-reference is a stream."""
        return self._xref.has_stream

    def get(self, num: int, gen: int) -> Any:
        """Object ``num`` as the cross-reference gives it; ``None`` if free, damaged or of other ``gen``."""
        entry = self._xref.entries.get(num)
        if entry is None or entry[0] == FREE or _generation(entry) != gen:
            return None
        if num in self._cache:
            return self._cache[num]
        if num in self._loading:
            return None
        self._loading.add(num)
        outer = self._reader.current
        try:
            if entry[0] == IN_FILE:
                value = self._load_at(num, entry[1] + self._xref.base, entry[2])
            else:
                value = self._load_compressed(num, entry[1])
        finally:
            self._loading.discard(num)
            self._reader.current = outer
        self._cache[num] = value
        return value

    def load_all(self) -> int:
        """Read every object that the cross-reference lists; returns their number."""
        count = 0
        for num, entry in sorted(self._xref.entries.items()):
            if entry[0] != FREE:
                self.get(num, _generation(entry))
                count += 1
                if count & 0xFF == 0:
                    self.budget.tick()
        return count

    def objects(self) -> list[Any]:
        """Every object that was read so far, and the newest trailer."""
        return [*self._cache.values(), self.trailer]

    def _load_at(self, num: int, at: int, gen: int) -> Any:
        if not 0 <= at < len(self.data):
            return None
        match = OBJ.match(self.data, at)
        if match is None or int(match.group(1)[:12]) != num or int(match.group(3)[:12]) != gen:
            return None
        return self._reader.object_at(at)[1]

    def _load_compressed(self, num: int, container: int) -> Any:
        entry = self._object_streams.get(container)
        if entry is None:
            holder = self._xref.entries.get(container)
            stream = self.get(container, holder[2]) if holder is not None and holder[0] == IN_FILE else None
            if not isinstance(stream, Stream):
                return None
            entry = self._index_object_stream(stream)
            self._object_streams[container] = entry
        body, index = entry
        return self._reader.compressed(body, index[num], num) if num in index else None

    def _index_object_stream(self, stream: Stream) -> tuple[bytes, dict[int, int]]:
        """Decoded bytes of an object stream, and number → position in them."""
        body = stream.data() or b""
        first, count = self.resolve(stream.dict.get("First")), self.resolve(stream.dict.get("N"))
        if type(first) is not int or type(count) is not int or count < 0 or first < 0:
            return body, {}
        numbers = re.findall(rb"\d+", body[:first])[: 2 * min(count, self.budget.limits.objects)]
        pairs = zip(numbers[::2], numbers[1::2], strict=False)
        return body, {int(num[:12]): first + int(at[:12]) for num, at in pairs}

    def _set_up_crypt(self) -> None:
        from harness.pdfa.file.crypt import Decryptor  # few documents need it, and it loads a library

        encrypt = self.resolve(self.trailer.get("Encrypt"))
        if type(encrypt) is not dict:
            raise Unreadable("encryption dictionary")
        resolved = {k: self.resolve(v) for k, v in encrypt.items()}
        if type(resolved.get("CF")) is dict:
            resolved["CF"] = {k: self.resolve(v) for k, v in resolved["CF"].items()}
        ids = self.array(self.trailer.get("ID"))
        first = self.resolve(ids[0]) if ids else b""
        self.crypt = Decryptor(resolved, first if type(first) is bytes else b"")
        # what was read before the key was known, and is not itself exempt, is read again
        exempt = self.trailer.get("Encrypt")
        number = exempt.num if isinstance(exempt, Ref) else None
        for num in [num for num in self._cache if num != number]:
            del self._cache[num]


def _generation(entry: Entry) -> int:
    """Generation of an object in use; those in object streams have generation 0 (ISO 32000-1, 7.5.7)."""
    return entry[2] if entry[0] == IN_FILE else 0


def _read_header(data: bytes) -> Header:
    found = _HEADER.search(data, 0, 1024 + 5)
    if found is None:
        raise Unreadable("header")
    start = found.start()
    match = _LINE.match(data, start)
    line = match.group() if match else b""
    pos = start + len(line)
    if data[pos : pos + 2] == b"\r\n":
        pos += 2
    elif data[pos : pos + 1] in (b"\r", b"\n"):
        pos += 1
    return Header(start, line, data[pos : pos + 5])
