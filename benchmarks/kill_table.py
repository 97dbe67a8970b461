"""Kill table: is every requirement killed by its fault, and by nothing else?

    python benchmarks/kill_table.py [--release mm-2.2 …] [--fault NAME …] [--group MM|HG|PD|EA|ZM] [--json]

Without options: every fault in every release family. Exit 0: kill score 100 %, no false alarms.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import UTC, date, datetime

import msgspec
from rich.console import Console
from rich.table import Table as Grid

from harness.core.faults import fault, faults
from harness.judge.catalogue import load_catalogue
from harness.matrix.kill import Bench, Table, rows, unguarded
from harness.medmij.releases import release_ids
from harness.network.config import Network


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", action="append", choices=release_ids())
    parser.add_argument("--fault", action="append")
    parser.add_argument("--group", choices=["MM", "HG", "PD", "EA", "ZM"])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    chosen = [fault(name) for name in options.fault] if options.fault else list(faults().values())
    if options.group:
        chosen = [item for item in chosen if any(key.startswith(options.group) for key in item.kills)]
    releases = options.release or list(release_ids())
    bench = Bench(
        Network.load("demo"), load_catalogue(), t=date(2026, 3, 1), now=datetime(2026, 3, 1, tzinfo=UTC)
    )
    console = Console(stderr=True)
    started = time.perf_counter()
    made = []
    for row in rows(bench, chosen, releases):
        made.append(row)
        mark = "kill" if row.kills and not row.alarms else "MISS"
        trouble = f" alarms {row.alarms}" if row.alarms else ""
        console.print(
            f"{mark} {row.release} {row.fault}: {row.killed or row.error}{trouble}", highlight=False
        )
    table = Table(rows=tuple(made), reference=bench.troubles(), unguarded=unguarded(bench, releases))
    summary = {
        "faults": len(made),
        "killed": sum(row.kills for row in made),
        "score": round(table.score, 4),
        "alarms": table.alarms,
        "reference_not_pass": table.reference,
        "unguarded": table.unguarded,
        "seconds": round(time.perf_counter() - started, 1),
    }
    if options.json:
        print(json.dumps({"summary": summary, "rows": msgspec.to_builtins(made)}, indent=1))
    else:
        grid = Grid("release", "role", "fault", "kills", "takes along", "false alarms")
        for row in made:
            grid.add_row(
                row.release,
                row.role,
                row.fault,
                row.error or ", ".join(f"{key} {value}" for key, value in row.killed.items()),
                ", ".join(row.along),
                ", ".join(f"{key} {value}" for key, value in row.alarms.items()),
            )
        Console(width=180).print(grid)
        print(json.dumps(summary, indent=1))
    return 0 if table.score == 1.0 and table.alarms == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
