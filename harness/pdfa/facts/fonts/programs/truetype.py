"""TrueType and OpenType tables that rules need: cmap, hmtx, post (OpenType specification)."""

from __future__ import annotations

import struct
from functools import lru_cache

from harness.pdfa.facts.fonts.encodings import mac_roman_codes, unicode_of
from harness.pdfa.file.limits import Limits


@lru_cache(maxsize=1)
def _mac_order() -> list[str]:
    from fontTools.ttLib.standardGlyphOrder import standardGlyphOrder

    return list(standardGlyphOrder)


class TrueTypeFont:
    """An sfnt font program, tables read on demand.

    :ivar cmaps: ``(platform, encoding)`` of the subtables, in file order.
    :raises ValueError: required tables are missing or damaged.
    """

    def __init__(self, data: bytes, limits: Limits) -> None:
        self.data = data
        self.limits = limits
        start = 0
        if data[:4] == b"ttcf" and len(data) >= 16:
            start = int.from_bytes(data[12:16], "big")
        self.magic = data[start : start + 4]
        if self.magic not in (b"\0\1\0\0", b"true", b"OTTO", b"typ1"):
            raise ValueError("not an sfnt font")
        count = int.from_bytes(data[start + 4 : start + 6], "big")
        self.tables: dict[bytes, tuple[int, int]] = {}
        for index in range(count):
            at = start + 12 + index * 16
            entry = data[at : at + 16]
            if len(entry) < 16:
                raise ValueError("table directory")
            offset, length = struct.unpack(">II", entry[8:16])
            self.tables[entry[:4]] = (offset, length)
        head, hhea, maxp = self.table(b"head"), self.table(b"hhea"), self.table(b"maxp")
        if len(head) < 20 or len(hhea) < 36 or len(maxp) < 6:
            raise ValueError("head, hhea or maxp")
        self.units = int.from_bytes(head[18:20], "big") or 1000
        self.metrics = int.from_bytes(hhea[34:36], "big")
        self.count = int.from_bytes(maxp[4:6], "big")
        self._hmtx = self.table(b"hmtx")
        if self.metrics == 0 or not self._hmtx:
            raise ValueError("hmtx")
        self._cmap = self.table(b"cmap")
        self.cmaps: list[tuple[int, int]] = []
        self._offsets: dict[tuple[int, int], int] = {}
        for index in range(int.from_bytes(self._cmap[2:4], "big") if len(self._cmap) >= 4 else 0):
            at = 4 + index * 8
            record = self._cmap[at : at + 8]
            if len(record) < 8:
                break
            key = (int.from_bytes(record[:2], "big"), int.from_bytes(record[2:4], "big"))
            self.cmaps.append(key)
            self._offsets.setdefault(key, int.from_bytes(record[4:8], "big"))
        self._maps: dict[tuple[int, int], dict[int, int]] = {}
        self._names: dict[str, int] | None = None

    def table(self, tag: bytes) -> bytes:
        """Bytes of a table, empty when absent."""
        offset, length = self.tables.get(tag, (0, 0))
        return self.data[offset : offset + length]

    def width(self, gid: int) -> float | None:
        """Advance width in thousandths of text space."""
        if gid < 0 or gid >= self.count:
            return None
        at = min(gid, self.metrics - 1) * 4
        raw = self._hmtx[at : at + 2]
        return int.from_bytes(raw, "big") * 1000 / self.units if len(raw) == 2 else None

    def subtable(self, platform: int, encoding: int) -> dict[int, int] | None:
        """Character code → glyph index of a cmap subtable, ``None`` when there is none."""
        key = (platform, encoding)
        if key not in self._offsets:
            return None
        if key not in self._maps:
            try:
                self._maps[key] = self._read(self._offsets[key])
            except (struct.error, IndexError):
                self._maps[key] = {}
        return self._maps[key]

    def _read(self, offset: int) -> dict[int, int]:
        data = self._cmap[offset:]
        kind = int.from_bytes(data[:2], "big")
        out: dict[int, int] = {}
        if kind == 0:
            out = {code: gid for code, gid in enumerate(data[6:262]) if gid}
        elif kind == 4:
            self._format4(data, out)
        elif kind == 6:
            first, count = struct.unpack(">HH", data[6:10])
            for index in range(min(count, (len(data) - 10) // 2)):
                gid = int.from_bytes(data[10 + index * 2 : 12 + index * 2], "big")
                if gid:
                    out[first + index] = gid
        elif kind == 12:
            groups = int.from_bytes(data[12:16], "big")
            for index in range(min(groups, (len(data) - 16) // 12)):
                start, end, gid = struct.unpack(">III", data[16 + index * 12 : 28 + index * 12])
                if end < start or end - start > 0x10FFFF or len(out) > 200_000:
                    break
                for code in range(start, end + 1):
                    out[code] = gid + code - start
        return out

    @staticmethod
    def _format4(data: bytes, out: dict[int, int]) -> None:
        count = int.from_bytes(data[6:8], "big") // 2
        ends = struct.unpack(f">{count}H", data[14 : 14 + 2 * count])
        at = 16 + 2 * count
        starts = struct.unpack(f">{count}H", data[at : at + 2 * count])
        deltas = struct.unpack(f">{count}H", data[at + 2 * count : at + 4 * count])
        ranges_at = at + 4 * count
        ranges = struct.unpack(f">{count}H", data[ranges_at : ranges_at + 2 * count])
        for index in range(count):
            start, end, delta, offset = starts[index], ends[index], deltas[index], ranges[index]
            if end < start or len(out) > 200_000:
                continue
            if offset == 0 or offset == 0xFFFF:
                for code in range(start, end + 1):
                    gid = (code + delta) & 0xFFFF
                    if gid:
                        out[code] = gid
                continue
            base = ranges_at + 2 * index + offset
            for code in range(start, end + 1):
                where = base + 2 * (code - start)
                raw = data[where : where + 2]
                gid = int.from_bytes(raw, "big") if len(raw) == 2 else 0
                if gid:
                    out[code] = (gid + delta) & 0xFFFF

    @property
    def names(self) -> dict[str, int]:
        """Glyph name → glyph index from the post table."""
        if self._names is None:
            self._names = {}
            post = self.table(b"post")
            version = post[:4]
            if version == b"\0\1\0\0":
                self._names = {name: gid for gid, name in enumerate(_mac_order())}
            elif version == b"\0\2\0\0" and len(post) >= 34:
                self._names = self._post2(post)
        return self._names

    @staticmethod
    def _post2(post: bytes) -> dict[str, int]:
        count = int.from_bytes(post[32:34], "big")
        pos = 34 + 2 * count
        extra: list[str] = []
        while pos < len(post):
            length = post[pos]
            extra.append(post[pos + 1 : pos + 1 + length].decode("latin-1"))
            pos += 1 + length
        order = _mac_order()
        out: dict[str, int] = {}
        for gid in range(min(count, (len(post) - 34) // 2)):
            index = int.from_bytes(post[34 + 2 * gid : 36 + 2 * gid], "big")
            if index < 258:
                out.setdefault(order[index], gid)
            elif index - 258 < len(extra):
                out.setdefault(extra[index - 258], gid)
        return out

    def by_name(self, name: str) -> int:
        """Glyph index for a glyph name of a non-symbolic font: (3,1), then (1,0), then post; 0 when absent."""  # noqa: E501
        unicode_map = self.subtable(3, 1)
        if unicode_map is not None:
            text = unicode_of(name)
            gid = unicode_map.get(ord(text)) if text is not None and len(text) == 1 else None
            if gid:
                return gid
        mac = self.subtable(1, 0)
        if mac is not None:
            code = mac_roman_codes().get(name)
            gid = mac.get(code) if code is not None else None
            if gid:
                return gid
        return self.names.get(name, 0)

    def by_code(self, code: int) -> int:
        """Glyph index for a code of a symbolic font: (3,0) with its high byte, else (1,0); 0 when absent."""
        symbol = self.subtable(3, 0)
        if symbol is not None:
            high = (min(symbol) & 0xFF00) if symbol else 0
            for candidate in (code, high + code, 0xF000 + code):
                gid = symbol.get(candidate)
                if gid:
                    return gid
            return 0
        mac = self.subtable(1, 0)
        if mac is not None:
            return mac.get(code, 0)
        if len(self.cmaps) == 1:
            only = self.subtable(*self.cmaps[0])
            return (only or {}).get(code, 0)
        return 0
