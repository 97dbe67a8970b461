"""Edges of the generic judges that no fault of a twin shows."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standard_cell import StandardCell, edit

from harness.core.run.exchanges import Response
from harness.core.run.findings import canonical
from harness.judge.catalogue import load_catalogue
from harness.judge.every_standard import expectations as generic_expect
from harness.judge.every_standard import periods as generic_periods
from harness.judge.every_standard.answers import requested_format
from harness.judge.judging import judge_requirements
from harness.judge.standards.huisartsgegevens import last_day_of_use

HG = "huisartsgegevens-2.0"
DECIDABLE = [item.id for item in load_catalogue() if item.standard == HG and item.decidable]


def verdicts(cell, *requirements, **settings_):
    return {item.requirement: item.verdict.value for item in cell.findings(*requirements, **settings_)}


def test_content_rules_without_expectation_file_are_not_tested():
    cell = StandardCell(HG)
    found = verdicts(cell, expectations=None)
    absent = {name for name, verdict in found.items() if verdict == "not-tested"}
    assert absent == {f"HG-EXP-00{n}" for n in range(1, 8)} | {"HG-PRV-002"}
    reasons = [item.next_step.en for item in cell.findings("HG-EXP-001", expectations=None)]
    assert "no expectation file" in reasons[0]


def test_expectations_that_say_nothing_about_a_query_test_nothing():
    cell = StandardCell(HG)
    assert verdicts(cell, "HG-EXP-003", expectations={"operations": {}}) == {"HG-EXP-003": "not-tested"}


def test_a_fact_may_be_an_expression():
    cell = StandardCell(HG)
    true = "Bundle.entry.resource.where($this is Encounter).count() = 6"
    wanted = {"operations": {"hg-encounter": {"must_contain": [true]}}}
    assert verdicts(cell, "HG-EXP-003", expectations=wanted) == {"HG-EXP-003": "pass"}
    wanted["operations"]["hg-encounter"] = {"must_not_contain": [true]}
    assert verdicts(cell, "HG-EXP-003", expectations=wanted) == {"HG-EXP-003": "fail"}


@pytest.mark.parametrize(
    ("amount", "verdict"), [(6, "pass"), (5, "fail"), ({"min": 5}, "pass"), ({"max": 5}, "fail")]
)
def test_an_amount_may_be_a_range(amount, verdict):
    wanted = {"operations": {"hg-encounter": {"count": {"Encounter": amount}}}}
    assert verdicts(StandardCell(HG), "HG-EXP-003", expectations=wanted) == {"HG-EXP-003": verdict}


def test_values_are_compared_as_fhir_values():
    assert generic_expect.same(Decimal("77.20"), 77.2)
    assert generic_expect.same("2026-03-01T08:00:00Z", "2026-03-01T09:00:00+01:00")
    assert not generic_expect.same("2026-03-01T08:00:00Z", "2026-03-01T08:00:00+01:00")
    assert not generic_expect.same("abc", 3)
    assert generic_expect.same(True, True) and not generic_expect.same("true", True)


def test_no_traffic_is_inconclusive_never_a_pass():
    cell = StandardCell(HG)
    cell.exchanges = []
    found = verdicts(cell)
    assert set(found.values()) == {"inconclusive"}
    assert set(found) == set(DECIDABLE)


def test_a_his_that_finds_nothing_passes_no_content_rule():
    """Empty answers everywhere, no expectation file: nothing was shown, so nothing passes."""

    def empty(operation, request, response):
        def clear(bundle):
            bundle.pop("entry", None)
            bundle["total"] = 0

        return edit(response, clear)

    found = verdicts(StandardCell(HG, change=empty), expectations=None)
    passed = {name for name, verdict in found.items() if verdict == "pass"}
    searchset = {f"HG-GEN-0{n}" for n in ("01", "02", "13", "14", "15", "16", "17", "19", "20", "21")}
    assert passed == searchset | {"HG-REQ-001", "HG-REQ-002", "HG-REQ-003"}
    assert found["HG-EPI-001"] == found["HG-GEN-004"] == found["HG-GEN-018"] == "inconclusive"


def test_nothing_to_include_tests_nothing():
    def plain(operation, request, response):
        if not operation.startswith("hg-observation"):
            return response

        def strip(bundle):
            for entry in bundle["entry"]:
                for key in ("specimen", "related"):
                    entry["resource"].pop(key, None)

        return edit(response, strip)

    (found,) = StandardCell(HG, change=plain).findings("HG-OBS-004")
    assert found.verdict.value == "not-tested" and "specimen" in found.next_step.en


def test_no_response_is_undecided_with_the_reason_and_whose_it_is():
    cell = StandardCell(HG)
    first = msgspec.structs.replace(cell.exchanges[0], response=None, error="timeout: 60 s")
    cell.exchanges[0] = first
    (found,) = (item for item in cell.findings("HG-GEN-001") if item.verdict.value != "pass")
    assert (found.verdict.value, found.received) == ("inconclusive", "timeout: 60 s")
    assert (found.party, found.cause) == ("his-a", "dvza-a")


def test_variant_flows_are_not_looked_at():
    cell = StandardCell(HG)
    cell.exchanges = [msgspec.structs.replace(item, flow="neg-garbage") for item in cell.exchanges]
    assert set(verdicts(cell).values()) == {"inconclusive"}


def test_a_pgo_that_asks_one_format_only():
    cell = StandardCell(HG)
    cell.exchanges = [item for item in cell.exchanges if item.operation.endswith("-json")]
    found = verdicts(cell)
    assert found.pop("HG-GEN-021") == "not-tested"
    assert set(found.values()) == {"pass"}


def test_a_live_pgo_is_recognised_by_its_requests():
    cell = StandardCell(HG)
    cell.exchanges = [msgspec.structs.replace(item, operation="") for item in cell.exchanges]
    assert set(verdicts(cell).values()) == {"pass"}


def test_a_query_that_was_not_sent_is_the_pgos_failure():
    cell = StandardCell(HG)
    cell.exchanges = [item for item in cell.exchanges if not item.operation.startswith("hg-allergy")]
    (found,) = cell.findings("HG-REQ-002")
    assert (found.verdict.value, found.party) == ("fail", "pgo-1")
    assert "AllergyIntolerance?category=medication" in found.expected


def test_findings_point_at_line_and_path():
    def change(operation, request, response):
        if operation != "hg-episodes-json":
            return response

        def drop(bundle):
            del bundle["entry"][1]["resource"]["meta"]

        return edit(response, drop)

    (found,) = StandardCell(HG, change=change).findings("HG-GEN-004")
    assert found.where.path == "Bundle.entry[1].resource"
    assert found.where.line > 0 and found.where.column > 0
    assert found.mode == "fhirpath:hapi"
    assert "meta.profile" in found.next_step.nl


def test_bsn_is_not_repeated_in_the_finding():
    found = StandardCell(HG, faults=["bsn-in-identifier"]).findings("HG-GEN-012")
    assert found and all("999990019" not in str(item) for item in found)


def test_total_counts_matches_not_includes():
    def change(operation, request, response):
        if not operation.startswith("hg-observation"):
            return response
        return edit(response, lambda bundle: bundle.update(total=len(bundle["entry"])))

    (first, *_) = StandardCell(HG, change=change).findings("HG-GEN-013")
    assert first.verdict.value == "fail" and first.expected == "<= 9"


def test_html_instead_of_fhir():
    def change(operation, request, response):
        if operation != "hg-encounter-xml":
            return response
        return Response(status=200, headers=(("Content-Type", "text/html"),), body=b"<html>storing</html>")

    found = StandardCell(HG, change=change).broken()
    assert found == {"HG-GEN-002": "fail", "HG-GEN-019": "fail"}


def test_broken_json_is_unreadable():
    def change(operation, request, response):
        if operation != "hg-encounter-json":
            return response
        return Response(status=200, headers=response.headers, body=response.body[:-20])

    found = StandardCell(HG, change=change).broken()
    assert found == {"HG-GEN-002": "fail", "HG-GEN-020": "fail"}


@pytest.mark.parametrize(
    ("start", "verdict"),
    [("2020-07-01", "pass"), ("2026-02-01", "warning"), ("${DATE, T, D, -410}", "pass")],
)
def test_start_of_online_access_is_in_the_expectation_file(start, verdict):
    cell = StandardCell(HG)
    wanted = {"operations": {}, "online_access_start": start}
    assert verdicts(cell, "HG-PRV-003", expectations=wanted) == {"HG-PRV-003": verdict}


def test_judging_twice_gives_the_same_bytes():
    cell = StandardCell(HG, faults=["total-too-high", "so-section"])
    first, second = (canonical(judge_requirements(cell.view(), DECIDABLE)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("application/fhir+json; fhirVersion=3.0", "json"),
        ("text/html, application/fhir+xml;q=0.9", "xml"),
        ("*/*", "native"),
        ("", "native"),
    ],
)
def test_requested_format(accept, wanted):
    cell = StandardCell("eafspraak-2.0")
    request = msgspec.structs.replace(cell.exchanges[0].request, headers=(("Accept", accept),))
    assert requested_format(msgspec.structs.replace(cell.exchanges[0], request=request)) == wanted


# -- periods ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("2026-03-01", "2026-03-01", "2026-03-01"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026-03-01T23:59:59+01:00", "2026-03-01", "2026-03-01"),
    ],
)
def test_partial_dates_stand_for_all_their_days(value, first, last):
    assert generic_periods.text_bounds(value) == (date.fromisoformat(first), date.fromisoformat(last))


@given(st.text(max_size=30) | st.integers() | st.none() | st.lists(st.integers(), max_size=2))
def test_bounds_never_raise(value):
    generic_periods.text_bounds(value)
    generic_periods.day_bounds({"date": value, "effectivePeriod": value}, "date")
    generic_periods.period_end(value, value)
    generic_periods.period_end({"start": "2026-01-01"}, {"value": value, "code": "d"})


def _request(period=None, duration=None):
    base = "http://nictiz.nl/fhir/StructureDefinition/"
    found = []
    if period:
        found.append({"url": base + "zib-Medication-PeriodOfUse", "valuePeriod": period})
    if duration:
        found.append(
            {"url": base + "zib-MedicationUse-Duration", "valueDuration": {"value": duration, "code": "d"}}
        )
    return {"resourceType": "MedicationRequest", "extension": found}


@pytest.mark.parametrize(
    ("period", "duration", "last"),
    [
        ({"start": "2026-01-01", "end": "2026-02-01"}, 0, "2026-02-01"),
        ({"start": "2026-01-01"}, 10, "2026-01-11"),
        ({"start": "2026-01-01"}, 0, None),
        (None, 10, None),
        (None, 0, None),
    ],
)
def test_period_of_use(period, duration, last):
    assert last_day_of_use(_request(period, duration)) == (date.fromisoformat(last) if last else None)


# -- hostile answers ------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_judge_breaks_on_a_hostile_answer(data):
    """Random edits of a good answer: wrong types anywhere; verdicts may change, judges may not crash."""
    standard = data.draw(st.sampled_from(["huisartsgegevens-2.0", "pdfa-3.0", "zelfmetingen-2.0"]))
    cell = _whole(standard)
    index = data.draw(st.integers(0, len(cell.exchanges) - 1))
    exchange = cell.exchanges[index]
    body = exchange.response.body
    if b'"resourceType"' not in body[:200]:
        return
    tree = json.loads(body)
    at = tree
    for _ in range(data.draw(st.integers(0, 6))):
        keys = list(at) if isinstance(at, dict) else list(range(len(at))) if isinstance(at, list) else []
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if not isinstance(at[key], dict | list) or data.draw(st.booleans()):
            at[key] = data.draw(JSON)
            break
        at = at[key]
    broken = msgspec.structs.replace(
        exchange, response=msgspec.structs.replace(exchange.response, body=json.dumps(tree).encode())
    )
    changed = list(cell.exchanges)
    changed[index] = broken
    view = cell.view()
    view.exchanges = tuple(changed)
    wanted = [item.id for item in load_catalogue() if item.standard == standard and item.decidable]
    errors = [item for item in judge_requirements(view, wanted) if item.verdict.value == "error"]
    assert not errors, errors[0].received


_CELLS: dict[str, StandardCell] = {}


def _whole(standard: str) -> StandardCell:
    if standard not in _CELLS:
        _CELLS[standard] = StandardCell(standard)
    return _CELLS[standard]
