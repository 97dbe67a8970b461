"""How much of one message is looked at: what a party sends must not decide how long a run takes.

A record of a life fits many times over. More than this is a fault of whoever sent it.
"""

from __future__ import annotations

import json
import re
from typing import Final

MAX_BODY: Final = 20 * 1024 * 1024
"""Bytes of one body, also after its content coding is undone: a letter of 15 MB in base64."""
SMALLER: Final = {"token": 1024 * 1024, "authorization": 8 * 1024 * 1024, "login": 8 * 1024 * 1024,
                  "consent": 8 * 1024 * 1024}  # fmt: skip
"""The same for interfaces whose answers are no data."""
MAX_HEAD: Final = 256 * 1024
"""Bytes before the body of an answer: status, headers, and all interim answers together."""
MAX_COOKIES: Final = 180
"""Cookies of one host that are kept, the newest: as many as browsers keep."""
MAX_ENTRIES: Final = 10_000
"""Entries of one Bundle."""
MAX_VALUES: Final = 300_000
"""Elements of one document."""
MAX_TEXT: Final = 1024 * 1024
"""Characters of one text that is no base64: as many as FHIR lets a string have."""
MAX_ATTRIBUTES: Final = 100
"""Attributes of one element of XML; FHIR has three at most."""
_LARGER: Final = re.compile(r"protocol: (?:content coding: )?answer larger than [0-9]{1,12} bytes", re.ASCII)
_CODED: Final = re.compile(
    rb"(?:\"(?:data|content|blob|valueBase64Binary)\"\s*:|<(?:data|content|blob|valueBase64Binary)\s[^<>\"']*=)\s*\Z"
)
"""Before base64."""
_JSON_TEXT: Final = re.compile(rb"\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\"?", re.S)
_XML_TEXT: Final = re.compile(rb"\"[^\"<]*+\"?|'[^'<]*+'?|>[^<]*+")
_NEAR: Final = 200


def larger(limit: int) -> str:
    """What our client says of an answer that is larger than it reads."""
    return f"answer larger than {limit} bytes"


def says_larger(error: str) -> bool:
    """Whether the error of an exchange says that and nothing else: its words and its number are our own."""
    return _LARGER.fullmatch(error) is not None


def values_in(body: bytes, *, xml: bool) -> int:
    """About how many elements a document has, by its punctuation: a bound that costs nothing."""
    marks = (b"<",) if xml else (b"{", b"[", b",")
    return sum(body.count(mark) for mark in marks) // 2


def long_text(body: bytes, *, xml: bool, most: int = MAX_TEXT) -> int:
    """How many characters the first text of a document has that has more than ``most``; 0: none has."""
    if len(body) <= most:
        return 0
    for found in (_XML_TEXT if xml else _JSON_TEXT).finditer(body):
        start, end = found.span()
        if end - start > most and not _CODED.search(body, max(0, start - _NEAR), start):
            length = _characters(found.group(), xml=xml)
            if length > most:
                return length
    return 0


def _characters(written: bytes, *, xml: bool) -> int:
    if written.isascii() and b"\\" not in written:
        return len(written)
    try:
        return len(written.decode("utf-8", "replace") if xml else json.loads(written, strict=False))
    except ValueError:
        return len(written)


def many_attributes(body: bytes, most: int = MAX_ATTRIBUTES) -> bool:
    """Whether an element of XML has more attributes than ``most``."""
    if body.count(b"=") <= most:  # all of them together are not so many
        return False
    pattern = rb"<\0?[A-Za-z_][^<>\"']*+(?:(?:\"[^\"<]*+\"|'[^'<]*+')[^<>\"']*+){%d}" % (most + 1)
    return re.search(pattern, body) is not None
