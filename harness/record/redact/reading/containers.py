"""Texts in bytes that are none: compressed data, archives, documents; by content, within bounds."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Final

Extract = Callable[[bytes], Iterable[str]]
"""Gives the texts of a document that the recorder cannot read (a PDF): pages, metadata, attachments."""

Said = tuple[str, tuple[str, ...]]
"""A text and the containers around it."""
BYTES_SHOWN: Final = 4_096
"""Bytes by which it is decided whether something is a text."""
_MOST: Final = 16 * 1024 * 1024
"""Bytes that are inflated of one container, whatever lies within it: nested ones multiply."""
_ENTRIES: Final = 200
_DEEPEST: Final = 5


class _Bounds:
    """How much of one container, with all that it holds, is still inflated."""

    def __init__(self) -> None:
        self._left = _MOST

    def inflated(self, data: bytes, bits: int) -> bytes:
        """Inflated bytes, as many as are left; none when it is no such data."""
        try:
            found = zlib.decompressobj(bits).decompress(data, self._left) if self._left else b""
        except zlib.error:
            return b""
        self._left -= len(found)
        return found

    def read(self, file: IO[bytes]) -> bytes:
        """Bytes of an entry, as many as are left."""
        found = file.read(self._left) if self._left else b""
        self._left -= len(found)
        return found


def texts_in(data: bytes, extract: Extract) -> Iterator[Said]:
    """Every text in a container with the names of the containers around it; nothing when it is none."""
    return _texts(data, extract, 0, _Bounds())


def _texts(data: bytes, extract: Extract, depth: int, bounds: _Bounds) -> Iterator[Said]:
    if depth >= _DEEPEST or len(data) < 4:
        return
    if data[:2] == b"\x1f\x8b":
        yield from _inside(bounds.inflated(data, 31), "gzip", extract, depth, bounds)
    elif data[0] & 0x0F == 8 and data[0] >> 4 <= 7 and int.from_bytes(data[:2]) % 31 == 0:
        yield from _inside(bounds.inflated(data, 15), "zlib", extract, depth, bounds)
    elif data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        yield from _archive(data, extract, depth, bounds)
    elif b"%PDF-" in data[:1024]:
        for text in extract(data):
            yield text, ("pdf",)
    elif data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield data.decode("utf-16", "replace"), ("utf-16",)


def _inside(data: bytes, way: str, extract: Extract, depth: int, bounds: _Bounds) -> Iterator[Said]:
    if not data:
        return
    found = list(_texts(data, extract, depth + 1, bounds))
    for text, ways in found or [(data.decode("utf-8", "replace"), ())]:
        yield text, (way, *ways)


def _archive(data: bytes, extract: Extract, depth: int, bounds: _Bounds) -> Iterator[Said]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist()[:_ENTRIES]:
                yield entry.filename, ("zip",)
                with archive.open(entry) as file:
                    yield from _inside(bounds.read(file), "zip", extract, depth, bounds)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, zlib.error, EOFError, ValueError):
        return
