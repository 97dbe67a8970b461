"""Texts of reference records in an answer where they should not be: noted with their place, never moved."""

from __future__ import annotations

from collections.abc import Iterable

from harness.record.looking import Find
from harness.record.redact.documents.read import CareDocument
from harness.record.redact.reading.readings import readings
from harness.record.redact.reading.spans import Reading
from harness.record.redact.replace import Replacing

MAX_TEXTS = 200
"""Texts that are noted of one message."""


def note_texts(
    said: Iterable[Reading],
    person: str,
    place: str,
    document: CareDocument | None,
    find: Find,
    replacing: Replacing,
) -> None:
    """Note every text in a message to a person that has to stay inside, or is somebody else's.

    :param said: all readings of the message or header.
    :param document: to name the element; it is walked only when something was found.
    """
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for reading in said:
        for text, owner in find(reading.text, person):
            found.setdefault((text, owner), reading.ways)
    if not found:
        return
    placed: set[tuple[str, str]] = set()
    left = MAX_TEXTS
    for leaf in document.leaves() if document is not None else ():
        seen: set[tuple[str, str]] = set()
        for reading in readings(leaf.value):
            for text, owner in find(reading.text, person):
                if (text, owner) not in seen and left > 0:
                    seen.add((text, owner))
                    left -= 1
                    replacing.said(text, f"{place}:{leaf.path}", owner, reading.ways)
        placed |= seen
    for (text, owner), ways in found.items():
        if (text, owner) not in placed and left > 0:
            left -= 1
            replacing.said(text, place, owner, ways)
