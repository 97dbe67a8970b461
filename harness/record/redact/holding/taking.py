"""A document of a declared person without the words that no record holds; the rest keeps its bytes."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from harness.core.normal.texts import lost_letter, mojibake
from harness.record.redact.documents.in_json import JsonDocument
from harness.record.redact.documents.read import CareDocument
from harness.record.redact.holding import in_json, in_xml
from harness.record.redact.holding.groups import ADDRESSES, HOLDING
from harness.record.redact.holding.held import Held
from harness.record.redact.holding.in_json import Spot
from harness.record.redact.holding.narrative import without_words
from harness.record.redact.tag import number_of_tag

Tag = Callable[[str, str], str]
"""What takes the place of a value: ``(value, path) -> tag``."""
_EPOCH: Final = 36_890
"""Ordinal of the first day of the years in which masked dates lie: 102 to 501."""
_DAYS: Final = 146_097
_DATE: Final = re.compile(r"[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?", re.ASCII)
_POSTAL: Final = re.compile(r"[0-9]{4}( ?)[A-Z]{2}", re.ASCII)
_ADDRESS: Final = re.compile(r"(?:urn:|(?P<path>[a-z][a-z0-9+.-]{1,20}:(?://)?))\S+", re.I)
_CONSONANTS: Final = "BCDGHJKLMNPRTVWX"


class UnfitError(Exception):
    """The document cannot be rewritten where it stands."""


def unheld(document: CareDocument, body: bytes, held: Held) -> list[Spot]:
    """The words of a document that may not stay.

    :param body: as it is written.
    :raises UnfitError: nobody can say where its words are: it is not written as it was read.
    """
    coded = held.coded
    if any(scheme in body for scheme in HOLDING):
        coded -= ADDRESSES
    try:
        if isinstance(document, JsonDocument):
            words = in_json.Words(document.tree, coded, document.words)
            found = words.found
            if not in_json.is_written(body, words.strings):
                raise UnfitError
        else:
            if in_xml.strange_names(body, document.words):
                raise UnfitError
            found = in_xml.spots(document.tree, coded, document.words)
    except (in_xml.StrangeError, RecursionError):
        raise UnfitError from None
    return [spot for spot in found if not held.keeps(spot.group, spot.value)]


def without(document: CareDocument, text: str, taken: Sequence[Spot], held: Held, tag: Tag) -> str:
    """A document in which tags stand for these words.

    :param text: as it is written.
    :raises UnfitError: it is not written as it was read.
    """
    paths = document.paths()

    def narrative(path: str) -> Callable[[str], str]:
        return lambda div: without_words(
            div, lambda said: held.keeps("text", said), lambda said: _shown(said, tag(said, path))
        )

    values: dict[int, str] = {}
    names: dict[int, str] = {}
    changed: dict[int, Callable[[str], str]] = {}
    for spot in taken:
        if spot.group == "narrative":
            changed[spot.number] = narrative(paths[spot.number])
        else:
            into = names if spot.group == "member" else values
            into[spot.number] = shaped(spot, paths[spot.number], held, tag)
    if isinstance(document, JsonDocument):
        said = {spot.number: changed[spot.number](spot.value) for spot in taken if spot.number in changed}
        return in_json.rewritten(text, values | names | said)
    done = in_xml.rewritten(text, len(paths), values, changed, names)
    if done is None:
        raise UnfitError
    return done


def shaped(spot: Spot, path: str, held: Held, tag: Tag) -> str:
    """What stands in the place of a word: a tag, in the form that its element needs. A date is a date, a
    postal code one of nowhere, and what came in the wrong character set still shows it.
    """
    if spot.group == "birth" and _DATE.fullmatch(spot.value):
        number = number_of_tag(tag(spot.value, path))
        return date.fromordinal(_EPOCH + number % _DAYS).isoformat()[: len(spot.value)]
    if path.endswith(".postalCode") and (code := _POSTAL.fullmatch(spot.value)):
        number = number_of_tag(tag(spot.value, path))
        return f"0000{code.group(1)}{_CONSONANTS[number // 16 % 16]}{_CONSONANTS[number % 16]}"
    if spot.group in ("data", "sum"):
        return base64.b64encode(tag(spot.value, path).encode()).decode()
    if spot.group in ("identifier", "uri", "code") and (address := _ADDRESS.fullmatch(spot.value)):
        return f"{address['path'] or 'urn:mask:'}{tag(spot.value, path)}"
    return held.without(spot.group, spot.value, lambda word: _shown(word, tag(word, path)))


def _shown(value: str, tag: str) -> str:
    return tag + (mojibake(value) or lost_letter(value))
