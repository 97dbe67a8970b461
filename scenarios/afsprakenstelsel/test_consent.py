"""Pages, consent, availability and age. Flows follow from the catalogue (tested)."""

from __future__ import annotations

from harness.scenario import CellRun, Text, scenario


@scenario(
    flow="collect",
    flows=("again",),
    requirements=(
        "MM-CON-001",
        "MM-CON-002",
        "MM-CON-003",
    ),
    title=Text(nl="Landingspagina, inloggen en toestemming", en="Landing page, login and consent"),
)
def test_pages(cell: CellRun) -> None:
    cell.judge()


@scenario(
    flow="collect",
    flows=(
        "neg-consent-refused",
        "neg-no-data",
        "neg-cancelled",
    ),
    once=True,
    requirements=(
        "MM-CON-004",
        "MM-CON-005",
        "MM-CON-007",
    ),
    title=Text(nl="Weigering, geen gegevens en annuleren", en="Refusal, no data and cancelling"),
)
def test_refusal_and_availability(cell: CellRun) -> None:
    cell.judge()


@scenario(
    flow="collect",
    flows=(
        "neg-age-15",
        "var-age-16",
    ),
    once=True,
    requirements=("MM-CON-006",),
    title=Text(nl="Leeftijdsgrens van 16 jaar", en="Age limit of 16 years"),
)
def test_age(cell: CellRun) -> None:
    cell.judge()
