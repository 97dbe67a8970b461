"""The syntax tree of FHIRPath, and how a tree is written as text again.

Nodes are immutable and comparable; ``at`` (the index of the token that a runtime error points to) takes no
part in comparisons. A path is flat: ``a.b(x)[0]`` is one :class:`Path` with a head and three steps, so that
long paths cost no recursion.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal as Choice
from typing import TypeAlias

LiteralKind = Choice["boolean", "string", "integer", "long", "decimal", "date", "dateTime", "time"]


@dataclass(frozen=True, slots=True)
class Empty:
    """``{}``."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal. ``text`` is its content: unescaped for strings, without ``@`` (and ``T``) for dates and
    times."""

    kind: LiteralKind
    text: str


@dataclass(frozen=True, slots=True)
class QuantityLiteral:
    """``10 'mg'`` or ``4 days``; ``unit`` without quotes, ``calendar`` when it was written as a word."""

    value: Decimal
    unit: str
    calendar: bool


@dataclass(frozen=True, slots=True)
class Variable:
    """``%name``."""

    name: str
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class Special:
    """``$this``, ``$index`` or ``$total`` (name without the dollar sign)."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """An element name; ``quoted`` when it was written between backquotes."""

    name: str
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function call; sort arguments written with ``desc`` are wrapped in :class:`Descending`."""

    name: str
    args: tuple[Expr, ...]
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class Descending:
    """``expression desc`` as an argument of ``sort``."""

    operand: Expr


@dataclass(frozen=True, slots=True)
class Indexer:
    """``[index]``."""

    index: Expr


@dataclass(frozen=True, slots=True)
class Path:
    """A head followed by at least one step."""

    head: Expr
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """``+x`` or ``-x``."""

    operator: str
    operand: Expr
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """An infix operator."""

    operator: str
    left: Expr
    right: Expr
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class TypeTest:
    """``x is T`` or ``x as T``; ``type`` is the name as written, dots included."""

    operator: str
    operand: Expr
    type: str
    at: int = field(default=-1, compare=False)


Step: TypeAlias = "Member | Call | Indexer | Special"
Term: TypeAlias = "Empty | Literal | QuantityLiteral | Variable | Special | Member | Call"
Expr: TypeAlias = "Term | Descending | Path | Unary | Binary | TypeTest"

PRECEDENCE: dict[str, int] = {
    "implies": 1, "or": 2, "xor": 2, "and": 3, "in": 4, "contains": 4, "=": 5, "~": 5, "!=": 5, "!~": 5,
    "<": 6, "<=": 6, ">": 6, ">=": 6, "|": 7, "is": 8, "as": 8, "+": 9, "-": 9, "&": 9,
    "*": 10, "/": 10, "div": 10, "mod": 10,
}  # fmt: skip
"""Binding power of the infix operators; all associate to the left (FHIRPath N1, section 6.8)."""

UNARY = 11
POSTFIX = 12

KEYWORDS = frozenset(
    [
        "and",
        "or",
        "xor",
        "implies",
        "div",
        "mod",
        "in",
        "contains",
        "is",
        "as",
        "true",
        "false",
        "asc",
        "desc",
    ]
)
CALENDAR_WORDS = frozenset(
    word + end
    for word in ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")
    for end in ("", "s")
)
_ESCAPES = {"\\": "\\\\", "'": "\\'", "`": "\\`", "\r": "\\r", "\n": "\\n", "\t": "\\t", "\f": "\\f"}


def quote(text: str, mark: str = "'") -> str:
    """``text`` as a FHIRPath string literal (or, with a backquote as ``mark``, a delimited identifier)."""
    return mark + "".join(_ESCAPES.get(c, c) if c not in "'`" or c == mark else c for c in text) + mark


def identifier(name: str) -> str:
    """``name`` as it must be written in an expression, between backquotes when it is not a plain word."""
    plain = name.isascii() and name.isidentifier() and name not in KEYWORDS and name not in CALENDAR_WORDS
    return name if plain else quote(name, "`")


def unparse(expr: Expr | Step, power: int = 0) -> str:
    """The text of a tree; parsing it gives an equal tree.

    :param power: binding power of the surroundings; parentheses are written when the tree binds less.
    """
    if isinstance(expr, Path):
        text = unparse(expr.head, POSTFIX)
        for step in expr.steps:
            text += unparse(step) if isinstance(step, Indexer) else "." + unparse(step)
        return text
    if isinstance(expr, Binary):
        own = PRECEDENCE[expr.operator]
        # a left-nested chain is walked, not recursed into: `in ('a' | 'b' | …)` may hold hundreds of items
        parts: list[str] = []
        left: Expr = expr
        while isinstance(left, Binary) and PRECEDENCE[left.operator] == own:
            parts += [unparse(left.right, own + 1), left.operator]
            left = left.left
        parts.append(unparse(left, own))
        text = " ".join(reversed(parts))
        return f"({text})" if own < power else text
    if isinstance(expr, TypeTest):
        own = PRECEDENCE[expr.operator]
        name = ".".join(identifier(part) for part in expr.type.split("."))
        text = f"{unparse(expr.operand, own)} {expr.operator} {name}"
        return f"({text})" if own < power else text
    if isinstance(expr, Unary):
        text = expr.operator + unparse(expr.operand, UNARY)
        return f"({text})" if power > UNARY else text
    return _unparse_term(expr, power)


def _unparse_term(expr: Expr | Step, power: int) -> str:
    if isinstance(expr, Member):
        return identifier(expr.name)
    if isinstance(expr, Call):
        return f"{identifier(expr.name)}({', '.join(unparse(a) for a in expr.args)})"
    if isinstance(expr, Descending):
        return unparse(expr.operand) + " desc"
    if isinstance(expr, Indexer):
        return f"[{unparse(expr.index)}]"
    if isinstance(expr, Special):
        return "$" + expr.name
    if isinstance(expr, Variable):
        return "%" + identifier(expr.name)
    if isinstance(expr, QuantityLiteral):
        return f"{expr.value:f} {expr.unit if expr.calendar else quote(expr.unit)}"
    if isinstance(expr, Literal):
        if expr.kind == "string":
            return quote(expr.text)
        if expr.kind in ("date", "dateTime"):
            return "@" + expr.text
        if expr.kind == "time":
            return "@T" + expr.text
        text = expr.text + ("L" if expr.kind == "long" else "")
        return f"({text})" if power > POSTFIX else text
    return "{}"
