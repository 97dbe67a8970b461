"""The authorization interface of the DVZA. Flows follow from the catalogue (tested)."""

from __future__ import annotations

from harness.scenario import CellRun, Text, scenario


@scenario(
    flow="collect",
    flows=("again",),
    requirements=(
        "MM-AUT-001",
        "MM-AUT-006",
        "MM-AUT-010",
    ),
    title=Text(nl="Een goed authorization-verzoek", en="A proper authorization request"),
)
def test_authorization_accepted(cell: CellRun) -> None:
    cell.judge()


@scenario(
    flow="collect",
    flows=(
        "neg-client-unknown",
        "neg-redirect-host",
        "neg-redirect-prefix",
        "neg-redirect-port",
        "neg-redirect-http",
        "neg-redirect-relative",
        "neg-redirect-missing",
    ),
    once=True,
    requirements=(
        "MM-AUT-002",
        "MM-AUT-003",
    ),
    title=Text(nl="Fouten die een foutpagina geven (1a)", en="Errors that give an error page (1a)"),
)
def test_authorization_error_page(cell: CellRun) -> None:
    cell.judge()


@scenario(
    flow="collect",
    flows=(
        "neg-response-type",
        "neg-scope-missing",
    ),
    once=True,
    requirements=("MM-AUT-004",),
    title=Text(nl="Fouten die een redirect geven (1b)", en="Errors that give a redirect (1b)"),
)
def test_authorization_error_redirect(cell: CellRun) -> None:
    cell.judge()


@scenario(
    flow="collect",
    flows=(
        "var-extra-parameter",
        "neg-scope-suffix",
        "neg-scope-unknown",
        "neg-scope-two",
        "neg-ids-absent",
        "neg-ids-malformed",
    ),
    once=True,
    requirements=(
        "MM-AUT-005",
        "MM-AUT-007",
        "MM-AUT-008",
    ),
    title=Text(
        nl="Onbekende parameters, vreemde scopes en ids", en="Unknown parameters, foreign scopes and ids"
    ),
)
def test_authorization_tolerance(cell: CellRun) -> None:
    cell.judge()


@scenario(
    flow="collect",
    flows=("var-failure",),
    once=True,
    requirements=("MM-AUT-009",),
    title=Text(nl="Technische storing bij de DVZA", en="Technical failure at the DVZA"),
)
def test_technical_failure(cell: CellRun) -> None:
    cell.judge()
