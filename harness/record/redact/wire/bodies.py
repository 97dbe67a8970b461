"""Bodies that are no care data: forms, JSON of OAuth and of problems, pages, texts."""

from __future__ import annotations

import json
import re
from typing import Final

from harness.record.redact.recognise import decode, encode
from harness.record.redact.wire.addresses import pairs
from harness.record.redact.wire.markup import markup
from harness.record.redact.wire.speech import Speech, TooMuchSaidError

MAX_TEXT: Final = 2_000_000
"""Bytes of such a body that are looked at word by word; a longer one becomes one tag."""
PUBLISHED: Final = "list"
"""The interface on which lists are published: they are about no patient, and judged as a whole."""
_STRING: Final = re.compile(r"\"((?:[^\"\\]|\\.)*+)(\"?)|([^\s\"{}\[\]:,]++)", re.S)
_LITERAL: Final = re.compile(r"true|false|null|-?[0-9]{1,8}(?:\.[0-9]{1,8})?", re.ASCII)
_FORM: Final = re.compile(r"[^\s=&]{1,200}=[^\s&]*(?:&[^\s=&]{1,200}(?:=[^\s&]*)?)*&?\s*")


def body(speech: Speech, given: bytes, media: str, place: str) -> bytes:
    """A body in which everything that is not known is a tag."""
    try:
        if b"\0" in given or len(given) > MAX_TEXT:
            raise TooMuchSaidError
        return encode(_changed(speech.bounded(), decode(given), media, place))
    except TooMuchSaidError:
        return speech.tag(decode(given), place).encode()


def _changed(speech: Speech, text: str, media: str, place: str) -> str:
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start in ("{", "["):
        return _json(speech, text, place)
    if start == "<":
        return markup(speech, text, place)
    if "x-www-form-urlencoded" in media or _FORM.fullmatch(text):
        return pairs(speech, text, place)
    return speech.words(text, place)


def _json(speech: Speech, text: str, place: str) -> str:
    """JSON, also broken: each string and name stays or is one tag."""

    def string(found: re.Match[str]) -> str:
        inner, end, bare = found.groups()
        if bare is not None:
            return bare if _LITERAL.fullmatch(bare) else speech.piece(bare, place)
        try:
            said = str(json.loads(f'"{inner}"'))
        except ValueError:
            said = inner
        now = speech.piece(said, place)
        return found.group() if now == said else f'"{json.dumps(now)[1:-1]}{end}'

    return _STRING.sub(string, text)
