"""CMaps: character codes to CIDs or to Unicode, kept as intervals (Adobe Technical Note 5014).

The predefined CMaps of ISO 32000-1, table 118, ship in a compact file made from Adobe's cmap resources (see
``harness/pdfa/facts/fonts/data/README.md``).
"""

from __future__ import annotations

import re
import zipfile
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import msgspec

from harness.pdfa.facts.fonts.encodings import unicode_of
from harness.pdfa.file.limits import LimitExceeded, Limits

PREDEFINED = frozenset({
    "GB-EUC-H", "GB-EUC-V", "GBpc-EUC-H", "GBpc-EUC-V", "GBK-EUC-H", "GBK-EUC-V", "GBKp-EUC-H",
    "GBKp-EUC-V", "GBK2K-H", "GBK2K-V", "UniGB-UCS2-H", "UniGB-UCS2-V", "UniGB-UTF16-H", "UniGB-UTF16-V",
    "B5pc-H", "B5pc-V", "HKscs-B5-H", "HKscs-B5-V", "ETen-B5-H", "ETen-B5-V", "ETenms-B5-H",
    "ETenms-B5-V", "CNS-EUC-H", "CNS-EUC-V", "UniCNS-UCS2-H", "UniCNS-UCS2-V", "UniCNS-UTF16-H",
    "UniCNS-UTF16-V", "83pv-RKSJ-H", "90ms-RKSJ-H", "90ms-RKSJ-V", "90msp-RKSJ-H", "90msp-RKSJ-V",
    "90pv-RKSJ-H", "Add-RKSJ-H", "Add-RKSJ-V", "EUC-H", "EUC-V", "Ext-RKSJ-H", "Ext-RKSJ-V", "H", "V",
    "UniJIS-UCS2-H", "UniJIS-UCS2-V", "UniJIS-UCS2-HW-H", "UniJIS-UCS2-HW-V", "UniJIS-UTF16-H",
    "UniJIS-UTF16-V", "KSC-EUC-H", "KSC-EUC-V", "KSCms-UHC-H", "KSCms-UHC-V", "KSCms-UHC-HW-H",
    "KSCms-UHC-HW-V", "KSCpc-EUC-H", "UniKS-UCS2-H", "UniKS-UCS2-V", "UniKS-UTF16-H", "UniKS-UTF16-V",
    "Identity-H", "Identity-V",
})  # fmt: skip
"""CMaps that need no embedding (ISO 32000-1, table 118)."""

COLLECTIONS = {"GB1", "CNS1", "Japan1", "Korea1", "KR"}

_DATA = Path(__file__).resolve().parent / "data" / "cmaps.zip"


class Packed(msgspec.Struct, array_like=True):
    """One predefined CMap as it is stored."""

    registry: str
    ordering: str
    supplement: int
    wmode: int
    use: str
    spaces: list[tuple[int, int, int]]
    ranges: list[tuple[int, int, int, int]]


