"""The harness's own cache on disk of what it compiled from FHIR packages: keyed by content, never executed.

One folder per key below the platform's cache folder (``HARNESS_CACHE`` overrides it). A folder is written
beside its final name and then renamed, so that a reader sees all of it or nothing. Anything unreadable is
thrown away and made again; a cache that cannot be written is done without.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

FORMAT = 3
"""Part of every key; raised when what is cached changes shape."""


def default_folder() -> Path:
    """Folder of the cache: ``HARNESS_CACHE``, or ``medmij-harness`` in the cache folder of the platform."""
    override = os.environ.get("HARNESS_CACHE")
    if override:
        return Path(override)
    if sys.platform == "win32":  # pragma: no cover
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "medmij-harness"
    if sys.platform == "darwin":  # pragma: no cover
        return Path.home() / "Library" / "Caches" / "medmij-harness"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "medmij-harness"


class Cache:
    """Folders of files by key."""

    def __init__(self, folder: Path | None = None) -> None:
        """:param folder: where to keep it; the platform's cache folder when ``None``."""
        self.folder = (folder or default_folder()) / "fhir"

    def path(self, key: str) -> Path:
        """Folder for a key; it need not exist."""
        return self.folder / f"{key}-v{FORMAT}"

    def write(self, key: str, files: dict[str, bytes]) -> Path | None:
        """Store files under a key, replacing what is there; ``None`` when the cache cannot be written."""
        target = self.path(key)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=self.folder))
            try:
                for name, data in files.items():
                    (fresh / name).write_bytes(data)
                for _attempt in range(2):
                    try:
                        fresh.rename(target)
                        break
                    except OSError:
                        if _same(target, files):
                            break  # another process was first
                        self.discard(key)  # damaged: ours is complete
                else:
                    return None
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
        except OSError:
            return None
        return target

    def discard(self, key: str) -> None:
        """Throw away what is stored under a key."""
        shutil.rmtree(self.path(key), ignore_errors=True)


def _same(folder: Path, files: dict[str, bytes]) -> bool:
    """Whether a folder holds these files with this content."""
    try:
        return all((folder / name).read_bytes() == data for name, data in files.items())
    except OSError:
        return False
