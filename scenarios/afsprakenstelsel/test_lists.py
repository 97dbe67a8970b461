"""Duties of the list publisher. Flows follow from the catalogue (tested)."""

from __future__ import annotations

from harness.scenario import CellRun, Text, scenario


@scenario(
    flow="collect",
    flows=("again",),
    requirements=(
        "MM-LST-001",
        "MM-LST-002",
        "MM-LST-003",
        "MM-LST-004",
        "MM-LST-005",
        "MM-LST-006",
    ),
    title=Text(nl="De vier lijsten", en="The four lists"),
)
def test_lists(cell: CellRun) -> None:
    cell.judge()
