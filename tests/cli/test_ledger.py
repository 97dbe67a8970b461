"""``harness ledger``: the list, and the question as a file or on standard output."""

from __future__ import annotations

import json

from harness.cli import run
from harness.core.standards.ledger import ledger


def test_the_question_is_written_once(tmp_path, capsys):
    out = tmp_path / "question.md"
    assert run(["ledger", "export", "LED-PDF-001", "--lang", "en", "-o", str(out)]) == 0
    assert "Which reading is right?" in out.read_text()
    assert run(["ledger", "export", "LED-PDF-001", "-o", str(out)]) == 2, "nothing is overwritten"
    assert run(["ledger", "export", "LED-PDF-001"]) == 0
    assert "Welke lezing is juist?" in capsys.readouterr().out


def test_what_is_not_there_is_named(tmp_path, capsys):
    assert run(["ledger", "export", "LED-PDF-01", "--lang", "en"]) == 2
    assert "did you mean LED-PDF-001" in capsys.readouterr().err
    assert run(["ledger", "export", "LED-PDF-001", "--run", str(tmp_path)]) == 2


def test_the_list_says_what_is_disputed(capsys):
    assert run(["ledger", "list", "--lang", "en"]) == 0
    assert capsys.readouterr().out.count("disputed") >= len(ledger())
    assert run(["ledger", "list", "--json"]) == 0
    assert [item["id"] for item in json.loads(capsys.readouterr().out)] == [item.id for item in ledger()]
