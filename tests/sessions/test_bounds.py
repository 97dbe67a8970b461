"""Memory and disk of a day are bounded: what is kept, and when a network that is served stops by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from live_pgo.pgo import Pgo
from served import Served

from harness.cli.serve import bounds
from harness.cli.serve.bounds import Bounds
from harness.core.exits import ExitCode
from harness.network.twins.dvza import records
from harness.network.twins.dvza.records import Kept
from harness.record import Recorder


def test_the_oldest_goes_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST", 3)
    kept = Kept[int]()
    for number in range(5):
        kept[str(number)] = number
    kept["4"] = 9
    assert kept == {"2": 2, "3": 3, "4": 9}


def test_a_full_run_folder_stops_it_and_is_looked_at_now_and_then(tmp_path: Path) -> None:
    passed = [0.0]
    watched = Bounds(Recorder(), tmp_path, 1e-6, lambda: passed[0])
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "body").write_bytes(b"x" * 1500)
    assert watched.reached() is None  # it was looked at a moment ago
    passed[0] = 61.0
    full = watched.reached()
    assert full is not None
    assert "--max-gigabytes" in full.nl and "--max-gigabytes" in full.en
    passed[0] = 122.0
    assert Bounds(Recorder(), tmp_path, 0, lambda: passed[0]).reached() is None


def test_who_comes_too_often_outside_sessions_is_judged_and_sent_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A visit outside sessions is recorded in a cell; of so many exchanges it is the end, with a verdict."""
    with Served(tmp_path / "run") as served:
        watch = served.watch
        watch.bounds = Bounds(served.recorder, tmp_path / "run")
        provider = served.document["his"][0]["provider"]
        pgo = Pgo(served.document, 0, frozenset())
        pgo.visit(provider, "hanna-wilgenkamp")
        watch.judge_quiet()
        assert "combination" not in capsys.readouterr().err
        monkeypatch.setattr(bounds, "MAX_EXCHANGES", 5)
        watch.lang = "en"
        assert watch.run(0) in (ExitCode.OK, ExitCode.FAILED, ExitCode.UNDECIDED)
        assert "of one combination were recorded outside sessions" in capsys.readouterr().err
        assert (tmp_path / "run" / "findings.json").is_file()
