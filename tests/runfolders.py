"""Run folders for tests: what was written in one, inflated, and one with recorded exchanges."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable
from pathlib import Path

from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Cell, Finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import RunInfo
from harness.core.run.results import cell_result
from harness.record.chain.read import judged_unit
from harness.record.chain.write import UnitWriter


def written(folder: Path) -> bytes:
    """Everything that stands in a run folder, recordings and bodies inflated."""
    found = []
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        elif path.parent.parent.name == "bodies":
            data = zlib.decompress(data)
        found.append(data)
    return b"\n".join(found)


def recorded(folder: Path, unit: str) -> list[Exchange]:
    """The exchanges of a unit."""
    found = judged_unit(folder, unit)
    return list(found.exchanges) if found is not None else []


def judged_run(
    path: Path, info: RunInfo, findings: Iterable[Finding], exchanges: dict[Cell, list[Exchange]]
) -> RunFolder:
    """The folder of a run that was recorded and judged, without a manifest."""
    folder = RunFolder(path)
    folder.write_start(info)
    found = list(findings)
    for cell in info.plan:
        writer = UnitWriter.start(path, cell.key, folder.run)
        for exchange in exchanges.get(cell, ()):
            writer.write(exchange)
        writer.end("finished")
        mine = [item for item in found if item.cell == cell]
        folder.write_cell(cell_result(info, cell, mine, exchanges=len(exchanges.get(cell, ()))))
    folder.write_end(info)
    folder.join(info.plan)
    return folder
