"""What changed since an earlier run: marks in the matrix, the page that lists it, and the command."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from reportkit import CATALOGUE, CELLS, INFO, findings, rest
from runfolders import judged_run
from typer.testing import CliRunner

from harness.cli.evidence.report import app
from harness.core.text import Lang
from harness.core.verdicts import Verdict
from harness.report.dossier.compare import Change, Judged, Side, compare
from harness.report.html import page, write_report
from harness.report.pages.matrix import matrix
from harness.report.pages.since import Since, since
from harness.report.summary import summarise

BEFORE = [*findings(r1=Verdict.FAIL, r2=Verdict.PASS, r3=Verdict.WARNING), *rest()]
AFTER = [*findings(r1=Verdict.PASS, r2=Verdict.FAIL, r3=Verdict.NOT_TESTED), *rest()]


def judged(said, name="runs/earlier") -> Side:
    verdicts = {Judged("his-a", item.requirement, item.cell.key): item.verdict for item in said}
    return Side(name, INFO.now, {item.id: item for item in INFO.participants}, verdicts)


def changed(before=BEFORE, after=AFTER) -> Since:
    return since(compare(judged(before), judged(after)), after)


def tokens(found: Since, said=AFTER):
    shown = matrix(summarise(INFO, said, CATALOGUE), CATALOGUE, found)
    return shown, [token for row in shown.rows for pair in row.pairs.values() for token in pair.tokens]


def test_each_change_is_marked_in_the_cells_where_it_stands():
    shown, found = tokens(changed())
    assert [token.changes for token in found] == [(Change.NEW, Change.NO_LONGER, Change.FIXED)] * 2
    assert shown.changes == {Change.NEW: 2, Change.NO_LONGER: 2, Change.FIXED: 2}
    assert "[nieuw, niet meer getoetst, hersteld]" in found[0].told.nl


def test_what_is_still_there_is_marked_as_such_and_nothing_else_is():
    found = changed(BEFORE, BEFORE)
    assert [token.changes for token in tokens(found, BEFORE)[1]] == [(Change.STILL,)] * 2
    good = [*findings(r1=Verdict.PASS), *rest()]
    assert not changed(good, good).marks
    assert [token.changes for token in tokens(changed(good, good), good)[1]] == [(), ()]


def test_what_holds_for_other_cells_is_marked_there_too():
    first, other = CELLS
    said = [item for item in findings(r1=Verdict.FAIL) if item.cell == first]
    said = [msgspec.structs.replace(item, holds_for=(other.key,)) for item in said]
    found = changed([], said)
    assert found.of(first) == found.of(other) == (Change.NEW,)
    assert found.count(Change.NEW) == 1 and found.lists[Change.NEW][0].cells == (first.key,)


def test_a_requirement_of_a_party_is_one_line_with_its_cells():
    (line,) = changed().lists[Change.FIXED]
    assert (line.party, line.requirement, line.before, line.after) == (
        "his-a", "HG-PAT-001", Verdict.FAIL, Verdict.PASS,
    )  # fmt: skip
    assert line.cells == tuple(cell.key for cell in CELLS)


@pytest.fixture
def run(tmp_path: Path):
    return judged_run(tmp_path / "run", INFO, AFTER, {})


@pytest.mark.parametrize(
    ("lang", "words"),
    [("nl", ("Sinds de vorige run", "hersteld", "nieuw", "niet meer getoetst", "eis HG-PAT-002")),
     ("en", ("Since the last run", "fixed", "new", "no longer tested", "requirement HG-PAT-002"))],
)  # fmt: skip
def test_the_page_lists_what_changed_and_the_matrix_leads_there(run, lang: Lang, words):
    write_report(run, INFO, AFTER, CATALOGUE, since=changed())
    name = page("compare", "since", lang)
    text = (run.report / name).read_text(encoding="utf-8")
    assert all(word in text for word in words)
    assert page("cell", CELLS[0].key, lang) in text and "runs/earlier" not in text and "earlier" in text
    index = (run.report / page("matrix", "", lang)).read_text(encoding="utf-8")
    assert f'href="{name}#fixed"' in index and 'data-m="new gone fixed"' in index


def test_without_an_earlier_run_there_is_no_such_page(run):
    write_report(run, INFO, AFTER, CATALOGUE, since=changed())
    write_report(run, INFO, AFTER, CATALOGUE)
    assert not list(run.report.glob("compare-*"))
    assert "compare-" not in (run.report / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "words",
    [("--since", "x", "--format", "sarif"), ("--since", "x", "--party", "his-a"), ("--format", "pages", "--sign", "k")],
)  # fmt: skip
def test_what_does_not_go_with_pages_is_refused(tmp_path: Path, words):
    done = CliRunner().invoke(app, [str(tmp_path), *words])
    assert done.exit_code and type(done.exception).__name__ == "UsageError"


def carried(verdict: Verdict, carrier, other) -> Side:
    """A side in which one cell is driven for two."""
    first, second = (Judged("his-a", "HG-PAT-001", cell.key) for cell in (carrier, other))
    made = judged([item for item in findings(r1=verdict) if item.cell == carrier])
    return replace(made, held={second: first})


def test_another_cell_that_is_driven_for_the_same_is_no_change():
    first, second = CELLS
    before, same = carried(Verdict.PASS, first, second), carried(Verdict.PASS, second, first)
    assert not compare(before, same).changes
    (found,) = compare(before, carried(Verdict.FAIL, second, first)).changes
    assert (found.change, found.about.cell) == (Change.NEW, second.key)
    (found,) = compare(carried(Verdict.FAIL, first, second), same).changes
    assert (found.change, found.before) == (Change.FIXED, Verdict.FAIL)


def test_a_cell_that_nothing_holds_for_any_more_is_no_longer_tested():
    first, second = CELLS
    before, alone = carried(Verdict.PASS, first, second), judged([])
    (found,) = compare(before, alone).changes
    assert (found.change, found.about.cell) == (Change.NO_LONGER, first.key)
    only_second = replace(carried(Verdict.PASS, second, first), held={})
    assert [item.change for item in compare(before, only_second).changes] == [Change.NO_LONGER]
