"""The bytes of a recording, line by line: plain or gzip, in small pieces, with a limit on everything."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from harness.core.run.place.disk import opened, reason
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text
from harness.record.chain.lines import MAX_LINE
from harness.record.chain.units import PACKED

MAX_UNIT: Final = 1024 * 1024 * 1024
"""Bytes of one recording, inflated."""
_PIECE: Final = 64 * 1024


def raw_lines(path: Path, place: str) -> Iterator[tuple[bytes, bool]]:
    """Lines without their line feed, and whether they had one (only the last may not).

    :raises EvidenceError: unreadable, damaged, or over a limit.
    """
    pieces = _inflated(path, place) if path.name.endswith(PACKED) else _plain(path)
    kept = bytearray()
    total = 0
    try:
        for piece in pieces:
            total += len(piece)
            *lines, rest = piece.split(b"\n")
            for line in lines:
                yield (bytes(kept) + line if kept else line), True
                kept.clear()
            kept += rest
            if len(kept) > MAX_LINE or total > MAX_UNIT:
                raise EvidenceError(
                    ProblemKind.CHAIN,
                    Text(nl="is te lang om te lezen", en="is too long to be read"),
                    where=place,
                    expected=f"≤ {MAX_LINE} bytes per line, ≤ {MAX_UNIT} bytes",
                )
    except OSError as error:
        raise EvidenceError(
            ProblemKind.MISSING,
            Text(nl="kan niet worden gelezen", en="cannot be read"),
            where=place,
            received=reason(error),
        ) from None
    if kept:
        yield bytes(kept), False


def _plain(path: Path) -> Iterator[bytes]:
    with opened(path) as file:
        while piece := file.read(_PIECE):
            yield piece


def _inflated(path: Path, place: str) -> Iterator[bytes]:
    """The content of a gzip file of exactly one member, in small pieces."""
    reader = zlib.decompressobj(wbits=31)
    with opened(path) as file:
        try:
            while not reader.eof:
                packed = reader.unconsumed_tail or file.read(_PIECE)
                if not packed:
                    break
                yield reader.decompress(packed, _PIECE)
            damaged = "" if reader.eof else "truncated"
            if reader.unused_data or file.read(1):
                damaged = "followed by something else"
        except zlib.error as error:
            damaged = short(error)
    if damaged:
        raise EvidenceError(
            ProblemKind.CHAIN,
            Text(nl="is als gzip beschadigd", en="is damaged as gzip"),
            where=place,
            received=damaged,
        )
