"""Recordings: nothing is lost or changed on the way, and every line follows from the one before."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from evidencekit import TLS, exchange, finished_units, run_folder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.core.errors import HarnessError
from harness.core.run import manifest
from harness.core.run.exchanges import Certificate, Exchange, Fact, Request, Response, Tls
from harness.core.run.place import disk
from harness.core.run.problems import EvidenceError, ProblemKind
from harness.record.chain import lines, raw
from harness.record.chain.bodies import BodyStore
from harness.record.chain.read import judged_unit, read_unit
from harness.record.chain.recover import recover
from harness.record.chain.units import attempts, file_name, stem_of, units_in
from harness.record.chain.write import UnitWriter, settle

pytestmark = pytest.mark.slow

RUN = "a" * 64
ROOT = Path(__file__).resolve().parents[2]


def record(folder: Path, items: list[Exchange], unit: str = "cell", end: str | None = "finished") -> Path:
    writer = UnitWriter.start(folder, unit, RUN)
    for item in items:
        writer.write(item)
    if end is not None:
        return writer.end(end)  # type: ignore[arg-type]
    writer.release()
    return writer.path


def some(count: int, seed: int = 1) -> list[Exchange]:
    rng = random.Random(seed)
    return [exchange(rng, number) for number in range(count)]


def failure(path: Path, bodies: BodyStore, **options: Any) -> EvidenceError:
    with pytest.raises(EvidenceError) as caught:
        read_unit(path, bodies, **options)
    error = caught.value
    assert error.problem.where
    for lang in ("nl", "en"):
        assert "\n" not in error.problem.sentence(lang)
    return error


# --- the round trip ---------------------------------------------------------------------------------------

TEXT = st.text(max_size=30)
HEADERS = st.lists(st.tuples(TEXT, TEXT), max_size=5).map(tuple)
BODY = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=40).map(str.encode),
    st.binary(min_size=1, max_size=3).map(lambda item: item * 2000),
    st.integers(4090, 4100).map(lambda size: b"x" * size),
    st.integers(2045, 2050).map(lambda size: "é".encode() * size),
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
CERTIFICATE = st.none() | st.builds(
    Certificate, subject=TEXT, issuer=TEXT, dns_names=st.lists(TEXT, max_size=3).map(tuple), sha256=TEXT
)
EXCHANGE = st.builds(
    Exchange,
    id=TEXT,
    cell=TEXT,
    interface=TEXT,
    flow=TEXT,
    operation=TEXT,
    client=TEXT,
    server=TEXT,
    started=TEXT,
    duration=st.floats(0, 1e6),
    request=st.builds(Request, method=TEXT, url=TEXT, headers=HEADERS, body=BODY),
    response=st.none() | st.builds(Response, status=st.integers(0, 999), headers=HEADERS, body=BODY),
    error=TEXT,
    tls=st.none()
    | st.builds(Tls, version=TEXT, cipher=TEXT, server_name=TEXT, server=CERTIFICATE, client=CERTIFICATE),
    facts=st.lists(
        st.builds(
            Fact,
            tag=TEXT,
            kind=TEXT,
            place=TEXT,
            length=st.integers(0, 10**6),
            alphabet=TEXT,
            entropy_bits=st.integers(0, 999),
            eleven_test=st.none() | st.booleans(),
            equals=TEXT,
        ),
        max_size=3,
    ).map(tuple),
    notes=st.dictionaries(TEXT, JSON, max_size=4),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(items=st.lists(EXCHANGE, max_size=3), name=st.text(min_size=1, max_size=80))
def test_what_is_read_equals_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, items: list[Exchange], name: str
) -> None:
    folder = tmp_path_factory.mktemp("run")
    path = record(folder, items, unit=name)
    unit = read_unit(path, BodyStore(folder), run=RUN)
    assert list(unit.exchanges) == items
    assert unit.finished
    assert unit.head.unit == name
    assert [repr(item) for item in unit.exchanges] == [repr(item) for item in items]


def test_every_field_of_an_exchange_has_its_place() -> None:
    """A field that is added to ``Exchange`` must be added to the line, or it would silently be lost."""
    assert set(Exchange.__struct_fields__) <= set(lines.ExchangeLine.__struct_fields__)
    for whole, part in ((Request, lines.RequestPart), (Response, lines.ResponsePart)):
        assert set(whole.__struct_fields__) == set(part.__struct_fields__)


def test_the_lines_are_as_the_format_says(tmp_path: Path) -> None:
    """Written against the format's text, not against the code: hashes, order, tls once, bodies, gzip."""
    items = some(30)
    path = record(tmp_path, items)
    packed = path.read_bytes()
    assert packed[:4] == b"\x1f\x8b\x08\x00"  # no name in the header
    assert packed[4:8] == b"\0\0\0\0"  # no time
    written = gzip.decompress(packed).split(b"\n")
    assert written.pop() == b""
    previous = "0" * 64
    for number, line in enumerate(written):
        content = json.loads(line)
        assert content["prev"] == previous
        assert content.get("seq", 0) == number
        previous = hashlib.sha256(line).hexdigest()
    content = [json.loads(line) for line in written]
    assert content[0] == {
        "kind": "head",
        "format": "exchanges-2",
        "run": RUN,
        "unit": "cell",
        "attempt": 0,
        "prev": "0" * 64,
    }
    assert [item["n"] for item in content if item["kind"] == "tls"] == [1, 2]
    assert content[-1]["kind"] == "end"
    assert (content[-1]["count"], content[-1]["reason"]) == (30, "finished")
    exchanges = [item for item in content if item["kind"] == "exchange"]
    assert exchanges[0]["request"]["headers"][1:] == [["X-Double", "1"], ["X-Double", "2"]]
    outside = 0
    for item, original in zip(exchanges, items, strict=True):
        body = item["response"].get("body")
        raw_body = original.response.body if original.response else b""
        if not raw_body:
            assert body is None
        elif "text" in body:
            assert body == {"n": len(raw_body), "text": raw_body.decode()}
            assert len(raw_body) <= 4096
        else:
            outside += 1
            assert body == {"n": len(raw_body), "sha256": hashlib.sha256(raw_body).hexdigest()}
            stored = tmp_path / "bodies" / body["sha256"][:2] / body["sha256"]
            assert zlib.decompress(stored.read_bytes()) == raw_body
            assert len(raw_body) > 4096 or b"\xff" in raw_body
    assert outside > 3


