"""Scenarios of PDF/A: find documents, retrieve them in every form, refuse what must be refused."""

from __future__ import annotations

from harness.scenario import CellRun, Text, scenario

STANDARD = "pdfa-3.0"


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "PD-GEN-001",
        "PD-GEN-002",
        "PD-GEN-013",
        "PD-GEN-014",
        "PD-GEN-015",
        "PD-GEN-016",
        "PD-GEN-017",
    ),
    title=Text(
        nl="Documenten: antwoorden zijn een nette searchset", en="Documents: answers are a proper searchset"
    ),
)
def test_pd_searchsets(cell: CellRun) -> None:
    """Every search is answered with a searchset: status, type, total, self link, one page."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "PD-GEN-003",
        "PD-GEN-004",
        "PD-GEN-005",
        "PD-GEN-006",
        "PD-GEN-007",
        "PD-GEN-008",
        "PD-GEN-009",
        "PD-GEN-010",
        "PD-GEN-011",
    ),
    title=Text(
        nl="Documenten: resources zijn leesbaar en herleidbaar",
        en="Documents: resources are readable and traceable",
    ),
)
def test_pd_resources(cell: CellRun) -> None:
    """Ids, profiles, full URLs, codes, displays and identifiers of every resource."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "PD-GEN-018",
        "PD-GEN-020",
    ),
    title=Text(
        nl="Documenten: resources voldoen aan FHIR en hun profiel",
        en="Documents: resources conform to FHIR and their profile",
    ),
)
def test_pd_profiles(cell: CellRun) -> None:
    """Every resource against the base specification and its own profile."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "PD-GEN-019",
        "PD-GEN-021",
    ),
    title=Text(nl="Documenten: JSON en XML", en="Documents: JSON and XML"),
)
def test_pd_formats(cell: CellRun) -> None:
    """The answer comes in the format that was asked for, and says the same in both."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "PD-GEN-012",
        "PD-GEN-022",
    ),
    title=Text(nl="Documenten: één persoon, zonder BSN", en="Documents: one person, without BSN"),
)
def test_pd_one_person(cell: CellRun) -> None:
    """No BSN reaches the PGO and no data of another person."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "PD-REQ-001",
        "PD-REQ-002",
        "PD-REQ-003",
    ),
    title=Text(
        nl="Documenten: de PGO stelt de juiste vragen", en="Documents: the PGO asks the right questions"
    ),
)
def test_pd_requests(cell: CellRun) -> None:
    """The PGO's requests: the prescribed queries, a token, nothing that points at the person."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "PD-FND-001",
        "PD-FND-002",
        "PD-FND-003",
        "PD-DOC-001",
        "PD-EXP-001",
        "PD-EXP-002",
    ),
    title=Text(nl="Documenten zoeken", en="Finding documents"),
)
def test_pd_find(cell: CellRun) -> None:
    """Searches on status and period, also without matches."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "PD-MAN-001",
        "PD-MAN-002",
        "PD-MAN-003",
        "PD-MAN-004",
        "PD-EXP-003",
        "PD-EXP-004",
    ),
    title=Text(nl="Documentmanifesten", en="Document manifests"),
)
def test_pd_manifests(cell: CellRun) -> None:
    """Searches for manifests, or the proper refusal."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "PD-DOC-002",
        "PD-DOC-003",
        "PD-DOC-004",
        "PD-DOC-005",
    ),
    title=Text(nl="Documenten ophalen", en="Retrieving documents"),
)
def test_pd_retrieve(cell: CellRun) -> None:
    """Every document as JSON, as XML and directly."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "PD-DOC-006",
        "PD-DOC-007",
        "PD-DOC-008",
    ),
    title=Text(nl="Metadata en inhoud", en="Metadata and content"),
)
def test_pd_metadata(cell: CellRun) -> None:
    """contentType, size and hash against the retrieved bytes."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "PD-PDF-001",
        "PD-PDF-002",
    ),
    title=Text(nl="Documenten zijn PDF/A", en="Documents are PDF/A"),
)
def test_pd_pdfa(cell: CellRun) -> None:
    """Every retrieved document against the PDF/A rules."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "PD-ERR-001",
        "PD-ERR-002",
        "PD-SEC-001",
        "PD-SEC-002",
    ),
    title=Text(nl="Weigeringen", en="Refusals"),
)
def test_pd_refusals(cell: CellRun) -> None:
    """Bad path, unknown document, no token."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=("PD-PRV-001",),
    title=Text(nl="Wat niet gedeeld wordt", en="What is not shared"),
)
def test_pd_not_shared(cell: CellRun) -> None:
    """Working notes are in no answer."""
    cell.judge()
