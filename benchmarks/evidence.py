"""What evidence costs: microseconds per line, bytes per cell, time to verify, share of recording.

The exchanges are real ones: the main flow of some cells of the demo network, driven once. Everything after that is
measured on the same exchanges, the best of several rounds::

    python benchmarks/evidence.py [--rounds 5] [--cells 4] [--json]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from harness.core.run import manifest
from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Cell
from harness.network.file import read_network
from harness.network.person.declared import declared_persons
from harness.network.running import start
from harness.record import Persons, RawExchange, Recorder, Redactor
from harness.record.chain import lines
from harness.record.chain.bodies import BodyStore
from harness.record.chain.read import read_unit
from harness.record.chain.units import units_in
from harness.record.chain.write import UnitWriter
from harness.record.seal.envelope import seal_folder
from harness.record.seal.keys import load_signing_key
from harness.record.seal.statement import RunFacts, summarise
from harness.record.seal.trust import load_trust
from harness.record.verify import Facts, verify_files, verify_folder

STANDARDS = ("huisartsgegevens-2.0", "pdfa-3.0", "eafspraak-2.0", "zelfmetingen-2.0")
OVERHEAD = 0.10
"""The bar: chain and bodies cost at most this share of the CPU of a run."""


class Keeping(Recorder):
    """A recorder that keeps the raw exchanges too, so that redaction can be measured alone."""

    def __init__(self, persons: Persons) -> None:
        super().__init__(persons=persons)
        self.raw: list[RawExchange] = []

    def record(self, raw: RawExchange) -> Exchange:
        self.raw.append(raw)
        return super().record(raw)


def recorded(count: int) -> tuple[list[RawExchange], dict[str, list[Exchange]], Persons, float]:
    """Raw and redacted exchanges of some cells, the declared persons, and CPU seconds of driving them."""
    network = read_network("demo")
    persons = declared_persons(network, date.today())
    recorder = Keeping(persons)
    cells = [
        Cell(his="his-eik", dvza="dvza-eik", pgo=pgo, standard=standard, release="mm-2.2")
        for pgo in ("pgo-zon", "pgo-maan")
        for standard in STANDARDS
    ][:count]
    with start(network, recorder=recorder) as running:
        running.drive(cells[0], "collect")  # warm
        recorder.raw.clear()
        skip = len(recorder.exchanges(cells[0].key))
        begun = time.process_time()
        for cell in cells:
            running.drive(cell, "collect")
        busy = time.process_time() - begun
    found = {cell.key: recorder.exchanges(cell.key) for cell in cells}
    found[cells[0].key] = found[cells[0].key][skip:]
    return recorder.raw, found, persons, busy


def whole_run(folder: Path) -> tuple[int, float]:
    """A run of the demo network as a user makes it: its exchanges, and its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "harness", "qualify", "--network", "demo", "--out", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return verify_files(folder).exchanges, busy


def best(rounds: int, work: Callable[[], object]) -> float:
    """Shortest CPU time of some rounds, in seconds."""
    times = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


def write(folder: Path, cells: dict[str, list[Exchange]], *, end: bool) -> list[UnitWriter]:
    """Record all exchanges in a fresh run folder."""
    folder.mkdir(parents=True)
    (folder / manifest.START).write_text('{"id":"benchmark"}')
    run, bodies = manifest.run_digest(folder), BodyStore(folder)
    writers = []
    for unit, exchanges in cells.items():
        writer = UnitWriter.start(folder, unit, run, bodies)
        for exchange in exchanges:
            writer.write(exchange)
        if end:
            writer.end("finished")
        writers.append(writer)
    return writers


