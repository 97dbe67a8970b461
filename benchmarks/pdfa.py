"""PDF/A benchmark: corpus verdicts, rule sets against real veraPDF, speed and memory.

Usage::

    python benchmarks/pdfa.py corpus [--corpus DIR] [--peer] [--json]
    python benchmarks/pdfa.py folder DIR [--flavours 1b,2b] [--json]
    python benchmarks/pdfa.py speed [--files 300] [--json]
    python benchmarks/pdfa.py mutate [--count 10000] [--json]

``--peer`` and ``folder`` run veraPDF in the same run (Java, Maven Central; kept in ``benchmarks/.cache``).
"""

from __future__ import annotations

import argparse
import compileall
import json
import queue
import random
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from harness.pdfa import Limits, check  # noqa: E402

CACHE = HERE / ".cache" / "verapdf"
CORPUS = HERE.parent.parent / "shared" / "material" / "verapdf-corpus"
FOLDERS = ("1b", "1a", "2b", "2u", "2a", "3b")
TOPICS = HERE.parent / "tests" / "pdfa" / "topics.json"


def peer(items: list[tuple[str, Path]], patience: float = 60.0) -> list[dict[str, Any]]:
    """veraPDF's outcome per ``(flavour, file)``; a file that hangs it is reported as error and skipped."""
    build_peer()
    results: list[dict[str, Any]] = []
    while len(results) < len(items):
        process = subprocess.Popen(
            ["java", "-Xmx1g", "-cp", f"{CACHE}:{CACHE}/lib/*", "Batch"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        lines: queue.Queue[str | None] = queue.Queue()
        rest = [f"{flavour}\t{path}" for flavour, path in items[len(results) :]]

        def feed(process: subprocess.Popen[str] = process, rest: list[str] = rest) -> None:
            assert process.stdin is not None
            try:
                process.stdin.write("\n".join(rest) + "\n")
                process.stdin.close()
            except OSError:
                pass

        def read(process: subprocess.Popen[str] = process, lines: queue.Queue[str | None] = lines) -> None:
            assert process.stdout is not None
            for line in process.stdout:
                lines.put(line)
            lines.put(None)

        for target in (feed, read):
            threading.Thread(target=target, daemon=True).start()
        while len(results) < len(items):
            try:
                line = lines.get(timeout=patience)
            except queue.Empty:
                results.append({"error": "no answer", "rules": {}})
                process.kill()
                break
            if line is None:
                results.append({"error": "ended", "rules": {}})
                break
            results.append(json.loads(line))
        process.wait()
    return results


def build_peer() -> None:
    """Fetch veraPDF with Maven and compile the batch runner, once."""
    if (CACHE / "Batch.class").exists():
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    folder = HERE / "verapdf"
    command = ["mvn", "-q", "dependency:copy-dependencies", f"-DoutputDirectory={CACHE / 'lib'}"]
    subprocess.run(command, cwd=folder, check=True)
    subprocess.run(
        ["javac", "-cp", f"{CACHE}/lib/*", "-d", str(CACHE), "src/Batch.java"], cwd=folder, check=True
    )


def percentile(values: list[float], part: float) -> float:
    """The value below which ``part`` of ``values`` lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def corpus(args: argparse.Namespace) -> dict[str, Any]:
    """Verdicts on the official corpus, accepted rule ids by topic, optionally rule sets against veraPDF."""
    topics: dict[str, dict[str, list[str]]] = json.loads(TOPICS.read_text()) if TOPICS.exists() else {}
    items = [(f, p) for f in FOLDERS for p in sorted((Path(args.corpus) / f"PDF_A-{f}").rglob("*.pdf"))]
    rows: dict[str, Counter[str]] = {f: Counter() for f in FOLDERS}
    times: list[float] = []
    wrong: list[str] = []
    ours: list[set[str]] = []
    for flavour, path in items:
        data = path.read_bytes()
        start = time.perf_counter()
        report = check(data, flavour)
        times.append((time.perf_counter() - start) * 1000)
        ours.append(set(report.rules))
        expected = "valid" if "-pass-" in path.name else "invalid"
        row = rows[flavour]
        row["files"] += 1
        row["verdict"] += report.outcome == expected
        if report.outcome != expected:
            wrong.append(f"{flavour} {path.name}: {report.outcome} {report.rules}")
        if expected == "invalid":
            accepted = topics.get(flavour, {}).get(topic_of(path.name), [])
            row["fail files"] += 1
            row["accepted rule"] += bool(set(report.rules) & set(accepted))
    result: dict[str, Any] = {
        "rows": rows, "wrong": wrong,
        "ms": {"mean": statistics.mean(times), "p95": percentile(times, 0.95), "max": max(times)},
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip
    if args.peer:
        start = time.perf_counter()
        theirs = peer(items)
        result["peer_ms"] = (time.perf_counter() - start) * 1000 / len(items)
        different = [
            f"{f} {p.name}: only builtin {sorted(o - set(t['rules']))}, only verapdf {sorted(set(t['rules']) - o)}"
            for (f, p), o, t in zip(items, ours, theirs, strict=True)
            if o != set(t["rules"]) or "error" in t
        ]
        result["identical"] = 1 - len(different) / len(items)
        result["different"] = different
    return result


def topic_of(name: str) -> str:
    """``6-1-2-t01`` of a corpus file name."""
    return name.split("test suite ")[-1].split("-pass-")[0].split("-fail-")[0]


def folder(args: argparse.Namespace) -> dict[str, Any]:
    """Compare with veraPDF on the documents of a folder, per flavour (``auto`` = as claimed, else 1b)."""
    from harness.pdfa.engines import claimed_flavour

    files = [p for p in sorted(Path(args.folder).rglob("*.pdf")) if p.stat().st_size < 20_000_000]
    items = [
        (claimed_flavour(p) if flavour == "auto" else flavour, p)
        for p in files
        for flavour in args.flavours.split(",")
    ]
    theirs = peer(items)
    counts: Counter[str] = Counter()
    different: list[str] = []
    for (flavour, path), their in zip(items, theirs, strict=True):
        report = check(path, flavour, Limits(seconds=120))
        mine = set(report.rules)
        unreadable = "error" in their
        counts["all"] += 1
        valid = not unreadable and bool(their["valid"])
        counts["valid for verapdf"] += valid
        counts["verdict"] += report.valid == valid
        counts["false alarm"] += valid and not report.valid
        counts["false accept"] += report.valid and not valid
        same = (
            (report.outcome == "unreadable")
            if unreadable
            else (mine == set(their["rules"]) and report.valid == valid)
        )
        counts["identical"] += same
        if not same:
            different.append(
                f"{flavour} {path}: {report.outcome}, only builtin {sorted(mine - set(their['rules']))}, only verapdf "
                f"{sorted(set(their['rules']) - mine)} {their.get('error', '')}"
            )
    return {"counts": counts, "different": different}


def speed(args: argparse.Namespace) -> dict[str, Any]:
    """The command against veraPDF: many documents in one run, and one document in a process of its own.

    In turns; medians. Our modules are compiled to bytecode before, as installing them does.
    """
    build_peer()
    compileall.compile_dir(HERE.parent / "harness", quiet=1)
    every = [p for f in FOLDERS for p in sorted((Path(args.corpus) / f"PDF_A-{f}").rglob("*.pdf"))]
    every += sorted((HERE / ".cache" / "foreign-pdf").glob("*/*.pdf"))
    if not every:
        raise SystemExit(f"no documents below {args.corpus}: give the folder of the corpus with --corpus")
    files = random.Random(1).sample(every, min(args.files, len(every)))
    ours = [sys.executable, "-m", "harness", "pdfa", "check", "--json"]
    theirs = ["java", "-Xmx1g", "-cp", f"{CACHE}:{CACHE}/lib/*", "Batch"]

    def seconds(command: list[str], lines: str | None) -> tuple[float, float]:
        """Seconds on the clock and of all cores together."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        subprocess.run(command, input=lines, text=True, capture_output=True, check=False)
        clock = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    listing = "".join(f"auto\t{p}\n" for p in files)
    batches = [(seconds([*ours, *map(str, files)], None), seconds(theirs, listing)) for _ in range(3)]
    singles = [(seconds([*ours, str(p)], None), seconds(theirs, f"auto\t{p}\n")) for p in files[:7]]
    result: dict[str, Any] = {"files": len(files)}
    for index, kind in enumerate(("clock", "processor")):
        batch, peer_batch, own, other = (
            statistics.median(pair[side][index] for pair in pairs)
            for pairs in (batches, singles)
            for side in (0, 1)
        )
        result[kind] = {
            "batch_s": batch, "peer_batch_s": peer_batch, "batch": peer_batch / batch,
            "process_s": own, "peer_process_s": other, "process": other / own,
        }  # fmt: skip
    return result


def mutate(args: argparse.Namespace) -> dict[str, Any]:
    """Random damage to corpus files: no hang, no internal error."""
    rng = random.Random(args.seed)
    files = [p for f in FOLDERS for p in sorted((Path(args.corpus) / f"PDF_A-{f}").rglob("*.pdf"))]
    outcomes: Counter[str] = Counter()
    errors: list[str] = []
    slowest = 0.0
    limits = Limits(seconds=10)
    for index in range(args.count):
        path = rng.choice(files)
        data = damage(path.read_bytes(), rng)
        start = time.perf_counter()
        try:
            outcomes[check(data, rng.choice(FOLDERS), limits).outcome] += 1
        except Exception as error:
            errors.append(f"{index} {path.name}: {error!r}")
        slowest = max(slowest, time.perf_counter() - start)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"outcomes": outcomes, "errors": errors, "slowest_s": slowest, "memory_mb": memory}


def damage(data: bytes, rng: random.Random) -> bytes:
    """One to five random edits: flipped bytes, cut, doubled or swapped pieces, changed digits and keywords."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 5)):
        size = len(out)
        if size < 10:
            break
        at = rng.randrange(size)
        kind = rng.randrange(7)
        if kind == 0:
            out[at] = rng.randrange(256)
        elif kind == 1:
            del out[at : at + rng.randint(1, 50)]
        elif kind == 2:
            out[at:at] = out[at : at + rng.randint(1, 50)]
        elif kind == 3:
            out = out[: max(10, at)]
        elif kind == 4:
            digits = [i for i in range(at, min(size, at + 300)) if 48 <= out[i] <= 57]
            if digits:
                out[rng.choice(digits)] = rng.randrange(48, 58)
        elif kind == 5:
            slashes = [i for i in range(at, min(size, at + 300)) if out[i] == 0x2F]
            if slashes:
                out[rng.choice(slashes) + 1 : at] = b""
        else:
            word = rng.choice(
                [b"<<", b">>", b"[", b"]", b"(", b"null", b"-1", b"99999999999", b"1 0 R", b"stream", b"q "]
            )
            out[at : at + len(word)] = word
    return bytes(out)


def show(result: dict[str, Any]) -> None:
    """Print a result as a small table."""
    for name, value in result.items():
        if name == "rows":
            keys = ("files", "verdict", "fail files", "accepted rule")
            print(f"{'':6}" + "".join(f"{k:>15}" for k in keys))
            for flavour, row in value.items():
                print(f"{flavour:6}" + "".join(f"{row[k]:>15}" for k in keys))
        elif isinstance(value, list):
            print(f"{name}: {len(value)}")
            for line in value[:60]:
                print(f"  {line}")
        elif isinstance(value, dict):
            print(
                f"{name}: "
                + ", ".join(f"{k} {v:.2f}" if isinstance(v, float) else f"{k} {v}" for k, v in value.items())
            )
        else:
            print(f"{name}: {value:.4g}" if isinstance(value, float) else f"{name}: {value}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("corpus")
    one.add_argument("--corpus", default=str(CORPUS))
    one.add_argument("--peer", action="store_true")
    one.set_defaults(run=corpus)
    two = commands.add_parser("folder")
    two.add_argument("folder")
    two.add_argument("--flavours", default="auto")
    two.set_defaults(run=folder)
    four = commands.add_parser("speed")
    four.add_argument("--corpus", default=str(CORPUS))
    four.add_argument("--files", type=int, default=300)
    four.set_defaults(run=speed)
    three = commands.add_parser("mutate")
    three.add_argument("--corpus", default=str(CORPUS))
    three.add_argument("--count", type=int, default=10_000)
    three.add_argument("--seed", type=int, default=1)
    three.set_defaults(run=mutate)
    args = parser.parse_args()
    result = args.run(args)
    if args.json:
        print(json.dumps(result))
    else:
        show(result)


if __name__ == "__main__":
    main()
