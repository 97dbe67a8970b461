"""Every requirement of a PGO names the situation that decides it, or why nothing does."""

from __future__ import annotations

import pytest

from harness.judge.catalogue import load_catalogue
from harness.medmij.flows import variants
from harness.medmij.situations.table import deciding, situations, table, whole

OF_PGO = [item for item in load_catalogue() if item.role == "pgo"]


@pytest.mark.parametrize("requirement", OF_PGO, ids=lambda item: item.id)
def test_a_requirement_of_a_pgo_is_decided_or_out_of_reach(requirement):
    reachable = {
        release: deciding(requirement.id, release, of_standard=bool(requirement.standard))
        for release in requirement.releases
    }
    if requirement.id in table().out_of_reach:
        assert not any(reachable.values())
        assert not requirement.decidable, "a judge decides it, so a session should reach it"
    else:
        assert all(reachable.values()), reachable


def test_situations_decide_what_exists():
    known = {item.id: item for item in OF_PGO}
    for item in table().situations:
        assert set(item.requirements) <= set(known), item.id
    assert set(table().out_of_reach) <= set(known)


def test_every_variant_that_tests_a_pgo_is_a_situation_too():
    played = {item.flow for item in table().situations}
    tested = {name for name, item in variants().items() if item.subject == "pgo"}
    assert tested <= played


def test_flows_are_told_apart():
    flows = [item.flow for item in table().situations]
    assert len(set(flows)) == len(flows)


def test_a_part_of_the_situations_is_not_the_whole():
    assert whole("MM-CLI-009", "mm-2.2", situations())
    assert not whole("MM-CLI-009", "mm-2.2", ["state-altered"])
    assert whole("HG-REQ-001", "mm-2.2", ["ordinary"], of_standard=True)
