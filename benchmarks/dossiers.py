"""Manipulations of dossiers by somebody without the keys, and what a large dossier costs.

::

    python benchmarks/dossiers.py manipulate [--count 1000] [--seed 1]
    python benchmarks/dossiers.py size RUN... [--vendor NAME]

``manipulate`` makes two signed dossiers of a live HIS with a fault, waived, attested and countersigned, and a register of
keys. Then generic operators, which know nothing of the checks, change the packed file, its files, or the countersignature;
half of the time the manifest is written again, as a cheat would. Everything that differs from what was signed has to be
refused, and the refusal has to name a file. What turns out to be the same dossier is counted apart.
"""

from __future__ import annotations

import argparse
import copy
import gzip
import hashlib
import io
import json
import lzma
import random
import resource
import shutil
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from dossierkit import WORDS, failed, public, qualify_faulty

from harness import cli
from harness.core.errors import HarnessError
from harness.core.run import manifest
from harness.judge.catalogue import load_catalogue
from harness.judge.evidence.sealing import stated
from harness.record.seal.countersign import beside
from harness.record.seal.envelope import seal_folder
from harness.record.seal.keys import load_signing_key
from harness.record.seal.trust import Trust, load_trust
from harness.report.dossier.check import check_dossier
from harness.report.dossier.pack import pack, unpacked

LAST = (datetime.now(UTC).date() + timedelta(days=300)).isoformat()
"""Until when waivers and proofs hold."""


@dataclass(frozen=True)
class Desk:
    """Two dossiers of one supplier, the keys that nobody but their owners has, and the register."""

    first: Path
    second: Path
    stranger: Path
    rival: Path
    trust: Trust


def key(path: Path) -> Path:
    """A new key in a file."""
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(Ed25519PrivateKey.generate().private_bytes(*form))
    return path


def harness(*words: object) -> Any:
    """A command of the harness in this process; its exit code."""
    return cli.run([str(word) for word in words])


def desk(home: Path) -> Desk:
    """Everything that the manipulations need."""
    home.mkdir(parents=True, exist_ok=True)
    qualify_faulty(home, harness)
    mine, bureau, rival = (key(home / f"{name}.pem") for name in ("mine", "bureau", "rival"))
    register, waivers, made = home / "keys", home / "waivers.yaml", []
    for path, words in (
        (mine, ("--owner", "=Kale Software")),
        (rival, ("--owner", "Ander HIS")),
        (bureau, ("--owner", "Bureau", "--role", "bureau")),
    ):
        assert harness("keys", "add", register, public(path), *words) == 0
    run = home / "run"
    assert harness("waivers", "add", run, *failed(run), "--file", waivers, *WORDS, "--expires", LAST) == 0
    for number, step in enumerate(("FT-11", "FT-12")):
        proofs = home / f"proofs-{number}"
        assert harness("attest", proofs, step, "--by", "K. Kaal", "--until", LAST) == 0
        assert harness("attest", proofs, step, "--review", "--by", "B. Bureau") == 0
        out = home / f"{number}.dossier.tar.xz"
        words = ("--waivers", waivers, "--attestations", proofs, "--key", mine, "--out", out)
        assert harness("dossier", "make", run, *words) == 0
        assert harness("dossier", "countersign", out, "--key", bureau, "--by", "B.", "--trust", register) == 0
        made.append(out)
    return Desk(*made, key(home / "stranger.pem"), rival, load_trust([register]))


# -- generic operators on bytes ------------------------------------------------------------------


def _bytes(data: bytes, at: random.Random) -> bytes:
    """A byte changed, put in or left out, a piece doubled, moved or cut off."""
    if not data:
        return bytes([at.randrange(256)])
    place, other = sorted(at.randrange(len(data) + 1) for _ in range(2))
    return at.choice(
        (
            lambda: data[: max(place - 1, 0)] + bytes([at.randrange(256)]) + data[max(place - 1, 0) + 1 :],
            lambda: data[:place] + bytes([at.randrange(256)]) + data[place:],
            lambda: data[:place] + data[other:],
            lambda: data[:other] + data[place:other] + data[other:],
            lambda: data[:place],
        )
    )()


