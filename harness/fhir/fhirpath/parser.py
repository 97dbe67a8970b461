"""Text -> syntax tree: a one-pass lexer and a Pratt parser (FHIRPath N1 grammar with its STU additions).

The lexer only cuts the text; positions are computed when an error needs one. Nesting and length are
limited, so hostile text ends in :class:`FHIRPathSyntaxError`, never in a crash.
"""

from __future__ import annotations

import re
from decimal import Decimal

from harness.core.text import Phrase
from harness.fhir.fhirpath.errors import FHIRPathSyntaxError
from harness.fhir.fhirpath.syntax import (
    CALENDAR_WORDS,
    PRECEDENCE,
    UNARY,
    Binary,
    Call,
    Descending,
    Empty,
    Expr,
    Indexer,
    Literal,
    Member,
    Path,
    QuantityLiteral,
    Special,
    Step,
    TypeTest,
    Unary,
    Variable,
)
from harness.fhir.phrases import (
    A_TERM,
    AT_MOST,
    CHARACTERS,
    ELEMENT_OR_FUNCTION,
    END,
    LEVELS,
    OPERATOR_OR_END,
    SPECIAL,
    TYPE_NAME,
    VARIABLE_NAME,
)

MAX_LENGTH = 100_000
"""Longest expression (characters)."""
MAX_DEPTH = 80
"""Deepest nesting of parentheses, arguments and right operands."""

_SKIP = r"(?:[ \t\r\n]+|//[^\r\n]*|/\*(?:[^*]|\*(?!/))*\*/)*"
_DATE = r"\d{4}(?:-\d\d(?:-\d\d)?)?"
_TIME = r"\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?"
_TOKEN = (
    r"[A-Za-z_][A-Za-z0-9_]*"
    r"|'(?:[^'\\]|\\.)*'"
    r"|`(?:[^`\\]|\\.)*`"
    rf"|@T{_TIME}|@{_DATE}(?:T(?:{_TIME}(?:Z|[+-]\d\d:\d\d)?)?)?"
    r"|\d+(?:\.\d+|L\b)?"
    r"|\$[a-z]+|<=|>=|!=|!~|[-+*/&|=~<>.,()\[\]{}%]"
    r"|."
)
_LEX = re.compile(rf"{_SKIP}({_TOKEN}|\Z)", re.DOTALL)
_UNESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_CONTROL = {"r": "\r", "n": "\n", "t": "\t", "f": "\f"}
_WORD = re.compile(r"[A-Za-z_`]")
_RESERVED = frozenset({"and", "or", "xor", "implies", "div", "mod", "true", "false"})


def unescape(text: str) -> str:
    """Content of a string or delimited identifier without its marks, escapes replaced."""
    if "\\" not in text:
        return text

    def one(match: re.Match[str]) -> str:
        found: str = match.group(1)
        return chr(int(found[1:], 16)) if len(found) == 5 else _CONTROL.get(found, found)

    return _UNESCAPE.sub(one, text)


def position_of(expression: str, token: int) -> int:
    """0-based offset of token number ``token`` (as counted by the parser)."""
    for number, match in enumerate(_LEX.finditer(expression)):
        if number == token:
            return match.start(1)
    return len(expression)


def parse(expression: str) -> Expr:
    """The syntax tree of ``expression``.

    :raises FHIRPathSyntaxError: with the position and what was expected there.
    """
    if len(expression) > MAX_LENGTH:
        raise FHIRPathSyntaxError(
            expression[:100],
            0,
            AT_MOST.format(what=CHARACTERS.format(count=MAX_LENGTH)),
            CHARACTERS.format(count=len(expression)),
        )
    parser = _Parser(expression)
    tree = parser.expression(0)
    if parser.token:
        raise parser.error(OPERATOR_OR_END)
    return tree


