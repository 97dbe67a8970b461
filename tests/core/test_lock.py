"""One process owns a run folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from harness.core.errors import UsageError
from harness.core.run.place import lock
from harness.core.run.place.lock import Owner, RunLock, check_free, holder, this_process

ROOT = Path(__file__).resolve().parents[2]
HOLDER = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from harness.core.errors import UsageError
    from harness.core.run.place.lock import RunLock
    try:
        RunLock(Path(sys.argv[1])).acquire()
    except UsageError:
        print("refused", flush=True)
        raise SystemExit
    print("held", flush=True)
    sys.stdin.read()
    """
)


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def says(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_folder_in_use_is_refused_and_free_again_afterwards(tmp_path: Path) -> None:
    with RunLock(tmp_path) as held:
        assert held.path.exists()
        assert holder(tmp_path) == this_process()
        with pytest.raises(UsageError) as early:
            check_free(tmp_path)
        with pytest.raises(UsageError) as caught:
            RunLock(tmp_path).acquire()
        assert early.value.render("en") == caught.value.render("en")
        assert str(os.getpid()) in caught.value.received
        assert caught.value.message.nl == "wordt al gebruikt door een andere run"
    assert not (tmp_path / lock.NAME).exists()
    assert holder(tmp_path) is None
    check_free(tmp_path)
    assert RunLock(tmp_path).acquire() is None


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path: Path) -> None:
    process = start(tmp_path)
    assert says(process) == "held"
    with pytest.raises(UsageError):
        RunLock(tmp_path).acquire()
    process.kill()
    process.wait()
    assert holder(tmp_path) is None
    mine = RunLock(tmp_path)
    stale = mine.acquire()
    assert stale is not None
    assert stale.pid == process.pid
    mine.release()


@pytest.mark.skipif(sys.platform == "win32", reason="a process that nobody waited for")
def test_a_killed_process_that_nobody_waited_for_is_dead(tmp_path: Path) -> None:
    process = start(tmp_path)
    assert says(process) == "held"
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    RunLock(tmp_path).acquire()
    process.wait()


def write(folder: Path, **changes: object) -> None:
    me = this_process()
    content = {"pid": me.pid, "started": me.started, "host": me.host, **changes}
    (folder / lock.NAME).write_text(json.dumps(content))


def test_the_same_number_with_another_start_is_another_process(tmp_path: Path) -> None:
    assert this_process().started
    write(tmp_path, started="long ago")
    assert RunLock(tmp_path).acquire() is not None


def test_a_start_that_nobody_knows_counts_as_alive(tmp_path: Path) -> None:
    write(tmp_path, started="")
    with pytest.raises(UsageError):
        RunLock(tmp_path).acquire()


def test_a_lock_of_another_machine_counts_as_held(tmp_path: Path) -> None:
    write(tmp_path, host="elsewhere", pid=999_999_999)
    with pytest.raises(UsageError):
        RunLock(tmp_path).acquire()


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 5000, b"null"])
def test_a_lock_that_a_power_cut_emptied_is_free(tmp_path: Path, content: bytes) -> None:
    (tmp_path / lock.NAME).write_bytes(content)
    with RunLock(tmp_path):
        assert holder(tmp_path) == this_process()


def test_release_leaves_the_lock_of_another_alone(tmp_path: Path) -> None:
    mine = RunLock(tmp_path)
    mine.acquire()
    write(tmp_path, host="elsewhere")
    mine.release()
    assert (tmp_path / lock.NAME).exists()
    RunLock(tmp_path).release()
    assert (tmp_path / lock.NAME).exists()


def test_one_of_many_gets_a_stale_lock(tmp_path: Path) -> None:
    for number in range(10):
        folder = tmp_path / str(number)
        folder.mkdir()
        write(folder, started="long ago")
        got: list[bool] = []

        def attempt(folder: Path = folder, got: list[bool] = got) -> None:
            try:
                RunLock(folder).acquire()
                got.append(True)
            except UsageError:
                got.append(False)

        threads = [threading.Thread(target=attempt) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(got) == [False] * 7 + [True]


def test_one_of_many_processes_gets_a_stale_lock(tmp_path: Path) -> None:
    write(tmp_path, started="long ago")
    processes = [start(tmp_path) for _ in range(4)]
    assert sorted(says(process) for process in processes) == ["held", "refused", "refused", "refused"]
    for process in processes:
        process.communicate("")


def test_numbers_that_are_no_process(tmp_path: Path) -> None:
    assert not lock.exists(0)
    assert not lock.exists(-1)
    assert not lock.exists(2**40)
    assert lock.exists(os.getpid())
    assert lock.started(2**22 + 12345) == ""
    assert not Owner(pid=2**22 + 12345, started="x", host=this_process().host).alive


@pytest.mark.skipif(not Path("/bin/ps").exists(), reason="no /bin/ps")
def test_the_start_as_ps_tells_it_is_stable() -> None:
    first = lock._started_ps(os.getpid())
    assert first
    assert first == lock._started_ps(os.getpid())
    assert lock._started_ps(2**22 + 12345) == ""
