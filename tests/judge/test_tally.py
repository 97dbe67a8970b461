"""From findings and run.json to tallies, demands and the exit code: the contracts of the verdict algebra."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.algebra import Key, Obstacle, Outcome, State, Tally, merge
from harness.core.exits import ExitCode
from harness.core.run.findings import Cell, Finding, finding
from harness.core.run.info import FrozenRecord, ParticipantVersion, RunInfo, Settings, Trouble
from harness.core.text import Text, both
from harness.core.verdicts import Blame, Strength, Verdict
from harness.judge.catalogue import Catalogue, Requirement
from harness.judge.cells import trouble_findings
from harness.judge.outcome.result import run_result
from harness.judge.outcome.tally import Asking, tally

HG, PD = "huisartsgegevens-2.0", "pdfa-3.0"


def requirement(identifier: str, role: str, standard: str = "", **fields: Any) -> Requirement:
    return Requirement(
        id=identifier,
        title=both(identifier),
        source="clause",
        topic="value",
        group="general",
        depends=("cell",),
        mark="S",
        role=role,
        strength=fields.pop("strength", Strength.MUST),
        kind=fields.pop("kind", "automatic"),
        state=fields.pop("state", "active"),
        standard=standard,
        **fields,
    )


CATALOGUE = Catalogue(
    [
        requirement("HG-PAT-001", "his", HG),
        requirement("HG-PAT-002", "his", HG, strength=Strength.SHOULD),
        requirement("HG-PAT-003", "his", HG, state="planned", reason=both("later")),
        requirement("PD-GEN-001", "his", PD),
        requirement("MM-AUT-001", "dvza"),
        requirement("MM-RSC-007", "dvza", waiting={"full": 930.0}),
        requirement("MM-CLI-001", "pgo"),
        requirement("HG-REQ-001", "pgo", HG),
        requirement("PD-REQ-001", "pgo", PD),
        requirement("MM-LST-001", "stelselnode"),
    ],
    "digest",
)
STANDARDS = (HG, PD)


def cell(standard: str = HG, pgo: str = "pgo-1", his: str = "his-a") -> Cell:
    return Cell(his=his, dvza="dvza-a", pgo=pgo, standard=standard, release="mm-2.2")


CELLS = tuple(cell(standard, pgo) for pgo in ("pgo-1", "pgo-2") for standard in STANDARDS)
ASKED = {
    item.key: tuple(one.id for one in CATALOGUE.of_cell(item.standard, item.release) if one.decidable)
    for item in CELLS
}


def info(kinds: dict[str, str] | None = None, **fields: Any) -> RunInfo:
    """A run of one HIS, its DVZA and two PGOs; live unless ``kinds`` says otherwise."""
    roles = {"his-a": "his", "dvza-a": "dvza", "pgo-1": "pgo", "pgo-2": "pgo"}
    settings_ = Settings(
        requirements=fields.pop("asked", ASKED),
        persons={item.key: "someone" for item in CELLS},
        records={"someone": FrozenRecord(origin=fields.pop("record", "bureau"), sha256="")},
    )
    return RunInfo(
        id="run",
        harness="0.1",
        t="2026-03-01",
        now="2026-03-01T10:00:00+01:00",
        participants=tuple(
            ParticipantVersion(
                id=name,
                role=role,
                kind=(kinds or {}).get(name, "live"),
                standards=STANDARDS,
                releases=("mm-2.2",),
            )
            for name, role in roles.items()
        ),
        plan=fields.pop("plan", CELLS),
        settings=fields.pop("settings", settings_),
        **fields,
    )


def passes(cells: tuple[Cell, ...] = CELLS) -> list[Finding]:
    """Everything that was asked of these cells passes."""
    return [finding(name, item, Verdict.PASS) for item in cells for name in ASKED[item.key]]


def but(findings: list[Finding], name: str, verdict: Verdict, where: Cell | None = None, **more: Any):
    """The same findings, with another verdict on one requirement (in one cell, or in all)."""
    return [
        finding(name, item.cell, verdict, **more)
        if item.requirement == name and where in (None, item.cell)
        else item
        for item in findings
    ]


def code(run: RunInfo, findings: list[Finding], exchanges: int = 1) -> ExitCode:
    return run_result(run, findings, CATALOGUE).code(exchanges=exchanges)


def outcome(run: RunInfo, findings: list[Finding], party: str) -> Outcome:
    return run_result(run, findings, CATALOGUE).parties[party].standing.outcome


# -- counting ------------------------------------------------------------------------------------------


def test_a_judgement_counts_for_the_party_whose_role_the_requirement_names():
    found = tally(passes(CELLS[:1]), CATALOGUE)
    assert Key("his-a", "HG-PAT-001", HG, "mm-2.2") in found
    assert Key("dvza-a", "MM-AUT-001", "", "mm-2.2") in found
    assert Key("pgo-1", "HG-REQ-001", HG, "mm-2.2") in found
    assert Key("stelselnode", "MM-LST-001", "", "mm-2.2") in found
    assert set(found.values()) == {Tally(passed=1)}


def test_a_cell_counts_once_per_kind_however_many_findings_say_so():
    said = [finding("HG-PAT-001", CELLS[0], Verdict.FAIL, received=str(number)) for number in range(5)]
    said.append(finding("HG-PAT-001", CELLS[0], Verdict.INCONCLUSIVE))
    (found,) = tally(said, CATALOGUE).values()
    assert found == Tally(failed=1, undecided=1)


@pytest.mark.parametrize(
    ("verdict", "cause", "wanted"),
    [
        (Verdict.INCONCLUSIVE, "", Tally(undecided=1)),
        (Verdict.INCONCLUSIVE, "his-a", Tally(undecided=1)),
        (Verdict.INCONCLUSIVE, "pgo-1", Tally(blocked=1)),
        (Verdict.ERROR, "pgo-1", Tally(undecided=1)),
        (Verdict.NOT_TESTED, "pgo-1", Tally(not_tested=1)),
        (Verdict.NOT_APPLICABLE, "", Tally(not_applicable=1)),
        (Verdict.DISPUTED, "", Tally(disputed=1)),
        (Verdict.WARNING, "", Tally(warned=1)),
    ],
)
def test_who_failed_first_decides_whether_undecided_is_ones_own(verdict, cause, wanted):
    (found,) = tally([finding("HG-PAT-001", CELLS[0], verdict, cause=cause)], CATALOGUE).values()
    assert found == wanted


def test_what_the_catalogue_does_not_know_counts_for_nobody():
    assert tally([finding("HG-OLD-001", CELLS[0], Verdict.FAIL)], CATALOGUE) == {}


verdicts = st.sampled_from(list(Verdict))
said = st.lists(
    st.builds(
        lambda place, name, verdict, cause: finding(name, place, verdict, cause=cause),
        st.sampled_from(CELLS),
        st.sampled_from([item.id for item in CATALOGUE]),
        verdicts,
        st.sampled_from(["", "his-a", "dvza-a", "pgo-1"]),
    ),
    max_size=20,
)
law = settings(deadline=None, max_examples=150)


@law
@given(said)
def test_the_tallies_of_cells_add_up_to_those_of_the_run(findings):
    parts = [tally([item for item in findings if item.cell == one], CATALOGUE) for one in CELLS]
    assert merge(parts) == tally(findings, CATALOGUE)


@law
@given(said)
def test_a_fault_of_a_pgo_never_touches_the_his_or_its_dvza(findings):
    without = [item for item in findings if CATALOGUE[item.requirement].role != "pgo"]
    with_, alone = (run_result(info(), part, CATALOGUE) for part in (findings, without))
    for name in ("his-a", "dvza-a"):
        assert with_.parties[name] == alone.parties[name]


@law
@given(said, st.sampled_from([item.id for item in CATALOGUE]))
def test_asking_less_never_conforms(findings, dropped):
    asked = {key: tuple(name for name in ids if name != dropped) for key, ids in ASKED.items()}
    role = CATALOGUE[dropped].role
    if CATALOGUE[dropped].strength is Strength.SHOULD or not CATALOGUE[dropped].decidable:
        return
    for item in run_result(info(asked=asked), findings, CATALOGUE).parties.values():
        if item.party.role == role:
            assert item.standing.outcome is not Outcome.CONFORMS


# -- what is demanded ----------------------------------------------------------------------------------


def test_every_must_of_the_role_in_the_declared_standards_is_demanded_asked_or_not():
    asking = Asking(info(asked={}), CATALOGUE)
    names = {
        party.id: {key.requirement for key in asking.demanded(party)} for party in asking.parties.values()
    }
    assert names == {
        "his-a": {"HG-PAT-001", "PD-GEN-001"},
        "dvza-a": {"MM-AUT-001", "MM-RSC-007"},
        "pgo-1": {"MM-CLI-001", "HG-REQ-001", "PD-REQ-001"},
        "pgo-2": {"MM-CLI-001", "HG-REQ-001", "PD-REQ-001"},
    }
    result = run_result(info(asked={}), [], CATALOGUE)
    assert result.parties["his-a"].standing.states[State.NOT_TESTED] == 2


def test_a_standard_that_was_not_run_is_demanded_and_makes_a_part():
    plan = tuple(item for item in CELLS if item.standard == HG)
    run = info(plan=plan, left_out=tuple(item for item in CELLS if item.standard == PD))
    result = run_result(run, passes(plan), CATALOGUE).parties["his-a"]
    assert result.shortfall.standards == (PD,)
    assert result.standing.obstacles == (Obstacle.NOT_TESTED, Obstacle.NOTHING_MET, Obstacle.PARTIAL)
    assert code(run, passes(plan)) is ExitCode.OK


def test_a_standard_that_nobody_shares_was_not_run_either():
    plan = tuple(item for item in CELLS if item.standard == HG)
    result = run_result(info(plan=plan), passes(plan), CATALOGUE).parties["his-a"]
    assert result.shortfall.standards == (PD,)


def test_a_party_that_was_left_out_makes_a_part():
    plan = tuple(item for item in CELLS if item.pgo == "pgo-1")
    run = info(plan=plan, left_out=tuple(item for item in CELLS if item.pgo == "pgo-2"))
    result = run_result(run, passes(plan), CATALOGUE)
    assert result.parties["his-a"].shortfall.parties == ("pgo-2",)
    assert not result.parties["pgo-1"].shortfall
    assert "pgo-2" not in result.parties


def test_a_combination_that_was_not_asked_makes_a_part():
    asked = {key: ids for key, ids in ASKED.items() if "pgo-2" not in key}
    result = run_result(info(asked=asked), passes(), CATALOGUE)
    assert result.parties["his-a"].shortfall.requirements == ("HG-PAT-001", "PD-GEN-001")


def test_the_framework_needs_to_be_asked_in_one_standard_only():
    asked = dict(ASKED)
    for item in CELLS:
        if item.standard == PD:
            asked[item.key] = tuple(name for name in ASKED[item.key] if not name.startswith("MM"))
    assert not any(
        item.shortfall for item in run_result(info(asked=asked), passes(), CATALOGUE).parties.values()
    )


def test_what_an_intensity_leaves_out_was_not_asked():
    asked = {key: tuple(name for name in ids if name != "MM-RSC-007") for key, ids in ASKED.items()}
    left = [item for item in passes() if item.requirement != "MM-RSC-007"]
    run = info(asked=asked)
    assert run_result(run, left, CATALOGUE).parties["dvza-a"].shortfall.requirements == ("MM-RSC-007",)
    assert outcome(run, left, "dvza-a") is Outcome.NO_VERDICT
    assert code(run, left) is ExitCode.OK


# -- outcomes ------------------------------------------------------------------------------------------


def test_everything_asked_and_met_with_the_bureaus_record_conforms():
    result = run_result(info(), passes(), CATALOGUE)
    assert {item.standing.outcome for item in result.parties.values()} == {Outcome.CONFORMS}
    assert result.subject == {"his-a", "dvza-a", "pgo-1", "pgo-2"}


@pytest.mark.parametrize(
    ("origin", "conforms"),
    [("bureau", True), ("official", True), ("own", False), ("vendor", False), ("draft", False)],
)
def test_only_a_vouched_record_conforms(origin, conforms):
    assert (outcome(info(record=origin), passes(), "his-a") is Outcome.CONFORMS) == conforms


def test_a_person_without_a_record_never_conforms():
    settings_ = Settings(requirements=ASKED, persons={item.key: "stranger" for item in CELLS})
    assert outcome(info(settings=settings_), passes(), "his-a") is Outcome.NO_VERDICT


def test_a_pgos_fault_stays_with_the_pgo():
    findings = but(passes(), "MM-CLI-001", Verdict.FAIL, CELLS[2])
    assert outcome(info(), findings, "pgo-2") is Outcome.FAILS
    for other in ("his-a", "dvza-a", "pgo-1"):
        assert outcome(info(), findings, other) is Outcome.CONFORMS


def test_what_another_party_blocked_counts_only_when_it_is_met_nowhere():
    once = but(passes(), "HG-PAT-001", Verdict.INCONCLUSIVE, CELLS[0], cause="pgo-1")
    assert outcome(info(), once, "his-a") is Outcome.CONFORMS
    always = but(passes(), "HG-PAT-001", Verdict.INCONCLUSIVE, cause="pgo-1")
    assert outcome(info(), always, "his-a") is Outcome.NO_VERDICT
    own = but(passes(), "HG-PAT-001", Verdict.INCONCLUSIVE, CELLS[0])
    assert outcome(info(), own, "his-a") is Outcome.NO_VERDICT


def test_a_standard_without_a_must_of_the_role_stands_on_the_framework():
    result = run_result(info(), but(passes(), "MM-AUT-001", Verdict.NOT_APPLICABLE), CATALOGUE)
    assert result.parties["dvza-a"].standing.outcome is Outcome.CONFORMS
    none = but(but(passes(), "MM-AUT-001", Verdict.NOT_APPLICABLE), "MM-RSC-007", Verdict.NOT_APPLICABLE)
    standing = run_result(info(), none, CATALOGUE).parties["dvza-a"].standing
    assert standing.obstacles == (Obstacle.NOTHING_MET,)


TWINS = dict.fromkeys(("his-a", "dvza-a", "pgo-1", "pgo-2"), "twin")


def test_a_run_of_twins_is_a_rehearsal_whose_subject_is_everybody():
    result = run_result(info(TWINS), passes(), CATALOGUE)
    assert result.rehearsal
    assert result.subject == {"his-a", "dvza-a", "pgo-1", "pgo-2", "stelselnode"}
    assert {item.standing.outcome for item in result.parties.values()} == {Outcome.NO_VERDICT}
    assert outcome(info(TWINS), but(passes(), "HG-PAT-001", Verdict.FAIL), "his-a") is Outcome.FAILS


def test_only_live_parties_are_the_subject_when_there_are_any():
    result = run_result(info(TWINS | {"his-a": "live"}), passes(), CATALOGUE)
    assert not result.rehearsal and result.subject == {"his-a"}


# -- exit codes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "verdict", "more", "wanted"),
    [
        ("HG-PAT-001", Verdict.PASS, {}, ExitCode.OK),
        ("HG-PAT-001", Verdict.WARNING, {}, ExitCode.OK),
        ("HG-PAT-001", Verdict.NOT_APPLICABLE, {}, ExitCode.OK),
        ("HG-PAT-001", Verdict.FAIL, {}, ExitCode.FAILED),
        ("HG-PAT-001", Verdict.INCONCLUSIVE, {}, ExitCode.UNDECIDED),
        ("HG-PAT-001", Verdict.NOT_TESTED, {}, ExitCode.UNDECIDED),
        ("HG-PAT-001", Verdict.DISPUTED, {}, ExitCode.UNDECIDED),
        ("HG-PAT-001", Verdict.ERROR, {"blame": Blame.CONFIGURATION}, ExitCode.UNDECIDED),
        ("HG-PAT-001", Verdict.ERROR, {"blame": Blame.HARNESS}, ExitCode.HARNESS_ERROR),
        ("HG-PAT-002", Verdict.INCONCLUSIVE, {}, ExitCode.OK),
        ("HG-PAT-002", Verdict.NOT_TESTED, {}, ExitCode.OK),
    ],
)
def test_exit_code_of_one_verdict(name, verdict, more, wanted):
    assert code(info(), but(passes(), name, verdict, **more)) is wanted


def test_what_was_asked_and_never_judged_is_undecided():
    assert code(info(), passes(CELLS[:2])) is ExitCode.UNDECIDED


def test_the_subject_decides():
    findings = but(passes(), "MM-CLI-001", Verdict.FAIL, CELLS[2])
    assert code(info(), findings) is ExitCode.FAILED
    assert code(info(subject=("his-a",)), findings) is ExitCode.OK
    assert code(info(TWINS | {"his-a": "live"}), findings) is ExitCode.OK
    assert code(info(TWINS), findings) is ExitCode.FAILED


def test_a_fault_of_the_stelselnode_counts_in_a_rehearsal_only():
    findings = but(passes(), "MM-LST-001", Verdict.FAIL)
    assert code(info(TWINS), findings) is ExitCode.FAILED
    assert code(info(), findings) is ExitCode.OK


def test_a_required_verdict():
    assert code(info(verdict_required=True), passes()) is ExitCode.OK
    assert code(info(verdict_required=True, record="own"), passes()) is ExitCode.UNDECIDED
    assert code(info(TWINS, verdict_required=True), passes()) is ExitCode.UNDECIDED


def test_nothing_recorded_comes_before_undecided_and_after_a_defect():
    undecided = but(passes(), "HG-PAT-001", Verdict.INCONCLUSIVE)
    assert code(info(), undecided, exchanges=0) is ExitCode.NOTHING_RAN
    broken = but(passes(), "HG-PAT-001", Verdict.ERROR, blame=Blame.HARNESS)
    assert code(info(), broken, exchanges=0) is ExitCode.HARNESS_ERROR


def test_what_differs_comes_first():
    result = run_result(info(), but(passes(), "HG-PAT-001", Verdict.FAIL), CATALOGUE)
    assert result.code(exchanges=1, differs=True) is ExitCode.DIFFERS


def test_trouble_makes_an_error_of_every_requirement_that_needs_it():
    trouble = Trouble(
        cell=CELLS[0].key,
        requirements=("MM-AUT-001", "HG-OLD-001"),
        blame=Blame.CONFIGURATION,
        what=Text(nl="recept past niet", en="recipe does not fit"),
        where="recipe.yaml:3",
        received="page login",
        next_step=Text(nl="pas het aan", en="change it"),
    )
    assert trouble_findings(info(troubles=(trouble,)), CELLS[1], CATALOGUE) == []
    (found,) = trouble_findings(info(troubles=(trouble,)), CELLS[0], CATALOGUE)
    assert (found.verdict, found.blame, found.party) == (Verdict.ERROR, Blame.CONFIGURATION, "dvza-a")
    assert found.received == "recipe.yaml:3: page login"
    assert found.next_step.nl == "recept past niet. pas het aan"
    run = info(troubles=(trouble,))
    assert code(run, [*passes(), found]) is ExitCode.UNDECIDED
    defect = msgspec.structs.replace(trouble, blame=Blame.HARNESS)
    assert code(info(troubles=(defect,)), [*passes(), found]) is ExitCode.HARNESS_ERROR
