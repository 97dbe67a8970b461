"""Texts in bytes that are none: compressed data, archives, documents; by content, within bounds."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Final

Extract = Callable[[bytes], Iterable[str]]
"""Gives the texts of a document that the recorder cannot read (a PDF): pages, metadata, attachments."""

Said = tuple[str, tuple[str, ...]]
"""A text and the containers around it."""
BYTES_SHOWN: Final = 4_096
"""Bytes by which it is decided whether something is a text."""
_MOST: Final = 16 * 1024 * 1024
"""Bytes that are inflated of one container."""
_ENTRIES: Final = 200
_DEEPEST: Final = 5


def texts_in(data: bytes, extract: Extract, depth: int = 0) -> Iterator[Said]:
    """Every text in a container with the names of the containers around it; nothing when it is none."""
    if depth >= _DEEPEST or len(data) < 4:
        return
    if data[:2] == b"\x1f\x8b":
        yield from _inside(_inflated(data, 31), "gzip", extract, depth)
    elif data[0] & 0x0F == 8 and data[0] >> 4 <= 7 and int.from_bytes(data[:2]) % 31 == 0:
        yield from _inside(_inflated(data, 15), "zlib", extract, depth)
    elif data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        yield from _archive(data, extract, depth)
    elif b"%PDF-" in data[:1024]:
        for text in extract(data):
            yield text, ("pdf",)
    elif data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield data.decode("utf-16", "replace"), ("utf-16",)


def _inside(data: bytes | None, way: str, extract: Extract, depth: int) -> Iterator[Said]:
    if not data:
        return
    found = list(texts_in(data, extract, depth + 1))
    for text, ways in found or [(data.decode("utf-8", "replace"), ())]:
        yield text, (way, *ways)


def _inflated(data: bytes, bits: int) -> bytes | None:
    try:
        return zlib.decompressobj(bits).decompress(data, _MOST)
    except zlib.error:
        return None


def _archive(data: bytes, extract: Extract, depth: int) -> Iterator[Said]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist()[:_ENTRIES]:
                yield entry.filename, ("zip",)
                with archive.open(entry) as file:
                    yield from _inside(file.read(_MOST), "zip", extract, depth)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, zlib.error, EOFError, ValueError):
        return
