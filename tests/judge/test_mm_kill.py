"""A sample of the kill table (whole: ``benchmarks/kill_table.py``): the fault kills, nothing else changes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache

import pytest

from harness.core.standards.faults import fault, faults
from harness.judge.catalogue import load_catalogue
from harness.matrix.kill import Bench, Row, Table, applicable, rows, unguarded
from harness.medmij.releases import release_ids
from harness.network.file import read_network

pytestmark = pytest.mark.slow

SAMPLE = (
    "weak-suites",
    "whitelist-ignored",
    "refresh-not-rotated",
    "document-person-unchecked",
    "accept-stale-list",
    "double-encode",
    "ignore-state",
    "ocl-ignored",
    "list-bad-schema",
    "data-cacheable",
)


@cache
def bench() -> Bench:
    return Bench(
        read_network("demo"), load_catalogue(), t=date(2026, 3, 1), now=datetime(2026, 3, 1, tzinfo=UTC)
    )


@pytest.mark.parametrize("name", SAMPLE)
def test_fault_kills_its_requirement_and_nothing_else(name: str) -> None:
    row = bench().run(fault(name), "mm-2.2")
    assert row.error == ""
    assert row.kills, row
    assert calm(row.alarms) == {}


def calm(changed: dict[str, str]) -> dict[str, str]:
    """Without what a busy machine may leave undecided: only times tell MM-CON-013."""
    return {
        key: value for key, value in changed.items() if key != "MM-CON-013" or "inconclusive" not in value
    }


def test_reference_has_no_trouble_and_nothing_is_unguarded() -> None:
    bench().reference(bench().cell("huisartsgegevens-2.0", "mm-2.2"))
    (found,) = bench().troubles().values()
    assert calm(found) == {}
    mine = {
        key: [item for item in ids if item.startswith("MM-")]
        for key, ids in unguarded(bench(), release_ids()).items()
    }
    assert mine == {release: [] for release in release_ids()}


def test_faults_of_one_release_are_not_run_in_others() -> None:
    assert not applicable(fault("refresh-not-rotated"), "mm-1.4")
    assert list(rows(bench(), [fault("refresh-not-rotated")], ["mm-1.4"])) == []
    assert len(faults()) > 80


def test_a_fault_that_kills_nothing_lowers_the_score() -> None:
    common = {"fault": "x", "role": "dvza", "release": "mm-2.2", "standard": "s", "along": {}}
    good = Row(killed={"A": "fail"}, alarms={}, **common)  # type: ignore[arg-type]
    bad = Row(killed={"A": "pass"}, alarms={"B": "pass > fail"}, **common)  # type: ignore[arg-type]
    broken = Row(killed={}, alarms={}, error="boom", **common)  # type: ignore[arg-type]
    table = Table(rows=(good, bad, broken), reference={}, unguarded={})
    assert table.score == pytest.approx(1 / 3)
    assert table.alarms == 1