def _lines(data: bytes, at: random.Random) -> bytes:
    """Lines left out, doubled, swapped."""
    rows = data.splitlines(keepends=True)
    if len(rows) < 2:
        return _bytes(data, at)
    one, two = at.randrange(len(rows)), at.randrange(len(rows))
    return b"".join(
        at.choice(
            (
                lambda: rows[:one] + rows[one + 1 :],
                lambda: [*rows[:one], rows[two], *rows[one:]],
                lambda: _swapped(rows, one, two),
            )
        )()
    )


def _swapped(rows: list[bytes], one: int, two: int) -> list[bytes]:
    rows = list(rows)
    rows[one], rows[two] = rows[two], rows[one]
    return rows


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*path, name)
            yield from _leaves(item, (*path, name))


def _values(data: bytes, at: random.Random) -> bytes:
    """One member of a JSON document (or of one line) changed, left out, added, or that of another place."""
    lines = data.splitlines(keepends=True)
    index = at.randrange(len(lines)) if lines else 0
    for whole in (True, False):
        try:
            document = json.loads(data if whole else lines[index])
        except (ValueError, IndexError):
            continue
        places = [*_leaves(document)]
        if not places:
            continue
        *parents, last = at.choice(places)
        holder = document
        for name in parents:
            holder = holder[name]
        before = holder[last]
        match at.randrange(3):
            case 0:
                del holder[last]
            case 1:
                other = document
                for name in at.choice(places):
                    other = other[name]
                holder[last] = copy.deepcopy(other)
            case _:
                holder[last] = _other(before, at)
        told = json.dumps(document, ensure_ascii=False, indent=1 if whole else None)
        told = told if whole else json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        changed = told.encode() + b"\n"
        return changed if whole else b"".join([*lines[:index], changed, *lines[index + 1 :]])
    return _bytes(data, at)


def _other(value: Any, at: random.Random) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + at.choice((-1, 1, 1000))
    if isinstance(value, str):
        return at.choice(("", value + "x", value[:-1], value[::-1], "pass", "met", "2999-01-01"))
    return at.choice((None, {}, [], "x"))


def _opened(edit: Callable[[bytes, random.Random], bytes]) -> Callable[[bytes, random.Random], bytes]:
    """An edit inside what is compressed."""

    def inside(data: bytes, at: random.Random) -> bytes:
        if data[:2] != b"\x1f\x8b":
            return edit(data, at)
        return gzip.compress(edit(gzip.decompress(data), at), mtime=0)

    return inside


CONTENT = {name: _opened(edit) for name, edit in (("bytes", _bytes), ("lines", _lines), ("values", _values))}


# -- operators on the folder, the archive, and the countersignature --------------------------------


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def edited(folder: Path, _: Desk, at: random.Random) -> str:
    """The content of a file."""
    path, (name, edit) = at.choice(_files(folder)), at.choice([*CONTENT.items()])
    path.write_bytes(edit(path.read_bytes(), at))
    return f"{name} of a file"


def moved(folder: Path, _: Desk, at: random.Random) -> str:
    """Files left out, added, renamed, exchanged."""
    one, two = at.sample(_files(folder), 2)
    new = one.with_name(at.choice(("x", f"{one.stem}-2{one.suffix}", one.name.upper(), f".{one.name}")))
    match at.randrange(4):
        case 0:
            one.unlink()
            return "a file left out"
        case 1:
            shutil.copyfile(two, new)
            return "a file added"
        case 2:
            one.rename(new)
            return "a file renamed"
        case _:
            first, second = one.read_bytes(), two.read_bytes()
            one.write_bytes(second)
            two.write_bytes(first)
            return "two files exchanged"


def transplanted(folder: Path, given: Desk, at: random.Random) -> str:
    """A part of another dossier of the same supplier."""
    with unpacked(given.second) as other:
        names = [path.relative_to(other) for path in _files(other)]
        top = sorted({name.parts[0] for name in names})
        part = Path(at.choice([*top, *(name.as_posix() for name in names)]))
        target = folder / part
        shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (other / part).is_dir() else shutil.copyfile)(other / part, target)
    return "a part of another dossier"


