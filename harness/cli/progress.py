"""Progress of a pytest run on stderr: a bar over the items, the current cell beside it; where there is no
terminal a line now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from typing import Final

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from harness.core.run.limits import shown_seconds
from harness.core.text import Lang
from harness.plugin.session import session_of

EVERY: Final = 30.0
"""Seconds between two lines in a log."""


class ProgressPlugin:
    """A pytest plugin that shows a progress bar, or lines when stderr is not a terminal.

    A line comes also while one item takes long, so that a log tells a run that hangs from one that works.

    :ivar started: whether any item was about to run.
    """

    def __init__(self, console: Console, lang: Lang, every: float = EVERY) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._console = console
        self._lang = lang
        self._task = self._progress.add_task("", total=None)
        self._every = every
        self._began = time.monotonic()
        self._ended = threading.Event()
        self._done, self._total, self._cell = 0, 0, ""
        self.started = False

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Collection is done: the number of items is known."""
        self._total = len(session.items)
        self._progress.update(self._task, total=self._total)
        self._progress.start()
        if not self._console.is_terminal and not session.config.option.collectonly:
            threading.Thread(target=self._tell, daemon=True).start()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """An item starts."""
        self.started = True
        cell = nodeid.rpartition("[")[2].rstrip("]")
        self._cell = " × ".join(cell.split("+")[:4])
        self._progress.update(self._task, description=self._cell)

    def pytest_runtest_logfinish(self) -> None:
        """An item is done."""
        self._done += 1
        self._progress.advance(self._task)

    def _tell(self) -> None:
        """A line now and then, until the run has ended."""
        while not self._ended.wait(self._every):
            seconds = shown_seconds(time.monotonic() - self._began)
            self._console.print(
                f"{seconds}: {self._done}/{self._total} {self._cell}", markup=False, soft_wrap=True
            )

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A scenario file that cannot be collected is a harness error; show why."""
        if report.failed:
            self._console.print(str(report.longrepr), markup=False)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Show unexpected exceptions at once; verdicts are shown in the report."""
        if report.failed and not isinstance(report.longrepr, str):
            self._console.print(str(report.longrepr), markup=False)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None]:
        """Show what became of the run as a whole; everything else stands in the report."""
        self._ended.set()
        yield
        for text in session_of(session.config).told():
            self._console.print(text, markup=False, soft_wrap=True)

    def pytest_unconfigure(self) -> None:
        """Put the terminal back."""
        self._ended.set()
        self._progress.stop()
