"""Stream filters with bounded output: Flate, LZW, ASCII85, ASCIIHex, RunLength and predictors.

Image filters (DCT, JPX, CCITT, JBIG2) are never decoded: the checker only needs their headers.
Damaged data yields what could be decoded, as readers do.
"""

from __future__ import annotations

import base64
import re
import zlib
from typing import Any

from harness.pdfa.file.limits import Budget, LimitExceeded

ABBREVIATIONS = {
    "A85": "ASCII85Decode", "AHx": "ASCIIHexDecode", "CCF": "CCITTFaxDecode", "DCT": "DCTDecode",
    "Fl": "FlateDecode", "LZW": "LZWDecode", "RL": "RunLengthDecode",
}  # fmt: skip


def flate(data: bytes, budget: Budget) -> bytes:
    """Inflate at most ``stream_bytes``; tolerates a damaged header, tail or checksum."""
    limit = budget.limits.stream_bytes
    for wbits in (15, -15):
        inflater = zlib.decompressobj(wbits)
        out = bytearray()
        source = data
        try:
            while source:
                out += inflater.decompress(source, 1 << 20)
                if len(out) > limit:
                    raise LimitExceeded("stream_bytes")
                budget.tick()
                if inflater.eof:
                    break
                source = inflater.unconsumed_tail
            out += inflater.flush()
        except zlib.error:
            out = out or bytearray(_salvage(data, wbits, limit))
        budget.spend_bytes(len(out))
        if out or not data:
            return bytes(out)
    return b""


def _salvage(data: bytes, wbits: int, limit: int) -> bytes:
    """Bytes that come out before the first error, fed in small pieces."""
    inflater = zlib.decompressobj(wbits)
    out = bytearray()
    try:
        for start in range(0, len(data), 64):
            piece = data[start : start + 64]
            while piece:
                out += inflater.decompress(piece, 1 << 20)
                if len(out) > limit:
                    raise LimitExceeded("stream_bytes")
                piece = inflater.unconsumed_tail
    except zlib.error:
        pass
    return bytes(out)


def lzw(data: bytes, early: int, budget: Budget) -> bytes:
    """LZW with variable code width 9–12 (ISO 32000-1, 7.4.4)."""
    limit = budget.limits.stream_bytes
    table: list[bytes] = [bytes((i,)) for i in range(256)] + [b"", b""]
    out = bytearray()
    width, buffer, bits = 9, 0, 0
    previous = b""
    for byte in data:
        buffer = (buffer << 8) | byte
        bits += 8
        if bits < width:
            continue
        bits -= width
        code = buffer >> bits
        buffer &= (1 << bits) - 1
        if code == 256:
            del table[258:]
            width, previous = 9, b""
            continue
        if code == 257:
            break
        if code < len(table):
            entry = table[code]
        elif previous:
            entry = previous + previous[:1]
        else:
            break
        out += entry
        if len(out) > limit:
            raise LimitExceeded("stream_bytes")
        if previous and len(table) < 4096:
            table.append(previous + entry[:1])
        previous = entry
        size = len(table) + early
        width = 9 if size < 512 else 10 if size < 1024 else 11 if size < 2048 else 12
    budget.spend_bytes(len(out))
    return bytes(out)


def ascii85(data: bytes, budget: Budget) -> bytes:
    """ASCII base-85 up to ``~>``."""
    body = data.split(b"~", 1)[0]
    body = re.sub(rb"[^!-uz]", b"", body)
    if len(body) > budget.limits.stream_bytes:
        raise LimitExceeded("stream_bytes")
    try:
        out = base64.a85decode(body)
    except ValueError:
        out = b""
    budget.spend_bytes(len(out))
    return out


def ascii_hex(data: bytes, budget: Budget) -> bytes:
    """Pairs of hex digits up to ``>``."""
    body = re.sub(rb"[^0-9A-Fa-f]", b"", data.split(b">", 1)[0])
    if len(body) % 2:
        body += b"0"
    out = bytes.fromhex(body.decode("ascii"))
    budget.spend_bytes(len(out))
    return out


