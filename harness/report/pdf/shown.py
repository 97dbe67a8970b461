"""Text of strangers made fit to be printed: what the fonts cannot show, or what would show otherwise than it
is, stands there as its number (``⟨U+202E⟩``); long words may break.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

LONGEST: Final = 1500
"""Characters of one text; the evidence holds the whole of it."""
UNBROKEN: Final = 18
"""Characters of a word that stay together."""
BREAK: Final = "\u200b"
"""Where a line may end; it is not seen."""
GLYPHS: Final = Path(__file__).parent / "glyphs.json"
"""Ranges of code points that the fonts of Typst have a glyph for; ``scripts/glyphs.py`` writes it."""
_WORD: Final = re.compile(rf"\S{{{UNBROKEN + 1},}}")
_PIECE: Final = re.compile(rf"[^/.?&=_,;:+-]{{1,{UNBROKEN}}}[/.?&=_,;:+-]?|[/.?&=_,;:+-]")


@cache
def _glyphs() -> frozenset[int]:
    ranges = msgspec.json.decode(GLYPHS.read_bytes(), type=list[tuple[int, int]])
    return frozenset(number for first, last in ranges for number in range(first, last + 1))


def printable(text: str) -> str:
    """A text as it can stand on paper."""
    plain = unicodedata.normalize("NFC", text)
    if len(plain) > LONGEST:
        plain = f"{plain[:LONGEST]}… (+{len(plain) - LONGEST})"
    known = _glyphs()
    seen = "".join(_one(sign, known) for sign in plain)
    return _WORD.sub(lambda found: BREAK.join(_PIECE.findall(found.group())), seen)


def _one(sign: str, known: frozenset[int]) -> str:
    if sign in "\n\t\xa0":
        return " "
    return sign if ord(sign) in known else f"⟨U+{ord(sign):04X}⟩"


def all_printable(value: Any) -> Any:
    """Every text of a document of lists and mappings made fit; the names of mappings are ours."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list | tuple):
        return [all_printable(item) for item in value]
    if isinstance(value, dict):
        return {name: all_printable(item) for name, item in value.items()}
    return value
