"""The token interface: the PGO exchanges a code for an access token."""

from __future__ import annotations

from harness.scenario import CellRun, Text, scenario


@scenario(
    flow="collect",
    title=Text(nl="Het PGO wisselt de code in", en="The PGO exchanges the code"),
    steps=(
        Text(
            nl="Het PGO biedt de code aan en krijgt een toegangsbewijs van een kwartier.",
            en="The PGO offers the code and gets an access token for a quarter of an hour.",
        ),
        Text(
            nl="Dezelfde code nog eens, te laat, door een ander PGO of met een ander adres: dat moet "
            "mislukken.",
            en="The same code again, too late, by another PGO or with another address: that must fail.",
        ),
        Text(
            nl="Codes en toegangsbewijzen zijn elke keer nieuw en niet te raden.",
            en="Codes and tokens are new each time and cannot be guessed.",
        ),
        Text(
            nl="Met langdurige toestemming vernieuwt het PGO zijn toegangsbewijs, tot de persoon de "
            "toestemming intrekt.",
            en="With long-term consent the PGO refreshes its token, until the person withdraws consent.",
        ),
    ),
)
def test_token(cell: CellRun) -> None:
    """Asks what the DVZA gives out, to whom, and for how long."""
    cell.judge()
