"""The oracle: rules with their boundaries, and what was counted by hand follows from it."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from harness.core.standards.queries import load_queries
from harness.core.standards.table import standards
from harness.core.tdates import TDates, shift
from harness.core.yamlfile import load_yaml
from harness.fhir.store import Store
from harness.reference.oracle.expect import expect, expect_search, rule_all
from harness.reference.oracle.reload import reload_advice
from harness.reference.oracle.rules import rules_of
from harness.reference.record.load import own_records

T = date(2026, 11, 27)
DAYS = [T, date(2026, 3, 1), date(2028, 2, 29), date(2027, 12, 31), date(2026, 7, 15)]
HG = "huisartsgegevens-2.0"
STANDARD_OF = {query.operation: name for name in standards() for query in load_queries(name)}


def person(name: str = "hanna-wilgenkamp", day: date = T):
    return next(item for item in own_records(day) if item.person == name)


def changed(record, *resources, drop=(), **fields):
    """The record with resources added or replaced."""
    store = Store()
    store.load(stored.resource for stored in record if stored.key not in drop)
    store.load(resources)
    return replace(record, store=store, **fields)


def ask(operation: str, record, day: date = T):
    return expect(STANDARD_OF[operation], load_queries(STANDARD_OF[operation])[operation], record, day)


def like(record, key: str, **elements):
    """A copy of a resource under a new id, elements replaced; ``None`` removes one."""
    made = copy.deepcopy(record.resource(key)) | {"id": "nieuw"} | elements
    return {name: value for name, value in made.items() if value is not None}


# -- what was counted by hand follows from the records --------------------------------------------------------


@pytest.mark.parametrize("day", DAYS, ids=str)
@pytest.mark.parametrize("name", ["hanna-wilgenkamp", "bram-lisdodde"])
def test_what_was_counted_by_hand_follows_from_the_records(name, day):
    data = load_yaml(Path(__file__).parent / "by_hand" / f"{name}.yaml").data
    record = person(name, day)
    asked = 0
    for operation, wanted in data["operations"].items():
        expected = ask(operation, record, day)
        must = [item.resource for item in expected.must.values()]
        for kind, amount in wanted.get("count", {}).items():
            assert sum(item["resourceType"] == kind for item in must) == amount, (operation, kind)
            asked += 1
        for fact in wanted.get("must_contain", ()):
            assert holds(fact, must, record, day), (operation, fact)
        allowed = [*must, *(item.resource for item in expected.may.values() if item.part == "match")]
        for fact in wanted.get("must_not_contain", ()):
            assert not holds(fact, allowed, record, day), (operation, fact)
    assert asked > 20


def holds(fact, resources, record, day) -> bool:
    value = TDates(day).resolve(str(fact["value"])) if isinstance(fact["value"], str) else fact["value"]
    return any(
        str(seen) == str(value)
        for resource in resources
        if resource["resourceType"] == fact["type"]
        for seen in at(resource, fact["path"].split("."))
    )


def at(node, path):
    if not path:
        yield node
    elif isinstance(node, list):
        for item in node:
            yield from at(item, path)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == path[0] or (key.startswith(path[0]) and key[len(path[0]) :][:1].isupper()):
                yield from at(value, path[1:])


@pytest.mark.parametrize("name", [item.person for item in own_records(T)])
def test_rules_alone_keep_in_what_a_rule_should_keep_in(name):
    record = person(name)
    rulings = rule_all(HG, record, T)
    for key, why in record.withheld.items():
        if why == "rule" and not key.startswith("Encounter/") and "16" not in name:
            assert rulings[key].standing == "not" and rulings[key].rule.id != "withheld", key
        elif why != "rule":
            assert rulings[key].standing == "not" and rulings[key].rule.id == "withheld"
    shared = [key for key in rulings if key not in record.withheld]
    assert name in ("fenna-vijftien",) or any(rulings[key].standing == "must" for key in shared)


def test_nothing_withheld_is_ever_expected():
    for record in own_records(T):
        for operation, name in STANDARD_OF.items():
            query = load_queries(name)[operation]
            if query.search:
                expected = expect(name, query, record, T)
                assert not [key for key in expected.must if key in record.withheld], operation
                texts = str([item.resource for item in (*expected.must.values(), *expected.may.values())])
                assert "KANARIE" not in texts


# -- rules and boundaries -------------------------------------------------------------------------------------


def test_fourteen_months_to_the_day():
    record = person()
    edge = shift(T, "M", -14)
    for offset, wanted in ((-1, False), (0, True), (1, True)):
        result = like(
            record,
            "Observation/hanna-wilgenkamp-pols-grens",
            effectiveDateTime=(edge + timedelta(days=offset)).isoformat(),
        )
        assert ("Observation/nieuw" in ask("hg-observation", changed(record, result)).must) is wanted


@pytest.mark.parametrize(
    ("when", "where"),
    [
        ("T00:30:00+02:00", "must"),
        ("T22:30:00Z", "may"),  # Amsterdam: the next day; its own clock: this day
        ("T12:00:00Z", "must"),
    ],
)
def test_what_only_one_time_zone_selects_may_be_there(when, where):
    record = person()
    day = shift(T, "M", -14) - timedelta(days=1 if when == "T22:30:00Z" else 0)
    expected = ask(
        "hg-observation",
        changed(
            record,
            like(record, "Observation/hanna-wilgenkamp-pols-grens", effectiveDateTime=day.isoformat() + when),
        ),
    )
    assert "Observation/nieuw" in getattr(expected, where)


@pytest.mark.parametrize(("end", "wanted"), [(-1, False), (0, True), (1, True)])
def test_current_medication(end, wanted):
    record = person()
    request = copy.deepcopy(record.resource("MedicationRequest/hanna-wilgenkamp-medicatie-paracetamol"))
    period = next(item for item in request["extension"] if item["url"].endswith("PeriodOfUse"))
    period["valuePeriod"]["end"] = (T + timedelta(days=end)).isoformat()
    found = ask("hg-medicationrequest", changed(record, request | {"id": "nieuw"}))
    assert ("MedicationRequest/nieuw" in found.must) is wanted
    stopped = ask("hg-medicationrequest", changed(record, request | {"id": "nieuw", "status": "stopped"}))
    assert (
        "MedicationRequest/nieuw" in stopped.may
    ) is wanted and "MedicationRequest/nieuw" not in stopped.must


def test_closed_episodes_by_guideline_and_flag():
    record = person()
    closed, flagged = (
        "EpisodeOfCare/hanna-wilgenkamp-episode-s18",
        "EpisodeOfCare/hanna-wilgenkamp-episode-r76",
    )
    expected = ask("hg-episodes", record)
    assert flagged in expected.must and expected.refusal(closed).id == "closed-episode-2017"
    assert closed in ask("hg-episodes", replace(record, richtlijn="2021")).may
    flag = copy.deepcopy(record.resource("Flag/hanna-wilgenkamp-flag-r76"))
    for change, wanted in (
        ({"status": "inactive"}, False),
        ({"period": {"start": "2020-01-01", "end": (T - timedelta(days=1)).isoformat()}}, False),
        ({"period": {"start": "2020-01-01", "end": T.isoformat()}}, True),
        ({"period": {"start": (T + timedelta(days=1)).isoformat()}}, False),
        ({"extension": []}, True),  # by the ICPC code of the diagnosis
    ):
        assert (flagged in ask("hg-episodes", changed(record, flag | change)).must) is wanted, change


def test_s_and_o_sections_are_cut_out_of_a_report_and_an_empty_report_stays_inside():
    record = person()
    report = copy.deepcopy(record.resource("Composition/hanna-wilgenkamp-verslag-01"))
    secret = copy.deepcopy(report["section"][1])
    secret["code"]["coding"][0] |= {"code": "S"}
    both = ask("hg-composition", changed(record, report | {"section": [secret, *report["section"]]}))
    assert [
        item["code"]["coding"][0]["code"]
        for item in both.must["Composition/hanna-wilgenkamp-verslag-01"].resource["section"]
    ] == ["E", "P"]
    only = ask("hg-composition", changed(record, report | {"section": [secret]}))
    assert only.refusal("Composition/hanna-wilgenkamp-verslag-01").id == "report-without-lines"


@pytest.mark.parametrize(("offset", "wanted"), [(-1, False), (0, True)])
def test_lines_from_the_start_of_online_access(offset, wanted):
    record = person()
    report = like(
        record,
        "Composition/hanna-wilgenkamp-verslag-01",
        date=(record.online_since + timedelta(days=offset)).isoformat(),
    )
    assert ("Composition/nieuw" in ask("hg-composition", changed(record, report)).must) is wanted


def test_an_official_record_has_no_lower_bound():
    record = replace(person(), online_since=None)
    assert "Composition/hanna-wilgenkamp-verslag-08" in ask("hg-composition", record).must


@pytest.mark.parametrize(("days", "wanted"), [(0, True), (1, False)])
def test_sixteen_on_the_day(days, wanted):
    joris = person("joris-zestien")
    assert bool(ask("hg-patient", joris, T - timedelta(days=days)).must) is wanted
    assert ask("hg-patient", joris, T - timedelta(days=1)).refusal(joris.key).id == "under-16"


@pytest.mark.parametrize(
    ("operation", "key", "changes", "where"),
    [
        ("hg-observation", "Observation/hanna-wilgenkamp-kweek", {"status": "cancelled"}, "not"),
        ("hg-observation", "Observation/hanna-wilgenkamp-kweek", {"status": "entered-in-error"}, "not"),
        ("hg-observation", "Observation/hanna-wilgenkamp-kweek", {"status": "preliminary"}, "may"),
        ("hg-observation", "Observation/hanna-wilgenkamp-kweek", {"status": "amended"}, "must"),
        ("hg-episodes", "EpisodeOfCare/hanna-wilgenkamp-episode-k86", {"status": "cancelled"}, "not"),
        ("hg-episodes", "EpisodeOfCare/hanna-wilgenkamp-episode-k86", {"status": "planned"}, "may"),
        ("hg-episodes", "EpisodeOfCare/hanna-wilgenkamp-episode-k86", {"status": "onhold"}, "must"),
        ("hg-encounter", "Encounter/hanna-wilgenkamp-contact-06", {"status": "cancelled"}, "not"),
        ("hg-encounter", "Encounter/hanna-wilgenkamp-contact-06", {"status": "planned"}, "may"),
        ("hg-encounter", "Encounter/hanna-wilgenkamp-contact-06", {"status": "in-progress"}, "must"),
        ("hg-composition", "Composition/hanna-wilgenkamp-verslag-06", {"status": "preliminary"}, "may"),
        ("hg-allergy", "AllergyIntolerance/hanna-wilgenkamp-allergie-penicilline", {"verificationStatus": "refuted"}, "may"),
        ("hg-allergy", "AllergyIntolerance/hanna-wilgenkamp-allergie-penicilline", {"verificationStatus": "entered-in-error"}, "not"),
        ("hg-allergy", "AllergyIntolerance/hanna-wilgenkamp-allergie-penicilline", {"clinicalStatus": "resolved"}, "may"),
        ("og-intolerances", "AllergyIntolerance/hanna-wilgenkamp-allergie-pinda", {"verificationStatus": "entered-in-error"}, "may"),
        ("og-intolerances", "AllergyIntolerance/hanna-wilgenkamp-allergie-pinda", {"verificationStatus": "refuted"}, "may"),
        ("ea-future", "Appointment/hanna-wilgenkamp-afspraak-volgende", {"status": "cancelled"}, "must"),
        ("ea-future", "Appointment/hanna-wilgenkamp-afspraak-volgende", {"status": "noshow"}, "may"),
        ("ea-future", "Appointment/hanna-wilgenkamp-afspraak-volgende", {"status": "entered-in-error"}, "not"),
        ("pd-find-current", "DocumentReference/hanna-wilgenkamp-document-polibericht", {"status": "superseded"}, "not"),
        ("pd-find-current", "DocumentReference/hanna-wilgenkamp-document-polibericht", {"indexed": "2020-06-30T12:00:00Z"}, "may"),
        ("zm-glucose", "Observation/hanna-wilgenkamp-glucose-1", {"context": {"reference": "Encounter/hanna-wilgenkamp-contact-06"}}, "may"),
    ],
)  # fmt: skip
def test_status_and_kind(operation, key, changes, where):
    record = person()
    expected = ask(operation, changed(record, copy.deepcopy(record.resource(key)) | changes))
    assert (key in expected.must, key in expected.may) == (where == "must", where == "may")


def test_a_document_that_is_not_there_may_be_named():
    record = person()
    key = "DocumentReference/hanna-wilgenkamp-document-polibericht"
    gone = "Binary/hanna-wilgenkamp-binary-polibericht"
    assert key in ask("pd-find-current", changed(record, drop=[gone], dangling=frozenset([gone]))).may


def test_the_newest_and_those_that_are_as_new():
    record = person()
    newest = "Observation/hanna-wilgenkamp-gewicht-3"
    assert list(ask("zm-weight-last", record).must) == [newest]
    tie = like(
        record,
        newest,
        valueQuantity={"value": 99, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    )
    expected = ask("zm-weight-last", changed(record, tie))
    assert {newest, "Observation/nieuw"} <= expected.may.keys() and not expected.must
    older = ask("zm-weight-last", changed(record, tie | {"effectiveDateTime": "2020-01-01"}))
    assert list(older.must) == [newest] and "Observation/nieuw" not in older.may
    preliminary = ask(
        "zm-weight-last",
        changed(
            record, tie | {"effectiveDateTime": T.isoformat() + "T09:00:00+01:00", "status": "preliminary"}
        ),
    )
    assert {newest, "Observation/nieuw"} <= preliminary.may.keys()


def test_everybody_else_is_refused_and_includes_are_told_apart():
    record = person()
    expected = ask("hg-observation", record)
    parts = {key: item.part for key, item in expected.must.items()}
    assert parts["Specimen/hanna-wilgenkamp-monster-bloed"] == "include"
    assert parts["Observation/hanna-wilgenkamp-kweek-voorlopig"] == "include"
    assert "Practitioner/wilgenhof-huisarts" in expected.may
    assert expected.refusal("Observation/hanna-wilgenkamp-pols-oud").id == "query"


def test_a_query_of_ones_own():
    record = person()
    found = expect_search(
        "zelfmetingen-2.0", "Observation", "code=http://loinc.org|8867-4&date=ge2026-11-20", record, T
    )
    assert [key for key, item in found.must.items() if item.part == "match"] == [
        "Observation/hanna-wilgenkamp-hartslag-2"
    ]


# -- age of a record ------------------------------------------------------------------------------------------


def test_when_to_load_again():
    advice = {item.operation: item for item in reload_advice("eafspraak-2.0", person(), horizon=40)}
    assert advice["ea-month"].day == T + timedelta(days=1)
    assert not advice["ea-month"].empty
    assert reload_advice("overgevoeligheden-3.0", person(), horizon=3) == []


# -- rules as data --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("standard", list(standards()))
def test_rules_are_named_once_and_say_their_source(standard):
    rules = rules_of(standard)
    assert len({rule.id for rule in rules}) == len(rules) >= 17
    assert all(rule.source and rule.title.nl and rule.title.en for rule in rules)
    operations = {query.operation for query in load_queries(standard)}
    assert all(rule.operations <= operations for rule in rules)
