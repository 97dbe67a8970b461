"""The ledger: known faults of official material, and clauses that can be read in two ways.

``profiles/ledger/*.yaml`` holds the entries. A verdict that rests on one is *disputed* as long as nobody
ruled. A ruling decides everywhere, as soon as it stands there: for the first reading what is judged by it is
broken, for another one it is not. The ledger is part of the hash of the profiles, so a run says what it knew.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from harness.core.data import data_path
from harness.core.errors import ConfigurationError, UsageError, nearest
from harness.core.text import LANGUAGES, Text
from harness.core.yamlfile import YamlDocument, load_yaml


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Asserts of scripts that an entry is about, and how the other reading is known from an answer.

    :ivar criterion: as scripts name it (``expression``, ``responseCode`` …).
    :ivar subject: exact content of the criterion; ``like``: a regular expression on it, of the whole.
    :ivar status: HTTP statuses of an answer by the other reading; empty: any.
    :ivar holds: FHIRPath that is true of such an answer, ``""``: nothing more is asked.
    """

    criterion: str
    subject: str = ""
    like: str = ""
    status: tuple[int, ...] = ()
    holds: str = ""

    def fits(self, criterion: str, subject: str) -> bool:
        """Whether it is about an assert."""
        if criterion != self.criterion or (self.subject and subject != self.subject):
            return False
        return not self.like or re.fullmatch(self.like, subject, re.DOTALL) is not None


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """Which reading is right, since when and by whom.

    :ivar reading: number of the reading, from 1.
    """

    reading: int
    date: str
    owner: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the ledger.

    :ivar kind: ``official-fault``: official material is wrong; ``ambiguity``: a clause has two readings.
    :ivar owner: who owns the text or the material, and can rule.
    :ivar readings: how it can be read; the first is what the official material, or the reference, does.
    :ivar asserts: of scripts; ``rules`` of PDF/A that rest on it.
    :ivar scripts: regular expression on the id of a TestScript, ``standard`` on the standard of its set.
    """

    id: str
    kind: Literal["official-fault", "ambiguity"]
    title: Text
    owner: str
    clause: str
    readings: tuple[Text, ...]
    evidence: str
    asserts: tuple[Known, ...] = ()
    rules: tuple[str, ...] = ()
    scripts: str = ".*"
    standard: str = ".*"
    ruling: Ruling | None = None

    @property
    def broken(self) -> bool | None:
        """Whether what shows another reading than the first is wrong; ``None``: nobody ruled."""
        return None if self.ruling is None else self.ruling.reading == 1

    @property
    def told(self) -> Text:
        """All readings in one line."""
        return Text(*(" / ".join(item.of(lang) for item in self.readings) for lang in LANGUAGES))

    def about(self, script: str, standard: str) -> bool:
        """Whether it is about a script, by its id and the standard of its set."""
        return all(
            re.fullmatch(pattern, text, re.IGNORECASE | re.DOTALL)
            for pattern, text in ((self.scripts, script), (self.standard, standard))
        )


def read_ledger(folder: Path) -> tuple[Entry, ...]:
    """The entries of a folder, in the order of its files.

    :raises ConfigurationError: against the schema, an id twice, a pattern that is no regular expression, or a
        ruling for a reading that is not there.
    """
    found: dict[str, Entry] = {}
    for file in sorted(folder.glob("*.yaml")):
        document = load_yaml(file, schema="ledger")
        for number, item in enumerate(document.data["ledger"]):
            entry = msgspec.convert(item, Entry)
            _check(entry, document, number, found)
            found[entry.id] = entry
    return tuple(found.values())


def _check(entry: Entry, document: YamlDocument, number: int, known: dict[str, Entry]) -> None:
    def refuse(nl: str, en: str, received: str) -> ConfigurationError:
        return ConfigurationError(
            Text(nl=f"{entry.id}: {nl}", en=f"{entry.id}: {en}"),
            where=document.where("ledger", number),
            received=received,
        )

    if entry.id in known:
        raise refuse("staat er twee keer", "is there twice", entry.id)
    for pattern in (entry.scripts, entry.standard, *(item.like for item in entry.asserts)):
        try:
            re.compile(pattern)
        except re.error as error:
            raise refuse("geen reguliere expressie", "no regular expression", f"{pattern}: {error}") from None
    if entry.ruling is not None and entry.ruling.reading > len(entry.readings):
        raise refuse("uitspraak over een onbekende lezing", "ruling on an unknown reading", str(entry.ruling))
    if entry.ruling is not None and not _is_day(entry.ruling.date):
        raise refuse("uitspraak zonder dag", "ruling without a day", entry.ruling.date)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def entry_of(entry_id: str) -> Entry:
    """The entry with an id.

    :raises UsageError: there is none; names the nearest.
    """
    known = {item.id: item for item in ledger()}
    if entry_id not in known:
        hint = nearest(entry_id, known)
        raise UsageError(
            Text(nl=f"onbekend geschilpunt '{entry_id}'", en=f"unknown entry of the ledger '{entry_id}'"),
            expected=", ".join(known),
            next_step=Text(nl=f"bedoelde u {hint}?", en=f"did you mean {hint}?") if hint else "",
        )
    return known[entry_id]


@cache
def ledger() -> tuple[Entry, ...]:
    """The entries that ship with the harness."""
    return read_ledger(data_path("profiles", "ledger"))
