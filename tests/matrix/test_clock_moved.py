"""The clock of the machine moves while a cell is driven: nobody is accused, and it is said."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from harness.core.clock import Steadiness
from harness.matrix import qualification

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
)


def test_steadiness_sees_a_day_but_not_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    steady, real = Steadiness(), time.time
    assert abs(steady.moved()) < 1
    monkeypatch.setattr(time, "time", lambda: real() - 86_400)
    assert -86_401 < steady.moved() < -86_399


def test_a_cell_whose_clock_moved_decides_nothing(
    here, small_run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qualification.Steadiness, "moved", lambda _: 86_400.0)
    code, told = here("qualify", "--out", tmp_path / "run", *WORDS)
    assert code == 6 and "+86400 s" in told and "klok" in told
    found = json.loads((tmp_path / "run" / "findings.json").read_text())["findings"]
    assert {item["verdict"] for item in found} == {"error"} and {item["blame"] for item in found} == {
        "configuration"
    }
    code, told = here("judge", tmp_path / "run")
    assert code == 6 and "byte voor byte gelijk" in told