@dataclass(slots=True)
class CMap:
    """A CMap.

    :ivar spaces: code space ranges ``(bytes, low, high)``.
    :ivar starts, ranges: per code length, CID ranges sorted by low code: ``(low, high, cid)``.
    :ivar unicode: ToUnicode entries: single codes.
    :ivar unicode_ranges: ToUnicode ranges ``(low, high, text)``.
    """

    name: str = ""
    registry: str = ""
    ordering: str = ""
    supplement: int = 0
    wmode: int = 0
    identity: bool = False
    spaces: list[tuple[int, int, int]] = field(default_factory=list)
    ranges: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    starts: dict[int, list[int]] = field(default_factory=dict)
    unicode: dict[int, str] = field(default_factory=dict)
    unicode_ranges: list[tuple[int, int, str]] = field(default_factory=list)
    parent: CMap | None = None
    use: str = ""
    max_cid: int = 0

    def codes(self, text: bytes) -> list[tuple[int, int]]:
        """``(code, length in bytes)`` of each character of a string."""
        if self.identity:
            if len(text) % 2:
                text += b"\xff"  # as the reference reads a missing byte
            return [(int.from_bytes(text[i : i + 2], "big"), 2) for i in range(0, len(text), 2)]
        spaces = self.all_spaces()
        shortest = min((s[0] for s in spaces), default=1)
        out: list[tuple[int, int]] = []
        pos, end = 0, len(text)
        while pos < end:
            for size in range(1, 5):
                raw = text[pos : pos + size]
                if len(raw) < size:
                    out.append((int.from_bytes(raw, "big"), len(raw)))
                    pos = end
                    break
                if any(s[0] == size and _inside(raw, s) for s in spaces):
                    out.append((int.from_bytes(raw, "big"), size))
                    pos += size
                    break
            else:
                out.append((0, 0))
                pos += shortest
        return out

    def all_spaces(self) -> list[tuple[int, int, int]]:
        """Code spaces, those of the used CMap included."""
        if self.parent is not None:
            return self.spaces + self.parent.all_spaces()
        return self.spaces

    def cid(self, code: int, size: int) -> int | None:
        """CID of a code of ``size`` bytes, ``None`` when it is not mapped."""
        if self.identity:
            return code
        starts = self.starts.get(size)
        if starts:
            index = bisect_right(starts, code) - 1
            if index >= 0:
                low, high, cid = self.ranges[size][index]
                if low <= code <= high:
                    return cid + code - low
        return self.parent.cid(code, size) if self.parent is not None else None

    def text(self, code: int) -> str | None:
        """Unicode text of a code (ToUnicode CMaps), ``None`` when it is not mapped.

        Within a range the last byte of the text counts on; past 255 it means nothing (ISO 32000-1, 9.10.3).
        """
        found = self.unicode.get(code)
        if found is not None:
            return found
        for low, high, text in self.unicode_ranges:
            if low <= code <= high:
                if not text:
                    return text
                last = ord(text[-1])
                within = (last & 0xFF) + code - low <= 0xFF
                return text[:-1] + chr(last + code - low) if within else None
        return self.parent.text(code) if self.parent is not None else None


def _inside(raw: bytes, space: tuple[int, int, int]) -> bool:
    size, low, high = space
    return all(
        a <= b <= c
        for a, b, c in zip(low.to_bytes(size, "big"), raw, high.to_bytes(size, "big"), strict=True)
    )


_COMMENT = re.compile(rb"%[^\r\n]*")
_SECTION = re.compile(rb"begin(codespacerange|cidrange|cidchar|bfrange|bfchar)(.*?)end\1", re.DOTALL)
_PAIR = re.compile(rb"<([0-9A-Fa-f\s]*)>\s*<([0-9A-Fa-f\s]*)>")
_CID_RANGE = re.compile(rb"<([0-9A-Fa-f\s]*)>\s*<([0-9A-Fa-f\s]*)>\s*(\d+)")
_CID_CHAR = re.compile(rb"<([0-9A-Fa-f\s]*)>\s*(\d+)")
_BF_RANGE = re.compile(rb"<([0-9A-Fa-f\s]*)>\s*<([0-9A-Fa-f\s]*)>\s*(?:<([0-9A-Fa-f\s]*)>|\[([^\]]*)\])")
_BF_CHAR = re.compile(rb"<([0-9A-Fa-f\s]*)>\s*(?:<([0-9A-Fa-f\s]*)>|/(\S+))")
_HEX = re.compile(rb"<([0-9A-Fa-f\s]*)>")
_USE = re.compile(rb"/([^\s/]+)\s+usecmap")
_WMODE = re.compile(rb"/WMode\s+(\d+)")
_NAME = re.compile(rb"/CMapName\s*/([^\s/]+)")


def _hex(raw: bytes) -> bytes:
    digits = re.sub(rb"\s+", b"", raw)
    if len(digits) % 2:
        digits += b"0"
    return bytes.fromhex(digits.decode("ascii"))


