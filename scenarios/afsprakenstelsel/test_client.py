"""Duties of the PGO: what it sends, and what it must refuse."""

from __future__ import annotations

from harness.scenario import CellRun, Text, scenario


@scenario(
    flow="collect",
    title=Text(nl="Het PGO houdt zich aan de afspraken", en="The PGO keeps to the agreements"),
    steps=(
        Text(
            nl="Het PGO doorloopt de hele stroom; elk verzoek wordt bekeken: waarden, headers, "
            "toegangsbewijs.",
            en="The PGO walks the whole flow; each request is looked at: values, headers, token.",
        ),
        Text(
            nl="Onze partijen doen alsof: een lijst die niet klopt, een redirect met een andere state, "
            "een verlopen certificaat.",
            en="Our parties pretend: a list that is wrong, a redirect with another state, an expired "
            "certificate.",
        ),
        Text(
            nl="Het PGO merkt dat en gaat niet verder; een trage of kapotte DVZA vergroot de schade niet.",
            en="The PGO notices and does not go on; a slow or broken DVZA makes it no worse.",
        ),
    ),
)
def test_client(cell: CellRun) -> None:
    """Asks the duties of the PGO towards lists, authorization, token and data."""
    cell.judge()
