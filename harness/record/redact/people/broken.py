"""Bodies that no parser reads: cut short, doubled, of no format. What cannot be understood is not kept.

What looks like JSON or XML keeps its brackets, its names and what is never personal, so that a judge sees
what is wrong with it; every other word becomes a tag. Anything else becomes one tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from harness.core.run.exchanges import UNREADABLE
from harness.record.redact.people.documents import Tag
from harness.record.redact.people.members import kept
from harness.record.redact.recognise import decode, encode

_JSON: Final = re.compile(
    r'(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+"?)(?P<colon>\s*:)?|(?P<other>[^\s"{}\[\]:,]+)|[\s{}\[\]:,]+', re.S
)
_XML: Final = re.compile(
    r"(?P<comment><!--.*?(?:-->|\Z)|<\?(?!xml\s).*?(?:\?>|\Z)|<!.*?(?:>|\Z))|(?P<tag><[^<>]*>?)|(?P<text>[^<]+)",
    re.S,
)
_ATTRIBUTE: Final = re.compile(
    r"([\w:.-]+)(\s*=\s*)(?:\"([^\"]*)(\"?)|'([^']*)('?))|([^\s\"'=<>/?]+)|[\s\"'=<>/?]", re.S
)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z:_.-]{0,63}", re.ASCII)
"""A name of an element: never a word with digits."""
_LITERAL: Final = re.compile(r"true|false|null|-?[0-9]{1,8}(?:\.[0-9]{1,8})?", re.ASCII)
_SPACE: Final = "http://www.w3.org/"


def masked_broken(body: bytes, tag: Tag) -> bytes:
    """A body that cannot be read as what it seems to be, without anything that could identify."""
    text = decode(body)
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start in ("{", "["):
        return encode("".join(_masked_json(text, tag)))
    if start == "<":
        return encode("".join(_masked_xml(text, tag)))
    return encode(tag(text, UNREADABLE))


def _masked_json(text: str, tag: Tag) -> Iterator[str]:
    key = ""
    for match in _JSON.finditer(text):
        string, other = match["string"], match["other"]
        if string is None:
            known = other is None or _LITERAL.fullmatch(other)
            yield match.group() if known else tag(other, UNREADABLE)
            continue
        ended = len(string) > 1 and string.endswith('"')
        value = string[1:-1] if ended else string[1:]
        if match["colon"] is not None:
            key = value
            stays = _NAME.fullmatch(value) is not None
        else:
            stays = not value or kept(key, value)
        shown = value if stays else tag(value, UNREADABLE)
        yield f'"{shown}{chr(34) if ended else ""}{match["colon"] or ""}'


def _masked_xml(text: str, tag: Tag) -> Iterator[str]:
    for match in _XML.finditer(text):
        if match["comment"] is not None:
            continue
        if match["text"] is not None:
            words = match["text"]
            yield words if not words.strip() else tag(words, UNREADABLE)
            continue
        element = _element(match["tag"])
        yield "".join(_masked_tag(match["tag"], element, tag))


def _element(text: str) -> str:
    found = _NAME.match(text.lstrip("</? "))
    return found.group() if found else ""


def _masked_tag(text: str, element: str, tag: Tag) -> Iterator[str]:
    for match in _ATTRIBUTE.finditer(text):
        name, equals, double, double_end, single, single_end, word = match.groups()
        if name is None:
            stays = word is None or word == element
            yield match.group() if stays else tag(word, UNREADABLE)
            continue
        value, quote, end = (double, '"', double_end) if double is not None else (single, "'", single_end)
        key = element if name == "value" else name
        known = not value or kept(key, value) or (name.startswith("xmlns") and value.startswith(_SPACE))
        known = known or element == "xml"
        shown = value if known else tag(value, UNREADABLE)
        yield f"{name if _NAME.fullmatch(name) else tag(name, UNREADABLE)}{equals}{quote}{shown}{end}"
