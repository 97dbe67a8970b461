"""Run the bench: every stub, and what is said of it that should not be, or the other way round.

python benchmarks/foreign_behaviour [--only NAME …] [--kind server|client] [--workers N] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from foreign_behaviour.rows import NO_RUN, REFERENCE, Row, beside, difference, rows
from foreign_behaviour.servers.named import STYLES
from foreign_behaviour.site import qualified, standing
from foreign_behaviour.visits import all_through


def server(row: Row, base: Path) -> dict[str, str]:
    """What a run says of a DVZA."""
    folder = base / row.name
    folder.mkdir()
    try:
        with standing(STYLES[row.name](), folder) as network:
            return qualified(network, folder / "run")
    except RuntimeError as error:
        return {NO_RUN: f"{error} {error.__cause__ or ''}"}


def servers(chosen: list[Row], base: Path, workers: int) -> int:
    """Run DVZAs side by side; gives how many differ from their row."""
    if not chosen:
        return 0
    reference = server(next(row for row in rows() if row.name == REFERENCE), base)
    troubled = {
        name: said for name, said in reference.items() if said in ("fail", "error", "inconclusive", "warning")
    }
    bad = report(REFERENCE, "S19", difference({}, troubled))
    others = [row for row in chosen if row.name != REFERENCE]
    with ThreadPoolExecutor(workers) as pool:
        for row, said in zip(others, pool.map(lambda row: server(row, base), others), strict=True):
            bad += report(row.name, row.sheet, difference(row.expect, beside(reference, said)))
    return bad


def clients(chosen: list[Row], workers: int) -> int:
    """Sessions with PGOs, side by side; gives how many differ from their row."""
    if not chosen:
        return 0
    return sum(
        report(row.name, row.sheet, difference(row.expect, said))
        for row, said in all_through(chosen, workers)
    )


def report(name: str, sheet: str, wrong: list[str]) -> int:
    """One line of the table, and what is wrong below it."""
    print(f"{'as it should' if not wrong else 'DIFFERENT':12}  {sheet:10} {name}", flush=True)
    for line in wrong:
        print(f"              {line}", flush=True)
    return int(bool(wrong))


def main() -> int:
    """Run what is asked; 1 when a verdict is not as its row says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", help="names of rows")
    parser.add_argument("--kind", choices=("server", "client"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="where the runs stay")
    options = parser.parse_args()
    chosen = [
        row
        for row in rows()
        if (not options.only or row.name in options.only) and (not options.kind or row.kind == options.kind)
    ]
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        base = options.keep or Path(temporary)
        base.mkdir(parents=True, exist_ok=True)
        bad = servers([row for row in chosen if row.kind == "server"], base, options.workers)
    bad += clients([row for row in chosen if row.kind == "client"], 3 * options.workers)
    print(f"{len(chosen) - bad} of {len(chosen)} as they should be, in {time.monotonic() - began:.0f} s")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
