"""Composite (Type 0) fonts: CMap, CIDFont, CIDToGIDMap, widths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.facts.fonts import cmap as cmaps
from harness.pdfa.facts.fonts.cmap import CMap
from harness.pdfa.facts.fonts.font import SUBSET, Font, GlyphFact
from harness.pdfa.facts.fonts.programs.cff import CFFFont
from harness.pdfa.facts.fonts.programs.font_files import FontFiles
from harness.pdfa.facts.fonts.programs.truetype import TrueTypeFont
from harness.pdfa.file.objects import Stream

_CIDS = 65536
"""CIDs that there can be (ISO 32000-1, annex C)."""


@dataclass(slots=True)
class Type0Fact:
    """Character collections of CMap and CIDFont."""

    cmap: str | None
    cmap_info: tuple[str, str, int] | None
    font_info: tuple[str, str, int] | None

    @property
    def received(self) -> str:
        """Both collections."""
        return f"{self.cmap_info} / {self.font_info}"


@dataclass(slots=True)
class CMapFact:
    """The CMap of a composite font."""

    name: str | None
    embedded: bool


@dataclass(slots=True)
class CMapFileFact:
    """An embedded CMap stream."""

    dict_wmode: int
    wmode: int
    max_cid: int


@dataclass(slots=True)
class CIDFontFact:
    """A CIDFont and its CIDSet."""

    subtype: str | None
    embedded: bool
    visible: bool
    map_ok: bool
    subset: bool
    has_cid_set: bool
    cid_set_complete: bool


class CompositeFont(Font):
    """A Type 0 font with its descendant."""

    def __init__(self, ctx: Context, dict_: dict[str, Any], files: FontFiles) -> None:
        super().__init__(ctx, dict_)
        doc = ctx.doc
        descendants = doc.array(dict_.get("DescendantFonts"))
        self.descendant = doc.dict_of(descendants[0]) if descendants else {}
        self.descriptor = doc.sub(self.descendant, "FontDescriptor")
        self.cid_subtype = doc.name(self.descendant.get("Subtype"))
        self.file, self.program = files.open(self.descriptor, self.cid_subtype)
        if self.cid_subtype not in ("CIDFontType0", "CIDFontType2"):
            self.program = None  # as the reference: unknown kinds of fonts are not read
        self._load_cmap()
        self._load_map()
        default = doc.number(self.descendant.get("DW"))
        self.default_width = 1000.0 if default is None else default
        self.widths = self._read_widths()
        self.used_cids: set[int] = set()

    def _load_cmap(self) -> None:
        ctx, doc = self.ctx, self.ctx.doc
        value = doc.resolve(self.dict.get("Encoding"))
        self.cmap_name: str | None = None
        self.cmap_stream: Stream | None = None
        cmap: CMap | None = None
        if type(value) is str:
            self.cmap_name = value
            cmap = cmaps.predefined(value)
        elif isinstance(value, Stream):
            self.cmap_stream = value
            self.cmap_name = doc.name(value.dict.get("CMapName"))
            cmap = cmaps.parse(value.data() or b"", ctx.limits)
            info = self._info(value.dict)
            if info is not None:
                cmap.registry, cmap.ordering, cmap.supplement = info
            cmap.parent = self._parent_cmap(value, cmap)
        self.cmap = cmap

    def _parent_cmap(self, stream: Stream, cmap: CMap) -> CMap | None:
        doc = self.ctx.doc
        used = doc.resolve(stream.dict.get("UseCMap"))
        name = used if type(used) is str else cmap.use
        self.referenced: str | None = name or None
        if isinstance(used, Stream) and used is not stream:
            self.referenced = doc.name(used.dict.get("CMapName"))
            return cmaps.parse(used.data() or b"", self.ctx.limits)
        return cmaps.predefined(name) if name else None

    def _info(self, holder: dict[str, Any]) -> tuple[str, str, int] | None:
        doc = self.ctx.doc
        info = doc.resolve(holder.get("CIDSystemInfo"))
        if type(info) is list and info:
            info = doc.resolve(info[0])
        if type(info) is not dict:
            return None
        registry, ordering = doc.string(info.get("Registry")), doc.string(info.get("Ordering"))
        return (
            (registry or b"").decode("latin-1"), (ordering or b"").decode("latin-1"),
            doc.integer(info.get("Supplement")) or 0,
        )  # fmt: skip

    def _load_map(self) -> None:
        doc = self.ctx.doc
        value = doc.resolve(self.descendant.get("CIDToGIDMap"))
        self.map_value = value
        self.gid_map: bytes | None = None
        if isinstance(value, Stream):
            self.gid_map = value.data() or b""

    def _read_widths(self) -> dict[int, float | None]:
        doc = self.ctx.doc
        out: dict[int, float | None] = {}
        items = doc.array(self.descendant.get("W"))
        index = 0
        while index < len(items):
            first = doc.integer(items[index])
            if first is None or index + 1 >= len(items):
                break
            second = doc.resolve(items[index + 1])
            if type(second) is list:
                for offset, width in enumerate(second):
                    out[first + offset] = doc.number(width)
                index += 2
                continue
            last = doc.integer(second)
            if last is None or index + 2 >= len(items):
                break
            width_value = doc.number(items[index + 2])
            for cid in range(first, min(last, first + 70_000) + 1):
                out[cid] = width_value
            index += 3
            if len(out) > 200_000:
                break
        return out

    # -- facts ------------------------------------------------------------------------------------

    def codes(self, text: bytes) -> list[tuple[int, int]]:
        """Codes by the CMap's code spaces; two bytes when there is no usable CMap."""
        if self.cmap is None:
            return [(int.from_bytes(text[i : i + 2], "big"), 2) for i in range(0, len(text), 2)]
        return self.cmap.codes(text)

    def emit(self, where: str, invisible: bool) -> None:
        """Facts of font, descendant and CMap."""
        ctx, doc = self.ctx, self.ctx.doc
        self.emit_dict(self.dict, None, None, where, invisible)
        self.emit_dict(self.descendant, self.program, self.file, where, invisible)
        cmap = self.cmap
        info = (cmap.registry, cmap.ordering, cmap.supplement) if cmap is not None else None
        ctx.emit("PDType0Font", Type0Fact(self.cmap_name, info, self._info(self.descendant)), where)
        ctx.emit(
            "PDCMap", CMapFact(self.cmap_name, self.cmap_stream is not None), where, self.cmap_name or ""
        )
        if self.cmap_stream is not None and cmap is not None:
            declared = doc.integer(self.cmap_stream.dict.get("WMode")) or 0
            ctx.emit("CMapFile", CMapFileFact(declared, cmap.wmode, cmap.max_cid), where)
            if self.referenced is not None:
                ctx.emit("PDReferencedCMap", self.referenced, where, self.referenced)

    def finish(self) -> None:
        """CIDToGIDMap and CIDSet, once all uses are known."""
        if not self.used:
            return
        where = f"font {self.label}"
        value = self.map_value
        cid_set = self.ctx.doc.stream(self.descriptor.get("CIDSet"))
        name = self.ctx.doc.name(self.descendant.get("BaseFont")) or ""
        fact = CIDFontFact(
            subtype=self.cid_subtype,
            embedded=self.program is not None,
            visible=False in self.used,
            map_ok=isinstance(value, Stream) or value == "Identity",
            subset=SUBSET.match(name) is not None,
            has_cid_set=cid_set is not None,
            cid_set_complete=cid_set is None or self._complete(cid_set.data() or b""),
        )
        self.ctx.emit("PDCIDFont", fact, where)

    def _complete(self, bits: bytes) -> bool:
        """Whether a CIDSet lists exactly the CIDs of the font program, in part 1 the used ones.

        CID 0 does not matter.
        """
        known_bits, beyond = bits[: _CIDS // 8], bits[_CIDS // 8 :].strip(b"\0")
        listed = {
            8 * i + j for i, byte in enumerate(known_bits) if byte for j in range(8) if byte & 0x80 >> j
        }
        listed.discard(0)
        if self.ctx.part == 1:
            return {cid for cid in self.used_cids if cid and self.gid(cid) is not None} <= listed
        needed, known = self.program_cids()
        return not beyond and needed <= listed <= known

    def program_cids(self) -> tuple[set[int], set[int]]:
        """CIDs that a CIDSet must list for the embedded program, and all CIDs that it knows; without 0."""
        program = self.program
        if isinstance(program, CFFFont):
            if program.cid:
                cids = {c for c in program.charset if isinstance(c, int) and c}
            else:
                cids = set(range(1, program.count))
            return cids, cids
        if isinstance(program, TrueTypeFont):
            if self.gid_map is None:
                # as the reference: the glyphs that count are those with metrics of their own
                measured = min(program.metrics, program.count)
                return set(range(1, measured)), set(range(1, program.count))
            # a CID that the map sends to glyph 0 is one of the font's, too
            entries = min((len(self.gid_map) + 1) // 2, _CIDS)
            cids = {cid for cid in range(1, entries) if self.gid(cid) is not None}
            return cids, cids
        return set(), set()

    def gid(self, cid: int) -> int | None:
        """Glyph index of a CID, ``None`` when the program has none."""
        program = self.program
        if isinstance(program, CFFFont):
            if program.cid:
                return program.index.get(cid)
            return cid if cid < program.count else None
        if isinstance(program, TrueTypeFont):
            if self.gid_map is not None:
                raw = self.gid_map[2 * cid : 2 * cid + 2]
                gid = int.from_bytes(raw.ljust(2, b"\0"), "big") if raw else program.count
            else:
                gid = cid
            return gid if gid < program.count else None
        return None

    def glyph(self, code: int, size: int, invisible: bool, actual_text: bool) -> GlyphFact:
        """Facts of the glyph for a code."""
        cid = self.cmap.cid(code, size) if self.cmap is not None else code
        cid = cid or 0
        self.used_cids.add(cid)
        present: bool | None = None
        actual: float | None = None
        notdef = cid == 0
        program = self.program
        if program is not None:
            gid = self.gid(cid)
            present = cid == 0 or gid is not None
            notdef = cid == 0 or not gid  # CID 0 is .notdef whatever glyph it shows (ISO 32000-1, 9.7.4.3)
            if isinstance(program, CFFFont | TrueTypeFont):
                actual = program.width(gid or 0)
        return GlyphFact(
            self.label, code, invisible, present, self.widths.get(cid, self.default_width), actual, notdef,
            self.unicode(code, cid), actual_text,
        )  # fmt: skip

    def unicode(self, code: int, cid: int) -> str | None:
        """Unicode text by ToUnicode, else by the character collection."""
        if self.to_unicode is not None:
            text = self.to_unicode.text(code)
            if text is not None:
                return text
        info = self._info(self.descendant)
        if info is not None and info[0] == "Adobe" and info[1] in cmaps.COLLECTIONS:
            partner = cmaps.predefined(f"Adobe-{info[1]}-UCS2")
            if partner is not None:
                value = partner.cid(cid, 2)
                return chr(value) if value is not None and value < 0x110000 else None
        return None
