"""The text of documents: what our letters say, and nothing of what is no PDF."""

from __future__ import annotations

import base64
from datetime import date

import pytest

from harness.core.data import data_path
from harness.core.normal.texts import document_text
from harness.pdfa.file.limits import Limits
from harness.pdfa.text import text_of
from harness.reference.record.load import own_records


def test_every_letter_of_our_persons_says_what_its_record_knows_of_it():
    seen = 0
    for record in own_records(date(2026, 11, 27)):
        for key, facts in record.documents.items():
            held = record.resource(key)
            text = document_text(text_of(base64.b64decode(held["content"])) or "")
            assert [phrase for phrase in facts.text if document_text(phrase) not in text] == []
            assert "\ufffd" not in text
            seen += bool(facts.text)
    assert seen > 3


@pytest.mark.parametrize("data", [b"", b"geen pdf", b"%PDF-1.7\n%%EOF", b"%PDF-1.4\n" + b"(" * 10_000])
def test_what_cannot_be_read_has_no_text(data):
    assert text_of(data) is None


def test_text_stops_at_the_limits():
    letter = next(data_path("fixtures", "documenten").glob("ontslagbrief.pdf")).read_bytes()
    assert text_of(letter)
    assert text_of(letter, Limits(tokens=10)) is None
