"""What reconciling costs: ``python benchmarks/truth/truth_speed.py``; CPU milliseconds per answer of 50 resources.

The answers of the largest cell of our persons, under other ids, displays and codes, in JSON and XML in one cell, as a cell has
them; the best of several rounds, beside a loop that says how fast the machine is at that moment.
"""

from __future__ import annotations

import random
import time
from datetime import date

from truth_cells import cells, known_records, resources
from truth_equivalent import REWRITES

from harness.core.standards.table import standards
from harness.reference.reconcile.answers import answer_of
from harness.reference.reconcile.cell import Reconciliation

DAY = date(2026, 11, 27)
ROUNDS = 15


def main() -> None:
    """Print the cost with and without the second format."""
    known = known_records(DAY)
    cell = max(cells(known, list(standards()), DAY), key=lambda item: len(resources(item))).copied()
    for name in ("identifiers", "displays", "order", "extra-codings", "zones"):
        REWRITES[name](cell, random.Random(1))
    other = cell.copied()
    REWRITES["format"](other, random.Random(1))
    amount = len(resources(cell))
    json, xml = (
        [(answer_of(name, [item]), one.expected[name]) for name, item in one.bundles.items()]
        for one in (cell, other)
    )
    best = {"one format": 9e9, "two formats": 9e9, "loop": 9e9}
    for _ in range(ROUNDS):
        for name, answers in (("one format", json), ("two formats", json + xml)):
            start = time.process_time()
            Reconciliation(known, cell.record).run(answers)
            best[name] = min(best[name], time.process_time() - start)
        start = time.process_time()
        sum(range(1_000_000))
        best["loop"] = min(best["loop"], time.process_time() - start)
    for name, times in (("one format", 1), ("two formats", 2)):
        print(
            f"{name}: {1000 * best[name] / (times * amount) * 50:.1f} ms per 50 resources ({amount} resources, {len(known.entries)} known)"
        )
    print(f"summing a million numbers: {1000 * best['loop']:.1f} ms")


if __name__ == "__main__":
    main()
