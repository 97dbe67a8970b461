"""Bad input for the commands that read run folders: one sentence, the right exit code, nothing lost."""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from harness.core.run import challenge
from harness.core.run.place import disk
from harness.core.run.place.lock import RunLock

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "record"))
from sealkit import KEYS, Authority, certificate_pem, pem

pytestmark = pytest.mark.slow

ENGLISH = ("--lang", "en")


def everything(folder: Path) -> dict[str, str]:
    """Hash of every file below a folder."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def version(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("command", ["judge", "verify", "sign"])
@pytest.mark.parametrize(
    ("name", "old", "new"),
    [("run-start.json", '"run-', '"run-9'), ("manifest.json", "manifest-1", "manifest-2")],
    ids=["run", "manifest"],
)
def test_a_folder_of_a_newer_format(copy, here, key, command, name, old, new):
    if name == "run-start.json":
        (copy / "manifest.json").unlink()  # else it is a file that was changed
    version(copy, name, old, new)
    before = everything(copy)
    code, said = here(command, copy, *(("--key", key) if command == "sign" else ()), *ENGLISH)
    assert (code, everything(copy)) == (2, before)
    assert "has a format that this version does not know" in said


@pytest.mark.parametrize("command", ["judge", "verify"])
def test_a_missing_body(copy, here, command):
    gone = next(path for path in sorted((copy / "bodies").rglob("*")) if path.is_file())
    gone.unlink()
    code, said = here(command, copy, *ENGLISH)
    assert code == 7 and gone.name in said and "missing" in said


def test_half_a_line_at_the_end_of_a_run_that_was_killed(copy, here):
    """What was accepted before it is judged; nothing is removed."""
    (copy / "manifest.json").unlink()
    packed = next((copy / "exchanges").glob("*pdfa*.jsonl.gz"))
    *lines, last, end = gzip.decompress(packed.read_bytes()).splitlines(keepends=True)
    assert b'"kind":"end"' in end
    packed.with_suffix("").write_bytes(b"".join(lines) + last[: len(last) // 2])
    packed.unlink()
    before = everything(copy)
    code, said = here("judge", copy, *ENGLISH)
    assert code in (6, 7) and said.strip(), said  # its findings stand there of the whole recording
    code, said = here("verify", copy, *ENGLISH)
    assert code == 7 and "unfinished" in said
    assert everything(copy) == before


@pytest.mark.parametrize("place", ["a line", "a findings file"])
def test_what_is_nested_without_end_is_no_recording(copy, here, place):
    """It is named, and is no defect of the harness."""
    deep = b"[" * 200_000 + b"]" * 200_000
    (copy / "manifest.json").unlink()
    if place == "a line":
        path = next((copy / "exchanges").glob("*pdfa*.jsonl.gz"))
        head, *_ = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
        line = b'{"kind":"exchange","seq":1,"prev":"","id":"x","notes":{"a":' + deep + b"}}\n"
        path.write_bytes(gzip.compress(head + line))
    else:
        path = next((copy / "findings").glob("*.json"))
        path.write_bytes(b'{"schema":"cell-1","findings":' + deep + b"}")
    code, said = here("judge", copy, *ENGLISH)
    assert code in (2, 7) and "defect" not in said.lower(), said
    assert path.name.removesuffix(".gz") in said, said


def test_a_key_that_does_not_match_its_certificate(copy, here, tmp_path):
    mine, other, root = KEYS["p256"](), KEYS["p256"](), Authority()
    (tmp_path / "mine.pem").write_bytes(pem(mine))
    (tmp_path / "chain.pem").write_bytes(certificate_pem(root.leaf(other)))
    before = everything(copy)
    code, said = here(
        "sign", copy, "--key", tmp_path / "mine.pem", "--chain", tmp_path / "chain.pem", *ENGLISH
    )
    assert code == 2 and "certificate" in said, said
    assert everything(copy) == before


@pytest.mark.parametrize(
    "content", [None, b"", b"geen sleutel", b"\0" * 100], ids=["absent", "empty", "text", "zeros"]
)
def test_what_is_no_key(copy, here, tmp_path, content):
    path = tmp_path / "none.pem"
    if content is not None:
        path.write_bytes(content)
    for words in (("sign", copy, "--key", path), ("verify", copy, "--trust", path)):
        code, said = here(*words, *ENGLISH)
        assert code == 2 and "none.pem" in said, said
    assert not (copy / "seal.json").exists()


def test_a_signature_is_not_believed_for_another_key(copy, here, key, tmp_path):
    assert here("sign", copy, "--key", key, *ENGLISH)[0] == 0
    other = tmp_path / "other.pem"
    other.write_bytes(certificate_pem(Authority().certificate))
    code, said = here("verify", copy, "--trust", other, *ENGLISH)
    assert code == 7 and "seal.json" in said, said
    code, said = here("verify", copy, *ENGLISH)
    assert code == 7 and "no trusted keys were given" in said


@pytest.mark.parametrize("command", ["sign", "qualify"])
def test_two_at_once(copy, here, key, command):
    (copy / "seal.json").unlink(missing_ok=True)
    before = everything(copy)
    words = {"sign": ("sign", copy, "--key", key), "qualify": ("qualify", "--out", copy)}[command]
    with RunLock(copy):
        code, said = here(*words, *ENGLISH)
    assert code == 2 and "in use" in said, said
    assert everything(copy) == before


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("command", ["sign", "judge", "har"])
def test_a_disk_that_takes_nothing(copy, here, key, tmp_path, monkeypatch, command, number):
    out = tmp_path / "out"
    words = {
        "sign": ("sign", copy, "--key", key, *ENGLISH),
        "judge": ("judge", copy, "--out", out, *ENGLISH),
        "har": ("har", copy, "pdfa", "--out", out),
    }[command]
    before = everything(copy)

    def refuse(path: Path) -> None:
        raise OSError(number, "says the system", str(path))

    monkeypatch.setattr(disk, "_made", refuse)
    code, said = here(*words)
    assert code == 3 and "says the system" in said and "Defect of the harness" not in said, said
    assert everything(copy) == before
    assert not out.exists() or not any(out.iterdir())


@pytest.mark.parametrize("hours", [-24, 24], ids=["clock in the past", "expired"])
def test_a_challenge_outside_its_time(here, tmp_path, hours):
    """A clock that runs behind makes a challenge one of the future; nothing is recorded."""
    given = challenge.new_challenge(datetime.now(UTC) - timedelta(hours=hours), lifetime=timedelta(hours=1))
    path, out = tmp_path / "challenge.json", tmp_path / "run"
    path.write_bytes(msgspec.json.encode(given))
    code, said = here("qualify", "--challenge", path, "--out", out, "--skip-doctor", *ENGLISH)
    assert code == 2, said
    assert ("before the challenge was given" if hours < 0 else "after the challenge had expired") in said
    assert not out.exists() or not any(out.iterdir())


def test_a_run_that_says_it_began_before_its_challenge(copy, here):
    """The date of a run is part of what its recordings are bound to."""
    info = json.loads((copy / "run-start.json").read_bytes())
    version(copy, "run-start.json", info["now"][:4], "2019")
    code, said = here("verify", copy, *ENGLISH)
    assert code == 7 and "run-start.json" in said
