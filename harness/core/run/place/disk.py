"""Writing so that a crash or a power cut leaves the old or the new content, never half of it."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import stat
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Final

from harness.core.errors import HarnessError, InputError
from harness.core.text import Text

TEMPORARY: Final = re.compile(r"\.[^/\\]+\.\d+\.\d+\.tmp")
"""Names of the temporary files made here: ``.<name>.<process>.<number>.tmp``."""
_REFUSALS: Final = frozenset(
    number
    for name in ("EMFILE", "ENFILE", "ENOSPC", "EDQUOT", "EFBIG", "EROFS", "ENOMEM", "ENOBUFS", "EIO")
    if (number := getattr(errno, name, 0))
)
"""What a machine refuses, whoever asks."""
_NUMBERS = itertools.count()


def sync_file(path: Path) -> None:
    """Wait until the content of a file is on the disk.

    :raises OSError: as the system says.
    """
    handle = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk; a system that cannot do that is left alone."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def replace(path: Path, write: Callable[[BinaryIO], None], *, durable: bool = True) -> None:
    """Make or replace a file; readers see the old or the new content.

    :param write: gets the open file.
    :param durable: wait until content and name are on the disk.
    :raises HarnessError: the disk is full, the folder is read-only, and the like.
    """
    temporary = path.parent / f".{path.name}.{os.getpid()}.{next(_NUMBERS)}.tmp"
    try:
        try:
            with _made(temporary) as file:
                write(file)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        if durable:
            sync_folder(path.parent)
    except OSError as error:
        raise not_written(path, error) from None


def _made(path: Path) -> BinaryIO:
    """A new file, its folder made when it is not there yet (which is rare, and costs as much as the file)."""
    try:
        return path.open("wb")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb")


def write(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Make or replace a file with these bytes, see :func:`replace`.

    :raises HarnessError: it cannot be written.
    """

    def content(file: BinaryIO) -> None:
        file.write(data)

    replace(path, content, durable=durable)


def opened(path: Path) -> BufferedReader:
    """An ordinary file, open for reading; the folder may be a stranger's, and a pipe may never end.

    :raises OSError: it is absent, unreadable, or no ordinary file.
    """
    wanted = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, wanted)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "No ordinary file")
    return os.fdopen(handle, "rb")


def read(path: Path, limit: int) -> bytes:
    """The content of a file of at most ``limit`` bytes, as it stood when it was opened.

    :raises InputError: it is absent, unreadable, or larger.
    """
    try:
        with opened(path) as file:
            size = os.fstat(file.fileno()).st_size
            # Never more than there is: a buffer of the limit may be more than the machine gives.
            data = file.read(size) if size <= limit else None
    except OSError as error:
        raise InputError(
            Text(nl="kan niet worden gelezen", en="cannot be read"), where=str(path), received=reason(error)
        ) from None
    if data is None:
        raise InputError(
            Text(nl="is te groot", en="is too large"),
            where=str(path), expected=f"≤ {limit} bytes", received=f"{size} bytes",
        )  # fmt: skip
    return data


def remove_temporaries(folder: Path) -> list[Path]:
    """Remove what killed processes left of :func:`replace`; only while nobody else writes in ``folder``."""
    removed = []
    for parent, _, names in os.walk(folder):
        for name in names:
            if TEMPORARY.fullmatch(name):
                path = Path(parent, name)
                path.unlink(missing_ok=True)
                removed.append(path)
    return sorted(removed)


def reason(error: OSError) -> str:
    """What the system said, without the path (the caller names it)."""
    return error.strerror or type(error).__name__


def refused(error: BaseException) -> HarnessError | None:
    """What the machine does not give (room, descriptors, memory), when that is why something failed: then
    nobody else is to blame, and nothing goes on. It names the file, when the system or who wrote it does."""
    where = ""
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen:
        seen.append(current)
        if isinstance(current, HarnessError):
            where = where or current.where
        if isinstance(current, OSError) and current.errno in _REFUSALS:
            return HarnessError(
                Text(nl="deze machine staat het niet toe", en="this machine does not allow it"),
                where=where or str(current.filename or ""),
                received=reason(current),
            )
        current = current.__cause__ or current.__context__
    return None


def not_written(path: Path, error: OSError) -> HarnessError:
    """The error of a file that could not be written."""
    return HarnessError(
        Text(nl="kan niet worden geschreven", en="cannot be written"), where=str(path), received=reason(error)
    )
