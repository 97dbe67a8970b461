"""Searches of our own: what is asked, what a finding shows, and what never counts against a HIS."""

from __future__ import annotations

import json
import time
from datetime import date

import pytest
from standard_cell import MODEL, StandardCell, T, edit

from harness.core.run.exchanges import Response
from harness.core.standards.table import standards
from harness.core.tdates import TDates
from harness.fhir.codec.documents import parse
from harness.network.drive.searching import search as driving
from harness.network.drive.searching.generate import Pool
from harness.network.drive.searching.search import Searching
from harness.reference.records import Records
from harness.reference.searching.promise import Promise
from harness.reference.searching.replies import Reply

HG, ZM, PD = "huisartsgegevens-2.0", "zelfmetingen-2.0", "pdfa-3.0"
REFUSAL = b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-supported"}]}'
DECLARES = {
    "rest": [
        {
            "resource": [
                {
                    "type": "Observation",
                    "searchParam": [
                        {"name": "code", "type": "token"},
                        {"name": "date", "type": "date"},
                        {"name": "patient", "type": "reference"},
                        {"name": "identifier", "type": "token"},
                        {"name": "_id", "type": "token"},
                        {"name": "date", "type": "token"},
                    ],
                }
            ]
        }
    ]
}


def is_own(operation):
    return operation.startswith("search-")


def headers(*pairs):
    return (("Content-Type", "application/fhir+json"), *pairs)


# -- what may be asked -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "pairs", "covered"),
    [
        ({}, (("code", "http://loinc.org|85354-9"),), True),
        ({}, (("code", "http://loinc.org|85354-9"), ("date", "ge2026-01-01")), True),
        ({}, (("date", "ge2026-01-01"), ("code", "http://loinc.org|85354-9")), True),
        ({}, (("code", "http://loinc.org|85354-9"), ("_count", "2"), ("_format", "xml")), True),
        ({}, (("date", "ge2026-01-01"),), False),
        ({}, (("code", "http://loinc.org|85354-9"), ("date", "gt2026-01-01")), False),
        ({}, (("code", "http://loinc.org|8302-2"),), False),
        ({}, (("code", "http://loinc.org|85354-9"), ("status", "final")), False),
        (DECLARES, (("date", "gt2026-01-01"),), True),
        (DECLARES, (("code", "8302-2"), ("date", "2026-01-01")), True),
        (DECLARES, (("date", "sa2026-01-01"),), False),
        (DECLARES, (("patient", "Patient/1"),), False),
        (DECLARES, (("identifier", "1"),), False),
        (DECLARES, (("_id", "1"),), False),
    ],
)
def test_what_is_promised(statement, pairs, covered):
    assert Promise(ZM, TDates(T), statement).covers("Observation", pairs) is covered


@pytest.mark.parametrize("statement", [[], {"rest": {}}, {"rest": [{"resource": [None, 3]}]}, {"rest": [3]}])
def test_a_strange_statement_promises_nothing_more(statement):
    promise = Promise(HG, TDates(T), statement if isinstance(statement, dict) else {"rest": statement})
    assert promise.parameters("Encounter") == {} and "Patient" not in promise.kinds


def test_everything_that_is_sent_is_promised():
    cell = StandardCell(HG, flows=("search",))
    statement = parse(cell.exchanges[0].response.body, model=MODEL).resource
    promise = Promise(HG, cell.dates, statement)
    sent = [item for item in cell.exchanges if is_own(item.operation) and "_offset=" not in item.request.url]
    from harness.judge.every_standard.searching.attempts import _parts

    assert len(sent) > 100
    for item in sent:
        kind, pairs = _parts(item.request.url)
        assert promise.covers(kind, pairs), item.request.url
        assert "patient" not in item.request.url.lower() and "identifier" not in item.request.url


def test_the_budget_holds_and_the_same_seed_asks_the_same():
    first = [item.request.url for item in StandardCell(ZM, flows=("search",)).exchanges]
    second = [item.request.url for item in StandardCell(ZM, flows=("search",)).exchanges]
    assert len(first) <= sum(driving.REQUESTS.values()) + 20
    same = [(a, b) for a, b in zip(first, second, strict=True) if "_page=" not in a]
    assert all(a == b for a, b in same)


def test_time_that_is_over_ends_the_search():
    sent = []

    def ask(address, media, notes):
        sent.append(address)
        return Reply(200, {"resourceType": "Bundle"}, address)

    seconds = iter(range(0, 100_000, 50))
    promise = Promise(ZM, TDates(T), {})
    Searching(promise, Pool(()), ask, selection=None, number=1, monotonic=lambda: float(next(seconds))).run()
    assert len(sent) < 5


@pytest.mark.parametrize("standard", sorted(standards()))
def test_a_bound_on_an_item_is_always_asked(standard):
    """Whatever the seed: random days may all miss it."""
    cell = StandardCell(standard, faults=["bound-day-lost"], flows=("search",))
    name = f"{standards()[standard].prefix}-QRY-001"
    assert {item.verdict.value for item in cell.findings(name)} == {"fail"}


# -- what a finding shows --------------------------------------------------------------------------


def test_the_smallest_search_is_shown_with_the_seed():
    cell = StandardCell(PD, faults=["bound-day-lost"], flows=("search",))
    (found,) = cell.findings("PD-QRY-001")
    assert found.verdict.value == "fail" and found.party == "his-a"
    line = found.expected.partition(":")[0]
    assert line.count("=") <= 2 and ("=ge" in line or "=le" in line), line
    assert "missing" in found.received and "seed 7" in found.next_step.en and line in found.next_step.nl
    aim = next(item for item in cell.exchanges if item.id == found.where.exchange)
    assert aim.notes["driven"]["seed"] == 7


