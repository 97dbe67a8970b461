"""What is said of answers without a reference record: each rule on what it must find and on what it must leave alone."""

from __future__ import annotations

import copy
import re

import pytest
from standard_cell import BASE, StandardCell, edit

from harness.core.algebra import Claim, Obstacle, Outcome, standing
from harness.core.normal.texts import lost_letter, mojibake
from harness.core.standards.table import standards
from harness.core.verdicts import Strength
from harness.judge.catalogue import load_catalogue
from harness.judge.every_standard.sound.values import SHAPES, loinc, measured, verhoeff
from harness.judge.outcome.tally import key_of, tally
from harness.reference.records import Records

HG, ZM, EA = "huisartsgegevens-2.0", "zelfmetingen-2.0", "eafspraak-2.0"


def verdict(standard, requirement, operation, change, kind=""):
    """The verdict on a requirement, without a record, after a change of the answers to one query."""

    def made(name, request, response):
        wanted = name == f"{operation}-{kind}" if kind else name.startswith(f"{operation}-")
        return edit(response, change) if wanted else response

    found = StandardCell(standard, change=made).broken(requirement, records=Records())
    return found.get(requirement, "pass")


def first(bundle):
    return bundle["entry"][0]["resource"]


# -- one resource says the same everywhere (GEN-023) -------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.update(status="finished" if one["status"] != "finished" else "active"),
        lambda one: one["period"].update(start="2001-01-01"),
        lambda one: one.pop("diagnosis"),
        lambda one: one["type"][0]["coding"][0].update(code="anders"),
        lambda one: one.update(managingOrganization={"reference": "Organization/andere", "display": "x"}),
    ],
)
def test_a_resource_that_differs_between_formats_contradicts_itself(change):
    assert verdict(HG, "HG-GEN-023", "hg-episodes", lambda bundle: change(first(bundle)), "xml") == "fail"


def test_a_resource_that_differs_between_queries_contradicts_itself():
    def change(bundle):
        first(bundle)["valueQuantity"]["value"] = 999

    assert verdict(ZM, "ZM-GEN-023", "zm-glucose", change) == "fail"


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one["meta"].update(versionId="2"),
        lambda one: one.update(
            text={"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>x</div>"}
        ),
        lambda one: one.pop("managingOrganization", None),
        lambda one: one["period"].update(start=one["period"]["start"] + "T00:00:00+01:00"),
        lambda one: one["type"][0]["coding"][0].update(display="in eigen woorden"),
        lambda one: one.update(statusHistory=[{"status": "active", "period": {"start": "2020-01-01"}}]),
    ],
)
def test_what_a_server_may_vary_is_no_contradiction(change):
    assert verdict(HG, "HG-GEN-023", "hg-episodes", lambda bundle: change(first(bundle)), "xml") == "pass"


def test_another_version_may_say_something_else():
    def change(bundle):
        for entry in bundle["entry"]:
            entry["resource"]["status"] = "onhold"
            entry["resource"]["meta"]["lastUpdated"] = "2026-03-01T11:00:00Z"

    def both(name, request, response):
        if name == "hg-episodes-json":
            return edit(
                response, lambda bundle: first(bundle)["meta"].update(lastUpdated="2026-02-01T11:00:00Z")
            )
        return edit(response, change) if name == "hg-episodes-xml" else response

    found = StandardCell(HG, change=both).findings("HG-GEN-023", records=Records())
    assert all(item.verdict.value != "fail" or "EpisodeOfCare" not in item.received for item in found)


def test_a_server_that_says_that_it_left_elements_out_contradicts_nothing():
    def change(bundle):
        resource = first(bundle)
        resource.pop("period", None)
        resource.setdefault("meta", {})["tag"] = [
            {"system": "http://hl7.org/fhir/v3/ObservationValue", "code": "SUBSETTED"}
        ]

    assert verdict(HG, "HG-GEN-023", "hg-episodes", change, "xml") == "pass"


# -- what a searchset says of itself -----------------------------------------------------------------------