def test_equal_recordings_give_equal_files(tmp_path: Path) -> None:
    first, second = (record(tmp_path / name, some(5)) for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    "changes",
    [
        {"duration": math.nan},
        {"duration": math.inf},
        {"notes": {"a": math.nan}},
        {"notes": {"a": (1, 2)}},
        {"notes": {"a": b"bytes"}},
        {"notes": {"a": {1: 2}}},
        {"notes": {"a": "\ud800"}},
        {"operation": "\udcff"},
    ],
)
def test_what_json_cannot_say_is_refused_and_nothing_is_broken(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    writer = UnitWriter.start(tmp_path, "cell", RUN)
    good, bad = some(2)
    writer.write(good)
    with pytest.raises(HarnessError):
        writer.write(exchange(random.Random(2), 7, **changes))
    writer.write(bad)
    assert read_unit(writer.end("finished"), BodyStore(tmp_path)).exchanges == (good, bad)


def test_notes_that_are_nested_too_deeply_are_refused_on_both_sides(tmp_path: Path) -> None:
    notes: dict[str, Any] = {}
    for _ in range(100):
        notes = {"a": notes}
    writer = UnitWriter.start(tmp_path, "cell", RUN)
    with pytest.raises(HarnessError):
        writer.write(exchange(random.Random(1), 1, notes=notes))
    for depth in (200, 100_000):
        line = b'{"kind":"exchange","notes":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
        with pytest.raises(EvidenceError):
            lines.decode(line, "x")


# --- bodies -----------------------------------------------------------------------------------------------


def test_bodies_are_stored_once_and_by_many_at_the_same_time(tmp_path: Path) -> None:
    store = BodyStore(tmp_path)
    bodies = [bytes([number]) * 9000 for number in range(20)]

    def work() -> None:
        for body in bodies * 5:
            store.put(body)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    files = [path for path in (tmp_path / "bodies").rglob("*") if path.is_file()]
    assert len(files) == 20
    assert disk.remove_temporaries(tmp_path) == []
    for body in bodies:
        reference = store.refer(body)
        assert store.get(reference, "x") == body


def test_a_body_that_many_exchanges_have_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = Response(status=200, body=b"x" * 9_000)
    items = [exchange(random.Random(1), number, response=large) for number in (1, 2, 3)]
    path = record(tmp_path, items)
    unpacked: list[str] = []
    real = BodyStore._unpack
    monkeypatch.setattr(
        BodyStore, "_unpack", lambda self, body, where: unpacked.append(where) or real(self, body, where)
    )
    unit = read_unit(path, BodyStore(tmp_path))
    assert [item.response for item in unit.exchanges] == [large] * 3
    assert len({id(item.response.body) for item in unit.exchanges}) == 1  # type: ignore[union-attr]
    assert sum("bodies/" in where for where in unpacked) == 1


def _body_file(tmp_path: Path) -> tuple[Path, Path, BodyStore]:
    item = exchange(random.Random(1), 1, response=Response(status=200, body=b"x" * 5000 + b"\xff"))
    path = record(tmp_path, [item])
    (file,) = (found for found in (tmp_path / "bodies").rglob("*") if found.is_file())
    return path, file, BodyStore(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="missing"),
        pytest.param(b"", id="empty"),
        pytest.param(b"junk", id="junk"),
        pytest.param(zlib.compress(b"x" * 5001), id="another body of the same length"),
        pytest.param(zlib.compress(b"x" * 5000), id="shorter"),
        pytest.param(zlib.compress(b"\0" * 100_000_000), id="bomb"),
        pytest.param(zlib.compress(b"x" * 5000 + b"\xff") + b"more", id="followed"),
        pytest.param(zlib.compress(b"x" * 5000 + b"\xff")[:-3], id="truncated"),
        pytest.param(b"\0" * 2_000_000, id="long junk"),
    ],
)
def test_a_body_that_is_not_the_one_named_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path, file, store = _body_file(tmp_path)
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    problem = failure(path, store).problem
    assert problem.kind is ProblemKind.BODY
    assert file.name in problem.where


