"""Strict reading of ``application/x-www-form-urlencoded`` text: queries of URLs and bodies of token calls.

Repeated names are kept (parameter pollution must be visible), broken percent-encoding and non-UTF-8 bytes
are errors instead of replacement characters, and sizes are limited.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote_to_bytes, urlsplit

import msgspec

from harness.core.text import Text

MAX_TEXT: Final = 16_384
MAX_PAIRS: Final = 100
_BAD_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


ONE_VALUE: Final = Text(nl="één waarde", en="one value")


class FormError(ValueError):
    """The text is no form: too large, broken percent-encoding, no UTF-8, control characters.

    :ivar why: which of these.
    """

    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.why = why


class Pair(msgspec.Struct, frozen=True):
    """One parameter: decoded name and value, and the value as it stood in the text."""

    name: str
    value: str
    raw: str


def parse(text: str) -> tuple[Pair, ...]:
    """All parameters in order.

    :raises FormError: see the class.
    """
    if len(text) > MAX_TEXT:
        raise FormError(Text(nl=f"langer dan {MAX_TEXT} tekens", en=f"longer than {MAX_TEXT} characters"))
    if not text:
        return ()
    parts = text.split("&")
    if len(parts) > MAX_PAIRS:
        raise FormError(Text(nl=f"meer dan {MAX_PAIRS} parameters", en=f"more than {MAX_PAIRS} parameters"))
    pairs = []
    for part in parts:
        if not part:
            continue
        name, _, value = part.partition("=")
        pairs.append(Pair(_decode(name), _decode(value), value))
    return tuple(pairs)


def _decode(raw: str) -> str:
    text = raw
    if "%" in raw or "+" in raw or not raw.isascii():
        if _BAD_PERCENT.search(raw):
            raise FormError(Text(nl="kapotte procentcodering", en="broken percent-encoding"))
        try:
            text = unquote_to_bytes(raw.replace("+", " ")).decode("utf-8")
        except UnicodeDecodeError:
            raise FormError(Text(nl="geen UTF-8", en="not UTF-8")) from None
    if _CONTROL.search(text):
        raise FormError(Text(nl="stuurteken", en="control character"))
    return text


def values(pairs: tuple[Pair, ...], name: str) -> list[str]:
    """All values of one parameter."""
    return [pair.value for pair in pairs if pair.name == name]


def encode(pairs: list[tuple[str, str]]) -> str:
    """Percent-encode (RFC 3986: everything but unreserved characters; a space becomes ``%20``)."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)


def append(url: str, pairs: list[tuple[str, str]]) -> str:
    """Add parameters to a URL that may have a query already."""
    return f"{url}{'&' if '?' in url else '?'}{encode(pairs)}"


def query_of(url: str) -> str:
    """The raw query of a URL, ``""`` when there is none or the URL is broken."""
    try:
        return urlsplit(url).query
    except ValueError:
        return ""
