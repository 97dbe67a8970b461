"""Compares the validator with HAPI's FhirInstanceValidator: same verdicts, where, how fast, how much memory.

::

    python benchmarks/validation.py [--material DIR] [--scale 1.0] [--json FILE] [--no-peer] [--synthetic]

Corpus: all official examples and fixtures, mutants of them (:mod:`mutants`), and with ``--synthetic``
made-up resources of every type (:mod:`synthetic`). The peer needs Java 17 and, the first time, Maven Central
(``mvn dependency:copy-dependencies`` in ``benchmarks/hapi``). What the disagreements are and who is right:
``benchmarks/validation.md``.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import re
import resource as usage
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import mutants as mutation  # noqa: E402
import script_sets  # noqa: E402
import synthetic  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from harness.cli.validate.checking import Task, check_files, validator_of  # noqa: E402
from harness.core.issues import Issue  # noqa: E402
from harness.core.run.limits import cores  # noqa: E402
from harness.core.tdates import TDates  # noqa: E402
from harness.fhir.codec.documents import parse, to_json  # noqa: E402
from harness.fhir.packages.load import load_packages  # noqa: E402
from harness.fhir.validation import Validator  # noqa: E402

CACHE = ROOT / "benchmarks" / ".cache" / "hapi"
WORK = ROOT / "benchmarks" / ".cache" / "validation"
STANDARDS = ("GenPractData", "PDFA", "eAppointment", "SelfMeasurements", "eafspraak")
T = date(2026, 3, 1)


def official(material: Path) -> list[Path]:
    """The official packages that both validators get."""
    return [material / "zib2017", material / "eafspraak"]


class Case(NamedTuple):
    """One document to validate: what was done to it and where (``""`` for an original)."""

    file: Path
    kind: str
    operator: str
    path: str


class Verdict(NamedTuple):
    """One validator's answer: accepted or not, its errors as ``(rule, path, message)``."""

    accept: bool
    errors: list[tuple[str, str, str]]
    not_checked: int = 0


# -- corpus ---------------------------------------------------------------------------------------


def originals(material: Path, sets: Iterable[str] | None = None) -> dict[str, bytes]:
    """Official examples and fixtures with placeholders filled in, by a flat name.

    :param sets: official sets of TestScripts to take fixtures from, by folder name; all when ``None``.
    :raises script_sets.MissingSets: when one of ``sets`` is absent.
    """
    dates = TDates(T)
    found: dict[str, bytes] = {}
    scripts = script_sets.folders(material, sets)
    for folder in (*scripts, material / "zib2017" / "Examples", material / "eafspraak" / "Examples"):
        for path in sorted(folder.rglob("*")):
            if path.suffix not in (".xml", ".json") or (folder in scripts and "_reference" not in path.parts):
                continue
            text = path.read_text(encoding="utf-8-sig")
            if re.search(r"<TestScript[\s>]", text[:4000]):
                continue
            name = (
                "__".join(path.relative_to(material).parts)
                .replace("nictiz-testscripts__STU3__", "")
                .replace(" ", "_")
            )
            found[name] = dates.resolve(text).encode()
    return found


def write(folder: Path, name: str, data: bytes) -> Path:
    """Writes a document of the corpus."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(data)
    return path


def good_resources(sources: dict[str, bytes], validator: Validator) -> dict[str, Any]:
    """Originals that can be mutated: not huge, without errors."""
    good: dict[str, Any] = {}
    for name, data in sources.items():
        if len(data) < 60_000:
            document = parse(data, model=validator.model)
            if not any(i.severity == "error" for i in validator.validate(document)):
                good[name] = document.resource
    return good


def record(material: Path, validator: Validator, scale: float, target: Path) -> None:
    """Writes the peer's verdicts on a sample of mutants for the tests; adjudicated classes left out."""
    cases = []
    sets = script_sets.present(material)
    good = good_resources(originals(material, sets), validator)
    sample = mutation.mutants(good, validator.model, scale=scale)
    for number, mutant in enumerate(sample):
        file = write(WORK / "sample", f"{number:05d}.json", to_json(mutant.resource))
        cases.append(Case(file, f"{number}-{mutant.operator}-{mutant.path}", mutant.operator, mutant.path))
    mine = ours(validator, cases)
    theirs, _ = peer(official(material), cases, "sample", 1)
    accept = {
        c.kind: theirs[c.file].accept
        for c in cases
        if mine[c.file].accept == theirs[c.file].accept
        or not any(test(mine[c.file], theirs[c.file]) for test in CLASSES.values())
    }
    content = {"peer": "HAPI FHIR 7.6.1", "sets": sets, "scale": scale, "accept": accept}
    target.write_text(json.dumps(content, indent=0) + "\n", encoding="utf-8")


