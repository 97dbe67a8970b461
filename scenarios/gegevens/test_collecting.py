"""The person collects data: of every standard that the parties declare, whatever it holds."""

from __future__ import annotations

from harness.scenario import CellRun, Text, scenario


@scenario(
    flow="collect",
    title=Text(nl="De persoon haalt gegevens op", en="The person collects data"),
    steps=(
        Text(
            nl="De persoon kiest in het PGO een zorgaanbieder en wat er opgehaald moet worden.",
            en="In the PGO the person chooses a care provider and what is to be collected.",
        ),
        Text(
            nl="De persoon logt in bij de DVZA en geeft toestemming; het PGO krijgt een toegangsbewijs.",
            en="The person logs in at the DVZA and consents; the PGO gets an access token.",
        ),
        Text(
            nl="Het PGO stelt alle vragen van de standaard, eerst in JSON en dan in XML.",
            en="The PGO asks every question of the standard, first in JSON and then in XML.",
        ),
        Text(
            nl="Het HIS antwoordt met het dossier van deze persoon, en met niets anders.",
            en="The HIS answers with the record of this person, and with nothing else.",
        ),
    ),
)
def test_collecting(cell: CellRun) -> None:
    """Asks every group of requirements about searching, reading and what comes back."""
    cell.judge()
