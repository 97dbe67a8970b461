"""One process owns a run folder: ``run.lock`` names it, and a lock of a dead process is taken over.

A process is known by its number *and* the moment at which it started, for numbers are used again. On another
machine (a shared disk) nobody can see whether the owner still lives: such a lock always counts as held.

While the file is looked at and written, the operating system's own lock on it is held, so that two processes
cannot both find it free. That one goes away by itself with the process and never stands in the way for long.
"""

from __future__ import annotations

import contextlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Final

import msgspec

from harness.core.errors import UsageError
from harness.core.run.place.disk import not_written
from harness.core.text import Text

NAME: Final = "run.lock"
_MAX: Final = 4096
_LINUX: Final = platform.system() == "Linux"


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """The process that owns a run folder.

    :ivar started: when it started, in a form that only this kind of system understands; ``""``: unknown.
    """

    pid: int
    started: str
    host: str

    @property
    def alive(self) -> bool:
        """Whether that very process still runs, as far as this machine can tell."""
        if self.host != platform.node():
            return True
        if not exists(self.pid):
            return False
        now = started(self.pid)
        return not self.started or not now or self.started == now


def this_process() -> Owner:
    """The running process."""
    return Owner(pid=os.getpid(), started=started(os.getpid()), host=platform.node())


class RunLock:
    """Ownership of one run folder; a context manager."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._owner: Owner | None = None

    def acquire(self) -> Owner | None:
        """Become the owner; gives the dead owner whose lock was taken over, if there was one.

        :raises UsageError: another living process owns the folder.
        :raises HarnessError: the lock cannot be written.
        """
        me = this_process()
        try:
            with _opened(self.path) as file:
                before = _read(file)
                if before is not None and before.alive:
                    raise _in_use(self.path.parent, before)
                _write(file, msgspec.json.encode(me))
        except OSError as error:
            raise not_written(self.path, error) from None
        self._owner = me
        return before

    def release(self) -> None:
        """Give the folder free; does nothing when this object does not own it."""
        if self._owner is None:
            return
        with contextlib.suppress(OSError), _opened(self.path) as file:
            if _read(file) == self._owner:
                _write(file, b"")  # first empty: Windows does not remove a file that is open
                with contextlib.suppress(OSError):
                    self.path.unlink()
        self._owner = None

    def __enter__(self) -> RunLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def holder(folder: Path) -> Owner | None:
    """The living process that owns a folder, or ``None``."""
    try:
        with (folder / NAME).open("rb", buffering=0) as file:
            owner = _read(file)
    except OSError:
        return None
    return owner if owner is not None and owner.alive else None


def check_free(folder: Path) -> None:
    """Say early that a folder is in use; who wants it takes it with :class:`RunLock` all the same.

    :raises UsageError: a living process owns it.
    """
    owner = holder(folder)
    if owner is not None:
        raise _in_use(folder, owner)


def _in_use(folder: Path, owner: Owner) -> UsageError:
    return UsageError(
        Text(nl="wordt al gebruikt door een andere run", en="is in use by another run already"),
        where=str(folder),
        received=f"{NAME}: process {owner.pid} ({owner.host})",
        next_step=Text(
            nl=f"wacht tot die klaar is, kies een andere map, of verwijder {NAME} "
            "als dat proces niet meer bestaat",
            en=f"wait until it has ended, choose another folder, or remove {NAME} when that process is gone",
        ),
    )


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The lock file, made when absent, with the operating system's lock on it."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        with os.fdopen(handle, "r+b") as file, _guarded(file):
            if _same(path, file):  # else: its owner removed it between opening and locking
                yield file
                return


def _same(path: Path, file: IO[bytes]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def _guarded(file: IO[bytes]) -> Iterator[None]:
    """Hold the operating system's lock on a file; a disk that knows none is used without."""
    if sys.platform == "win32":
        import msvcrt

        with contextlib.suppress(OSError):
            file.seek(_MAX)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                file.seek(_MAX)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield  # closing the file gives the lock free


def _read(file: IO[bytes]) -> Owner | None:
    """The owner that a lock names; empty or damaged (a power cut): none."""
    file.seek(0)
    try:
        return msgspec.json.decode(file.read(_MAX), type=Owner)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _write(file: IO[bytes], data: bytes) -> None:
    file.seek(0)
    file.write(data)
    file.truncate()
    file.flush()
    os.fsync(file.fileno())


def exists(pid: int) -> bool:
    """Whether a process with this number runs on this machine; one that only waits to be buried does not."""
    if pid <= 0:
        return False
    if sys.platform == "win32":
        return bool(started(pid))
    if _LINUX and _fields_linux(pid)[:1] in (["Z"], ["X"]):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return pid < 2**31
    return True


def started(pid: int) -> str:
    """When a process started: equal texts for equal moments, ``""`` when the system does not tell."""
    if sys.platform == "win32":
        return _started_windows(pid)
    return _started_linux(pid) if _LINUX else _started_ps(pid)


def _started_ps(pid: int) -> str:
    """What ``ps`` says, on macOS and other systems of that family."""
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command with a number
            ["/bin/ps", "-o", "lstart=", "-p", str(pid)],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
            env={"LC_ALL": "C", "TZ": "UTC"},
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return " ".join(done.stdout.split())


def _started_linux(pid: int) -> str:
    """Ticks since the machine started, with the identity of that start."""
    fields = _fields_linux(pid)
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
    return f"{boot}:{fields[19]}" if len(fields) > 19 else ""


def _fields_linux(pid: int) -> list[str]:
    """What ``/proc`` says of a process from its state on; empty when it does not exist."""
    try:
        content = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return []
    return content.rpartition(")")[2].split()  # the name in brackets before it may hold anything


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    def _started_windows(pid: int) -> str:
        """Creation time as the system keeps it (100 ns units); ``""`` when there is no such process."""
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.OpenProcess.restype = wintypes.HANDLE
        handle = kernel.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
        if not handle:
            return ""
        try:
            code = wintypes.DWORD()
            kernel.GetExitCodeProcess(wintypes.HANDLE(handle), ctypes.byref(code))
            times = [wintypes.FILETIME() for _ in range(4)]
            known = kernel.GetProcessTimes(wintypes.HANDLE(handle), *(ctypes.byref(item) for item in times))
            if code.value != 259 or not known:  # STILL_ACTIVE
                return ""
            return str((times[0].dwHighDateTime << 32) | times[0].dwLowDateTime)
        finally:
            kernel.CloseHandle(wintypes.HANDLE(handle))
