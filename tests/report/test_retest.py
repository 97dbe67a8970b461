"""What a new version is tested for again, and how far cells came that were not driven to their end."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from reportkit import CATALOGUE, CELLS, findings, info, rest

from harness.core.run.findings import Cell, finding
from harness.core.run.info import Trouble
from harness.core.text import Text
from harness.core.verdicts import Blame, Verdict
from harness.judge.catalogue import Catalogue
from harness.judge.outcome.progress import Progress, progress_of
from harness.report.pages.matrix import matrix
from harness.report.programme.retest import Why, retest_plan, versions_changed
from harness.report.summary import summarise

OTHER = msgspec.structs.replace(CELLS[0], his="his-b", dvza="dvza-b")
PLAN = (*CELLS, OTHER)
LEAK = Catalogue(
    [
        msgspec.structs.replace(item, topic="leak" if item.id == "HG-PAT-002" else item.topic)
        for item in CATALOGUE
    ],
    "digest",
)


def run(*said):
    """A run of two HISs, of which everything passed but for what is said."""
    made = info()
    his, dvza = made.participants[0], made.participants[1]
    more = (msgspec.structs.replace(his, id="his-b"), msgspec.structs.replace(dvza, id="dvza-b"))
    asked = {cell.key: made.settings.requirements[CELLS[0].key] for cell in PLAN}
    settings = msgspec.structs.replace(made.settings, requirements=asked, shared={})
    info_ = msgspec.structs.replace(
        made, plan=PLAN, participants=(*made.participants, *more), settings=settings
    )
    bad = {(item.requirement, item.cell) for item in said}
    good = [
        finding(name, cell, Verdict.PASS)
        for cell in PLAN
        for name in ("HG-PAT-001", "HG-PAT-002", "MM-AUT-001", "MM-CLI-001")
        if (name, cell) not in bad
    ]
    return info_, [*good, *said]


def failed(name: str, cell: Cell, party: str):
    return finding(name, cell, Verdict.FAIL, blame=Blame.PRODUCT, party=party)


def why(plan):
    return {item.cell.key: item.why for item in plan.cells}


def test_without_a_new_version_nothing_is_tested_again():
    told, found = run(failed("HG-PAT-001", CELLS[0], "his-a"))
    plan = retest_plan(told, found, CATALOGUE, [])
    assert not plan.cells and not plan.requirements and plan.waiting == (CELLS[0],) and plan.kept


def test_a_failed_cell_is_repeated_with_a_passed_one_of_the_same_his_and_of_the_same_pgo():
    told, found = run(failed("HG-PAT-001", CELLS[0], "his-a"))
    plan = retest_plan(told, found, CATALOGUE, ["his-a"])
    assert why(plan) == {CELLS[0].key: Why.FAILED, CELLS[1].key: Why.SAME_HIS, OTHER.key: Why.SAME_PGO}
    assert not plan.waiting


def test_a_fault_of_somebody_else_waits_for_that_ones_version():
    told, found = run(failed("MM-CLI-001", CELLS[0], "pgo-1"))
    plan = retest_plan(told, found, CATALOGUE, ["his-b"])
    assert CELLS[0].key not in why(plan) and plan.waiting == (CELLS[0],)
    assert why(retest_plan(told, found, CATALOGUE, ["pgo-1"]))[CELLS[0].key] is Why.FAILED


@pytest.mark.parametrize("kind", ["leak", "no data"])
def test_a_blocker_repeats_the_whole_row(kind):
    said = [failed("HG-PAT-002", CELLS[0], "his-a")]
    if kind == "no data":
        said.append(failed("HG-PAT-001", CELLS[0], "his-a"))
    told, found = run(*said)
    plan = retest_plan(told, found, LEAK if kind == "leak" else CATALOGUE, ["his-a"])
    assert why(plan)[CELLS[0].key] is why(plan)[CELLS[1].key] is Why.BLOCKER
    assert why(plan)[OTHER.key] is Why.SAME_PGO


def test_a_new_version_of_a_standard_reopens_its_cells_and_what_depends_on_it():
    told, found = run()
    plan = retest_plan(told, found, CATALOGUE, ["huisartsgegevens-2.0"])
    assert set(why(plan)) == {cell.key for cell in PLAN} and set(why(plan).values()) == {Why.STANDARD}
    assert {item.requirement for item in plan.requirements} == {"HG-PAT-001", "HG-PAT-002"}


def test_what_depends_on_the_changed_party_is_open_again_and_the_rest_stays():
    told, found = run()
    plan = retest_plan(told, found, CATALOGUE, ["his-a"])
    assert {(item.party, item.requirement) for item in plan.requirements} == {
        ("his-a", "HG-PAT-001"),
        ("his-a", "HG-PAT-002"),
    }
    assert plan.kept > 0 and set(why(plan).values()) <= {Why.SAME_HIS, Why.SAME_PGO}


def test_what_was_not_decided_is_tested_with_the_new_version():
    told, found = run(finding("HG-PAT-001", CELLS[1], Verdict.INCONCLUSIVE))
    assert why(retest_plan(told, found, CATALOGUE, ["his-a"]))[CELLS[1].key] is Why.NOT_DONE


def test_another_version_or_product_is_a_change():
    before = info().participants
    after = [msgspec.structs.replace(before[0], version="9"), *before[1:]]
    assert versions_changed(before, after) == [before[0].id] and versions_changed(before, before) == []


TROUBLE = Trouble(
    cell=CELLS[1].key, requirements=("HG-PAT-001",), blame=Blame.CONFIGURATION, what=Text(nl="a", en="a")
)


@pytest.mark.parametrize(
    ("trouble", "unjudged", "verdicts", "progress"),
    [
        (None, (), (Verdict.PASS,), None),
        (None, (CELLS[1].key,), (), Progress.PLANNED),
        ({}, (), (Verdict.ERROR,), Progress.BLOCKED),
        ({}, (), (Verdict.ERROR, Verdict.PASS), None),
        ({"limit": "host", "flow": "collect"}, (), (Verdict.INCONCLUSIVE,), Progress.BLOCKED),
        ({"limit": "run", "flow": "collect"}, (), (Verdict.PASS,), Progress.ABORTED),
        ({"limit": "cell"}, (CELLS[1].key,), (), Progress.ABORTED),
        ({"limit": "recording"}, (), (Verdict.PASS,), Progress.ABORTED),
        ({"limit": "read-only", "flow": "share"}, (), (Verdict.NOT_TESTED,), None),
        ({"flow": "refusals"}, (), (Verdict.ERROR,), None),
    ],
)
def test_how_far_a_cell_came(trouble, unjudged, verdicts, progress):
    troubles = () if trouble is None else (msgspec.structs.replace(TROUBLE, **trouble),)
    told = msgspec.structs.replace(info(), troubles=troubles, unjudged=unjudged)
    assert progress_of(told, CELLS[1], verdicts) is progress
    assert progress_of(told, CELLS[0], verdicts) is None


def test_the_matrix_says_it_where_nothing_else_is_known():
    said = [*findings(r1=Verdict.PASS, r2=Verdict.PASS), *rest()]
    here = [item for item in said if item.cell != CELLS[1]]
    told = msgspec.structs.replace(info(), unjudged=(CELLS[1].key,))
    grid = matrix(summarise(told, [replace_holds(item) for item in here], CATALOGUE), CATALOGUE)
    looks = {pair.pgo: pair.worst for row in grid.rows for pair in row.pairs.values()}
    assert looks["pgo-2"].look == "l" and looks["pgo-2"].text.endswith("·")
    assert looks["pgo-2"].told.nl.endswith("gepland") and looks["pgo-1"].look == "p"
    summary = summarise(told, here, CATALOGUE)
    broken = replace(summary, cells=tuple(replace(cell, verdict=Verdict.FAIL) for cell in summary.cells))
    assert {t.look for r in matrix(broken, CATALOGUE).rows for p in r.pairs.values() for t in p.tokens} == {
        "f"
    }


def replace_holds(item):
    return msgspec.structs.replace(item, holds_for=())
