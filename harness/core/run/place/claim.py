"""Taking a folder for a run: made when it is absent, refused when it is somebody else's or in use.

A *finished* run that stands there is moved aside and never touched again. One that did not finish is refused
unless the user says what to do with it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from harness.core.errors import HarnessError, InputError, UsageError, UserError
from harness.core.run.folder import END, RunFolder, check_format
from harness.core.run.manifest import NAME as MANIFEST
from harness.core.run.manifest import START
from harness.core.run.place import contents, disk, lock
from harness.core.run.problems import EvidenceError
from harness.core.text import Text

Mode = Literal["new", "resume", "replace"]
"""What happens to a run in the folder that did not finish: refused, gone on with, or removed."""
OTHER_FOLDER = Text(nl="kies een andere map met --out", en="choose another folder with --out")


def chosen_mode(*, resume: bool, replace: bool) -> Mode:
    """The mode that two options ask for.

    :raises UsageError: both are given.
    """
    if resume and replace:
        raise UsageError(
            Text(nl="--resume en --replace gaan niet samen", en="--resume and --replace exclude each other")
        )
    return "resume" if resume else "replace" if replace else "new"


@dataclass
class Claim:
    """A run folder that this process owns.

    :ivar lock: ``None``: another process owns it, and this one works for that.
    :ivar moved: where the finished run went that stood here before.
    :ivar resumed: whether an unfinished run stands here that is gone on with.
    """

    folder: RunFolder
    lock: lock.RunLock | None = None
    moved: Path | None = None
    resumed: bool = False

    def told(self) -> Text | None:
        """What the user has to know of it."""
        if self.moved is None:
            return None
        return Text(
            nl=f"de afgemaakte run die in de map stond, staat nu in {self.moved}",
            en=f"the finished run that stood in the folder now stands in {self.moved}",
        )

    def release(self) -> None:
        """Give the folder free."""
        if self.lock is not None:
            self.lock.release()


def claim(path: Path, mode: Mode = "new") -> Claim:
    """Take a folder for a run.

    :raises InputError: the folder cannot be made or written, or holds files that no run wrote.
    :raises EvidenceError: it holds a run of an older or newer version.
    :raises UsageError: another process uses it; it holds an unfinished run and ``mode`` is *new*, or a
        finished one and ``mode`` is *resume*.
    """
    while True:
        seen = None
        try:
            path.mkdir(parents=True, exist_ok=True)
            seen = path.stat()
            return _claim(path, mode)
        except OSError as error:
            failed: HarnessError = _unusable(path, disk.reason(error))
        except HarnessError as error:
            failed = error if isinstance(error, UserError) else _unusable(path, error.received)
        if seen is None or _is_still(path, seen):
            raise failed
        # another process moved a finished run aside while we looked at it: look again


def _is_still(path: Path, seen: os.stat_result) -> bool:
    """Whether the folder at a path is the one that was seen there."""
    try:
        return os.path.samestat(path.stat(), seen)
    except OSError:
        return False


def _claim(path: Path, mode: Mode) -> Claim:
    _check_ours(path)
    owned = lock.RunLock(path)
    owned.acquire()
    try:
        folder = RunFolder(path)
        if contents.is_empty(path):
            return Claim(folder, owned)
        _check_ours(path)
        if not folder.started and not folder.finished:  # refused or killed before anything was recorded
            contents.clear(path)
            return Claim(folder, owned)
        if folder.finished:
            if mode == "resume":
                raise UsageError(
                    Text(
                        nl="bevat een run die al is afgemaakt; er is niets om mee verder te gaan",
                        en="holds a run that has finished already; there is nothing to go on with",
                    ),
                    where=str(path),
                    next_step=Text(
                        nl="laat --resume weg: de afgemaakte run wordt dan opzij gezet",
                        en="leave out --resume: the finished run is then moved aside",
                    ),
                )
            aside = _move_aside(folder)
            owned.release()
            return _taken_again(path, aside)
        if mode == "new":
            raise _unfinished(path)
        if mode == "replace":
            contents.clear(path)
        else:
            contents.clear_generated(path)
        return Claim(folder, owned, resumed=mode == "resume")
    except BaseException:
        owned.release()
        raise


def _taken_again(path: Path, aside: Path) -> Claim:
    """The folder anew after what stood there was moved."""
    (aside / lock.NAME).unlink(missing_ok=True)
    path.mkdir(parents=True, exist_ok=True)
    owned = lock.RunLock(path)
    owned.acquire()
    return Claim(RunFolder(path), owned, moved=aside)


def _move_aside(folder: RunFolder) -> Path:
    """Move a finished run to a name of its own, made of the moment at which it started."""
    path = folder.path.resolve()
    try:
        started = datetime.fromisoformat(folder.start().now).strftime("%Y%m%d-%H%M%S")
    except (EvidenceError, ValueError):
        started = "before"
    number, aside = 1, path.with_name(f"{path.name}.{started}")
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.{started}-{number}")
    path.rename(aside)
    return aside


def _check_ours(path: Path) -> None:
    if any((path / name).is_file() for name in (START, MANIFEST, END)):
        check_format(path)
    name = contents.foreign(path)
    if name:
        raise InputError(
            Text(
                nl="bevat iets dat geen run van de harness heeft geschreven",
                en="holds something that no run of the harness wrote",
            ),
            where=str(path),
            received=name,
            next_step=OTHER_FOLDER,
        )


def _unfinished(path: Path) -> UsageError:
    return UsageError(
        Text(
            nl="bevat een run die niet is afgemaakt",
            en="holds a run that did not finish",
        ),
        where=str(path),
        next_step=Text(
            nl="ga ermee verder met --resume, gooi hem weg met --replace, of kies een andere map met --out",
            en="go on with it with --resume, discard it with --replace, or choose another folder with --out",
        ),
    )


def _unusable(path: Path, received: str) -> InputError:
    return InputError(
        Text(nl="is geen plaats voor een run", en="is no place for a run"),
        where=str(path),
        received=received,
        next_step=OTHER_FOLDER,
    )
