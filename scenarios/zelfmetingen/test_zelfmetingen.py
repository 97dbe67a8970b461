"""Scenarios of Zelfmetingen: searching measurements, and sending them."""

from __future__ import annotations

from harness.scenario import CellRun, Text, scenario

STANDARD = "zelfmetingen-2.0"


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "ZM-GEN-001",
        "ZM-GEN-002",
        "ZM-GEN-013",
        "ZM-GEN-014",
        "ZM-GEN-015",
        "ZM-GEN-016",
        "ZM-GEN-017",
    ),
    title=Text(
        nl="Zelfmetingen: antwoorden zijn een nette searchset",
        en="Self-measurements: answers are a proper searchset",
    ),
)
def test_zm_searchsets(cell: CellRun) -> None:
    """Every search is answered with a searchset: status, type, total, self link, one page."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "ZM-GEN-003",
        "ZM-GEN-004",
        "ZM-GEN-005",
        "ZM-GEN-006",
        "ZM-GEN-007",
        "ZM-GEN-008",
        "ZM-GEN-009",
        "ZM-GEN-010",
        "ZM-GEN-011",
    ),
    title=Text(
        nl="Zelfmetingen: resources zijn leesbaar en herleidbaar",
        en="Self-measurements: resources are readable and traceable",
    ),
)
def test_zm_resources(cell: CellRun) -> None:
    """Ids, profiles, full URLs, codes, displays and identifiers of every resource."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "ZM-GEN-018",
        "ZM-GEN-020",
    ),
    title=Text(
        nl="Zelfmetingen: resources voldoen aan FHIR en hun profiel",
        en="Self-measurements: resources conform to FHIR and their profile",
    ),
)
def test_zm_profiles(cell: CellRun) -> None:
    """Every resource against the base specification and its own profile."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "ZM-GEN-019",
        "ZM-GEN-021",
    ),
    title=Text(nl="Zelfmetingen: JSON en XML", en="Self-measurements: JSON and XML"),
)
def test_zm_formats(cell: CellRun) -> None:
    """The answer comes in the format that was asked for, and says the same in both."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "ZM-GEN-012",
        "ZM-GEN-022",
    ),
    title=Text(nl="Zelfmetingen: één persoon, zonder BSN", en="Self-measurements: one person, without BSN"),
)
def test_zm_one_person(cell: CellRun) -> None:
    """No BSN reaches the PGO and no data of another person."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "ZM-REQ-001",
        "ZM-REQ-002",
        "ZM-REQ-003",
    ),
    title=Text(
        nl="Zelfmetingen: de PGO stelt de juiste vragen",
        en="Self-measurements: the PGO asks the right questions",
    ),
)
def test_zm_requests(cell: CellRun) -> None:
    """The PGO's requests: the prescribed queries, a token, nothing that points at the person."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "ZM-SRC-001",
        "ZM-SRC-002",
        "ZM-SRC-003",
        "ZM-SRC-004",
        "ZM-SRC-005",
    ),
    title=Text(nl="Metingen zoeken", en="Searching measurements"),
)
def test_zm_searches(cell: CellRun) -> None:
    """Filters on code, date and category; the latest value; nothing found."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "ZM-VAL-001",
        "ZM-VAL-002",
        "ZM-VAL-003",
    ),
    title=Text(nl="Waarden en eenheden", en="Values and units"),
)
def test_zm_values(cell: CellRun) -> None:
    """Quantities with UCUM units, both blood pressures, a time."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "ZM-EXP-001",
        "ZM-EXP-002",
        "ZM-EXP-003",
        "ZM-EXP-004",
        "ZM-EXP-005",
        "ZM-EXP-006",
        "ZM-EXP-007",
    ),
    title=Text(nl="Verwachte metingen", en="Expected measurements"),
)
def test_zm_content(cell: CellRun) -> None:
    """Counts and content of each search."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="share",
    requirements=(
        "ZM-SND-001",
        "ZM-SND-002",
        "ZM-SND-003",
        "ZM-SND-004",
        "ZM-SND-005",
    ),
    title=Text(nl="Metingen ontvangen", en="Receiving measurements"),
)
def test_zm_receive(cell: CellRun) -> None:
    """A batch with measurements is accepted and comes back."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="share",
    requirements=(
        "ZM-BUN-001",
        "ZM-BUN-002",
        "ZM-BUN-003",
    ),
    title=Text(nl="Metingen sturen", en="Sending measurements"),
)
def test_zm_send(cell: CellRun) -> None:
    """The Bundle that the PGO sends."""
    cell.judge()
