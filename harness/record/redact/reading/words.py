"""Coded words in a text (base64, also in its form for URLs) and what they hold: text, or a container."""

from __future__ import annotations

import base64
import binascii
import re
import string
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

from harness.record.redact.reading.containers import BYTES_SHOWN, Extract, texts_in
from harness.record.redact.reading.spans import BASE64

_WORD: Final = re.compile(r"[A-Za-z0-9+/_-]{11,}(?:\r?\n[ \t]*[A-Za-z0-9+/_-]{4,})*={0,2}", re.ASCII)
_ORDINARY: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+", re.ASCII)
"""One word of a language, or a number: no base64 of anything."""
_BLANKS: Final = re.compile(r"\s+")
_PARTS: Final = re.compile(r"[^/_\r\n-]{11,}", re.ASCII)
_MARKS: Final = re.compile(r"[/_-]", re.ASCII)
_MOST_MARKS: Final = 4
_MIN: Final = 11
"""Characters of the shortest coded number."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LONGEST: Final = 22_000_000
_MOST: Final = 20_000
"""Different words that are tried in one reading."""
_REMEMBERED: Final = 200
_PRINTABLE: Final = string.printable.encode()


class Held(NamedTuple):
    """What a word holds, and where the word stands."""

    start: int
    end: int
    text: str
    ways: tuple[str, ...]


def words(text: str, extract: Extract, most: int, empty: set[str]) -> Iterator[Held]:
    """What every coded word of a text holds.

    :param most: characters that they may hold together.
    :param empty: words that hold nothing; those that are found are added.
    """
    holding: dict[str, list[tuple[int, int, str, tuple[str, ...]]]] = {}
    for whole in islice(dict.fromkeys(_WORD.findall(text)), _MOST):
        if whole in empty:
            continue
        if len(whole) > _LONGEST or _ORDINARY.fullmatch(whole):
            empty.add(whole)
            continue
        found = _known(whole) if len(whole) <= _REMEMBERED else _all(whole, extract)
        most -= sum(len(said) for _, _, said, _ in found)
        if most < 0:
            break
        if found:
            holding[whole] = found
        else:
            empty.add(whole)
    for match in _WORD.finditer(text) if holding else ():
        for at, length, said, ways in holding.get(match.group(), ()):
            yield Held(match.start() + at, match.start() + at + length, said, ways)


def _all(whole: str, extract: Extract) -> list[tuple[int, int, str, tuple[str, ...]]]:
    """What a word, or else parts of it, hold: start and length of the part, the text, and the ways."""
    found: list[tuple[int, int, str, tuple[str, ...]]] = []
    for at, word in _tries(whole):
        found += [(at, len(word), said, ways) for said, ways in _held(word, extract)]
        if found and not at:
            break
    return found


@lru_cache(maxsize=4_096)
def _known(whole: str) -> list[tuple[int, int, str, tuple[str, ...]]]:
    """:func:`_all` of a word too short to hold a document; words of FHIR come back again and again."""
    return _all(whole, no_extract)


def _tries(whole: str) -> Iterator[tuple[int, str]]:
    """A word, then what of it may be one when something else is written before it (a path, a label)."""
    yield 0, whole
    for number, mark in enumerate(_MARKS.finditer(whole)):
        if number >= _MOST_MARKS or len(whole) - mark.end() < _MIN:
            break
        yield mark.end(), whole[mark.end() :]
    for part in _PARTS.finditer(whole):
        if part.group() != whole and not _ORDINARY.fullmatch(part.group()):
            yield part.start(), part.group()


def _held(word: str, extract: Extract) -> Iterable[tuple[str, tuple[str, ...]]]:
    data = _decoded(word)
    if data is None:
        return []
    text = _text(data)
    if text is not None:
        return [(text, (BASE64,))]
    return [(said, (BASE64, *ways)) for said, ways in texts_in(data, extract)]


def no_extract(data: bytes) -> Iterable[str]:
    """For words too short to hold a document."""
    return ()


def _decoded(word: str) -> bytes | None:
    bare = _BLANKS.sub("", word).rstrip("=").translate({ord("-"): "+", ord("_"): "/"})
    if len(bare) < _MIN or len(bare) % 4 == 1:
        return None
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _text(data: bytes) -> str | None:
    """Bytes as a text when nine in ten are letters; ``None`` when they are none."""
    sample = data[:BYTES_SHOWN]
    if sample[:5] == b"%PDF-":
        return None
    if len(sample.translate(None, _PRINTABLE)) <= 0.1 * len(sample):
        return data.decode("utf-8", "replace")
    for half, charset in ((sample[1::2], "utf-16-le"), (sample[0::2], "utf-16-be")):
        if half.count(0) > 0.8 * len(half) and len(data) % 2 == 0:
            return data.decode(charset, "replace")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(text) else text
