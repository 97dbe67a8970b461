"""Many resources in one file, read one at a time: for the embedded base resources and the package cache.

Two files: ``<name>.jsonl`` (one resource per line, plain JSON) and ``<name>.index.json`` (rows of
:class:`Row`). Opening reads the index only; a resource is decoded when somebody asks for it and then kept.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from harness.core.errors import ConfigurationError
from harness.core.text import Text

Json = dict[str, Any]

STORE_FORMAT = 2
"""Raised when the layout of the two files changes."""

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One resource in a store.

    :ivar type: resource type.
    :ivar url: canonical URL, ``""`` for types without one (``NamingSystem``).
    :ivar version: business version, often ``""``.
    :ivar id: resource id.
    :ivar name: computer-friendly name.
    :ivar target: for a StructureDefinition the type that it describes, for a SearchParameter its code.
    :ivar base: for a StructureDefinition the canonical URL of its parent.
    :ivar offset: first byte of its line.
    :ivar size: bytes of its line without the newline.
    :ivar check: CRC-32 of its line.
    :ivar file: name of the file it came from, for messages.
    """

    type: str
    url: str
    version: str
    id: str
    name: str
    target: str
    base: str
    offset: int
    size: int
    check: int
    file: str = ""


class _Index(msgspec.Struct, array_like=True):
    format: int
    rows: list[Row]


def row_of(resource: Json, line: bytes, offset: int, file: str = "") -> Row:
    """The index row of a resource; wrong types count as absent."""

    def text(key: str) -> str:
        value = resource.get(key)
        return value if isinstance(value, str) else ""

    kind = text("resourceType")
    target = (
        text("type") if kind == "StructureDefinition" else text("code") if kind == "SearchParameter" else ""
    )
    return Row(
        kind,
        text("url"),
        text("version"),
        text("id"),
        text("name"),
        target,
        text("baseDefinition"),
        offset,
        len(line),
        zlib.crc32(line),
        file,
    )


def pack(resources: Iterable[tuple[Json, str]]) -> tuple[bytes, bytes]:
    """The two files (``jsonl``, ``index.json``) for resources with the names of their files."""
    lines: list[bytes] = []
    rows: list[Row] = []
    offset = 0
    for resource, file in resources:
        line = _ENCODER.encode(resource)
        rows.append(row_of(resource, line, offset, file))
        lines.append(line + b"\n")
        offset += len(line) + 1
    index = b"[%d,[\n" % STORE_FORMAT + b",\n".join(msgspec.json.encode(r) for r in rows) + b"\n]]\n"
    return b"".join(lines), index


class ResourceStore:
    """Resources by type and canonical URL; see the top of this module."""

    __slots__ = ("_by_url", "_data", "_kept", "_path", "_rebuild", "rows")

    def __init__(
        self,
        path: Path | None,
        rows: list[Row],
        data: bytes | None = None,
        rebuild: Callable[[], bytes] | None = None,
    ) -> None:
        """:param rebuild: makes the content of the ``jsonl`` file anew when it turns out to be damaged."""
        self.rows = rows
        self._rebuild = rebuild
        self._path = path
        self._data = data
        self._kept: dict[int, Json] = {}
        self._by_url: dict[tuple[str, str], list[Row]] = {}
        for row in rows:
            if row.url:
                self._by_url.setdefault((row.type, row.url), []).append(row)

    @classmethod
    def open(cls, folder: Path, name: str, rebuild: Callable[[], bytes] | None = None) -> ResourceStore:
        """The store ``name`` in ``folder``.

        :raises ConfigurationError: when the files are absent, of another format, or do not fit each other.
        """
        path = folder / f"{name}.jsonl"
        try:
            index = msgspec.json.decode((folder / f"{name}.index.json").read_bytes(), type=_Index)
            end = max((row.offset + row.size + 1 for row in index.rows), default=0)
            if index.format != STORE_FORMAT or path.stat().st_size != end:
                raise ValueError("index and data do not match")
        except (OSError, msgspec.DecodeError, ValueError) as error:
            raise ConfigurationError(
                Text(nl="de resourcebestanden zijn onbruikbaar", en="the resource files are unusable"),
                where=str(path),
                received=str(error),
            ) from error
        return cls(path, index.rows, rebuild=rebuild)

    @classmethod
    def from_bytes(cls, data: bytes, index: bytes) -> ResourceStore:
        """A store in memory, from what :func:`pack` made."""
        return cls(None, msgspec.json.decode(index, type=_Index).rows, data)

    def find(self, kind: str, canonical: str) -> Row | None:
        """The row for a canonical URL, with or without ``|version``; without one the last row wins.

        :param kind: resource type.
        """
        url, _, version = canonical.partition("|")
        rows = self._by_url.get((kind, url.partition("#")[0]))
        if not rows:
            return None
        if not version:
            return rows[-1]
        return next((r for r in rows if r.version == version), None)

    def get(self, kind: str, canonical: str) -> Json | None:
        """The resource for a canonical URL (see :meth:`find`); always the same object, do not change it."""
        row = self.find(kind, canonical)
        return None if row is None else self.load(row)

    def load(self, row: Row) -> Json:
        """The resource of a row; the same object each time, do not change it."""
        found = self._kept.get(row.offset)
        if found is None:
            found = self._kept[row.offset] = self._decode(row)
        return found

    def _line(self, row: Row) -> bytes:
        """The bytes of a row, from memory or disk."""
        if self._data is not None:
            return self._data[row.offset : row.offset + row.size]
        try:
            with self._path.open("rb") as file:  # type: ignore[union-attr]
                file.seek(row.offset)
                return file.read(row.size)
        except OSError:
            return b""

    def _decode(self, row: Row) -> Json:
        line = self._line(row)
        if zlib.crc32(line) != row.check and self._rebuild is not None:
            self._data = self._rebuild()
            line = self._line(row)
        try:
            if zlib.crc32(line) != row.check:
                raise ValueError("checksum")
            resource = _DECODER.decode(line)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise ConfigurationError(
                Text(nl="een opgeslagen resource is onleesbaar", en="a stored resource is unreadable"),
                where=f"{self._path}:{row.offset}",
                received=str(error),
            ) from error
        return resource if isinstance(resource, dict) else {}

    def of_type(self, kind: str) -> Iterator[Row]:
        """All rows of a resource type, in order."""
        return (row for row in self.rows if row.type == kind)

    def __len__(self) -> int:
        return len(self.rows)
