"""A scripted live PGO through sessions of ``harness serve``: correct, and with one mistake at a time.

Each is a PGO of its own in one network that is served once; all their sessions run side by side, with every
situation. Printed is what does not come out as ``live_pgo/wrong.py`` says.

    python benchmarks/sessions.py [--only NAME …] [--workers N] [--table]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml
from live_pgo.pgo import Pgo
from live_pgo.wrong import WRONG

ROOT = Path(__file__).resolve().parents[1]
STANDARDS = ["huisartsgegevens-2.0", "overgevoeligheden-3.0"]


def network(names: list[str]) -> dict[str, Any]:
    """One HIS and DVZA, and a PGO per mistake."""
    pgos = [
        {"id": f"pgo-{number}", "role": "pgo", "kind": "twin", "host": f"pgo{number}.example",
         "product": name or "correct", "standards": STANDARDS}
        for number, name in enumerate(names)
    ]  # fmt: skip
    his = {"id": "his", "role": "his", "kind": "twin", "dvza": "dvza", "standards": STANDARDS}
    dvza = {"id": "dvza", "role": "dvza", "kind": "twin", "standards": STANDARDS}
    return {"participants": [his, dvza, *pgos]}


@contextmanager
def serving(folder: Path, document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    """``harness serve`` in a process of its own; gives what it printed."""
    path = folder / "network.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    command = [sys.executable, "-m", "harness", "serve", "--json", "--network", str(path)]
    process = subprocess.Popen(
        [*command, "--out", str(folder / "run")],
        stdout=subprocess.PIPE,
        stderr=(folder / "serve.log").open("w"),
        text=True,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline()), process
    finally:
        process.terminate()
        process.wait(60)


def call(api: str, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """One request to the API of sessions."""
    answer = httpx.request(method, api + path, json=body, timeout=120, trust_env=False)
    if answer.is_error:
        raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text[:2000]}")
    found: dict[str, Any] = answer.json()
    return found


def through(served: dict[str, Any], number: int, name: str, situations: list[str]) -> dict[str, Any]:
    """The whole session of one PGO; gives what is said at its end."""
    api = served["sessions"]["api"]
    wish = {"pgo": f"pgo-{number}", "standard": "hg", "situations": situations}
    session = call(api, "POST", "/sessions", wish)
    pgo = Pgo(served, number, frozenset({name} - {""}))
    pgo.hosts.update(session["reach"]["hosts"])
    provider, person = session["reach"]["provider"], session["person"]
    while session["now"]:
        now = session["now"]["id"]
        play(pgo, now, provider, person)
        session = call(api, "POST", f"/sessions/{session['id']}/next", {"after": now})
    return call(api, "POST", f"/sessions/{session['id']}/end", {})


def play(pgo: Pgo, situation: str, provider: str, person: str) -> None:
    """What the sheet asks of the person in one situation."""
    if situation == "ordinary":
        pgo.visit(provider, person)
        pgo.visit(provider, person)
    elif situation == "expired-token":
        pgo.live_on(provider, person)
    else:
        pgo.visit(provider, person, consent="no" if situation == "consent-refused" else "yes")


def said(session: dict[str, Any]) -> dict[str, str]:
    """What does not pass."""
    return {item["id"]: item["said"] for item in session["requirements"] if item["said"] != "pass"}


def main() -> int:
    """Run them all; 1 when one does not come out as it should."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--workers", type=int, default=6)
    parser.add_argument("--table", action="store_true", help="print what is said, as wrong.py holds it")
    arguments = parser.parse_args()
    names = [name for name in WRONG if not arguments.only or name in arguments.only]
    began, bad = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), network(names)) as (served, _):
        with ThreadPoolExecutor(arguments.workers) as pool:
            ended = list(pool.map(lambda item: through(served, *item, ["all"]), enumerate(names)))
        for name, session in zip(names, ended, strict=True):
            found = said(session)
            if arguments.table:
                print(f"    {json.dumps(name)}: {json.dumps(found)},")
            elif found != WRONG[name]:
                bad += 1
                print(f"{name or 'correct'}: expected {WRONG[name]}, said {found}")
    print(f"{len(names) - bad} of {len(names)} as they should, in {time.monotonic() - began:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
