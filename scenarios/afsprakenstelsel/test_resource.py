"""The resource interface: data only with a valid token, only of the person."""

from __future__ import annotations

from harness.scenario import CellRun, Text, scenario


@scenario(
    flow="collect",
    title=Text(
        nl="Het PGO vraagt gegevens met een toegangsbewijs", en="The PGO asks for data with an access token"
    ),
    steps=(
        Text(
            nl="Het PGO vraagt gegevens zonder, met een verzonnen, en met een verlopen toegangsbewijs: "
            "het krijgt niets.",
            en="The PGO asks for data without, with a made-up, and with an expired token: it gets nothing.",
        ),
        Text(
            nl="Met een geldig toegangsbewijs krijgt het alleen gegevens van deze persoon, ook als het "
            "naar een ander vraagt.",
            en="With a valid token it gets data of this person only, also when it asks for another.",
        ),
        Text(
            nl="Het antwoord komt op tijd; extra headers storen niet; de gevraagde FHIR-versie wordt "
            "gevolgd.",
            en="The answer comes in time; extra headers do no harm; the FHIR version that was asked for "
            "is honoured.",
        ),
    ),
)
def test_resource(cell: CellRun) -> None:
    """Asks what protects the record, and the protocol around it."""
    cell.judge()
