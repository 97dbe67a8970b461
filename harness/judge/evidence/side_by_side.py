"""The cells of a large run judged by several processes; what comes of it is what one process gives."""

from __future__ import annotations

import gc
import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Final

from harness.core.run.findings import Cell
from harness.core.run.folder import RunFolder
from harness.core.run.info import RunInfo
from harness.core.run.limits import cores
from harness.core.run.problems import EvidenceError, Problem
from harness.core.run.results import CellResult
from harness.judge.catalogue import Catalogue
from harness.judge.cells import judged_again, reached
from harness.reference.records import Records

ENOUGH: Final = 64
"""Cells for which it is worth starting processes."""
_CHUNK: Final = 4
_Given = tuple[RunFolder, RunInfo, Catalogue, Records]
_given: list[_Given] = []
"""In a process that works: what it judges with."""


def judge_again(
    folder: RunFolder, info: RunInfo, catalogue: Catalogue, records: Records, jobs: int | None = None
) -> Iterator[CellResult]:
    """What comes of every cell that a run reached, recomputed from its recording, in the order of the plan.

    :param info: what is known of the run; ``records``: those that it froze.
    :param jobs: how many processes; ``None``: one per core.
    :raises EvidenceError: a recording is damaged.
    """
    cells = reached(folder, info)
    many = cores() if jobs is None else jobs
    done = 0
    # A fork has what is loaded here; where there is none, loading it again takes longer than it brings.
    if many > 1 and len(cells) >= ENOUGH and "fork" in multiprocessing.get_all_start_methods():
        for result in _by_processes((folder, info, catalogue, records), cells, many):
            done += 1
            yield result
    for cell in cells[done:]:
        yield judged_again(folder, info, cell, catalogue, records)


def _by_processes(given: _Given, cells: Sequence[Cell], jobs: int) -> Iterator[CellResult]:
    """As many results, from the first cell on, as processes live to give.

    :raises EvidenceError: a recording is damaged.
    """
    gc.freeze()  # pages that no collection touches stay shared
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("fork"), _begin, (given,))
    try:
        for result in pool.map(_judged, cells, chunksize=_CHUNK):
            if isinstance(result, Problem):
                raise result.error()
            yield result
    except BrokenProcessPool:  # one was killed, for want of memory: go on alone
        return
    finally:
        pool.shutdown(cancel_futures=True)
        gc.unfreeze()


def _begin(given: _Given) -> None:
    """Begin a process; Ctrl-C is for its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _given.append(given)


def _judged(cell: Cell) -> CellResult | Problem:
    folder, info, catalogue, records = _given[-1]
    try:
        return judged_again(folder, info, cell, catalogue, records)
    except EvidenceError as error:
        return error.problem
