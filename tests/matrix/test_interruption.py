"""A run that is stopped from outside: it ends at once, tells what it reached, and can be gone on with."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from cleaningkit import SHARING, Store, hosted

from harness.core.run.folder import RunFolder

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
NETWORK = """
name: hanging
persons:
  - {{id: tester, name: T. Ester, bsn: "999990019", birth_date: "1970-01-31", patients: [hanna-wilgenkamp]}}
participants:
  - {{id: his, role: his, kind: live, vendor: Een BV, product: Een HIS, version: "1", dvza: dvza,
     standards: [huisartsgegevens-2.0], fhir: "http://127.0.0.1:{port}/fhir", auth: none,
     patient: "header X-Patient-Id", id_map: {{tester: hanna-wilgenkamp}},
     person: {{huisartsgegevens-2.0: tester}}}}
  - {{id: dvza, role: dvza, kind: twin, standards: [huisartsgegevens-2.0]}}
  - {{id: pgo, role: pgo, kind: twin, standards: [huisartsgegevens-2.0]}}
"""
SMALL = ("--standard", "pdfa-3.0", "--pgo", "pgo-zon", "--vendor", "his-eik")
"""What ``small_run`` asks."""
SECONDS = 15.0
"""A run that was told to stop has ended by then, on a busy machine too."""


@pytest.fixture
def hanging():
    """A server that takes every connection and never says anything."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=64)) as server:
        yield server.getsockname()[1]


def qualify(
    out: Path, *words: str | Path, prepare: Callable[[], None] | None = None
) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "harness",
        "qualify",
        "--out",
        out,
        "--at",
        "2026-03-01",
        "--skip-doctor",
    ]
    return subprocess.Popen(
        [*map(str, command), *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("HARNESS_")},
        preexec_fn=prepare or heeds_ctrl_c,
    )


def heeds_ctrl_c() -> None:
    """What a shell starts in the background ignores SIGINT, and so does all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for_exchanges(out: Path, least: int, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        lines = sum(path.read_bytes().count(b"\n") for path in (out / "exchanges").glob("*.jsonl"))
        if lines > least:
            return
        time.sleep(0.05)
    pytest.fail(f"no {least} exchanges: {process.communicate()}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_hangs_and_is_stopped_reports_and_ends(tmp_path, hanging, number):
    network = tmp_path / "network.yaml"
    network.write_text(NETWORK.format(port=hanging))
    out = tmp_path / "run"
    process = qualify(out, "--network", network, "--lang", "en")
    wait_for_exchanges(out, 6, process)
    process.send_signal(number)
    began = time.monotonic()
    shown, errors = process.communicate(timeout=60)
    assert time.monotonic() - began < SECONDS
    assert process.returncode == 6, "recorded, and nothing decided"
    assert "Traceback" not in shown + errors
    named = f"ended by {signal.Signals(number).name}, the run did not finish; go on with it with --resume"
    assert named in shown + errors
    assert "the run ended before this was reached" in shown
    assert (out / "report" / "index.html").is_file()
    assert json.loads((out / "findings.json").read_bytes())["findings"] == []
    assert not RunFolder.open(out).finished


def test_a_run_that_is_stopped_deletes_what_it_wrote(tmp_path, monkeypatch):
    """The HIS takes two of three requests to share, and hangs on the third."""
    monkeypatch.setenv("CLEANING_TEST_SECRET", "geheim-van-de-his-7")
    store = Store(hangs_after=2)
    network, out = tmp_path / "network.yaml", tmp_path / "run"
    with hosted(store) as url:
        network.write_text(SHARING.format(fhir=url))
        process = qualify(out, "--network", network, "--lang", "en", "--clean-up")
        assert store.hanging.wait(60), process.communicate(timeout=5)
        there = len(store.kept)
        process.send_signal(signal.SIGINT)
        shown, errors = process.communicate(timeout=60)
    assert there >= 2 and store.kept == {}, shown + errors
    assert f"Cleaned up at his-x: {there} of" in shown
    assert "Traceback" not in shown + errors
    assert f"{there} of" in (out / "report" / "index.en.html").read_text()


@pytest.mark.parametrize(
    ("limit", "value", "why"),
    [(resource.RLIMIT_FSIZE, 40_000, "File too large"), (resource.RLIMIT_NOFILE, 24, "Too many open files")],
    ids=["no room", "no descriptors"],
)
def test_what_the_machine_refuses_is_one_sentence(tmp_path, limit, value, why):
    """Whoever meets it first: the recording, a report, Allure or JUnit."""
    out = tmp_path / "run"
    process = qualify(out, *SMALL, "--lang", "en", prepare=lambda: resource.setrlimit(limit, (value, value)))
    shown, errors = process.communicate(timeout=120)
    assert process.returncode == 3, shown + errors
    assert f"received: {why}" in errors and errors.count(why) == 1, errors
    assert not any(word in shown + errors for word in ("Traceback", "INTERNALERROR", "report it"))


def test_a_killed_run_is_gone_on_with(tmp_path, harness, small_run):
    out, words = tmp_path / "run", SMALL
    process = qualify(out, *words)
    wait_for_exchanges(out, 12, process)
    process.kill()
    process.communicate()
    before = {path.name.split(".jsonl")[0]: path.read_bytes() for path in (out / "exchanges").iterdir()}
    assert harness("qualify", "--out", out, "--skip-doctor", *words).code == 2, "not by accident"
    again = harness("qualify", "--out", out, "--at", "2026-03-01", "--skip-doctor", *words, "--resume")
    assert again.code == 0, again.err
    assert before.keys() <= {path.name.split(".jsonl")[0] for path in (out / "exchanges").iterdir()}
    undisturbed, done = small_run
    assert done.code == 0
    assert verdicts(out) == verdicts(undisturbed)
    verified = harness("verify", out, "--lang", "en")
    assert verified.code == 6 and "whole: " in verified.out, "no verdict, for it is a rehearsal"


def verdicts(run: Path) -> list[tuple[str, str, str, str]]:
    return [
        (item.requirement, item.cell.key, item.verdict.value, item.expected)
        for item in RunFolder.open(run).findings()
    ]


def test_a_folder_in_use_is_refused_before_anything_takes_time(tmp_path, harness):
    out = tmp_path / "run"
    out.mkdir()
    owner = f'{{"pid": {os.getpid()}, "started": "", "host": "{os.uname().nodename}"}}'
    (out / "run.lock").write_text(owner)
    done = harness("qualify", "--network", tmp_path / "absent.yaml", "--out", out, "--lang", "en")
    assert done.code == 2 and "is in use by another run already" in done.err


def test_a_signal_after_the_end_of_a_run_leaves_its_result(copy, here, monkeypatch):
    def stop(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.cli.qualify.pytest.main", stop)
    words = ("--standard", "pdfa-3.0", "--pgo", "pgo-zon", "--vendor", "his-eik", "--skip-doctor")
    code, told = here("qualify", "--out", copy, *words)
    assert code == 0 and "Eikenblad HIS" not in told and "--resume" not in told
