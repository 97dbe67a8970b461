"""Headers: names of known words, values by the grammar of their header; the rest becomes tags."""

from __future__ import annotations

import re
from typing import Final

from harness.core.run.exchanges import Headers
from harness.record.redact.recognise import LITERALS
from harness.record.redact.wire.addresses import address, host
from harness.record.redact.wire.speech import Speech, between, is_numbered, is_random, is_uuid

_DATE: Final = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3][0-9] "
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (?:19|20)[0-9]{2} "
    r"[0-2][0-9]:[0-5][0-9]:[0-6][0-9] GMT",
    re.ASCII,
)
_EXPIRES: Final = re.compile(
    _DATE.pattern.replace(" (?:Jan", "[ -](?:Jan").replace(") (?:19|20)", ")[ -](?:19|20)")
)
NAMELESS: Final = "(name)"
"""A name in a place that may be somebody's."""
_NUMBER: Final = re.compile(r"-?[0-9]{1,8}", re.ASCII)
_COUNTS: Final = re.compile(r"\b(?:max-age|s-maxage|stale-[a-z-]{1,20}|ma)=\"?[0-9]{1,10}\b", re.ASCII | re.I)
"""How long something may be used, in seconds."""
_TAGGED: Final = re.compile(r"(\s*(?:W/)?\")([^\"]*)(\"\s*,?)")
_LINK: Final = re.compile(r"<([^<>]*)>")
_REFRESH: Final = re.compile(r"(\s*[0-9]{1,4}\s*[;,]\s*(?:url\s*=\s*)?['\"]?)(.*?)(['\"]?\s*)", re.I | re.S)
_PREFIX: Final = re.compile(r"__(?:Host|Secure)-", re.I)

ADDRESSES: Final = frozenset(
    {"location", "content-location", "referer", "origin", "access-control-allow-origin"}
)
_DATES: Final = frozenset(
    {"date", "expires", "last-modified", "retry-after", "if-modified-since", "if-unmodified-since", "sunset"}
)
_TAGS: Final = frozenset({"etag", "if-match", "if-none-match"})
_HOSTS: Final = frozenset({"host", "x-forwarded-host"})


def headers(speech: Speech, given: Headers, place: str) -> Headers:
    """Headers in which everything that is not known is a tag."""
    return tuple(
        (
            speech.piece(name, f"{place}.header"),
            value_of(speech, name.lower(), value, f"{place}.header.{_said(speech, name)}"),
        )
        for name, value in given
    )


def _said(speech: Speech, name: str) -> str:
    """The name of a header as facts may say it."""
    return name.lower() if speech.stays(name) else NAMELESS


def value_of(speech: Speech, name: str, value: str, place: str) -> str:
    """The value of a header.

    :param name: lower case.
    """
    if not value or value in LITERALS or speech.stays(value):
        return value
    if is_numbered(name) and is_uuid(value):
        return value
    if name in ADDRESSES:
        return address(speech, value, place)
    if name == "link":
        return _link(speech, value, place)
    if name == "refresh" and (found := _REFRESH.fullmatch(value)):
        return f"{found.group(1)}{address(speech, found.group(2), place)}{found.group(3)}"
    if name in _HOSTS:
        bare, colon, port = value.partition(":")
        return f"{host(speech, bare, place)}{colon}{port}"
    if name == "set-cookie":
        return _set_cookie(speech, value, place)
    if name == "cookie":
        return "; ".join(_cookie(speech, part.strip(), place) for part in value.split(";"))
    if _NUMBER.fullmatch(value) or is_random(value) or (name in _DATES and _DATE.fullmatch(value)):
        return value if not speech.heard.is_foreign(value) else speech.tag(value, place)
    if name in _TAGS:
        return (
            _TAGGED.sub(lambda found: _tagged(speech, found, place), value)
            if _TAGGED.search(value)
            else speech.piece(value, place)
        )
    return between(value, _COUNTS, lambda said: speech.words(said, place))


def _tagged(speech: Speech, found: re.Match[str], place: str) -> str:
    opened, said, closed = found.groups()
    stays = _NUMBER.fullmatch(said) is not None or is_random(said)
    return f"{opened}{said if stays else speech.piece(said, place)}{closed}"


def _link(speech: Speech, value: str, place: str) -> str:
    pieces: list[str] = []
    at = 0
    for found in _LINK.finditer(value):
        pieces += (
            speech.words(value[at : found.start()], place),
            f"<{address(speech, found.group(1), place)}>",
        )
        at = found.end()
    return "".join((*pieces, speech.words(value[at:], place)))


def _cookie(speech: Speech, pair: str, place: str) -> str:
    """A cookie: its name, and its value (which was replaced before, unless it is a word)."""
    name, equals, value = pair.partition("=")
    prefix = found.group() if (found := _PREFIX.match(name)) else ""
    shown = f"{prefix}{speech.piece(name[len(prefix) :], place)}"
    return f"{shown}{equals}{speech.piece(value, place)}" if equals else shown


def _set_cookie(speech: Speech, value: str, place: str) -> str:
    first, *attributes = value.split(";")
    done = [_cookie(speech, first.strip(), place)]
    for attribute in attributes:
        name, equals, said = attribute.strip().partition("=")
        lowered = name.lower()
        if lowered == "path":
            shown = address(speech, said, place)
        elif lowered == "domain":
            bare = said.removeprefix(".")
            shown = f"{said[: len(said) - len(bare)]}{host(speech, bare, place)}"
        elif (lowered == "expires" and _EXPIRES.fullmatch(said)) or (
            lowered == "max-age" and _NUMBER.fullmatch(said)
        ):
            shown = said
        else:
            shown = speech.words(said, place)
        done.append(f"{speech.piece(name, place)}{equals}{shown}")
    return "; ".join(done)
