"""``harness record copy``: reads a copy of a record, judges it, says what was found; for people, as proof."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from harness.core.errors import UsageError, nearest
from harness.core.exits import ExitCode
from harness.core.run.place import disk
from harness.core.text import Lang, Text
from harness.pdfa.text import text_of
from harness.reference.copies import Copy, compare_copy
from harness.reference.record.load import load_records, record_folders
from harness.reference.record.model import Record
from harness.reference.records import Records

MAX_COPY: Final = 64 * 1024 * 1024
UNREADABLE: Final = 0.02
"""Share of characters without a meaning from which a text cannot be read."""
_ASKED = Text(
    nl="{told} van {asked} onderdelen van het dossier van {person} staan er geheel in (dossiers van anderen "
    "om mee te vergelijken: {others})",
    en="{told} of {asked} items of the record of {person} are wholly in it (records of others to compare "
    "with: {others})",
)
_MISSING = Text(nl="niet gevonden", en="not found")
_FOREIGN = Text(nl="van een ander ({owner})", en="of somebody else ({owner})")
_FORBIDDEN = Text(nl="had er niet in mogen staan", en="should not have been in it")
_UNREADABLE = Text(
    nl="de PDF heeft geen tekst die te lezen is: niets te zeggen",
    en="the PDF has no text that can be read: nothing can be said",
)
_HEAD = Text(
    nl="Elektronisch afschrift vergeleken met het referentiedossier",
    en="Copy of a record compared with the reference record",
)
_GOOD = Text(nl="uitkomst: voldaan", en="result: met")
_BAD = Text(nl="uitkomst: niet voldaan", en="result: not met")


@dataclass(frozen=True)
class Judged:
    """A copy that was looked at.

    :ivar sha256: of the file.
    :ivar found: ``None``: it could not be read.
    """

    file: Path
    sha256: str
    record: Record
    day: date
    found: Copy | None

    @property
    def code(self) -> ExitCode:
        """Its exit code."""
        if self.found is None:
            return ExitCode.UNDECIDED
        return ExitCode.OK if self.found.good else ExitCode.FAILED

    def document(self) -> dict[str, Any]:
        """As one JSON object."""
        return {
            "schema": "record-copy-1",
            "file": str(self.file),
            "sha256": self.sha256,
            "person": self.record.person,
            "origin": self.record.origin,
            "exit": int(self.code),
            "found": self.found,
        }


def judge_copy(file: Path, folder: Path, person: str, day: date) -> Judged:
    """Compare a copy with the record of its person.

    :raises UserError: the file or a record cannot be read, or nobody is called so.
    """
    data = disk.read(file, MAX_COPY)
    records = load_records(record_folders(folder), t=day)
    record = _of(records, person)
    text = text_of(data)
    found = None
    if text is not None and text.count("\ufffd") <= UNREADABLE * len(text):
        found = compare_copy(text, record, Records(records), len(records) - 1)
    return Judged(file, hashlib.sha256(data).hexdigest(), record, day, found)


def _of(records: list[Record], person: str) -> Record:
    names = {record.person: record for record in records}
    if person in names:
        return names[person]
    if not person and len(records) == 1:
        return records[0]
    hint = nearest(person, names) if person else ""
    raise UsageError(
        Text(nl="van wie is het afschrift?", en="whose copy is it?"),
        where="--person",
        expected=", ".join(sorted(names)),
        received=person,
        next_step=Text(nl=f"bedoelde u '{hint}'?", en=f"did you mean '{hint}'?") if hint else "",
    )


def show_copy(console: Console, judged: Judged, lang: Lang) -> None:
    """For people, with what was not found."""
    for line in _lines(judged, lang, quoting=True):
        console.print(line, markup=False, soft_wrap=True)


def proof(judged: Judged, lang: Lang) -> bytes:
    """A text to attest with: places and numbers, and nothing that the record says."""
    head = [
        _HEAD.of(lang),
        f"OPEN-ICT-40 · {judged.day.isoformat()} · {judged.file.name} · sha256 {judged.sha256}",
    ]
    last = [] if judged.found is None else [(_GOOD if judged.found.good else _BAD).of(lang)]
    return "\n".join((*head, *_lines(judged, lang, quoting=False), *last, "")).encode()


def _lines(judged: Judged, lang: Lang, *, quoting: bool) -> list[str]:
    found = judged.found
    if found is None:
        return [_UNREADABLE.of(lang)]
    lines = [
        _ASKED.format(
            told=found.told, asked=found.asked, person=judged.record.person, others=found.others
        ).of(lang)
    ]
    for item in found.missing:
        words = f": {' · '.join(item.words)}" if quoting else f" ({len(item.words)})"
        lines.append(f"✗ {item.key} {_MISSING.of(lang)}{words}")
    lines += [f"✗ {key} {_FORBIDDEN.of(lang)}" for key in found.forbidden]
    for said, owner in found.foreign:
        lines.append(f"✗ {_FOREIGN.format(owner=owner).of(lang)}" + (f": {said}" if quoting else ""))
    return lines
