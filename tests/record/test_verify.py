"""Verification of run folders: whatever was changed is found, and named."""

from __future__ import annotations

import gzip
import hashlib
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from evidencekit import CELLS, NOW, exchange, run_folder
from sealkit import FACTS, KEYS, Authority, certificate_pem, pem, summary

from harness.core.run import manifest
from harness.core.run.problems import EvidenceError, Problem, ProblemKind
from harness.record.chain.units import file_name
from harness.record.chain.write import UnitWriter
from harness.record.seal.envelope import seal_folder
from harness.record.seal.keys import load_signing_key
from harness.record.seal.trust import Trust, load_trust
from harness.record.verify import Facts, verify_folder

MANIPULATIONS = 640
"""The bar is 500 in all; one in ten goes to a test of its own below."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Trust]:
    """Two sealed runs by the same key, and the trust in it."""
    base = tmp_path_factory.mktemp("world")
    root, key = Authority(), KEYS["p256"]()
    (base / "key.pem").write_bytes(pem(key) + certificate_pem(root.leaf(key)))
    (base / "root.pem").write_bytes(certificate_pem(root.certificate))
    loaded = load_signing_key(base / "key.pem")
    runs = [run_folder(base / f"run-{seed}", seed, size=4) for seed in (1, 2)]
    for run in runs:
        seal_folder(run, loaded, facts=FACTS, summary=summary(), now=NOW)
    return runs[0], runs[1], load_trust([base / "root.pem"])


def problem(folder: Path, trust: Trust | None = None) -> Problem:
    with pytest.raises(EvidenceError) as caught:
        verify_folder(folder, now=NOW, trust=trust)
    found = caught.value.problem
    for lang in ("nl", "en"):
        sentence = found.sentence(lang)
        assert sentence
        assert "\n" not in sentence
        assert "Traceback" not in sentence
    return found


def test_an_untouched_run_is_right(world: tuple[Path, Path, Trust]) -> None:
    for run in world[:2]:
        found = verify_folder(run, now=NOW, trust=world[2])
        assert isinstance(found, Facts), found
        assert found.exchanges == 16
        assert [(unit.unit, unit.attempt, unit.reason) for unit in found.units] == [
            (CELLS[0], 0, "finished"),
            (CELLS[1], 0, "aborted"),
            (CELLS[1], 1, "finished"),
            (CELLS[2], 0, "finished"),
        ]
        assert found.manifest == hashlib.sha256((run / "manifest.json").read_bytes()).hexdigest()
        assert found.seal is not None


def test_what_is_generated_may_change(world: tuple[Path, Path, Trust], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(world[0], tmp_path / "run"))
    (folder / "report" / "index.html").write_text("other")
    (folder / "junit.xml").unlink()
    (folder / "allure-results").mkdir()
    (folder / "allure-results" / "x.json").write_text("{}")
    (folder / "a.har").write_text("{}")
    (folder / ".DS_Store").write_bytes(b"\0")
    assert isinstance(verify_folder(folder, now=NOW, trust=world[2]), Facts)


# --- naive manipulations --------------------------------------------------------------------------------------

Manipulation = Callable[[Path, Path, random.Random], set[str] | None]
"""Changes a copy of a run (with another run at hand); gives the names it is about, ``None``: nothing changed."""


def evidence(folder: Path) -> list[str]:
    """What counts as evidence: the files of the manifest, the manifest, the seal."""
    return [*manifest.files_of(folder), "manifest.json", "seal.json"]


def edited(folder: Path, name: str, data: bytes) -> set[str] | None:
    path = folder / name
    if path.read_bytes() == data:
        return None
    path.write_bytes(data)
    return {name}


def flip(folder: Path, other: Path, rng: random.Random) -> set[str] | None:
    name = rng.choice(evidence(folder))
    data = bytearray((folder / name).read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return edited(folder, name, bytes(data))


def insert(folder: Path, other: Path, rng: random.Random) -> set[str] | None:
    name = rng.choice(evidence(folder))
    data = bytearray((folder / name).read_bytes())
    data.insert(rng.randrange(len(data) + 1), rng.choice(b" \n\0x0"))
    return edited(folder, name, bytes(data))


def delete(folder: Path, other: Path, rng: random.Random) -> set[str] | None:
    name = rng.choice(evidence(folder))
    data = bytearray((folder / name).read_bytes())
    del data[rng.randrange(len(data))]
    return edited(folder, name, bytes(data))


def truncate(folder: Path, other: Path, rng: random.Random) -> set[str] | None:
    name = rng.choice(evidence(folder))
    data = (folder / name).read_bytes()
    return edited(folder, name, data[: rng.randrange(len(data))])


def add(folder: Path, other: Path, rng: random.Random) -> set[str] | None:
    names = [
        "waivers/w.yaml",
        "findings/zz.json",
        "note.txt",
        ".hidden",
        "bodies/00/" + "0" * 64,
        "x.1.jsonl",
    ]
    name = rng.choice([*names, "exchanges/zz.jsonl", "exchanges/zz.jsonl.gz"])
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(rng.randbytes(rng.randrange(40)))
    return {name}


def remove(folder: Path, other: Path, rng: random.Random) -> set[str] | None:
    name = rng.choice(evidence(folder))
    (folder / name).unlink()
    return {name}


def rename(folder: Path, other: Path, rng: random.Random) -> set[str] | None:
    name = rng.choice(list(manifest.files_of(folder)))
    new = f"{name}.bak" if rng.random() < 0.5 else f"{name}x"
    (folder / name).rename(folder / new)
    return {name, new}


def swap_between_runs(folder: Path, other: Path, rng: random.Random) -> set[str] | None:
    name = rng.choice([item for item in evidence(folder) if (other / item).exists()])
    return edited(folder, name, (other / name).read_bytes())


def swap_inside(folder: Path, other: Path, rng: random.Random) -> set[str] | None:
    first, second = rng.sample(evidence(folder), 2)
    one, two = (folder / first).read_bytes(), (folder / second).read_bytes()
    if one == two:
        return None
    (folder / first).write_bytes(two)
    (folder / second).write_bytes(one)
    return {first, second}


def bring_in(folder: Path, other: Path, rng: random.Random) -> set[str] | None:
    """A recording of another run, with its bodies."""
    name = rng.choice([item for item in manifest.files_of(other) if item.startswith("exchanges/")])
    shutil.copytree(other / "bodies", folder / "bodies", dirs_exist_ok=True)
    brought = edited(folder, name, (other / name).read_bytes())
    extra = {item for item in manifest.files_of(folder) if item.startswith("bodies/")}
    return (brought or set()) | extra


def _lines(folder: Path, rng: random.Random) -> tuple[str, list[bytes]]:
    name = rng.choice([item for item in manifest.files_of(folder) if ".jsonl" in item])
    data = (folder / name).read_bytes()
    return name, (gzip.decompress(data) if name.endswith(".gz") else data).split(b"\n")[:-1]


def _write_lines(folder: Path, name: str, content: list[bytes]) -> set[str] | None:
    data = b"".join(line + b"\n" for line in content)
    return edited(folder, name, gzip.compress(data, mtime=0) if name.endswith(".gz") else data)


def cut_last_line(folder: Path, other: Path, rng: random.Random) -> set[str] | None:
    name, content = _lines(folder, rng)
    return _write_lines(folder, name, content[:-1])


def drop_line(folder: Path, other: Path, rng: random.Random) -> set[str] | None:
    name, content = _lines(folder, rng)
    del content[rng.randrange(len(content))]
    return _write_lines(folder, name, content)


def reorder_lines(folder: Path, other: Path, rng: random.Random) -> set[str] | None:
    name, content = _lines(folder, rng)
    one, two = rng.sample(range(len(content)), 2)
    content[one], content[two] = content[two], content[one]
    return _write_lines(folder, name, content)


def double_line(folder: Path, other: Path, rng: random.Random) -> set[str] | None:
    name, content = _lines(folder, rng)
    content.insert(rng.randrange(len(content)), rng.choice(content))
    return _write_lines(folder, name, content)


def change_field(folder: Path, other: Path, rng: random.Random) -> set[str] | None:
    """A word or number in a JSON file: kind, date, requirement, version …"""
    names = [item for item in evidence(folder) if item.endswith(".json")]
    name = rng.choice(names)
    text = (folder / name).read_text()
    words = [word for word in json_words(text) if len(word) > 2]
    word = rng.choice(words)
    place = rng.choice([at for at in range(len(text)) if text.startswith(word, at)])
    new = "".join(str((int(char) + 1) % 10) if char.isdigit() else char.swapcase() for char in word)
    return edited(folder, name, (text[:place] + new + text[place + len(word) :]).encode())


def json_words(text: str) -> list[str]:
    return "".join(char if char.isalnum() else " " for char in text).split()


ALL: list[Manipulation] = [
    flip,
    insert,
    delete,
    truncate,
    add,
    remove,
    rename,
    swap_between_runs,
    swap_inside,
    bring_in,
    cut_last_line,
    drop_line,
    reorder_lines,
    double_line,
    change_field,
]


@pytest.mark.parametrize("part", range(8))
def test_every_naive_manipulation_is_found_and_named(
    world: tuple[Path, Path, Trust], tmp_path: Path, part: int
) -> None:
    count: Counter[str] = Counter()
    folder = tmp_path / "run"
    for seed in range(part, MANIPULATIONS * 2, 8):
        if sum(count.values()) == MANIPULATIONS // 8:
            break
        rng = random.Random(seed)
        shutil.copytree(world[0], folder)
        manipulation = ALL[(seed // 8) % len(ALL)]
        touched = manipulation(folder, world[1], rng)
        if touched is not None:
            found = problem(folder, world[2])
            count[manipulation.__name__] += 1
            # What happened to the manifest or the seal may show in a file that the manifest names.
            named = any(found.where.startswith(name) for name in touched)
            assert named or touched & {"manifest.json", "seal.json"}, (seed, manipulation, touched, found)
        shutil.rmtree(folder)
    assert sum(count.values()) == MANIPULATIONS // 8
    assert set(count) == {item.__name__ for item in ALL}


@pytest.mark.parametrize("name", ["setup.exe", ".hidden", "bodies/ab/readme.txt", "attestations/x/run.sh"])
def test_a_manifest_names_nothing_that_no_run_writes(
    world: tuple[Path, Path, Trust], tmp_path: Path, name: str
) -> None:
    folder = Path(shutil.copytree(world[0], tmp_path / "run"))
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"MZ")
    manifest.write_manifest(folder)
    found = problem(folder, world[2])
    assert (found.kind, found.where) == (ProblemKind.EXTRA, name)


@pytest.mark.parametrize("seed", range(60))
def test_who_makes_the_manifest_again_is_found_by_the_signature(
    world: tuple[Path, Path, Trust], tmp_path: Path, seed: int
) -> None:
    folder = Path(shutil.copytree(world[0], tmp_path / "run"))
    rng = random.Random(seed)
    choices = [item for item in ALL if item not in (rename, swap_inside)]
    touched = choices[seed % len(choices)](folder, world[1], rng)
    if touched is None or touched <= {"seal.json"} or not (folder / "run-start.json").exists():
        return
    before = (world[0] / "manifest.json").read_bytes()
    manifest.write_manifest(folder)
    if (folder / "manifest.json").read_bytes() == before:
        return
    assert problem(folder, world[2]).kind in (
        ProblemKind.EXTRA,
        ProblemKind.STATEMENT,
        ProblemKind.CHAIN,
        ProblemKind.HEAD,
        ProblemKind.RUN,
        ProblemKind.END,
        ProblemKind.BODY,
        ProblemKind.UNIT,
        ProblemKind.FORMAT,
        ProblemKind.UNSEALED,
        ProblemKind.ENVELOPE,
    )


@pytest.mark.parametrize("manipulation", [cut_last_line, drop_line, reorder_lines, double_line, bring_in])
@pytest.mark.parametrize("seed", range(8))
def test_the_chain_alone_finds_what_was_done_to_a_recording(
    world: tuple[Path, Path, Trust], tmp_path: Path, manipulation: Manipulation, seed: int
) -> None:
    """Also when the manifest was made again and there is no seal."""
    folder = Path(shutil.copytree(world[0], tmp_path / "run"))
    (folder / "seal.json").unlink()
    (folder / "events.jsonl").unlink()
    if manipulation(folder, world[1], random.Random(seed)) is None:
        return
    manifest.write_manifest(folder)
    found = problem(folder)
    assert found.where.startswith("exchanges/")
    if manipulation is bring_in:
        assert found.kind is ProblemKind.RUN


def test_twin_becomes_live(world: tuple[Path, Path, Trust], tmp_path: Path) -> None:
    """The description of the start is what every recording is bound to."""
    folder = Path(shutil.copytree(world[0], tmp_path / "run"))
    (folder / "seal.json").unlink()
    (folder / "run-start.json").write_text('{"schema":"run-start-1","id":"run-1","kind":"live"}')
    assert problem(folder).where == "run-start.json"
    manifest.write_manifest(folder)
    found = problem(folder)
    assert found.kind is ProblemKind.RUN
    assert found.where.endswith("line 1")


# --- folders that are no finished runs ------------------------------------------------------------------------


def test_folders_that_cannot_be_verified_say_so(tmp_path: Path) -> None:
    assert problem(tmp_path / "absent").kind is ProblemKind.FORMAT
    assert problem(tmp_path).kind is ProblemKind.FORMAT
    file = tmp_path / "file"
    file.write_text("")
    assert problem(file).kind is ProblemKind.FORMAT
    old = tmp_path / "old"
    old.mkdir()
    (old / "run.json").write_text('{"schema":"run-1"}')
    found = problem(old)
    assert (found.kind, found.received) == (ProblemKind.FORMAT, "run-1")
    assert "oudere versie" in found.message.nl
    (old / "run.json").write_bytes(b"[" * 100_000)
    assert problem(old).kind is ProblemKind.FORMAT
    unfinished = tmp_path / "unfinished"
    unfinished.mkdir()
    (unfinished / "run-start.json").write_text('{"schema":"run-2"}')
    found = problem(unfinished)
    assert found.kind is ProblemKind.UNFINISHED
    assert "niet gezegeld" in found.message.nl
    (unfinished / "manifest.json").mkdir()
    assert problem(unfinished).kind is ProblemKind.UNFINISHED


def unit_in(folder: Path, unit: str, end: str | None = "finished") -> Path:
    writer = UnitWriter.start(folder, unit, manifest.run_digest(folder))
    writer.write(exchange(random.Random(5), 1))
    if end is None:
        writer.release()
        return writer.path
    return writer.end(end)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "case", ["finished twice", "not ended", "torn", "attempt missing", "two forms", "empty"]
)
def test_recordings_that_contradict_each_other(
    world: tuple[Path, Path, Trust], tmp_path: Path, case: str
) -> None:
    folder = Path(shutil.copytree(world[0], tmp_path / "run"))
    (folder / "seal.json").unlink()
    kind = ProblemKind.UNIT
    if case == "finished twice":
        unit_in(folder, "shared")
    elif case == "attempt missing":
        (folder / "exchanges" / file_name(CELLS[1], 0, ".jsonl.gz")).unlink()
    elif case == "two forms":
        path = unit_in(folder, "more")
        path.with_name("more.jsonl").write_bytes(gzip.decompress(path.read_bytes()))
    else:
        kind = ProblemKind.END
        path = unit_in(folder, "more", end=None)
        if case == "torn":
            with path.open("ab") as file:
                file.write(b'{"kind"')
        elif case == "empty":
            path.write_bytes(b"")
    manifest.write_manifest(folder)
    found = problem(folder)
    assert found.kind is kind
    assert found.where.startswith("exchanges/")
