"""Several processes drive one run: nothing twice, nothing lost, and the same findings as one process gives."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cli import run as harness
from harness.core.clock import SystemClock
from harness.core.run.events import EventStream, part_of
from harness.core.run.findings import Cell
from harness.core.run.folder import RunFolder
from harness.core.run.info import Selection
from harness.core.run.problems import EvidenceError
from harness.judge.catalogue import load_catalogue
from harness.judge.evidence import side_by_side
from harness.matrix.crew.crew import take_over
from harness.matrix.crew.sharing_out import shared_out
from harness.matrix.preparation import PreparedRun, RunOptions, prepare
from harness.record.chain.units import shared_by, shared_units
from harness.reference.records import frozen_records
from harness.scenario import shipped_scenarios

ASKED = ("OG-ALG-001", "OG-PRV-001", "MM-CLI-013", "MM-AUT-006")
CHOICE = ["--standard", "overgevoeligheden-3.0", *(word for name in ASKED for word in ("--only", name))]
CELL = Cell(his="h", dvza="d", pgo="p", standard="s", release="r")


@st.composite
def work(draw: st.DrawFn) -> dict[Cell, int]:
    names = st.tuples(st.sampled_from("abc"), st.sampled_from("pqrs"), st.sampled_from("xy"))
    keys = draw(st.lists(names, min_size=1, unique=True))
    return {
        Cell(his=his, dvza="d", pgo=pgo, standard=standard, release="r"): draw(st.integers(0, 90))
        for his, pgo, standard in keys
    }


@given(work(), st.integers(1, 6))
def test_every_cell_is_given_to_one_process(cells: dict[Cell, int], jobs: int) -> None:
    parts = shared_out(cells, jobs)
    assert Counter(cell for part in parts for cell in part) == Counter(list(cells))
    assert 1 <= len(parts) <= jobs and all(parts)
    assert len(parts) == min(jobs, len(cells))
    order = list(cells)
    assert parts[0][0] == order[0]
    assert all(part == sorted(part, key=order.index) for part in parts)


def test_cells_of_one_his_stay_together_while_there_are_enough() -> None:
    cells = [replaced(his=his, pgo=pgo) for his in "abcd" for pgo in "pqr"]
    parts = shared_out(dict.fromkeys(cells, 1), 2)
    assert [{cell.his for cell in part} for part in parts] in (
        [{"a", "c"}, {"b", "d"}],
        [{"a", "b"}, {"c", "d"}],
    )
    assert [len(part) for part in shared_out(dict.fromkeys(cells[:3], 1), 3)] == [1, 1, 1]


def replaced(**values: str) -> Cell:
    return Cell(**{**{name: getattr(CELL, name) for name in CELL.__struct_fields__}, **values})


def said(folder: Path) -> list[tuple[Any, ...]]:
    found = RunFolder(folder).findings()
    return [
        (i.requirement, i.cell.key, i.verdict, i.party, i.received, i.holds_for, i.where.exchange)
        for i in found
    ]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alone") / "run"
    assert harness(["qualify", "--out", str(folder), "--at", "2026-03-01", *CHOICE]) == 0
    return folder


def test_two_processes_say_what_one_says(alone: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert harness(["qualify", "--out", str(folder), "--at", "2026-03-01", "--jobs", "2", *CHOICE]) == 0
    assert said(folder) == said(alone)
    assert harness(["verify", str(folder)]) == harness(["verify", str(alone)])
    assert not list(folder.glob("events-*"))
    kinds = Counter(json.loads(line)["kind"] for line in (folder / "events.jsonl").read_text().splitlines())
    assert kinds["cell-finished"] == kinds["cell-planned"] == 4 and kinds["run-started"] == 1
    assert "helper-failed" not in kinds


@pytest.fixture
def prepared(tmp_path: Path) -> PreparedRun:
    options = RunOptions(
        out=str(tmp_path / "run"),
        at="2026-03-01",
        selection=Selection(standards=("overgevoeligheden-3.0",), only=ASKED),
        jobs=2,
    )
    return prepare(options, load_catalogue(), SystemClock())


def driven(prepared: PreparedRun, kill: bool) -> Path:
    """A run to its end; the other process is killed when it began to record, or cannot even begin."""
    run = prepared.open()
    pairs = list(prepared.plan.pairs(shipped_scenarios()))
    for cell, part in pairs:
        run.register(cell, part)
    order = run.share_out()
    run.begin()
    crew = run._crew
    assert crew is not None
    theirs = [cell for cell in order if crew.drives(cell)]
    assert len(theirs) == 2
    helper = crew._hands[theirs[0]]
    if kill:
        while not list((prepared.folder / "exchanges").glob(f"{theirs[0].his}*")) and helper.works:
            pass
        helper.process.kill()
    for cell, part in sorted(pairs, key=lambda pair: order.index(pair[0])):
        assert run.findings(cell, part)
    assert run.finish()
    return prepared.folder


def test_what_a_killed_process_left_is_driven_by_the_owner(alone: Path, prepared: PreparedRun) -> None:
    folder = driven(prepared, kill=True)
    assert said(folder) == said(alone)
    assert harness(["verify", str(folder)]) == harness(["verify", str(alone)])
    finished = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    counts = Counter(item["cell"] for item in finished if item["kind"] == "cell-finished")
    assert set(counts.values()) == {1} and len(counts) == 4


def test_a_process_that_cannot_join_is_done_without(alone: Path, prepared: PreparedRun) -> None:
    told = json.loads(prepared.joining) | {"intensity": "smoke", "network": "nergens.yaml"}
    folder = driven(replace(prepared, joining=json.dumps(told).encode()), kill=False)
    assert said(folder) == said(alone)
    assert "nergens.yaml" in (folder / "events.jsonl").read_text()


def test_what_a_helper_told_whose_owner_was_killed_is_taken_over(tmp_path: Path) -> None:
    folder, clock = RunFolder(tmp_path), SystemClock()
    events = EventStream(clock, folder.events)
    events.emit("run-started")
    part = EventStream(clock, part_of(folder.events, 1))
    part.emit("cell-started", cell="a")
    part.close()
    with part_of(folder.events, 1).open("ab") as file:
        file.write(b'{"seq":2,"ki')
    take_over(folder, events)
    events.close()
    found = [json.loads(line) for line in folder.events.read_text().splitlines()]
    assert [(item["seq"], item["kind"]) for item in found] == [(1, "run-started"), (2, "cell-started")]
    assert [path.name for path in tmp_path.iterdir()] == ["events.jsonl"]


def test_names_of_what_belongs_to_no_cell(tmp_path: Path) -> None:
    (tmp_path / "exchanges").mkdir()
    for name in ("shared.jsonl.gz", "shared-2.jsonl.gz", "shared-x.jsonl.gz", "his-shared.jsonl.gz"):
        (tmp_path / "exchanges" / name).write_bytes(b"")
    assert shared_units(tmp_path) == [shared_by(0), shared_by(2)]


def test_many_cells_are_judged_again_side_by_side(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, catalogue = RunFolder(alone), load_catalogue()
    info = folder.info()
    records = frozen_records(folder, info)
    one = list(side_by_side.judge_again(folder, info, catalogue, records))
    assert len(one) == 4
    monkeypatch.setattr(side_by_side, "ENOUGH", 2)
    assert list(side_by_side.judge_again(folder, info, catalogue, records, jobs=2)) == one
    assert list(side_by_side.judge_again(folder, info, catalogue, records, jobs=1)) == one


def test_a_damaged_recording_is_named_whoever_reads_it(
    alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder(Path(shutil.copytree(alone, tmp_path / "run")))
    info = folder.info()
    bad = sorted((folder.path / "exchanges").glob("his-*"))[2]
    bad.write_bytes(
        gzip.compress(gzip.decompress(bad.read_bytes()).replace(b'"status":200', b'"status":201'))
    )
    monkeypatch.setattr(side_by_side, "ENOUGH", 2)
    with pytest.raises(EvidenceError) as caught:
        list(side_by_side.judge_again(folder, info, load_catalogue(), frozen_records(folder, info), jobs=2))
    assert bad.name in caught.value.where


def test_when_processes_die_one_goes_on_alone(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RunFolder(alone)
    info = folder.info()
    owner, real = os.getpid(), side_by_side.judged_again

    def dies(*given: Any) -> Any:
        return real(*given) if os.getpid() == owner else os._exit(9)

    monkeypatch.setattr(side_by_side, "ENOUGH", 2)
    monkeypatch.setattr(side_by_side, "judged_again", dies)
    found = side_by_side.judge_again(folder, info, load_catalogue(), frozen_records(folder, info), jobs=2)
    assert len(list(found)) == 4
