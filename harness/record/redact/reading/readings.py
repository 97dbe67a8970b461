"""All readings of a text or a body: what is looked for is looked for in each of them."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

from harness.record.redact.reading.containers import Extract, texts_in
from harness.record.redact.reading.escapes import unescaped, without_markup
from harness.record.redact.reading.spans import BASE64, ESCAPED, MARKUP, Reading, held
from harness.record.redact.reading.words import no_extract, words

LIMITS: Final = {ESCAPED: 4, MARKUP: 2, BASE64: 3}
"""How often each way is gone one within the other."""
_MOST: Final = 5_000
"""Readings of one text."""
_SHOWING: Final = frozenset({ESCAPED, MARKUP})
_NEEDLESS: Final = re.compile(
    r"[%\\&=\u00ad\u200b-\u200f\u2060\ufeff\uff10-\uff19](?:"
    r"(?<=%)(?:25)*(?:3[0-9]|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9AaEe]|2[DdEe])"
    r"|(?<=\\)u00[2-7]|(?<=&)#|(?<==)3[0-9]=3|(?<=[\u00ad-\uff19]))"
)
"""Escapes of characters that need none, and characters that look like others."""
_HELD: Final = 64 * 1024 * 1024
"""Characters that the coded words of one text may hold together; a bomb holds more."""


def readings(text: str, extract: Extract = no_extract) -> Iterator[Reading]:
    """A text, with its escapes undone level by level, without markup, and what its coded words hold.

    :param extract: reads documents in it, see :data:`~harness.record.redact.reading.containers.Extract`.
    """
    yield from _of(Reading(text), extract)


def body_readings(body: bytes, extract: Extract = no_extract) -> Iterator[Reading]:
    """All readings of a body; those of a container have no place in it."""
    found = False
    for text, ways in texts_in(body, extract):
        found = True
        yield from _of(held(Reading(" "), 0, 1, text, ways), extract)
    if not found:
        yield from readings(body.decode("utf-8", "surrogateescape"), extract)


def deeper(said: Sequence[Reading]) -> list[Reading]:
    """The readings of a text that may hold letters it does not show: coded, or needlessly escaped."""
    if not said:
        return []
    escaped = _NEEDLESS.search(said[0].text) is not None
    return [item for item in said if (escaped and ESCAPED in item.ways) or set(item.ways) - _SHOWING]


def _of(first: Reading, extract: Extract) -> Iterator[Reading]:
    """A reading, and all that is made of it, the nearest first."""
    empty: set[str] = set()
    waiting = deque([first])
    made, left = 0, _HELD
    while waiting and made < _MOST:
        reading = waiting.popleft()
        made += 1
        yield reading
        # Escapes are undone before tags go: what is a tag after that goes in the next step.
        if (
            _may(reading, ESCAPED)
            and reading.ways[-1:] != (MARKUP,)
            and (plainer := unescaped(reading)) is not None
        ):
            waiting.append(plainer)
        if _may(reading, MARKUP) and (bare := without_markup(reading)) is not None:
            waiting.append(bare)
        if _may(reading, BASE64) and left > 0:
            for word in words(reading.text, extract, left, empty):
                left -= len(word.text)
                if left < 0:  # the same word may stand there often
                    break
                waiting.append(held(reading, word.start, word.end, word.text, word.ways))


def _may(reading: Reading, way: str) -> bool:
    return reading.ways.count(way) < LIMITS[way]