@pytest.mark.parametrize(("severity", "code", "wanted"), [
    ("warning", "incomplete", "inconclusive"), ("error", "incomplete", "fail"),
    ("error", "exception", "fail"), ("information", "incomplete", "pass"), ("information", "informational", "pass"),
    ("warning", "informational", "pass"), ("information", "suppressed", "pass"),
])  # fmt: skip
def test_an_answer_that_says_it_is_not_whole(severity, code, wanted):
    def change(bundle):
        issue = {"severity": severity, "code": code}
        made = {"resourceType": "OperationOutcome", "issue": [issue]}
        bundle["entry"].append({"fullUrl": "urn:uuid:0b1f3c52-7f7e-4a63-9d0c-0a5f2f1f7c11", "resource": made,
                                "search": {"mode": "outcome"}})  # fmt: skip

    assert verdict(HG, "HG-GEN-026", "hg-episodes", change) == wanted


@pytest.mark.parametrize(("total", "wanted"), [(0, "fail"), (None, "pass")])
def test_a_total_counts_all_matches(total, wanted):
    def change(bundle):
        bundle.pop("total", None)
        if total is not None:
            bundle["total"] = total

    assert verdict(HG, "HG-GEN-025", "hg-episodes", change) == wanted


def test_there_is_one_next_page_at_most():
    def change(bundle):
        bundle["link"] += [{"relation": "next", "url": f"{BASE}/EpisodeOfCare?_page={n}"} for n in (2, 3)]

    assert verdict(HG, "HG-GEN-025", "hg-episodes", change) == "fail"


@pytest.mark.parametrize(("name", "wanted"), [
    ("urn:uuid:5f0c2d1e-7c55-4f0b-8f5e-2b6a1f0d9c77", "warning"), ("EpisodeOfCare/gesloten", "pass"),
])  # fmt: skip
def test_a_reference_that_nobody_can_follow_is_remarked(name, wanted):
    """An episode that a rule keeps in the HIS may be referred to."""

    def change(bundle):
        first(bundle)["episodeOfCare"] = [{"reference": name, "display": "x"}]

    assert verdict(HG, "HG-GEN-024", "hg-encounter", change) == wanted


def test_a_match_of_another_type_was_not_asked():
    def change(bundle):
        made = {"resourceType": "Location", "id": "x", "meta": {"profile": ["http://x.example"]}, "name": "x"}
        bundle["entry"].append({"fullUrl": "https://x.example/fhir/Location/x", "resource": made})

    assert verdict(HG, "HG-GEN-030", "hg-episodes", change) == "warning"


def test_the_same_item_under_two_ids_is_there_twice():
    def change(bundle):
        again = copy.deepcopy(bundle["entry"][0])
        again["resource"]["id"] = again["fullUrl"] = "tweede"
        bundle["entry"].append(again)

    assert verdict(ZM, "ZM-GEN-031", "zm-glucose", change) == "warning"


# -- values ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "start", "wanted"), [
    ("finished", "2026-04-20", "warning"), ("active", "2026-04-20", "warning"), ("planned", "2026-04-20", "pass"),
    ("active", "2026-03-02", "pass"),
])  # fmt: skip
def test_what_began_is_not_of_later(status, start, wanted):
    def change(bundle):
        first(bundle).update(status=status, period={"start": start})

    assert verdict(HG, "HG-GEN-027", "hg-episodes", change) == wanted


@pytest.mark.parametrize(
    ("end", "wanted"), [("2026-02-20", "warning"), ("2026-02-28", "pass"), ("2026-04-01", "pass")]
)
def test_what_goes_on_has_not_ended(end, wanted):
    def change(bundle):
        first(bundle).update(status="active", period={"start": "2020-01-01", "end": end})

    assert verdict(HG, "HG-GEN-027", "hg-episodes", change) == wanted


def test_an_appointment_of_later_has_not_been_kept():
    def change(bundle):
        for entry in bundle["entry"]:
            entry["resource"].update(
                status="noshow", start="2026-05-01T10:00:00+02:00", end="2026-05-01T10:10:00+02:00"
            )

    assert verdict(EA, "EA-GEN-027", "ea-future", change) == "warning"


SOUND = {
    "http://hl7.org/fhir/sid/icpc-1-nl": (
        ["A97", "T90.02", "S87", "Z01"],
        ["A9", "97", "A97.1", "a97", "E10", "A97x"],
    ),
    "http://referentiemodel.nhg.org/tabellen/nhg-tabel-45-diagnostische-bepalingen": (
        ["357", "1740"],
        ["GLUC", "357x"],
    ),
    "http://referentiemodel.nhg.org/tabellen/nhg-tabel-14-contactwijze": (["01", "03"], ["1", "C"]),
    "http://loinc.org": (["85354-9", "29463-7", "LP7839-6"], ["85354-8", "85354", "85354-9x"]),
    "http://snomed.info/sct": (
        ["49581000146104", "16076005", "419511003"],
        ["4958100014610", "16076006", "12"],
    ),
    "http://www.whocc.no/atc": (["A10BA02", "C07"], ["A10BA0", "10BA02"]),
}


