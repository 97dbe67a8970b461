"""Pages, consent, availability and age: what the person sees at the DVZA."""

from __future__ import annotations

from harness.scenario import CellRun, Text, scenario


@scenario(
    flow="collect",
    title=Text(nl="De persoon logt in en geeft toestemming", en="The person logs in and consents"),
    steps=(
        Text(
            nl="De persoon ziet de landingspagina, logt in en krijgt de toestemmingsvraag, in die volgorde.",
            en="The person sees the landing page, logs in and is asked for consent, in that order.",
        ),
        Text(
            nl="De vraag noemt de zorgaanbieder en het PGO, en zet langdurige toestemming niet al aan.",
            en="The question names the care provider and the PGO, and does not preselect long-term consent.",
        ),
        Text(
            nl="Een ander weigert, heeft geen gegevens, of annuleert: het PGO mag daar het verschil niet "
            "aan zien.",
            en="Someone else refuses, has no data, or cancels: the PGO may not see the difference.",
        ),
        Text(
            nl="Wie net geen zestien is krijgt niets; wie vandaag zestien wordt wel.",
            en="Who is not quite sixteen gets nothing; who turns sixteen today does.",
        ),
    ),
)
def test_consent(cell: CellRun) -> None:
    """Asks what the pages show and what a refusal gives away."""
    cell.judge()
