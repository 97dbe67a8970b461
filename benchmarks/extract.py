"""Manipulations of an extract, one at a time: each is detected, with nothing but the extract and a public key.

A run of two simulated suppliers is made (or ``--run DIR``, a finished run that is not sealed), sealed with a new key,
and extracted::

    python benchmarks/extract.py [--number 1000] [--run DIR] [--party his-eik]

Bits, cut files, lines that are gone, doubled or moved, a file in the place of another, a file that is gone. Not among
them: leaving out more than was left out, which is told by its number and no manipulation. Exits 1 when one is missed.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from harness.core.errors import UserError
from harness.core.run.folder import RunFolder
from harness.judge.catalogue import load_catalogue
from harness.judge.evidence.sealing import stated
from harness.record.seal.envelope import seal_folder
from harness.record.seal.keys import load_signing_key
from harness.record.seal.trust import Trust, load_trust
from harness.report.extract.checking import check_extract
from harness.report.extract.making import write_extract

KINDS = ("bit", "cut", "line gone", "line doubled", "lines moved", "another file", "gone")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=1000)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--party", default="his-eik")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        run = Path(shutil.copytree(given.run, home / "run")) if given.run else made(home / "run")
        trust = sealed(run, home)
        extract = home / "extract"
        done = write_extract(run, given.party, extract)
        print(f"{done.shown} lines and findings, {done.left_out} left out")
        began = time.monotonic()
        missed = attacked(extract, trust, given.number)
        print(f"{given.number} manipulations, {len(missed)} missed, {time.monotonic() - began:.0f} s")
        for told in missed:
            print(f"  {told}")
    return 1 if missed else 0


def made(run: Path) -> Path:
    words = ("--standard", "huisartsgegevens-2.0", "--intensity", "smoke", "--skip-doctor", "--out", str(run))
    subprocess.run([sys.executable, "-m", "harness", "qualify", *words], check=False, capture_output=True)
    return run


def sealed(run: Path, home: Path) -> Trust:
    key = Ed25519PrivateKey.generate()
    (home / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (home / "key.pub").write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    folder = RunFolder.open(run)
    told = stated(folder.info(), folder.findings(), load_catalogue())
    signer, now = load_signing_key(home / "key.pem"), datetime.now(UTC)
    seal_folder(run, signer, facts=told.facts, summary=told.summary, now=now)
    return load_trust([home / "key.pub"])


def attacked(extract: Path, trust: Trust, number: int) -> list[str]:
    """The manipulations that were not detected."""
    chance = random.Random(7)
    files = [path for path in sorted(extract.rglob("*")) if path.is_file()]
    bodies = extract / "bodies"
    first = [path for path in files if not path.is_relative_to(bodies)]
    check_extract(extract, now=datetime.now(UTC), trust=trust)
    missed = []
    for turn in range(number):
        path, kind = chance.choice(files if turn % 2 else first), chance.choice(KINDS)
        before = path.read_bytes()
        after = changed(before, kind, chance, files)
        if kind == "gone" and not path.is_relative_to(bodies):
            path.unlink()
        elif after == before:
            continue
        else:
            path.write_bytes(after)
        try:
            check_extract(extract, now=datetime.now(UTC), trust=trust)
            missed.append(f"{kind}: {path.relative_to(extract)}")
        except UserError:
            pass
        path.write_bytes(before)
    return missed


def changed(data: bytes, kind: str, chance: random.Random, files: list[Path]) -> bytes:
    at, lines = chance.randrange(len(data)), data.split(b"\n")
    if kind == "bit":
        return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]
    if kind == "another file":
        return chance.choice(files).read_bytes()
    if kind in ("cut", "gone") or len(lines) < 4:
        return data[:at]
    number = chance.randrange(len(lines) - 2)
    if kind == "line gone":
        del lines[number]
    elif kind == "line doubled":
        lines.insert(number, lines[number])
    else:
        lines[number], lines[number + 1] = lines[number + 1], lines[number]
    return b"\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