@pytest.mark.parametrize("system", SHAPES)
def test_codes_have_the_form_of_their_system(system):
    right, wrong = SOUND[system]
    fits = SHAPES[system][1]
    assert [code for code in right if not fits(code)] == []
    assert [code for code in wrong if fits(code)] == []


def test_check_digits():
    assert loinc("8480-6") and loinc("8462-4") and not loinc("8462-6")
    assert verhoeff("363679005") and not verhoeff("363679006")


@pytest.mark.parametrize(
    "text", ["Zoë", "«CAFÉ»", "naïef – 5 µg", "Müller", "Ångström", "10 €", "Łódź", "Çelik", "‘s-Gravenhage"]
)
def test_sound_text_is_left_alone(text):
    assert mojibake(text) == ""


@pytest.mark.parametrize("text", ["Zoë", "naïef", "5 µg", "Müller", "10 €", "‘s-Gravenhage", "Łódź"])
@pytest.mark.parametrize("charset", ["cp1252", "latin-1"])
def test_text_in_the_wrong_character_set_is_seen(text, charset):
    assert mojibake(text.encode().decode(charset, "replace"))


@pytest.mark.parametrize("display", ["Patiënt onwel", "Roken?", "Alcohol? ja", "type 2", "?"])
def test_a_name_of_a_code_with_a_question_mark_is_left_alone(display):
    assert lost_letter(display) == ""


def test_letters_that_were_lost_in_a_name_of_a_code_are_seen_without_a_record():
    def change(name, request, response):
        body = re.sub(rb'(display(?:":"| value=")[A-Za-z])[a-z]([a-z])', rb"\1?\2", response.body)
        return type(response)(status=response.status, headers=response.headers, body=body)

    assert StandardCell(HG, change=change).broken("HG-GEN-029", records=Records()) == {"HG-GEN-029": "fail"}


def test_a_character_set_that_is_not_utf8_is_seen():
    def change(name, request, response):
        headers = tuple(
            (key, value.replace("utf-8", "iso-8859-1").replace("UTF-8", "iso-8859-1"))
            for key, value in response.headers
        )
        headers = tuple((key, value if "charset" in value or key.lower() != "content-type" else value + "; charset=iso-8859-1")
                        for key, value in headers)  # fmt: skip
        return type(response)(status=response.status, headers=headers, body=response.body)

    found = StandardCell(HG, change=change).broken("HG-GEN-029", records=Records())
    assert found == {"HG-GEN-029": "fail"}


@pytest.mark.parametrize(("resource", "right"), [
    ({"valueQuantity": {"value": 5, "unit": "mmol/l"}}, True), ({"valueQuantity": {"value": 5}}, False),
    ({"valueQuantity": {"unit": "mmol/l"}}, False), ({"valueString": "negatief"}, True), ({}, False),
    ({"dataAbsentReason": {"text": "mislukt"}}, True), ({"component": [{"valueQuantity": {"value": 1}}]}, False),
    ({"related": [{}]}, True),
])  # fmt: skip
def test_a_result_has_a_value_with_its_unit(resource, right):
    assert (measured(resource) == "") is right


# -- no record, no verdict ---------------------------------------------------------------------------------


@pytest.mark.parametrize("standard", sorted(standards()))
def test_without_a_record_nobody_conforms(standard):
    """However good everything else is: what needs a record is not tested, and that is never good."""
    cell, catalogue = StandardCell(standard), load_catalogue()
    found = cell.findings(records=Records())
    demanded = frozenset(
        key_of(catalogue[one.requirement], cell.cell)
        for one in found
        if catalogue[one.requirement].strength is Strength.MUST and catalogue[one.requirement].role == "his"
    )
    claim = Claim(standards=frozenset({standard}), demanded=demanded, whole=True, record=True, live=True)
    said = standing(tally(found, catalogue), claim)
    assert said.outcome is Outcome.NO_VERDICT and said.obstacles == (Obstacle.NOT_TESTED,)
    whole = standing(tally(cell.findings(), catalogue), claim)
    assert whole.outcome is Outcome.CONFORMS
