"""The trust catalogue hangs together: sheet rows, scenarios, flows and faults name each other."""

from __future__ import annotations

import re

from harness.core.data import data_path
from harness.core.standards.faults import faults
from harness.core.yamlfile import load_yaml
from harness.judge.catalogue import load_catalogue
from harness.medmij.flows import variants
from harness.medmij.refusals.rows import flows, groups, requirements_of

CATALOGUE = load_catalogue()
MINE = [item for item in CATALOGUE if item.id.startswith("MM-")]
MAIN = {"collect", "share"}


def test_every_row_of_the_sheet_is_in_the_catalogue() -> None:
    text = " ".join(item.source for item in MINE)
    rows = set(re.findall(r"\b[AP][0-9]{1,2}\b", text))
    assert rows >= {f"A{number}" for number in range(1, 38)} | {f"P{number}" for number in range(1, 23)}


def test_every_rule_code_is_in_the_catalogue_or_says_why_not() -> None:
    codes = load_yaml(data_path("profiles", "afsprakenstelsel", "codes.yaml")).data
    named = set(
        re.findall(
            r"\b(?:(?:core|ext)(?:\.[a-z]+)+\.[0-9]{3}|core\.logint)\b", " ".join(i.source for i in MINE)
        )
    )
    assert named <= set(codes["known"]), named
    assert set(codes["known"]) - named == set(codes["absent"])
    assert all(reason["nl"] and reason["en"] for reason in codes["absent"].values())


def test_refused_requests_are_about_requirements_that_name_their_flow() -> None:
    for name in flows():
        assert requirements_of(name) == set(variants()[name].requirements)
    assert len({(group.id, row.row) for group in groups().values() for row in group.rows}) == sum(
        len(group.rows) for group in groups().values()
    )


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
            assert fault.flow in ("", *MAIN, *variants()), fault.name
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


# --- what can change a verdict (`depends`) ----------------------------------------------------------------------


def ids(prefix: str, *numbers: int) -> set[str]:
    return {f"MM-{prefix}-{number:03d}" for number in numbers}


DEPENDS = {
    ("dvza",): ids("LST", 8)
    | ids("AUT", *range(1, 6), 7, 8, 9, *range(11, 15))
    | ids("CON", 1, 3, 6, 7, 8, *range(10, 13))
    | ids("RSC", 1, 2, 7, *range(9, 16))
    | ids("TLS", *range(1, 8))
    | ids("TOK", *range(1, 24)),
    ("dvza", "his"): ids("CON", 4, 5, 13) | ids("RSC", 3, 4, 5, 6),
    ("pgo",): ids("CLI", 1, 2, 3, *range(5, 19), 21, 22, 23, 27),
    ("network",): ids("LST", *range(1, 6)),
    ("cell",): ids("AUT", 6, 10)
    | ids("CON", 2)
    | ids("RSC", 8)
    | ids("CLI", 4, 19, 20, 24, 25, 26)
    | ids("LST", 6),
}
"""The classes of the framework's requirements."""


def test_depends_is_the_class_that_was_worked_out() -> None:
    found: dict[tuple[str, ...], set[str]] = {}
    for item in MINE:
        found.setdefault(item.depends, set()).add(item.id)
    assert found == DEPENDS


def test_depends_of_the_standards_follows_the_role() -> None:
    wanted = {"his": ("his", "standard"), "dvza": ("dvza", "his"), "pgo": ("cell",)}
    for item in CATALOGUE:
        if item.standard:  # what needs a flow of its own is asked once per HIS
            assert item.depends == (("his",) if item.flows else wanted[item.role]), item.id


def test_a_requirement_depends_on_the_party_that_it_is_about() -> None:
    for item in CATALOGUE:
        assert {item.role, "cell", "network"} & set(item.depends), item.id
        assert len(set(item.depends)) == len(item.depends)


def test_a_requirement_of_every_cell_needs_no_more_than_the_main_flows() -> None:
    for item in CATALOGUE:
        if {"cell", "standard"} & set(item.depends):
            assert set(item.flows) <= MAIN, item.id


def test_a_variant_is_about_one_subject_or_is_shared_by_two() -> None:
    """Each variant is driven for what its requirements depend on; only the repetition and refreshing serve both sides."""
    both = set()
    for flow in variants().values():
        depends = {CATALOGUE[name].depends for name in flow.requirements}
        assert not {("cell",), ("his", "standard")} & depends, flow.name
        roles = {CATALOGUE[name].role for name in flow.requirements}
        assert flow.subject in roles
        if len(roles) > 1:
            both.add(flow.name)
    assert both == {"again", "refresh"}
