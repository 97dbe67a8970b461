"""Complete flows per second through the twins, everything recorded.

One flow: authorization request → landing → login → consent → redirect → token → one FHIR search, mutual TLS
on the back channel, lists cached, connections kept alive per pair of parties::

    python benchmarks/flows.py [--seconds 10] [--workers 1] [--json]

Parties and driver share one process, and so one interpreter lock: more workers wait for each other.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from datetime import date
from pathlib import Path

from harness.core.run.findings import Cell
from harness.core.run.manifest import START
from harness.network.file import read_network
from harness.network.person.declared import declared_persons
from harness.network.running import RunningNetwork, start
from harness.record import Recorder

TARGET = 50.0
"""Flows per second on two cores."""


def work(running: RunningNetwork, cell: Cell, until: float, durations: list[float]) -> None:
    """Drive ``var-resource-plain-accept`` (the main flow with one search) until the time is up."""
    while time.perf_counter() < until:
        started = time.perf_counter()
        running.drive(cell, "var-resource-plain-accept")
        durations.append(time.perf_counter() - started)


def main() -> int:
    """Run the benchmark; exit 1 below the target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=1, help="pairs of PGO and HIS that work side by side")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    network = read_network("demo")
    pairs = [
        Cell(his=his, dvza=dvza, pgo=pgo, standard="huisartsgegevens-2.0", release="mm-2.2")
        for (his, dvza), pgo in zip(
            [("his-eik", "dvza-eik"), ("his-beuk", "dvza-beuk")] * 2,
            ["pgo-zon", "pgo-maan", "pgo-maan", "pgo-zon"],
            strict=True,
        )
    ]
    durations: list[float] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / START).write_text("{}")  # recordings are bound to it
        recorder = Recorder(folder, persons=declared_persons(network, date.today()))
        with start(network, recorder=recorder) as running:
            chosen = pairs[: options.workers]
            for cell in chosen:
                running.drive(cell, "collect")
            before = recorder.count
            begun, busy = time.perf_counter(), time.process_time()
            threads = [
                threading.Thread(target=work, args=(running, cell, begun + options.seconds, durations))
                for cell in chosen
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            elapsed, busy = time.perf_counter() - begun, time.process_time() - busy
            recorded = recorder.count - before
            errors = len(running.errors)
        recorder.close()
        written = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    result = {
        "flows": len(durations),
        "seconds": round(elapsed, 2),
        "flows_per_second": round(len(durations) / elapsed, 1),
        "target": TARGET,
        "cpu_ms_per_flow": round(busy / len(durations) * 1000, 1),
        "p50_ms": round(statistics.median(durations) * 1000, 1),
        "p95_ms": round(sorted(durations)[int(len(durations) * 0.95)] * 1000, 1),
        "exchanges": recorded,
        "exchanges_per_flow": round(recorded / len(durations), 2),
        "recorded_megabytes": round(written / 1e6, 1),
        "errors": errors,
    }
    if options.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        for name, value in result.items():
            sys.stdout.write(f"{name:20} {value}\n")
    return 0 if len(durations) / elapsed >= TARGET and not errors else 1


if __name__ == "__main__":
    raise SystemExit(main())
