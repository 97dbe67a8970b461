"""How much of what a HIS could say wrongly does the reconciliation notice, and does it accuse anyone wrongly?

``python benchmarks/truth/truth.py [--mutations 5000] [--rewrites 5000] [--seed 1] [--json] [--official MATERIAL]``: the answers of an ideal
server that holds our records, for all persons and standards, mutated by :mod:`truth_mutations` (half of them after
rewrites that say the same), and rewritten by :mod:`truth_equivalent`.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

from truth_cells import Cell, Known, cells, known_records, reconcile
from truth_equivalent import REWRITES
from truth_mutations import OPERATORS, perturb

from harness.core.standards.table import standards
from harness.reference.reconcile.known import index_records
from harness.reference.record.load import load_records
from harness.testscript.own.records import import_set

DAY = date(2026, 11, 27)


def rewritten(cell: Cell, rng: random.Random) -> list[str]:
    """Apply a handful of rewrites to a cell; their names."""
    chosen = [name for name in REWRITES if rng.random() < 0.4]
    for name in chosen:
        REWRITES[name](cell, rng)
    return chosen


def mutate(known: Known, clean: list[Cell], amount: int, seed: int) -> dict:
    """Mutations until ``amount`` of them must be noticed."""
    rng = random.Random(seed)
    names = list(OPERATORS)
    counts: dict[str, Counter] = defaultdict(Counter)
    missed: list[str] = []
    while sum(item["must"] for item in counts.values()) < amount:
        name = rng.choice(names)
        cell = rng.choice(clean).copied()
        plain = rng.random() < 0.5
        done = OPERATORS[name](cell, known, rng)
        if done is None:
            continue
        if not plain:
            chosen = [item for item in REWRITES if item not in _HIDING and rng.random() < 0.3]
            for item in chosen:
                REWRITES[item](cell, rng)
        found = [item for item in reconcile(known, cell) if item.broken or item.kind == "not-asked"]
        counts[name][done.what] += 1
        if done.what == "free":
            counts[name]["free-flagged"] += bool(found)
        if done.what != "must":
            continue
        counts[name]["noticed"] += bool(found)
        counts[name]["topic"] += any(item.kind in done.topics for item in found)
        if not found:
            missed.append(f"{cell.record.person} {name} {done.where}")
    return {"counts": counts, "missed": missed}


_HIDING = {"absent-optional", "displays", "narrative", "contained", "identifiers"}
"""Rewrites that could undo a mutation (drop what it changed), or change what it refers to."""


def rewrite(known: Known, clean: list[Cell], amount: int, seed: int) -> dict:
    """Rewrites that must change nothing."""
    rng = random.Random(seed)
    red = []
    for _ in range(amount):
        cell = rng.choice(clean).copied()
        chosen = rewritten(cell, rng)
        found = reconcile(known, cell)
        if found:
            red.append(f"{cell.record.person} {cell.standard} {chosen}: {found[0]}")
    return {"amount": amount, "red": red}


OFFICIAL = {
    "huisartsgegevens-2.0": "GenPractData-2-0/MedMij/Cert",
    "zelfmetingen-2.0": "SelfMeasurements-2-0/MedMij/Cert",
}


def official(material: Path, amount: int, seed: int) -> bool:
    """Single edits of what tells the patient something, on a server that is loaded with an official set; whether the bar
    (99 %, and green without an edit) holds.
    """
    held = True
    for standard, name in OFFICIAL.items():
        with tempfile.TemporaryDirectory() as scratch:
            out = Path(scratch) / "set"
            import_set(material / "nictiz-testscripts" / "STU3" / name, out, DAY)
            known = index_records(
                load_records(sorted(path.parent for path in out.glob("*/record.yaml")), t=DAY)
            )
        clean, rng = cells(known, [standard], DAY), random.Random(seed)
        green = all(not reconcile(known, cell) for cell in clean)
        found, missed, tried = 0, [], 0
        while tried < amount:
            cell = rng.choice(clean).copied()
            done = perturb(cell, known, rng)
            if done is None or done.what != "must":
                continue
            tried += 1
            seen = any(item.broken for item in reconcile(known, cell))
            found += seen
            missed += [] if seen else [done.where]
        print(
            f"{name}: green {green}, single edits {tried}, found {100 * found / tried:.2f} %",
            *missed[:10],
            sep="\n  ",
        )
        held = held and green and found >= 0.99 * tried
    return held


def main() -> int:
    """Print the table; exit 1 when a bar is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--official", type=Path, metavar="MATERIAL", help="only edits of the official sets")
    parser.add_argument("--mutations", type=int, default=5000)
    parser.add_argument("--rewrites", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.official is not None:
        return int(not official(options.official, options.mutations, options.seed))
    start = time.process_time()
    known = known_records(DAY)
    clean = cells(known, list(standards()), DAY)
    mutations = mutate(known, clean, options.mutations, options.seed)
    rewrites = rewrite(known, clean, options.rewrites, options.seed + 1)
    counts = mutations["counts"]
    total = Counter()
    for item in counts.values():
        total.update(item)
    if options.json:
        print(
            json.dumps(
                {"counts": counts, "total": total, "missed": mutations["missed"], "red": rewrites["red"]}
            )
        )
    else:
        print(
            f"{'operator':12} {'must':>6} {'noticed':>8} {'topic':>7} {'free':>6} {'flagged':>8} {'unclassified':>13}"
        )
        for name, item in [*sorted(counts.items()), ("total", total)]:
            share = [f"{100 * item[key] / max(1, item['must']):6.1f} %" for key in ("noticed", "topic")]
            row = (
                f"{name:12} {item['must']:6} {share[0]} {share[1]} {item['free']:6} {item['free-flagged']:8}"
            )
            print(f"{row} {item['unclassified']:13}")
        print(f"equivalent rewrites: {rewrites['amount']}, red: {len(rewrites['red'])}")
        print(f"CPU {time.process_time() - start:.0f} s")
        for line in [*mutations["missed"][:40], *rewrites["red"][:10]]:
            print("  ", line)
    return int(total["noticed"] < 0.97 * total["must"] or bool(rewrites["red"]))


if __name__ == "__main__":
    sys.exit(main())
