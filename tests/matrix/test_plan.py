"""The plan: which cells a run has, and which scenarios run in them."""

from __future__ import annotations

from typing import Any

import pytest

from harness.matrix.plan import Selection, plan_cells
from harness.network.file import Network, Participant

STANDARDS = ("huisartsgegevens-2.0", "pdfa-3.0")


def network(**his: Any) -> Network:
    """One HIS, its DVZA and two PGOs."""
    shared: dict[str, Any] = {"kind": "twin", "standards": STANDARDS, **his}
    return Network(
        participants=(
            Participant(id="his-a", role="his", dvza="dvza-a", **shared),
            Participant(id="dvza-a", role="dvza", **shared),
            Participant(id="pgo-1", role="pgo", **shared),
            Participant(id="pgo-2", role="pgo", **shared),
        )
    )


@pytest.mark.parametrize("releases", [("mm-2.9", "mm-2.10"), ("mm-2.10", "mm-2.9")])
def test_the_newest_shared_release_is_the_highest_number(releases):
    cells = plan_cells(network(releases=releases), Selection())
    assert {cell.release for cell in cells} == {"mm-2.10"}


def test_all_releases_are_planned_oldest_first():
    cells = plan_cells(network(releases=("mm-2.10", "mm-2.9")), Selection(releases=("all",), pgos=("pgo-1",)))
    assert [cell.release for cell in cells if cell.standard == STANDARDS[0]] == ["mm-2.9", "mm-2.10"]
