"""Answers against their Questionnaire: each rule kept and broken, where the Questionnaire is found, and what is not asked."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest

from harness.fhir.validation import Validator
from harness.fhir.validation.checks.questionnaires.enabled import enabled

Json = dict[str, Any]
CORE = "http://hl7.org/fhir/StructureDefinition/"


@pytest.fixture(scope="module")
def stu3() -> Validator:
    """Base specification STU3."""
    return Validator(embedded=False)


@pytest.fixture(scope="module")
def r4() -> Validator:
    """Base specification R4."""
    return Validator(embedded=False, version="4.0.1")


QUESTIONNAIRE: Json = {
    "resourceType": "Questionnaire",
    "id": "q",
    "url": "http://x.nl/q",
    "status": "active",
    "item": [
        {"linkId": "name", "type": "string", "required": True, "maxLength": 5},
        {"linkId": "smokes", "type": "boolean"},
        {"linkId": "packs", "type": "integer", "required": True, "enableWhen": [{"question": "smokes", "answerBoolean": True}]},
        {"linkId": "colour", "type": "choice", "option": [{"valueCoding": {"system": "urn:x:y", "code": "r"}}]},
        {"linkId": "set", "type": "choice", "options": {"reference": "#vs"}},
        {"linkId": "open", "type": "open-choice", "option": [{"valueCoding": {"system": "urn:x:y", "code": "r"}}]},
        {"linkId": "many", "type": "string", "repeats": True},
        {"linkId": "group", "type": "group", "item": [{"linkId": "inner", "type": "decimal", "extension": [
            {"url": CORE + "minValue", "valueDecimal": Decimal("1")}, {"url": CORE + "maxValue", "valueDecimal": Decimal("9")}]}]},
        {"linkId": "shown", "type": "display", "text": "x"},
    ],
}  # fmt: skip


VALUE_SET: Json = {
    "resourceType": "ValueSet",
    "id": "vs",
    "status": "active",
    "compose": {"include": [{"system": "urn:x:y", "concept": [{"code": "p"}, {"code": "q"}]}]},
}


def item(link: str, *values: tuple[str, Any], **extra: Any) -> Json:
    answers: Json = {"answer": [{key: value} for key, value in values]} if values else {}
    return {"linkId": link, **answers, **extra}


NAME = item("name", ("valueString", "Anna"))


def response(*items: Json, status: str = "completed") -> Json:
    made: Json = {
        "resourceType": "QuestionnaireResponse",
        "contained": [copy.deepcopy(QUESTIONNAIRE), VALUE_SET],
        "questionnaire": {"reference": "#q"},
        "status": status,
    }
    if items:
        made["item"] = list(items)
    return made


RED = {"system": "urn:x:y", "code": "r"}
CASES: list[tuple[str, list[Json], list[Json], str, str, str]] = [
    ("required", [NAME], [item("smokes", ("valueBoolean", False))], "fhir-answer-missing", "error", ""),
    ("required without answer", [NAME], [item("name")], "fhir-answer-missing", "error", ".item[0]"),
    ("required when asked", [NAME, item("smokes", ("valueBoolean", True)), item("packs", ("valueInteger", 1))], [NAME, item("smokes", ("valueBoolean", True))], "fhir-answer-missing", "error", ""),
    ("not asked", [NAME, item("smokes", ("valueBoolean", False))], [NAME, item("smokes", ("valueBoolean", False)), item("packs", ("valueInteger", 1))], "fhir-answer-disabled", "error", ".item[2]"),
    ("type", [NAME], [item("name", ("valueInteger", 1))], "fhir-answer-type", "error", ".item[0].answer[0].value"),
    ("length", [NAME], [item("name", ("valueString", "Annabel"))], "fhir-length", "error", ".item[0].answer[0].value"),
    ("option", [NAME, item("colour", ("valueCoding", RED))], [NAME, item("colour", ("valueCoding", {**RED, "code": "b"}))], "fhir-answer-option", "error", ".item[1].answer[0].value"),
    ("value set", [NAME, item("set", ("valueCoding", {**RED, "code": "p"}))], [NAME, item("set", ("valueCoding", RED))], "fhir-answer-option", "error", ".item[1].answer[0].value"),
    ("open choice", [NAME, item("open", ("valueString", "else"))], [NAME, item("open", ("valueCoding", {**RED, "code": "b"}))], "fhir-answer-option", "warning", ".item[1].answer[0].value"),
    ("unknown item", [NAME], [NAME, item("nope", ("valueString", "x"))], "fhir-answer-unknown", "error", ".item[1].linkId"),
    ("order", [NAME, item("smokes", ("valueBoolean", False))], [item("smokes", ("valueBoolean", False)), NAME], "fhir-answer-order", "error", ".item[1]"),
    ("once", [NAME], [NAME, NAME], "fhir-answer-repeat", "error", ".item[1]"),
    ("one answer", [NAME, item("many", ("valueString", "x"), ("valueString", "y"))], [item("name", ("valueString", "x"), ("valueString", "y"))], "fhir-answer-repeat", "error", ".item[0]"),
    ("answer of a group", [NAME, item("group", item=[item("inner", ("valueDecimal", Decimal(2)))])], [NAME, item("group", ("valueString", "x"))], "fhir-answer-group", "error", ".item[1]"),
    ("answer of a display", [NAME], [NAME, item("shown", ("valueString", "x"))], "fhir-answer-group", "error", ".item[1]"),
    ("item beside an answer", [NAME], [NAME, item("many", item=[item("inner", ("valueDecimal", Decimal(2)))])], "fhir-answer-group", "error", ".item[1]"),
    ("range", [NAME, item("group", item=[item("inner", ("valueDecimal", Decimal(9)))])], [NAME, item("group", item=[item("inner", ("valueDecimal", Decimal(10)))])], "fhir-range", "error", ".item[1].item[0].answer[0].value"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("good", "bad", "rule", "severity", "path"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_rule(
    stu3: Validator, good: list[Json], bad: list[Json], rule: str, severity: str, path: str
) -> None:
    assert not [i for i in stu3.validate(response(*good)) if i.severity == "error" or i.rule == rule]
    broken = stu3.validate(response(*bad))
    assert (rule, severity, "QuestionnaireResponse" + path) in {(i.rule, i.severity, i.path) for i in broken}
    assert {i.rule for i in broken if i.severity == "error"} <= {rule}


def test_a_response_in_progress_may_miss_answers(stu3: Validator) -> None:
    assert not [i for i in stu3.validate(response(status="in-progress")) if i.severity == "error"]
    assert [i for i in stu3.validate(response(status="amended")) if i.rule == "fhir-answer-missing"]


def test_without_its_questionnaire_a_response_is_not_checked(stu3: Validator) -> None:
    lone = {**response(item("x")), "contained": [], "questionnaire": {"reference": "Questionnaire/9"}}
    del lone["contained"]
    found = [(i.rule, i.severity, i.path) for i in stu3.validate(lone)]
    assert found == [("fhir-questionnaire-not-checked", "not-checked", "QuestionnaireResponse.questionnaire")]


def test_the_questionnaire_is_found_in_the_bundle_by_canonical(r4: Validator) -> None:
    asked = {
        "resourceType": "Questionnaire", "url": "http://x.nl/q", "version": "1", "status": "active",
        "item": [
            {"linkId": "a", "type": "integer"},
            {"linkId": "b", "type": "string", "required": True, "enableBehavior": "all", "enableWhen": [
                {"question": "a", "operator": ">", "answerInteger": 3}, {"question": "a", "operator": "exists", "answerBoolean": True}]},
        ],
    }  # fmt: skip
    answer = {
        "resourceType": "QuestionnaireResponse", "questionnaire": "http://x.nl/q|1", "status": "completed",
        "item": [{"linkId": "a", "answer": [{"valueInteger": 5}]}],
    }  # fmt: skip
    entries = [{"fullUrl": f"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e{n}", "resource": r} for n, r in enumerate((asked, answer))]  # fmt: skip
    together = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    assert "fhir-answer-missing" in {i.rule for i in r4.validate(together)}
    answer["item"][0]["answer"][0]["valueInteger"] = 3  # type: ignore[index]
    assert "fhir-answer-missing" not in {i.rule for i in r4.validate(together)}
    answer["questionnaire"] = "http://x.nl/q|2"
    assert "fhir-questionnaire-not-checked" in {i.rule for i in r4.validate(together)}


@pytest.mark.parametrize(
    ("condition", "answers", "expected"),
    [
        ({"question": "a", "hasAnswer": True}, {"a": [1]}, True),
        ({"question": "a", "hasAnswer": True}, {}, False),
        ({"question": "a", "hasAnswer": False}, {}, True),
        ({"question": "a", "answerCoding": {"system": "s", "code": "c"}}, {"a": [{"system": "s", "code": "c", "display": "x"}]}, True),
        ({"question": "a", "answerCoding": {"system": "s", "code": "c"}}, {"a": [{"system": "t", "code": "c"}]}, False),
        ({"question": "a", "operator": "!=", "answerInteger": 1}, {"a": [2]}, True),
        ({"question": "a", "operator": "<=", "answerDate": "2020-01-02"}, {"a": ["2020-01-01"]}, True),
        ({"question": "a", "operator": "<=", "answerDate": "2020-01-02"}, {"a": ["2020"]}, None),
        ({"question": "a", "operator": "<", "answerQuantity": {"value": 3, "code": "mg"}}, {"a": [{"value": 2, "code": "mg"}]}, True),
        ({"question": "a", "operator": "<", "answerQuantity": {"value": 3, "code": "mg"}}, {"a": [{"value": 2, "code": "g"}]}, None),
    ],
)  # fmt: skip
def test_conditions(condition: Json, answers: dict[str, list[Any]], expected: bool | None) -> None:
    assert enabled({"linkId": "b", "enableWhen": [condition]}, answers) is expected
