"""Same verdict as HAPI on files that nobody here made, and on generic mutants of them.

::

    python benchmarks/foreign/fetch.py
    python benchmarks/foreign/compare.py [--mutants 2400] [--seed 11] [--files 0] [--json FILE] [--show 40]

STU3 base specification, no packages. Files of other FHIR versions are in the corpus as they come: mostly both refuse
them, so the last columns count only what one of the two accepts. Mutants are made of files that both accept.
Disagreements of an adjudicated class are taken out of the number, each with its reason (:mod:`classes`); the raw number
stands beside it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks"), str(ROOT / "benchmarks" / "foreign")]

import classes  # noqa: E402
import mutate  # noqa: E402
from fetch import CACHE, SOURCES  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402
from validation import Case, Verdict, build_peer, errors_of, peer, write  # noqa: E402

from harness.fhir.codec.documents import parse, to_json  # noqa: E402
from harness.fhir.validation import Validator  # noqa: E402

WORK = ROOT / "benchmarks" / ".cache" / "foreign-work"
LARGEST = 200_000
"""Bytes of the largest file that is compared; HAPI takes seconds for one."""
MUTABLE = 40_000
"""Bytes of the largest file that mutants are made of."""


def files() -> list[Path]:
    """What ``fetch.py`` laid out, duplicates over sources left out."""
    found = [path for s in SOURCES for path in sorted((CACHE / s["id"]).glob("*.[jx]*"))]
    return [path for path in found if path.stat().st_size <= LARGEST]


def mutants(validator: Validator, sources: list[Path], count: int, seed: int) -> list[Case]:
    """``count`` mutants of files, as JSON."""
    resources: dict[str, Any] = {}
    for path in sources:
        if path.stat().st_size <= MUTABLE:
            document = parse(path.read_bytes(), model=validator.model)
            resources[f"{path.parent.name}/{path.name}"] = document.resource
    cases = []
    for number, mutant in enumerate(mutate.mutants(resources, count, seed)):
        try:
            data = to_json(mutant.resource)
        except (TypeError, ValueError):
            continue
        name = (
            f"{number:05d}-{mutant.operator}-{mutant.origin.rpartition('/')[2].rpartition('.')[0][:60]}.json"
        )
        cases.append(Case(write(WORK / f"seed-{seed}", name, data), "mutant", mutant.operator, mutant.origin))
    return cases


def verdicts(cases: list[Case], name: str) -> tuple[dict[Path, Verdict], dict[Path, float]]:
    """The peer's verdicts and milliseconds; kept by content, for the peer is pinned and slow."""
    store = WORK / "peer.json"
    kept = json.loads(store.read_text(encoding="utf-8")) if store.exists() else {}
    digests = {c.file: hashlib.sha256(c.file.read_bytes()).hexdigest() for c in cases}
    todo = [c for c in cases if digests[c.file] not in kept]
    if todo:
        found, times = peer([], todo, name, 1)
        for case in todo:
            answer = found[case.file]
            kept[digests[case.file]] = [answer.accept, answer.errors, times[case.file]]
        WORK.mkdir(parents=True, exist_ok=True)
        store.write_text(json.dumps(kept), encoding="utf-8")
    rows = {c.file: kept[digests[c.file]] for c in cases}
    answers = {file: Verdict(row[0], [(e[0], e[1], e[2]) for e in row[1]]) for file, row in rows.items()}
    return answers, {file: row[2] for file, row in rows.items()}


def ours(validator: Validator, cases: list[Case]) -> tuple[dict[Path, Verdict], float]:
    """Our verdicts and CPU milliseconds per document, parsing included."""
    verdicts = {}
    start = time.process_time()
    for case in cases:
        verdicts[case.file] = errors_of(
            validator.validate(parse(case.file.read_bytes(), model=validator.model))
        )
    return verdicts, (time.process_time() - start) / len(cases) * 1000


def _classed(mine: Verdict, theirs: Verdict) -> bool:
    return mine.accept != theirs.accept and bool(classes.of(mine, theirs))


def _by_source(
    cases: list[Case], mine: dict[Path, Verdict], theirs: dict[Path, Verdict], out: Console
) -> dict[str, dict[str, int]]:
    """Prints the files of each source apart: how many, same verdict, in a class, left."""
    table = Table("source", "files", "same verdict", "in a class", "left", "without classes")
    rows: dict[str, dict[str, int]] = {}
    for source in SOURCES:
        part = [c for c in cases if c.file.parent.name == source["id"]]
        same = sum(mine[c.file].accept == theirs[c.file].accept for c in part)
        classed = sum(_classed(mine[c.file], theirs[c.file]) for c in part)
        rows[source["id"]] = {"files": len(part), "same": same, "classed": classed}
        numbers = (len(part), same, classed, len(part) - same - classed)
        rest = len(part) - classed
        table.add_row(source["id"], *map(str, numbers), f"{same / rest:.1%}" if rest else "-")
    out.print(table)
    return rows


