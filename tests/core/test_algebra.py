"""The laws of the verdict algebra, each tried on generated runs, and the table itself on all its inputs."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.algebra import (
    Claim,
    Key,
    Obstacle,
    Outcome,
    State,
    Tally,
    exit_code,
    merge,
    standing,
    together,
)
from harness.core.exits import ExitCode
from harness.core.verdicts import Strength

FIELDS = Tally.__struct_fields__
RANK = {
    # better → worse; the law "a worse verdict never improves" holds in this order and in no other
    "passed": 0,
    "warned": 0,
    "not_applicable": 1,
    "waived": 1,
    "blocked": 2,
    "disputed": 3,
    "not_tested": 3,
    "undecided": 3,
    "failed": 4,
}
PARTIES = ("his-a", "dvza-a", "pgo-1")
STANDARDS = ("huisartsgegevens-2.0", "pdfa-3.0")

keys = st.builds(
    Key,
    party=st.sampled_from(PARTIES),
    requirement=st.sampled_from(["R-1", "R-2", "R-3"]),
    standard=st.sampled_from(["", *STANDARDS]),
    release=st.just("mm-2.2"),
)
judgements = st.lists(st.tuples(keys, st.sampled_from(FIELDS)), max_size=12)
demands = st.frozensets(keys, max_size=6)
claims = st.builds(
    Claim,
    standards=st.frozensets(st.sampled_from(STANDARDS), max_size=2),
    demanded=demands,
    whole=st.booleans(),
    record=st.booleans(),
    live=st.booleans(),
)
law = settings(deadline=None, max_examples=200)


def tallies(said):
    return merge({key: Tally(**{name: 1})} for key, name in said)


def worse(outcome):
    return (Outcome.CONFORMS, Outcome.NO_VERDICT, Outcome.FAILS).index(outcome)


def rank(state):
    """States from good to bad."""
    order = (
        {State.MET, State.WAIVED, State.NOT_APPLICABLE},
        {State.UNDECIDED, State.DISPUTED, State.NOT_TESTED},
        {State.NOT_MET},
    )
    return next(index for index, states in enumerate(order) if state in states)


# -- the table, on every combination of zero and non-zero counters ------------------------------------


def by_the_table(counts):
    """The table of the design, written out once more."""
    for names, state in (
        (("failed",), State.NOT_MET),
        (("undecided",), State.UNDECIDED),
        (("disputed",), State.DISPUTED),
        (("not_tested",), State.NOT_TESTED),
        (("passed", "warned"), State.WAIVED if counts["waived"] else State.MET),
        (("blocked",), State.UNDECIDED),
        (("waived",), State.WAIVED),
        (("not_applicable",), State.NOT_APPLICABLE),
    ):
        if any(counts[name] for name in names):
            return state
    return State.NOT_TESTED


def test_first_row_that_matches_wins():
    for present in product((0, 1), repeat=len(FIELDS)):
        counts = dict(zip(FIELDS, present, strict=True))
        assert Tally(**counts).state is by_the_table(counts), counts


# -- laws --------------------------------------------------------------------------------------------


@law
@given(judgements, st.randoms())
def test_order_does_not_matter(said, random):
    shuffled = list(said)
    random.shuffle(shuffled)
    assert tallies(said) == tallies(shuffled)


@law
@given(judgements, judgements)
def test_counts_of_parts_add_up(left, right):
    assert merge([tallies(left), tallies(right)]) == tallies([*left, *right])


@law
@given(judgements, keys, st.sampled_from(FIELDS), st.sampled_from(FIELDS))
def test_a_worse_verdict_never_improves_a_state(said, key, better, bad):
    if RANK[better] > RANK[bad]:
        better, bad = bad, better
    with_better = tallies([*said, (key, better)])[key].state
    with_worse = tallies([*said, (key, bad)])[key].state
    assert rank(with_better) <= rank(with_worse)


@law
@given(judgements, keys, st.sampled_from([name for name in FIELDS if name not in ("passed", "warned")]))
def test_nothing_but_a_pass_improves_what_was_said(said, key, name):
    before = tallies(said)
    if key not in before:
        return
    assert rank(tallies([*said, (key, name)])[key].state) >= rank(before[key].state)


@law
@given(judgements, keys)
def test_a_pass_improves_only_what_others_blocked(said, key):
    before = tallies(said).get(key)
    after = tallies([*said, (key, "passed")])[key].state
    if before is not None and rank(after) < rank(before.state):
        assert before.state is State.UNDECIDED and before.blocked and not before.undecided


@law
@given(judgements, claims, keys, st.sampled_from(FIELDS), st.sampled_from(FIELDS))
def test_a_worse_verdict_never_improves_an_outcome(said, claim, key, better, bad):
    if RANK[better] > RANK[bad]:
        better, bad = bad, better
    first = standing(tallies([*said, (key, better)]), claim).outcome
    second = standing(tallies([*said, (key, bad)]), claim).outcome
    if RANK[better] == RANK[bad]:
        return
    assert worse(first) <= worse(second)


@law
@given(judgements, claims, keys)
def test_a_fault_of_another_party_never_lowers_this_one(said, claim, key):
    own = Claim(
        standards=claim.standards,
        demanded=frozenset(item for item in claim.demanded if item.party == "his-a"),
        whole=claim.whole,
        record=claim.record,
        live=claim.live,
    )
    if key.party == "his-a":
        return
    assert standing(tallies([*said, (key, "failed")]), own) == standing(tallies(said), own)


@law
@given(judgements, claims)
def test_a_selection_never_conforms(said, claim):
    part = Claim(
        standards=claim.standards, demanded=claim.demanded, whole=False, record=claim.record, live=claim.live
    )
    assert standing(tallies(said), part).outcome is not Outcome.CONFORMS


@law
@given(judgements, claims)
def test_twins_and_recordings_never_conform(said, claim):
    twin = Claim(
        standards=claim.standards, demanded=claim.demanded, whole=claim.whole, record=claim.record, live=False
    )
    assert standing(tallies(said), twin).outcome is not Outcome.CONFORMS


@law
@given(judgements, claims)
def test_conforms_means_that_every_must_is_good_and_each_standard_has_one_met(said, claim):
    found = tallies(said)
    if standing(found, claim).outcome is Outcome.CONFORMS:
        states = {key: found[key].state for key in claim.demanded}
        assert all(state.good for state in states.values())
        assert claim.standards
        assert claim.standards <= {key.standard for key, state in states.items() if state is State.MET}


@law
@given(judgements, st.lists(claims, min_size=1, max_size=3), st.randoms())
def test_together_is_as_good_as_the_worst_and_hides_nothing(said, parts, random):
    found = [standing(tallies(said), claim) for claim in parts]
    both = together(found)
    assert worse(both.outcome) == max(worse(item.outcome) for item in found)
    assert set(both.obstacles) == {obstacle for item in found for obstacle in item.obstacles}
    assert sum(both.states.values()) == sum(sum(item.states.values()) for item in found)
    random.shuffle(found)
    assert together(found) == both


@law
@given(judgements, claims)
def test_a_fail_is_never_hidden(said, claim):
    found = tallies(said)
    failed = any(found.get(key, Tally()).failed for key in claim.demanded)
    assert (standing(found, claim).outcome is Outcome.FAILS) == failed


@law
@given(judgements, demands, st.booleans(), st.integers(0, 2))
def test_exit_code_follows_the_subject(said, asked, defect, exchanges):
    strengths = dict.fromkeys(asked, Strength.MUST)
    subject = {"his-a", "dvza-a"}
    code = exit_code(strengths, tallies(said), subject=subject, exchanges=exchanges, harness_defect=defect)
    others = [pair for pair in said if pair[0].party in subject]
    assert code is exit_code(
        strengths, tallies(others), subject=subject, exchanges=exchanges, harness_defect=defect
    )
    differing = exit_code(
        strengths, tallies(said), subject=subject, exchanges=exchanges, harness_defect=defect, differs=True
    )
    assert differing is ExitCode.DIFFERS
    assert code in (
        ExitCode.OK,
        ExitCode.FAILED,
        ExitCode.HARNESS_ERROR,
        ExitCode.NOTHING_RAN,
        ExitCode.UNDECIDED,
    )


# -- examples a reader can follow ----------------------------------------------------------------------

KEY = Key("his-a", "HG-PAT-001", "huisartsgegevens-2.0", "mm-2.2")
MINE = Claim(
    standards=frozenset({"huisartsgegevens-2.0"}),
    demanded=frozenset({KEY}),
    whole=True,
    record=True,
    live=True,
)


def test_met_in_one_cell_and_blocked_by_another_party_in_the_next_is_met():
    found = Tally(passed=1, blocked=2)
    assert found.state is State.MET


def test_blocked_everywhere_is_undecided():
    assert Tally(blocked=3).state is State.UNDECIDED


def test_one_pass_and_everything_asked_conforms():
    assert standing({KEY: Tally(passed=1)}, MINE).outcome is Outcome.CONFORMS


def test_nothing_judged_never_conforms():
    found = standing({}, MINE)
    assert found.outcome is Outcome.NO_VERDICT
    assert found.obstacles == (Obstacle.NOT_TESTED, Obstacle.NOTHING_MET)


def test_a_claim_without_standards_never_conforms():
    empty = Claim(standards=frozenset(), demanded=frozenset(), whole=True, record=True, live=True)
    assert standing({}, empty).outcome is Outcome.NO_VERDICT


@pytest.mark.parametrize(
    ("tally", "exchanges", "defect", "code"),
    [
        (Tally(passed=1), 1, False, ExitCode.OK),
        (Tally(warned=1), 1, False, ExitCode.OK),
        (Tally(waived=1, passed=1), 1, False, ExitCode.OK),
        (Tally(failed=1, undecided=1), 1, True, ExitCode.FAILED),
        (Tally(undecided=1), 1, True, ExitCode.HARNESS_ERROR),
        (Tally(), 0, False, ExitCode.NOTHING_RAN),
        (Tally(not_tested=1), 1, False, ExitCode.UNDECIDED),
        (Tally(disputed=1), 1, False, ExitCode.UNDECIDED),
        (Tally(blocked=1), 1, False, ExitCode.UNDECIDED),
    ],
)
def test_exit_codes(tally, exchanges, defect, code):
    asked = {KEY: Strength.MUST}
    got = exit_code(asked, {KEY: tally}, subject={"his-a"}, exchanges=exchanges, harness_defect=defect)
    assert got is code


def test_a_should_never_decides_the_exit_code():
    asked = {KEY: Strength.SHOULD}
    assert exit_code(asked, {KEY: Tally(undecided=1)}, subject={"his-a"}, exchanges=1) is ExitCode.OK


def test_a_required_verdict_that_is_missing_is_undecided():
    asked = {KEY: Strength.MUST}
    found = {KEY: Tally(passed=1)}
    assert exit_code(asked, found, subject={"his-a"}, exchanges=1, verdict_missing=True) is ExitCode.UNDECIDED
