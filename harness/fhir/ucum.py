"""Whether a text is a UCUM unit: the grammar of UCUM with its table of unit symbols.

::

    check("mm[Hg]")      # Unit.GOOD
    check("mmHg")        # Unit.UNKNOWN: UCUM has no such unit
    check("{stuks per dag}")   # Unit.ODD: a space in an annotation; libraries in use take it

UCUM, sections 2 (grammar), 3 and 4 (tables). The symbols, which of them take a prefix, and the prefixes are
data (``data/ucum.json``). What units are worth: :mod:`harness.fhir.fhirpath.values.ucum`.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cache, lru_cache

import msgspec

from harness.fhir.model.types import DATA

MAX_LENGTH = 500
"""Characters of the longest text that is read; a longer one is no unit."""


class Unit(Enum):
    """What a text is: a unit, one with an annotation that UCUM does not allow but libraries read, or none."""

    GOOD = "good"
    ODD = "odd"
    UNKNOWN = "unknown"


class _Table(msgspec.Struct, frozen=True):
    """Prefixes, the symbols that take one, and those that do not."""

    prefixes: frozenset[str]
    metric: frozenset[str]
    plain: frozenset[str]


@cache
def _table() -> _Table:
    return msgspec.json.decode((DATA / "ucum.json").read_bytes(), type=_Table)


_TOKEN = re.compile(
    r"(?P<note>\{[^{}]*\})|(?P<mark>[./()])|"
    r"(?P<unit>(?:\[[\x21-\x5a\x5c\x5e-\x7e]*\]|10[*^]|[A-Za-z%*^_\x27\x22]|[0-9]+(?=[^0-9./(){}+-]))+"
    r"(?:[+-]?[0-9]+)?|[0-9]+)"
)
_EXPONENT = re.compile(r"(.*?[^0-9+-])[+-]?[0-9]+", re.DOTALL).fullmatch
_ANNOTATION = re.compile(r"\{[\x21-\x7a\x7c\x7e]*\}").fullmatch


@lru_cache(maxsize=4096)
def check(text: str) -> Unit:
    """What ``text`` is; an empty text is no unit."""
    if not text or len(text) > MAX_LENGTH:
        return Unit.UNKNOWN
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return Unit.UNKNOWN
        tokens.append((str(match.lastgroup), match.group()))
        at = match.end()
    reader = _Reader(tokens)
    if not reader.whole():
        return Unit.UNKNOWN
    return Unit.ODD if reader.odd else Unit.GOOD


class _Reader:
    """Reads tokens by the grammar: ``main = ["/"] term``, ``term = component {("." | "/") component}``."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.at = 0
        self.odd = False

    def whole(self) -> bool:
        """Whether all tokens are one unit."""
        self._take("/")
        depth = 0
        while True:
            while self._take("("):
                depth += 1
            if not self._component():
                return False
            while depth and self._take(")"):
                depth -= 1
                self._notes()
            if self.at == len(self.tokens):
                return depth == 0
            if not (self._take(".") or self._take("/")):
                return False

    def _take(self, mark: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] == ("mark", mark):
            self.at += 1
            return True
        return False

    def _component(self) -> bool:
        """A number, a unit with or without annotation, or an annotation alone."""
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "unit":
            if not _known(self.tokens[self.at][1]):
                return False
            self.at += 1
            return self._notes() is not None
        return bool(self._notes())

    def _notes(self) -> int | None:
        """Reads annotations; how many, ``None`` when one has what is no text at all."""
        count = 0
        while self.at < len(self.tokens) and self.tokens[self.at][0] == "note":
            note = self.tokens[self.at][1]
            if not note.isascii():
                return None
            count += 1
            self.at += 1
            self.odd = self.odd or count > 1 or _ANNOTATION(note) is None
        return count


def _known(symbol: str) -> bool:
    """Whether a simple unit (with an exponent, perhaps) is in the table."""
    table = _table()
    if symbol.isdigit():
        return True
    if _simple(symbol, table):
        return True
    match = _EXPONENT(symbol)
    return match is not None and _simple(match.group(1), table)


def _simple(symbol: str, table: _Table) -> bool:
    if symbol in table.metric or symbol in table.plain:
        return True
    return any(symbol[:size] in table.prefixes and symbol[size:] in table.metric for size in (1, 2))