def main() -> int:
    """Runs both validators and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--mutants", type=int, default=2400)
    parser.add_argument("--files", type=int, default=0, help="sample of the foreign files, 0 is all")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--show", type=int, default=30, help="disagreements to print")
    parser.add_argument("--json", type=Path, dest="report")
    options = parser.parse_args()
    out = Console(highlight=False, width=170)
    if not files():
        out.print("skipped: no foreign material; run python benchmarks/foreign/fetch.py (npm, pip, mvn)")
        return 0
    if not build_peer():
        out.print("skipped: no peer; Java 17 and, the first time, Maven Central are needed")
        return 0
    validator = Validator(embedded=False)
    originals = files()
    if options.files:
        originals = sorted(random.Random(options.seed).sample(originals, min(options.files, len(originals))))
    cases = [Case(path, "file", "", "") for path in originals]
    mine, ms = ours(validator, cases)
    theirs, times = verdicts(cases, "foreign-files")
    good = [c.file for c in cases if mine[c.file].accept and theirs[c.file].accept]
    changed = mutants(validator, good, options.mutants, options.seed)
    more, _ = ours(validator, changed)
    others, _ = verdicts(changed, f"foreign-{options.seed}")
    cases, mine, theirs = cases + changed, {**mine, **more}, {**theirs, **others}
    table = Table(
        "corpus", "documents", "same verdict", "raw", "without classes", "accepted by one", "of these same"
    )
    result: dict[str, Any] = {"seed": options.seed}
    left: dict[str, list[Case]] = defaultdict(list)
    named: Counter[str] = Counter()
    for kind in ("file", "mutant", ""):
        part = [c for c in cases if kind in ("", c.kind)]
        same = [c for c in part if mine[c.file].accept == theirs[c.file].accept]
        classed = 0
        for case in part:
            a, b = mine[case.file], theirs[case.file]
            if a.accept != b.accept:
                name = classes.of(a, b)
                classed += bool(name)
                if not kind:
                    if name:
                        named[name] += 1
                    else:
                        left[f"{case.operator or 'file'}: {'we accept' if a.accept else 'we refuse'}"].append(
                            case
                        )
        either = [c for c in part if mine[c.file].accept or theirs[c.file].accept]
        both = sum(mine[c.file].accept and theirs[c.file].accept for c in either)
        row = {
            "documents": len(part),
            "same": len(same),
            "raw": round(len(same) / max(1, len(part)), 4),
            "after": round(len(same) / max(1, len(part) - classed), 4),
            "either": len(either),
            "both": round(
                both / max(1, len(either) - sum(_classed(mine[c.file], theirs[c.file]) for c in either)), 4
            ),
        }
        result[kind or "all"] = row
        table.add_row(
            kind or "all",
            str(len(part)),
            str(len(same)),
            f"{row['raw']:.2%}",
            f"{row['after']:.2%}",
            str(row["either"]),
            f"{row['both']:.2%}",
        )
    out.print(table)
    result["sources"] = _by_source([c for c in cases if c.kind == "file"], mine, theirs, out)
    java = sum(times.values()) / max(1, len(times))
    result["ms"] = {"ours": round(ms, 2), "peer": round(java, 2), "ratio": round(java / ms, 1)}
    out.print(f"CPU per document, with parsing: ours {ms:.2f} ms, HAPI {java:.1f} ms (one pass, not warm)")
    result["classes"] = dict(sorted(named.items()))
    for name, number in sorted(named.items()):
        out.print(f"  class {name}: {number}  ({classes.REASONS[name]})")
    result["left"] = {name: [c.file.name for c in found] for name, found in left.items()}
    shown = 0
    for name, found in sorted(left.items(), key=lambda item: -len(item[1])):
        out.print(f"  left: {name}: {len(found)}")
        for case in found:
            if shown < options.show:
                shown += 1
                error = (mine[case.file].errors or theirs[case.file].errors)[0]
                out.print(
                    f"    {case.file.parent.name}/{case.file.name}: {' | '.join(error)}"[:230], markup=False
                )
    if options.report:
        options.report.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