def parse(data: bytes, limits: Limits) -> CMap:
    """Read an embedded CMap or ToUnicode CMap.

    :raises LimitExceeded: more than ``cmap_entries`` entries.
    """
    data = _COMMENT.sub(b"", data) if b"%" in data else data
    out = CMap()
    entries = 0
    for kind, body in _SECTION.findall(data):
        if kind == b"codespacerange":
            for low, high in _PAIR.findall(body):
                a, b = _hex(low), _hex(high)
                if 0 < len(a) <= 4:
                    out.spaces.append((len(a), int.from_bytes(a, "big"), int.from_bytes(b, "big")))
        elif kind == b"cidrange":
            for low, high, cid in _CID_RANGE.findall(body):
                a = _hex(low)
                _add(out, len(a), int.from_bytes(a, "big"), int.from_bytes(_hex(high), "big"), int(cid[:9]))
                entries += 1
        elif kind == b"cidchar":
            for code, cid in _CID_CHAR.findall(body):
                a = _hex(code)
                _add(out, len(a), int.from_bytes(a, "big"), int.from_bytes(a, "big"), int(cid[:9]))
                entries += 1
        elif kind == b"bfrange":
            entries += _bf_ranges(out, body)
        else:
            for code, text, name in _BF_CHAR.findall(body):
                value = _utf16(text) if not name else _named(name)
                out.unicode[int.from_bytes(_hex(code), "big")] = value
                entries += 1
        if entries > limits.cmap_entries:
            raise LimitExceeded("cmap_entries")
    finish(out)
    match = _WMODE.search(data)
    out.wmode = int(match.group(1)[:3]) if match else 0
    match = _USE.search(data)
    out.use = match.group(1).decode("latin-1") if match else ""
    match = _NAME.search(data)
    out.name = match.group(1).decode("latin-1") if match else ""
    for key in ("Registry", "Ordering"):
        found = re.search(rb"/" + key.encode() + rb"\s*\(([^)]*)\)", data)
        if found:
            setattr(out, key.lower(), found.group(1).decode("latin-1"))
    return out


def _named(name: bytes) -> str:
    return unicode_of(name.decode("latin-1")) or ""


def _utf16(raw: bytes) -> str:
    data = _hex(raw)
    if len(data) == 1:
        return chr(data[0])
    return data.decode("utf-16-be", "replace")


def _bf_ranges(out: CMap, body: bytes) -> int:
    count = 0
    for low, high, text, array in _BF_RANGE.findall(body):
        start, end = int.from_bytes(_hex(low), "big"), int.from_bytes(_hex(high), "big")
        if array:
            for offset, item in enumerate(_HEX.findall(array)):
                if start + offset > end:
                    break
                out.unicode[start + offset] = _utf16(item)
                count += 1
        elif start == end:
            out.unicode[start] = _utf16(text)
        else:
            out.unicode_ranges.append((start, end, _utf16(text)))
        count += 1
    return count


def _add(out: CMap, size: int, low: int, high: int, cid: int) -> None:
    out.ranges.setdefault(size, []).append((low, high, cid))
    out.max_cid = max(out.max_cid, cid + max(0, high - low))


def finish(cmap: CMap) -> None:
    """Sort the ranges so that :meth:`CMap.cid` can bisect."""
    for size, ranges in cmap.ranges.items():
        ranges.sort()
        cmap.starts[size] = [r[0] for r in ranges]


@lru_cache(maxsize=32)
def predefined(name: str) -> CMap | None:
    """A predefined CMap by name (also the ``…-UCS2`` partners), ``None`` when unknown."""
    if name in ("Identity-H", "Identity-V"):
        return CMap(name, "Adobe", "Identity", 0, int(name.endswith("V")), True, [(2, 0, 0xFFFF)])
    if not re.fullmatch(r"[A-Za-z0-9-]{1,40}", name) or not _DATA.is_file():
        return None
    with zipfile.ZipFile(_DATA) as archive:
        try:
            packed = msgspec.json.decode(archive.read(name), type=Packed)
        except KeyError:
            return None
    out = CMap(name, packed.registry, packed.ordering, packed.supplement, packed.wmode)
    out.spaces = packed.spaces
    for size, low, high, cid in packed.ranges:
        _add(out, size, low, high, cid)
    finish(out)
    out.parent = predefined(packed.use) if packed.use else None
    return out
