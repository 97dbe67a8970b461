"""Scenarios of Huisartsgegevens: the seven requests of a PGO, in JSON and XML."""

from __future__ import annotations

from harness.scenario import CellRun, Text, scenario

STANDARD = "huisartsgegevens-2.0"


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "HG-GEN-001",
        "HG-GEN-002",
        "HG-GEN-013",
        "HG-GEN-014",
        "HG-GEN-015",
        "HG-GEN-016",
        "HG-GEN-017",
    ),
    title=Text(
        nl="Huisartsgegevens: antwoorden zijn een nette searchset",
        en="GP data: answers are a proper searchset",
    ),
)
def test_hg_searchsets(cell: CellRun) -> None:
    """Every search is answered with a searchset: status, type, total, self link, one page."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "HG-GEN-003",
        "HG-GEN-004",
        "HG-GEN-005",
        "HG-GEN-006",
        "HG-GEN-007",
        "HG-GEN-008",
        "HG-GEN-009",
        "HG-GEN-010",
        "HG-GEN-011",
    ),
    title=Text(
        nl="Huisartsgegevens: resources zijn leesbaar en herleidbaar",
        en="GP data: resources are readable and traceable",
    ),
)
def test_hg_resources(cell: CellRun) -> None:
    """Ids, profiles, full URLs, codes, displays and identifiers of every resource."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "HG-GEN-018",
        "HG-GEN-020",
    ),
    title=Text(
        nl="Huisartsgegevens: resources voldoen aan FHIR en hun profiel",
        en="GP data: resources conform to FHIR and their profile",
    ),
)
def test_hg_profiles(cell: CellRun) -> None:
    """Every resource against the base specification and its own profile."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "HG-GEN-019",
        "HG-GEN-021",
    ),
    title=Text(nl="Huisartsgegevens: JSON en XML", en="GP data: JSON and XML"),
)
def test_hg_formats(cell: CellRun) -> None:
    """The answer comes in the format that was asked for, and says the same in both."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "HG-GEN-012",
        "HG-GEN-022",
    ),
    title=Text(nl="Huisartsgegevens: één persoon, zonder BSN", en="GP data: one person, without BSN"),
)
def test_hg_one_person(cell: CellRun) -> None:
    """No BSN reaches the PGO and no data of another person."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "HG-REQ-001",
        "HG-REQ-002",
        "HG-REQ-003",
    ),
    title=Text(
        nl="Huisartsgegevens: de PGO stelt de juiste vragen", en="GP data: the PGO asks the right questions"
    ),
)
def test_hg_requests(cell: CellRun) -> None:
    """The PGO's requests: the prescribed queries, a token, nothing that points at the person."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "HG-PAT-001",
        "HG-PAT-002",
        "HG-EXP-001",
    ),
    title=Text(nl="Patiënt en huisarts", en="Patient and general practitioner"),
)
def test_hg_patient(cell: CellRun) -> None:
    """Request ``Patient`` with its general practitioner."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "HG-EPI-001",
        "HG-EXP-002",
    ),
    title=Text(nl="Episodes", en="Episodes of care"),
)
def test_hg_episodes(cell: CellRun) -> None:
    """Request ``EpisodeOfCare``."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "HG-ENC-001",
        "HG-EXP-003",
    ),
    title=Text(nl="Contacten", en="Encounters"),
)
def test_hg_encounters(cell: CellRun) -> None:
    """Request ``Encounter``."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "HG-COM-001",
        "HG-COM-002",
        "HG-COM-003",
        "HG-EXP-004",
    ),
    title=Text(nl="Contactverslagen", en="Encounter reports"),
)
def test_hg_reports(cell: CellRun) -> None:
    """Request ``Composition``: E and P sections only."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "HG-OBS-001",
        "HG-OBS-002",
        "HG-OBS-003",
        "HG-OBS-004",
        "HG-EXP-005",
    ),
    title=Text(nl="Bepalingen van veertien maanden", en="Results of fourteen months"),
)
def test_hg_results(cell: CellRun) -> None:
    """Request ``Observation`` of NHG table 45 with its includes."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "HG-MED-001",
        "HG-MED-002",
        "HG-MED-003",
        "HG-MED-004",
        "HG-EXP-006",
    ),
    title=Text(nl="Actuele medicatie", en="Current medication"),
)
def test_hg_medication(cell: CellRun) -> None:
    """Request ``MedicationRequest`` with its medication."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "HG-ALL-001",
        "HG-EXP-007",
    ),
    title=Text(nl="Medicatie-overgevoeligheden", en="Medication intolerances"),
)
def test_hg_allergies(cell: CellRun) -> None:
    """Request ``AllergyIntolerance``."""
    cell.judge()


@scenario(
    standard=STANDARD,
    flow="collect",
    requirements=(
        "HG-PRV-001",
        "HG-PRV-002",
        "HG-PRV-003",
    ),
    title=Text(nl="Wat niet gedeeld wordt", en="What is not shared"),
)
def test_hg_not_shared(cell: CellRun) -> None:
    """S and O lines, working notes and lines from before online access are in no answer."""
    cell.judge()
