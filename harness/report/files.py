"""Writing the reports of a run folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Cell
from harness.core.run.folder import RunFolder
from harness.judge.catalogue import Catalogue
from harness.judge.cells import cell_exchanges
from harness.report.html import HtmlReport


def write_reports(
    folder: RunFolder,
    catalogue: Catalogue,
    exchanges_of: Callable[[Cell], Sequence[Exchange]] | None = None,
) -> Path:
    """Write the HTML report of a run; returns its first page.

    :param exchanges_of: the exchanges of a cell, when they are already in memory.
    """
    report = HtmlReport(folder, catalogue, exchanges_of or (lambda cell: cell_exchanges(folder, cell)))
    return report.write(folder.path / "report")
