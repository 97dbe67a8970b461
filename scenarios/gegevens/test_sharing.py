"""The person shares data: of every standard through which a person can send something."""

from __future__ import annotations

from harness.scenario import CellRun, Text, scenario


@scenario(
    flow="share",
    title=Text(nl="De persoon deelt gegevens", en="The person shares data"),
    steps=(
        Text(
            nl="De persoon legt in het PGO gegevens vast en kiest een zorgaanbieder om ze naartoe te sturen.",
            en="The person records data in the PGO and chooses a care provider to send it to.",
        ),
        Text(
            nl="De persoon logt in bij de DVZA en geeft toestemming om te delen.",
            en="The person logs in at the DVZA and consents to sharing.",
        ),
        Text(
            nl="Het PGO stuurt de gegevens in één bericht, in JSON en in XML.",
            en="The PGO sends the data in one message, in JSON and in XML.",
        ),
        Text(
            nl="Het HIS neemt alles over en antwoordt met wat het heeft opgeslagen.",
            en="The HIS takes over everything and answers with what it has stored.",
        ),
    ),
)
def test_sharing(cell: CellRun) -> None:
    """Asks what the PGO sends, and what the HIS makes of it."""
    cell.judge()
