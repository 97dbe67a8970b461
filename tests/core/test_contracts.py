"""Contracts: shipped schemas match the types, canonical findings, ids, exit codes, run folder."""

from __future__ import annotations

import json
import subprocess
import sys

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import contracts
from harness.core.clock import SystemClock
from harness.core.errors import ConfigurationError, UserError, nearest
from harness.core.ids import check_requirement_id, safe_name
from harness.core.run import results
from harness.core.run.events import Event, EventStream
from harness.core.run.findings import Cell, Where, canonical, finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import Ended, RunInfo, Settings, Share
from harness.core.run.problems import EvidenceError, ProblemKind
from harness.core.run.results import Findings, cell_result
from harness.core.text import Text
from harness.core.verdicts import Blame, Verdict, worst

CELL = Cell(his="a", dvza="b", pgo="c", standard="huisartsgegevens-2.0", release="mm-2.2")


def test_shipped_schemas_are_up_to_date():
    for name, text in contracts.schemas().items():
        assert (contracts.FOLDER / name).read_bytes() == text, (
            f"run python -m harness.core.contracts ({name})"
        )


def test_findings_document_follows_its_schema_and_round_trips():
    items = [
        finding("HG-PAT-001", CELL, Verdict.PASS),
        finding(
            "HG-GEN-014",
            CELL,
            Verdict.FAIL,
            blame=Blame.PRODUCT,
            party="a",
            where=Where(exchange="x.1", path="Patient.identifier", line=3, column=4),
            next_step=Text(nl="n", en="e"),
        ),
    ]
    data = results.encode(Findings(findings=canonical(items)))
    schema = json.loads((contracts.FOLDER / "findings.schema.json").read_text())
    jsonschema.validate(json.loads(data), schema)
    assert set(msgspec.json.decode(data, type=Findings).findings) == set(items)


@given(st.permutations(["HG-A-001", "HG-B-002", "HG-C-003", "HG-D-004"]))
def test_canonical_findings_do_not_depend_on_order(ids):
    items = [finding(identifier, CELL, Verdict.PASS) for identifier in ids]
    assert canonical(items) == canonical(sorted(items, key=lambda item: item.requirement))
    assert canonical(items + items) == canonical(items)


@pytest.mark.parametrize("value", ["HG-PAT-001", "MM-AUTH-012", "OPEN-ICT-31", "ZM-SEND-003"])
def test_requirement_ids(value):
    assert check_requirement_id(value) == value


@pytest.mark.parametrize("value", ["hg-pat-001", "HG-PAT-1", "OPEN-ICT-1", "XX-PAT-001", "HG-PAT-001x", ""])
def test_bad_requirement_ids(value):
    with pytest.raises(ConfigurationError):
        check_requirement_id(value)


@given(st.text(max_size=200), st.text(max_size=200))
def test_safe_names_are_safe_and_distinct(one, other):
    names = safe_name(one), safe_name(other)
    for name in names:
        assert name and len(name) <= 60 and not set(name) & set('/\\:*?"<>|+ ') and name[-1] not in ". "
    assert (names[0] == names[1]) == (one == other)


def test_worst_of_nothing_is_no_pass():
    assert worst([]) is Verdict.INCONCLUSIVE
    assert worst([Verdict.PASS, Verdict.WARNING, Verdict.NOT_APPLICABLE]) is Verdict.WARNING


def test_error_shows_expected_received_and_next_step_in_both_languages():
    error = UserError(
        Text(nl="Fout", en="Wrong"), where="a.yaml:3", expected="x", received="y", next_step="z"
    )
    assert error.render("nl") == "a.yaml:3: Fout\n  verwacht: x\n  gekregen: y\n  volgende stap: z"
    assert "expected: x" in error.render("en") and error.exit_code == 2


def test_nearest_word():
    assert nearest("huisartsgegvens-2.0", ["huisartsgegevens-2.0", "pdfa-3.0"]) == "huisartsgegevens-2.0"
    assert nearest("zzz", ["abc"]) == ""


def test_events_reach_listeners_and_file_and_survive_a_broken_listener(tmp_path):
    stream = EventStream(SystemClock(), tmp_path / "events.jsonl")
    seen: list[Event] = []

    def broken(event):
        raise RuntimeError("listener")

    stream.subscribe(broken)
    stream.subscribe(seen.append)
    stream.emit("run-started", cells=2)
    stream.emit("exchange", cell="c", id="x")
    stream.close()
    assert [event.kind for event in seen] == ["run-started", "exchange"]
    assert events(tmp_path / "events.jsonl") == seen
    assert len(stream.listener_errors) == 2


def events(path):
    return [msgspec.json.decode(line, type=Event) for line in path.read_bytes().splitlines()]


def test_events_go_on_after_a_killed_process_and_lose_only_half_a_line(tmp_path):
    path = tmp_path / "events.jsonl"
    stream = EventStream(SystemClock(), path)
    for kind in ("run-started", "cell-started", "exchange"):
        stream.emit(kind)
    stream.close()
    path.write_bytes(path.read_bytes()[:-20])
    again = EventStream(SystemClock(), path)
    again.emit("run-started")
    again.close()
    assert [(item.seq, item.kind) for item in events(path)] == [
        (1, "run-started"),
        (2, "cell-started"),
        (3, "run-started"),
    ]


