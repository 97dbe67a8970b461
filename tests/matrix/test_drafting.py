"""A draft of reference records from the answers of a run."""

from __future__ import annotations

import json
import shutil
from datetime import date

import pytest

from harness.core.errors import UsageError
from harness.matrix.drafting import draft
from harness.reference.record.load import load_record

T = date(2026, 3, 1)


def test_a_draft_holds_what_the_answers_hold(small_run, tmp_path):
    (written,), left_out = draft(small_run[0], tmp_path / "out")
    record = load_record(tmp_path / "out" / written.person, t=T)
    assert record.origin == "draft" and not record.complete and record.loaded == T
    kinds = {stored.type for stored in record}
    assert {"DocumentReference", "Patient"} <= kinds and written.resources == len(record.store)
    assert "read it" in (record.folder / "record.yaml").read_text(encoding="utf-8") and left_out == []


def test_a_draft_from_a_red_run_is_refused_or_says_so(small_run, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(small_run[0], run)
    path = run / "findings.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    found = next(item for item in document["findings"] if item["requirement"] == "PD-DOC-001")
    found["verdict"] = "fail"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        draft(run, tmp_path / "out")
    assert caught.value.received == "PD-DOC-001" and "--red" in caught.value.render("en")
    assert not (tmp_path / "out").exists()
    (written,), _ = draft(run, tmp_path / "out", red=True)
    note = (tmp_path / "out" / written.person / "record.yaml").read_text(encoding="utf-8")
    assert "RED run" in note and "PD-DOC-001" in note


def test_a_folder_that_is_no_run(tmp_path):
    from harness.cli import run

    assert run(["record", "draft", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
