"""The trust catalogue hangs together: sheet rows, scenarios, flows and faults name each other."""

from __future__ import annotations

import re

from harness.core.standards.faults import faults
from harness.judge.catalogue import load_catalogue
from harness.medmij.flows import variants

CATALOGUE = load_catalogue()
MINE = [item for item in CATALOGUE if item.id.startswith("MM-")]
MAIN = {"collect", "share"}


def test_every_row_of_the_sheet_is_in_the_catalogue() -> None:
    text = " ".join(item.source for item in MINE)
    rows = set(re.findall(r"\b[AP][0-9]{1,2}\b", text))
    assert rows >= {f"A{number}" for number in range(1, 38)} | {f"P{number}" for number in range(1, 23)}


def test_flows_and_requirements_name_each_other() -> None:
    known = variants()
    for item in MINE:
        assert set(item.flows) - MAIN <= set(known) or not item.decidable, item.id
        for flow in set(item.flows) & set(known) - {"again"}:
            assert item.id in known[flow].requirements, (item.id, flow)
    for flow in known.values():
        for requirement in flow.requirements:
            assert flow.name in CATALOGUE[requirement].flows, (flow.name, requirement)


def test_every_decidable_requirement_has_a_fault_and_faults_name_requirements() -> None:
    guarded = {requirement for item in faults().values() for requirement in item.kills}
    assert {item.id for item in MINE if item.decidable} <= guarded
    for fault in faults().values():
        if any(key.startswith("MM-") for key in fault.kills):
            assert fault.flow in ("", *variants()), fault.name
            for requirement in (*fault.kills, *fault.also):
                assert requirement in CATALOGUE
            for requirement in fault.kills:
                assert fault.name in CATALOGUE[requirement].faults


def test_strength_follows_the_sheet() -> None:
    """P, C, I and N marks are never a MUST, except where the M/W column of section 7 says so."""
    by_column = {"MM-CLI-003"}
    for item in MINE:
        if item.mark in ("P", "C", "I", "N") and item.id not in by_column:
            assert item.strength.value == "SHOULD", item.id


def test_planned_requirements_say_why() -> None:
    planned = [item for item in MINE if item.state == "planned"]
    assert {item.id for item in planned} <= {"MM-CLI-027"}
    assert all(item.reason.nl and item.reason.en for item in planned)
