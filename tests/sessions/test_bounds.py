"""Memory and disk of a day are bounded: what is kept, and when a network that is served stops by itself."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from live_pgo.pgo import Pgo
from served import Served

from harness.cli.serve import watch as watching
from harness.cli.serve.bounds import Bounds
from harness.cli.serve.ending import Ending
from harness.core.exits import ExitCode
from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import RunInfo
from harness.core.run.limits import Limits
from harness.core.verdicts import Verdict
from harness.judge.catalogue import load_catalogue
from harness.judge.cells import cell_exchanges
from harness.judge.evidence.verification import rejudge
from harness.network import observe
from harness.network.twins.dvza import records
from harness.network.twins.dvza.records import Kept


def test_the_oldest_goes_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST", 3)
    kept = Kept[int]()
    for number in range(5):
        kept[str(number)] = number
    kept["4"] = 9
    assert kept == {"2": 2, "3": 3, "4": 9}


def test_a_full_run_folder_stops_it_and_is_looked_at_now_and_then(tmp_path: Path) -> None:
    passed = [0.0]
    watched = Bounds(tmp_path, 1e-6, lambda: passed[0])
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "body").write_bytes(b"x" * 1500)
    assert watched.reached() is None  # it was looked at a moment ago
    passed[0] = 61.0
    full = watched.reached()
    assert full is not None
    assert "--max-gigabytes" in full.nl and "--max-gigabytes" in full.en
    passed[0] = 122.0
    assert Bounds(tmp_path, 0, lambda: passed[0]).reached() is None


def visited(served: Served, times: int = 1) -> None:
    """Visits outside sessions: they are recorded in a cell."""
    pgo = Pgo(served.document, 0, frozenset())
    for _ in range(times):
        pgo.visit(served.document["his"][0]["provider"], "hanna-wilgenkamp")


def recorded(run: Path) -> list[Exchange]:
    """What is recorded in the cells of a run."""
    info = RunFolder.open(run).info()
    return [item for cell in info.plan for item in cell_exchanges(RunFolder.open(run), cell)]


def test_of_who_comes_too_often_outside_sessions_the_rest_is_counted_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In words on the screen, in the findings of what was not decided before, and on the first page; others go on."""
    monkeypatch.setattr(observe, "MOST_RECORDED", 9)
    monkeypatch.setattr(watching, "MOST_RECORDED", 9)
    run = tmp_path / "run"
    with Served(run) as served:
        served.watch.lang = "en"
        visited(served)
        served.watch.judge_quiet()
        assert capsys.readouterr().err.count("after them were only counted") >= 1
        served.watch.judge_quiet()
        assert "only counted" not in capsys.readouterr().err
        assert served.watch.finish() is ExitCode.UNDECIDED
        assert "only counted" in capsys.readouterr().err
    assert len(recorded(run)) == 9
    info, found = RunFolder.open(run).info(), RunFolder.open(run).judged()
    told = [item for item in info.troubles if item.limit == "recording" and item.requirements]
    assert len(told) == 1 and "9 exchanges were recorded; the " in told[0].what.en
    undecided = {item.requirement for item in found if item.verdict is Verdict.INCONCLUSIVE}
    assert "MM-CLI-018" in undecided
    assert not [item for item in found if item.verdict in (Verdict.FAIL, Verdict.WARNING, Verdict.ERROR)]
    assert "after them were only counted" in (run / "report" / "index.en.html").read_text("utf-8")
    assert rejudge(run, load_catalogue()).problem is None


def test_a_budget_ends_it_with_what_was_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    passed = [0.0]
    ending = Ending(Limits(run=1200.0), 5.0, lambda: passed[0])
    assert ending.reached() is None
    passed[0] = 1200.0 - 5.0 - 60.0
    told = ending.reached()
    assert told is not None and "the run (20m) was used up; give more with --budget" in told.en
    with Served(tmp_path / "run") as served:
        served.watch.lang, served.watch.ending = "en", ending
        visited(served)
        assert served.watch.run(0) is ExitCode.UNDECIDED  # one visit shows not all that is asked
        assert "used up" in capsys.readouterr().err
    assert (tmp_path / "run" / "report" / "index.html").is_file()
    assert {item.verdict for item in RunFolder.open(tmp_path / "run").judged()} >= {Verdict.PASS}


def test_what_takes_too_long_to_judge_is_undecided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = watching.judge_cell

    def judged(info: RunInfo, *rest: Any) -> list[Finding]:
        while not info.troubles:
            time.sleep(0.01)
        return usual(info, *rest)

    monkeypatch.setattr(watching, "judge_cell", judged)
    with Served(tmp_path / "run") as served:
        facts = served.watch.facts
        facts.limits = Limits(run=20.0)
        served.watch.ending = Ending(facts.limits, 20.0 - 10.0 * 0.3 - 0.5)
        visited(served)
        began = time.monotonic()
        assert served.watch.finish() is ExitCode.UNDECIDED
        assert time.monotonic() - began < 8
    found = RunFolder.open(tmp_path / "run").judged()
    assert {item.verdict for item in found} == {Verdict.INCONCLUSIVE}
    assert all(item.next_step.en.startswith("judging what pgo-zon sent took longer") for item in found)
