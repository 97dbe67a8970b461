"""Foreign documents as a standing part of the benchmarks: made, fetched, and compared with real veraPDF.

Usage::

    python benchmarks/pdfa_foreign [make|compare|all|mutants] [--count 500] [--seed 1] [--out DIR] [--only NAME,…] [--python PYTHON] [--json]

``make`` writes the documents of every producer that this machine has (programs, Java libraries from Maven Central,
Python libraries of ``requirements.txt`` in the given interpreter) and fetches the packages of ``packages.yaml``; a
producer that is absent is named with the reason. ``compare`` checks all of them here and with veraPDF in the same run
and prints one line per producer. ``mutants`` does so with generic mutants of those documents. Everything lies in ``benchmarks/.cache``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import java_libraries  # noqa: E402
import packages  # noqa: E402
from comparing import compare, show  # noqa: E402
from mistakes import mistakes  # noqa: E402
from mutants import mutants  # noqa: E402
from programs import PROGRAMS, Absent  # noqa: E402
from structures import structures  # noqa: E402

CACHE = HERE.parent / ".cache"


def library(name: str, python: str) -> Callable[[Path], None]:
    """Writes the documents of a Python library in the given interpreter."""

    def write(out: Path) -> None:
        command = [python, str(HERE / "libraries.py"), name, str(out)]
        done = subprocess.run(["nice", *command], capture_output=True, text=True, timeout=900, check=False)
        if done.returncode or not any(out.glob("*.pdf")):
            raise Absent((done.stderr.strip() or "no documents").splitlines()[-1])

    return write


def makers(python: str) -> dict[str, Callable[[Path], None]]:
    """Every producer, in an order in which those that change documents come after those that make them."""
    from libraries import LIBRARIES

    late = ("qpdf", "cairo")
    made: dict[str, Callable[[Path], None]] = {}
    for name in java_libraries.LIBRARIES:
        made[name] = lambda out, name=name: java_libraries.write(name, out, CACHE / "pdf-producers")
    for name in LIBRARIES:
        made[name] = library(name, python)
    for name in [*(n for n in PROGRAMS if n not in late), *late]:
        made[name] = lambda out, name=name: PROGRAMS[name][0](out, PROGRAMS[name][1])
    made["structures"] = lambda out: structures(out, 100)
    made["mistakes"] = lambda out: mistakes(out, 170)
    return made


def make(root: Path, only: set[str], python: str) -> None:
    """Write and fetch what is not there yet."""
    for name, write in makers(python).items():
        out = root / name
        if (only and name not in only) or any(out.glob("*.pdf")):
            continue
        out.mkdir(parents=True, exist_ok=True)
        start = time.monotonic()
        try:
            write(out)
            print(
                f"{name}: {len(list(out.glob('*.pdf')))} documents, {time.monotonic() - start:.0f} s",
                flush=True,
            )
        except (Absent, OSError, subprocess.SubprocessError) as error:
            print(f"{name}: skipped, {str(error)[:160]}", flush=True)
    if not only or "packages" in only:
        for name, reason in packages.fetch(root, CACHE / "pdf-packages").items():
            print(f"{name}: skipped, {reason}", flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", nargs="?", default="all", choices=("make", "compare", "all", "mutants"))
    parser.add_argument("--out", type=Path, default=CACHE / "foreign-pdf")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    os.nice(2)
    if args.command in ("make", "all"):
        make(args.out, set(filter(None, args.only.split(","))), args.python)
    documents = args.out
    if args.command == "mutants":
        documents = CACHE / "mutant-pdf"
        mutants(args.out, documents / f"seed-{args.seed}", args.count, args.seed)
    if args.command != "make":
        result = compare(documents)
        print(json.dumps(result)) if args.json else show(result)


if __name__ == "__main__":
    main()
