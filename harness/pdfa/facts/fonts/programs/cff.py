"""Compact Font Format (Adobe Technical Note 5176): charset, encoding, widths of single glyphs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from harness.pdfa.facts.fonts.encodings import standard
from harness.pdfa.facts.fonts.programs.charstrings import Type2Width
from harness.pdfa.file.limits import Limits

Number = float
Dict = dict[int, list[Number]]


@lru_cache(maxsize=1)
def _standard_strings() -> list[str]:
    from fontTools.cffLib import cffStandardStrings

    return list(cffStandardStrings)


@lru_cache(maxsize=2)
def _expert(subset: bool) -> list[str]:
    from fontTools import cffLib

    return list(cffLib.cffExpertSubsetStrings if subset else cffLib.cffIExpertStrings)


class Index(Sequence[bytes]):
    """An INDEX structure, items cut out on demand.

    :ivar end: position after the structure.
    """

    def __init__(self, data: bytes, pos: int) -> None:
        self.data = data
        if pos + 2 > len(data):
            raise ValueError("INDEX beyond the data")
        self.items = int.from_bytes(data[pos : pos + 2], "big")
        if self.items == 0:
            self.end = pos + 2
            self.offsets = pos
            self.size = 1
            self.base = pos
            return
        self.size = data[pos + 2]
        if not 1 <= self.size <= 4:
            raise ValueError("INDEX offset size")
        self.offsets = pos + 3
        self.base = self.offsets + (self.items + 1) * self.size - 1
        self.end = self.base + self._offset(self.items)
        if self.end > len(data) + 1:
            raise ValueError("INDEX beyond the data")

    def _offset(self, index: int) -> int:
        at = self.offsets + index * self.size
        return int.from_bytes(self.data[at : at + self.size], "big")

    def __len__(self) -> int:
        return self.items

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        if not 0 <= index < self.items:
            raise IndexError(index)
        return self.data[self.base + self._offset(index) : self.base + self._offset(index + 1)]


def _dict(data: bytes) -> Dict:
    out: Dict = {}
    operands: list[Number] = []
    pos, end = 0, len(data)
    while pos < end:
        b = data[pos]
        pos += 1
        if b <= 21:
            if b == 12 and pos < end:
                b = 1200 + data[pos]
                pos += 1
            out[b] = operands
            operands = []
        elif b == 28:
            operands.append(int.from_bytes(data[pos : pos + 2], "big", signed=True))
            pos += 2
        elif b == 29:
            operands.append(int.from_bytes(data[pos : pos + 4], "big", signed=True))
            pos += 4
        elif b == 30:
            text = ""
            while pos < end:
                byte = data[pos]
                pos += 1
                for nibble in (byte >> 4, byte & 15):
                    if nibble == 15:
                        break
                    text += "0123456789.EE -"[nibble] if nibble != 12 else "E-"
                if byte & 15 == 15 or byte >> 4 == 15:
                    break
            try:
                operands.append(float(text.replace(" ", "")))
            except ValueError:
                operands.append(0.0)
        elif 32 <= b <= 246:
            operands.append(b - 139)
        elif b <= 250:
            operands.append((b - 247) * 256 + (data[pos] if pos < end else 0) + 108)
            pos += 1
        elif b <= 254:
            operands.append(-(b - 251) * 256 - (data[pos] if pos < end else 0) - 108)
            pos += 1
    return out


class CFFFont:
    """One font of a CFF table.

    :ivar cid: CID-keyed; then :attr:`charset` holds CIDs, else glyph names.
    :ivar charset: glyph index → CID (int) or glyph name (str).
    :raises ValueError: the data is no usable CFF.
    """

    def __init__(self, data: bytes, limits: Limits) -> None:
        if len(data) < 4 or data[0] != 1:
            raise ValueError("not CFF")
        self.data = data
        self.limits = limits
        names = Index(data, data[2])
        tops = Index(data, names.end)
        if not len(tops):
            raise ValueError("no top DICT")
        self.strings = Index(data, tops.end)
        self.global_subrs = Index(data, self.strings.end)
        self.top = _dict(tops[0])
        where = self._int(self.top, 17)
        if where is None or not 0 < where < len(data):
            raise ValueError("no charstrings")
        self.charstrings = Index(data, where)
        self.count = len(self.charstrings)
        self.cid = 1230 in self.top
        self.charset: list[int | str] = self._charset()
        self.index: dict[int | str, int] = {}
        for gid, name in enumerate(self.charset):
            self.index.setdefault(name, gid)
        self._privates: dict[int, tuple[Index | Sequence[bytes], float, float, float]] = {}
        self._fd_select: bytes | list[int] | None = None
        self._fd_array: Index | None = None
        if self.cid:
            fd_array = self._int(self.top, 1236)
            if fd_array is None:
                raise ValueError("no FDArray")
            self._fd_array = Index(data, fd_array)
            self._fd_select = self._read_fd_select()
        self._encoding: dict[int, str] | None = None
        self._widths: dict[int, float | None] = {}

    @staticmethod
    def _int(dict_: Dict, key: int) -> int | None:
        value = dict_.get(key)
        return int(value[-1]) if value else None

    def _string(self, sid: int) -> str:
        known = _standard_strings()
        if sid < len(known):
            return known[sid]
        sid -= len(known)
        if sid >= len(self.strings):
            return f"?{sid}"
        text: bytes = self.strings[sid]
        return text.decode("latin-1")

    def _charset(self) -> list[int | str]:
        where = self._int(self.top, 15) or 0
        if where in (0, 1, 2) and not self.cid:
            if where == 0:
                table = [*_standard_strings()[:229]]
            else:
                table = [*_expert(where == 2)]
            return list(table[: self.count])
        if where in (0, 1, 2):
            return list(range(self.count))
        data, pos = self.data, where
        ids: list[int] = [0]
        kind = data[pos] if pos < len(data) else 255
        pos += 1
        need = self.count
        if kind == 0:
            ids += [int.from_bytes(data[pos + 2 * i : pos + 2 * i + 2], "big") for i in range(need - 1)]
        elif kind in (1, 2):
            while len(ids) < need and pos < len(data):
                first = int.from_bytes(data[pos : pos + 2], "big")
                left = data[pos + 2] if kind == 1 else int.from_bytes(data[pos + 2 : pos + 4], "big")
                pos += 3 if kind == 1 else 4
                ids.extend(range(first, first + min(left + 1, need - len(ids))))
        if self.cid:
            return list(ids)
        return [".notdef" if index == 0 else self._string(sid) for index, sid in enumerate(ids)]

    def _read_fd_select(self) -> list[int]:
        where = self._int(self.top, 1237)
        if where is None or where >= len(self.data):
            return []
        data = self.data
        if data[where] == 0:
            return list(data[where + 1 : where + 1 + self.count])
        if data[where] != 3:
            return []
        ranges = int.from_bytes(data[where + 1 : where + 3], "big")
        out: list[int] = []
        pos = where + 3
        for _ in range(ranges):
            first = int.from_bytes(data[pos : pos + 2], "big")
            following = int.from_bytes(data[pos + 3 : pos + 5], "big")
            if following < first or following > 65535 or len(out) > 65535:
                break
            out += [data[pos + 2]] * (following - first)
            pos += 3
        return out

    @property
    def encoding(self) -> dict[int, str]:
        """Built-in encoding of a name-keyed font: code → glyph name."""
        if self._encoding is None:
            self._encoding = self._read_encoding()
        return self._encoding

    def _read_encoding(self) -> dict[int, str]:
        where = self._int(self.top, 16) or 0
        if self.cid:
            return {}
        if where == 0:
            return standard()
        data, out = self.data, {}
        if where == 1 or where >= len(data):
            return {}
        kind, count = data[where], data[where + 1] if where + 1 < len(data) else 0
        pos = where + 2
        gid = 1
        if kind & 0x7F == 0:
            for _ in range(count):
                if pos < len(data) and gid < len(self.charset):
                    out[data[pos]] = str(self.charset[gid])
                pos += 1
                gid += 1
        else:
            for _ in range(count):
                if pos + 1 >= len(data):
                    break
                for code in range(data[pos], data[pos] + data[pos + 1] + 1):
                    if gid < len(self.charset) and code < 256:
                        out[code] = str(self.charset[gid])
                    gid += 1
                pos += 2
        if kind & 0x80 and pos < len(data):
            for index in range(data[pos]):
                at = pos + 1 + index * 3
                if at + 3 <= len(data):
                    out[data[at]] = self._string(int.from_bytes(data[at + 1 : at + 3], "big"))
        return out

    def _private(self, fd: int) -> tuple[Index | Sequence[bytes], float, float, float]:
        """Local subroutines, default width, nominal width and scale for one font DICT."""
        if fd in self._privates:
            return self._privates[fd]
        holder = self.top
        scale = self._scale(self.top)
        if self._fd_array is not None:
            if fd >= len(self._fd_array):
                raise ValueError("FD index")
            holder = _dict(self._fd_array[fd])
            if 1207 in holder:
                # the matrix of the font DICT is multiplied with the top one, if there is one
                scale = self._scale(holder) * (self._matrix(self.top) if 1207 in self.top else 1.0)
        size_offset = holder.get(18)
        subrs: Index | Sequence[bytes] = ()
        default = nominal = 0.0
        if size_offset and len(size_offset) == 2:
            size, offset = int(size_offset[0]), int(size_offset[1])
            private = _dict(self.data[offset : offset + size])
            default = (private.get(20) or [0.0])[-1]
            nominal = (private.get(21) or [0.0])[-1]
            local = self._int(private, 19)
            if local is not None and 0 < offset + local < len(self.data):
                try:
                    subrs = Index(self.data, offset + local)
                except ValueError:
                    subrs = ()
        self._privates[fd] = (subrs, default, nominal, scale)
        return self._privates[fd]

    @staticmethod
    def _matrix(dict_: Dict) -> float:
        matrix = dict_.get(1207)
        return matrix[0] if matrix else 0.001

    def _scale(self, dict_: Dict) -> float:
        return self._matrix(dict_) * 1000

    def width(self, gid: int) -> float | None:
        """Width of a glyph in thousandths of text space; ``None`` when it is missing or damaged."""
        if gid not in self._widths:
            self._widths[gid] = self._width(gid)
        return self._widths[gid]

    def _width(self, gid: int) -> float | None:
        if not 0 <= gid < self.count:
            return None
        fd = 0
        if self._fd_select is not None:
            fd = self._fd_select[gid] if gid < len(self._fd_select) else 0
        try:
            subrs, default, nominal, scale = self._private(fd)
        except (ValueError, IndexError):
            return None
        value = Type2Width(self.global_subrs, subrs, default, nominal, self.limits).width(
            self.charstrings[gid]
        )
        return None if value is None else value * scale
