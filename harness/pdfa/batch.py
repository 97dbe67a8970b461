"""Many documents at once: one worker per core, results as they come."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.pdfa.file.limits import Limits
from harness.pdfa.model import Report
from harness.pdfa.worker import Worker


@dataclass(frozen=True, slots=True)
class Checked:
    """One document with its report.

    :ivar index: its place among the documents that were asked for.
    :ivar ms: time that the check took, milliseconds.
    :ivar differs: where a second engine disagrees, if one was asked.
    """

    index: int
    path: Path
    report: Report
    ms: float
    differs: str | None = None


def check_many(paths: Sequence[Path], flavour: str, limits: Limits, jobs: int) -> Iterator[Checked]:
    """Check files in ``jobs`` workers; yields each as soon as it is done, in any order.

    :raises OSError: no worker can be started.
    """
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    done: queue.SimpleQueue[Checked | BaseException] = queue.SimpleQueue()
    for index in range(len(paths)):
        todo.put(index)
    stop = threading.Event()
    threads = [
        threading.Thread(target=_serve, args=(paths, flavour, limits, todo, done.put, stop), daemon=True)
        for _ in range(max(1, min(jobs, len(paths))))
    ]
    for thread in threads:
        thread.start()
    try:
        for _ in paths:
            found = done.get()
            if isinstance(found, BaseException):
                raise found
            yield found
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _serve(
    paths: Sequence[Path],
    flavour: str,
    limits: Limits,
    todo: queue.SimpleQueue[int],
    put: Callable[[Checked | BaseException], None],
    stop: threading.Event,
) -> None:
    """Check documents from the queue in one worker until there are no more."""
    worker = Worker(limits)
    try:
        while not stop.is_set():
            index = todo.get_nowait()
            start = time.perf_counter()
            report = worker.check(paths[index], flavour)
            put(Checked(index, paths[index], report, (time.perf_counter() - start) * 1000))
    except queue.Empty:
        pass
    except OSError as error:
        put(error)
    finally:
        worker.close()
