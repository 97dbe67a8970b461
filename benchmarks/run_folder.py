"""What a run folder costs, and what can be done to it without being noticed.

Real runs of the demo network, made by the command line as a user makes them::

    python benchmarks/run_folder.py cost                     # size, files, memory per cell
    python benchmarks/run_folder.py manipulate --count 500   # edits without the signing key

Each prints a table, takes ``--json``, and exits 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import hashlib
import io
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from harness import cli
from harness.core.run import manifest

KILOBYTES, FILES = 400, 60
"""Bars per cell."""
MEGABYTES, MEGABYTES_PER_CELL = 150.0, 0.2
SMALL = ("--standard", "pdfa-3.0", "--vendor", "his-eik", "--at", "2026-03-01", "--skip-doctor")
Edit = Callable[[Path, random.Random, Path], None]


def harness(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """One command of the harness."""
    command = [sys.executable, "-m", "harness", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


# --- cost ---------------------------------------------------------------------------------------------------


def cost(base: Path, _: argparse.Namespace) -> tuple[list[dict[str, Any]], bool]:
    """Size, files and memory of a run with everything, in one release family and in all."""
    rows = []
    for name, words in (("one release", ()), ("all releases", ("--release", "all"))):
        run = base / name.replace(" ", "-")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        code = harness("qualify", "--network", "demo", "--out", run, *words).returncode
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        files = [path for path in run.rglob("*") if path.is_file()]
        cells = len(list((run / "findings").iterdir()))
        limit = MEGABYTES + MEGABYTES_PER_CELL * cells
        rows.append(
            {
                "run": name,
                "exit": code,
                "cells": cells,
                "kB per cell": round(sum(path.stat().st_size for path in files) / cells / 1000, 1),
                "files per cell": round(len(files) / cells, 1),
                "MB": round(after.ru_maxrss / 1024, 1),
                "MB allowed": round(limit, 1),
                "CPU s": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
            }
        )
    good = all(
        row["exit"] == 0
        and row["kB per cell"] <= KILOBYTES
        and row["files per cell"] <= FILES
        and row["MB"] <= row["MB allowed"]
        for row in rows
    )
    return rows, good


# --- manipulations --------------------------------------------------------------------------------------------


def fixed(run: Path, rng: random.Random) -> Path:
    """One of the files that the manifest names."""
    return run / rng.choice(manifest.decode((run / manifest.NAME).read_bytes()).files).path


def flip(run: Path, rng: random.Random, _: Path) -> None:
    """One byte is another one."""
    path = fixed(run, rng)
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= rng.randrange(1, 256)
    path.write_bytes(data)


def insert(run: Path, rng: random.Random, _: Path) -> None:
    """Some bytes come in between, or go."""
    path = fixed(run, rng)
    data = path.read_bytes()
    at = rng.randrange(len(data) + 1)
    rest = data[at:] if rng.random() < 0.5 else data[at + rng.randrange(1, 9) :]
    new = data[:at] + (rng.randbytes(rng.randrange(1, 9)) if rest == data[at:] else b"") + rest
    path.write_bytes(new if new != data else data + b"\n")


def remove(run: Path, rng: random.Random, _: Path) -> None:
    """A file is gone."""
    fixed(run, rng).unlink()


def add(run: Path, rng: random.Random, _: Path) -> None:
    """A file comes in, named like one of ours."""
    path = fixed(run, rng)
    path.with_name(f"{rng.randbytes(4).hex()}{''.join(path.suffixes)}").write_bytes(path.read_bytes())


def swap(run: Path, rng: random.Random, other: Path) -> None:
    """A file comes from another run."""
    path = fixed(run, rng)
    source = other / path.relative_to(run)
    if not source.is_file() or source.read_bytes() == path.read_bytes():
        source = fixed(other, rng)
    if source.read_bytes() == path.read_bytes():
        return remove(run, rng, other)
    shutil.copyfile(source, path)
    return None


def exchange(run: Path, rng: random.Random, other: Path) -> None:
    """Two files change places."""
    one, two = fixed(run, rng), fixed(run, rng)
    a, b = one.read_bytes(), two.read_bytes()
    if a == b:
        return flip(run, rng, other)
    one.write_bytes(b)
    two.write_bytes(a)
    return None


WORDS = (
    ('"kind": "twin"', '"kind": "live"'),
    ('"verdict":"pass"', '"verdict":"fail"'),
    ('"requirements": {', '"requirements": {"x": ["HG-PAT-001"], '),
    ("2026-03-01", "2026-02-27"),
    ('"intensity": "normal"', '"intensity": "full"'),
    ('"catalogue": "', '"catalogue": "0'),
    ('"name": "', '"name": "x'),
)


def say(run: Path, rng: random.Random, other: Path) -> None:
    """A kind, a verdict, a date, a requirement: one word of a document is another one."""
    names = ["run-start.json", "run.json", "findings.json"]
    names += [f"findings/{path.name}" for path in (run / "findings").iterdir()]
    choices = [
        (run / name, old, new)
        for name in names
        for old, new in WORDS
        if old in (run / name).read_text("utf-8")
    ]
    path, old, new = rng.choice(choices)
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")


def line(run: Path, rng: random.Random, _: Path) -> None:
    """An exchange of a recording is left out, doubled, moved or edited, and packed again."""
    path = rng.choice(sorted((run / "exchanges").iterdir()))
    lines = gzip.decompress(path.read_bytes()).splitlines()
    at = rng.randrange(1, len(lines))
    how = rng.randrange(4)
    if how == 0:
        del lines[at]
    elif how == 1:
        lines.insert(at, lines[at])
    elif how == 2 and at > 1:
        lines[at - 1], lines[at] = lines[at], lines[at - 1]
    else:
        lines[at] = lines[at].replace(b"2", b"3", 1) if b"2" in lines[at] else lines[at] + b" "
    path.write_bytes(gzip.compress(b"\n".join(lines) + b"\n", mtime=0))


def recomputed(edit: Edit) -> Edit:
    """An edit after which chain, manifest and root are computed again: everything but the signature."""

    def whole(run: Path, rng: random.Random, other: Path) -> None:
        edit(run, rng, other)
        digest = manifest.run_digest(run)
        for path in sorted((run / "exchanges").glob("*.gz")):
            rechain(path, digest)
        (run / manifest.NAME).unlink(missing_ok=True)
        manifest.write_manifest(run)

    whole.__name__ = f"{edit.__name__}, all hashes recomputed"
    return whole


def rechain(path: Path, digest: str) -> None:
    """Compute the chain of a recording again, for another run."""
    before, lines = "0" * 64, []
    for text in gzip.decompress(path.read_bytes()).splitlines():
        fields = json.loads(text)
        fields["prev"] = before
        if fields["kind"] == "head":
            fields["run"] = digest
        lines.append(json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode())
        before = hashlib.sha256(lines[-1]).hexdigest()
    path.write_bytes(gzip.compress(b"".join(item + b"\n" for item in lines), mtime=0))


EDITS: tuple[Edit, ...] = (flip, insert, remove, add, swap, exchange, say, line)
FORGERIES: tuple[Edit, ...] = (recomputed(say), recomputed(line), recomputed(add))


def manipulate(base: Path, options: argparse.Namespace) -> tuple[list[dict[str, Any]], bool]:
    """Whatever is done to a signed run without its key is found by ``verify``, which names the place."""
    key = ed25519.Ed25519PrivateKey.generate()
    private, public = base / "key.pem", base / "key.pub"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    public.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    runs = [base / "run-1", base / "run-2"]
    for run, words in zip(runs, (SMALL, (*SMALL, "--pgo", "pgo-maan")), strict=True):
        if harness("qualify", "--out", run, *words).returncode:
            raise SystemExit("the run of the demo network failed")
        if harness("sign", run, "--key", private).returncode:
            raise SystemExit("the run could not be signed")
    clean = harness("verify", runs[0], "--trust", public, "--json")
    if clean.returncode != 6:  # a rehearsal has no verdict; its evidence is whole
        raise SystemExit(f"the untouched run is refused: {clean.stdout}{clean.stderr}")
    done: Counter[str] = Counter()
    named: Counter[str] = Counter()
    missed = []
    edits = (*EDITS, *FORGERIES)
    for number in range(options.count):
        edit = edits[number % len(edits)]
        rng = random.Random(f"{options.seed}-{number}")
        copy = base / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(runs[0], copy)
        edit(copy, rng, runs[1])
        code, document = told(copy, public)
        done[edit.__name__] += 1
        problem = (document.get("evidence") or {}).get("problem") or {}
        if code in (2, 7) and problem.get("where") and problem.get("kind"):
            named[edit.__name__] += 1
        else:
            missed.append({"seed": f"{options.seed}-{number}", "edit": edit.__name__, "exit": code})
    rows = [{"edit": name, "made": done[name], "named": named[name]} for name in done]
    rows.append({"edit": "all", "made": done.total(), "named": named.total()})
    for item in missed:
        sys.stderr.write(f"not noticed: {item}\n")
    return rows, not missed


def told(run: Path, public: Path) -> tuple[int, dict[str, Any]]:
    """Exit code and document of ``harness verify --json``, in this process: a start takes a second."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()):
        code = cli.run(["verify", str(run), "--trust", str(public), "--json"])
    try:
        return code, json.loads(output.getvalue())
    except ValueError:
        return code, {}


def main() -> int:
    """Run one of the two; exit 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("cost", "manipulate"))
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    function = {"cost": cost, "manipulate": manipulate}[options.what]
    with tempfile.TemporaryDirectory() as temporary:
        rows, good = function(Path(temporary), options)
    if options.json:
        sys.stdout.write(json.dumps({"rows": rows, "good": good}) + "\n")
    else:
        for row in rows:
            sys.stdout.write("  ".join(f"{name}: {value}" for name, value in row.items()) + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
