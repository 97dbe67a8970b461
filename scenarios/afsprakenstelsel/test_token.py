"""The token interface of the DVZA. Flows follow from the catalogue (tested)."""

from __future__ import annotations

from harness.scenario import CellRun, Text, scenario


@scenario(
    flow="collect",
    flows=("again",),
    requirements=(
        "MM-TOK-009",
        "MM-TOK-010",
        "MM-TOK-011",
        "MM-TOK-016",
    ),
    title=Text(nl="Tokenantwoord", en="Token response"),
)
def test_token_response(cell: CellRun) -> None:
    cell.judge()


@scenario(
    flow="collect",
    flows=(
        "neg-code-twice",
        "var-code-late",
        "neg-code-expired",
    ),
    once=True,
    requirements=(
        "MM-TOK-001",
        "MM-TOK-002",
        "MM-TOK-003",
    ),
    title=Text(nl="Gebruik en geldigheid van codes", en="Use and validity of codes"),
)
def test_code_use(cell: CellRun) -> None:
    cell.judge()


@scenario(
    flow="collect",
    flows=("var-samples",),
    once=True,
    requirements=(
        "MM-TOK-004",
        "MM-TOK-005",
    ),
    title=Text(
        nl="Codes en tokens zijn uniek en niet te raden",
        en="Codes and tokens are unique and cannot be guessed",
    ),
)
def test_secrets(cell: CellRun) -> None:
    cell.judge()


@scenario(
    flow="collect",
    flows=(
        "neg-token-redirect-missing",
        "neg-token-redirect-other",
        "neg-token-other-client",
        "neg-token-client-missing",
        "neg-ocl-service",
    ),
    once=True,
    requirements=(
        "MM-TOK-006",
        "MM-TOK-007",
        "MM-TOK-008",
        "MM-TOK-012",
    ),
    title=Text(nl="Tokenverzoeken die geweigerd moeten worden", en="Token requests that must be refused"),
)
def test_token_refusals(cell: CellRun) -> None:
    cell.judge()


@scenario(
    flow="collect",
    flows=(
        "refresh",
        "neg-refresh-withdrawn",
    ),
    once=True,
    requirements=(
        "MM-TOK-013",
        "MM-TOK-014",
        "MM-TOK-015",
    ),
    title=Text(nl="Langdurige toestemming en vernieuwen", en="Long-term consent and refreshing"),
)
def test_refresh(cell: CellRun) -> None:
    cell.judge()
