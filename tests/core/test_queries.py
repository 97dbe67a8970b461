"""The queries of the standards as data."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

import pytest

from harness.core.errors import UsageError
from harness.core.standards.queries import base_operation, load_queries
from harness.core.standards.table import standards
from harness.core.tdates import TDates

DATES = TDates(date(2026, 3, 1))


@pytest.mark.parametrize("standard", sorted(standards()))
def test_a_query_is_recognised_from_its_request(standard):
    for query in load_queries(standard):
        if query.each is not None or not query.path:
            continue
        for pairs in (query.resolved(DATES), tuple(reversed(query.resolved(DATES)))):
            url = f"https://dvza.example/his/49/fhir/{query.path}?{urlencode(pairs)}"
            assert load_queries(standard).recognise(query.method, url, DATES) is query


@pytest.mark.parametrize(
    "url",
    [
        "/fhir/Patient",
        "/fhir/Patient?_include=Patient:general-practitioner&gender=x",
        "/fhir/Composition?type=http://loinc.org%7C67781-6",
        "/fhir/Observation?code=x",
    ],
)
def test_another_request_is_not_recognised(url):
    assert load_queries("huisartsgegevens-2.0").recognise("GET", url, DATES) is None


def test_dates_are_filled_in():
    pairs = dict(load_queries("huisartsgegevens-2.0")["hg-observation-xml"].resolved(DATES))
    assert pairs["date"] == "ge2025-01-01"


@pytest.mark.parametrize(
    ("operation", "parts"),
    [
        ("hg-patient-json", ("hg-patient", "json")),
        ("pd-retrieve-native", ("pd-retrieve", "native")),
        ("x", ("x", "")),
    ],
)
def test_operation_and_format(operation, parts):
    assert base_operation(operation) == parts


def test_an_unknown_standard_names_the_nearest():
    with pytest.raises(UsageError) as caught:
        load_queries("huisartsgegevens-2")
    assert "huisartsgegevens-2.0" in caught.value.render("en")
    assert load_queries("pdfa-3.0").get("pd-onbekend") is None


@pytest.mark.parametrize(
    ("beside", "meant"),
    [
        ("_count=10", "hg-episodes"),
        ("_format=json", "hg-episodes"),
        ("access_token=x", "hg-episodes"),
        ("patient=Patient/1", "hg-episodes"),
        ("identifier=http://fhir.nl/fhir/NamingSystem/bsn%7C999990019", "hg-episodes"),
        ("identifier=http://example.org/episodes%7C1", None),
        ("status=active", None),
        ("_page=2", None),
    ],
)
def test_what_stands_beside_a_query_is_a_mistake_or_another_question(beside, meant):
    found = load_queries("huisartsgegevens-2.0").meant("GET", f"/fhir/EpisodeOfCare?{beside}", DATES)
    assert (found.operation if found is not None else None) == meant
