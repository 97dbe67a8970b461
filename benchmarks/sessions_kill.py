"""``kill -9`` of ``harness serve`` at random moments: what was recorded of sessions gives its findings.

At each moment the findings that the API had just shown must come of ``harness judge`` too, for what nothing
later could change: a *fail* or *warning* stays, and nothing is damaged. Also measured: how fast ``serve`` stops.

    python benchmarks/sessions_kill.py [--times N] [--seed N]
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
from live_pgo.pgo import Pgo
from sessions import ROOT, call, network, play

STOPS = 5.0
"""Seconds in which it must have stopped."""
WRONG = ("", "accept-plain", "patient-named", "code-again", "state-ignored", "older-lists")


def working(served: dict[str, Any], number: int, session: dict[str, Any]) -> None:
    """A PGO that goes on until nobody answers."""
    pgo = Pgo(served, number, frozenset({WRONG[number]} - {""}))
    pgo.hosts.update(session["reach"]["hosts"])
    with suppress(Exception, SystemExit):
        while session["now"]:
            now = session["now"]["id"]
            play(pgo, now, session["reach"]["provider"], session["person"])
            session = call(
                served["sessions"]["api"], "POST", f"/sessions/{session['id']}/next", {"after": now}
            )


def shown(api: str, identifier: str) -> dict[str, str]:
    """What the API says was wrong."""
    answer = httpx.get(f"{api}/sessions/{identifier}/findings", timeout=10, trust_env=False).json()
    return {
        item["id"]: item["requirement"]
        for item in answer["findings"]
        if item["verdict"] in ("fail", "warning")
    }


def judged(folder: Path) -> tuple[int, dict[str, str]]:
    """Exit code of ``harness judge``, and what it says was wrong."""
    command = [sys.executable, "-m", "harness", "judge", "--json", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode not in (0, 1, 4, 6):
        return done.returncode, {"": done.stdout + done.stderr}
    found = json.loads(done.stdout)["findings"]
    return done.returncode, {
        item["id"]: item["requirement"] for item in found if item["verdict"] in ("fail", "warning")
    }


def once(folder: Path, moment: float, *, kill: bool) -> tuple[list[str], float]:
    """Serve, let the PGOs work, end it after a moment; gives what is not right, and how long ending took."""
    path = folder / "network.yaml"
    path.write_text(json.dumps(network(list(WRONG))), encoding="utf-8")
    command = [sys.executable, "-m", "harness", "serve", "--json", "--network", str(path)]
    process = subprocess.Popen(
        [*command, "--out", str(folder / "run")], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT
    )
    assert process.stdout is not None
    served = json.loads(process.stdout.readline())
    api = served["sessions"]["api"]
    threads, ids = [], []
    for number in range(len(WRONG)):
        session = call(api, "POST", "/sessions", {"pgo": f"pgo-{number}", "standard": "hg"})
        ids.append(session["id"])
        threads.append(threading.Thread(target=working, args=(served, number, session)))
        threads[-1].start()
    time.sleep(moment)
    before = {identifier: shown(api, identifier) for identifier in ids}
    began = time.monotonic()
    if kill:
        process.kill()
    else:
        process.terminate()
    process.wait(60)
    took = time.monotonic() - began
    for thread in threads:
        thread.join()
    wrong = []
    for identifier in ids:
        code, after = judged(folder / "run" / "sessions" / identifier)
        missing = before[identifier].keys() - after.keys()
        if "" in after or missing:
            wrong.append(f"{identifier}: exit {code}, lost {sorted(missing)} {after.get('', '')[:500]}")
    code, after = judged(folder / "run")
    if "" in after:
        wrong.append(f"run: exit {code} {after['']}")
    return wrong, took


def main() -> int:
    """Kill it often; 1 when something is lost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance, bad = random.Random(arguments.seed), 0
    for number in range(arguments.times):
        moment = chance.uniform(0.0, 12.0)
        with tempfile.TemporaryDirectory() as folder:
            wrong, _ = once(Path(folder), moment, kill=True)
        bad += bool(wrong)
        print(f"{number + 1}: killed after {moment:.1f} s: {wrong or 'nothing lost'}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        wrong, took = once(Path(folder), 8.0, kill=False)
    print(f"{arguments.times - bad} of {arguments.times} kills lost nothing")
    print(f"with {len(WRONG)} open sessions it stops in {took:.1f} s: {wrong or 'nothing lost'}")
    bad += bool(wrong) or took > STOPS
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
