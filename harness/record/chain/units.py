"""Names of units and of their files: ``exchanges/<name>[.<attempt>].jsonl`` and ``….jsonl.gz`` once ended.

A unit that did not finish is driven again from its start, as the next attempt; what was recorded of it stays.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.core.ids import safe_name

FOLDER: Final = "exchanges"
SHARED: Final = "shared"
"""The unit of everything that belongs to no cell."""
PLAIN: Final = ".jsonl"
PACKED: Final = ".jsonl.gz"
_PART: Final = re.compile(r"shared(?:-[1-9][0-9]{0,3})?")
_ATTEMPT: Final = re.compile(r"\.[0-9]+$")
_FILE: Final = re.compile(r"(?P<stem>.+?)(?:\.(?P<attempt>[1-9][0-9]{0,5}))?(?P<suffix>\.jsonl(?:\.gz)?)")


@dataclass(frozen=True, order=True)
class UnitFile:
    """One recording: attempt ``attempt`` of the unit whose name gives ``stem``."""

    stem: str
    attempt: int
    path: Path

    @property
    def packed(self) -> bool:
        """Whether it is compressed, so that it has ended."""
        return self.path.name.endswith(PACKED)

    @property
    def place(self) -> str:
        """The path relative to the run folder, for people."""
        return f"{FOLDER}/{self.path.name}"


def shared_by(part: int) -> str:
    """The name of what belongs to no cell in the recording of one of several processes; 0: of the owner."""
    return f"{SHARED}-{part}" if part else SHARED


def shared_units(run_folder: Path) -> list[str]:
    """The names of the units of a run folder that belong to no cell."""
    return sorted({item.stem for item in units_in(run_folder) if _PART.fullmatch(item.stem)})


def stem_of(unit: str) -> str:
    """The first part of the file name of a unit: safe everywhere, different for different units."""
    name = safe_name(unit)
    if _ATTEMPT.search(name):  # it would read as an attempt of another unit
        return f"{name}-{hashlib.sha256(unit.encode()).hexdigest()[:8]}"
    return name


def file_name(unit: str, attempt: int, suffix: str = PLAIN) -> str:
    """The file name of an attempt at a unit."""
    return f"{stem_of(unit)}.{attempt}{suffix}" if attempt else f"{stem_of(unit)}{suffix}"


def units_in(run_folder: Path) -> list[UnitFile]:
    """All recordings of a run folder, by name and attempt; other files are left out."""
    return _found(run_folder)


def _found(run_folder: Path, stem: str = "") -> list[UnitFile]:
    """The recordings of a unit, or of all; a run has hundreds, and looks up one after the other."""
    found: list[UnitFile] = []
    folder = run_folder / FOLDER
    if not folder.is_dir():
        return found
    with os.scandir(folder) as entries:  # pathlib makes a path of each of the many that are not asked for
        names = [entry.name for entry in entries if entry.name.startswith(stem)]
    for name in names:
        match = _FILE.fullmatch(name)
        if match and not name.startswith(".") and stem in ("", match["stem"]):
            found.append(UnitFile(match["stem"], int(match["attempt"] or 0), folder / name))
    return sorted(found)


def attempts(run_folder: Path, unit: str) -> list[UnitFile]:
    """The recordings of one unit, in the order in which they were made."""
    return _found(run_folder, stem_of(unit))
