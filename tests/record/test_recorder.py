"""The recorder: what it returned stands in the run folder and reads back equal, whatever was sent."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rawkit import CELL, PERSONS, raw

from harness.core.errors import HarnessError
from harness.core.run.exchanges import UNREDACTED, Exchange, Tls
from harness.record import Known, Recorder, clean
from harness.record.chain import bodies, lines
from harness.record.chain.bodies import BodyStore
from harness.record.chain.read import judged_unit, read_unit
from harness.record.chain.units import units_in
from harness.record.chain.write import settle
from harness.record.looking import Looking

TLS = Tls(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384", server_name="a.example")


def run_folder(path: Path) -> Path:
    (path / "run-start.json").write_text("{}")
    return path


def recorded(folder: Path, unit: str = CELL) -> list[Exchange]:
    found = judged_unit(folder, unit)
    return list(found.exchanges) if found is not None else []


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    body=st.binary(max_size=200),
    header=st.text(st.characters(exclude_categories=["Cc"]), max_size=40),
    notes=st.dictionaries(
        st.text(st.characters(), max_size=8),
        st.lists(st.text(st.characters(), max_size=8) | st.floats(), max_size=3),
        max_size=3,
    ),
    status=st.sampled_from([0, 200, 404]),
    kind=st.sampled_from(["application/fhir+json", "text/html", "application/pdf", ""]),
)
def test_live_and_read_back_are_equal(
    tmp_path_factory: pytest.TempPathFactory,
    body: bytes,
    header: str,
    notes: dict[str, list[str]],
    status: int,
    kind: str,
) -> None:
    folder = run_folder(tmp_path_factory.mktemp("run"))
    recorder = Recorder(folder, persons=PERSONS)
    live = [
        recorder.record(
            raw(
                request_body=body,
                request_headers=(("X", header),),
                status=status,
                response_headers=(("Content-Type", kind), ("x-y", header)),
                response_body=body if status else b"",
                notes=notes,
                tls=TLS,
                person="anna",
                error="" if status else f"timeout: slow {header}",
            )
        )
        for _ in range(2)
    ]
    recorder.end(CELL, "finished")
    recorder.close()
    assert recorded(folder) == live
    assert [item.id for item in live] == ["his-a.pgo-1.hg.0001", "his-a.pgo-1.hg.0002"]


def deep(levels: int) -> dict[str, object]:
    value: dict[str, object] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "https://a.example/\udc80?state=\ud800abcdefgh"},
        {"request_headers": (("X-\udcff", "\udcfe"),)},
        {"response_headers": (("X", "\ud834"),)},
        {"error": "protocol: \udc80", "status": 0},
        {"notes": {"value": float("nan"), "other": float("inf"), "big": 2**80, "half": "\ud800"}},
        {"notes": {"\udc80": 1, "pair": ("a", b"b"), "set": {1}}},
        {"notes": deep(5000)},
        {"notes": {"list": [deep(70)]}},
        {"duration": float("nan")},
        {"known": (Known("state", "state-sent", "\ud800abcdefgh"),)},
    ],
)
def test_what_json_cannot_say_is_rewritten_and_nothing_is_lost(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    folder = run_folder(tmp_path)
    recorder = Recorder(folder, persons=PERSONS)
    live = [recorder.record(raw(**changes)), recorder.record(raw())]
    recorder.end(CELL, "finished")
    assert recorded(folder) == live
    assert recorder.broken is None


def test_an_exchange_that_is_too_large_is_shortened_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 40_000)
    monkeypatch.setattr(bodies, "MAX_BODY", 100_000)
    monkeypatch.setattr(clean, "MAX_BODY", 100_000)
    folder = run_folder(tmp_path)
    recorder = Recorder(folder, persons=PERSONS)
    noted = recorder.record(raw(notes={"text": "x" * 50_000}))
    large = recorder.record(raw(interface="token", status=200, response_body=b"x y " * 50_000))
    recorder.end(CELL, "finished")
    assert recorded(folder) == [noted, large]
    assert noted.notes == {"left_out_of_recording": {"notes": 1}}
    assert large.response is not None
    assert large.response.body == b"" and large.notes["left_out_of_recording"]["response"] == 200_000


def test_every_unit_has_tags_of_its_own_and_no_secret_of_another_is_written(tmp_path: Path) -> None:
    folder = run_folder(tmp_path)
    recorder = Recorder(folder, persons=PERSONS)
    secret = "q7Zt0VbLr2XhWc9KpNf4"
    recorder.learn("token", secret)
    other = CELL.replace("pgo-1", "pgo-2")
    live = [
        recorder.record(raw(cell=cell, url=f"https://a.example/x/{secret}")) for cell in (CELL, other, "")
    ]
    recorder.close()
    assert len({item.facts[0].tag for item in live}) == 3
    assert not any(secret.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert [item.id for item in live] == ["his-a.pgo-1.hg.0001", "his-a.pgo-2.hg.0001", "shared.0001"]


def test_what_comes_of_a_cell_that_has_ended_goes_to_shared(tmp_path: Path) -> None:
    folder = run_folder(tmp_path)
    recorder = Recorder(folder)
    first = recorder.record(raw())
    recorder.end(CELL, "finished")
    late = recorder.record(raw())
    recorder.close()
    assert recorded(folder) == [first]
    assert recorded(folder, "shared") == [late] and late.cell == CELL and late.id == "shared.0001"
    with pytest.raises(HarnessError, match="has ended"):
        recorder.record(raw())


def test_names_of_exchanges_follow_from_the_plan_whatever_comes_first(tmp_path: Path) -> None:
    other = CELL.replace("mm-2.2", "mm-2.1")
    for order in ((CELL, other), (other, CELL)):
        recorder = Recorder(cells=[CELL, other])
        found = {cell: recorder.record(raw(cell=cell)).id for cell in order}
        assert found == {CELL: "his-a.pgo-1.hg.0001", other: "his-a.pgo-1.hg.mm-2.1.0001"}


FULL = """
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from rawkit import raw
from harness.record import Recorder
from harness.core.errors import HarnessError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
recorder = Recorder(Path(sys.argv[2]))
for number in range(1000):
    try:
        recorder.record(raw(url=f"https://a.example/{number}"))
    except HarnessError as caught:
        error = caught
        print(recorder.count, recorder.broken is error, error.render("en").count(chr(10)))
        break