def corpus(material: Path, validator: Validator, scale: float, made_up: bool) -> list[Case]:
    """All documents, written below :data:`WORK`."""
    sources = originals(material)
    cases = [Case(write(WORK / "original", name, data), "original", "", "") for name, data in sources.items()]
    good = good_resources(sources, validator)
    good_xml = {name: sources[name] for name in good if name.endswith(".xml")}
    for number, mutant in enumerate(mutation.mutants(good, validator.model, scale=scale)):
        name = f"{number:05d}-{mutant.operator}-{_standard(mutant.origin)}.json"
        file = write(WORK / "mutant", name, to_json(mutant.resource))
        cases.append(Case(file, "mutant", mutant.operator, mutant.path))
    for number, (operator, origin, path, data) in enumerate(
        mutation.xml_mutants(good_xml, count=round(240 * scale))
    ):
        file = write(WORK / "mutant", f"{number:05d}-{operator}-{_standard(origin)}.xml", data)
        cases.append(Case(file, "mutant", operator, path))
    if made_up:
        for name, resource in synthetic.resources(validator.knowledge):
            cases.append(
                Case(write(WORK / "synthetic", f"{name}.json", to_json(resource)), "synthetic", "", "")
            )
    return cases


def _standard(origin: str) -> str:
    return next((s for s in STANDARDS if origin.startswith(s)), "other")


# -- the two validators ---------------------------------------------------------------------------


def errors_of(issues: list[Issue]) -> Verdict:
    """Our verdict."""
    errors = [(i.rule, i.path, f"{i.expected} / {i.received}") for i in issues if i.severity == "error"]
    return Verdict(not errors, errors, sum(i.severity == "not-checked" for i in issues))


def ours(validator: Validator, cases: list[Case]) -> dict[Path, Verdict]:
    """Verdicts of the harness."""
    return {
        c.file: errors_of(validator.validate(parse(c.file.read_bytes(), model=validator.model)))
        for c in cases
    }


def build_peer() -> bool:
    """Fetches and compiles the peer when needed; whether it is there."""
    if not (CACHE / "lib").is_dir() or not any((CACHE / "lib").glob("*.jar")):
        command = [
            "mvn",
            "-q",
            "-B",
            "dependency:copy-dependencies",
            f"-DoutputDirectory={CACHE / 'lib'}",
            "-DincludeScope=runtime",
        ]
        if subprocess.run(command, cwd=ROOT / "benchmarks" / "hapi", check=False).returncode:
            return False
    (CACHE / "classes").mkdir(parents=True, exist_ok=True)
    source = ROOT / "benchmarks" / "hapi" / "src" / "main" / "java" / "HapiBatch.java"
    command = ["javac", "-cp", f"{CACHE / 'lib'}/*", "-d", str(CACHE / "classes"), str(source)]
    return subprocess.run(command, check=False).returncode == 0


