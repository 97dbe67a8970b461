"""Simple fonts: Type 1, MMType1, TrueType and Type 3."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.facts.fonts.encodings import NAMED, STANDARD_14, glyph_list, standard, unicode_of
from harness.pdfa.facts.fonts.font import SUBSET, Font, GlyphFact
from harness.pdfa.facts.fonts.programs.cff import CFFFont
from harness.pdfa.facts.fonts.programs.font_files import FontFiles
from harness.pdfa.facts.fonts.programs.truetype import TrueTypeFont
from harness.pdfa.facts.fonts.programs.type1 import Type1Font

_UNICODE_ENCODINGS = ("WinAnsiEncoding", "MacRomanEncoding", "MacExpertEncoding")


@dataclass(slots=True)
class SimpleFact:
    """Entries that simple fonts must have."""

    standard: bool
    first: int | None
    last: int | None
    widths: int | None


@dataclass(slots=True)
class TrueTypeFact:
    """A TrueType font dictionary: symbolic flag and encoding."""

    symbolic: bool
    has_encoding: bool
    base_encoding: str | None
    differences: bool
    agl_names: bool
    unicode_cmap: bool


@dataclass(slots=True)
class ProgramFact:
    """The cmap table of an embedded TrueType program."""

    symbolic: bool
    count: int
    has_30: bool


@dataclass(slots=True)
class CharSetFact:
    """CharSet of a Type 1 font against the glyphs in its program; ``used`` are those that were shown."""

    subset: bool
    embedded: bool
    listed: frozenset[str] | None
    glyphs: frozenset[str]
    used: frozenset[str]


class SimpleFont(Font):
    """Type 1, MMType1 and TrueType fonts."""

    def __init__(self, ctx: Context, dict_: dict[str, Any], files: FontFiles) -> None:
        super().__init__(ctx, dict_)
        doc = ctx.doc
        self.descriptor = doc.sub(dict_, "FontDescriptor")
        self.file, self.program = files.open(self.descriptor, self.subtype)
        self.flags = doc.integer(self.descriptor.get("Flags")) or 0
        self.symbolic = bool(self.flags & 4)
        self.first = doc.integer(dict_.get("FirstChar"))
        self.last = doc.integer(dict_.get("LastChar"))
        widths = doc.resolve(dict_.get("Widths"))
        self.widths: list[Any] | None = widths if type(widths) is list else None
        self.missing_width = doc.number(self.descriptor.get("MissingWidth"))
        self.used_names: set[str] = set()
        self._read_encoding()
        value = self.ctx.doc.resolve(dict_.get("Encoding"))
        if (
            self.subtype == "TrueType" and not self.symbolic and type(value) is str
            and value not in ("WinAnsiEncoding", "MacRomanEncoding")
        ):  # fmt: skip
            self.program = None  # no way to find the glyphs of any code

    def _read_encoding(self) -> None:
        doc = self.ctx.doc
        value = doc.resolve(self.dict.get("Encoding"))
        self.encoding_name: str | None = value if type(value) is str else None
        self.differences: dict[int, str] = {}
        if type(value) is dict:
            self.encoding_name = doc.name(value.get("BaseEncoding"))
            code = 0
            for item in doc.array(value.get("Differences"))[:10_000]:
                item = doc.resolve(item)
                if type(item) in (int, float):
                    code = int(item)
                elif type(item) is str:
                    self.differences[code] = item
                    code += 1
        self.has_encoding = value is not None
        base = NAMED.get(self.encoding_name or "")
        if base is not None:
            self.base: dict[int, str] = base()
        elif isinstance(self.program, Type1Font | CFFFont):
            self.base = self.program.encoding
        elif self.base_font in ("Symbol", "ZapfDingbats"):
            self.base = {}  # their built-in encoding names no character of the standard one
        else:
            self.base = standard()

    def name_of(self, code: int) -> str | None:
        """Glyph name of a code."""
        return self.differences.get(code) or self.base.get(code)

    # -- facts ------------------------------------------------------------------------------------

    def emit(self, where: str, invisible: bool) -> None:
        """Facts of dictionary and program."""
        ctx = self.ctx
        self.emit_dict(self.dict, self.program, self.file, where, invisible)
        standard_14 = self.base_font in STANDARD_14
        count = len(self.widths) if self.widths is not None else None
        ctx.emit("PDSimpleFont", SimpleFact(standard_14, self.first, self.last, count), where)
        if self.subtype == "TrueType":
            self._emit_truetype(where)

    def _emit_truetype(self, where: str) -> None:
        program = self.program if isinstance(self.program, TrueTypeFont) else None
        names = glyph_list()
        fact = TrueTypeFact(
            symbolic=self.symbolic,
            has_encoding=self.has_encoding,
            base_encoding=self.encoding_name,
            differences=bool(self.differences),
            agl_names=all(name in names or name == ".notdef" for name in self.differences.values()),
            unicode_cmap=program is not None and (3, 1) in program.cmaps,
        )
        self.ctx.emit("PDTrueTypeFont", fact, where)
        if program is not None:
            cmaps = program.cmaps
            self.ctx.emit(
                "TrueTypeFontProgram",
                ProgramFact(
                    symbolic=self.symbolic,
                    count=len(cmaps),
                    has_30=(3, 0) in cmaps,
                ),
                where,
            )

    def declared_width(self, code: int) -> float | None:
        """Width from the dictionary, ``None`` when it gives none."""
        if self.widths is not None and self.first is not None and self.first <= code:
            index = code - self.first
            if index < len(self.widths) and self.last is not None and code <= self.last:
                return self.ctx.doc.number(self.widths[index])
        if "MissingWidth" in self.descriptor:
            return self.missing_width
        return 0.0 if self.descriptor else None

    def glyph(self, code: int, size: int, invisible: bool, actual_text: bool) -> GlyphFact:
        """Facts of the glyph for ``code``."""
        program = self.program
        name = self.name_of(code)
        present: bool | None = None
        actual: float | None = None
        unnamed = name is None or name == ".notdef"
        # as the reference: a code without name counts as .notdef only when an encoding names the others
        notdef = unnamed and (name is not None or self.encoding_name in NAMED)
        if name is not None and not unnamed and not invisible:
            self.used_names.add(name)
        if isinstance(program, Type1Font):
            present = name is not None and name != ".notdef" and program.has(name)
            # a name that the program lacks has no width; a code without name shows .notdef
            actual = program.width(name or ".notdef") if present or unnamed else 0.0
        elif isinstance(program, CFFFont):
            gid = self._cff_gid(program, code, name)
            present = gid is not None
            actual = program.width(gid or 0)
        elif isinstance(program, TrueTypeFont):
            gid = self.truetype_gid(program, code)
            present = gid > 0
            actual = program.width(gid)
            notdef = gid == 0 and unnamed and (self.has_encoding or code == 0)
        if code == 0 and present is False:
            present = True
        return GlyphFact(
            self.label, code, invisible, present, self.declared_width(code), actual, notdef,
            self.unicode(code, name), actual_text,
        )  # fmt: skip

    @staticmethod
    def _cff_gid(program: CFFFont, code: int, name: str | None) -> int | None:
        if program.cid:
            return code if code < program.count else None
        return program.index.get(name) if name is not None else 0

    def truetype_gid(self, program: TrueTypeFont, code: int) -> int:
        """Glyph index of a code, 0 when absent."""
        if not self.symbolic or self.has_encoding:
            name = self.name_of(code)
            if name is not None and name != ".notdef":
                gid = program.by_name(name)
                if gid:
                    return gid
            if not self.symbolic:
                return 0
        return program.by_code(code)

    def unicode(self, code: int, name: str | None) -> str | None:
        """Unicode text by ToUnicode, else by glyph name."""
        if self.to_unicode is not None:
            text = self.to_unicode.text(code)
            if text is not None:
                return text
        if self.subtype == "TrueType" and self.symbolic and not self.has_encoding:
            return None
        if (
            self.subtype == "TrueType"
            and code not in self.differences
            and self.encoding_name not in _UNICODE_ENCODINGS
        ):
            return None
        if name == ".notdef" or (name is None and (self.encoding_name in NAMED or self.differences)):
            return "\0"  # as the reference: a code without name is .notdef, and that has no text
        return unicode_of(name) if name is not None else None

    def finish(self) -> None:
        """CharSet of Type 1 fonts."""
        program = self.program
        if not self.used or self.subtype not in ("Type1", "MMType1"):
            return
        glyphs: set[str] = set()
        if isinstance(program, Type1Font):
            glyphs = program.glyphs
        elif isinstance(program, CFFFont):
            if program.cid or self._file_subtype() == "OpenType":
                return
            glyphs = {str(name) for name in program.charset}
        raw = self.ctx.doc.string(self.descriptor.get("CharSet"))
        fact = CharSetFact(
            subset=SUBSET.match(self.base_font or "") is not None,
            embedded=isinstance(program, Type1Font | CFFFont),
            listed=frozenset(re.findall(r"/([^\s/]+)", raw.decode("latin-1"))) if raw is not None else None,
            glyphs=frozenset(glyphs) - {".notdef"},
            used=frozenset(self.used_names),
        )
        self.ctx.emit("PDType1Font", fact, f"font {self.label}")

    def _file_subtype(self) -> str | None:
        return self.ctx.doc.name(self.file.dict.get("Subtype")) if self.file is not None else None
