"""The list of commands, without any of them; each of them; and completion of their options."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import typer

from harness.cli import COMMANDS, build, run

SCRIPT = """
import json, sys
from harness.cli import run
code = run(["--help"])
print(json.dumps([code, sorted(name for name in sys.modules if name.startswith("harness."))]))
"""


def test_the_list_of_commands_loads_none_of_them() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    *shown, last = done.stdout.splitlines()
    code, loaded = json.loads(last)
    assert code == 0
    assert [name for name in COMMANDS if not any(f"│ {name} " in line for line in shown)] == []
    assert {name.split(".")[1] for name in loaded} <= {"cli", "core"}
    assert not {module for module, _ in COMMANDS.values()} & set(loaded)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_shows_its_own_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert f"harness {name}" in capsys.readouterr().out


def test_a_mistyped_command_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["qualifi"]) == 2
    assert "qualify" in capsys.readouterr().err


def test_options_are_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    words = {"_HARNESS_COMPLETE": "complete_bash", "COMP_WORDS": "harness verify --tru", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-m", "harness"], capture_output=True, text=True, env=os.environ | words, check=False
    )
    assert done.stdout.split() == ["--trust"]
    monkeypatch.setenv("_HARNESS_COMPLETE", "complete_bash")
    assert len(typer.main.get_command(build([])).commands) == len(COMMANDS)  # type: ignore[attr-defined]
