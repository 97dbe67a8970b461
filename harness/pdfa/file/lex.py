"""Tokens and objects of PDF syntax, read from raw bytes (ISO 32000-1 clause 7.2 and 7.3).

Python values stand for PDF objects: ``None``, ``bool``, ``int``, ``float``, ``str`` for names (one
character per byte, ``#xx`` expanded), ``bytes`` for strings, ``list``, ``dict`` and :class:`Ref`.
What a library would repair silently (odd hex strings, numbers out of range, over-long names) is handed
to a *sink* as ``(fact type, value)`` so that rules can look at it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from harness.pdfa.file.limits import Budget, LimitExceeded

REGULAR = rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]"

SPACE = re.compile(rb"(?:[\x00\t\n\x0c\r ]+|%[^\r\n]*)*")
"""White space and comments."""

Sink = Callable[[str, Any], None]


class Ref(NamedTuple):
    """An indirect reference ``num gen R``."""

    num: int
    gen: int


class Operator(str):
    """A keyword token: an operator in a content stream, or a stray word in an object."""

    __slots__ = ()


class HexFact(NamedTuple):
    """How a hexadecimal string was written: number of characters without white space, only hex digits."""

    digits: int
    only_hex: bool


class SizeFact(NamedTuple):
    """A value whose size or range a limit rule looks at."""

    value: float


TOKEN = re.compile(
    rb"[\x00\t\n\x0c\r ]*(?:"
    rb"/(" + REGULAR + rb"*)"  # 1 name
    rb"|(\d+)[\x00\t\n\x0c\r ]+(\d+)[\x00\t\n\x0c\r ]+R(?!" + REGULAR + rb")"  # 2 3 reference
    rb"|([+-]?\d+)(?!" + REGULAR + rb")"  # 4 integer
    rb"|([+-]*(?:\d+\.\d*|\.\d+)-?\d*)(?!" + REGULAR + rb")"  # 5 real
    rb"|\(([^()\\\r]*)\)"  # 6 plain string
    rb"|(\()"  # 7 string that needs work
    rb"|(<<)"  # 8
    rb"|(>>)"  # 9
    rb"|(\[)"  # 10
    rb"|(\])"  # 11
    rb"|<([^>]*)>"  # 12 hex string
    rb"|(%[^\r\n]*)"  # 13 comment
    rb"|(" + REGULAR + rb"+)"  # 14 word
    rb"|([^\x00\t\n\x0c\r ])"  # 15 anything else
    rb")",
    re.DOTALL,
)

HOLDERS = frozenset({"CosFileSpecification", "AF", "Metadata"})
"""Kinds of facts that are a whole dictionary, by what it holds: where to look, not how it was written."""

WORDS: dict[bytes, Any] = {b"true": True, b"false": False, b"null": None}
"""Words that are values."""

_ESCAPE = {0x6E: 10, 0x72: 13, 0x74: 9, 0x62: 8, 0x66: 12}
_NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_NON_HEX = re.compile(rb"[^0-9A-Fa-f]")
_WS_DELETE = bytes(c for c in range(256) if c in b"\x00\t\n\x0c\r ")
_STRING_STOP = re.compile(rb"[()\\\r]")


def read_string(data: bytes, pos: int, end: int) -> tuple[bytes, int]:
    """The literal string whose ``(`` stands before ``pos``; returns its bytes and the position after ``)``.

    An unclosed string ends at ``end``.
    """
    out = bytearray()
    depth = 1
    while pos < end:
        stop = _STRING_STOP.search(data, pos, end)
        if stop is None:
            out += data[pos:end]
            return bytes(out), end
        at = stop.start()
        out += data[pos:at]
        char = data[at]
        pos = at + 1
        if char == 0x28:
            depth += 1
            out.append(char)
        elif char == 0x29:
            depth -= 1
            if depth == 0:
                return bytes(out), pos
            out.append(char)
        elif char == 0x0D:
            out.append(10)
            if data[pos : pos + 1] == b"\n":
                pos += 1
        else:
            pos = _escape(data, pos, end, out)
    return bytes(out), end


def _escape(data: bytes, pos: int, end: int, out: bytearray) -> int:
    if pos >= end:
        return pos
    char = data[pos]
    if 0x30 <= char <= 0x37:
        value = 0
        stop = min(pos + 3, end)
        while pos < stop and 0x30 <= data[pos] <= 0x37:
            value = value * 8 + data[pos] - 0x30
            pos += 1
        out.append(value & 0xFF)
        return pos
    pos += 1
    if char == 0x0D:
        return pos + 1 if data[pos : pos + 1] == b"\n" else pos
    if char != 0x0A:
        out.append(_ESCAPE.get(char, char))
    return pos


def name_of(raw: bytes) -> str:
    """Name token without its slash, ``#xx`` expanded, one character per byte."""
    if b"#" in raw:
        raw = _NAME_ESCAPE.sub(lambda m: bytes((int(m.group(1), 16),)), raw)
    return raw.decode("latin-1")


