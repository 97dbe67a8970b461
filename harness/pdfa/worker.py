"""A check in a process of its own, with limits on memory and processor time.

The worker is a fresh interpreter (``python -m harness.pdfa.worker``) that reads one document from standard
input and writes one report as JSON. Whatever happens to it - killed, out of memory, crashed - becomes outcome
``limit``; it can never turn into ``valid``.
"""

from __future__ import annotations

import subprocess
import sys

import msgspec

from harness.pdfa.checking import check_document
from harness.pdfa.file.limits import Limits
from harness.pdfa.model import Report, stopped


class _Job(msgspec.Struct):
    flavour: str
    limits: dict[str, float]


def check_isolated(data: bytes, flavour: str, limits: Limits) -> Report:
    """:func:`harness.pdfa.check` in a worker process."""
    fields = {name: getattr(limits, name) for name in Limits.__dataclass_fields__}
    job = msgspec.json.encode(_Job(flavour, fields))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "harness.pdfa.worker"],
            input=job + b"\n" + data,
            capture_output=True,
            timeout=limits.seconds + 10,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return stopped("limit", "seconds", flavour)
    if done.returncode != 0:
        return stopped("limit", f"worker exit {done.returncode}", flavour)
    try:
        return msgspec.json.decode(done.stdout, type=Report)
    except msgspec.DecodeError:
        return stopped("limit", "worker answer", flavour)


def _main() -> int:
    """Entry point of the worker process."""
    head, _, data = sys.stdin.buffer.read().partition(b"\n")
    job = msgspec.json.decode(head, type=_Job)
    limits = Limits(**{k: v if k == "seconds" else int(v) for k, v in job.limits.items()})  # type: ignore[arg-type]
    _restrict(limits, len(data))
    report = check_document(data, job.flavour, limits)
    sys.stdout.buffer.write(msgspec.json.encode(report))
    return 0


def _restrict(limits: Limits, size: int) -> None:
    """Operating-system limits, where the platform has them."""
    try:
        import resource
    except ImportError:  # pragma: no cover - not on Windows
        return
    memory = limits.memory_bytes + 4 * size
    seconds = int(limits.seconds) + 5
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


if __name__ == "__main__":
    sys.exit(_main())
