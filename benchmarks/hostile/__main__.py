"""Runs against servers that mean harm: each ends within its budget, small, with the right side and the first cause.

A server in a process of its own attacks one step: ``his`` behind our DVZA, or a DVZA's ``resource``, ``token`` or
``authorize`` endpoint. ``harness qualify --budget`` runs against it as a user runs it::

    python benchmarks/hostile                                # every mode at every place
    python benchmarks/hostile --only gzip-bomb tls-hangs     # some
    python benchmarks/hostile --place his                    # one place
    python benchmarks/hostile --shard 1/2                    # every second run; 2/2 the others

Exits 1 when a bar is missed: within the budget, 400 MB, exit code 1 or 6, nobody else accused, first cause named.

The first cause is the first thing that the console tells of the hostile party: a line above the matrix that names it,
else the first block below the headline of that party. It has to say what the mode does (``says`` in ``modes.py``).
"""

from __future__ import annotations

import argparse
import json
import os
import re
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


def measured(words: list[str], seconds: float, console: Path) -> tuple[int, float, float]:
    """Exit code, seconds and megabytes of a command; one that does not end is ended.

    :param console: where what it prints goes.
    """
    began = time.monotonic()
    with console.open("wb") as printed:
        process = subprocess.Popen(words, stdout=printed, stderr=subprocess.PIPE, cwd=ROOT)
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


def hostile(place: str) -> tuple[str, ...]:
    """Who may be blamed: what a DVZA hands over are the data of its HIS."""
    return ("his",) if place == "his" else ("dvza", "his")


def blamed(run: Path, place: str) -> tuple[str, list[str]]:
    """Who is said to be wrong, and who is accused wrongly."""
    path = run / "findings.json"
    found = json.loads(path.read_text())["findings"] if path.is_file() else []
    fails = [item for item in found if item["verdict"] == "fail"]
    wrong = [
        f"{item['requirement']} fails {item['party']}"
        for item in fails
        if item["party"] not in hostile(place)
    ]
    wrong += [
        f"{item['requirement']}: {item['received'][:80]}" for item in found if item.get("blame") == "harness"
    ]
    undecided = [item for item in found if item["verdict"] == "inconclusive"]
    sides = Counter(item["cause"] or item["party"] for item in [*undecided, *fails])
    return next((name for name, _ in sides.most_common() if name in hostile(place)), ""), wrong


def first_told(console: str, place: str) -> str:
    """What the console tells first of the hostile party."""
    above, _, below = console.partition("HIS × PGO")
    names = "|".join(hostile(place))
    for line in above.splitlines():
        if re.search(rf"(?<!\S)(?:{names})(?![\w.-])", line):
            return line.strip()
    for block in below.split("\n\n"):
        headline, _, rest = block.strip("\n").partition("\n")
        if rest and re.search(rf"(?<!\S)(?:{names})(?= does not meet|: )", headline):
            told = rest.splitlines()
            later = (number for number, line in enumerate(told) if number and not line.startswith(" " * 6))
            return " ".join(" ".join(told[: next(later, len(told))]).split())
    return ""


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
        command = [sys.executable, "-m", "harness", *words]
        code, seconds, megabytes = measured(command, budget * 3, folder / "console.txt")
    finally:
        server.kill()
        server.wait()
    side, wrong = blamed(folder / "run", place)
    told = first_told((folder / "console.txt").read_text(), place)
    misses = {
        "exit": code not in (1, 6),
        "time": seconds > budget,
        "memory": megabytes > MEGABYTES,
        "side": not side or bool(wrong),
        "cause": not mode.named(told),
    }
    return {
        "mode": mode.name, "place": place, "seconds": round(seconds, 1), "MB": round(megabytes), "exit": code,
        "side": side, "told": told, "wrong": wrong, "misses": [name for name, missed in misses.items() if missed],
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
            missed = f"BAD ({', '.join(row['misses'])})" if row["misses"] else ""
            print(line, missed, row["told"], *row["wrong"][:3], flush=True)
    bad = [row for row in rows if row["misses"]]
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
