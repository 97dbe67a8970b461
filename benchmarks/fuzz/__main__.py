"""Fuzz every parser: ``python benchmarks/fuzz [--seconds 180] [--only NAME …] [--seed 1] [--json]``.

Guided by coverage (Atheris on libFuzzer, of the ``[bench]`` extra), each parser in a process of its own that may use
2 GB. What crashes, or takes two seconds of CPU more than the slowest input that it began with, is kept in ``found/NAME``;
the test suite reads all that is kept there again. Exit 1 when something was found.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
FOUND: Final = HERE / "found"
SLOW: Final = 2.0
MEMORY_MB: Final = 2_000
_RUNS = re.compile(r"Done (\d+) runs|#(\d+)\s")


def _keep(name: str, data: bytes) -> Path:
    place = FOUND / name / hashlib.sha256(data).hexdigest()[:16]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return place


def _child(name: str, seconds: int, seed: int, corpus: Path) -> int:
    """Fuzz one parser in this process, until its time is over or something is found."""
    import atheris

    with atheris.instrument_imports(include=["harness"]):
        from targets import TARGETS, clear, read
    from junk import spoilt, written

    target = TARGETS[name]
    for data in target.seeds():
        (corpus / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    slowest = 0.0
    for clocked in (False, True):  # whatever is loaded once is loaded before the clock runs
        for data in target.seeds():
            begun = time.process_time()
            read(name, data)
            slowest = max(slowest, clocked * (time.process_time() - begun))

    def one(data: bytes) -> None:
        begun = time.process_time()
        try:
            read(name, data)
        except BaseException as error:
            print(f"FOUND {type(error).__name__}: {error}", file=sys.stderr)
            traceback.print_exc()
            _keep(name, data)
            raise
        took = time.process_time() - begun
        if took > SLOW + slowest:
            print(f"FOUND {took:.1f} s of CPU", file=sys.stderr, flush=True)
            raise RuntimeError(str(_keep(name, data)))

    def mutate(data: bytes, most: int, number: int) -> bytes:
        dice = random.Random(number)
        if dice.random() < 0.6:
            try:
                made = written(spoilt(json.loads(data), dice))
            except (ValueError, RecursionError):
                return atheris.Mutate(data, len(data)) if data else b"x"
            if len(made) <= most:
                return made
        return atheris.Mutate(data, len(data)) if data else b"x"

    words = corpus.parent / "words"
    words.write_text("".join(f'"{_quoted(word)}"\n' for word in target.words))
    options = [
        f"-max_total_time={seconds}",
        "-timeout=30",
        f"-rss_limit_mb={MEMORY_MB}",
        "-max_len=40000",
        f"-seed={seed}",
    ]
    if target.words:
        options.append(f"-dict={words}")
    try:
        arguments = [sys.argv[0], *options, f"-artifact_prefix={corpus.parent}/", str(corpus)]
        if target.tree:
            atheris.Setup(arguments, one, custom_mutator=mutate)
        else:
            atheris.Setup(arguments, one)
        atheris.Fuzz()
    finally:
        clear()
    return 0


def _quoted(word: bytes) -> str:
    return "".join(chr(byte) if 32 < byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}" for byte in word)


def _fuzz(name: str, seconds: int, seed: int) -> dict[str, Any]:
    """One parser in a process of its own; what libFuzzer itself stopped (hang, memory) is kept too."""
    with tempfile.TemporaryDirectory() as scratch:
        corpus = Path(scratch) / "corpus"
        corpus.mkdir()
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, str(HERE), "--child", name, "--seconds", str(seconds), "--seed", str(seed),
             "--corpus", str(corpus)],
            capture_output=True, text=True, errors="replace", check=False, env={**os.environ, "PYTHONHASHSEED": "0"},
        )  # fmt: skip
        for artifact in Path(scratch).glob("*-*"):
            if artifact.is_file() and artifact.name.startswith(("timeout", "oom")):
                _keep(name, artifact.read_bytes())
        numbers = [int(one or other) for one, other in _RUNS.findall(done.stderr)]
        lines = [line for line in done.stderr.splitlines() if line.strip() and "Instrumenting" not in line]
        said = next((line for line in lines if line.startswith("FOUND ") or "ERROR: libFuzzer" in line), "")
        grown = len(list(corpus.iterdir()))
    return {
        "parser": name,
        "seconds": round(time.monotonic() - begun),
        "inputs": max(numbers, default=0),
        "corpus": grown,
        "found": "" if done.returncode == 0 else (said or f"exit {done.returncode}")[:200],
        "log": "" if done.returncode == 0 else "\n".join(lines[-60:]),
    }


def main() -> int:
    """Fuzz and tell; exit 1 when a parser crashed or hung."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=int, default=180, help="per parser")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--corpus", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        return _child(options.child, options.seconds, options.seed, options.corpus)
    from targets import TARGETS

    rows = []
    for name in options.only or TARGETS:
        rows.append(_fuzz(name, options.seconds, options.seed))
        if not options.json:
            row = rows[-1]
            print(
                f"{name:16} {row['seconds']:5} s {row['inputs']:9} inputs {row['corpus']:6} kept  {row['found'] or 'nothing'}",
                flush=True,
            )
            if row["log"]:
                print(row["log"], flush=True)
    if options.json:
        print(json.dumps(rows, indent=1))
    return 1 if any(row["found"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
