"""Runs against servers that mean harm: each ends within its budget, small, with the right side and the first cause.

A server in a process of its own attacks one step: ``his`` behind our DVZA, or a DVZA's ``resource``, ``token`` or
``authorize`` endpoint. ``harness qualify --budget`` runs against it as a user runs it::

    python benchmarks/hostile                                # every mode at every place
    python benchmarks/hostile --only gzip-bomb tls-hangs     # some
    python benchmarks/hostile --place his                    # one place
    python benchmarks/hostile --shard 1/2                    # every second run; 2/2 the others

Exits 1 when a bar is missed: within the budget, 400 MB, exit code 1 or 6, nobody else accused, the cause named.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))

from modes import MODES, Mode  # noqa: E402

from harness.pki.authority import TestPki  # noqa: E402

MEGABYTES = 400.0
HOST = "h.example"
STANDARD = "huisartsgegevens-2.0"


def network(place: str, port: int) -> dict[str, Any]:
    """A network file in which the hostile server has this place."""
    person: dict[str, Any] = {"id": "tester", "name": "T. Ester", "bsn": "999990019", "birth_date": "1970-01-31",
                              "patients": ["p1"]}  # fmt: skip
    his: dict[str, Any] = {
        "id": "his",
        "role": "his",
        "kind": "live",
        "dvza": "dvza",
        "standards": [STANDARD],
    }
    dvza: dict[str, Any] = {"id": "dvza", "role": "dvza", "kind": "live", "standards": [STANDARD]}
    if place == "his":
        his |= {"fhir": f"https://{HOST}/fhir", "patient": "header X-Patient", "person": {STANDARD: "tester"}}
        dvza["kind"] = "twin"
    else:
        dvza |= {"authorize": f"https://{HOST}/authorize", "token": f"https://{HOST}/token", "login": "mock",
                 "resource": {"49": f"https://{HOST}/fhir"}}  # fmt: skip
    return {
        "name": "hostile",
        "trust": ["anchors.pem"],
        "connect": {f"{HOST}:443": f"127.0.0.1:{port}"},
        "persons": [person],
        "participants": [his, dvza, {"id": "pgo", "role": "pgo", "kind": "twin", "standards": [STANDARD]}],
    }


def measured(words: list[str], seconds: float) -> tuple[int, float, float]:
    """Exit code, seconds and megabytes of a command; one that does not end is ended."""
    began = time.monotonic()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT)
    code = None
    while code is None:
        found, status, usage = os.wait4(process.pid, os.WNOHANG)
        if found:
            code = os.waitstatus_to_exitcode(status)
        elif time.monotonic() - began > seconds:
            process.kill()
            _, status, usage = os.wait4(process.pid, 0)
            code = os.waitstatus_to_exitcode(status)
        else:
            time.sleep(0.05)
    assert process.stderr is not None
    told = process.stderr.read().decode("utf-8", "replace")
    process.stderr.close()
    if code not in (1, 6):
        sys.stderr.write(told[-2000:])
    return code, time.monotonic() - began, usage.ru_maxrss / 1000


def blamed(run: Path, place: str) -> tuple[str, str, list[str]]:
    """Who is said to be wrong, the first cause, and who is accused wrongly."""
    path = run / "findings.json"
    found = json.loads(path.read_text())["findings"] if path.is_file() else []
    hostile = {"his"} if place == "his" else {"dvza", "his"}
    fails = [item for item in found if item["verdict"] == "fail"]
    wrong = [f"{item['requirement']} fails {item['party']}" for item in fails if item["party"] not in hostile]
    wrong += [
        f"{item['requirement']}: {item['received'][:80]}" for item in found if item.get("blame") == "harness"
    ]
    undecided = [item for item in found if item["verdict"] == "inconclusive"]
    sides = Counter(
        item["cause"] or item["party"] for item in undecided if item["cause"] or item["party"] in hostile
    )
    sides.update(item["party"] for item in fails)
    reasons = Counter(
        f"{item['requirement']}: {item['received']}" for item in fails if item["party"] in hostile
    )
    if not reasons:
        reasons = Counter(
            f"{item['next_step']['en']} [{item['received']}]"
            for item in undecided
            if (item["cause"] or item["party"]) in hostile and item["received"]
        )
    top = reasons.most_common(1)[0][0] if reasons else ""
    side = next((name for name, _ in sides.most_common() if name in hostile), "")
    return side, top, wrong


def attack(mode: Mode, place: str, folder: Path, budget: float, doctor: bool) -> dict[str, Any]:
    """One run."""
    fault = mode.tls if mode.tls in ("expired", "wrong-host", "untrusted") else ""
    pki = TestPki(datetime.now(UTC))
    identity = pki.server(HOST, channel="back", fault=fault)
    pem = folder / "server.pem"
    pem.write_bytes(identity.chain + identity.key)
    (folder / "anchors.pem").write_bytes(pki.trust())
    server = subprocess.Popen(
        [sys.executable, str(HERE / "server.py"), mode.name, place, str(pem)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        (folder / "network.yaml").write_text(json.dumps(network(place, port)))
        words = [
            "qualify",
            "--network",
            str(folder / "network.yaml"),
            "--out",
            str(folder / "run"),
            "--lang",
            "en",
        ]
        words += [
            "--intensity",
            "smoke",
            "--budget",
            f"{budget:.0f}s",
            *(() if doctor else ("--skip-doctor",)),
        ]
        code, seconds, megabytes = measured([sys.executable, "-m", "harness", *words], budget * 3)
    finally:
        server.kill()
        server.wait()
    side, cause, wrong = blamed(folder / "run", place)
    good = (
        code in (1, 6) and seconds <= budget and megabytes <= MEGABYTES and bool(side and cause) and not wrong
    )
    return {
        "mode": mode.name, "place": place, "seconds": round(seconds, 1), "MB": round(megabytes), "exit": code,
        "side": side, "cause": cause, "wrong": wrong, "good": good,
    }  # fmt: skip


def shard(text: str) -> tuple[int, int]:
    """``2/3``: the second of three parts.

    :raises ValueError: it is none.
    """
    part, _, parts = text.partition("/")
    if not 1 <= int(part) <= int(parts):
        raise ValueError(text)
    return int(part), int(parts)


def main() -> int:
    """Run them; 1 when one misses a bar."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--place", choices=("his", "resource", "token", "authorize"))
    parser.add_argument("--budget", type=float, default=40.0, help="seconds per run")
    parser.add_argument("--after", default="", help="begin after this mode")
    parser.add_argument("--doctor", action="store_true", help="with the doctor before it")
    parser.add_argument("--shard", type=shard, default=(1, 1), metavar="1/2", help="a part of the runs")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    names = list(MODES)
    runs = [
        (mode, place)
        for mode in list(MODES.values())[names.index(options.after) + 1 if options.after else 0 :]
        for place in mode.places
        if (not options.only or mode.name in options.only) and options.place in (None, place)
    ]
    part, parts = options.shard
    for mode, place in runs[part - 1 :: parts]:
        with tempfile.TemporaryDirectory() as temporary:
            row = attack(mode, place, Path(temporary), options.budget, options.doctor)
        rows.append(row)
        if not options.json:
            line = f"{row['mode']:28} {place:10} {row['seconds']:6.1f} s {row['MB']:4} MB exit {row['exit']} {row['side']:5}"
            print(line, "" if row["good"] else "BAD", row["cause"][:110], *row["wrong"][:3], flush=True)
    bad = [row for row in rows if not row["good"]]
    if options.json:
        sys.stdout.write(json.dumps({"rows": rows, "good": not bad}) + "\n")
    else:
        modes = {row["mode"] for row in rows}
        most = max((row["MB"] for row in rows), default=0)
        longest = max((row["seconds"] for row in rows), default=0)
        print(
            f"{len(rows)} runs, {len(modes)} modes: {len(rows) - len(bad)} good; most {most} MB, longest {longest} s"
        )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
