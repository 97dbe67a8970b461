"""``harness serve`` with sessions as a process: the commands, a kill, and a stop."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from live_pgo.pgo import Pgo

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


def harness(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=120)


@pytest.fixture
def process(tmp_path: Path):
    command = [sys.executable, "-m", "harness", "serve", "--json", "--out", str(tmp_path / "run")]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT)
    yield started
    started.kill()
    started.wait(30)


def opened(process: Any) -> tuple[dict[str, Any], str]:
    served = json.loads(process.stdout.readline())
    return served, served["sessions"]["api"]


def working(served: dict[str, Any], session: dict[str, Any], *wrong: str) -> None:
    pgo = Pgo(served, 0, frozenset(wrong))
    pgo.hosts.update(session["reach"]["hosts"])
    pgo.visit(session["reach"]["provider"], session["person"])


def test_what_was_recorded_survives_a_kill_and_a_stop_is_quick(process: Any, tmp_path: Path):
    served, api = opened(process)
    wish = {"pgo": "pgo-zon", "standard": "hg"}
    session = httpx.post(f"{api}/sessions", json=wish, timeout=60, trust_env=False).json()
    working(served, session, "patient-named")
    shown = httpx.get(f"{api}/sessions/s1", timeout=60, trust_env=False).json()["requirements"]
    process.kill()
    process.wait(30)
    judged = harness("judge", "--json", tmp_path / "run" / "sessions" / "s1")
    assert judged.returncode == 1, judged.stderr
    failed = {
        item["requirement"] for item in json.loads(judged.stdout)["findings"] if item["verdict"] == "fail"
    }
    assert failed == {item["id"] for item in shown if item["said"] == "fail"} == {"HG-REQ-001"}
    again = harness("serve", "--json", "--resume", "--seconds", "1", "--out", tmp_path / "run")
    assert again.returncode == 4, again.stderr
    assert (tmp_path / "run" / "sessions" / "s1").is_dir()


def test_traffic_without_a_session_survives_a_kill_too(process: Any, tmp_path: Path):
    served, _ = opened(process)
    pgo = Pgo(served, 0, frozenset({"patient-named"}))
    pgo.visit("huisarts.wilgenhof@medmij", "hanna-wilgenkamp")
    process.kill()
    process.wait(30)
    judged = harness("judge", "--json", tmp_path / "run")
    assert judged.returncode == 1, judged.stderr


def test_the_commands(process: Any):
    _, api = opened(process)
    words = ("serve", "session")
    started = harness(*words, "start", "--pgo", "pgo-zon", "--standard", "hg", "--api", api, "--lang", "en")
    assert started.returncode == 0, started.stderr
    assert "now: an ordinary visit" in started.stdout
    assert "s1" in harness(*words, "list", "--api", api).stdout
    assert "Wilgenkamp" in harness(*words, "sheet", "s1", "--api", api).stdout
    moved = json.loads(harness(*words, "next", "s1", "state-altered", "--api", api, "--json").stdout)
    assert moved["now"]["id"] == "state-altered"
    wrong = harness(*words, "start", "--pgo", "pgo-zonn", "--api", api, "--lang", "en")
    assert wrong.returncode == 2
    assert "did you mean 'pgo-zon'?" in wrong.stderr
    assert harness(*words, "end", "s1", "--api", api).returncode == 4, "nothing was recorded"
    began = time.monotonic()
    process.terminate()
    process.wait(30)
    assert time.monotonic() - began < 5
    gone = harness(*words, "list", "--api", api, "--lang", "en")
    assert gone.returncode == 2
    assert "start `harness serve`" in gone.stderr
