"""A signal that comes while pytest opens or closes: the run as it stands decides, nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import qualify, run

WORDS = ("--standard", "pdfa-3.0", "--pgo", "pgo-zon", "--vendor", "his-eik", "--skip-doctor", "--lang", "en")


def stop(*_: object, **__: object) -> int:
    raise KeyboardInterrupt


def test_before_anything_ran(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(qualify.pytest, "main", stop)
    assert run(["qualify", "--out", str(tmp_path / "run"), *WORDS]) == 4
    assert "Traceback" not in capsys.readouterr().err


def test_a_run_that_began_can_be_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def begun(*_: object, **__: object) -> int:
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "run-start.json").write_text("{}")
        raise KeyboardInterrupt

    monkeypatch.setattr(qualify.pytest, "main", begun)
    assert run(["qualify", "--out", str(tmp_path / "run"), *WORDS]) == 6
    assert "--resume" in capsys.readouterr().err