def int_of(raw: bytes, sink: Sink) -> int:
    """Integer token; out-of-range values are reported, absurdly large ones cut to 10^40."""
    if len(raw) < 10:
        return int(raw)
    value = int(raw) if len(raw) < 400 else (-(10**40) if raw.startswith(b"-") else 10**40)
    value = max(min(value, 10**40), -(10**40))  # whatever is computed with it stays within a float
    if not -2147483648 <= value <= 2147483647:
        sink("CosInteger", SizeFact(float(value)))
    return value


def real_of(raw: bytes, sink: Sink) -> float:
    """Real token; out-of-range values and those too close to zero are reported."""
    try:
        value = float(raw)
    except ValueError:
        value = _odd_real(raw)
    if value and not 1.175e-38 <= abs(value) <= 32767.0:
        sink("CosReal", SizeFact(value))
    elif not value and len(raw) > 40 and re.search(rb"[1-9]", raw):
        sink("CosReal", SizeFact(5e-324))
    return value


def _odd_real(raw: bytes) -> float:
    """Reals as some writers print them: ``--5.3``, ``0.-35``; what follows a second sign is ignored."""
    sign = -1.0 if raw.startswith(b"-") else 1.0
    body = raw.lstrip(b"+-")
    cut = body.find(b"-")
    if cut >= 0:
        body = body[:cut]
    try:
        return sign * float(body)
    except ValueError:
        return 0.0


def hex_of(raw: bytes, sink: Sink) -> bytes:
    """Bytes of a hexadecimal string; reports odd digit counts and foreign characters."""
    digits = raw.translate(None, _WS_DELETE)
    odd = len(digits) % 2
    try:
        if not odd:
            return bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        pass
    foreign = _NON_HEX.search(digits) is not None
    sink("CosString", HexFact(len(digits), not foreign))
    if foreign:
        digits = _NON_HEX.sub(b"0", digits)
    if len(digits) % 2:
        digits += b"0"
    return bytes.fromhex(digits.decode("ascii"))


def pairs(items: list[Any]) -> dict[str, Any]:
    """A dictionary from keys and values in turn; what has no name as key, or null as value, is left out."""
    return {k: v for k, v in zip(items[::2], items[1::2], strict=False) if type(k) is str and v is not None}


_UNCLOSED = 16


