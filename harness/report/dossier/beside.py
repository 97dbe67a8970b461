"""What people put beside the runs of a dossier, and that nothing else is in it.

Whoever signs a dossier can put any file and any words into it. What a reader is shown has to mean what it
seems to mean: only files that are looked at, statements about what a person may decide, texts that stand
there as they are read.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from harness.core.run import manifest
from harness.core.run.agreed import attestations as attested
from harness.core.run.agreed.attestations import Placed, attestations
from harness.core.run.info import RunInfo
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text
from harness.judge.catalogue import Catalogue
from harness.report.dossier.document import NAME, WAIVERS, HeldRun, read_dossier
from harness.report.programme.basiseisen import basiseisen
from harness.report.programme.milestones import milestones
from harness.report.programme.veldtest import steps

_TOP: Final = frozenset({NAME, WAIVERS, manifest.NAME, manifest.SEAL, "runs", attested.FOLDER})
_TURNING: Final = frozenset("\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""What turns the order of reading, or ends a line where nobody sees it."""


def decided_by_people(catalogue: Catalogue) -> list[str]:
    """The ids of everything that a person may state: all but what tests alone decide."""
    return [
        *(item.id for item in basiseisen() if item.stated),
        *(item.id for item in milestones() if item.by == "attest"),
        *(step.id for step in steps()),
        *(one.id for one in catalogue),
    ]


def check_beside(
    folder: Path, runs: Sequence[HeldRun], info: RunInfo, catalogue: Catalogue, day: date
) -> list[Placed]:
    """Look at everything of a dossier that is no recording; gives what was stated.

    :param info: all runs as one.
    :param day: the day on which they are looked at.
    :raises EvidenceError: the first thing that does not belong there.
    :raises ConfigurationError: a waiver is of a requirement that is not known, or no agreement of two people.
    """
    placed = attestations(folder, *(folder / run.folder for run in runs))
    _check_places(folder, runs, placed)
    known = frozenset(decided_by_people(catalogue))
    for item in placed:
        if item.attestation.item not in known:
            raise EvidenceError(
                ProblemKind.DESCRIPTION,
                Text(
                    nl="gaat over iets waarover geen mens een verklaring geeft",
                    en="is about something that nobody makes a statement about",
                ),
                where=(item.folder / attested.NAME).relative_to(folder).as_posix(),
                received=short(item.attestation.item),
            )
        _check_measured(item, info, folder)
    for waiver in info.waivers:
        _ = catalogue[waiver.requirement]
        waiver.check(f"{WAIVERS}: {waiver.fingerprint}", day)
    for where, text, lines in _texts(folder, info, placed):
        _check_text(text, where, lines=lines)
    return placed


def _check_measured(item: Placed, info: RunInfo, folder: Path) -> None:
    """Whether a sample of availability is of parties of the runs, in their versions."""
    known = {
        (one.id, " ".join(part for part in (one.product, one.version) if part)) for one in info.participants
    }
    measured = item.attestation.measured
    for target in measured.targets if measured is not None else ():
        if (target.party, target.version) not in known:
            raise EvidenceError(
                ProblemKind.DESCRIPTION,
                Text(
                    nl="is een steekproef van een andere partij of versie dan die van de runs",
                    en="is a sample of another party or version than those of the runs",
                ),
                where=(item.folder / attested.NAME).relative_to(folder).as_posix(),
                expected=short(", ".join(f"{name} {version}" for name, version in sorted(known))),
                received=short(f"{target.party} {target.version}"),
            )


def _check_places(folder: Path, runs: Sequence[HeldRun], placed: Sequence[Placed]) -> None:
    """Whether nothing lies in a dossier but what is looked at."""
    for path in sorted(folder.iterdir()):
        if path.name not in _TOP | manifest.LITTER:
            raise _extra(path, folder)
    named = {item.folder / name for item in placed for name in item.files}
    for place in (folder, *(folder / run.folder for run in runs)):
        for path in sorted((place / attested.FOLDER).rglob("*")):
            if path.is_file() and path not in named and path.name not in manifest.LITTER:
                raise _extra(path, folder)
    for run in runs:
        for name in sorted(manifest.GENERATED - {manifest.NAME, manifest.SEAL}):
            if (folder / run.folder / name).exists():
                raise _extra(folder / run.folder / name, folder)


def _extra(path: Path, folder: Path) -> EvidenceError:
    return EvidenceError(
        ProblemKind.EXTRA,
        Text(nl="hoort niet in een dossier", en="does not belong in a dossier"),
        where=short(path.relative_to(folder).as_posix()),
    )


def _texts(folder: Path, info: RunInfo, placed: Sequence[Placed]) -> Iterator[tuple[str, str, bool]]:
    """Every text that a reader is shown: where it stands, and whether it may have several lines."""
    about = read_dossier(folder)
    yield NAME, about.vendor, False
    yield NAME, about.region, False
    for party in info.participants:
        for text in (party.id, party.vendor, party.product, party.version):
            yield manifest.START, text, False
    for waiver in info.waivers:
        for text, lines in (
            (waiver.owner, False),
            (waiver.approver, False),
            (waiver.issue, True),
            (waiver.reason, True),
        ):
            yield f"{WAIVERS}: {waiver.fingerprint}", text, lines
    for item in placed:
        told, where = item.attestation, (item.folder / attested.NAME).relative_to(folder).as_posix()
        yield where, told.by, False
        yield where, told.cell, False
        yield where, told.note, True
        if told.review is not None:
            yield where, told.review.by, False
            yield where, told.review.note, True


def _check_text(text: str, where: str, *, lines: bool) -> None:
    """Whether a text is shown as it stands there: no controls of a terminal, no turned order of reading."""
    for sign in text:
        if sign in _TURNING or (unicodedata.category(sign) == "Cc" and not (lines and sign in "\n\r\t")):
            raise EvidenceError(
                ProblemKind.UNSAFE,
                Text(
                    nl="bevat een teken waardoor er iets anders te zien is dan er staat",
                    en="holds a character with which something else is seen than stands there",
                ),
                where=where,
                received=f"U+{ord(sign):04X}",
            )
