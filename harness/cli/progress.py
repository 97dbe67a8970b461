"""Progress of a pytest run on stderr: a bar over the items, the current cell beside it."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from harness.core.text import Lang
from harness.plugin.session import session_of


class ProgressPlugin:
    """A pytest plugin that shows a progress bar; silent when stderr is not a terminal.

    :ivar started: whether any item was about to run.
    """

    def __init__(self, console: Console, lang: Lang) -> None:
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
        self.started = False

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Collection is done: the number of items is known."""
        self._progress.update(self._task, total=len(session.items))
        self._progress.start()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """An item starts."""
        self.started = True
        cell = nodeid.rpartition("[")[2].rstrip("]")
        self._progress.update(self._task, description=" × ".join(cell.split("+")[:4]))

    def pytest_runtest_logfinish(self) -> None:
        """An item is done."""
        self._progress.advance(self._task)

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
        yield
        for text in session_of(session.config).told():
            self._console.print(text, markup=False, soft_wrap=True)

    def pytest_unconfigure(self) -> None:
        """Put the terminal back."""
        self._progress.stop()