class _Parser:
    """Recursive descent over the token list; ``""`` marks the end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str] = _LEX.findall(text)
        self.tokens.append("")
        self.at = 0
        self.token = self.tokens[0]
        self.depth = 0

    def advance(self) -> None:
        self.at += 1
        self.token = self.tokens[self.at] if self.at < len(self.tokens) else ""

    def error(self, expected: Phrase) -> FHIRPathSyntaxError:
        position = position_of(self.text, self.at)
        return FHIRPathSyntaxError(self.text, position, expected, self.token or END)

    def expect(self, token: str) -> None:
        if self.token != token:
            raise self.error(f"'{token}'")
        self.advance()

    def expression(self, power: int) -> Expr:
        """An expression whose operators all bind stronger than ``power``."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(AT_MOST.format(what=LEVELS.format(count=MAX_DEPTH)))
        if self.token in ("+", "-"):
            operator, at = self.token, self.at
            self.advance()
            left: Expr = Unary(operator, self.expression(UNARY - 1), at)
        else:
            left = self.postfix()
        while True:
            operator = self.token
            own = PRECEDENCE.get(operator, 0)
            if own <= power:
                break
            at = self.at
            self.advance()
            if operator == "is" or operator == "as":
                left = TypeTest(operator, left, self.type_name(), at)
            else:
                left = Binary(operator, left, self.expression(own), at)
        self.depth -= 1
        return left

    def type_name(self) -> str:
        parts = [self.name(TYPE_NAME)]
        while self.token == "." and _WORD.match(self.tokens[self.at + 1]):
            self.advance()
            parts.append(self.name(TYPE_NAME))
        return ".".join(parts)

    def name(self, expected: Phrase) -> str:
        token = self.token
        if not token or not _WORD.match(token) or token in _RESERVED or token == "`":
            raise self.error(expected)
        self.advance()
        return unescape(token[1:-1]) if token[0] == "`" else token

    def postfix(self) -> Expr:
        head = self.term()
        steps: list[Step] = []
        while True:
            if self.token == ".":
                self.advance()
                steps.append(self.invocation())
            elif self.token == "[":
                self.advance()
                steps.append(Indexer(self.expression(0)))
                self.expect("]")
            else:
                break
        if not steps:
            return head
        if isinstance(head, Path):
            return Path(head.head, head.steps + tuple(steps))
        return Path(head, tuple(steps))

    def invocation(self) -> Member | Call | Special:
        if self.token[:1] == "$":
            return self.special()
        at = self.at
        name = self.name(ELEMENT_OR_FUNCTION)
        if self.token != "(":
            return Member(name, at)
        self.advance()
        args: list[Expr] = []
        if self.token != ")":
            args.append(self.argument(name))
            while self.token == ",":
                self.advance()
                args.append(self.argument(name))
        self.expect(")")
        return Call(name, tuple(args), at)

    def argument(self, function: str) -> Expr:
        value = self.expression(0)
        if function == "sort" and self.token in ("asc", "desc"):
            if self.token == "desc":
                value = Descending(value)
            self.advance()
        return value

    def special(self) -> Special:
        name = self.token[1:]
        if name not in ("this", "index", "total"):
            raise self.error(SPECIAL)
        self.advance()
        return Special(name)

    def term(self) -> Expr:
        token = self.token
        first = token[:1]
        if first == "'" and len(token) > 1:
            self.advance()
            return Literal("string", unescape(token[1:-1]))
        if first.isdigit():
            return self.number()
        if token == "true" or token == "false":
            self.advance()
            return Literal("boolean", token)
        if first == "$":
            return self.special()
        if first == "@" and len(token) > 1:
            self.advance()
            if token[1] == "T":
                return Literal("time", token[2:])
            return Literal("dateTime" if "T" in token else "date", token[1:])
        if token == "(":
            self.advance()
            inner = self.expression(0)
            self.expect(")")
            return inner
        if token == "{":
            self.advance()
            self.expect("}")
            return Empty()
        if token == "%":
            at = self.at
            self.advance()
            if self.token[:1] == "'" and len(self.token) > 1:
                name = unescape(self.token[1:-1])
                self.advance()
                return Variable(name, at)
            return Variable(self.name(VARIABLE_NAME), at)
        if first and (first.isalpha() or first in "_`"):
            return self.invocation()
        raise self.error(A_TERM)

    def number(self) -> Expr:
        token = self.token
        self.advance()
        if token[-1] == "L":
            return Literal("long", token[:-1])
        unit = self.token
        if unit in CALENDAR_WORDS:
            self.advance()
            return QuantityLiteral(Decimal(token), unit, calendar=True)
        if unit[:1] == "'" and len(unit) > 1:
            self.advance()
            return QuantityLiteral(Decimal(token), unescape(unit[1:-1]), calendar=False)
        return Literal("decimal" if "." in token else "integer", token)
