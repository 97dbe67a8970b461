"""JPEG 2000 headers (ISO 15444-1, annex I): channels, bit depth, colour. Nothing is decoded."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.pdfa.file import filters
from harness.pdfa.file.objects import Stream

CMYK = 12
"""CMYK as an enumerated colour space."""


@dataclass(slots=True)
class JpxFact:
    """What the boxes of a JPEG 2000 image say.

    :ivar colour_channels: colour channels, opacity channels not counted.
    :ivar specs: colour specification boxes as ``(method, approx, enumerated space or None)``.
    :ivar bit_depth: common bit depth of all components.
    :ivar same_depth: False when components differ.
    """

    colour_channels: int = 0
    specs: list[tuple[int, int, int | None]] = field(default_factory=list)
    bit_depth: int = 0
    same_depth: bool = True
    has_space: bool = False

    @property
    def chosen(self) -> tuple[int, int, int | None] | None:
        """The colour specification that applies: the only one, else the best approximation."""
        if len(self.specs) == 1:
            return self.specs[0]
        return next((spec for spec in self.specs if spec[1] == 1), None)


def read(stream: Stream) -> JpxFact:
    """The facts of a JPX stream; a bare codestream says nothing of channels, depth and colour."""
    names = stream.filters()
    data = stream.raw()
    if names and names[-1] == "JPXDecode" and len(names) > 1:
        decoded = filters.decode(data, names[:-1], stream.parms(), stream.doc.budget)
        data = decoded if decoded is not None else b""
    fact = JpxFact(has_space="ColorSpace" in stream.dict)
    header = _find(data, 0, len(data), b"jp2h")
    if header is None:
        return fact
    channels, opacity = 0, 0
    pos, end = header
    depths: list[int] = []
    for kind, start, stop in _boxes(data, pos, end):
        body = data[start:stop]
        if kind == b"ihdr" and len(body) >= 14:
            channels = int.from_bytes(body[8:10], "big")
            bpc = body[10]
            if bpc != 255:
                depths.append((bpc & 0x7F) + 1)
        elif kind == b"bpcc":
            depths += [(b & 0x7F) + 1 for b in body]
        elif kind == b"colr" and len(body) >= 3:
            enum = int.from_bytes(body[3:7], "big") if body[0] == 1 and len(body) >= 7 else None
            fact.specs.append((body[0], body[2], enum))
        elif kind == b"cdef" and len(body) >= 2:
            count = int.from_bytes(body[:2], "big")
            for index in range(min(count, (len(body) - 2) // 6)):
                if int.from_bytes(body[4 + index * 6 : 6 + index * 6], "big") in (1, 2):
                    opacity += 1
        elif kind == b"pclr" and len(body) >= 3:
            channels = body[2]
            depths = [(b & 0x7F) + 1 for b in body[3 : 3 + channels]] or depths
    fact.colour_channels = channels - opacity
    fact.bit_depth = depths[0] if depths else 0
    fact.same_depth = len(set(depths)) <= 1
    return fact


def _boxes(data: bytes, pos: int, end: int) -> list[tuple[bytes, int, int]]:
    out: list[tuple[bytes, int, int]] = []
    while pos + 8 <= end and len(out) < 1000:
        size = int.from_bytes(data[pos : pos + 4], "big")
        kind = data[pos + 4 : pos + 8]
        start = pos + 8
        if size == 1:
            size = int.from_bytes(data[pos + 8 : pos + 16], "big")
            start = pos + 16
        stop = end if size == 0 else min(pos + size, end)
        if stop < start:
            break
        out.append((kind, start, stop))
        pos = stop
    return out


def _find(data: bytes, pos: int, end: int, wanted: bytes) -> tuple[int, int] | None:
    for kind, start, stop in _boxes(data, pos, end):
        if kind == wanted:
            return start, stop
    return None
