"""Bodies that no parser reads: cut short, doubled, of no format. What cannot be understood is not kept.

What looks like JSON or XML keeps its brackets, its names and what is never personal, so that a judge sees
what is wrong with it; every other word becomes a tag. Anything else becomes one tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from harness.core.run.exchanges import UNREADABLE
from harness.record.redact.documents.parts import Tag
from harness.record.redact.documents.words import ATTRIBUTES, BY_FORM, Vocabulary
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
_PROLOG: Final = ("version", "encoding", "standalone")
_SAID_BEFORE: Final = re.compile(
    r"1\.[0-9]|utf-?(?:8|16)|us-ascii|iso-8859-[0-9]{1,2}|windows-125[0-9]|yes|no", re.I
)
"""What the first line of XML says."""


def masked_broken(body: bytes, tag: Tag, words: Vocabulary = BY_FORM) -> bytes:
    """A body that cannot be read as what it seems to be, without anything that could identify.

    :param words: those of FHIR.
    """
    text = decode(body)
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start in ("{", "["):
        return encode("".join(_masked_json(text, tag, words)))
    if start == "<":
        return encode("".join(_masked_xml(text, tag, words)))
    return encode(tag(text, UNREADABLE))


def _masked_json(text: str, tag: Tag, words: Vocabulary) -> Iterator[str]:
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
            stays = words.member(value)
        else:
            stays = not value or words.kept(key, value)
        shown = value if stays else tag(value, UNREADABLE)
        yield f'"{shown}{chr(34) if ended else ""}{match["colon"] or ""}'


def _masked_xml(text: str, tag: Tag, words: Vocabulary) -> Iterator[str]:
    for match in _XML.finditer(text):
        if match["comment"] is not None:
            continue
        if match["text"] is not None:
            said = match["text"]
            yield said if not said.strip() else tag(said, UNREADABLE)
            continue
        element = _element(match["tag"])
        yield "".join(_masked_tag(match["tag"], element, tag, words))


def _element(text: str) -> str:
    found = _NAME.match(text.lstrip("</? "))
    return found.group() if found else ""


def _masked_tag(text: str, element: str, tag: Tag, words: Vocabulary) -> Iterator[str]:
    for match in _ATTRIBUTE.finditer(text):
        name, equals, double, double_end, single, single_end, word = match.groups()
        if name is None:
            stays = word is None or (word == element and words.element(word))
            yield match.group() if stays else tag(word, UNREADABLE)
            continue
        value, quote, end = (double, '"', double_end) if double is not None else (single, "'", single_end)
        key = element if name == "value" else name
        known = not value or words.kept(key, value) or (name == "xmlns" and value.startswith(_SPACE))
        known = known or (name in _PROLOG and text.startswith("<?xml") and _SAID_BEFORE.fullmatch(value))
        shown = value if known else tag(value, UNREADABLE)
        named = name if name in ATTRIBUTES or name in _PROLOG else tag(name, UNREADABLE)
        yield f"{named}{equals}{quote}{shown}{end}"