class ObjectReader:
    """Reads one object at a position; iterative, bounded in depth and tokens.

    :ivar broken: set when an array or dictionary was not closed, or holds a stray word.
    """

    def __init__(self, data: bytes, budget: Budget, sink: Sink) -> None:
        self.data = data
        self.budget = budget
        self.sink = sink
        self.broken = False
        self.unclosed = 0

    def read(self, pos: int, end: int) -> tuple[Any, int]:
        """The object at ``pos`` and the position after it; words come back as :class:`Operator`.

        :raises LimitExceeded: nesting or token limits.
        """
        data, sink = self.data, self.sink
        match = TOKEN.match
        limits = self.budget.limits
        stack: list[tuple[str, list[Any]]] = []
        current: list[Any] | None = None
        count = 0
        while True:
            token = match(data, pos, end)
            if token is None:
                self.budget.spend_tokens(count)
                if current is not None:
                    self.broken = True
                    return self._close_all(stack, current), end
                return None, end
            count += 1
            if count & 0x3FFF == 0:
                self.budget.tick()
                if count > limits.object_tokens:
                    raise LimitExceeded("object_tokens")
            kind = token.lastindex or 0
            pos = token.end()
            value: Any
            if kind == 1:
                raw = token.group(1)
                value = name_of(raw) if b"#" in raw else raw.decode("latin-1")
                if len(value) > 127:
                    sink("CosName", SizeFact(len(value)))
            elif kind == 3:
                value = Ref(int(token.group(2)[:18]), int(token.group(3)[:18]))
            elif kind == 4:
                value = int_of(token.group(4), sink)
            elif kind == 5:
                value = real_of(token.group(5), sink)
            elif kind == 6 or kind == 7:
                if kind == 6:
                    value = token.group(6)
                else:
                    value, pos = read_string(data, pos, end)
                    if pos >= end:
                        # an unclosed string reads all that is left: a few are damage, many an attack on time
                        self.unclosed += 1
                        if self.unclosed > _UNCLOSED:
                            raise LimitExceeded("unclosed strings")
                if len(value) > 32767:
                    sink("CosString", SizeFact(len(value)))
            elif kind == 8 or kind == 10:
                if len(stack) >= limits.depth:
                    raise LimitExceeded("depth")
                stack.append(("<<" if kind == 8 else "[", current if current is not None else []))
                current = []
                continue
            elif kind == 9 or kind == 11:
                if current is None:
                    return Operator(token.group(kind).decode("latin-1")), pos
                opened, outer = stack.pop()
                value = self._build(opened, current)
                current = outer
                if not stack:
                    self.budget.spend_tokens(count)
                    return value, pos
                current.append(value)
                continue
            elif kind == 12:
                value = hex_of(token.group(12), sink)
                if len(value) > 32767:
                    sink("CosString", SizeFact(len(value)))
            elif kind == 13:
                continue
            else:
                raw = token.group(kind)
                if raw == b"true":
                    value = True
                elif raw == b"false":
                    value = False
                elif raw == b"null":
                    value = None
                elif current is not None and raw in (b"endobj", b"stream", b"endstream"):
                    self.budget.spend_tokens(count)
                    self.broken = True
                    return self._close_all(stack, current), token.start(kind)
                else:
                    value = Operator(raw.decode("latin-1"))
                    self.broken = self.broken or current is not None
            if current is None:
                self.budget.spend_tokens(count)
                return value, pos
            current.append(value)

    def _build(self, opened: str, items: list[Any]) -> Any:
        if opened == "[":
            if len(items) > 8191:
                self.sink("CosArray", SizeFact(len(items)))
            return items
        result: dict[str, Any] = {}
        index, last = 0, len(items)
        while index < last:
            key = items[index]
            if type(key) is str:
                value = items[index + 1] if index + 1 < last else None
                if value is not None:
                    result[key] = value
                index += 2
            else:
                self.broken = True
                index += 1
        if "EF" in result or result.get("Type") in ("Filespec", "F"):
            self.sink("CosFileSpecification", result)
        if "AF" in result:
            self.sink("AF", result)
        if "Metadata" in result:
            self.sink("Metadata", result)
        if len(result) > 4095:
            self.sink("CosDict", SizeFact(len(result)))
        return result

    def _close_all(self, stack: list[tuple[str, list[Any]]], current: list[Any]) -> Any:
        value: Any = None
        while stack:
            opened, outer = stack.pop()
            value = self._build(opened, current)
            current = outer
            current.append(value)
        return value
