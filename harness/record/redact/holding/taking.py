"""A document of a declared person without the words that no record holds; the rest keeps its bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from harness.core.normal.texts import lost_letter, mojibake
from harness.record.redact.holding import in_json, in_xml
from harness.record.redact.holding.held import Held
from harness.record.redact.holding.in_json import Spot
from harness.record.redact.holding.narrative import without_words
from harness.record.redact.people.documents import CareDocument, JsonDocument, XmlDocument

Tag = Callable[[str, str], str]
"""What takes the place of a value: ``(value, path) -> tag``."""
_EPOCH: Final = 36_890
"""Ordinal of the first day of the years in which masked dates lie: 102 to 501."""
_DAYS: Final = 146_097
_CONSONANTS: Final = "BCDGHJKLMNPRTVWX"


class UnfitError(Exception):
    """The document cannot be rewritten where it stands."""


def unheld(document: CareDocument, held: Held) -> list[Spot]:
    """The words of a document that may not stay.

    :raises UnfitError: nobody can say where its words are.
    """
    try:
        found = _SPOTS[type(document)](document.tree, held.coded)
    except (in_xml.StrangeError, RecursionError):
        raise UnfitError from None
    return [spot for spot in found if not held.keeps(spot.group, spot.value)]


def without(document: CareDocument, text: str, taken: Sequence[Spot], held: Held, tag: Tag) -> str:
    """A document in which tags stand for these words.

    :param text: as it is written.
    :raises UnfitError: it is not written as it was read (two members of one name, say).
    """
    paths = document.paths()

    def narrative(path: str) -> Callable[[str], str]:
        return lambda div: without_words(
            div, lambda said: held.keeps("text", said), lambda said: _shown(said, tag(said, path))
        )

    values: dict[int, str | Callable[[str], str]] = {}
    for spot in taken:
        path = paths[spot.number]
        if spot.group == "narrative":
            change = narrative(path)
            values[spot.number] = change(spot.value) if isinstance(document, JsonDocument) else change
        else:
            values[spot.number] = shaped(spot, path, tag(spot.value, path))
    done = _REWRITTEN[type(document)](text, len(paths), values)
    if done is None:
        raise UnfitError
    return done


def shaped(spot: Spot, path: str, tag: str) -> str:
    """A tag in the form that its element needs: a date is a date, a postal code one of nowhere, and what came
    in the wrong character set still shows it.

    >>> shaped(Spot(0, "birth", "1964-05-17"), "Patient.birthDate", "[person:0123456789ab]")
    '0447-07-11'
    >>> shaped(Spot(0, "address", "1234 AB"), "Patient.address[0].postalCode", "[person:0123456789ab]")
    '0000MN'
    >>> shaped(Spot(0, "name", "Zo\u00c3\u00ab"), "Patient.name[0].given[0]", "[person:0123456789ab]")
    '[person:0123456789ab]Ã«'
    """
    number = int(tag[-13:-1], 16)
    if spot.group == "birth":
        return date.fromordinal(_EPOCH + number % _DAYS).isoformat()
    if path.endswith(".postalCode"):
        return f"0000{_CONSONANTS[number // 16 % 16]}{_CONSONANTS[number % 16]}"
    return _shown(spot.value, tag)


def _shown(value: str, tag: str) -> str:
    return tag + (mojibake(value) or lost_letter(value))


_SPOTS: Final = {JsonDocument: in_json.spots, XmlDocument: in_xml.spots}
_REWRITTEN: Final[Mapping[type, Callable[..., str | None]]] = {
    JsonDocument: in_json.rewritten,
    XmlDocument: in_xml.rewritten,
}
