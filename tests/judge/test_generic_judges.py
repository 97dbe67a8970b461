"""Edges of the generic judges that no fault of a twin shows."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standard_cell import BASE, StandardCell, T, edit, own_persons

from harness.core.clock import AMSTERDAM
from harness.core.run.exchanges import Response
from harness.core.run.findings import canonical
from harness.judge.catalogue import load_catalogue
from harness.judge.every_standard import periods as generic_periods
from harness.judge.every_standard.answers import requested_format
from harness.judge.judging import judge_requirements
from harness.judge.standards.huisartsgegevens import last_day_of_use
from harness.reference.record.frozen import freeze, thaw
from harness.reference.record.load import own_records
from harness.reference.records import Records

HG = "huisartsgegevens-2.0"
DECIDABLE = [
    item.id
    for item in load_catalogue()
    if item.standard == HG and item.decidable and not item.left_out("normal")
]


def verdicts(cell, *requirements, **settings_):
    return {item.requirement: item.verdict.value for item in cell.findings(*requirements, **settings_)}


NOTHING = Records()
"""A run without reference records."""


def test_content_rules_without_a_record_are_not_tested():
    cell = StandardCell(HG)
    found = verdicts(cell, records=NOTHING)
    absent = {name for name, verdict in found.items() if verdict == "not-tested"}
    content = {f"HG-EXP-00{n}" for n in range(1, 8)} | {"HG-PRV-002", "HG-REC-001", "HG-REC-002"}
    assert absent == content
    reasons = [item.next_step.en for item in cell.findings("HG-EXP-001", records=NOTHING)]
    assert "no reference record" in reasons[0]


def test_a_record_that_does_not_cover_the_standard_is_none():
    (hanna,) = (item for item in own_records(T) if item.person == "hanna-wilgenkamp")
    records = Records([replace(hanna, standards=("eafspraak-2.0",))])
    assert verdicts(StandardCell(HG), "HG-EXP-001", records=records) == {"HG-EXP-001": "not-tested"}


def change_of(operation, change):
    """A change of the answers to one query."""

    def made(name, request, response):
        return edit(response, change) if name.startswith(f"{operation}-") else response

    return made


def test_data_of_another_person_names_the_owner():
    """Even when everything says that it is the declared person's."""
    bram = next(item for item in own_records(T) if item.person == "bram-lisdodde")
    (stored,) = (item for item in bram.store.all("MedicationRequest") if "salbutamol" in str(item.resource))

    def add(bundle):
        subject = bundle["entry"][0]["resource"]["subject"]
        made = {**stored.resource, "subject": subject}
        bundle["entry"].append({"fullUrl": "https://his.example/fhir/MedicationRequest/x", "resource": made})

    cell = StandardCell(HG, change=change_of("hg-medicationrequest", add))
    found = [item for item in cell.findings("HG-GEN-022") if item.verdict.value == "fail"]
    assert found and "Bram ZZZ_Lisdodde" in found[0].received
    assert found[0].where.path == "Bundle.entry[4].resource" or found[0].where.path.startswith(
        "Bundle.entry["
    )


@pytest.mark.parametrize(
    ("origin", "verdict"),
    [
        ("bureau", "fail"),
        ("official", "fail"),
        ("own", "fail"),
        ("vendor", "inconclusive"),
        ("draft", "inconclusive"),
    ],
)
def test_what_the_record_does_not_hold_fails_only_when_the_record_is_whole(origin, verdict):
    def add(bundle):
        made = {
            "resourceType": "Encounter",
            "id": "onbekend",
            "status": "planned",
            "class": {"system": "http://hl7.org/fhir/v3/ActCode", "code": "EMER"},
            "reason": [{"text": "iets wat nergens staat"}],
        }
        bundle["entry"].append({"fullUrl": "https://his.example/fhir/Encounter/onbekend", "resource": made})

    records = Records([replace(item, origin=origin) for item in own_records(T)])
    cell = StandardCell(HG, change=change_of("hg-encounter", add))
    assert verdicts(cell, "HG-EXP-003", records=records) == {"HG-EXP-003": verdict}


