"""What a bureau sees of many dossiers: a row per dossier, what expires soon, how far regions are."""

from __future__ import annotations

import csv
import hashlib
import io
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from harness import __version__
from harness.core.algebra import Outcome
from harness.core.clock import AMSTERDAM
from harness.core.errors import HarnessError
from harness.core.run.challenge import Challenge
from harness.core.run.info import ParticipantVersion
from harness.core.run.place import disk
from harness.core.run.problems import short
from harness.core.text import LANGUAGES, Lang, Text
from harness.judge.catalogue import Catalogue, load_catalogue
from harness.judge.outcome.progress import Progress
from harness.record.seal.countersign import beside
from harness.record.seal.limits import SUPPLIERS_WORDS
from harness.record.seal.trust import Trust
from harness.report.dossier.agreed import agreement
from harness.report.dossier.check import CheckedDossier, check_dossier
from harness.report.dossier.milestones import SYMBOL, WORD, MilestoneRow, Reached, milestone_rows
from harness.report.dossier.otherwise import told_otherwise
from harness.report.dossier.pack import SUFFIX, is_packed, unpacked
from harness.report.dossier.waived import day as shown_day
from harness.report.headlines import outcome_name
from harness.report.pages.frame import render
from harness.report.programme.milestones import milestones
from harness.report.words import PROGRESS, amount

SOON: Final = timedelta(days=60)
"""What expires within this time is named."""
_LOOK: Final = {Reached.REACHED: "p", Reached.NOT_MET: "f", Reached.RUNNING: "i", Reached.NOT_YET: "n"}
_OUTCOME: Final = {Outcome.CONFORMS: "p", Outcome.FAILS: "f", Outcome.NO_VERDICT: "o"}
"""How milestones and outcomes look on the page."""


@dataclass(frozen=True)
class Expiring:
    """Something that stops to hold: a waiver or an attestation."""

    vendor: str
    what: str
    until: date


@dataclass(frozen=True)
class DossierRow:
    """One dossier.

    :ivar file: its name; ``sha256`` of its bytes, which a receipt names.
    :ivar problem: why it was refused; then nothing else is known of it.
    """

    file: str
    sha256: str
    problem: Text | None = None
    found: CheckedDossier | None = None
    milestones: tuple[MilestoneRow, ...] = ()

    @property
    def vendor(self) -> str:
        """Whose it is."""
        return self.found.dossier.vendor if self.found is not None else ""

    @property
    def countersigned(self) -> str:
        """Who agreed with its waivers and reviews."""
        signed = self.found.countersigned if self.found is not None else None
        return signed.agreed.by if signed is not None else ""

    @property
    def products(self) -> list[ParticipantVersion]:
        """HIS and DVZA that it is about."""
        if self.found is None:
            return []
        parties = self.found.summary.parties
        return [parties[name].party for name in self.found.dossier.subject if name in parties]


@dataclass(frozen=True)
class Overview:
    """All dossiers of a folder on one day."""

    at: datetime
    rows: tuple[DossierRow, ...]

    @property
    def day(self) -> date:
        """The day in Amsterdam."""
        return self.at.astimezone(AMSTERDAM).date()

    @property
    def refused(self) -> list[DossierRow]:
        """Dossiers that do not hold together."""
        return [row for row in self.rows if row.problem is not None]

    @property
    def accepted(self) -> list[DossierRow]:
        """Dossiers that hold together, by vendor."""
        return sorted(
            (row for row in self.rows if row.found is not None), key=lambda row: row.vendor.casefold()
        )

    @property
    def unagreed(self) -> bool:
        """Whether a dossier rests on words of its supplier alone."""
        return any(row.found is not None and row.found.unagreed for row in self.accepted)

    @property
    def expiring(self) -> list[Expiring]:
        """What stops to hold soon, or has stopped, the first first."""
        items = []
        for row in self.accepted:
            if row.found is None:
                continue
            items += [
                Expiring(row.vendor, f"{item.requirement} ({item.fingerprint})", item.expires)
                for item in row.found.waivers
            ]
            items += [
                Expiring(row.vendor, item.item, item.until)
                for item in row.found.attestations
                if item.until is not None
            ]
        soon = [item for item in items if item.until <= self.day + SOON]
        return sorted(soon, key=lambda item: (item.until, item.vendor, item.what))

    @property
    def regions(self) -> list[tuple[str, int, int]]:
        """Per region: how many dossiers, and how many of them reached the last milestone."""
        every: Counter[str] = Counter()
        done: Counter[str] = Counter()
        for row in self.accepted:
            region = row.found.dossier.region if row.found is not None else ""
            every[region] += 1
            done[region] += bool(row.milestones) and row.milestones[-1].reached is Reached.REACHED
        return [(region, every[region], done[region]) for region in sorted(every)]


