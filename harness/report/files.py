"""Writing the reports of a run folder."""

from __future__ import annotations

from pathlib import Path

from harness.core.runs import RunFolder
from harness.judge.catalogue import Catalogue
from harness.judge.cells import cell_exchanges
from harness.report.html import HtmlReport


def write_reports(folder: RunFolder, catalogue: Catalogue) -> Path:
    """Write the HTML report of a run; returns its first page."""
    report = HtmlReport(folder, catalogue, lambda cell: cell_exchanges(folder, cell))
    return report.write(folder.path / "report")