VENDOR = "https://his.example/StructureDefinition/eigen"
BASE_PROFILE = "http://hl7.org/fhir/StructureDefinition/Encounter"
OTHER = "http://nictiz.nl/fhir/StructureDefinition/gp-EncounterReport"


@pytest.mark.parametrize("stated", [[VENDOR], [BASE_PROFILE], [OTHER], [VENDOR, VENDOR + "2"]])
@pytest.mark.parametrize("sound", [True, False])
def test_the_query_decides_which_profile_a_resource_satisfies(stated, sound):
    """What ``meta.profile`` says neither adds a demand nor takes one away."""

    def restate(bundle):
        for entry in bundle["entry"]:
            entry["resource"]["meta"]["profile"] = stated
            if not sound:
                entry["resource"]["participant"] = [{"type": [{"text": "iemand"}]}]
                entry["resource"]["class"]["system"] = "https://his.example/eigen-stelsel"
                entry["resource"].pop("status", None)

    cell = StandardCell(HG, change=change_of("hg-encounter", restate))
    found = {item.verdict.value for item in cell.findings("HG-GEN-018")}
    assert found == {"pass" if sound else "fail"}


def test_a_resource_of_one_of_several_profiles_is_told_about_the_one_that_it_states():
    """A blood pressure without a category breaks the profile of blood pressures, not that of the first in a list."""

    def spoil(bundle):
        for entry in bundle["entry"]:
            entry["resource"].pop("category", None)

    cell = StandardCell("zelfmetingen-2.0", change=change_of("zm-bloodpressure", spoil))
    found = [item for item in cell.findings("ZM-GEN-018") if item.verdict.value == "fail"]
    assert found and all("category" in item.expected for item in found)
    assert any("BloodPressure" in item.expected for item in found)


def test_midnight_in_utc_is_no_other_day():
    """The oldest result that may come, of exactly fourteen months ago, written as an instant."""

    def instants(bundle):
        for entry in bundle["entry"]:
            value = str(entry["resource"].get("effectiveDateTime", ""))
            if len(value) == 10:
                midnight = datetime.fromisoformat(value).replace(tzinfo=AMSTERDAM).astimezone(UTC)
                entry["resource"]["effectiveDateTime"] = midnight.isoformat().replace("+00:00", "Z")

    cell = StandardCell(HG, change=change_of("hg-observation", instants))
    wanted = {"HG-OBS-002": "pass", "HG-EXP-005": "pass", "HG-REC-001": "pass"}
    assert verdicts(cell, *wanted) == wanted


def test_what_is_missing_may_be_on_a_page_that_nobody_fetched():
    def cut(bundle):
        del bundle["entry"][-1]
        bundle["total"] -= 1

    def cut_and_say(bundle):
        cut(bundle)
        bundle["link"].append({"relation": "next", "url": f"{BASE}?page=2"})

    whole = StandardCell(HG, change=change_of("hg-encounter", cut))
    paged = StandardCell(HG, change=change_of("hg-encounter", cut_and_say))
    assert verdicts(whole, "HG-EXP-003") == {"HG-EXP-003": "fail"}
    assert verdicts(paged, "HG-EXP-003") == {"HG-EXP-003": "inconclusive"}


def test_a_frozen_record_gives_the_same_findings():
    cell = StandardCell(HG, faults=["so-section", "moment-shifted"])
    frozen = Records([thaw(freeze(item), "records/x.json") for item in own_records(T)])
    first, second = (canonical(cell.findings(records=records)) for records in (own_persons(T), frozen))
    assert first == second


def test_no_traffic_is_inconclusive_never_a_pass():
    cell = StandardCell(HG)
    cell.exchanges = []
    found = verdicts(cell)
    assert set(found.values()) == {"inconclusive"}
    assert set(found) == set(DECIDABLE)


