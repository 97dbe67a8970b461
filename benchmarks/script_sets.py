"""The official sets of TestScripts in the material, by folder name: which are there, and where.

A recorded answer of a peer belongs to the sets that it was recorded over. Whoever compares with it names those
sets, so that a set which is added to the material later changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


class MissingSets(Exception):
    """Sets that were asked for are not in the material; :ivar names: which."""

    def __init__(self, names: Iterable[str], folder: Path) -> None:
        self.names = tuple(names)
        super().__init__(f"not in {folder}: {', '.join(self.names)}")


def present(material: Path) -> list[str]:
    """Names of all sets in the material, sorted."""
    return sorted(path.name for path in _home(material).iterdir() if path.is_dir())


def folders(material: Path, names: Iterable[str] | None = None) -> list[Path]:
    """Folders of the named sets (of all sets when ``names`` is ``None``), sorted by name.

    :raises MissingSets: naming every set that is absent.
    """
    wanted = present(material) if names is None else sorted(names)
    found = [_home(material) / name for name in wanted]
    missing = [path.name for path in found if not path.is_dir()]
    if missing:
        raise MissingSets(missing, _home(material))
    return found


def _home(material: Path) -> Path:
    return material / "nictiz-testscripts" / "STU3"
