"""The run folder: everything that is needed to judge and report again, on any machine, any day.

::

    reports/<run>/
      run.json            versions per participant, harness, hashes, T, plan
      events.jsonl        what happened
      exchanges/<cell>.har
      findings.json       canonical
      junit.xml  allure-results/  report/
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import msgspec

from harness.core.errors import InputError
from harness.core.ids import safe_name
from harness.core.run.findings import Finding, canonical, decode
from harness.core.run.info import RunInfo
from harness.core.text import Text

T = TypeVar("T")


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file so that readers see the old or the new content, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


_CONTENT = {
    "allure-results",
    "events.jsonl",
    "exchanges",
    "findings.json",
    "handout",
    "junit.xml",
    "report",
    "run.json",
}
"""Names that a run leaves in its folder; a folder with anything else is somebody else's."""


class RunFolder:
    """Paths and documents of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path) -> RunFolder:
        """A new, empty run folder; what an earlier run left in it is removed.

        :raises InputError: when ``path`` exists and is not an empty folder or an earlier run.
        """
        if path.exists() and not (path.is_dir() and {item.name for item in path.iterdir()} <= _CONTENT):
            raise InputError(
                Text(
                    nl="bestaat al en is geen map van een eerdere run",
                    en="exists already and is not the folder of an earlier run",
                ),
                where=str(path),
                next_step=Text(nl="kies een andere map met --out", en="choose another folder with --out"),
            )
        folder = cls(path)
        for item in path.iterdir() if path.is_dir() else ():
            if item.is_dir():
                shutil.rmtree(item, ignore_errors=True)
            else:
                item.unlink()
        folder.exchanges.mkdir(parents=True, exist_ok=True)
        return folder

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """An existing run folder.

        :raises InputError: when it is not one.
        """
        if not (path / "run.json").is_file():
            raise InputError(
                Text(nl="is geen run-map (run.json ontbreekt)", en="is not a run folder (no run.json)"),
                where=str(path),
            )
        return cls(path)

    @property
    def exchanges(self) -> Path:
        """Folder of the HAR files."""
        return self.path / "exchanges"

    @property
    def events(self) -> Path:
        """The event file."""
        return self.path / "events.jsonl"

    def har(self, cell_key: str) -> Path:
        """HAR file of one cell (``""``: traffic outside any cell)."""
        return self.exchanges / f"{safe_name(cell_key or 'network')}.har"

    def write_info(self, info: RunInfo) -> None:
        """Write ``run.json``."""
        write_atomic(self.path / "run.json", msgspec.json.format(msgspec.json.encode(info), indent=2) + b"\n")

    def info(self) -> RunInfo:
        """Read ``run.json``.

        :raises InputError: when it cannot be understood.
        """
        return self._decode("run.json", lambda data: msgspec.json.decode(data, type=RunInfo))

    def write_findings(self, findings: Iterable[Finding]) -> None:
        """Write the canonical ``findings.json``."""
        write_atomic(self.path / "findings.json", canonical(findings))

    def findings(self) -> list[Finding]:
        """Read ``findings.json``.

        :raises InputError: when it cannot be understood.
        """
        return self._decode("findings.json", decode)

    def _decode(self, name: str, decoder: Callable[[bytes], T]) -> T:
        path = self.path / name
        try:
            return decoder(path.read_bytes())
        except (OSError, msgspec.MsgspecError) as error:
            raise InputError(
                Text(nl="kan niet worden gelezen", en="cannot be read"), where=str(path), received=str(error)
            ) from None
