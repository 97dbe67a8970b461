# ruff: noqa: SIM105 - tables and request lines read better unbroken
"""The search string: parsing, and that nothing a client sends can do more than be refused."""

from __future__ import annotations

from urllib.parse import quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.fhir.search.query import SearchError, escape, parse_query, split_escaped, unescape
from harness.fhir.search.values.dates import match_date, parse_date
from harness.fhir.search.values.quantities import match_quantity, parse_number
from harness.fhir.search.values.tokens import match_token


def test_chain_modifier_prefix_and_or():
    (criterion,) = parse_query("context:Encounter.episodeofcare=EpisodeOfCare/1,2").criteria
    assert [(link.code, link.target) for link in criterion.chain] == [("context", "Encounter")]
    assert criterion.code == "episodeofcare" and criterion.values == ("EpisodeOfCare/1", "2")
    (criterion,) = parse_query("name:exact=a%2Cb").criteria
    assert (criterion.code, criterion.modifier, criterion.values) == ("name", "exact", ("a", "b"))
    (criterion,) = parse_query(r"name=a%5C,b").criteria
    assert criterion.values == (r"a\,b",)


def test_blank_after_a_comma_and_empty_values():
    assert parse_query("code=a,%20b,,").criteria[0].values == ("a", "b")
    assert parse_query("code=").criteria[0].values == ()


def test_repeated_parameters_stay_apart():
    first, second = parse_query("date=ge2026-01-01&date=le2026-02-01").criteria
    assert first.values == ("ge2026-01-01",) and second.values == ("le2026-02-01",)


def test_includes():
    found = parse_query(
        "_include=Coverage:payor:Patient&_include:recurse=CarePlan:goal&_revinclude=Provenance:target"
    ).includes
    assert [(i.source, i.code, i.target, i.iterate, i.reverse) for i in found] == [
        ("Coverage", "payor", "Patient", False, False),
        ("CarePlan", "goal", "", True, False),
        ("Provenance", "target", "", False, True),
    ]


def test_result_parameters():
    query = parse_query("_sort=-date,status&_count=5&_offset=10&_summary=count&_format=json")
    assert [(s.code, s.descending) for s in query.sort] == [("date", True), ("status", False)]
    assert (query.count, query.offset, query.summary, query.format) == (5, 10, "count", "json")
    assert query.criteria == ()


def test_reverse_chain():
    (criterion,) = parse_query("_has:Observation:patient:code=x").criteria
    assert [(h.type, h.reference) for h in criterion.has] == [("Observation", "patient")]
    assert criterion.code == "code"


@pytest.mark.parametrize(
    "raw",
    [
        "a b=1", "=1&x..y=2", "_include=Observation", "_include=a:b", "_count=-1", "_count=x", "_sort=", "_has:x=1",
        "code:no!=1", "_include:twice=A:b", "name=%ff", ".=1", "a:B:c=1",
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_refused(raw):
    with pytest.raises(SearchError):
        parse_query(raw)


@pytest.mark.parametrize("raw", ["a=" + "x" * 70_000, "&".join(["a=1"] * 500), "a=" + "1," * 2000])
def test_too_costly(raw):
    with pytest.raises(SearchError) as caught:
        parse_query(raw)
    assert caught.value.code == "too-costly"


@given(st.text(max_size=200))
@settings(max_examples=300)
def test_any_text_is_parsed_or_refused(raw):
    try:
        query = parse_query(raw)
    except SearchError:
        return
    assert "&".join(pair[2] for pair in query.pairs) == "&".join(part for part in raw.split("&") if part)


QUERYISH = st.lists(
    st.sampled_from(
        [
            "_include",
            "_has",
            ":",
            ".",
            "=",
            "&",
            ",",
            "|",
            "$",
            "\\",
            "Patient",
            "code",
            "ge",
            "2026-01-01",
            "%",
            "-",
            "_sort",
        ]
    ),
    max_size=25,
).map("".join)


@given(QUERYISH)
@settings(max_examples=500)
def test_any_mix_of_search_tokens_is_parsed_or_refused(raw):
    try:
        parse_query(raw)
    except SearchError:
        pass


@given(st.text(min_size=1, max_size=40))
def test_escape_round_trip(text):
    assert unescape(escape(text)) == text
    assert split_escaped(escape(text), ",") == [escape(text)]


@given(st.lists(st.text(min_size=1, max_size=10).filter(lambda s: s.strip() == s), min_size=1, max_size=5))
def test_or_values_round_trip(values):
    raw = "code=" + quote_plus(",".join(escape(value) for value in values))
    assert [unescape(value) for value in parse_query(raw).criteria[0].values] == values


@given(st.text(max_size=30))
def test_value_matchers_never_do_more_than_refuse(text):
    for make in (
        lambda: match_date(text, "date"),
        lambda: match_quantity(text, "value"),
        lambda: match_token(text, ""),
    ):
        try:
            make()
        except SearchError:
            pass


@given(st.datetimes())
def test_dates_are_intervals(moment):
    parsed = parse_date(moment.isoformat())
    assert parsed is not None
    day = parse_date(moment.date().isoformat())
    assert day is not None and day[0].low <= parsed[0].low <= parsed[0].high <= day[0].high


@pytest.mark.parametrize(("text", "low", "high"), [("5.4", "5.35", "5.45"), ("100", "99.5", "100.5")])
def test_number_precision(text, low, high):
    assert tuple(map(str, parse_number(text))) == (low, high)
