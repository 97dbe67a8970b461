"""TLS, certificates, white list: who may talk to whom, and how well it is protected."""

from __future__ import annotations

from harness.scenario import CellRun, Text, scenario


@scenario(
    flow="collect",
    title=Text(nl="De verbindingen zijn beveiligd", en="The connections are protected"),
    steps=(
        Text(
            nl="De harness probeert oude TLS-versies en zwakke suites uit op alle adressen van de DVZA.",
            en="The harness tries old TLS versions and weak suites on every address of the DVZA.",
        ),
        Text(
            nl="De certificaten van de DVZA noemen de organisatie en gelden voor één naam.",
            en="The certificates of the DVZA name the organisation and hold for one name.",
        ),
        Text(
            nl="Wie zich niet of met een verkeerd certificaat meldt, of niet op de whitelist staat, komt "
            "er niet in.",
            en="Who comes without a certificate, with a wrong one, or is not on the white list is not let "
            "in.",
        ),
    ),
)
def test_transport(cell: CellRun) -> None:
    """Asks the protection of every connection of the DVZA."""
    cell.judge()