def signed_by_others(folder: Path, given: Desk, at: random.Random) -> str:
    """Made right in everything, and signed with a key that is not the supplier's."""
    edit = at.choice((edited, moved, lambda *_: ""))
    edit(folder, given, at)
    made = check_dossier_quietly(folder)
    if made is not None:
        told = stated(made.summary.info, made.summary.findings, load_catalogue())
        who = load_signing_key(at.choice((given.stranger, given.rival)))
        seal_folder(
            folder, who, facts=told.facts, summary=told.summary, now=datetime.now(UTC), kind=manifest.DOSSIER
        )
    return "signed by somebody else"


def check_dossier_quietly(folder: Path) -> Any:
    """A dossier as its maker sees it, ``None`` when it is broken."""
    try:
        manifest.write_manifest(folder, manifest.DOSSIER)
        seal = folder / manifest.SEAL
        held = seal.read_bytes() if seal.is_file() else b""
        seal.unlink(missing_ok=True)
        try:
            return check_dossier(folder, load_catalogue(), now=datetime.now(UTC))
        finally:
            seal.write_bytes(held)
    except (HarnessError, OSError):
        return None


def unsigned(folder: Path, given: Desk, at: random.Random) -> str:
    """The seal taken away, after a change or not."""
    at.choice((edited, moved, lambda *_: ""))(folder, given, at)
    (folder / manifest.SEAL).unlink(missing_ok=True)
    return "the seal taken away"


FOLDER = (edited, edited, edited, moved, transplanted, unsigned)


def archive(data: bytes, at: random.Random) -> tuple[bytes, str]:
    """The packed file, or the archive in it."""
    if at.random() < 0.5:
        return _bytes(data, at), "bytes of the packed file"
    entries: list[tuple[tarfile.TarInfo, bytes]] = []
    with tarfile.open(fileobj=io.BytesIO(lzma.decompress(data))) as old:
        for entry in old:
            held = old.extractfile(entry)
            entries.append((entry, held.read() if held is not None else b""))
    one = at.randrange(len(entries))
    entry, content = entries[one]
    name = at.choice(("../x", "/etc/x", "C:\\x", "a\x00b", entry.name.upper(), "CON", "x" * 500, "a/../b"))
    link = tarfile.TarInfo(at.choice((entry.name, "x", name)))
    link.type = at.choice(
        (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE)
    )
    link.linkname = at.choice(("/etc/passwd", entries[0][0].name))
    unsafe = tarfile.TarInfo(name)
    unsafe.size = len(content)
    what, changed = at.choice(
        (
            ("an unsafe name", [*entries, (unsafe, content)]),
            ("no plain file", [*entries[:one], (link, b""), *entries[one:]]),
            ("an entry twice", [*entries, (entry, content)]),
            ("an entry left out", [*entries[:one], *entries[one + 1 :]]),
        )
    )
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as new:
        for item, held in changed:
            new.addfile(item, io.BytesIO(held))
    return lzma.compress(out.getvalue(), preset=1), what


def one_manipulation(number: int, seed: int, given: Desk, work: Path) -> tuple[str, Path]:
    """A manipulated dossier with its countersignature, and what was done."""
    at = random.Random(f"{seed}/{number}")
    out = work / "x.dossier.tar.xz"
    shutil.copyfile(given.first, out)
    shutil.copyfile(beside(given.first), beside(out))
    kind = at.random()
    if kind < 0.15:
        data, what = archive(given.first.read_bytes(), at)
        out.write_bytes(data)
    elif kind < 0.3:
        target = beside(out)
        if at.random() < 0.2:
            shutil.copyfile(beside(given.second), target)
            return "countersignature of another dossier", out
        name, edit = at.choice([*CONTENT.items()])
        target.write_bytes(edit(target.read_bytes(), at))
        what = f"countersignature: {name}"
    else:
        operator = signed_by_others if kind > 0.97 else at.choice(FOLDER)
        with unpacked(given.first) as folder:
            what = operator(folder, given, at)
            if operator is not signed_by_others and at.random() < 0.5:
                what += ", manifest written again"
                try:
                    manifest.write_manifest(folder, manifest.DOSSIER)
                except HarnessError:
                    what += " in vain"
            pack(folder, out)
    return what, out


