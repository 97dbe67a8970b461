"""The bench of truth at a small size: its bars hold, and its operators do something."""

from __future__ import annotations

from collections import Counter

from harness.core.standards.table import standards

from truth import DAY, cells, known_records, mutate, rewrite  # isort: skip
from truth_mutations import OPERATORS  # isort: skip


def test_what_must_be_noticed_is_noticed_and_nobody_is_accused_wrongly():
    known = known_records(DAY)
    clean = cells(known, list(standards()), DAY)
    done = mutate(known, clean, 600, seed=11)
    total = Counter()
    for counts in done["counts"].values():
        total.update(counts)
    assert done["counts"].keys() == set(OPERATORS)
    assert total["noticed"] >= 0.97 * total["must"], done["missed"]
    assert total["topic"] >= 0.90 * total["must"]
    assert total["unclassified"] <= 0.10 * (total["must"] + total["free"] + total["unclassified"])
    assert rewrite(known, clean, 150, seed=12)["red"] == []
