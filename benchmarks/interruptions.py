"""What a run survives: it is disturbed at a random moment, gone on with, and compared with an undisturbed one.

Real runs of the demo network, made by the command line as a user makes them::

    python benchmarks/interruptions.py [--count 60] [--kinds kill term full clock twice]

``kill``: kill -9. ``term``: SIGTERM; it has to end by itself, in time, with what it reached told. ``full``: the disk is
full at a random size, then larger (a small tmpfs; only where mounting is allowed). ``clock``: the clock of the machine
jumps a day forward or back (libfaketime; only where it is). ``twice``: a second run wants the same folder.

Prints a table, takes ``--json``, and exits 1 when an exchange is lost, a verdict is another, or it ends wrongly.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.core.run.folder import RunFolder

SMALL = (
    "--standard",
    "pdfa-3.0",
    "--vendor",
    "his-eik",
    "--pgo",
    "pgo-zon",
    "--at",
    "2026-03-01",
    "--skip-doctor",
)
SECONDS = 20.0
"""In which a run that was told to stop has ended."""
FAKETIME = next((str(path) for path in Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), "")
Findings = Counter[tuple[str, ...]]


def command(out: Path, *words: str) -> list[str]:
    """``harness qualify`` of one cell."""
    return [sys.executable, "-m", "harness", "qualify", "--out", str(out), *SMALL, *words]


def whole(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """One command, until its end."""
    return subprocess.run([*map(str, words)], capture_output=True, text=True, check=False)


def started(out: Path, **environment: str) -> subprocess.Popen[str]:
    """A run that goes on while we do something."""
    return subprocess.Popen(
        command(out),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment},
    )


def lines_of(run: Path) -> set[bytes]:
    """The whole lines of every recording."""
    found: set[bytes] = set()
    for path in (run / "exchanges").glob("*.jsonl*"):
        data = path.read_bytes()
        data = gzip.decompress(data) if path.suffix == ".gz" else data
        found |= {
            line
            for line in data.splitlines(keepends=True)
            if line.endswith(b"\n") and b'"kind":"exchange"' in line
        }
    return found


def said(run: Path) -> Findings:
    """The findings of a run, without what differs from one recording to the next."""
    return Counter(
        (item.requirement, item.cell.key, item.verdict.value, item.party, item.expected)
        for item in RunFolder.open(run).judged()
    )


@dataclass
class Undisturbed:
    """What a run says that nothing happens to."""

    seconds: float
    findings: Findings


class Trial:
    """One run that is disturbed.

    :ivar wrong: what is not as it has to be.
    """

    def __init__(self, base: Path, rng: random.Random, plain: Undisturbed) -> None:
        self.base, self.rng, self.plain = base, rng, plain
        self.run = base / "run"
        self.wrong: list[str] = []
        self.before: set[bytes] = set()
        self.ended = False

    def moment(self) -> float:
        """A random moment of a run."""
        return self.rng.uniform(0.2, 1.05) * self.plain.seconds

    def partly(self) -> None:
        """What stands there now is no other verdict than that of a whole run."""
        if (self.run / "run-start.json").is_file():
            other = said(self.run) - self.plain.findings
            if other:
                self.wrong.append(f"says something else halfway: {list(other)[:2]}")

    def go_on(self, *words: str) -> None:
        """Go on with it; everything has to be there in the end."""
        self.before = lines_of(self.run)
        self.ended = RunFolder(self.run).finished
        if not self.ended:
            again = whole(
                *command(
                    self.run, *(("--resume",) if (self.run / "run-start.json").is_file() else ("--replace",))
                ),
                *words,
            )
            if again.returncode:
                self.wrong.append(f"resumed with exit {again.returncode}: {again.stderr[-400:]}")
                return
        lost = self.before - lines_of(self.run)
        if lost:
            self.wrong.append(f"{len(lost)} exchanges lost")
        if said(self.run) != self.plain.findings:
            self.wrong.append("other findings")
        if (
            whole(sys.executable, "-m", "harness", "verify", self.run).returncode != 6
        ):  # no verdict: a rehearsal
            self.wrong.append("not whole by verify")

    # -- kinds -------------------------------------------------------------------------------------

    def kill(self) -> None:
        process = started(self.run)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=self.moment())
        process.kill()
        process.communicate()
        self.partly()
        self.go_on()

    def term(self) -> None:
        process = started(self.run)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=self.moment())
        asked = process.poll() is None
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        try:
            told, _ = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.wrong.append("did not end")
            return
        if asked and (time.monotonic() - began > SECONDS or "Traceback" in (told or "")):
            self.wrong.append(f"ended after {time.monotonic() - began:.0f} s: {(told or '')[-300:]}")
        if asked and (self.run / "run-start.json").is_file() and process.returncode not in (0, 4, 6):
            self.wrong.append(f"exit {process.returncode}: {(told or '')[-300:]}")
        self.partly()
        self.go_on()

    def full(self) -> None:
        place = self.base / "small"
        place.mkdir()
        size = self.rng.randrange(200, 3000)
        if whole("mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", place).returncode:
            raise SystemExit("cannot mount a small disk here: leave 'full' out")
        try:
            self.run = place / "run"
            told, _ = (process := started(self.run)).communicate()
            text = told or ""
            if process.returncode not in (0, 3) or "Traceback" in text or "INTERNALERROR" in text:
                self.wrong.append(f"exit {process.returncode}: {text[-400:]}")
            if process.returncode == 3 and "No space left on device" not in text:
                self.wrong.append(f"does not say why: {text[-300:]}")
            self.partly()
            whole("mount", "-o", "remount,size=200m", place)
            self.go_on()
        finally:
            whole("umount", place)

    def clock(self) -> None:
        offset = self.base / "offset"
        offset.write_text("+0")
        fake = {
            "LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }  # fmt: skip
        process = started(self.run, **fake)
        jump = self.rng.choice(("+1d", "-1d"))
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=self.moment() * 1.3)
        offset.write_text(jump)
        told, _ = process.communicate()
        if process.returncode not in (0, 6) or "Traceback" in (told or ""):
            self.wrong.append(f"{jump}: exit {process.returncode}: {(told or '')[-400:]}")
        failed = [item for item in said(self.run) - self.plain.findings if item[2] == "fail"]
        if failed:
            self.wrong.append(f"{jump}: accuses {failed[:2]}")
        if process.returncode == 0 and said(self.run) != self.plain.findings:
            self.wrong.append(f"{jump}: other findings")

    def twice(self) -> None:
        process = started(self.run)
        time.sleep(self.moment() * 0.8)
        taken = (self.run / "run.lock").is_file() and process.poll() is None
        second = whole(*command(self.run))
        told, _ = process.communicate()
        moved = any(self.base.glob("run.*"))  # the first had finished when the second took the folder
        if process.returncode or (taken and not moved and second.returncode != 2):
            self.wrong.append(
                f"exits {process.returncode} and {second.returncode}: {(told or '')[-200:]} {second.stderr[-200:]}"
            )
        found = [self.run, *self.base.glob("run.*")]
        if not any((run / "findings.json").is_file() and said(run) == self.plain.findings for run in found):
            self.wrong.append("other findings")


def main() -> int:
    """Disturb them; 1 when something is not right."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--kinds", nargs="*", default=["kill", "term", "full", "clock", "twice"])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    kinds = [kind for kind in options.kinds if kind != "clock" or FAKETIME]
    done: Counter[str] = Counter()
    bad: list[str] = []
    kept = 0
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        began = time.monotonic()
        if whole(*command(base / "whole")).returncode:
            raise SystemExit("the run of the demo network failed")
        plain = Undisturbed(time.monotonic() - began, said(base / "whole"))
        for number in range(options.count):
            kind = kinds[number % len(kinds)]
            folder = base / f"{number}"
            folder.mkdir()
            trial = Trial(folder, random.Random(f"{options.seed}-{number}"), plain)
            getattr(trial, kind)()
            done[kind] += 1
            kept += len(trial.before)
            bad += [f"{kind} {options.seed}-{number}: {item}" for item in trial.wrong]
            for item in trial.wrong:
                sys.stderr.write(f"{kind} {options.seed}-{number}: {item}\n")
            shutil.rmtree(folder, ignore_errors=True)
    rows = [
        {"kind": kind, "moments": done[kind], "wrong": sum(item.startswith(kind) for item in bad)}
        for kind in done
    ]
    if options.json:
        sys.stdout.write(json.dumps({"rows": rows, "exchanges": kept, "wrong": bad}) + "\n")
    else:
        for row in rows:
            print("  ".join(f"{name}: {value}" for name, value in row.items()))
        print(f"{done.total()} moments, {kept} exchanges stood there when it was disturbed, {len(bad)} wrong")
        if len(kinds) < len(options.kinds):
            print("clock: left out, libfaketime is not installed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
