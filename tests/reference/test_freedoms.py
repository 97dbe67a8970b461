"""What a server may do with a record: each freedom of the table has a rewriting that changes nothing."""

from __future__ import annotations

import random
from datetime import date

import pytest

from harness.core.standards.table import standards
from harness.reference.content.table import content_table

from truth_cells import cells, known_records, reconcile  # isort: skip
from truth_equivalent import REWRITES  # isort: skip

T = date(2026, 11, 27)
KNOWN = known_records(T)
CELLS = cells(KNOWN, list(standards()), T)


def test_every_freedom_has_a_rewriting_and_the_other_way_round():
    table = content_table()
    assert {item.id for item in table.freedoms} == set(REWRITES)
    assert all(item.title.nl and item.title.en for item in table.freedoms)


@pytest.mark.parametrize("name", REWRITES)
def test_a_freedom_changes_nothing(name):
    touched = 0
    for clean in CELLS:
        cell = clean.copied()
        REWRITES[name](cell, random.Random(7))
        touched += repr(cell.bundles) != repr(clean.bundles)
        assert reconcile(KNOWN, cell) == [], (name, cell.record.person, cell.standard)
    assert touched >= (0 if name == "format" else 2), "the rewriting did something"


@pytest.mark.parametrize("seed", range(3))
def test_all_freedoms_at_once_change_nothing(seed):
    for clean in CELLS:
        cell = clean.copied()
        for rewrite in REWRITES.values():
            rewrite(cell, random.Random(seed))
        assert reconcile(KNOWN, cell) == []