def main() -> int:
    """Run the benchmark; exit 1 when evidence costs more than the bar."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cells", type=int, default=4)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    raws, cells, persons, driving = recorded(options.cells)
    exchanges = [item for unit in cells.values() for item in unit]
    count = len(exchanges)

    def redact() -> None:
        redactor = Redactor(secrets.token_bytes(32), persons)
        for number, raw in enumerate(raws):
            redactor.exchange(raw, f"x.{number}")

    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        fresh = (base / str(number) for number in range(10**6))
        store = BodyStore(base / "bodies-only")

        def encode() -> list[bytes]:
            made = []
            for number, item in enumerate(exchanges):
                line = lines.exchange_line(
                    item, seq=number, prev=lines.ZERO, tls=1, request=None, response=store_of[number]
                )
                made.append(lines.encode(line))
            return made

        store_of = [store.refer(item.response.body if item.response else b"") for item in exchanges]
        encoded = encode()
        encoding = best(options.rounds, encode)
        hashing = best(options.rounds, lambda: [hashlib.sha256(line).hexdigest() for line in encoded])
        writing = best(options.rounds, lambda: write(next(fresh), cells, end=False))
        whole = best(options.rounds, lambda: write(next(fresh), cells, end=True))
        redacting = best(max(1, options.rounds // 2), redact)
        folder = next(fresh)
        begun = time.perf_counter()
        for writer in write(folder, cells, end=True):
            writer.release()
        elapsed = time.perf_counter() - begun
        making = best(options.rounds, lambda: manifest.make_manifest(folder))
        made = manifest.write_manifest(folder)
        private = ed25519.Ed25519PrivateKey.generate()
        (base / "key.pem").write_bytes(
            private.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        (base / "key.pub").write_bytes(
            private.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
        now = datetime.now(UTC)
        seal_folder(
            folder,
            load_signing_key(base / "key.pem"),
            facts=RunFacts(
                started=now.isoformat(),
                finished=now.isoformat(),
                harness="",
                catalogue="",
                parties=(),
                partial=True,
                outcome={},
            ),
            summary=summarise(conforms=[], passed=[], warned=[], failed=[], configuration={}),
            now=now,
        )
        trust = load_trust([base / "key.pub"])
        verifying = best(options.rounds, lambda: verify_folder(folder, now=now, trust=trust))
        if not isinstance(verify_folder(folder, now=now, trust=trust), Facts):
            raise SystemExit("the folder does not verify")
        digest = manifest.run_digest(folder)

        def read() -> None:
            for unit in units_in(folder):
                read_unit(unit.path, BodyStore(folder), run=digest)

        reading = best(options.rounds, read)
        run_exchanges, run_busy = whole_run(base / "run")
        packed = [path.stat().st_size for path in (folder / "exchanges").iterdir()]
        bodies = [path.stat().st_size for path in (folder / "bodies").rglob("*") if path.is_file()]
    micro = 1e6 / count
    result = {
        "exchanges": count,
        "cells": len(cells),
        "line_bytes": round(statistics.mean(len(line) for line in encoded)),
        "encode_us_per_line": round(encoding * micro, 1),
        "sha256_us_per_line": round(hashing * micro, 1),
        "write_us_per_exchange": round(writing * micro, 1),
        "write_and_end_us_per_exchange": round(whole * micro, 1),
        "write_and_end_wall_ms": round(elapsed * 1000, 1),
        "redact_us_per_exchange": round(redacting * micro, 1),
        "share_of_redaction": round(whole / redacting, 3),
        "share_of_driving": round(whole / driving, 3),
        "run_exchanges": run_exchanges,
        "run_cpu_s": round(run_busy, 1),
        "share_of_run": round(whole / count * run_exchanges / run_busy, 3),
        "bar": OVERHEAD,
        "manifest_ms": round(making * 1000, 1),
        "read_us_per_exchange": round(reading * micro, 1),
        "verify_ms": round(verifying * 1000, 1),
        "verify_us_per_exchange": round(verifying * micro, 1),
        "files_in_manifest": len(made.files),
        "kilobytes_per_cell_lines": round(sum(packed) / len(cells) / 1000, 1),
        "kilobytes_per_cell_bodies": round(sum(bodies) / len(cells) / 1000, 1),
        "body_files_per_cell": round(len(bodies) / len(cells), 1),
    }
    if options.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        for name, value in result.items():
            sys.stdout.write(f"{name:32} {value}\n")
    return 0 if float(result["share_of_run"]) <= OVERHEAD else 1


if __name__ == "__main__":
    raise SystemExit(main())
