"""What unfolds to much more than it is does not keep the recorder busy, nor fill its memory."""

from __future__ import annotations

import base64
import io
import time
import tracemalloc
import zipfile
import zlib

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
