"""Type 1 font programs (Adobe Type 1 Font Format): encoding, glyph names, widths."""

from __future__ import annotations

import re

from harness.pdfa.facts.fonts.encodings import standard
from harness.pdfa.facts.fonts.programs.charstrings import decrypt, type1_width
from harness.pdfa.file.limits import Limits

_ENCODING = re.compile(rb"dup\s+(\d+|\d+#[0-9A-Fa-f]+)\s*/([^\s/{}()<>\[\]%]+)\s+put")
_CHARSTRING = re.compile(rb"/([^\s/{}()<>\[\]%]*)\s+(\d+)\s+(?:RD|-\||[^\s/]+)\s")
_SUBR = re.compile(rb"dup\s+(\d+)\s+(\d+)\s+(?:RD|-\||[^\s/]+)\s")
_LEN_IV = re.compile(rb"/lenIV\s+(-?\d+)")
_MATRIX = re.compile(rb"/FontMatrix\s*\[\s*([-+0-9.eE]+)")
_WS = b" \t\r\n"


class Type1Font:
    """A Type 1 program.

    :ivar glyphs: names of all charstrings.
    :ivar encoding: built-in encoding, code → glyph name.
    :raises ValueError: the data is no Type 1 program.
    """

    def __init__(self, data: bytes, limits: Limits) -> None:
        if not data.startswith(b"%!") and b"%!" not in data[:64]:
            raise ValueError("not a Type 1 font")
        at = data.find(b"eexec")
        if at < 0:
            raise ValueError("no eexec section")
        self.limits = limits
        clear = data[:at]
        self.scale = 1.0
        matrix = _MATRIX.search(clear)
        if matrix is not None:
            try:
                self.scale = float(matrix.group(1)) * 1000
            except ValueError:
                self.scale = 1.0
        self.encoding = self._encoding(clear)
        private = self._private(data, at + 5)
        found = _LEN_IV.search(private)
        self.len_iv = int(found.group(1)) if found else 4
        self._charstrings = self._read_charstrings(private)
        self._subrs: dict[int, bytes] | None = None
        self._private_data = private
        self._widths: dict[str, float | None] = {}
        if not self._charstrings:
            raise ValueError("no charstrings")

    @property
    def glyphs(self) -> set[str]:
        """Names of all glyphs, .notdef included."""
        return set(self._charstrings)

    @staticmethod
    def _encoding(clear: bytes) -> dict[int, str]:
        at = clear.find(b"/Encoding")
        if at < 0:
            return {}
        if re.match(rb"/Encoding\s+StandardEncoding", clear[at:]):
            return dict(standard())
        body = clear[at:]
        out: dict[int, str] = {}
        for code, name in _ENCODING.findall(body):
            text = code.decode("ascii")
            if "#" in text:
                base, digits = text.split("#", 1)
                try:
                    number = int(digits, int(base))
                except ValueError:
                    continue
            else:
                number = int(text)
            if number < 256:
                out[number] = name.decode("latin-1")
        return out

    @staticmethod
    def _private(data: bytes, pos: int) -> bytes:
        while pos < len(data) and data[pos : pos + 1] in (b" ", b"\t", b"\r", b"\n"):
            pos += 1
        body = data[pos:]
        if re.match(rb"[0-9A-Fa-f\s]{8}", body):
            digits = re.sub(rb"[^0-9A-Fa-f]", b"", body)
            body = bytes.fromhex(digits[: len(digits) & ~1].decode("ascii"))
        return decrypt(body, 55665, 4)

    @staticmethod
    def _read_charstrings(private: bytes) -> dict[str, bytes]:
        at = private.find(b"/CharStrings")
        out: dict[str, bytes] = {}
        if at < 0:
            return out
        pos = private.find(b"begin", at)
        pos = at + 12 if pos < 0 else pos + 5
        while True:
            match = _CHARSTRING.search(private, pos, pos + 400)
            if match is None:
                return out
            if b"end" in private[pos : match.start()].split():
                return out
            length = int(match.group(2)[:9])
            start = match.end()
            out[match.group(1).decode("latin-1")] = private[start : start + length]
            pos = start + length

    def _load_subrs(self) -> dict[int, bytes]:
        if self._subrs is None:
            self._subrs = {}
            private = self._private_data
            pos = private.find(b"/Subrs")
            stop = private.find(b"/CharStrings")
            while pos >= 0:
                match = _SUBR.search(private, pos, pos + 400)
                if match is None or (0 <= stop < match.start()):
                    break
                length = int(match.group(2)[:9])
                self._subrs[int(match.group(1)[:9])] = private[match.end() : match.end() + length]
                pos = match.end() + length
        return self._subrs

    def has(self, name: str) -> bool:
        """Whether the glyph exists."""
        return name in self._charstrings

    def width(self, name: str) -> float | None:
        """Width in thousandths of text space; ``None`` when the glyph is missing or damaged."""
        if name not in self._widths:
            code = self._charstrings.get(name)
            value = None
            if code is not None:
                value = type1_width(code, {}, self.len_iv, self.limits)
                if value is None:
                    value = type1_width(code, self._load_subrs(), self.len_iv, self.limits)
            self._widths[name] = None if value is None else value * self.scale
        return self._widths[name]
