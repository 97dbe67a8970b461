"""The resource interface of the DVZA. Flows follow from the catalogue (tested)."""

from __future__ import annotations

from harness.scenario import CellRun, Text, scenario


@scenario(
    flow="collect",
    flows=(
        "neg-resource-query-token",
        "neg-resource-body-token",
        "neg-resource-no-token",
        "neg-resource-garbage-token",
        "neg-resource-expired",
    ),
    once=True,
    requirements=(
        "MM-RSC-001",
        "MM-RSC-002",
        "MM-RSC-007",
    ),
    title=Text(nl="Gegevens alleen met een geldig token", en="Data only with a valid token"),
)
def test_resource_tokens(cell: CellRun) -> None:
    cell.judge()


@scenario(
    flow="collect",
    flows=(
        "neg-resource-other-person",
        "again",
    ),
    once=True,
    requirements=(
        "MM-RSC-003",
        "MM-RSC-008",
    ),
    title=Text(nl="Alleen gegevens van de persoon zelf", en="Only data of the person"),
)
def test_resource_person(cell: CellRun) -> None:
    cell.judge()


@scenario(
    flow="collect",
    flows=(
        "again",
        "var-resource-extra-header",
        "neg-resource-version",
        "var-resource-plain-accept",
    ),
    once=True,
    requirements=(
        "MM-RSC-004",
        "MM-RSC-005",
        "MM-RSC-006",
    ),
    title=Text(nl="Tijd, headers en versies", en="Time, headers and versions"),
)
def test_resource_protocol(cell: CellRun) -> None:
    cell.judge()