def same(one: Path, two: Path) -> bool:
    """Whether two packed dossiers and their countersignatures hold the same."""

    def held(path: Path) -> dict[str, str]:
        with unpacked(path) as folder:
            found = {
                item.relative_to(folder).as_posix(): hashlib.sha256(item.read_bytes()).hexdigest()
                for item in _files(folder)
            }
        return found | {"": hashlib.sha256(beside(path).read_bytes()).hexdigest()}

    try:
        return held(one) == held(two)
    except HarnessError:
        return False


def manipulate(count: int, seed: int) -> int:
    """Run the manipulations; 1 when one was not noticed or not named."""
    told: Counter[tuple[str, str]] = Counter()
    bad: list[str] = []
    slowest = 0.0
    with tempfile.TemporaryDirectory() as temporary:
        given = desk(Path(temporary) / "desk")
        work = Path(temporary) / "work"
        work.mkdir()
        for number in range(count):
            what, out = one_manipulation(number, seed, given, work)
            began = time.perf_counter()
            try:
                with unpacked(out) as folder:
                    now = datetime.now(UTC)
                    check_dossier(
                        folder, load_catalogue(), now=now, trust=given.trust, countersignature=beside(out)
                    )
                if same(out, given.first):
                    told[what, "the same dossier"] += 1
                else:
                    bad.append(f"{number}: {what}: NOT NOTICED")
            except HarnessError as error:
                named = bool(error.where) and bool(error.message.nl) and bool(error.message.en)
                told[what, "refused" if named else "refused without a place"] += 1
                if not named:
                    bad.append(f"{number}: {what}: not named: {error.message.en}")
            except Exception as error:
                bad.append(f"{number}: {what}: {type(error).__name__}: {error}")
            slowest = max(slowest, time.perf_counter() - began)
    for (what, outcome), times in sorted(told.items()):
        print(f"{times:6} {outcome:24} {what}")
    refused = sum(times for (_, outcome), times in told.items() if outcome == "refused")
    equal = sum(times for (_, outcome), times in told.items() if outcome == "the same dossier")
    print(f"{count} manipulations (seed {seed}): {refused} refused and named, {equal} that changed nothing,")
    print(f"{len(bad)} not noticed or not named; slowest {slowest:.1f} s")
    print(*bad, sep="\n")
    return 1 if bad else 0


def size(runs: list[Path], vendor: str) -> int:
    """Make a dossier of runs, verify it, and print what it costs."""
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary) / "large.dossier.tar.xz"
        words = ("--vendor", vendor) if vendor else ()
        began = time.perf_counter()
        if harness("dossier", "make", *runs, "--out", out, *words) != 0:
            return 1
        made = time.perf_counter() - began
        began, busy = time.perf_counter(), time.process_time()
        code = harness("verify", out)
        clock, busy = time.perf_counter() - began, time.process_time() - busy
        cells = sum(len(json.loads((run / "run.json").read_text())["plan"]) for run in runs)
        kilobytes = out.stat().st_size / 1000 / cells
        children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        mine = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{cells} cells: {kilobytes:.1f} kB per cell; made in {made:.0f} s")
        print(
            f"verified in {clock:.0f} s ({busy:.0f} s CPU here), exit code {code}; {mine} MB, children {children} MB"
        )
    return 0


def main() -> int:
    """Run what was asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("manipulate")
    one.add_argument("--count", type=int, default=1000)
    one.add_argument("--seed", type=int, default=1)
    two = commands.add_parser("size")
    two.add_argument("runs", nargs="+", type=Path)
    two.add_argument("--vendor", default="")
    options = parser.parse_args()
    if options.command == "size":
        return size(options.runs, options.vendor)
    return manipulate(options.count, options.seed)


if __name__ == "__main__":
    raise SystemExit(main())
