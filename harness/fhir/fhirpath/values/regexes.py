"""Regular expressions of others: Java (hapi) or ECMAScript (strict) syntax, run by RE2 in linear time."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

from harness.fhir.fhirpath.errors import evaluation_error, unsupported_error
from harness.fhir.phrases import CHARACTERS, LINEAR_PATTERN, PATTERN

MAX_PATTERN = 10_000
_MEMORY = 8 << 20
_CLASSES = {
    "Alpha": "[:alpha:]", "Lower": "[:lower:]", "Upper": "[:upper:]", "Digit": "[:digit:]",
    "Alnum": "[:alnum:]",
    "Punct": "[:punct:]", "Space": "[:space:]", "XDigit": "[:xdigit:]", "ASCII": "[:ascii:]",
    "Blank": "[:blank:]",
    "Cntrl": "[:cntrl:]", "Graph": "[:graph:]", "Print": "[:print:]",
}  # fmt: skip
_TOKEN = re.compile(
    r"\\(?:p\{(\w+)\}|u([0-9a-fA-F]{4})|(.))|(\[\^?\]?)|(\])|(\(\?<(?![=!]))|([*+?}])(\+)", re.DOTALL
)


def translate(pattern: str) -> str:
    """A Java or ECMAScript pattern in RE2's syntax: POSIX classes, ``\\uXXXX``, ``\\Z``, named groups,
    possessive marks.

    A possessive quantifier becomes a greedy one; RE2 never backtracks anyway.
    """
    inside = False

    def one(match: re.Match[str]) -> str:
        nonlocal inside
        posix, code, escaped, opening, closing, named, quantifier = match.groups()[:7]
        if posix:
            known = _CLASSES.get(posix)
            return match.group() if known is None else known if inside else f"[{known}]"
        if code:
            return f"\\x{{{code}}}"
        if escaped:
            if escaped == "Z":
                return "\\n?\\z" if not inside else "Z"
            if escaped == "h":
                return " \\t" if inside else "[ \\t]"
            return (
                escaped
                if escaped in "'\"/-_#%&,:;<=>@`~ !" and not (inside and escaped == "-")
                else match.group()
            )
        if opening:
            if inside:
                return "\\[" + opening[1:]
            inside = True
            return opening
        if closing:
            inside = False
            return closing
        if named:
            return "(?P<" if not inside else match.group()
        return match.group() if inside else str(quantifier)

    return _TOKEN.sub(one, pattern)


@lru_cache(maxsize=512)
def compiled(pattern: str, flags: str = "") -> Any:
    """The compiled pattern; ``.`` also matches line ends.

    :param flags: ``i`` (ignore case) and ``m`` (``^`` and ``$`` per line).
    :raises FHIRPathError: for a pattern that is wrong or that linear time cannot do (look-around, back
        references).
    """
    if len(pattern) > MAX_PATTERN or flags.strip("im"):
        raise unsupported_error(
            "dit reguliere-expressiepatroon kan niet",
            "this regular expression cannot be used",
            expected=PATTERN.format(count=MAX_PATTERN),
            received=f"{pattern[:80]} {flags}",
        )
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        # (?s) and (?m) go into the pattern; RE2 anchors \A and \z by itself
        return re2.compile("(?s" + flags + ")" + translate(pattern), options)
    except re2.error as error:
        raise unsupported_error(
            "dit reguliere-expressiepatroon wordt niet ondersteund",
            "this regular expression is not supported",
            expected=LINEAR_PATTERN,
            received=f"{pattern[:100]} ({error.args[0] if error.args else ''})",
        ) from error


def search(pattern: str, text: str, flags: str = "") -> bool:
    """Whether the pattern matches somewhere in the text."""
    return compiled(pattern, flags).search(text) is not None


def full(pattern: str, text: str, flags: str = "") -> bool:
    """Whether the pattern matches the whole text."""
    return compiled(pattern, flags).fullmatch(text) is not None


def replace(pattern: str, text: str, replacement: str, *, java: bool, limit: int) -> str:
    """All matches replaced; ``$1`` (and ``${name}``, or ``$&`` and ``$$`` in ECMAScript) stand for what
    matched.

    :raises FHIRPathError: when the result is longer than ``limit`` or a group does not exist (Java).
    """
    parts = _template(replacement, java)
    out: list[str] = []
    at = size = 0
    for match in compiled(pattern).finditer(text):
        out.append(text[at : match.start()])
        for part in parts:
            out.append(part if isinstance(part, str) else _group(match, part, java))
        at = match.end()
        size += sum(len(p) for p in out[-len(parts) - 1 :])
        if size > limit:
            raise evaluation_error(
                "de tekst wordt te lang", "the text gets too long", expected=CHARACTERS.format(count=limit)
            )
    out.append(text[at:])
    return "".join(out)


def _group(match: Any, number: int, java: bool) -> str:
    if number > match.re.groups:
        if java:
            raise evaluation_error(f"groep ${number} bestaat niet", f"there is no group ${number}")
        return f"${number}"
    return match.group(number) or ""


@lru_cache(maxsize=256)
def _template(replacement: str, java: bool) -> tuple[str | int, ...]:
    mark = r"\\(.)|\$(\d)" if java else r"\$(?:(\$)|(\d{1,2})|(&))"
    parts: list[str | int] = []
    at = 0
    for match in re.finditer(mark, replacement, re.DOTALL):
        parts.append(replacement[at : match.start()])
        if match.group(1) is not None:
            parts.append(match.group(1))
        elif match.group(2) is not None:
            parts.append(int(match.group(2)))
        else:
            parts.append(0)
        at = match.end()
    parts.append(replacement[at:])
    return tuple(part for part in parts if part != "")
