"""How much a network that is served may record; above it, it stops and is judged, as after Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from harness.core.text import Text

GIGABYTES: Final = 10.0
"""Size of the run folder, its sessions included, unless asked otherwise."""
_LOOK: Final = 60.0
"""How often that is looked at (seconds): it takes a walk over all files."""


class Bounds:
    """The bounds of one ``harness serve``.

    :param folder: the run folder; ``gigabytes``: how large it may become, ``0``: as large as the disk.
    :param now: a clock that only goes on (seconds).
    """

    def __init__(
        self,
        folder: Path,
        gigabytes: float = GIGABYTES,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._most = gigabytes
        self._now = now
        self._looked = now()

    def reached(self) -> Text | None:
        """Why it has to stop; ``None``: it may go on."""
        if not self._most or self._now() - self._looked < _LOOK:
            return None
        self._looked = self._now()
        size = sum(map(_size, self._folder.rglob("*"))) / 1e9
        if size < self._most:
            return None
        return Text(
            nl=f"de runmap is {size:.1f} GB groot, meer dan --max-gigabytes {self._most:g}",
            en=f"the run folder is {size:.1f} GB large, more than --max-gigabytes {self._most:g}",
        )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # packed or moved meanwhile
        return 0