def test_judging_again_gives_the_same():
    cell = StandardCell(ZM, faults=["second-page-loses-match"], flows=("search",))
    names = [f"ZM-QRY-00{n}" for n in (1, 2, 3, 4)]
    assert cell.findings(*names) == cell.findings(*names)


def test_requirements_of_the_pgo_do_not_look_at_it():
    cell = StandardCell(HG, flows=("collect", "search"))
    names = ("HG-REQ-001", "HG-REQ-002", "HG-REQ-003")
    assert cell.broken(*names) == {}
    cell.exchanges = [item for item in cell.exchanges if item.flow == "search"]
    assert set(cell.broken(*names)) == set(names)


# -- what never counts against a HIS ---------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 403, 404, 422, 501])
def test_a_refusal_is_never_red(status):
    def change(operation, request, response):
        plain = "_count" in request.url or request.url.count("=") > 1
        return (
            Response(status=status, headers=headers(), body=REFUSAL)
            if is_own(operation) and plain
            else response
        )

    found = StandardCell(ZM, change=change, flows=("search",)).findings(
        *(f"ZM-QRY-00{n}" for n in (1, 2, 3, 4))
    )
    assert {item.verdict.value for item in found} <= {"pass", "not-tested"}
    assert found[0].verdict.value == "pass" and " refused" in found[0].received


def test_a_his_that_refuses_everything_is_not_tested():
    def change(operation, request, response):
        return Response(status=400, headers=headers(), body=REFUSAL) if is_own(operation) else response

    found = StandardCell(ZM, change=change, flows=("search",)).findings("ZM-QRY-001", "ZM-QRY-002")
    assert {item.verdict.value for item in found} == {"not-tested"} and "refuses" in found[0].next_step.en


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_left_in_peace(status):
    def change(operation, request, response):
        return Response(status=status) if is_own(operation) else response

    cell = StandardCell(ZM, change=change, flows=("search",))
    assert len([item for item in cell.exchanges if is_own(item.operation)]) == 1
    assert cell.broken("ZM-QRY-001", "ZM-QRY-003") == {"ZM-QRY-001": "not-tested", "ZM-QRY-003": "not-tested"}


def test_what_comes_and_goes_is_undecided():
    seen: dict[str, int] = {}

    def change(operation, request, response):
        if not is_own(operation) or "date=" not in request.url or "_count" in request.url:
            return response
        seen[request.url] = seen.get(request.url, 0) + 1
        if seen[request.url] > 1:
            return response
        return edit(response, lambda bundle: bundle.pop("entry", None))

    assert StandardCell(ZM, change=change, flows=("search",)).broken("ZM-QRY-001") == {
        "ZM-QRY-001": "inconclusive"
    }


def test_elements_that_a_his_fills_itself_accuse_nobody():
    """A further category on every measurement makes a search by category find more than the record says."""

    def change(operation, request, response):
        if not is_own(operation) or b"Bundle" not in response.body:
            return response

        def more(bundle):
            for entry in bundle.get("entry", ()):
                entry["resource"].pop("method", None)

        return edit(response, more)

    assert StandardCell(ZM, change=change, flows=("search",)).broken("ZM-QRY-001") == {}


@pytest.mark.parametrize("where", ["same", "elsewhere"])
def test_pages_that_lead_back_or_elsewhere_are_red(where):
    def change(operation, request, response):
        if "_count" not in request.url and "_page" not in request.url:
            return response

        def loop(bundle):
            for link in bundle["link"]:
                if link["relation"] == "next":
                    link["url"] = request.url if where == "same" else "https://elders.example/fhir?_page=x.1"

        return edit(response, loop)

    (found,) = StandardCell(ZM, change=change, flows=("search",)).findings("ZM-QRY-003")
    assert found.verdict.value == "fail"
    assert ("leads back" if where == "same" else "elders.example") in found.received


def test_without_a_record_answers_are_compared_with_each_other():
    cell = StandardCell(ZM, faults=["lone-filter-loses-match"], flows=("search",))
    said = {
        item.requirement: item.verdict.value
        for item in cell.findings("ZM-QRY-001", "ZM-QRY-002", records=Records())
    }
    assert said == {"ZM-QRY-001": "not-tested", "ZM-QRY-002": "fail"}


def test_a_run_without_searches_is_not_tested():
    assert StandardCell(ZM, flows=("collect",)).broken("ZM-QRY-001") == {"ZM-QRY-001": "not-tested"}


def test_bodies_that_are_no_bundles_break_nothing():
    bodies = [
        b"",
        b"[]",
        b"{}",
        json.dumps({"resourceType": "Bundle", "entry": [None, {"resource": 3}]}).encode(),
    ]

    def change(operation, request, response):
        if not is_own(operation):
            return response
        return Response(status=200, headers=headers(), body=bodies[len(request.url) % len(bodies)])

    started = time.process_time()
    found = StandardCell(ZM, change=change, flows=("search",)).findings(
        "ZM-QRY-001", "ZM-QRY-003", "ZM-QRY-004"
    )
    assert time.process_time() - started < 60
    assert not {item.verdict.value for item in found} & {"error"}


def test_another_day_asks_something_else():
    from harness.network.drive.searching.cell import seed_of

    assert seed_of("a", date(2026, 1, 1).isoformat()) != seed_of("a", date(2026, 1, 2).isoformat())
