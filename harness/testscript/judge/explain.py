"""Why a FHIRPath assert is not true: the value that differs, or the first item that breaks the rule.

Only for people: the verdict is decided before anything here runs. Common shapes of the official asserts are
taken apart (``X = literal``, ``X.all(criterion)``, ``X.empty()``, ``X.exists().not()``); for anything else
there is no explanation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from harness.core.errors import HarnessError
from harness.core.text import Phrase, Text
from harness.testscript.judge.bodies import Body, as_text
from harness.testscript.phrases import EMPTY, FIRST, INSTEAD, UNMET, UNWANTED

_COMPARE = re.compile(
    r"(?P<left>.+?)\s*(?P<op>=|<=|>=|<|>|\bin\b)\s*(?P<right>'[^']*'|\d+(?:\.\d+)?|\([^()]*\))\s*$", re.DOTALL
)
_NOTHING = re.compile(
    r"(?P<left>.+?)(?:\.empty\(\)|\.exists\(\)\.not\(\)|\.count\(\)\s*=\s*0)\s*$", re.DOTALL
)
_COUNT_ZERO = re.compile(r"\.count\(\)\s*=\s*0\s*$")


def explain(expression: str, body: Body, now: datetime | date) -> tuple[Phrase, str]:
    """``(what was found, location of the first offender)``, both ``""`` when there is nothing to add."""
    try:
        return _explain(expression.strip(), lambda text: body.evaluate(text, now))
    except (HarnessError, RecursionError):
        return "", ""


def _explain(expression: str, evaluate: Callable[[str], list[Any]]) -> tuple[Phrase, str]:
    split = split_all(expression)
    if split is not None:
        owner, criterion = split
        broken = evaluate(f"{owner}.where(iif({criterion}, false, true))")
        return _items(broken, UNMET) if broken else ("", "")
    nothing = _NOTHING.match(expression)
    if nothing and (not _COUNT_ZERO.search(expression) or not balanced(nothing.group("left"))):
        found = evaluate(nothing.group("left")) if balanced(nothing.group("left")) else []
        return _items(found, UNWANTED) if found else ("", "")
    compare = _COMPARE.match(expression)
    if compare and balanced(compare.group("left")) and not re.search(r"\b(and|or|implies)\b", expression):
        found = evaluate(compare.group("left"))
        text = ", ".join(as_text(item) for item in found[:5]) or EMPTY
        operator, wanted = compare.group("op"), compare.group("right")
        return INSTEAD.format(found=text, operator=operator, wanted=wanted), _place(found)
    return "", ""


def _items(found: list[Any], what: Text) -> tuple[Text, str]:
    place = _place(found)
    return FIRST.format(count=len(found), place=place or as_text(found[0]), what=what), place


def _place(found: list[Any]) -> str:
    place = getattr(found[0], "location", "") if found else ""
    return place if isinstance(place, str) else ""


def balanced(text: str) -> bool:
    """Whether parentheses and quotes are balanced."""
    depth = 0
    for part in re.findall(r"'(?:[^'\\]|\\.)*'|[()']", text):
        if part == "(":
            depth += 1
        elif part == ")":
            depth -= 1
        elif part == "'":
            return False
        if depth < 0:
            return False
    return depth == 0


def split_all(expression: str) -> tuple[str, str] | None:
    """``X.all(criterion)`` as ``(X, criterion)`` when that is the whole expression."""
    if not expression.endswith(")"):
        return None
    for match in re.finditer(r"\s*\.all\(", expression):
        owner, criterion = expression[: match.start()], expression[match.end() : -1]
        if balanced(owner) and balanced(criterion):
            return owner, criterion
    return None