def test_events_that_cannot_be_written_still_reach_the_listeners(tmp_path, monkeypatch):
    class Full:
        def write(self, data):
            raise OSError(28, "No space left on device")

        def close(self):
            pass

    stream = EventStream(SystemClock(), tmp_path / "events.jsonl")
    monkeypatch.setattr(stream, "_file", Full())
    seen = []
    stream.subscribe(seen.append)
    stream.emit("run-started")
    assert stream.broken is not None and "No space left" in stream.broken.render("en")
    stream.emit("exchange")
    stream.close()
    assert len(seen) == 2


def test_run_info_follows_its_schema(tmp_path):
    folder = RunFolder(tmp_path / "run")
    info = RunInfo(id="run", harness="0", t="2026-03-01", now="2026-03-01T10:00:00+01:00", plan=(CELL,))
    folder.write_start(info)
    assert folder.info() == info == folder.start()
    ended = msgspec.structs.replace(info, ended=Ended(at=info.now, salt="00"))
    folder.write_end(ended)
    assert folder.info() == ended and ended.at_start() == info
    schema = json.loads((contracts.FOLDER / "run.schema.json").read_text())
    for name in ("run-start.json", "run.json"):
        jsonschema.validate(json.loads((folder.path / name).read_text()), schema)


def test_findings_are_joined_in_the_order_of_the_plan_and_have_one_form(tmp_path):
    folder = RunFolder(tmp_path)
    other = msgspec.structs.replace(CELL, pgo="another")
    info = RunInfo(id="run", harness="0", t="2026-03-01", now="2026-03-01T10:00:00+01:00")
    for cell in (CELL, other):
        found = [finding("HG-AAA-002", cell, Verdict.FAIL), finding("HG-AAA-001", cell, Verdict.PASS)]
        folder.write_cell(cell_result(info, cell, found, exchanges=3))
    folder.join([CELL, other, msgspec.structs.replace(CELL, pgo="absent")])
    joined = folder.findings()
    assert [(item.cell, item.requirement) for item in joined] == [
        (cell, name) for cell in (CELL, other) for name in ("HG-AAA-001", "HG-AAA-002")
    ]
    assert (tmp_path / "findings.json").read_bytes() == results.encode(Findings(findings=joined))
    assert b"".join(results.join([])) == results.encode(Findings(findings=()))
    for name, path in (("findings", tmp_path / "findings.json"), ("cell", folder.findings_path(CELL))):
        schema = json.loads((contracts.FOLDER / f"{name}.schema.json").read_text())
        jsonschema.validate(json.loads(path.read_text()), schema)
    assert folder.cell(other).exchanges == 3


def test_what_is_known_of_an_unfinished_run_is_what_its_cells_say(tmp_path):
    folder = RunFolder(tmp_path)
    other = msgspec.structs.replace(CELL, pgo="another")
    start = RunInfo(
        id="run",
        harness="0",
        t="2026-03-01",
        now="2026-03-01T10:00:00+01:00",
        plan=(CELL, other),
        settings=Settings(requirements={CELL.key: ("HG-AAA-001", "HG-AAA-002"), other.key: ("HG-AAA-001",)}),
    )
    folder.write_start(start)
    assert folder.info().unjudged == (CELL.key, other.key)
    share = Share(requirements=("HG-AAA-001",), cells=(other.key,))
    moved = Settings(requirements={CELL.key: ("HG-AAA-001",)}, shared={CELL.key: (share,)})
    judged = msgspec.structs.replace(start, settings=moved)
    folder.write_cell(cell_result(judged, CELL, [], exchanges=3, elsewhere={"HG-AAA-002": other.key}))
    known = folder.info()
    assert known.unjudged == (other.key,)
    assert known.asked(CELL) == ("HG-AAA-001",) and known.holds_for(CELL) == {"HG-AAA-001": (other.key,)}
    assert known.asked(other) == ("HG-AAA-001",)


def test_a_document_that_cannot_be_understood_is_one_sentence(tmp_path):
    folder = RunFolder(tmp_path)
    with pytest.raises(EvidenceError, match="cannot be read"):
        folder.findings()
    for text in ("{", "[]", "[" * 5000, '{"schema":"findings-9","findings":[]}', "\x00"):
        (tmp_path / "findings.json").write_text(text)
        with pytest.raises(EvidenceError, match="cannot be understood") as caught:
            folder.findings()
        assert caught.value.problem.kind is ProblemKind.RESULT


RACE = """
import sys, threading
sys.setswitchinterval(1e-6)
from harness.core.contracts import prepare_structs
from harness.medmij.releases import framework
assert prepare_structs() > 10
start = threading.Barrier(4)
def read():
    start.wait()
    framework.__wrapped__()
threads = [threading.Thread(target=read) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


def test_threads_that_read_a_shape_for_the_first_time_together_do_not_end_the_process() -> None:
    for _ in range(4):
        assert subprocess.run([sys.executable, "-c", RACE], check=False).returncode == 0
