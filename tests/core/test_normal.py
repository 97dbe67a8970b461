"""Normal forms: what is equal, what only looks so, and laws that hold for every value."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.clock import AMSTERDAM
from harness.core.normal import codes, moments, people, texts

law = settings(deadline=None, max_examples=100)

SAME_MOMENT = [
    ("2026-09-08", "2026-09-08"),
    ("2026-09-08", "2026-09-07T22:00:00Z"),
    ("2026-09-08", "2026-09-08T00:00:00+02:00"),
    ("2026-09", "2026-09-01T00:00:00+02:00"),
    ("2026-01-01T09:00:00+01:00", "2026-01-01T08:00:00Z"),
    ("2026-07-01T09:00:00+01:00", "2026-07-01T10:00:00+02:00"),
    ("2026-01-01T09:00:00", "2026-01-01T09:00:00+01:00"),
    ("2026-01-01T09:00:00+01:00", "2026-01-01T09:00:00.123+01:00"),
    ("2026-01-01T09:00:00.100+01:00", "2026-01-01T09:00:00.1+01:00"),
]
OTHER_MOMENT = [
    ("2026-09-08", "2026-09-07", "day"),
    ("2026-09-08", "2026-09-07T20:00:00Z", "value"),
    ("2026-09-08", "2026-09", "precision"),
    ("2026-09-08", "2026-10-08", "value"),
    ("2026-09-08T10:00:00+02:00", "2026-09-08", "precision"),
    ("2026-09-08T00:00:00+02:00", "2026-09-07", "day"),
    ("2026-09-08T10:00:00+02:00", "2026-09-08T10:00:00Z", "value"),
    ("2026-09-08T10:00:00.5+02:00", "2026-09-08T10:00:00+02:00", "value"),
    ("2026-09-08", "morgen", "value"),
]


@pytest.mark.parametrize(("record", "answer"), SAME_MOMENT)
def test_the_same_moment(record, answer):
    assert moments.difference(record, answer) == ""


@pytest.mark.parametrize(("record", "answer", "how"), OTHER_MOMENT)
def test_another_moment_and_why(record, answer, how):
    assert moments.difference(record, answer) == how


INSTANTS = st.datetimes(datetime(1950, 1, 1), datetime(2090, 1, 1)).map(
    lambda one: one.replace(microsecond=0)
)


@law
@given(INSTANTS, st.integers(-14 * 60, 14 * 60), st.integers(-14 * 60, 14 * 60))
def test_an_instant_is_the_same_in_every_zone_and_a_second_later_is_not(moment, left, right):
    def written(one: datetime, minutes: int) -> str:
        return one.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=minutes))).isoformat()

    assert moments.difference(written(moment, left), written(moment, right)) == ""
    assert moments.difference(written(moment, left), written(moment + timedelta(seconds=1), right)) != ""


@law
@given(st.dates(datetime(1950, 1, 1).date(), datetime(2090, 1, 1).date()))
def test_a_day_is_midnight_in_amsterdam_however_written(day):
    midnight = datetime(day.year, day.month, day.day, tzinfo=AMSTERDAM)
    assert moments.difference(day.isoformat(), midnight.isoformat()) == ""
    assert (
        moments.difference(day.isoformat(), midnight.astimezone(UTC).isoformat().replace("+00:00", "Z")) == ""
    )
    assert moments.difference(day.isoformat(), (day - timedelta(days=1)).isoformat()) == "day"


@law
@given(st.text(max_size=40))
def test_no_text_breaks_a_moment(text):
    assert moments.difference(text, text) == ""
    moments.difference("2026-01-01", text)
    assert isinstance(moments.day_of(text), str)


@law
@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text):
    assert texts.folded(texts.folded(text)) == texts.folded(text)
    assert texts.document_text(texts.document_text(text)) == texts.document_text(text)


@law
@given(st.text(string.ascii_letters + " ëéüïç", min_size=1, max_size=30))
def test_text_read_in_the_wrong_character_set_is_called_so(text):
    wrong = text.encode().decode("cp1252", "replace")
    assert texts.garbled(text, text) is False
    if not text.isascii() and texts.folded(wrong) != texts.folded(text) and "\ufffd" not in wrong:
        assert texts.garbled(text, wrong)


def test_capitals_are_content_and_blanks_are_not():
    assert texts.folded("a  b\nc") == texts.folded("a b c ")
    assert texts.folded("A b") != texts.folded("a b")


def test_a_narrative_is_its_text():
    assert texts.narrative("<div><p>pijn &amp; koorts</p><p>morgen</p></div>") == "pijn & koorts morgen"
    assert texts.narrative("<div>p&#101;nicilline</div>") == "penicilline"


def test_a_document_is_its_characters():
    assert texts.document_text("ef\ufb01ciënt be-\nhandelen") == texts.document_text("efficiënt behandelen")
    assert texts.document_text("metoprolol 50 mg") != texts.document_text("metoprolol 500 mg")


@law
@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**6), max_value=10**6),
    st.integers(0, 4),
)
def test_zeros_do_not_change_a_number(value, zeros):
    text = f"{value:f}"
    assert codes.number(Decimal(text + "0" * zeros)) == codes.number(Decimal(text))
    assert codes.number(value + Decimal("0.001")) != codes.number(value)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (
            {"value": Decimal("5.40"), "code": "kg", "unit": "kg"},
            {"value": Decimal("5.4"), "code": "kg", "unit": "kilo"},
            True,
        ),
        ({"value": 5, "unit": "kg"}, {"value": 5, "unit": "kilo"}, False),
        ({"value": 5, "code": "mmol/L"}, {"value": 90, "code": "mg/dL"}, False),
        ({"value": 5, "code": "kg"}, {"value": 5, "code": "kg", "comparator": "<"}, False),
    ],
)
def test_quantities(left, right, same):
    assert (codes.quantity(left) == codes.quantity(right)) is same


def concept(*pairs, text=""):
    made = {"coding": [{"system": system, "code": code} for system, code in pairs]}
    return made | ({"text": text} if text else {})


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (
            concept(("http://loinc.org", "1")),
            concept(("https://his/x", "2"), ("urn:oid:2.16.840.1.113883.6.1", "1")),
            True,
        ),
        (
            concept(("http://loinc.org", "1"), ("http://snomed.info/sct", "2")),
            concept(("http://loinc.org", "1")),
            False,
        ),
        (concept(("http://loinc.org", "1")), concept(("http://snomed.info/sct", "1")), False),
        ({"text": "hoest"}, {"text": " hoest "}, True),
        ({"text": "hoest"}, {"text": "koorts"}, False),
    ],
)
def test_concepts(left, right, same):
    assert codes.same_concept(left, right) is same


def test_people():
    assert people.human_name({"given": ["Zoë"], "family": "ZZZ_Rietveen"}) == people.human_name(
        {"given": ["ZOË"], "family": "zzz_rietveen", "use": "official"}
    )
    assert people.human_name({"family": "A", "given": ["B"]}) != people.human_name(
        {"family": "B", "given": ["A"]}
    )
    assert people.address({"line": ["Pad 7"], "postalCode": "1234 ab", "city": "Dam"}) == people.address(
        {"line": ["pad", "7"], "postalCode": "1234AB", "city": "DAM"}
    )
    assert people.contact_point({"value": "0031-6 1234"}) == people.contact_point({"value": "061234"})
    assert people.contact_point({"value": "a@b.nl"}) != people.contact_point({"value": "a@c.nl"})


def test_only_national_identifiers_are_content():
    uzi = {"system": "http://fhir.nl/fhir/NamingSystem/uzi-nr-pers", "value": "000001111"}
    assert people.national_identifier(uzi) == people.national_identifier(
        uzi | {"system": "urn:oid:2.16.528.1.1007.3.1"}
    )
    assert people.national_identifier({"system": "https://his.example/nr", "value": "7"}) is None
