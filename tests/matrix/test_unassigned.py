"""What ends in no finding is listed at every door; a whole run of the demo leaves nothing over."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from harness.core.run.folder import RunFolder
from harness.core.run.limits import ENDED
from harness.judge.catalogue import load_catalogue
from harness.judge.cells import cell_exchanges
from harness.judge.evidence.assigned import Reason, of_cell, unassigned

pytestmark = pytest.mark.slow

AT = "2026-03-01"


def test_every_exchange_of_the_whole_demo_ends_in_a_finding(harness, tmp_path: Path) -> None:
    done = harness(
        "qualify", "--network", "demo", "--intensity", "smoke", "--out", tmp_path / "run", "--at", AT
    )
    assert done.code == 0, done.out + done.err
    run, catalogue = RunFolder.open(tmp_path / "run"), load_catalogue()
    assert list(unassigned(run, run.info(), run.findings(), catalogue)) == []
    assert "Niet toegewezen: 0 berichten" in done.out
    cell = next(cell for cell in run.info().plan if run.info().asked(cell))
    exchanges = cell_exchanges(run, cell)
    assert len(exchanges) > 100
    nothing = list(of_cell(exchanges, [], catalogue, {item.id for item in run.info().participants}))
    assert len(nothing) == len(exchanges), "without findings everything is in the list"
    assert {item.reason for item in nothing} == {Reason.NOT_ASKED}
    ended = msgspec.structs.replace(exchanges[-1], response=None, error=f"{ENDED}closed by us")
    assert [item.reason for item in of_cell([ended], [], catalogue, {ended.client})] == [Reason.ENDED]


def test_a_narrow_run_lists_what_it_was_not_asked(harness, tmp_path: Path) -> None:
    words = ("--standard", "huisartsgegevens-2.0", "--pgo", "pgo-zon", "--only", "HG-PAT-001", "--at", AT)
    done = harness("qualify", "--out", tmp_path / "run", "--json", *words)
    told = json.loads(done.out)["unassigned"]
    assert told and {item["reason"] for item in told} == {"not-asked"}
    assert all(item["number"] and item["first"] and item["what"] for item in told)
    page = (tmp_path / "run" / "report" / "index.html").read_text()
    assert "Niet toegewezen" in page and "geen van de gevraagde eisen gaat hierover" in page


def test_allure_says_it_too(door_run) -> None:
    _, allure, _ = door_run
    told = (allure / "environment.properties").read_text()
    assert "Niet toegewezen=0" in told, told