try:
    recorder.record(raw())
except HarnessError as again:
    print(again is error)
"""


def test_a_disk_that_takes_no_more_stops_the_recorder_and_keeps_what_was_accepted(tmp_path: Path) -> None:
    folder = run_folder(tmp_path)
    words = [sys.executable, "-c", FULL, str(Path(__file__).parent), str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    count, same, lines_after = done.stdout.splitlines()[0].split()
    assert (same, lines_after) == ("True", "1") and done.stdout.splitlines()[1] == "True"
    assert settle(folder) == []
    (item,) = units_in(folder)
    assert len(read_unit(item.path, BodyStore(folder)).exchanges) == int(count) > 5


def test_many_threads_record_into_many_units_without_loss(tmp_path: Path) -> None:
    folder = run_folder(tmp_path)
    recorder = Recorder(folder)
    cells = [CELL.replace("pgo-1", f"pgo-{number}") for number in range(70)]

    def work(start: int) -> None:
        for number in range(210):
            recorder.record(raw(cell=cells[(start + number) % len(cells)]))

    threads = [threading.Thread(target=work, args=(number * 7,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for cell in cells:
        recorder.end(cell, "finished")
    assert recorder.count == 1260
    for cell in cells:
        found = recorded(folder, cell)
        assert [item.id.rpartition(".")[2] for item in found] == [f"{n:04d}" for n in range(1, 19)]


def test_what_the_redactor_cannot_read_is_recorded_without_what_was_said():
    """Never raw, never lost; and what is said of it is a defect of the harness."""

    def breaks(text: str, person: str) -> list[tuple[str, str]]:
        raise ValueError(text)

    recorder = Recorder(persons=PERSONS, looking=Looking(find=breaks))
    answer = raw(
        person="anna",
        status=200,
        response_headers=(("X-Name", "Plantnaam"),),
        response_body=b"van Plantnaam" * 9,
    )
    done = recorder.record(answer)
    assert done.notes == {UNREDACTED: "ValueError"}
    assert done.response is not None and (done.response.status, done.response.body) == (200, b"")
    assert "Plantnaam" not in repr(done) and recorder.exchanges(CELL) == [done]