def peer(
    packages: Iterable[Path], cases: list[Case], name: str, repeat: int
) -> tuple[dict[Path, Verdict], dict[Path, float]]:
    """Verdicts of HAPI with some packages, and CPU milliseconds of its thread per document in the last pass."""
    WORK.mkdir(parents=True, exist_ok=True)
    listing, out, passes = (WORK / f"{name}.{suffix}" for suffix in ("list", "jsonl", "passes"))
    listing.write_text("".join(f"{c.file}\n" for c in cases), encoding="utf-8")
    command = ["java", "-Xmx3g", "-cp", f"{CACHE / 'lib'}/*:{CACHE / 'classes'}", "HapiBatch"]
    for package in packages:
        command += ["--package", str(package)]
    command += ["--list", str(listing), "--out", str(out), "--repeat", str(repeat)]
    command += ["--passes", str(passes)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    verdicts, times = {}, {}
    for line in out.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        errors = [
            (str(i["id"]), str(i["path"]), str(i["message"]))
            for i in row["issues"]
            if i["severity"] in ("error", "fatal")
        ]
        if row["crash"]:
            errors.append(("crash", "", row["crash"]))
        verdicts[Path(row["file"])] = Verdict(row["accept"], errors)
        times[Path(row["file"])] = row["ms"]
    return verdicts, times


def peer_warm(name: str, files: int) -> tuple[float, float, float]:
    """Milliseconds per document of the peer in its best warm pass: CPU of its process and thread, clock."""
    lines = (WORK / f"{name}.passes").read_text(encoding="utf-8").splitlines()[1:]
    passes = [json.loads(line) for line in lines]
    process, thread, clock = (
        min(p[kind] for p in passes) / files * 1000 for kind in ("process", "thread", "clock")
    )
    return process, thread, clock


def peer_process(packages: Iterable[Path], file: Path) -> float:
    """CPU seconds of a new process of the peer that validates one document."""
    before = usage.getrusage(usage.RUSAGE_CHILDREN)
    peer(packages, [Case(file, "", "", "")], "process", 1)
    after = usage.getrusage(usage.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


# -- adjudicated classes of disagreement (validation.md says who is right and why) ------------------


def _only(verdict: Verdict, test: Callable[[tuple[str, str, str]], bool]) -> bool:
    return bool(verdict.errors) and all(test(error) for error in verdict.errors)


CLASSES: dict[str, Callable[[Verdict, Verdict], bool]] = {
    "2 SNOMED CT filter without SNOMED CT": lambda a, b: (
        a.accept
        and a.not_checked > 0
        and _only(
            b,
            lambda e: (
                "snomed.info/sct" in e[2]
                and ("Unable to expand" in e[2] or "was not found in the value set" in e[2])
            ),
        )
    ),
    "3 code outside a complete code system": lambda a, b: (
        b.accept and _only(a, lambda e: e[0] == "fhir-code-unknown")
    ),
    "4 empty array or string beside _key": lambda a, b: (
        b.accept
        and _only(
            a, lambda e: e[0] == "fhir-empty" or (e[0] == "fhir-primitive-format" and e[2].endswith("/ "))
        )
    ),
    "6 end of a period of another precision": lambda a, b: (
        a.accept and _only(b, lambda e: "per-1" in f"{e[0]} {e[2]}")
    ),
    "7 relative system": lambda a, b: b.accept and _only(a, lambda e: e[0] == "fhir-system-relative"),
}


def bare(path: str) -> str:
    """A location without comments, types and the last index."""
    path = re.sub(r"\.ofType\(\w+\)|/\*.*?\*/", "", path)
    return re.sub(r"\[\d+\]$", "", path)


def near(mutated: str, found: str) -> bool:
    """Whether a finding lies on the mutated element, its parent or its child."""
    if "[" not in mutated:  # XML mutants know no indexes
        found = re.sub(r"\[\d+\]", "", found)
    first, second = bare(mutated), bare(found)
    return (
        first == second
        or second == bare(mutated.rpartition(".")[0])
        or bare(found.rpartition(".")[0]) == first
    )


# -- measurements ---------------------------------------------------------------------------------


def warm(validator: Validator, cases: list[Case]) -> tuple[float, float, int]:
    """CPU time (the machine may be shared), best of five passes.

    Returns ms per document for validation, the same with parsing, and the number of resources in the
    documents."""
    documents = [parse(c.file.read_bytes(), model=validator.model) for c in cases]
    count = sum(
        1 + sum("resource" in e for e in d.resource.get("entry", []) if isinstance(e, dict))
        for d in documents
    )
    best = both = float("inf")
    for _ in range(5):
        start = time.process_time()
        for document in documents:
            validator.validate(document)
        best = min(best, time.process_time() - start)
    for _ in range(5):
        start = time.process_time()
        for document in documents:
            validator.validate(parse(document.source, model=validator.model))
        both = min(both, time.process_time() - start)
    return best / len(documents) * 1000, both / len(documents) * 1000, count


def many(material: Path, cases: list[Case]) -> dict[str, float]:
    """Clock milliseconds per file of ``harness validate`` on many files, with one process and with one per core.

    What five rounds more cost than one, so that starting is left out, as the peer's first pass is.
    """
    task = Task(packages=tuple(map(str, official(material))), embedded=False, day=T)
    validator_of(task)
    files = [c.file for c in cases]
    found = {}
    for jobs in (1, cores()):
        best = {1: float("inf"), 6: float("inf")}
        for _ in range(4):
            for rounds in best:
                start = time.perf_counter()
                deque(check_files(files * rounds, task, jobs), 0)
                best[rounds] = min(best[rounds], time.perf_counter() - start)
        found[f"{jobs}"] = (best[6] - best[1]) / 5 / len(files) * 1000
    return found


def cold(material: Path, file: Path) -> tuple[float, float, float]:
    """A new process that validates one GP resource with the full official package: median seconds, largest
    MB. Our modules are compiled to bytecode before, as installing them does."""
    compileall.compile_dir(ROOT / "harness", quiet=1)
    code = (
        "import sys;from pathlib import Path;from harness.cli import run;"
        "c=run(sys.argv[1:]);s=Path('/proc/self/status').read_text();"  # getrusage counts the parent's pages
        "print(int(s.split('VmHWM:')[1].split()[0])//1024,file=sys.stderr);sys.exit(c)"
    )
    command = [sys.executable, "-c", code, "validate", "--package", str(material / "zib2017"), str(file)]
    seconds, cpu, memory = [], [], []
    for _ in range(6):
        start, before = time.perf_counter(), usage.getrusage(usage.RUSAGE_CHILDREN)
        done = subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        seconds.append(time.perf_counter() - start)
        after = usage.getrusage(usage.RUSAGE_CHILDREN)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        memory.append(float(done.stderr.split()[-1]))
    return statistics.median(seconds[1:]), statistics.median(cpu[1:]), max(memory)


def speeds(
    material: Path, validator: Validator, first: list[Case], gp: Path, table: Table, *, with_peer: bool
) -> dict[str, Any]:
    """Times and memory of both, warm and in a new process; the peer has to be asked about ``first`` before."""
    ms, total, count = warm(validator, first)
    per_resource = ms * len(first) / count
    table.add_row(
        "warm, one process, CPU per resource (per file; file with parsing)",
        f"{per_resource:.3f} ms ({ms:.3f}; {total:.3f})",
        "<= 0.4 ms",
    )
    clocks = many(material, first)
    told = ", ".join(f"{jobs}: {clock:.3f} ms" for jobs, clock in clocks.items())
    table.add_row("many files with parsing, clock per file by number of processes", told, "")
    memory = usage.getrusage(usage.RUSAGE_SELF).ru_maxrss // 1024
    seconds, cpu, megabytes = cold(material, gp)
    table.add_row(
        "new process, one GP resource, full package", f"{seconds:.2f} s (CPU {cpu:.2f} s)", "<= 0.6 s"
    )
    table.add_row("memory of that process", f"{megabytes:.0f} MB", "< 300 MB")
    result: dict[str, Any] = {
        "warm": {
            "ms_per_file": round(ms, 3),
            "ms_per_resource": round(per_resource, 3),
            "with_parsing": round(total, 3),
            "resources": count,
            "clock_by_processes": {jobs: round(clock, 3) for jobs, clock in clocks.items()},
        },
        "rss_mb": memory,
        "cold": {"seconds": round(seconds, 3), "cpu": round(cpu, 3), "mb": megabytes},
    }
    if with_peer:
        java, thread, clock = peer_warm("originals", len(first))
        result["peer_ms_per_file"] = {
            "process": round(java, 2),
            "thread": round(thread, 2),
            "clock": round(clock, 2),
        }
        best = min(clocks.values())
        for name, theirs, ours_ in (
            ("HAPI warm, clock per file, against ours on all cores", clock, best),
            ("  CPU of its process, against ours in one process", java, total),
            ("  CPU of its validating thread alone", thread, total),
        ):
            table.add_row(name, f"{theirs:.1f} ms = {theirs / ours_:.1f}x ours with parsing", ">= 40x")
        process = peer_process(official(material), gp)
        result["peer_process_cpu"] = round(process, 2)
        table.add_row(
            "HAPI, new process, the same resource (CPU)",
            f"{process:.1f} s = {process / cpu:.0f}x ours",
            ">= 15x",
        )
    return result


def main() -> int:
    """Runs everything and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    default = os.environ.get("HARNESS_MATERIAL", str(ROOT.parent / "shared" / "material"))
    parser.add_argument("--material", type=Path, default=Path(default))
    parser.add_argument("--scale", type=float, default=1.0, help="number of mutants, 1.0 is about 4,600")
    parser.add_argument("--json", type=Path, dest="report")
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--speed", action="store_true", help="only times, not the verdicts")
    parser.add_argument("--synthetic", action="store_true", help="also made-up resources of every type")
    parser.add_argument(
        "--record", type=Path, metavar="FILE", help="only record the peer on the tests' sample"
    )
    options = parser.parse_args()
    material = options.material.resolve()
    out = Console(highlight=False, width=150)
    packages = load_packages(official(material))
    validator = Validator(packages, embedded=False)
    if options.record:
        build_peer()
        record(material, validator, options.scale, options.record)
        return 0
    cases = corpus(material, validator, options.scale, options.synthetic)
    result: dict[str, Any] = {"documents": dict(Counter(c.kind for c in cases))}
    out.print(f"documents: {result['documents']}")
    first = [c for c in cases if c.kind == "original"]
    gp = next(c.file for c in first if "gpdata-observation" in c.file.name)
    table = Table("measure", "value", "bar")
    if options.speed:
        with_peer = build_peer()
        if with_peer:
            peer(official(material), first, "originals", 6)
        result |= speeds(material, validator, first, gp, table, with_peer=with_peer)
        out.print(table)
        return 0
    mine = ours(validator, cases)
    refused = [c for c in cases if c.kind == "mutant" and not mine[c.file].accept and c.path]
    hits = sum(any(near(c.path, e[1]) for e in mine[c.file].errors) for c in refused)
    result["location"] = {"refused": len(refused), "hit": hits, "share": round(hits / len(refused), 4)}
    table.add_row(
        "finding on the mutated element, parent or child",
        f"{hits}/{len(refused)} = {hits / len(refused):.1%}",
        ">= 95 %",
    )

    fresh = Validator()
    standard = [c for c in cases if any(s in c.file.name for s in STANDARDS) and c.kind != "synthetic"]
    alone = ours(fresh, standard)
    differ = [c for c in standard if alone[c.file].accept != mine[c.file].accept]
    result["embedded"] = {"documents": len(standard), "differences": [c.file.name for c in differ]}
    table.add_row("embedded facts: other verdict than the packages", f"{len(differ)} of {len(standard)}", "0")

    with_peer = not options.no_peer and build_peer()
    if with_peer:
        theirs, _ = peer(official(material), [c for c in cases if c.kind != "original"], "mutants", 1)
        originals_peer, _ = peer(official(material), first, "originals", 6)
        theirs.update(originals_peer)
    result |= speeds(material, validator, first, gp, table, with_peer=with_peer)
    if with_peer:
        adjudicated: Counter[str] = Counter()
        left: dict[str, list[Case]] = defaultdict(list)
        same = 0
        for case in cases:
            a, b = mine[case.file], theirs[case.file]
            if a.accept == b.accept:
                same += 1
                continue
            name = next((n for n, test in CLASSES.items() if test(a, b)), "")
            if name:
                adjudicated[name] += 1
            else:
                left[f"{case.operator or case.kind}: {'we accept' if a.accept else 'we refuse'}"].append(case)
        rest = len(cases) - sum(adjudicated.values())
        result["agreement"] = {
            "documents": len(cases),
            "same": same,
            "raw": round(same / len(cases), 4),
            "adjudicated": dict(sorted(adjudicated.items())),
            "after": round(same / rest, 4),
            "left": {name: [c.file.name for c in found] for name, found in left.items()},
        }
        table.add_row("same accept/reject as HAPI, raw", f"{same}/{len(cases)} = {same / len(cases):.2%}", "")
        for name, number in sorted(adjudicated.items()):
            table.add_row(f"  class {name}", str(number), "")
        table.add_row(
            "same accept/reject after those classes", f"{same}/{rest} = {same / rest:.2%}", ">= 98 %"
        )
        for name, found in sorted(left.items(), key=lambda item: -len(item[1])):
            shown = found[0].file
            table.add_row(
                f"  left: {name}",
                str(len(found)),
                f"{shown.name}: {(mine[shown].errors or theirs[shown].errors)[0][::2]}"[:90],
            )
    out.print(table)
    if options.report:
        options.report.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
