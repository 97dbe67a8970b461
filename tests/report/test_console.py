"""What the console shows: counts of every verdict, and findings that are really equal told once."""

from __future__ import annotations

import io
from typing import Any

import msgspec
import pytest
from rich.console import Console

from harness.core.run.findings import Cell, Finding, Where, finding
from harness.core.run.info import ParticipantVersion, RunInfo, Settings, Trouble
from harness.core.text import Text
from harness.core.verdicts import Blame, Verdict
from harness.judge.catalogue import load_catalogue
from harness.report.console import print_run
from harness.report.grouping import by_reason, grouped
from harness.report.summary import summarise

CELLS = tuple(
    Cell(his="his-a", dvza="dvza-a", pgo=pgo, standard="pdfa-3.0", release="mm-2.2")
    for pgo in ("pgo-1", "pgo-2")
)
INFO = RunInfo(
    id="run",
    harness="0.1",
    t="2026-03-01",
    now="2026-03-01T10:00:00+01:00",
    plan=CELLS,
    participants=(
        ParticipantVersion(
            id="his-a", role="his", kind="live", product="HisPro", version="7.1", standards=("pdfa-3.0",)
        ),
        ParticipantVersion(id="dvza-a", role="dvza", kind="twin"),
        ParticipantVersion(id="pgo-1", role="pgo", kind="twin"),
        ParticipantVersion(id="pgo-2", role="pgo", kind="twin"),
    ),
    settings=Settings(requirements={cell.key: ("PD-GEN-001", "PD-GEN-002") for cell in CELLS}),
)
ONE = Text(nl="pas dit aan", en="change this")


def said(
    cell: Cell = CELLS[0], exchange: str = "x.0001", path: str = "Bundle.total", **fields: Any
) -> Finding:
    given: dict[str, Any] = {
        "verdict": Verdict.FAIL,
        "blame": Blame.PRODUCT,
        "party": "his-a",
        "expected": "1",
        "received": "2",
        "next_step": ONE,
        **fields,
    }
    return finding("PD-GEN-001", cell, where=Where(exchange=exchange, path=path), **given)


def shown(*findings: Finding, lang: str = "en", info: RunInfo = INFO) -> str:
    out = io.StringIO()
    console = Console(file=out, width=200, color_system=None)
    print_run(console, summarise(info, findings, load_catalogue()), load_catalogue(), lang)  # type: ignore[arg-type]
    return out.getvalue()


def below(text: str) -> str:
    """What stands below the first line, which says already why a party fails."""
    return text.partition("\n")[2]


@pytest.mark.parametrize(
    "other",
    [
        {"path": "Bundle.link"},
        {"party": "dvza-a"},
        {"blame": Blame.SPECIFICATION},
        {"next_step": Text(nl="iets anders", en="something else")},
        {"rule": "bdl-1"},
        {"mode": "fhirpath:hapi"},
        {"received": "3"},
        {"verdict": Verdict.DISPUTED},
    ],
    ids=lambda other: next(iter(other)),
)
def test_findings_that_differ_are_told_apart(other):
    findings = [said(), said(exchange="x.0002", **other)]
    assert [len(items) for items in grouped(findings)] == [1, 1]
    text = below(shown(*findings))
    assert text.count("PD-GEN-001 ") == 2 and "count:" not in text


def test_the_same_finding_of_several_cells_and_exchanges_is_told_once_and_counted():
    findings = [said(), said(exchange="x.0002"), said(CELLS[1], exchange="y.0001")]
    assert "count:         3 times in 2 cells" in shown(*findings)
    text = below(shown(*findings, lang="nl"))
    assert text.count("PD-GEN-001 ") == 1 and "aantal:        3 keer in 2 cellen" in text


def test_what_does_not_fit_is_counted():
    text = below(shown(*(said(received=str(number)) for number in range(10))))
    assert text.count("PD-GEN-001 ") == 8 and "another 2 findings in the report" in text


def test_the_matrix_counts_every_verdict():
    text = shown(said(verdict=Verdict.DISPUTED, blame=Blame.SPECIFICATION))
    row = next(line for line in text.splitlines() if "pdfa-3.0 · mm-2.2" in line)
    assert "≠ HIS ≠1" in row


