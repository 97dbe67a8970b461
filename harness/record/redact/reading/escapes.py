"""Escapes of URLs, JSON, XML, HTML and mail, and the characters that look like others, read in one pass."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from typing import Final

from harness.record.redact.reading.spans import ESCAPED, MARKUP, Reading, rewritten

_ESCAPE: Final = re.compile(
    r"[%\\&=\x80-\U0010ffff](?:"
    r"(?<=%)[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2}){0,999}+"
    r"|(?<=\\)(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[/\"\\nrt])"
    r"|(?<=&)(?:#[0-9]{1,7};?|#[xX][0-9A-Fa-f]{1,6};?|[A-Za-z]{2,8};)"
    r"|(?<==)3[0-9](?:=3[0-9])++"
    r"|(?<=[^\x00-\x7f]))"
)
"""Begins with a set of characters, so that most of a text is skipped quickly."""
_TAG: Final = re.compile(r"<!--.{0,2000}?-->|</?[A-Za-z][^<>]{0,2000}>", re.S)
_BLOCK: Final = re.compile(r"</?(?:br|p|div|li|ul|ol|tr|td|th|table|h[1-6])\b", re.I)
_REMEMBERED: Final = 100
_SHORT: Final = {"n": "\n", "r": "\r", "t": "\t"}


def unescaped(reading: Reading) -> Reading | None:
    """One level of escapes less; ``None`` when there is none."""
    return rewritten(reading, ESCAPED, (_ESCAPE, _said))


def without_markup(reading: Reading) -> Reading | None:
    """The text between tags; ``None`` when there are none. A tag that breaks a line leaves a blank."""
    if "<" not in reading.text:
        return None
    return rewritten(reading, MARKUP, (_TAG, _left))


def _said(escape: re.Match[str]) -> str:
    found = escape.group()
    return _read(found) if len(found) <= _REMEMBERED else _meant(found)


def _left(tag: re.Match[str]) -> str:
    return _gap(tag.group())


@lru_cache(maxsize=1024)
def _gap(tag: str) -> str:
    """What a tag leaves: a blank where it breaks the line."""
    return " " if _BLOCK.match(tag) else ""


@lru_cache(maxsize=4096)
def _read(escape: str) -> str:
    """:func:`_meant` of one that is short: those of words come back again and again."""
    return _meant(escape)


def _meant(escape: str) -> str:
    """What an escape stands for; itself when it stands for nothing."""
    first = escape[0]
    if first == "%":
        return _bytes(bytes.fromhex(escape.replace("%", "")))
    if first == "=":
        return escape.replace("=3", "")
    if first == "\\":
        rest = escape[1:]
        return chr(int(rest[1:], 16)) if rest[0] in "ux" else _SHORT.get(rest, rest)
    if first == "&":
        return html.unescape(escape)
    return _alike(escape)


def _bytes(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _alike(char: str) -> str:
    """The plain character that another one looks like; nothing for one that is not seen."""
    kind = unicodedata.category(char)
    if kind == "Nd":
        return str(unicodedata.digit(char))
    if kind == "Cf":
        return ""
    if kind == "Zs":
        return " "
    return "-" if kind == "Pd" or char == "\u2212" else char
