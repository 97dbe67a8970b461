"""Taking a folder for a run: what is ours is known by its form, and nothing else is ever touched."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from harness.core.errors import HarnessError, InputError, UsageError
from harness.core.run import manifest
from harness.core.run.folder import RunFolder
from harness.core.run.info import Ended, RunInfo
from harness.core.run.place import contents, disk, lock
from harness.core.run.place.claim import chosen_mode, claim
from harness.core.run.problems import EvidenceError, ProblemKind

INFO = RunInfo(id="run", harness="0", t="2026-03-01", now="2026-03-01T10:00:00+01:00")


def begun(path: Path) -> RunFolder:
    """A run that did not finish."""
    folder = RunFolder(path)
    folder.write_start(INFO)
    disk.write(path / "exchanges" / "shared.jsonl", b"{}\n")
    disk.write(path / "findings" / "a.json", b"{}")
    disk.write(path / "bodies" / "ab" / ("ab" + "0" * 62), b"x")
    disk.write(path / "report" / "index.html", b"")
    (path / "events.jsonl").write_text("{}\n")
    return folder


def finished(path: Path) -> RunFolder:
    folder = begun(path)
    folder.write_end(msgspec.structs.replace(INFO, ended=Ended(at=INFO.now, salt="")))
    manifest.write_manifest(path)
    return folder


def files(path: Path) -> dict[str, bytes]:
    return {
        item.relative_to(path).as_posix(): item.read_bytes()
        for item in path.rglob("*")
        if item.is_file() and item.name != lock.NAME
    }


def there(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - says no to a name that is too long


def refused(path: Path, mode: str = "new") -> HarnessError:
    before = files(path) if there(path) else {}
    with pytest.raises((InputError, UsageError)) as caught:
        claim(path, mode)
    assert caught.value.exit_code == 2
    for lang in ("nl", "en"):
        assert "Traceback" not in caught.value.render(lang)
    assert (files(path) if there(path) else {}) == before
    assert lock.holder(path) is None or lock.holder(path).pid != os.getpid()
    return caught.value


@pytest.mark.parametrize("mode", ["new", "resume", "replace"])
def test_a_new_or_empty_folder_is_taken(tmp_path: Path, mode: str) -> None:
    for path in (tmp_path / "a" / "b", tmp_path / "empty"):
        if path.name == "empty":
            path.mkdir()
            (path / ".DS_Store").write_bytes(b"x")
        taken = claim(path, mode)
        assert lock.holder(path) is not None
        assert (taken.moved, taken.resumed, taken.told()) == (None, False, None)
        taken.release()
        assert lock.holder(path) is None


@pytest.mark.parametrize("mode", ["new", "replace"])
def test_a_finished_run_is_moved_aside_and_never_touched(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "run"
    names = []
    for _ in range(3):
        finished(path)
        before = files(path)
        taken = claim(path, mode)
        assert taken.moved is not None and str(taken.moved) in taken.told().nl
        assert files(taken.moved) == before and files(path) == {}
        assert not (taken.moved / lock.NAME).exists()
        names.append(taken.moved.name)
        taken.release()
    assert names == ["run.20260301-100000", "run.20260301-100000-2", "run.20260301-100000-3"]


def test_a_finished_run_cannot_be_gone_on_with(tmp_path: Path) -> None:
    finished(tmp_path / "run")
    assert "has finished already" in refused(tmp_path / "run", "resume").render("en")


def test_an_unfinished_run_is_refused_gone_on_with_or_discarded_as_the_user_says(tmp_path: Path) -> None:
    path = tmp_path / "run"
    begun(path)
    before = files(path)
    error = refused(path)
    assert "--resume" in error.render("en") and "--replace" in error.render("nl")
    taken = claim(path, "resume")
    kept = {name: data for name, data in before.items() if not name.startswith("report/")}
    assert taken.resumed and files(path) == kept
    taken.release()
    taken = claim(path, "replace")
    assert not taken.resumed and files(path) == {}
    assert {item.name for item in path.iterdir()} == {lock.NAME}
    taken.release()


def test_a_run_that_recorded_nothing_makes_place_by_itself(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text("{}\n")
    (tmp_path / "junit.xml").write_text("<x/>")
    disk.write(tmp_path / "allure-results" / "environment.properties", b"")
    claim(tmp_path).release()
    assert files(tmp_path) == {}


@pytest.mark.parametrize("mode", ["new", "resume", "replace"])
@pytest.mark.parametrize(
    "name",
    [
        "letter.txt",
        "report/mine/a.txt",
        "report/notes.html",
        "exchanges/letter.jsonl.bak",
        "bodies/zz/" + "a" * 64,
        "findings/deep/a.json",
        "allure-results/history/x.json",
        "UPPER.json",
        "runs/run.json",
        "handout/letter.doc",
    ],
)
@pytest.mark.parametrize("make", [begun, finished, None])
def test_files_that_no_run_wrote_are_never_touched(tmp_path: Path, mode: str, name: str, make) -> None:
    path = tmp_path / "run"
    path.mkdir()
    if make is not None:
        make(path)
    disk.write(path / name, b"mine")
    assert "no run of the harness wrote" in refused(path, mode).render("en")
    assert (path / name).read_bytes() == b"mine"


def test_links_are_foreign_whatever_they_are_called(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "index.html").write_text("mine")
    path = tmp_path / "run"
    begun(path)
    (path / "allure-results").symlink_to(tmp_path / "target")
    assert refused(path, "replace").received == "allure-results"
    (path / "allure-results").unlink()
    (path / "junit.xml").symlink_to(tmp_path / "target" / "index.html")
    assert refused(path, "replace").received == "junit.xml"
    assert (tmp_path / "target" / "index.html").read_text() == "mine"


def test_folders_of_other_formats_are_refused_with_one_sentence(tmp_path: Path) -> None:
    older = tmp_path / "older"
    disk.write(older / "run.json", json.dumps({"schema": "run-1"}).encode())
    disk.write(older / "exchanges" / "a.har", b"{}")
    newer = tmp_path / "newer"
    disk.write(newer / "run-start.json", json.dumps({"schema": "run-3"}).encode())
    disk.write(newer / "something" / "new", b"")
    for path, words in ((older, "older version"), (newer, "does not know")):
        for mode in ("new", "resume", "replace"):
            error = refused(path, mode)
            assert isinstance(error, EvidenceError) and error.problem.kind is ProblemKind.FORMAT
            assert words in error.render("en")
        with pytest.raises(EvidenceError, match=words):
            RunFolder.open(path)


def test_a_place_where_no_folder_can_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a")
    for path in (tmp_path / "file" / "run", tmp_path / "file", Path("/proc/run"), tmp_path / ("x" * 300)):
        error = refused(path)
        assert "is no place for a run" in error.render("en") and str(path) in error.where
    assert (tmp_path / "file").read_text() == "a"


def test_a_folder_on_a_read_only_disk_is_one_sentence(tmp_path: Path) -> None:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "none", str(tmp_path)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no right to mount a disk")
    try:
        begun(tmp_path / "run")
        subprocess.run(["mount", "-o", "remount,ro", str(tmp_path)], check=True)
        for mode in ("new", "resume", "replace"):
            assert "is no place for a run" in refused(tmp_path / "run", mode).render("en")
        assert "is no place for a run" in refused(tmp_path / "other").render("en")
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


HOLD = """
import pathlib, sys
from harness.core.run.place.claim import claim
claim(pathlib.Path(sys.argv[1]))
print("taken", flush=True)
sys.stdin.read()
"""


def test_a_folder_in_use_is_always_refused(tmp_path: Path) -> None:
    path = tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "taken\n"
        for make in (None, begun, finished):
            if make is not None:
                make(path)
            for mode in ("new", "resume", "replace"):
                assert "is in use" in refused(path, mode).render("en")
    finally:
        process.kill()
        process.wait()
    claim(path).release()  # finished by now, and its owner is dead


def _race(path: Path, barrier, queue) -> None:
    barrier.wait(timeout=30)
    try:
        claim(path)
        queue.put("taken")
    except HarnessError as error:
        queue.put(error.render("en").splitlines()[0])
    barrier.wait(timeout=30)


@pytest.mark.parametrize("make", [None, finished])
def test_of_many_at_once_one_gets_the_folder(tmp_path: Path, make) -> None:
    context = multiprocessing.get_context("fork")
    for number in range(6):
        path = tmp_path / f"run-{number}"
        if make is not None:
            make(path)
        barrier, queue = context.Barrier(4), context.Queue()
        processes = [context.Process(target=_race, args=(path, barrier, queue)) for _ in range(4)]
        for process in processes:
            process.start()
        said = [queue.get(timeout=30) for _ in processes]
        for process in processes:
            process.join()
        assert said.count("taken") == 1, said
        assert all("in use" in text or text == "taken" for text in said), said


CLEAR = """
import os, pathlib, sys
from harness.core.run.place import contents
left = [int(sys.argv[2])]
real = pathlib.Path.unlink
def unlink(self, *a, **k):
    if not left[0]:
        os._exit(9)
    left[0] -= 1
    real(self, *a, **k)
pathlib.Path.unlink = unlink
contents.clear(pathlib.Path(sys.argv[1]))
"""


def test_clearing_survives_being_killed_at_any_moment(tmp_path: Path) -> None:
    """A folder that was half cleared may be cleared again; it is never taken for a run."""
    rng = random.Random(5)
    for number in range(8):
        path = tmp_path / f"run-{number}"
        begun(path)
        subprocess.run([sys.executable, "-c", CLEAR, str(path), str(rng.randrange(8))], check=False)
        assert not contents.foreign(path)
        claim(path, "replace" if RunFolder(path).started else "new").release()
        assert files(path) == {}


def test_resume_and_replace_exclude_each_other() -> None:
    assert chosen_mode(resume=True, replace=False) == "resume"
    assert chosen_mode(resume=False, replace=True) == "replace"
    assert chosen_mode(resume=False, replace=False) == "new"
    with pytest.raises(UsageError):
        chosen_mode(resume=True, replace=True)