def test_what_is_open_is_told_once_per_reason():
    reason = Text(nl="geen bestand", en="no file")
    open_ = [
        finding(name, cell, Verdict.NOT_TESTED, next_step=reason)
        for name in ("PD-GEN-001", "PD-GEN-002")
        for cell in CELLS
    ]
    text = shown(*open_)
    assert text.count("no file") == 1
    assert "○ 2 requirements not tested: no file (PD-GEN-001, PD-GEN-002)" in text


def test_what_was_seen_is_told_with_what_is_open_when_it_was_the_same_everywhere():
    def open_(cell: Cell, received: str) -> Finding:
        return said(cell, verdict=Verdict.INCONCLUSIVE, blame=None, received=received)

    same = shown(open_(CELLS[0], "HTTP 500; exception: x"), open_(CELLS[1], "HTTP 500; exception: x"))
    assert "? 1 requirement undecided: change this [HTTP 500; exception: x]" in same
    differ = shown(open_(CELLS[0], "HTTP 500"), open_(CELLS[1], "HTTP 502"))
    assert differ.count("change this") == 1 and "HTTP 50" not in differ


def test_an_error_says_what_happened_and_another_partys_cause_is_named():
    broken = said(verdict=Verdict.ERROR, blame=Blame.HARNESS, received="KeyError: nobody")
    blocked = finding("PD-GEN-002", CELLS[0], Verdict.INCONCLUSIVE, next_step=ONE, cause="pgo-1")
    text = shown(broken, blocked)
    assert "E 1 requirement error: change this [KeyError: nobody]" in text
    assert "(first cause: pgo-1)" in text


def test_a_cause_is_told_in_one_line_also_with_what_others_cannot_show_because_of_it():
    mine = finding("PD-GEN-001", CELLS[0], Verdict.INCONCLUSIVE, next_step=ONE, party="his-a")
    theirs = finding(
        "PD-GEN-002", CELLS[0], Verdict.INCONCLUSIVE, next_step=ONE, party="dvza-a", cause="his-a"
    )
    assert [(len(item.requirements), item.cause) for item in by_reason([mine, theirs])] == [(2, "his-a")]
    others = msgspec.structs.replace(theirs, cause="pgo-1")
    assert [item.cause for item in by_reason([mine, others])] == ["", "pgo-1"]


def test_where_a_flow_broke_is_told_before_what_is_wrong_besides():
    """Until that is solved nobody sees what else there is; who broke it is named with it."""
    broke = {"next_step": ONE, "received": "protocol: answer larger than 1 bytes"}
    mine = finding("PD-GEN-002", CELLS[0], Verdict.INCONCLUSIVE, party="his-a", **broke)
    theirs = finding("MM-TOK-001", CELLS[0], Verdict.INCONCLUSIVE, party="dvza-a", cause="his-a", **broke)
    besides = said(received="something else", next_step=Text(nl="los dit op", en="solve this"))
    first, second = shown(besides, mine, theirs).splitlines()[:2]
    assert first.startswith("? 2 requirements undecided: change this [protocol: answer larger than 1 bytes]")
    assert "(first cause: his-a)" in first and "something else" in second


def test_what_nobody_else_broke_is_not_told_above_the_matrix():
    alone = finding("PD-GEN-002", CELLS[0], Verdict.INCONCLUSIVE, party="his-a", next_step=ONE)
    text = shown(alone)
    assert text.index("change this") > text.index("HIS × PGO")


def test_a_limit_is_told_once_above_the_matrix():
    late = Trouble(
        cell=CELLS[0].key, requirements=("PD-GEN-001",), blame=Blame.CONFIGURATION, what=ONE, limit="run"
    )
    open_ = finding("PD-GEN-001", CELLS[0], Verdict.INCONCLUSIVE, next_step=ONE, party="his-a")
    text = shown(open_, info=msgspec.structs.replace(INFO, troubles=(late,)))
    assert text.count("change this") == 1 and text.index("change this") < text.index("HIS × PGO")
    assert "? 1 requirement undecided: see above (PD-GEN-001)" in text


def test_a_stand_in_among_live_parties_is_shown_only_when_something_was_found():
    assert "is simulated" not in shown(said())
    twin = finding("PD-REQ-001", CELLS[0], Verdict.FAIL, blame=Blame.PRODUCT, party="pgo-1")
    assert "pgo-1 is simulated and gets no verdict." in shown(twin)
