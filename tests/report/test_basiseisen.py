"""Basic requirements: every one of class A is decided by something or says why not; who decides it."""

from __future__ import annotations

import pytest

from harness.core.algebra import State, Tally
from harness.core.verdicts import Strength
from harness.judge.catalogue import load_catalogue
from harness.report.programme.basiseisen import EVERY_PGO, SUPPLIER, UNTESTED, basiseis_rows, basiseisen
from harness.report.summary import Row

CATALOGUE = load_catalogue()
COVERED = {
    identifier
    for item in CATALOGUE
    if item.role in SUPPLIER and item.decidable
    for identifier in item.basiseis
}


def row(requirement: str, state: State = State.MET) -> Row:
    return Row(CATALOGUE[requirement], "mm-2.2", Tally(), state)


def whole(*changed: Row) -> list[Row]:
    """Rows of every requirement of a supplier, all met but for the changed ones."""
    others = {item.requirement.id: item for item in changed}
    return [
        others.get(item.id, row(item.id))
        for item in CATALOGUE
        if item.role in SUPPLIER and item.state == "active"
    ]


def found(rows: list[Row], identifier: str):
    return next(item for item in basiseis_rows(rows, CATALOGUE) if item.basiseis.id == identifier)


@pytest.mark.parametrize("item", [one for one in basiseisen() if one.kind == "A"], ids=lambda one: one.id)
def test_a_basic_requirement_of_class_a_is_decided_or_says_why_not(item):
    if item.id not in COVERED:
        assert item.reason.nl and item.reason != UNTESTED


def test_what_is_asked_of_every_dvza_supports_its_label_and_decides_nothing_else():
    """Its authorization, tokens, data and TLS: the label is a proof (class S) that a person accepts."""
    access = {"OPEN-ICT-20", "OPEN-ICT-22", "OPEN-ICT-23", "OPEN-ICT-25", "OPEN-ICT-26"}
    for item in CATALOGUE:
        if item.role == "dvza" and not item.standard:
            assert set(item.basiseis) <= access | {"OPEN-ICT-36"}, item.id
            assert access & set(item.basiseis) or item.basiseis == ("OPEN-ICT-36",), item.id
    one = found(whole(row("MM-TLS-001", State.NOT_MET)), "OPEN-ICT-36")
    assert (one.state, one.support) == (State.NOT_TESTED, State.NOT_MET)


def test_every_requirement_but_the_self_checks_names_its_basic_requirement():
    """A standard that is no part of the programme names none at all."""
    known = {item.id for item in basiseisen()}
    programme = {item.standard for item in CATALOGUE if item.basiseis}
    assert {"", "huisartsgegevens-2.0", "pdfa-3.0", "eafspraak-2.0", "zelfmetingen-2.0"} <= programme
    for item in CATALOGUE:
        assert set(item.basiseis) <= known, item.id
        if item.standard in programme:
            assert bool(item.basiseis) == (item.role != "stelselnode"), item.id


def test_client_requirements_of_the_framework_belong_to_working_with_every_pgo():
    for item in CATALOGUE:
        if item.role == "pgo" and not item.standard:
            assert item.basiseis == (EVERY_PGO,), item.id


@pytest.mark.parametrize("identifier", ["OPEN-ICT-20", "OPEN-ICT-22", "OPEN-ICT-25", "OPEN-ICT-26"])
def test_access_is_decided_by_requirements_of_the_framework(identifier):
    one = found(whole(), identifier)
    assert one.state is State.MET and any(name.startswith("MM-") for name in one.requirements)


def test_a_fault_decides_and_a_should_only_where_there_is_no_must():
    assert found(whole(row("MM-CON-004", State.NOT_MET)), "OPEN-ICT-22").state is State.NOT_MET
    should = next(item.id for item in CATALOGUE if item.id == "MM-CON-005")
    assert CATALOGUE[should].strength is Strength.SHOULD
    assert found(whole(row(should, State.UNDECIDED)), "OPEN-ICT-22").state is State.MET


def test_requirements_of_a_pgo_change_nothing():
    rows = [*whole(), row("HG-REQ-001", State.NOT_MET), row("MM-CLI-001", State.NOT_MET)]
    assert basiseis_rows(rows, CATALOGUE) == basiseis_rows(whole(), CATALOGUE)


def test_a_simulated_dvza_leaves_open_what_depends_on_it():
    his = [item for item in whole() if item.requirement.role == "his"]
    one = found(his, "OPEN-ICT-25")
    assert one.state is State.NOT_TESTED and "DVZA" in one.reason.nl and "nagebootst" in one.reason.nl
    assert found(his, "OPEN-ICT-26").state is State.NOT_TESTED
    assert found(his, "OPEN-ICT-01").state is State.MET


def test_a_standard_that_is_not_declared_is_named():
    rows = [item for item in whole() if item.requirement.standard != "eafspraak-2.0"]
    one = found(rows, "OPEN-ICT-32")
    assert one.state is State.NOT_TESTED and "eafspraak-2.0" in one.reason.en


def test_what_was_not_tested_is_named():
    one = found(whole(row("HG-EXP-002", State.NOT_TESTED)), "OPEN-ICT-02")
    assert one.state is State.NOT_TESTED and "HG-EXP-002" in one.reason.nl


def test_tests_support_what_a_person_decides():
    one = found(whole(row("HG-PRV-002", State.NOT_MET)), "OPEN-ICT-14")
    assert (one.state, one.support) == (State.NOT_TESTED, State.NOT_MET)
    assert found(whole(), "OPEN-ICT-50").support is None


def test_of_many_open_tests_the_first_are_named_and_the_rest_is_counted():
    tests = [row(item.id, State.NOT_TESTED) for item in CATALOGUE if "OPEN-ICT-30" in item.basiseis]
    many = found(whole(*tests), "OPEN-ICT-30").reason
    assert many.nl.count("HG-") == 5 and "nog " in many.nl and many.en.endswith(" more")
    few = found(whole(row("HG-EXP-002", State.NOT_TESTED)), "OPEN-ICT-02")
    assert few.reason.nl == "niet getoetst: HG-EXP-002"
