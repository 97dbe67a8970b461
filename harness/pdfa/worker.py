"""Checks in processes of their own, with limits on memory and processor time.

A worker is a fresh interpreter (``python -m harness.pdfa.worker``) that reads jobs from standard input and
writes one report for each as JSON, until its input ends. Whatever happens to it - killed, out of memory,
crashed - becomes outcome ``limit`` of the document at hand; it can never turn into ``valid``, and the next
document gets a new worker.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TypeAlias

import msgspec

from harness.pdfa.file.limits import Limits
from harness.pdfa.model import Report, stopped

_HEAD = 8
"""Bytes of the length before every message."""
_PATIENCE = 20
"""Wall-clock seconds per second of processor time after which a worker counts as hanging."""
_OUTSIDE = 32 * 2**20
"""Memory in bytes that an interpreter shares with others or maps from files, and no limit on data counts."""


class _Job(msgspec.Struct):
    """One document: its bytes follow the job unless it names a file."""

    flavour: str
    path: str | None
    size: int
    limits: dict[str, float]


_REPORTS = msgspec.json.Decoder(Report)
"""Made before there are threads: the first look of msgspec at a class is not safe among several."""

Checker: TypeAlias = Callable[[bytes, str, Limits], Report]


class Worker:
    """A worker process that checks one document after the other.

    :param limits: safety limits of each check.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._fields = {name: getattr(limits, name) for name in Limits.__dataclass_fields__}
        self._process: subprocess.Popen[bytes] | None = None

    def check(self, data: bytes | Path, flavour: str) -> Report:
        """:func:`harness.pdfa.check` in the worker; see there."""
        path = str(data) if isinstance(data, Path) else None
        size = 0 if isinstance(data, Path) else len(data)
        job = msgspec.json.encode(_Job(flavour, path, size, self._fields))
        process = self._running()
        watch = threading.Timer(self.limits.seconds * _PATIENCE + 10, process.kill)
        watch.start()
        try:
            return self._ask(process, job, b"" if isinstance(data, Path) else data, flavour)
        finally:
            watch.cancel()

    def _ask(self, process: subprocess.Popen[bytes], job: bytes, data: bytes, flavour: str) -> Report:
        answer = b""
        with contextlib.suppress(OSError):
            _write(process.stdin, job, data)
            answer = _read(process.stdout)
        if not answer:
            code = process.wait()
            self.close()
            return stopped("limit", "seconds" if code == -_SIGXCPU else f"worker exit {code}", flavour)
        try:
            return _REPORTS.decode(answer)
        except msgspec.DecodeError:
            self.close()
            return stopped("limit", "worker answer", flavour)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "harness.pdfa.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._process

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with contextlib.suppress(OSError):
                process.communicate()


_SIGXCPU = 24
"""What the operating system sends when the processor time is up."""


def check_isolated(data: bytes | Path, flavour: str, limits: Limits) -> Report:
    """:func:`harness.pdfa.check` in a worker of its own."""
    worker = Worker(limits)
    try:
        return worker.check(data, flavour)
    finally:
        worker.close()


def _write(stream: IO[bytes] | None, *parts: bytes) -> None:
    if stream is not None:
        stream.write(len(parts[0]).to_bytes(_HEAD, "big"))
        for part in parts:
            stream.write(part)
        stream.flush()


def _read(stream: IO[bytes] | None) -> bytes:
    """One message, ``b""`` at the end of the stream."""
    head = stream.read(_HEAD) if stream is not None else b""
    return stream.read(int.from_bytes(head, "big")) if stream is not None and len(head) == _HEAD else b""


def _main() -> int:
    """Entry point of the worker process."""
    # who starts workers checks nothing, and starts in half the time without all rules
    from harness.pdfa.checking import check_document

    source, target = sys.stdin.buffer, sys.stdout.buffer
    while message := _read(source):
        job = msgspec.json.decode(message, type=_Job)
        numbers = {k: v if k == "seconds" else int(v) for k, v in job.limits.items()}
        limits = Limits(**numbers)  # type: ignore[arg-type]
        with restricted(limits):
            report = _one(job, limits, source, check_document)
        _write(target, msgspec.json.encode(report))
    return 0


def _one(job: _Job, limits: Limits, source: IO[bytes], check: Checker) -> Report:
    try:
        if job.path is None:
            data = source.read(job.size)
        else:
            file = Path(job.path)
            if file.stat().st_size > limits.file_bytes:
                return stopped("limit", "file_bytes", job.flavour)
            data = file.read_bytes()
    except OSError as error:
        return stopped("unreadable", error.strerror or "file", job.flavour)
    return check(data, job.flavour, limits)


@contextlib.contextmanager
def restricted(limits: Limits) -> Iterator[None]:
    """This process within its limits on memory and processor time, where the platform has them."""
    try:
        import resource
    except ImportError:  # pragma: no cover - not on Windows
        yield
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + limits.seconds) + 6
    kinds = ((resource.RLIMIT_DATA, limits.memory_bytes - _OUTSIDE), (resource.RLIMIT_CPU, seconds))
    before = [(kind, resource.getrlimit(kind)) for kind, _ in kinds]
    for (kind, wanted), (_, (_, hard)) in zip(kinds, before, strict=True):
        resource.setrlimit(kind, (wanted if hard < 0 else min(wanted, hard), hard))
    try:
        yield
    finally:
        for kind, old in before:
            resource.setrlimit(kind, old)


if __name__ == "__main__":
    sys.exit(_main())