def dossiers_in(folder: Path) -> list[Path]:
    """The packed dossiers of a folder by name: what is called one, and what begins as one."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and (path.name.endswith(SUFFIX) or is_packed(path))
    )


def look(
    path: Path,
    catalogue: Catalogue,
    trust: Trust | None,
    now: datetime,
    challenges: Sequence[Challenge] = (),
) -> DossierRow:
    """One dossier, verified; a problem is part of the row, so that one bad file stops nothing.

    :param challenges: those that the bureau gave; with them every run has to be bound to one.
    """
    sha256 = ""
    try:
        with disk.opened(path) as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        with unpacked(path) as folder:
            found = check_dossier(
                folder,
                catalogue,
                now=now,
                trust=trust,
                countersignature=beside(path) if beside(path).is_file() else None,
                challenges=challenges,
            )
    except OSError as error:
        unread = Text(nl="kan niet worden gelezen", en="cannot be read")
        told = Text(*(f"{unread.of(lang)}: {disk.reason(error)}" for lang in LANGUAGES))
        return DossierRow(path.name, sha256, problem=told)
    except HarnessError as error:
        place = f"{short(error.where)}: " if error.where else ""
        told = Text(nl=place + error.message.nl, en=place + error.message.en)
        return DossierRow(path.name, sha256, problem=told)
    day = now.astimezone(AMSTERDAM).date()
    return DossierRow(path.name, sha256, found=found, milestones=tuple(milestone_rows(found, day)))


def once(rows: Sequence[DossierRow]) -> tuple[DossierRow, ...]:
    """The same rows; where runs that are not the same one are bound to one challenge, they are refused."""
    runs: dict[str, set[str]] = {}
    for row in rows:
        for nonce, run in _bound_runs(row):
            runs.setdefault(nonce, set()).add(run)
    several = {nonce for nonce, found in runs.items() if len(found) > 1}
    return tuple(_refused(row) if any(n in several for n, _ in _bound_runs(row)) else row for row in rows)


def _bound_runs(row: DossierRow) -> list[tuple[str, str]]:
    if row.found is None:
        return []
    pairs = zip(row.found.bound, row.found.dossier.runs, strict=True)
    return [(bound.nonce, run.run) for bound, run in pairs if bound.nonce]


def _refused(row: DossierRow) -> DossierRow:
    told = Text(
        nl="is gebonden aan een controlegetal dat voor meer dan één run is gebruikt",
        en="is bound to a challenge that was used for more than one run",
    )
    return DossierRow(row.file, row.sha256, problem=told)


def write_csv(overview: Overview) -> bytes:
    """A row per dossier and milestone, for a spreadsheet; formulas are text there.

    With semicolons, as spreadsheets in Dutch ask, and a byte order mark, so that they see that it is UTF-8.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(
        [
            "dossier",
            "sha256",
            "vendor",
            "products",
            "region",
            "tested",
            "outcome",
            "milestone",
            "state",
            "missing",
            "refused",
            "countersigned",
            "made_with",
            "cells",
        ]
    )
    for row in overview.rows:
        if row.found is None:
            problem = row.problem.en if row.problem is not None else ""
            unknown = [""] * 8
            writer.writerow(map(_cell, [row.file, row.sha256, *unknown, problem, "", "", ""]))
            continue
        about = [
            row.file,
            row.sha256,
            row.vendor,
            ", ".join(f"{item.role} {item.name}" for item in row.products),
            row.found.dossier.region,
            " ".join(item.isoformat() for item in row.found.tested),
            row.found.outcome.value,
        ]
        for item in row.milestones:
            told = [item.milestone.id, item.reached.value, " ".join(item.missing), ""]
            then = " ".join(dict.fromkeys(run.made_with for run in row.found.otherwise))
            cells = ", ".join(f"{one.value}: {number}" for one, number in _undone(row.found).items())
            writer.writerow(map(_cell, [*about, *told, row.countersigned, then, cells]))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cell(value: str) -> str:
    """A value that no spreadsheet takes for a formula, also one that drops blanks or widens signs."""
    seen = unicodedata.normalize("NFKC", value)
    formula = seen.lstrip().startswith(("=", "+", "-", "@")) or seen.startswith(("\t", "\r", "\n"))
    return f"'{value}" if formula else value


def write_page(overview: Overview, lang: Lang) -> bytes:
    """The overview as a page that needs nothing else."""
    words: dict[str, Any] = {
        "rehearsal": False,
        "harness": __version__,
        "overview": overview,
        "milestones": milestones(),
        "symbol": SYMBOL.__getitem__,
        "states": tuple(Reached),
        "look": _LOOK.__getitem__,
        "outcome_class": lambda found: _OUTCOME[found.outcome],
        "other": f"index.{'en' if lang == 'nl' else 'nl'}.html",
        "reached": lambda reached: WORD[reached].of(lang),
        "day": lambda value: shown_day(value).of(lang),
        "outcome": lambda found: outcome_name(found.outcome).of(lang),
        "missing": _missing,
        "suppliers_words": SUPPLIERS_WORDS.of(lang),
        "agreement": lambda found: told.of(lang) if (told := agreement(found)) is not None else "",
        "remarks": lambda found: [line.of(lang) for line in _remarks(found)],
    }
    return render("bureau", lang, words)


def _remarks(found: CheckedDossier) -> list[Text]:
    """With what it was made when that is not what it is judged with, and which cells were not driven."""
    told = told_otherwise(found.otherwise, load_catalogue())
    for progress, number in _undone(found).items():
        cells = amount(number, "cell")
        told.append(Text(nl=f"{cells.nl} {PROGRESS[progress].nl}", en=f"{cells.en} {PROGRESS[progress].en}"))
    return told


def _undone(found: CheckedDossier) -> dict[Progress, int]:
    """How many cells came how far, of those that were not driven to their end."""
    counts = Counter(cell.progress for cell in found.summary.cells if cell.progress is not None)
    return {progress: counts[progress] for progress in Progress if counts[progress]}


def _missing(row: DossierRow) -> list[str]:
    """What the milestones wait for, each once."""
    return list(dict.fromkeys(name for item in row.milestones for name in item.missing))


def receipt(row: DossierRow, at: datetime) -> dict[str, Any]:
    """What a bureau gives back for a dossier: which bytes it saw, when, and what it found."""
    return {
        "schema": "receipt-1",
        "dossier": row.file,
        "sha256": row.sha256,
        "at": at.isoformat(),
        "accepted": row.found is not None,
        "problem": row.problem,
        "vendor": row.vendor,
        "outcome": row.found.outcome.value if row.found is not None else "",
        "countersigned": row.countersigned,
        "key": row.found.seal.keyid if row.found is not None and row.found.seal is not None else "",
    }
