"""The clock of the machine moves, or the time is up, while a cell is dealt with: it is said, nobody is accused."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from harness.cli import qualify
from harness.core.clock import Steadiness
from harness.matrix import qualification
from harness.matrix.crew import driving

pytestmark = pytest.mark.slow
WORDS = (
    "--standard",
    "pdfa-3.0",
    "--pgo",
    "pgo-zon",
    "--vendor",
    "his-eik",
    "--at",
    "2026-03-01",
    "--skip-doctor",
    *("--only", "PD-GEN-001", "--only", "PD-DOC-001"),
)


def test_steadiness_sees_a_day_but_not_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    steady, real = Steadiness(), time.time
    assert abs(steady.moved()) < 1
    monkeypatch.setattr(time, "time", lambda: real() - 86_400)
    assert -86_401 < steady.moved() < -86_399


def test_a_cell_whose_clock_moved_decides_nothing(
    here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driving.Steadiness, "moved", lambda _: 86_400.0)
    code, told = here("qualify", "--out", tmp_path / "run", *WORDS)
    assert code == 6 and "+86400 s" in told and "klok" in told
    found = json.loads((tmp_path / "run" / "findings.json").read_text())["findings"]
    assert {item["verdict"] for item in found} == {"error"} and {item["blame"] for item in found} == {
        "configuration"
    }
    code, told = here("judge", tmp_path / "run")
    assert code == 6 and "byte voor byte gelijk" in told


@pytest.mark.parametrize("busy", ["judge_cell", "cell_exchanges"], ids=["judging", "reading the recording"])
def test_judging_that_is_cut_short_says_so_and_is_said_again_by_judge(
    here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, busy: str
) -> None:
    """A recording is read once: that it is long must not take what is left of the time."""
    real, calls, reads = driving.judge_cell, [], []

    def slow(*given):
        calls.append(given)
        if busy == "judge_cell" and len(calls) == 1 and run.hurry():
            raise KeyboardInterrupt  # what the alarm does
        return real(*given)

    def read(*given):
        reads.append(given)
        assert busy != "cell_exchanges" or not run.hurry()
        return exchanges(*given)

    def kept(self, *given, **named):
        nonlocal run
        run = self
        opened(self, *given, **named)

    exchanges = driving.cell_exchanges
    run, opened = None, qualification.Qualification.__init__
    monkeypatch.setattr(qualification.Qualification, "__init__", kept)
    monkeypatch.setattr(driving, "judge_cell", slow)
    monkeypatch.setattr(driving, "cell_exchanges", read)
    code, told = here("qualify", "--out", tmp_path / "run", "--budget", "100s", "--lang", "en", *WORDS)
    assert code == 6 and told.count("took longer than what was left of the budget of the run (100s)") == 1, (
        told
    )
    assert len(reads) == 1 and len(calls) == (2 if busy == "judge_cell" else 1)
    found = json.loads((tmp_path / "run" / "findings.json").read_text())["findings"]
    assert {item["verdict"] for item in found} == {"inconclusive"} and {item["blame"] for item in found} == {
        None
    }
    monkeypatch.undo()
    code, told = here("judge", tmp_path / "run")
    assert code == 6 and "byte voor byte gelijk" in told


@pytest.mark.parametrize("late", [True, False], ids=["goes on", "ends"])
def test_long_after_its_budget_a_command_ends_whatever_it_does(
    late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, told = threading.Event(), []
    monkeypatch.setattr(qualify.os, "_exit", lambda code: (told.append(code), ended.set()))
    monkeypatch.setattr(qualify.os, "write", lambda place, text: told.append((place, text.decode())))
    monkeypatch.setattr(qualify, "REST", -qualify.BEGAN.get())
    with qualify._ended(time.monotonic(), "en"):
        assert not late or ended.wait(5)
    assert ended.wait(1.5) is late
    assert not late or (told[-1] == 6 and "--resume" in told[0][1])
