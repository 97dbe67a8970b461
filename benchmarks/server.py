"""Latency of the seven GP searches on our FHIR server over loopback, 4 concurrent clients, measured with wrk.

::

    python benchmarks/server.py [--seconds 5] [--format json|xml|both] [--json]

The server runs in a process of its own with the records of all synthetic persons. Needs ``wrk`` (Debian package).
Bar: p50 <= 5 ms and p99 <= 25 ms for every search.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import httpx

from harness.fhir.codec import documents as codec
from harness.network.person.persons import fixture_persons

P50, P99, CLIENTS = 5.0, 25.0, 4
SEARCHES = {
    "patient": "Patient?_include=Patient:general-practitioner",
    "episodes": "EpisodeOfCare",
    "encounters": "Encounter",
    "compositions": "Composition?type=http://loinc.org%7C67781-5",
    "measurements": "Observation?code=https://referentiemodel.nhg.org/tabellen/nhg-tabel-45-diagnostische-bepalingen%7C"
    "&_include=Observation:related-target&_include=Observation:specimen&date=ge2024-12-01",
    "medication": "MedicationRequest?periodofuse=ge2026-03-01&category=http://snomed.info/sct%7C16076005"
    "&_include=MedicationRequest:medication",
    "allergies": "AllergyIntolerance?category=medication",
}
T = date(2026, 3, 1)


def milliseconds(text: str) -> float:
    """A wrk duration (``1.20ms``, ``850.00us``, ``1.00s``) in milliseconds."""
    match = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text)
    assert match, text
    return float(match.group(1)) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[match.group(2)]


def measure(url: str, token: str, accept: str, seconds: int) -> dict[str, float]:
    """p50, p99 and requests per second of one search."""
    command = [
        "wrk", "-t2", f"-c{CLIENTS}", f"-d{seconds}s", "--latency",
        "-H", f"Authorization: {token}", "-H", f"Accept: {accept}", url,
    ]  # fmt: skip
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = dict(re.findall(r"^\s+(50|99)%\s+(\S+)$", text, re.MULTILINE))
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    if bad:
        raise SystemExit(f"{url}: {bad.group()}")
    return {
        "p50": milliseconds(found["50"]),
        "p99": milliseconds(found["99"]),
        "rate": float(rate.group(1)) if rate else 0.0,
    }


def main() -> int:
    """Run the benchmark; exit 1 when the bar is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--format", choices=("json", "xml", "both"), default="both")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is not installed (Debian: apt-get install wrk)")
    with tempfile.TemporaryDirectory() as folder:
        resources, tokens = 0, []
        for person in fixture_persons():
            tokens.append({"accessToken": f"Bearer {person.id}", "resourceId": person.patient})
            for number, resource in enumerate(person.resources(T)):
                Path(folder, f"{person.id}-{number}.json").write_bytes(codec.to_json(resource))
                resources += 1
        map_file = Path(folder, "tokens")
        map_file.write_text(json.dumps(tokens))
        code = "import sys; from harness.cli.serve.fhir import app; app(sys.argv[1:])"
        server = subprocess.Popen(
            [
                sys.executable, "-c", code, "--fixtures", folder, "--port", "0", "--token-map", str(map_file),
                "--at", T.isoformat(), "--read-only",
            ],
            stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        try:
            assert server.stderr is not None
            base = server.stderr.readline().split()[-1]
            rows = run(base, options)
        finally:
            server.terminate()
            server.wait(10)
    worst = {"p50": max(row["p50"] for row in rows), "p99": max(row["p99"] for row in rows)}
    ok = worst["p50"] <= P50 and worst["p99"] <= P99
    if options.json:
        print(
            json.dumps({"resources": resources, "clients": CLIENTS, "rows": rows, "worst": worst, "pass": ok})
        )
    else:
        print(f"{resources} resources, {CLIENTS} clients, {options.seconds} s per search")
        print(f"{'search':14} {'format':6} {'kB':>7} {'p50 ms':>8} {'p99 ms':>8} {'req/s':>8}")
        for row in rows:
            print(
                f"{row['search']:14} {row['format']:6} {row['kB']:7.1f} {row['p50']:8.2f} {row['p99']:8.2f} "
                f"{row['rate']:8.0f}"
            )
        print(
            f"worst p50 {worst['p50']:.2f} ms (bar {P50}), p99 {worst['p99']:.2f} ms (bar {P99}): {'ok' if ok else 'MISSED'}"
        )
    return 0 if ok else 1


def run(base: str, options: argparse.Namespace) -> list[dict]:
    """Measure every search in every format."""
    person = max(fixture_persons(), key=lambda item: len(item.resources(T)))
    token = f"Bearer {person.id}"
    rows = []
    for form in ("json", "xml") if options.format == "both" else (options.format,):
        accept = f"application/fhir+{form}"
        for name, search in SEARCHES.items():
            for _ in range(50):
                try:
                    answer = httpx.get(f"{base}/{search}", headers={"Authorization": token, "Accept": accept})
                    break
                except httpx.ConnectError:
                    time.sleep(0.2)
            assert answer.status_code == 200, answer.text
            found = measure(f"{base}/{search}", token, accept, options.seconds)
            rows.append({"search": name, "format": form, "kB": len(answer.content) / 1024, **found})
    return rows


if __name__ == "__main__":
    sys.exit(main())
