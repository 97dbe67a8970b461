"""The person's data are searched in ways that no official script asks; only at the highest intensity."""

from __future__ import annotations

from harness.scenario import CellRun, Text, scenario


@scenario(
    flow="search",
    title=Text(nl="Het HIS wordt op eigen wijze doorzocht", en="The HIS is searched in ways of our own"),
    steps=(
        Text(
            nl="De persoon logt in bij de DVZA en geeft toestemming; het PGO krijgt een toegangsbewijs.",
            en="The person logs in at the DVZA and consents; the PGO gets an access token.",
        ),
        Text(
            nl="Het PGO leest wat het HIS zegt te kunnen, en stelt zoekvragen die daarbij horen: andere "
            "grenzen, "
            "volgordes, combinaties, bladzijden en formaten.",
            en="The PGO reads what the HIS says it can do, and asks searches that belong to it: other "
            "bounds, orders, "
            "combinations, pages and formats.",
        ),
        Text(
            nl="Van een verkeerd antwoord wordt de kleinste zoekvraag gezocht die het laat zien.",
            en="Of a wrong answer the smallest search that shows it is looked for.",
        ),
    ),
)
def test_searching(cell: CellRun) -> None:
    """Asks whether promised searches are answered by the record."""
    cell.judge()
