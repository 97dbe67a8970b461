"""What a run leaves in its folder, by the form of its path: everything else is somebody else's.

Nothing outside this list is ever moved, overwritten or removed.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from harness.core.run.manifest import LITTER, START
from harness.core.run.manifest import NAME as MANIFEST
from harness.core.run.place import disk, lock

SALT: Final = "run.salt"
"""The salt of the identifiers while the run goes on, for its owner only; ``--resume`` needs it."""
_NAME: Final = r"[a-z0-9][a-z0-9._-]*"
_UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SESSION: Final = rf"sessions/{_NAME}/"
"""Beginning of what stands in the run folder of a session, which is of the form of every run folder."""
_OURS: Final = re.compile(
    rf"(?:{_SESSION})?(?:"
    + "|".join(
        (
            r"(?:run-start|run|cleaned|findings|manifest|seal|testscript)\.json",
            r"(?:events(?:-[1-9][0-9]{0,3})?|results)\.jsonl",
            rf"{re.escape(lock.NAME)}|{re.escape(SALT)}|junit\.xml|{_NAME}\.har",
            rf"exchanges/{_NAME}\.jsonl(?:\.gz)?",
            r"bodies/[0-9a-f]{2}/[0-9a-f]{64}",
            rf"(?:findings|records|shares)/{_NAME}\.json",
            r"report/index(?:\.en)?\.html",
            rf"report/[a-z]+-{_NAME}\.(?:nl|en)\.html",
            rf"report/cell-{_NAME}\.js",
            rf"allure-results/{_UUID}-(?:result|container)\.json(?:\.tmp)?",
            rf"allure-results/{_UUID}-attachment(?:\.[a-z0-9]+)?",
            r"allure-results/(?:environment\.properties|categories\.json|allurerc\.mjs)",
            rf"handout/{_NAME}\.(?:pem|key|yaml)",
            # put beside it by people, and in its manifest since:
            rf"attestations/{_NAME}/(?:attestation\.json|proof\.[a-z]+)",
        )
    )
    + ")"
)
_GENERATED: Final = ("report", "allure-results")
_FOLDERS: Final = re.compile(
    rf"sessions|sessions/{_NAME}|"
    rf"(?:{_SESSION})?(?:exchanges|bodies(?:/[0-9a-f]{{2}})?|findings|records|shares|report|allure-results|handout|"
    rf"attestations(?:/{_NAME})?)",
    re.ASCII,
)


def foreign(folder: Path) -> str:
    """The first thing below a folder that no run of the harness wrote, ``""`` when there is none.

    A link is foreign, whatever its name.

    :raises OSError: the folder cannot be read.
    """
    return next((name for name, _, ours in _walk(folder) if not ours), "")


def is_ours(name: str) -> bool:
    """Whether a file with this path, relative to a run folder, is one that a run writes."""
    return bool(_OURS.fullmatch(name))


def is_empty(folder: Path) -> bool:
    """Whether nothing stands in a folder but the lock and what file managers leave behind.

    :raises OSError: the folder cannot be read.
    """
    return not any(entry.name not in (lock.NAME, *LITTER) for entry in os.scandir(folder))


def clear_generated(folder: Path) -> None:
    """Remove the reports of a run that is gone on with: they are written anew when it ends.

    :raises OSError: something cannot be removed.
    """
    for name in _GENERATED:
        _remove(folder / name, f"{name}/")


def clear(folder: Path) -> None:
    """Remove everything that a run left, but not the lock; only after :func:`foreign` found nothing.

    What makes the folder a run goes first, so that a crash leaves a folder that may be cleared again.

    :raises OSError: something cannot be removed.
    """
    for name in (MANIFEST, START):
        (folder / name).unlink(missing_ok=True)
    _remove(folder, "")


def _remove(folder: Path, inside: str) -> None:
    """Remove what is ours in a folder, but not the lock."""
    folders = []
    for name, path, ours in _walk(folder, inside) if folder.is_dir() else ():
        if not ours or name == lock.NAME:
            continue
        if path.is_dir():
            folders.append(path)
        else:
            path.unlink(missing_ok=True)
    for path in reversed(folders):
        with contextlib.suppress(OSError):  # a file manager left something in it
            path.rmdir()


def _walk(folder: Path, inside: str = "") -> Iterator[tuple[str, Path, bool]]:
    """Relative path, path, and whether it is ours, of everything below a folder but litter."""
    for entry in sorted(os.scandir(folder), key=lambda item: item.name):
        name = f"{inside}{entry.name}"
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            ours = bool(_FOLDERS.fullmatch(name))
            yield name, path, ours
            if ours:
                yield from _walk(path, f"{name}/")
        elif entry.name not in LITTER or not entry.is_file(follow_symlinks=False):
            written = _OURS.fullmatch(name) or disk.TEMPORARY.fullmatch(entry.name)
            yield name, path, bool(written) and entry.is_file(follow_symlinks=False)
