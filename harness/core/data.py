"""One loader for the data folders, from a checkout and from an installed wheel.

``profiles/``, ``fixtures/`` and ``scenarios/`` stand at the top of a checkout. A wheel carries the first two
inside the package under ``harness/_data/``, and the scenarios as the package ``harness.scenarios`` so that
``pytest --pyargs harness.scenarios`` finds them.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from harness.core.errors import HarnessError
from harness.core.text import Text

PACKAGE = Path(__file__).resolve().parent.parent


@cache
def data_root() -> Path:
    """Folder that holds ``profiles/`` and ``fixtures/``.

    :raises HarnessError: when neither a checkout nor packaged data is found.
    """
    for root in (PACKAGE / "_data", PACKAGE.parent):
        if (root / "profiles").is_dir():
            return root
    raise HarnessError(
        Text(
            nl="de gegevensmappen (profiles/, fixtures/) ontbreken bij deze installatie",
            en="the data folders (profiles/, fixtures/) are missing from this installation",
        ),
        where=str(PACKAGE),
    )


def data_path(*parts: str) -> Path:
    """Path of a data file or folder, e.g. ``data_path("profiles", "afsprakenstelsel")``.

    :raises HarnessError: when it does not exist.
    """
    path = data_root().joinpath(*parts)
    if not path.exists():
        raise HarnessError(Text(nl="gegevensbestand ontbreekt", en="data file is missing"), where=str(path))
    return path


@cache
def profiles_digest() -> str:
    """SHA-256 over every file below ``profiles/``, with its path: the data that verdicts rest on."""
    digest = hashlib.sha256()
    root = data_path("profiles")
    for path in sorted(item for item in root.rglob("*") if item.is_file()):
        name = path.relative_to(root).as_posix()
        digest.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def scenarios_path() -> Path:
    """Folder of the pytest scenarios.

    :raises HarnessError: when it does not exist.
    """
    packaged = PACKAGE / "scenarios"
    return packaged if packaged.is_dir() else data_path("scenarios")
