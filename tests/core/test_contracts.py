"""Contracts: shipped schemas match the types, canonical findings, ids, exit codes, run folder."""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import contracts
from harness.core.clock import SystemClock
from harness.core.errors import ConfigurationError, InputError, UserError, nearest
from harness.core.ids import check_requirement_id, safe_name
from harness.core.run.events import Event, EventStream, read_events
from harness.core.run.findings import Cell, Where, canonical, decode, finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import RunInfo
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
    data = canonical(items)
    schema = json.loads((contracts.FOLDER / "findings.schema.json").read_text())
    jsonschema.validate(json.loads(data), schema)
    assert sorted(decode(data), key=lambda item: item.id) == sorted(items, key=lambda item: item.id)


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
    assert read_events(tmp_path / "events.jsonl") == seen
    assert len(stream.listener_errors) == 2


def test_torn_event_file_loses_only_its_last_line(tmp_path):
    path = tmp_path / "events.jsonl"
    stream = EventStream(SystemClock(), path)
    stream.emit("run-started")
    stream.emit("exchange")
    stream.close()
    path.write_bytes(path.read_bytes()[:-20])
    assert [event.kind for event in read_events(path)] == ["run-started"]


def test_run_folder_refuses_a_foreign_folder(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(InputError, match="exists already"):
        RunFolder.create(tmp_path)
    with pytest.raises(InputError, match="not a run folder"):
        RunFolder.open(tmp_path)


def test_a_run_folder_that_is_used_again_starts_empty(tmp_path):
    first = RunFolder.create(tmp_path / "run")
    first.write_info(RunInfo(id="run", harness="0", t="2026-03-01", now="2026-03-01T10:00:00+01:00"))
    first.har("cell").write_text("old")
    (first.path / "allure-results").mkdir()
    again = RunFolder.create(tmp_path / "run")
    assert [path.name for path in again.path.rglob("*")] == ["exchanges"]


def test_run_info_follows_its_schema(tmp_path):
    folder = RunFolder.create(tmp_path / "run")
    info = RunInfo(id="run", harness="0", t="2026-03-01", now="2026-03-01T10:00:00+01:00", plan=(CELL,))
    folder.write_info(info)
    assert folder.info() == info
    schema = json.loads((contracts.FOLDER / "run.schema.json").read_text())
    jsonschema.validate(json.loads((folder.path / "run.json").read_text()), schema)
