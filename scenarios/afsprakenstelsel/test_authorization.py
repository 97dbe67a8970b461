"""The authorization interface: the PGO sends the browser of the person to the DVZA."""

from __future__ import annotations

from harness.scenario import CellRun, Text, scenario


@scenario(
    flow="collect",
    title=Text(nl="Het PGO stuurt de persoon naar de DVZA", en="The PGO sends the person to the DVZA"),
    steps=(
        Text(
            nl="Het PGO stuurt de browser van de persoon met een goed verzoek naar de DVZA; na "
            "toestemming komt hij terug met een code.",
            en="The PGO sends the browser of the person to the DVZA with a proper request; after consent "
            "it returns with a code.",
        ),
        Text(
            nl="Daarna met verzoeken die niet kloppen: een onbekend PGO, een ander adres om naar terug te "
            "keren.",
            en="Then with requests that are wrong: an unknown PGO, another address to return to.",
        ),
        Text(
            nl="Een andere fout leidt terug naar het PGO, met de reden en met dezelfde state.",
            en="Any other mistake leads back to the PGO, with the reason and the same state.",
        ),
        Text(
            nl="Onbekende toevoegingen en een storing bij de DVZA horen erbij.",
            en="Unknown additions and a failure at the DVZA are part of it.",
        ),
    ),
)
def test_authorization(cell: CellRun) -> None:
    """Asks what the DVZA accepts, refuses, and answers."""
    cell.judge()
