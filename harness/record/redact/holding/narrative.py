"""Narratives: the words of an XHTML text go, its elements stay, so that a judge sees what they are."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Final

_PIECE: Final = re.compile(r"<!--.*?(?:-->|\Z)|<[^<>]*>|[^<]+", re.S)
_SAYING: Final = re.compile(r"(\s(?:title|alt|href|src|name|summary|abbr)\s*=\s*)(\"[^\"]*\"|'[^']*')", re.I)
"""Attributes of XHTML that say something to a reader, or lead somewhere."""


def without_words(div: str, keeps: Callable[[str], bool], tag: Callable[[str], str]) -> str:
    """A narrative without the texts that may not stay.

    :param div: XHTML as it is written.
    :param keeps: whether a text may stay; ``tag`` is what takes its place.
    """

    def said(text: str) -> str:
        plain = html.unescape(text)
        if not plain.strip() or keeps(plain):
            return text
        return text.replace(text.strip(), tag(plain.strip()), 1)

    def attribute(match: re.Match[str]) -> str:
        quote = match.group(2)[0]
        return f"{match.group(1)}{quote}{said(match.group(2)[1:-1])}{quote}"

    def piece(match: re.Match[str]) -> str:
        text = match.group()
        if text.startswith("<!--"):
            return f"<!-- {tag(text[4:-3].strip())} -->"
        return _SAYING.sub(attribute, text) if text.startswith("<") else said(text)

    return _PIECE.sub(piece, div)