# --- what a stranger may have done to a recording ------------------------------------------------------------


def rewrite(path: Path, change: Any) -> Path:
    """The plain form of a compressed recording, its lines changed."""
    content = gzip.decompress(path.read_bytes()).split(b"\n")[:-1]
    path.unlink()
    plain = path.with_name(path.name.removesuffix(".gz"))
    plain.write_bytes(b"".join(line + b"\n" for line in change(content)))
    return plain


def rechain(content: list[bytes]) -> list[bytes]:
    """The same lines with right hashes: what somebody who knows the format can make of them."""
    done, previous = [], "0" * 64
    for number, line in enumerate(content):
        item = json.loads(line)
        item["prev"] = previous
        if number:
            item["seq"] = number
        done.append(json.dumps(item).encode())
        previous = hashlib.sha256(done[-1]).hexdigest()
    return done


def _set(number: int, **changes: object) -> Any:
    def change(content: list[bytes]) -> list[bytes]:
        item = json.loads(content[number])
        content[number] = json.dumps({**item, **changes}).encode()
        return rechain(content)

    return change


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda content: content[:2] + content[3:], ProblemKind.CHAIN),
        (lambda content: [content[0], content[2], content[1], *content[3:]], ProblemKind.CHAIN),
        (lambda content: [*content, content[-1]], ProblemKind.CHAIN),
        (
            lambda content: [*content[:2], content[2].replace(b"_id=", b"_id=1"), *content[3:]],
            ProblemKind.CHAIN,
        ),
        (lambda content: [*content[:-1], content[-1].replace(b'"seq":6', b'"seq":7')], ProblemKind.CHAIN),
        (lambda content: rechain([*content, content[2]]), ProblemKind.CHAIN),
        (lambda content: content[1:], ProblemKind.HEAD),
        (lambda content: [content[0].replace(RUN.encode(), b"b" * 64), *content[1:]], ProblemKind.RUN),
        (lambda content: [content[0].replace(b"exchanges-2", b"exchanges-3")], ProblemKind.FORMAT),
        (lambda content: [content[0], content[0]], ProblemKind.CHAIN),
        (lambda content: [content[0], b"", *content[1:]], ProblemKind.CHAIN),
        (lambda content: [content[0], b"[]"], ProblemKind.CHAIN),
        (lambda content: [content[0], b'{"kind":"other"}'], ProblemKind.CHAIN),
        (lambda content: [content[0], b"\xff\xfe"], ProblemKind.CHAIN),
        (lambda content: [content[0], b"[" * 100_000], ProblemKind.CHAIN),
        (lambda content: rechain([*content[:3], *content[4:]]), ProblemKind.END),
        (_set(0, unit="other"), ProblemKind.HEAD),
        (_set(0, attempt=1), ProblemKind.HEAD),
        (_set(1, n=2), ProblemKind.CHAIN),
        (_set(1, extra=1), ProblemKind.CHAIN),
        (_set(2, tls=7), ProblemKind.CHAIN),
        (
            lambda content: [*content[:2], content[2].replace(b'"seq":2', b'"seq":3'), *content[3:]],
            ProblemKind.CHAIN,
        ),
        (_set(2, request={"method": "GET", "url": "x", "body": {"n": 3, "text": "ab"}}), ProblemKind.BODY),
        (_set(2, request={"method": "GET", "url": "x", "body": {"n": 3}}), ProblemKind.BODY),
        (
            _set(2, request={"method": "GET", "url": "x", "body": {"n": 2, "text": "ab", "sha256": RUN}}),
            ProblemKind.BODY,
        ),
        (
            _set(2, request={"method": "GET", "url": "x", "body": {"n": 2, "sha256": "../../../etc/passwd"}}),
            ProblemKind.CHAIN,
        ),
        (
            _set(2, request={"method": "GET", "url": "x", "body": {"n": 10**12, "sha256": RUN}}),
            ProblemKind.CHAIN,
        ),
    ],
)
def test_a_recording_that_was_changed_names_its_line(tmp_path: Path, change: Any, kind: ProblemKind) -> None:
    items = [exchange(random.Random(number), number, tls=TLS[1]) for number in range(4)]
    path = rewrite(record(tmp_path, items), change)
    problem = failure(path, BodyStore(tmp_path), run=RUN).problem
    assert problem.kind is kind, problem
    assert problem.where.startswith("exchanges/cell.jsonl, line ")


