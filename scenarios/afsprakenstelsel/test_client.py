"""Duties of the PGO. Flows follow from the catalogue (tested)."""

from __future__ import annotations

from harness.scenario import CellRun, Text, scenario


@scenario(
    flow="collect",
    flows=(
        "again",
        "neg-list-namespace",
        "neg-list-duplicate",
        "neg-list-zone",
        "neg-list-stale",
    ),
    once=True,
    requirements=(
        "MM-CLI-001",
        "MM-CLI-002",
        "MM-CLI-003",
        "MM-CLI-004",
    ),
    title=Text(nl="Het PGO en de lijsten", en="The PGO and the lists"),
)
def test_client_lists(cell: CellRun) -> None:
    cell.judge()


@scenario(
    flow="collect",
    flows=(
        "again",
        "var-samples",
    ),
    once=True,
    requirements=(
        "MM-CLI-005",
        "MM-CLI-006",
        "MM-CLI-007",
        "MM-CLI-008",
        "MM-CLI-010",
    ),
    title=Text(nl="Authorization-verzoek van het PGO", en="Authorization request of the PGO"),
)
def test_client_authorization(cell: CellRun) -> None:
    cell.judge()


@scenario(
    flow="collect",
    flows=(
        "neg-state-altered",
        "neg-state-missing",
        "neg-error-denied",
        "neg-error-server",
        "neg-error-unknown",
    ),
    once=True,
    requirements=(
        "MM-CLI-009",
        "MM-CLI-015",
    ),
    title=Text(nl="Het PGO en verkeerde redirects", en="The PGO and wrong redirects"),
)
def test_client_redirects(cell: CellRun) -> None:
    cell.judge()


@scenario(
    flow="collect",
    flows=(
        "refresh",
        "again",
        "neg-token-500",
        "var-slow-token",
    ),
    once=True,
    requirements=(
        "MM-CLI-011",
        "MM-CLI-012",
        "MM-CLI-013",
        "MM-CLI-014",
        "MM-CLI-018",
        "MM-CLI-023",
    ),
    title=Text(nl="Tokenverzoek van het PGO", en="Token request of the PGO"),
)
def test_client_token(cell: CellRun) -> None:
    cell.judge()


@scenario(
    flow="collect",
    flows=(
        "var-narrow-scope",
        "again",
    ),
    once=True,
    requirements=(
        "MM-CLI-017",
        "MM-CLI-019",
        "MM-CLI-020",
        "MM-CLI-024",
        "MM-CLI-025",
        "MM-CLI-026",
        "MM-CLI-027",
    ),
    title=Text(nl="Gegevensverzoeken van het PGO", en="Data requests of the PGO"),
)
def test_client_resource(cell: CellRun) -> None:
    cell.judge()


@scenario(
    flow="collect",
    flows=(
        "neg-cert-expired",
        "neg-cert-untrusted",
        "neg-cert-wrong-host",
        "neg-not-whitelisted",
        "neg-old-tls",
        "neg-cert-wildcard",
    ),
    once=True,
    requirements=(
        "MM-CLI-021",
        "MM-CLI-022",
    ),
    title=Text(nl="Het PGO en verkeerde servers", en="The PGO and wrong servers"),
)
def test_client_certificates(cell: CellRun) -> None:
    cell.judge()
