"""What a cell costs: HISs × PGOs × two standards through ``harness qualify``, with real TLS and everything recorded.

Repeat with ``python benchmarks/matrix.py [--his 10] [--dvza 5] [--pgo 33] [--live] [--keep FOLDER]``. By default all
are our twins. With ``--live`` the HISs are FHIR addresses of servers of our own in processes of their own,
so that they have an outcome and can be put into a dossier.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from harness.fhir.codec.documents import to_json
from harness.network.person.persons import fixture_person

ROOT = Path(__file__).resolve().parents[1]
STANDARDS = ["huisartsgegevens-2.0", "pdfa-3.0"]
PERSON = "hanna-wilgenkamp"
T = date(2026, 3, 1)


@contextmanager
def fhir_server(folder: Path) -> Iterator[str]:
    """The record of a person behind a FHIR address, in a process of its own."""
    folder.mkdir(parents=True)
    for item in fixture_person(PERSON).resources(T):
        (folder / f"{item['resourceType']}-{item['id']}.json").write_bytes(to_json(item))
    words = ["serve", "fhir", "--fixtures", str(folder), "--port", "0", "--at", T.isoformat()]
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "harness", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, "the FHIR server does not start"
        yield found.group()
    finally:
        process.terminate()
        process.wait(timeout=30)


def network(his: int, dvza: int, pgo: int, urls: list[str]) -> dict[str, Any]:
    """A network file; ``urls`` of live HISs, none: twins."""
    rows: list[dict[str, Any]] = []
    for number in range(dvza):
        rows.append({"id": f"dvza-{number}", "role": "dvza", "kind": "twin", "standards": STANDARDS})
    for number in range(pgo):
        rows.append({"id": f"pgo-{number}", "role": "pgo", "kind": "twin", "standards": STANDARDS})
    for number in range(his):
        row: dict[str, Any] = {"id": f"his-{number}", "role": "his", "standards": STANDARDS}
        row |= {"dvza": f"dvza-{number % dvza}", "vendor": f"Leverancier {number % dvza}"}
        row |= {"product": f"HIS {number}", "version": "1.0"}
        if urls:
            row |= {"kind": "live", "fhir": urls[number % len(urls)], "auth": "none"}
            row |= {"patient": "header X-Patient"}
        else:
            row |= {"kind": "twin"}
        rows.append(row)
    found: dict[str, Any] = {"name": "matrix", "participants": rows}
    if urls:
        found["persons"] = [{"id": PERSON, "patients": [PERSON]}]
    return found


def largest(folder: Path) -> tuple[int, int]:
    """Bytes and number of files."""
    sizes = [item.stat().st_size for item in folder.rglob("*") if item.is_file()]
    return sum(sizes), len(sizes)


def main() -> int:
    """Run the matrix and print what it cost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--his", type=int, default=10)
    parser.add_argument("--dvza", type=int, default=5)
    parser.add_argument("--pgo", type=int, default=33)
    parser.add_argument("--live", action="store_true")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        home = Path(temporary)
        urls = [stack.enter_context(fhir_server(home / "fhir"))] if options.live else []
        file = home / "network.yaml"
        file.write_text(yaml.safe_dump(network(options.his, options.dvza, options.pgo, urls)))
        run = home / "run"
        words = ["qualify", "--network", str(file), "--out", str(run), "--at", T.isoformat()]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        code = subprocess.run(
            [sys.executable, "-m", "harness", *words], cwd=ROOT, stdout=subprocess.DEVNULL, check=False
        ).returncode
        clock = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        cells = len(json.loads((run / "run.json").read_text())["plan"])
        exchanges = sum(
            json.loads(path.read_text())["exchanges"] for path in (run / "findings").glob("*.json")
        )
        size, files = largest(run)
        found = {
            "cells": cells,
            "exchanges": exchanges,
            "exit_code": code,
            "seconds": round(clock, 1),
            "cpu_seconds": round(cpu, 1),
            "cpu_per_cell": round(cpu / cells, 3),
            "rss_mb": after.ru_maxrss // 1024,
            "kb_per_cell": round(size / 1000 / cells, 1),
            "files_per_cell": round(files / cells, 1),
            "load": os.getloadavg()[0],
        }
        if options.keep is not None:
            shutil.move(run, options.keep)
    if options.json:
        print(json.dumps(found))
    else:
        print(*(f"{name:>15} {value}" for name, value in found.items()), sep="\n")
    return 0 if code == 0 else 1


if __name__ == "__main__":
    raise SystemExit(main())
