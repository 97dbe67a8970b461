"""Exchanges and run folders for the tests of evidence; light, for it is also imported by processes to kill."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.core.run import manifest
from harness.core.run.exchanges import Certificate, Exchange, Fact, Request, Response, Tls
from harness.record.chain.read import Unit, judged_unit, unit_name
from harness.record.chain.units import units_in
from harness.record.chain.write import UnitWriter

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CELLS = (
    "his-a+dvza-a+pgo-1+huisartsgegevens-2.0+mm-2.2",
    "his-a+dvza-a+pgo-2+huisartsgegevens-2.0+mm-2.1",
    "shared",
)
TLS = (
    None,
    Tls(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384", server_name="a.example"),
    Tls(
        version="TLSv1.2",
        server=Certificate(subject="CN=a.example", dns_names=("a.example", "b.example")),
        client=Certificate(serial="17"),
    ),
)


def exchange(rng: random.Random, number: int, **changes: object) -> Exchange:
    """Something that looks like a recorded exchange; a third has a body outside its line."""
    body = rng.choice(
        [
            b"",
            json.dumps({"resourceType": "Bundle", "total": rng.randrange(10**6)}).encode(),
            b'{"resourceType":"Bundle","pad":"' + rng.randbytes(2500).hex().encode() + b'"}',
            b"%PDF-1.7\n\xff" + rng.randbytes(300),
        ]
    )
    fields: dict[str, object] = {
        "id": f"his-a.pgo-1.hg.{number:04d}",
        "cell": CELLS[0],
        "interface": "resource",
        "flow": "collect",
        "operation": "hg-patient-json",
        "client": "pgo-1",
        "server": "dvza-a",
        "started": (NOW + timedelta(seconds=number)).isoformat(),
        "duration": rng.random(),
        "request": Request(
            method="GET",
            url=f"https://mtls.dva.example/fhir/Patient?_id={rng.randrange(10**9)}",
            headers=(("Accept", "application/fhir+json"), ("X-Double", "1"), ("X-Double", "2")),
        ),
        "response": Response(status=200, headers=(("Content-Type", "application/fhir+json"),), body=body),
        "tls": rng.choice(TLS),
        "facts": (Fact(tag="mask-token-bcdfghjklmnp", kind="token", place="request.headers.authorization"),),
        "notes": {"driven": {"step": number, "names": ["a", None, 1.5, True]}},
    }
    return Exchange(**{**fields, **changes})  # type: ignore[arg-type]


def finished_units(folder: Path, *, run: str | None = None) -> list[Unit]:
    """The recordings of a folder that may be judged, by the name of their unit."""
    names = sorted({unit_name(item) for item in units_in(folder)})
    found = [judged_unit(folder, name, run=run) for name in names]
    return [unit for unit in found if unit is not None and unit.finished]


def run_folder(path: Path, seed: int = 1, size: int = 8) -> Path:
    """A finished run: description, events, findings, three units of which one has an aborted attempt."""
    rng = random.Random(seed)
    path.mkdir(parents=True)
    (path / manifest.START).write_text(json.dumps({"schema": "run-2", "id": f"run-{seed}"}))
    run = manifest.run_digest(path)
    (path / "run.json").write_text(json.dumps({"schema": "run-2", "id": f"run-{seed}"}))
    (path / "events.jsonl").write_text("".join(f'{{"seq":{n}}}\n' for n in range(20)))
    (path / "findings").mkdir()
    for number, cell in enumerate(CELLS):
        (path / "findings" / f"cell-{number}.json").write_text(json.dumps({"cell": cell, "seed": seed}))
        for attempt in range(2 if number == 1 else 1):
            writer = UnitWriter.start(path, cell, run)
            for item in range(size):
                writer.write(exchange(rng, item, cell=cell if "+" in cell else ""))
            writer.end("aborted" if number == 1 and attempt == 0 else "finished")
    (path / "findings.json").write_text(json.dumps({"schema": "findings-1", "seed": seed}))
    (path / "report").mkdir()
    (path / "report" / "index.html").write_text("<p>generated")
    (path / "junit.xml").write_text("<testsuites/>")
    manifest.write_manifest(path)
    return path
