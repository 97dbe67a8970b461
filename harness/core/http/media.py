"""Media types (RFC 9110 sections 8.3.1 and 12.5.1): case, white space, quotes and order do not matter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

MAX_TEXT: Final = 4_096
"""Longest field value that is read, in characters; of a longer one nothing is understood."""
_TOKEN: Final = re.compile(r"[\w!#$%&'*+.^`|~\-]+", re.ASCII)
_QUALITY: Final = re.compile(r"[0-9]?(?:\.[0-9]{0,9})?", re.ASCII)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


class Media(msgspec.Struct, frozen=True):
    """One media type or range: its name in lower case, and its parameters, their names in lower case."""

    name: str
    parameters: dict[str, str]

    @property
    def quality(self) -> float:
        """The ``q`` weight, 0 to 1; 0 when it is no number."""
        return _weight(self.parameters.get("q", "1"))


def parse_media(text: str) -> Media | None:
    """A media type with parameters, ``None`` when it is none. Parameters without value are left out."""
    if len(text) > MAX_TEXT:
        return None
    name, *rest = split(text, ";")
    kind, slash, subtype = name.strip().lower().partition("/")
    if not slash or _TOKEN.fullmatch(kind) is None or _TOKEN.fullmatch(subtype) is None:
        return None
    return Media(f"{kind}/{subtype}", dict(_parameters(rest)))


def charset_of(headers: Iterable[tuple[str, str]]) -> str:
    """The character set that ``Content-Type`` names, in lower case; ``""`` when it names none."""
    for name, value in headers:
        if name.lower() == "content-type":
            media = parse_media(value)
            return media.parameters.get("charset", "").lower() if media is not None else ""
    return ""


def parse_accept(text: str) -> list[Media]:
    """The media ranges of an ``Accept``, best first; ranges that are not understood are left out."""
    found = [media for media in ranges_of(text) if media.quality > 0]
    return sorted(found, key=lambda media: -media.quality)


def ranges_of(text: str) -> list[Media]:
    """The media ranges of an ``Accept`` as they stand, also those that are refused (``q=0``)."""
    if len(text) > MAX_TEXT:
        return []
    return [media for part in split(text, ",") if (media := parse_media(part))]


def weight_of(name: str, ranges: Iterable[Media]) -> float:
    """How welcome a media type is: of the ranges that mean it the most specific one decides."""
    kind = name.partition("/")[0]
    known = list(ranges)
    for pattern in (name, f"{kind}/*", "*/*"):
        found = [media.quality for media in known if media.name == pattern]
        if found:
            return max(found)
    return 0.0


def takes_coding(text: str, names: Iterable[str]) -> bool:
    """Whether an ``Accept-Encoding`` takes a coding by one of its names; ``*`` stands for those not named."""
    weights: dict[str, float] = {}
    for part in split(text, ",") if len(text) <= MAX_TEXT else ():
        coding, *rest = split(part, ";")
        weights[coding.strip().lower()] = _weight(dict(_parameters(rest)).get("q", "1"))
    named = [weights[name] for name in names if name in weights]
    return max(named, default=weights.get("*", 0.0)) > 0


def split(text: str, separator: str) -> list[str]:
    """The parts of a field value between separators that stand outside quoted strings."""
    parts: list[str] = []
    current: list[str] = []
    quoted = escaped = False
    for character in text:
        if character == separator and not quoted:
            parts.append("".join(current))
            current = []
            continue
        if character == '"' and not escaped:
            quoted = not quoted
        escaped = quoted and character == "\\" and not escaped
        current.append(character)
    return [*parts, "".join(current)]


def _weight(text: str) -> float:
    if _QUALITY.fullmatch(text) is None or not text.strip("."):
        return 0.0
    return min(float(text), 1.0)


def unquoted(text: str) -> str:
    """The value of a token or quoted string."""
    stripped = text.strip()
    if len(stripped) >= 2 and stripped[0] == stripped[-1] == '"':
        return _ESCAPED.sub(r"\1", stripped[1:-1])
    return stripped


def _parameters(parts: list[str]) -> Iterator[tuple[str, str]]:
    for part in parts:
        name, equals, value = part.partition("=")
        if equals and _TOKEN.fullmatch(name.strip()) is not None:
            yield name.strip().lower(), unquoted(value)
