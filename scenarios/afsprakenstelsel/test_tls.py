"""TLS, certificates, white list. Flows follow from the catalogue (tested)."""

from __future__ import annotations

from harness.scenario import CellRun, Text, scenario


@scenario(
    flow="collect",
    flows=("probe-tls",),
    once=True,
    requirements=(
        "MM-TLS-001",
        "MM-TLS-002",
        "MM-TLS-003",
    ),
    title=Text(nl="TLS-versies en cipher suites", en="TLS versions and cipher suites"),
)
def test_tls_versions_and_suites(cell: CellRun) -> None:
    cell.judge()


@scenario(
    flow="collect",
    flows=("again",),
    requirements=(
        "MM-TLS-004",
        "MM-TLS-005",
    ),
    title=Text(nl="Servercertificaten van de DVZA", en="Server certificates of the DVZA"),
)
def test_server_certificates(cell: CellRun) -> None:
    cell.judge()


@scenario(
    flow="collect",
    flows=(
        "neg-token-no-certificate",
        "neg-token-self-signed",
        "neg-token-untrusted",
        "neg-resource-no-certificate",
        "neg-token-not-whitelisted",
    ),
    once=True,
    requirements=(
        "MM-TLS-006",
        "MM-TLS-007",
    ),
    title=Text(nl="Wederzijdse TLS en whitelist", en="Mutual TLS and white list"),
)
def test_mutual_tls(cell: CellRun) -> None:
    cell.judge()
