"""What fuzzing found stays found, and no parser breaks on junk; the long search is ``benchmarks/fuzz``."""

from __future__ import annotations

import json
import random
import sys
from contextlib import suppress
from pathlib import Path

import pytest

FUZZ = Path(__file__).parents[1] / "benchmarks" / "fuzz"
sys.path.insert(0, str(FUZZ))

from junk import spoilt, written  # noqa: E402
from targets import TARGETS, read  # noqa: E402

KEPT = sorted(path for path in (FUZZ / "found").rglob("*") if path.is_file())
QUICK = sorted(set(TARGETS) - {"run-folder"})
"""A run folder is made by a run; tests/matrix edits one."""


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_was_found_breaks_nothing(path):
    read(path.parent.name, path.read_bytes())


@pytest.mark.parametrize("name", QUICK)
def test_no_junk_breaks_a_parser(name):
    target, dice = TARGETS[name], random.Random(14)
    seeds = list(target.seeds())
    for _ in range(40):
        data = dice.choice(seeds)
        with suppress(ValueError, RecursionError):  # XML, or deeper than the writer goes
            data = written(spoilt(json.loads(data), dice)) if target.tree else data
        cut = bytearray(data)
        for _ in range(dice.choice((0, 1, 4))):
            at = dice.randrange(len(cut) + 1)
            word = dice.choice(target.words) if target.words else bytes([dice.randrange(256)])
            cut[at : at + dice.choice((0, len(word), 9))] = word
        read(name, bytes(cut))