def test_a_his_that_finds_nothing_passes_no_content_rule():
    """Empty answers everywhere, no record: nothing was shown, so nothing passes."""

    def empty(operation, request, response):
        def clear(bundle):
            bundle.pop("entry", None)
            bundle["total"] = 0

        return edit(response, clear)

    found = verdicts(StandardCell(HG, change=empty), records=NOTHING)
    passed = {name for name, verdict in found.items() if verdict == "pass"}
    searchset = {f"HG-GEN-0{n}" for n in ("01", "02", "13", "14", "15", "16", "17", "19", "20", "21", "32")}
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
    assert found.pop("HG-GEN-021") == found.pop("HG-GEN-023") == "not-tested"
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


@pytest.mark.parametrize(
    ("stated", "verdict"),
    [
        ("application/fhir+json", "pass"),
        ("Application/FHIR+JSON; Charset=UTF-8; fhirVersion=3.0", "pass"),
        ('application/fhir+json;fhirVersion="3.0.2"', "pass"),
        ("application/json+fhir", "pass"),
        ("application/fhir+json; fhirVersion=4.0", "warning"),
        ("application/json", "warning"),
        ("application/fhir+json; charset=iso-8859-1", "warning"),
        ("application/fhir+xml", "fail"),
        ("text/plain", "fail"),
    ],
)
def test_a_media_type_is_judged_by_the_strength_of_the_sheet(stated, verdict):
    def change(operation, request, response):
        if operation != "hg-encounter-json":
            return response
        return Response(status=200, headers=(("Content-Type", stated),), body=response.body)

    found = verdicts(StandardCell(HG, change=change), "HG-GEN-019")
    assert found == {"HG-GEN-019": verdict}


def test_text_xml_is_a_remark():
    def change(operation, request, response):
        if operation != "hg-encounter-xml":
            return response
        return Response(status=200, headers=(("Content-Type", "text/xml"),), body=response.body)

    assert verdicts(StandardCell(HG, change=change), "HG-GEN-019") == {"HG-GEN-019": "warning"}


def test_broken_json_is_unreadable():
    def change(operation, request, response):
        if operation != "hg-encounter-json":
            return response
        return Response(status=200, headers=response.headers, body=response.body[:-20])

    found = StandardCell(HG, change=change).broken()
    assert found == {"HG-GEN-002": "fail", "HG-GEN-020": "fail"}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"[" * 1_000, "nested too deeply"),
        (b"{" + b'"a":1,' * 700_000 + b"}", "too large to be processed"),
        (b"%41%42", "JSON is malformed"),
        (b'{"resourceType":"Patient","id":"p1"}', "Patient"),
    ],
    ids=["deep", "large", "no JSON", "no Bundle"],
)
def test_what_is_no_searchset_is_told_with_its_cause(body, told):
    """The media type that such an answer states is no reason why it is none."""

    def change(operation, request, response):
        if operation != "hg-encounter-json":
            return response
        return Response(status=200, headers=response.headers, body=body)

    (item,) = StandardCell(HG, change=change).findings("HG-GEN-002")
    assert item.verdict.value == "fail" and told in item.received


@pytest.mark.parametrize(("entries", "broken"), [(10_001, True), (10_000, False)])
def test_more_entries_than_are_looked_at_is_a_fault_of_the_sender(entries, broken):
    def change(operation, request, response):
        if operation != "hg-encounter-json":
            return response
        bundle = {"resourceType": "Bundle", "type": "searchset", "total": entries, "entry": [{}] * entries}
        return Response(status=200, headers=response.headers, body=json.dumps(bundle).encode())

    cell = StandardCell(HG, change=change)
    failed = [item for item in cell.findings("HG-GEN-020") if item.verdict.value == "fail"]
    assert [(item.rule, item.blame.value) for item in failed] == (
        [("fhir-size", "product")] if broken else []
    )


@pytest.mark.parametrize(
    ("start", "verdict"),
    [(None, "pass"), (date(2026, 2, 1), "warning"), (T - timedelta(days=410), "pass")],
)
def test_start_of_online_access_is_in_the_record(start, verdict):
    cell = StandardCell(HG)
    records = Records([replace(item, online_since=start) for item in own_records(T)])
    assert verdicts(cell, "HG-PRV-003", records=records) == {"HG-PRV-003": verdict}


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
        ("2026-02-28T23:00:00Z", "2026-02-28", "2026-03-01"),
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
