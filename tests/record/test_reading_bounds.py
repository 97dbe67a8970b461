"""What unfolds to much more than it is does not keep the recorder busy, nor fill its memory."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import time
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest

from harness.record.redact.reading.readings import body_readings, readings

MEGABYTE = 1024 * 1024


def coded(size: int) -> str:
    """A word that holds this many bytes."""
    return base64.b64encode(zlib.compress(b"a" * size, 9)).decode()


def archive(entries: int, content: bytes) -> bytes:
    """A ZIP file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for number in range(entries):
            file.writestr(f"{number}.txt", content)
    return made.getvalue()


BOMBS = {
    "many long words": lambda: " ".join(coded(8 * MEGABYTE) for _ in range(60)).encode(),
    "very many short words": lambda: " ".join(coded(90_000 + number) for number in range(3000)).encode(),
    "many entries": lambda: archive(200, b"a" * (4 * MEGABYTE)),
    "archives in archives": lambda: archive(30, archive(30, archive(30, b"a" * MEGABYTE))),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_read_within_bounds(name: str) -> None:
    """Each of them holds hundreds of megabytes; all readings together stay below a few dozen, one at a time."""
    body = BOMBS[name]()
    assert len(body) < 2 * MEGABYTE
    tracemalloc.start()
    began, total = time.process_time(), 0
    for reading in body_readings(body):
        total += len(reading.text)
    taken, (_, most) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total <= 3 * 64 * MEGABYTE
    assert most <= 200 * MEGABYTE and taken <= 60


def test_what_stands_before_a_bomb_is_read() -> None:
    hidden = base64.b64encode(b"nummer 999990019 in een woord").decode()
    text = f"{hidden} {' '.join(coded(8 * MEGABYTE) for _ in range(20))}"
    assert any("nummer 999990019" in reading.text for reading in readings(text))


_HOSTILE = """
import json, resource, sys, time
resource.setrlimit(resource.RLIMIT_AS, (1_200_000_000, 1_200_000_000))
sys.path.insert(0, sys.argv[1])
from rawkit import PERSONS, raw
from harness.core.run.exchanges import UNREDACTED
from harness.network.file import Network
from harness.network.person.looking import looking
from harness.record import Recorder
from harness.reference.record.load import own_records
from datetime import date

def said(text):
    resource = {"resourceType": "Observation", "id": "1", "status": "final", "code": {"text": "x"}, "comment": text}
    return json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": resource}]}).encode()

names = " ".join(f'a{number}="x"' for number in range(150_000))
shapes = {
    "many numbers": said("999990019 " * 10_000),
    "very many numbers": said("999990019 " * 800_000),
    "as many numbers as a text may hold": said("999990019 " * 100_000),
    "one long text": said("x" * 16_000_000),
    "one text of escapes": said('"' * 6_000_000),
    "many attributes": f'<Patient xmlns="http://hl7.org/fhir" {names}><id value="1"/></Patient>'.encode(),
    "escapes alone": b"%41%42" * 3_000_000,
}
known = looking(own_records(date(2026, 3, 1)), Network(participants=()))
for person in ("anna", ""):
    for name, body in shapes.items():
        recorder, began = Recorder(persons=PERSONS, looking=known), time.process_time()
        kind = "application/fhir+xml" if body[:1] == b"<" else "application/fhir+json"
        made = recorder.record(raw(person=person, status=200, response_headers=(("Content-Type", kind),), response_body=body))
        print(json.dumps([name, time.process_time() - began, str(made.notes.get(UNREDACTED, "")), len(made.response.body)]))
"""


def test_a_body_that_is_made_to_cost_time_or_memory_costs_neither() -> None:
    """In a process of its own, because regular expressions take memory that nobody counts."""
    done = subprocess.run(
        [sys.executable, "-c", _HOSTILE, str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == 14
    for name, seconds, broken, _ in rows:
        assert not broken, (name, broken)
        assert seconds < 20, (name, seconds)