def run_length(data: bytes, budget: Budget) -> bytes:
    """RunLengthDecode (ISO 32000-1, 7.4.5)."""
    limit = budget.limits.stream_bytes
    out = bytearray()
    pos, end = 0, len(data)
    while pos < end:
        length = data[pos]
        pos += 1
        if length == 128:
            break
        if length < 128:
            out += data[pos : pos + length + 1]
            pos += length + 1
        else:
            out += data[pos : pos + 1] * (257 - length)
            pos += 1
        if len(out) > limit:
            raise LimitExceeded("stream_bytes")
    budget.spend_bytes(len(out))
    return bytes(out)


def unpredict(data: bytes, parms: dict[str, Any], budget: Budget) -> bytes:
    """Undo a PNG or TIFF predictor; ``parms`` holds resolved numbers."""

    def number(key: str, default: int) -> int:
        value = parms.get(key, default)
        return value if isinstance(value, int) and 0 < value < 1_000_000 else default

    predictor = number("Predictor", 1)
    if predictor < 2:
        return data
    colors, depth, columns = number("Colors", 1), number("BitsPerComponent", 8), number("Columns", 1)
    step = max(1, colors * depth // 8)
    row = (colors * depth * columns + 7) // 8
    budget.spend_bytes(len(data))
    if predictor == 2:
        return _tiff(data, row, step) if depth == 8 else data
    return _png(data, row, step, budget)


def _tiff(data: bytes, row: int, step: int) -> bytes:
    out = bytearray(data)
    for start in range(0, len(out), row):
        for index in range(start + step, min(start + row, len(out))):
            out[index] = (out[index] + out[index - step]) & 0xFF
    return bytes(out)


def _png(data: bytes, row: int, step: int, budget: Budget) -> bytes:
    out = bytearray()
    previous = bytearray(row)
    for start in range(0, len(data), row + 1):
        kind = data[start]
        line = bytearray(data[start + 1 : start + 1 + row])
        if len(line) < row:
            line += bytes(row - len(line))
        if kind == 1:
            for i in range(step, row):
                line[i] = (line[i] + line[i - step]) & 0xFF
        elif kind == 2:
            line = bytearray([(a + b) & 0xFF for a, b in zip(line, previous, strict=True)])
        elif kind == 3:
            for i in range(row):
                left = line[i - step] if i >= step else 0
                line[i] = (line[i] + (left + previous[i]) // 2) & 0xFF
        elif kind == 4:
            for i in range(row):
                left, corner = (line[i - step], previous[i - step]) if i >= step else (0, 0)
                line[i] = (line[i] + _paeth(left, previous[i], corner)) & 0xFF
        out += line
        previous = line
        if start & 0x3FF == 0:
            budget.tick()
    return bytes(out)


def _paeth(a: int, b: int, c: int) -> int:
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def decode(data: bytes, names: list[str], parms: list[dict[str, Any]], budget: Budget) -> bytes | None:
    """Apply filters in order; ``None`` when one of them is an image filter or unknown."""
    for index, name in enumerate(names):
        name = ABBREVIATIONS.get(name, name)
        parm = parms[index] if index < len(parms) else {}
        if name == "FlateDecode":
            data = unpredict(flate(data, budget), parm, budget)
        elif name == "LZWDecode":
            early = 0 if parm.get("EarlyChange") == 0 else 1
            data = unpredict(lzw(data, early, budget), parm, budget)
        elif name == "ASCII85Decode":
            data = ascii85(data, budget)
        elif name == "ASCIIHexDecode":
            data = ascii_hex(data, budget)
        elif name == "RunLengthDecode":
            data = run_length(data, budget)
        elif name != "Crypt":
            return None
    return data
