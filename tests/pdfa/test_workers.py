"""Workers: limits in processor time and memory, and a worker that dies takes one document along, never the run."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest

from harness.pdfa import Limits
from harness.pdfa.batch import check_many
from harness.pdfa.file.limits import Budget, LimitExceeded
from harness.pdfa.worker import Worker, restricted
from tests.pdfa.pdfa_fixtures.builder import Doc, Raw, Stream

pytestmark = pytest.mark.slow

MB = 2**20


def flate(data: bytes, times: int = 1, **entries: object) -> Stream:
    for _ in range(times):
        data = zlib.compress(data, 9)
    return Stream({"Filter": ["/FlateDecode"] * times, **entries}, data)


def test_time_is_processor_time() -> None:
    budget = Budget(Limits(seconds=0.05))
    time.sleep(0.1)
    budget.tick()
    end = time.thread_time() + 0.1
    while time.thread_time() < end:
        pass
    with pytest.raises(LimitExceeded):
        budget.tick()


def test_limits_of_the_process_are_put_back() -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA), resource.getrlimit(resource.RLIMIT_CPU)
    with restricted(Limits(memory_bytes=2000 * MB)):
        assert resource.getrlimit(resource.RLIMIT_DATA)[0] == 2000 * MB - 32 * MB
    assert (resource.getrlimit(resource.RLIMIT_DATA), resource.getrlimit(resource.RLIMIT_CPU)) == before


def test_a_worker_serves_many_documents_and_survives_none_that_kills_it() -> None:
    worker = Worker(Limits())
    try:
        assert worker.check(Doc(2, "b").write(), "auto").valid
        process = worker._running()
        assert worker.check(b"no pdf", "auto").outcome == "unreadable"
        assert worker._running() is process
        process.kill()
        process.wait()
        assert worker.check(Doc(2, "b").write(), "auto").outcome == "limit"
        assert worker.check(Doc(2, "b").write(), "auto").valid
    finally:
        worker.close()


def test_a_file_that_is_gone_is_unreadable(tmp_path: Path) -> None:
    good = tmp_path / "a.pdf"
    good.write_bytes(Doc(2, "b").write())
    found = list(check_many([good, tmp_path / "gone.pdf"], "auto", Limits(), 2))
    assert {one.index: one.report.outcome for one in found} == {0: "valid", 1: "unreadable"}


def test_who_stops_listening_stops_the_workers(tmp_path: Path) -> None:
    good = tmp_path / "a.pdf"
    good.write_bytes(Doc(2, "b").write())
    results = check_many([good] * 50, "auto", Limits(), 2)
    assert next(results).report.valid
    results.close()  # type: ignore[attr-defined]


# -- memory -------------------------------------------------------------------------------------------


def big_content() -> bytes:
    d = Doc(2, "b")
    d.page["Contents"] = d.add(flate(b"0 0 m 10 10 l " * 4_000_000))
    return d.write()


def many_big_streams() -> bytes:
    d = Doc(2, "b")
    for index in range(12):
        d.catalog[f"Own{index}"] = {
            "Metadata": d.add(flate(b" " * 60_000_000, 2, Type="/Metadata", Subtype="/XML"))
        }
    return d.write()


def many_objects() -> bytes:
    d = Doc(2, "b")
    d.catalog["Own"] = [d.add({"A": [1, 2, 3], "B": {"C": "/D"}}) for _ in range(300_000)]
    return d.write()


def long_arrays() -> bytes:
    d = Doc(2, "b")
    for index in range(10):
        d.catalog[f"Own{index}"] = d.add(Raw(b"[" + b"1.5 " * 1_900_000 + b"]"))
    return d.write()


def large_file() -> bytes:
    d = Doc(2, "b")
    d.catalog["Own"] = d.add(Stream({}, os.urandom(95 * MB)))
    return d.write()


def deep_xml() -> bytes:
    d = Doc(2, "b")
    d.packet_bytes = b"<a>" + b"<b c='d'/>" * 700_000 + b"</a>"
    return d.write()


MAKERS = [big_content, many_big_streams, many_objects, long_arrays, large_file, deep_xml]


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="no peak of memory is to be read here")
@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_no_document_takes_more_than_256_mb(make, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "a.pdf"
    path.write_bytes(make())
    source = (
        "import re, sys; from pathlib import Path; from harness.pdfa import Limits, check; "
        "from harness.pdfa.worker import restricted\n"
        "limits = Limits(seconds=6)\n"
        "with restricted(limits): report = check(Path(sys.argv[1]), 'auto', limits)\n"
        "print(report.outcome, re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text()).group(1))"
    )
    done = subprocess.run(
        [sys.executable, "-c", source, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    outcome, peak = done.stdout.split()
    assert int(peak) <= 256 * 1024, (outcome, peak)
    assert outcome in ("valid", "invalid", "limit", "unreadable")


LOADED = """
import sys
from harness.cli import run
code = run(["pdfa", "check", "--json", *sys.argv[1:]])
print(code, *sys.modules, file=sys.stderr)
"""


@pytest.mark.parametrize(("count", "here"), [(1, True), (4, False)])
def test_only_what_is_used_is_loaded(tmp_path: Path, count: int, here: bool) -> None:
    """A valid document needs no library for what it lacks; who has others check needs no rules."""
    paths = [tmp_path / f"{number}.pdf" for number in range(count)]
    for path in paths:
        path.write_bytes(Doc(2, "b").write())
    done = subprocess.run(
        [sys.executable, "-c", LOADED, "--jobs", "2", *map(str, paths)],
        capture_output=True,
        text=True,
        check=True,
    )
    code, *loaded = done.stderr.split()
    assert code == "0", done.stdout
    assert ("harness.pdfa.checking" in loaded) is here
    assert not {"asyncio", "asn1crypto", "cryptography", "rich", "yaml"} & set(loaded)
