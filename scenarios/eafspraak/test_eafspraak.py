"""Scenarios of eAfspraak: viewing appointments."""

from __future__ import annotations

from harness.scenario import CellRun, Text, scenario

STANDARD = "eafspraak-2.0"


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "EA-GEN-001",
        "EA-GEN-002",
        "EA-GEN-013",
        "EA-GEN-014",
        "EA-GEN-015",
        "EA-GEN-016",
        "EA-GEN-017",
    ),
    title=Text(
        nl="Afspraken: antwoorden zijn een nette searchset", en="Appointments: answers are a proper searchset"
    ),
)
def test_ea_searchsets(cell: CellRun) -> None:
    """Every search is answered with a searchset: status, type, total, self link, one page."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "EA-GEN-003",
        "EA-GEN-004",
        "EA-GEN-005",
        "EA-GEN-006",
        "EA-GEN-007",
        "EA-GEN-008",
        "EA-GEN-009",
        "EA-GEN-010",
        "EA-GEN-011",
    ),
    title=Text(
        nl="Afspraken: resources zijn leesbaar en herleidbaar",
        en="Appointments: resources are readable and traceable",
    ),
)
def test_ea_resources(cell: CellRun) -> None:
    """Ids, profiles, full URLs, codes, displays and identifiers of every resource."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "EA-GEN-018",
        "EA-GEN-020",
    ),
    title=Text(
        nl="Afspraken: resources voldoen aan FHIR en hun profiel",
        en="Appointments: resources conform to FHIR and their profile",
    ),
)
def test_ea_profiles(cell: CellRun) -> None:
    """Every resource against the base specification and its own profile."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "EA-GEN-019",
        "EA-GEN-021",
    ),
    title=Text(nl="Afspraken: JSON en XML", en="Appointments: JSON and XML"),
)
def test_ea_formats(cell: CellRun) -> None:
    """The answer comes in the format that was asked for, and says the same in both."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "EA-GEN-012",
        "EA-GEN-022",
    ),
    title=Text(nl="Afspraken: één persoon, zonder BSN", en="Appointments: one person, without BSN"),
)
def test_ea_one_person(cell: CellRun) -> None:
    """No BSN reaches the PGO and no data of another person."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "EA-REQ-001",
        "EA-REQ-002",
        "EA-REQ-003",
    ),
    title=Text(
        nl="Afspraken: de PGO stelt de juiste vragen", en="Appointments: the PGO asks the right questions"
    ),
)
def test_ea_requests(cell: CellRun) -> None:
    """The PGO's requests: the prescribed queries, a token, nothing that points at the person."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=("EA-EXP-001",),
    title=Text(nl="Toekomstige afspraken", en="Future appointments"),
)
def test_ea_future(cell: CellRun) -> None:
    """Appointments from 150 days ago on."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=("EA-EXP-002",),
    title=Text(nl="Afspraken van een maand", en="Appointments of a month"),
)
def test_ea_month(cell: CellRun) -> None:
    """Appointments of the last thirty days."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=("EA-EXP-003",),
    title=Text(nl="Afspraken van een jaar", en="Appointments of a year"),
)
def test_ea_year(cell: CellRun) -> None:
    """Appointments of the last 365 days."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "EA-EMP-001",
        "EA-EXP-004",
    ),
    title=Text(nl="Een lege periode", en="An empty period"),
)
def test_ea_empty(cell: CellRun) -> None:
    """A window without appointments."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "EA-APT-001",
        "EA-APT-002",
        "EA-APT-003",
    ),
    title=Text(nl="Inhoud van afspraken", en="Content of appointments"),
)
def test_ea_appointments(cell: CellRun) -> None:
    """Window, identifier, start and participants."""
    cell.judge()