def test_a_line_that_is_too_long_is_refused_without_reading_it_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = record(tmp_path, some(2), end=None)
    with path.open("ab") as file:
        file.write(b"x" * (lines.MAX_LINE + 200_000))
    assert failure(path, BodyStore(tmp_path)).problem.kind is ProblemKind.CHAIN
    path.unlink()
    packed = record(tmp_path, some(2))
    packed.write_bytes(gzip.compress(b"\0" * 200_000_000))
    assert failure(packed, BodyStore(tmp_path)).problem.kind is ProblemKind.CHAIN
    monkeypatch.setattr(raw, "MAX_UNIT", 1000)
    packed.unlink()
    path = record(tmp_path, some(9), end=None)
    assert failure(path, BodyStore(tmp_path)).problem.kind is ProblemKind.CHAIN


@pytest.mark.parametrize("damage", ["cut", "followed", "second member", "junk", "no end"])
def test_a_damaged_compressed_recording_is_refused(tmp_path: Path, damage: str) -> None:
    path = record(tmp_path, some(40))
    data = path.read_bytes()
    content = gzip.decompress(data)
    path.write_bytes(
        {
            "cut": data[:-9],
            "followed": data + b"x",
            "second member": data + gzip.compress(b"more\n"),
            "junk": b"junk",
            "no end": gzip.compress(content[: content.rstrip(b"\n").rfind(b"\n") + 1]),
        }[damage]
    )
    failure(path, BodyStore(tmp_path))


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 131_072, 1_000_000])
def test_lines_are_found_whole_at_every_boundary(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.jsonl"
    content = [b"a" * size, b"", b"b", b"c" * size]
    path.write_bytes(b"\n".join(content))
    expected = [(content[0], True), (b"", True), (b"b", True), (content[3], False)]
    assert list(raw.raw_lines(path, "x")) == expected
    packed = tmp_path / "a.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert list(raw.raw_lines(packed, "x")) == expected


# --- units and their names ----------------------------------------------------------------------------------


def test_names_of_units_never_meet() -> None:
    names = [
        "a",
        "A",
        "a.1",
        "a.2",
        "aux",
        "con.x",
        "",
        ".",
        "..",
        "a/b",
        "a\\b",
        "é",
        "a b",
        "x" * 300,
        "mm-2.1",
    ]
    files = [file_name(name, attempt) for name in names for attempt in (0, 1, 12)]
    assert len(set(files)) == len(files)
    assert len({file.lower() for file in files}) == len(files)
    for file in files:
        manifest.check_path(f"exchanges/{file}")
        assert not file.startswith(".")


def test_a_unit_that_did_not_finish_is_driven_again_and_only_once_finished(tmp_path: Path) -> None:
    record(tmp_path, some(3), end="aborted")
    record(tmp_path, some(4))
    assert [item.path.name for item in attempts(tmp_path, "cell")] == ["cell.1.jsonl.gz", "cell.jsonl.gz"][
        ::-1
    ]
    assert [len(unit.exchanges) for unit in finished_units(tmp_path, run=RUN)] == [4]


def test_while_a_unit_grows_it_is_judged_as_it_is(tmp_path: Path) -> None:
    assert judged_unit(tmp_path, "cell") is None
    record(tmp_path, some(3), end="aborted")
    assert judged_unit(tmp_path, "cell") is None
    record(tmp_path, some(2), end=None)
    unit = judged_unit(tmp_path, "cell")
    assert unit is not None
    assert len(unit.exchanges) == 2 and unit.head.attempt == 1 and not unit.finished


def test_a_unit_that_is_open_is_not_opened_again(tmp_path: Path) -> None:
    record(tmp_path, some(1), end=None)
    with pytest.raises(HarnessError):
        UnitWriter.start(tmp_path, "cell", RUN)


# --- crashes ------------------------------------------------------------------------------------------------


def test_a_torn_last_line_is_cut_and_told_and_the_chain_goes_on(tmp_path: Path) -> None:
    items = some(12)
    path = record(tmp_path, items[:10], end=None)
    whole = path.read_bytes()
    ends = [index + 1 for index, byte in enumerate(whole) if byte == 10]
    rng = random.Random(3)
    for cut in [*rng.sample(range(ends[0], len(whole)), 40), ends[1], len(whole)]:
        path.write_bytes(whole[:cut])
        kept = read_unit(path, BodyStore(tmp_path))
        assert kept.torn == cut - max(end for end in ends if end <= cut)
        writer, told = UnitWriter.reopen(path, BodyStore(tmp_path))
        assert (told.size if told else 0) == kept.torn
        if told:
            assert str(told.size) in told.sentence().nl
        writer.write(items[10])
        writer.release()
        again = read_unit(path, BodyStore(tmp_path))
        assert again.exchanges == (*kept.exchanges, items[10])
        assert not again.torn


def test_settling_closes_what_a_killed_run_left(tmp_path: Path) -> None:
    path = record(tmp_path, some(5), end=None)
    with path.open("ab") as file:
        file.write(b'{"kind":"exch')
    record(tmp_path, some(2), unit="whole", end=None)
    (tmp_path / "exchanges" / "empty.jsonl").write_bytes(b"")
    (tmp_path / "exchanges" / "torn-head.jsonl").write_bytes(b'{"kind":"he')
    done = record(tmp_path, some(3), unit="done")
    cuts = settle(tmp_path)
    assert [(cut.place, cut.size) for cut in cuts] == [
        ("exchanges/cell.jsonl", 13),
        ("exchanges/torn-head.jsonl", 11),
    ]
    assert [item.path.name for item in units_in(tmp_path)] == [
        "cell.jsonl.gz",
        "done.jsonl.gz",
        "whole.jsonl.gz",
    ]
    assert [unit.head.unit for unit in finished_units(tmp_path)] == ["done"]
    assert done.exists()
    assert settle(tmp_path) == []
    assert UnitWriter.start(tmp_path, "cell", RUN).path.name == "cell.1.jsonl"


def test_settling_finishes_what_stopped_between_compressing_and_removing(tmp_path: Path) -> None:
    path = record(tmp_path, some(5))
    plain = path.with_name("cell.jsonl")
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    assert settle(tmp_path) == []
    assert not plain.exists()
    assert [len(unit.exchanges) for unit in finished_units(tmp_path)] == [5]


def test_settling_never_touches_what_it_does_not_understand(tmp_path: Path) -> None:
    path = record(tmp_path, some(2), end=None)
    newer = path.read_bytes().replace(b"exchanges-2", b"exchanges-9")
    path.write_bytes(newer)
    with pytest.raises(EvidenceError) as caught:
        settle(tmp_path)
    assert caught.value.problem.kind is ProblemKind.FORMAT
    assert path.read_bytes() == newer


def test_a_power_cut_that_lost_a_body_costs_the_lines_from_there(tmp_path: Path) -> None:
    items = [
        exchange(random.Random(n), n, response=Response(status=200, body=bytes([n]) * 5000)) for n in range(4)
    ]
    path = record(tmp_path, items, end=None)
    store = BodyStore(tmp_path)
    store.path(hashlib.sha256(bytes([2]) * 5000).hexdigest()).write_bytes(b"")
    reader, cut = recover(path, store)
    assert reader.count == 2
    assert cut is not None
    assert cut.problem is not None
    assert cut.problem.kind is ProblemKind.BODY
    assert read_unit(path, store).exchanges == tuple(items[:2])


def test_threads_may_share_a_writer(tmp_path: Path) -> None:
    writer = UnitWriter.start(tmp_path, "cell", RUN)
    items = some(80)

    def work(part: list[Exchange]) -> None:
        for item in part:
            writer.write(item)
            if len(item.id) % 3:
                writer.release()

    threads = [threading.Thread(target=work, args=(items[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    unit = read_unit(writer.end("finished"), BodyStore(tmp_path))
    assert sorted(unit.exchanges, key=lambda item: item.id) == items


class HalfDisk:
    """A file on a disk that fills up: takes some bytes, then none."""

    def __init__(self, inner: Any, room: int) -> None:
        self.inner, self.room = inner, room

    def write(self, data: Any) -> int:
        if self.room <= 0:
            raise OSError(28, "No space left on device")
        part = bytes(data[: self.room])
        self.room -= len(part)
        return int(self.inner.write(part))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@pytest.mark.parametrize("room", [0, 1, 100])
def test_a_full_disk_is_one_sentence_and_loses_nothing(tmp_path: Path, room: int) -> None:
    first, second, third = some(3)
    writer = UnitWriter.start(tmp_path, "cell", RUN)
    writer.write(first)
    writer._file = HalfDisk(writer._file, room)  # type: ignore[assignment]
    with pytest.raises(HarnessError) as caught:
        writer.write(second)
    assert "No space left" in caught.value.received
    writer.release()  # and now there is room again
    writer.write(third)
    assert read_unit(writer.end("finished"), BodyStore(tmp_path)).exchanges == (first, third)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(HarnessError):
        UnitWriter.start(tmp_path, "cell", RUN)


@pytest.mark.parametrize("line", ["exchange", "tls"])
def test_an_interrupt_in_the_middle_of_a_write_leaves_a_right_chain(tmp_path: Path, line: str) -> None:
    class Interrupted(HalfDisk):
        def write(self, data: Any) -> int:
            self.inner.write(data)
            raise KeyboardInterrupt

    second_tls = TLS[1] if line == "tls" else None
    first, second, third = (
        exchange(random.Random(n), n, tls=tls) for n, tls in enumerate((None, second_tls, TLS[1]))
    )
    writer = UnitWriter.start(tmp_path, "cell", RUN)
    writer.write(first)
    writer._file = Interrupted(writer._file, 0)  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        writer.write(second)
    writer.release()
    writer.write(third)
    kept = (first, second, third) if line == "exchange" else (first, third)
    assert read_unit(writer.end("finished"), BodyStore(tmp_path)).exchanges == kept


WORKER = textwrap.dedent(
    """
    import random, sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[2])
    from evidencekit import exchange
    from harness.record.chain.write import UnitWriter
    rng = random.Random(int(sys.argv[3]))
    writer = UnitWriter.start(Path(sys.argv[1]), "cell", "a" * 64)
    number = 0
    while True:
        writer.write(exchange(rng, number))
        print(number, flush=True)   # accepted: from here on it may not be lost
        number += 1
    """
)


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_kill_at_random_moments_loses_nothing_that_was_accepted(tmp_path: Path) -> None:
    rng = random.Random(11)
    accepted_in_all = 0
    for round_number in range(20):
        folder = tmp_path / str(round_number)
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(folder), str(Path(__file__).parent), str(round_number)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert process.stdout is not None
        process.stdout.readline()  # the first exchange was accepted
        time.sleep(rng.random() * 0.08)
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
        process.wait()
        accepted = 1 + rest.count(b"\n")
        accepted_in_all += accepted
        again = random.Random(round_number)
        expected = [exchange(again, number) for number in range(accepted)]
        settle(folder)
        (item,) = attempts(folder, "cell")
        unit = read_unit(item.path, BodyStore(folder))
        assert list(unit.exchanges[:accepted]) == expected
        assert len(unit.exchanges) - accepted <= 1  # at most one was written and not yet reported
        assert unit.end is not None
        assert unit.end.reason == "aborted"
    assert accepted_in_all > 200


def test_a_whole_run_folder_reads_back(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run")
    units = list(finished_units(folder, run=manifest.run_digest(folder)))
    assert len(units) == 3
    assert {stem_of(unit.head.unit) for unit in units} == {item.stem for item in units_in(folder)}
