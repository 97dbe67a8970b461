"""A text that has to stay in the HIS is found in an answer, though its recording holds a tag in its place."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "truth"))

from truth_cells import cells, known_records
from truth_mutations import leak_text
from truth_wire import DAY, clean_cell, judged, own_world, spoilt, verdicts

from harness.core.standards.table import standards
from harness.core.verdicts import Verdict
from harness.judge.catalogue import load_catalogue


@pytest.mark.parametrize("seed", range(12))
def test_a_line_that_must_stay_inside_is_found_behind_its_tag(seed):
    """Places: a section, a narrative, an extension, a display; the recorder keeps only what the record holds."""
    world, known, dice = own_world(True), known_records(DAY), random.Random(seed)
    leaking = [cell for cell in cells(known, sorted(standards()), DAY) if cell.record.withheld]
    done = None
    while done is None:
        cell = dice.choice(leaking).copied()
        done = leak_text(cell, known, dice)
    operation = done.where.partition("[")[0]
    clean = clean_cell(
        world, next(one for one in leaking if (one.record, one.standard) == (cell.record, cell.standard))
    )
    found = spoilt(clean.said, verdicts(judged(world, clean, cell, [(operation, "json")])))
    topics = {load_catalogue()[name].topic for name, said in found.items() if said is Verdict.FAIL}
    assert topics & {"leak", "selection"}, (done, found)
