"""The manifest of a run folder and its Merkle tree."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.run import manifest, tree
from harness.core.run.manifest import Manifest, ManifestFile, Proof
from harness.core.run.place import disk, lock
from harness.core.run.problems import EvidenceError, ProblemKind


def reference_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is written there."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + reference_root(leaves[:k]) + reference_root(leaves[k:])).digest()


def reference_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962, section 2.1.1, as it is written there."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if index < k:
        return [*reference_path(index, leaves[:k]), reference_root(leaves[k:])]
    return [*reference_path(index - k, leaves[k:]), reference_root(leaves[:k])]


def leaves_of(count: int) -> list[bytes]:
    return [hashlib.sha256(str(number).encode()).digest() for number in range(count)]


@pytest.mark.parametrize("count", [*range(1, 70), 127, 128, 129])
def test_root_and_proofs_are_those_of_rfc_6962(count: int) -> None:
    leaves = leaves_of(count)
    root = tree.root(leaves)
    assert root == reference_root(leaves)
    for index in range(count):
        path = tree.audit_path(leaves, index)
        assert path == reference_path(index, leaves)
        assert tree.root_from(leaves[index], index, count, path) == root


@settings(max_examples=150, deadline=None, derandomize=True)
@given(count=st.integers(1, 200), data=st.data())
def test_a_proof_holds_for_its_leaf_and_place_only(count: int, data: st.DataObject) -> None:
    leaves = leaves_of(count)
    index = data.draw(st.integers(0, count - 1))
    root, path = tree.root(leaves), tree.audit_path(leaves, index)
    other = data.draw(st.integers(0, count - 1))
    if other != index:
        assert tree.root_from(leaves[other], index, count, path) != root
        assert tree.root_from(leaves[index], other, count, path) != root
    assert tree.root_from(leaves[index], index, count, [*path, b"x" * 32]) is None
    assert tree.root_from(leaves[index], count, count, path) is None
    if path:
        assert tree.root_from(leaves[index], index, count, path[:-1]) is None
        turned = [*path[:-1], hashlib.sha256(path[-1]).digest()]
        assert tree.root_from(leaves[index], index, count, turned) != root


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    files=st.dictionaries(st.sampled_from([f"f{n}" for n in range(12)]), st.binary(max_size=3), min_size=1),
    data=st.data(),
)
def test_any_change_of_the_list_changes_the_root(files: dict[str, bytes], data: st.DataObject) -> None:
    def root(content: dict[str, bytes]) -> bytes:
        return tree.root(
            [tree.leaf(name, hashlib.sha256(content[name]).digest()) for name in sorted(content)]
        )

    before = root(files)
    name = data.draw(st.sampled_from(sorted(files)))
    changed = {**files, name: files[name] + b"!"}
    assert root(changed) != before
    assert root({**files, "new": b""}) != before
    renamed = {key: value for key, value in files.items() if key != name} | {f"{name}x": files[name]}
    assert root(renamed) != before
    if len(files) > 1:
        assert root({key: value for key, value in files.items() if key != name}) != before


def test_a_leaf_cannot_be_shown_as_a_node() -> None:
    leaves = leaves_of(2)
    assert tree.leaf("", leaves[0] + leaves[1]) != tree.node(*leaves)
    assert tree.root([]) == hashlib.sha256(b"").digest()
    with pytest.raises(IndexError):
        tree.audit_path(leaves, 2)


# --- paths ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../b",
        "a/./b",
        "a//b",
        "a/",
        "C:/x",
        "c:x",
        "a\\b",
        "\\\\server\\share",
        "a\0b",
        "a\nb",
        "a.",
        "a ",
        "a./b",
        "aux",
        "x/NUL.txt",
        "com1.json",
        "e\u0301",  # not NFC
        "a/" * 300 + "b",
        "what?",
        "a*b",
        "a|b",
    ],
)
def test_unsafe_paths_are_refused(path: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        manifest.check_path(path)
    assert caught.value.problem.kind is ProblemKind.UNSAFE


@pytest.mark.parametrize(
    "path", ["a", "exchanges/a-b.1.jsonl.gz", "bodies/0a/" + "0" * 64, "é/x", ".x", "a..b"]
)
def test_ordinary_paths_are_accepted(path: str) -> None:
    manifest.check_path(path)


# --- folders ----------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run = tmp_path / "run"
    (run / "findings").mkdir(parents=True)
    (run / "report").mkdir()
    (run / "run-start.json").write_text('{"id":"r"}')
    (run / "events.jsonl").write_text("{}\n")
    (run / "findings" / "b.json").write_text("2")
    (run / "findings" / "a.json").write_text("1")
    (run / "report" / "index.html").write_text("generated")
    (run / "x.har").write_text("generated")
    (run / ".DS_Store").write_text("litter")
    (run / "run.lock").write_text("")
    return run


def test_what_is_in_a_manifest_and_what_is_not(folder: Path) -> None:
    assert {lock.NAME, manifest.NAME, manifest.SEAL} <= manifest.GENERATED
    (folder / "findings" / ".a.json.4711.0.tmp").write_text("half")
    made = manifest.write_manifest(folder)
    names = [file.path for file in made.files]
    assert names == ["events.jsonl", "findings/a.json", "findings/b.json", "run-start.json"]
    assert made.run == hashlib.sha256(b'{"id":"r"}').hexdigest()
    data = (folder / "manifest.json").read_bytes()
    assert manifest.decode(data) == made == manifest.make_manifest(folder)
    assert manifest.compare(folder, made) == 15
    leaves = [
        hashlib.sha256(b"\0" + name.encode() + b"\0" + hashlib.sha256((folder / name).read_bytes()).digest())
        for name in names
    ]
    assert made.root == reference_root([leaf.digest() for leaf in leaves]).hex()


@pytest.mark.parametrize(
    ("change", "kind", "where"),
    [
        (lambda run: (run / "events.jsonl").unlink(), ProblemKind.MISSING, "events.jsonl"),
        (lambda run: (run / "run-start.json").unlink(), ProblemKind.MISSING, "run-start.json"),
        (lambda run: (run / "findings" / "c.json").write_text(""), ProblemKind.EXTRA, "findings/c.json"),
        (lambda run: (run / ".hidden").write_text(""), ProblemKind.EXTRA, ".hidden"),
        (lambda run: (run / "findings" / "a.json").write_text("3"), ProblemKind.CHANGED, "findings/a.json"),
        (lambda run: (run / "findings" / "a.json").write_text("11"), ProblemKind.CHANGED, "findings/a.json"),
        (lambda run: (run / "report" / "index.html").write_text("other"), None, ""),
    ],
)
def test_the_first_difference_is_named(folder: Path, change: object, kind: object, where: str) -> None:
    made = manifest.write_manifest(folder)
    change(folder)  # type: ignore[operator]
    if kind is None:
        manifest.compare(folder, made)
        return
    with pytest.raises(EvidenceError) as caught:
        manifest.compare(folder, made)
    assert (caught.value.problem.kind, caught.value.problem.where) == (kind, where)
    assert caught.value.problem.sentence("nl").startswith(f"{where}: ")


@pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")
def test_links_devices_and_deep_folders_are_refused(folder: Path, tmp_path: Path) -> None:
    made = manifest.write_manifest(folder)
    outside = tmp_path / "outside"
    outside.mkdir()
    for make in (
        lambda: (folder / "link").symlink_to(folder / "events.jsonl"),
        lambda: (folder / "link").symlink_to(outside),
        lambda: (folder / "link").symlink_to("nowhere"),
        lambda: os.mkfifo(folder / "link"),
    ):
        make()
        with pytest.raises(EvidenceError) as caught:
            manifest.compare(folder, made)
        assert caught.value.problem.kind is ProblemKind.UNSAFE
        (folder / "link").unlink()
    (folder / Path(*["d"] * 100)).mkdir(parents=True)
    with pytest.raises(EvidenceError):
        manifest.compare(folder, made)


def test_names_that_differ_in_capitals_only_are_refused(folder: Path) -> None:
    (folder / "findings" / "A.json").write_text("1")
    if len(list((folder / "findings").iterdir())) == 2:
        pytest.skip("this disk does not tell capitals apart")
    with pytest.raises(EvidenceError) as caught:
        manifest.make_manifest(folder)
    assert caught.value.problem.kind is ProblemKind.UNSAFE


def _with(made: Manifest, **changes: object) -> bytes:
    return manifest.encode(msgspec.structs.replace(made, **changes))


def test_a_manifest_that_is_not_right_in_itself_is_refused(folder: Path) -> None:
    made = manifest.write_manifest(folder)
    first, second, *rest = made.files
    for data, kind in (
        (_with(made, files=(second, first, *rest)), ProblemKind.ORDER),
        (_with(made, files=(first, first, *rest)), ProblemKind.ORDER),
        (_with(made, files=(first, msgspec.structs.replace(first, path="EVENTS.jsonl"))), ProblemKind.ORDER),
        (
            _with(made, files=(msgspec.structs.replace(first, path="EVENTS.jsonl"), first)),
            ProblemKind.UNSAFE,
        ),
        (_with(made, files=(msgspec.structs.replace(first, path="../x"),)), ProblemKind.UNSAFE),
        (_with(made, format="manifest-2"), ProblemKind.FORMAT),
        (manifest.encode(made) + b" ", ProblemKind.MANIFEST),
        (manifest.encode(made).replace(b'"format"', b'"x":1,"format"'), ProblemKind.MANIFEST),
        (b"", ProblemKind.MANIFEST),
        (b"\xff", ProblemKind.MANIFEST),
        (b"[" * 100_000, ProblemKind.MANIFEST),
        (b"[]", ProblemKind.MANIFEST),
    ):
        with pytest.raises(EvidenceError) as caught:
            manifest.decode(data)
        assert (caught.value.problem.kind, caught.value.problem.where) == (kind, "manifest.json")
    for data, kind in (
        (_with(made, root="0" * 64), ProblemKind.ROOT),
        (_with(made, run="0" * 64), ProblemKind.RUN),
    ):
        with pytest.raises(EvidenceError) as caught:
            manifest.compare(folder, manifest.decode(data))
        assert caught.value.problem.kind is kind


def test_a_file_can_be_handed_out_with_a_proof(folder: Path) -> None:
    made = manifest.write_manifest(folder)
    data = (folder / "findings" / "a.json").read_bytes()
    proof = msgspec.json.decode(msgspec.json.encode(manifest.prove(made, "findings/a.json")), type=Proof)
    manifest.check_proof(proof, data, made.root)
    for wrong, content, root in (
        (proof, data + b" ", made.root),
        (proof, data, "0" * 64),
        (msgspec.structs.replace(proof, index=proof.index + 1), data, made.root),
        (msgspec.structs.replace(proof, siblings=proof.siblings[:-1]), data, made.root),
        (
            msgspec.structs.replace(proof, file=ManifestFile(path="x", size=1, sha256=proof.file.sha256)),
            data,
            made.root,
        ),
    ):
        with pytest.raises(EvidenceError):
            manifest.check_proof(wrong, content, root)
    with pytest.raises(KeyError):
        manifest.prove(made, "report/index.html")


# --- writing ----------------------------------------------------------------------------------------------


def test_writing_replaces_as_a_whole_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.json"
    disk.write(path, b"1")
    disk.write(path, b"2", durable=False)
    assert path.read_bytes() == b"2"

    def fails(file: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        disk.replace(path, fails)
    assert [item.name for item in path.parent.iterdir()] == ["a.json"]
    assert path.read_bytes() == b"2"


def test_only_our_own_temporary_files_are_removed(tmp_path: Path) -> None:
    ours = tmp_path / "bodies" / ".abc.4711.3.tmp"
    ours.parent.mkdir()
    for path in (ours, tmp_path / ".gitignore", tmp_path / "a.tmp"):
        path.write_text("")
    assert disk.remove_temporaries(tmp_path) == [ours]
    assert (tmp_path / ".gitignore").exists()
    assert (tmp_path / "a.tmp").exists()


@pytest.mark.parametrize("named", ["by the system", "by who wrote it"])
def test_what_a_full_disk_refused_names_the_file(tmp_path: Path, named: str) -> None:
    file = tmp_path / "findings.json"
    full = OSError(28, "No space left on device", *([str(file)] if named == "by the system" else []))
    try:
        try:
            raise full
        except OSError as error:
            if named == "by the system":
                raise
            raise disk.not_written(file, error) from None
    except Exception as error:
        found = disk.refused(error)
    assert found is not None and (found.where, found.received) == (str(file), "No space left on device")
    assert disk.refused(ValueError("another")) is None
