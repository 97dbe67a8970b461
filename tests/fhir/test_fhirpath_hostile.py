"""Hostile expressions and documents end in a clear error, soon."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.fhir.fhirpath import DocumentContext, FHIRPathError, compile
from harness.fhir.fhirpath.values.ucum import parse_unit
from harness.fhir.model.types import load_model
from harness.reference.searching.replies import content_key
from harness.testscript.judge.bodies import as_text

MODEL = load_model("STU3")


def many(count: int) -> dict:
    return {
        "resourceType": "Bundle",
        "entry": [
            {
                "fullUrl": f"urn:{n}",
                "resource": {"resourceType": "Patient", "id": str(n), "name": [{"family": f"f{n}"}]},
            }
            for n in range(count)
        ],
    }


@pytest.mark.parametrize(
    "expression",
    [
        "Bundle.entry.all(%resource.descendants().all(%resource.descendants().exists()))",
        "Bundle.entry.select(%resource.entry.select(%resource.entry))",
        "(1 | 2).repeat($this + 1)",
        "Bundle.descendants()" + ".combine(Bundle.descendants())" * 2000,
        "'abcdefgh'" + ".select($this & $this)" * 40,
        "(1|2|3|4|5|6|7|8|9)" + ".select((1|2|3|4|5|6|7|8|9))" * 40,
        "9" + ".select($this * $this)" * 40,
        "'aaaaaaaaaa'" + ".replace('a', 'aaaaaaaaaa')" * 10,
        "'aaaaaaaaaa'" + ".replaceMatches('a', 'aaaaaaaaaa')" * 10,
        "10.power(999999)",
        "2.power(0.1).power(9999999)",
        "1 + " * 20_000 + "1",
        "a" + ".a" * 40_000 + ".nonsense()",
        "Bundle.entry.resource.name.family.sort($this).select(%resource.entry.resource.name.family.sort($this)).sort()",
    ],
)
@pytest.mark.parametrize("dialect", ["strict", "hapi"])
def test_explosions_are_stopped(expression: str, dialect: str) -> None:
    start = time.perf_counter()
    with pytest.raises(FHIRPathError):
        compile(expression, model=MODEL, dialect=dialect).evaluate(many(1500), budget=600_000)
    assert time.perf_counter() - start < 20


@pytest.mark.parametrize("number", ["1e999999999", "-1e999999999", "1e-999999999"])
@pytest.mark.parametrize(
    "expression",
    [
        *("Observation.value.value.toString()", "Observation.value.value.floor()"),
        *(
            "Observation.value.value ~ 5",
            "Observation.value.value.toQuantity()",
            "Observation.value.value + 1",
        ),
        *("Observation.value > 5 'g'", "Observation.value = 5 'g'", "Observation.value ~ 5 'g'"),
        *("Observation.value * 2 'kg'", "Observation.value.value.round(2)"),
    ],
)
def test_a_number_of_a_document_that_fills_the_memory_is_refused(number: str, expression: str) -> None:
    unit = {"system": "http://unitsofmeasure.org", "code": "kg", "unit": "kg"}
    made = {"resourceType": "Observation", "valueQuantity": {"value": Decimal(number), **unit}}
    started = time.process_time()
    with pytest.raises(FHIRPathError):
        compile(expression, model=MODEL).evaluate(made)
    assert time.process_time() - started < 2


@pytest.mark.parametrize("number", ["1e999999999", "1e-999999999"])
def test_a_number_of_a_document_is_not_written_out_as_text(number: str) -> None:
    """``.value`` of a primitive is its text in the dialect of the scripts."""
    made = {"resourceType": "Observation", "valueQuantity": {"value": Decimal(number)}}
    started = time.process_time()
    with pytest.raises(FHIRPathError, match="too large or too small"):
        compile("Observation.value.value.value", model=MODEL, dialect="hapi").evaluate(made)
    assert as_text(Decimal(number)) == str(Decimal(number))
    assert str(Decimal(number)) in content_key(made)
    assert time.process_time() - started < 2


def test_a_unit_that_fills_the_memory_is_none() -> None:
    assert parse_unit("1e999999999") is None
    assert parse_unit("1e-999999999.kg") is None
    assert parse_unit("10*999999999/L") is None


def test_deep_documents() -> None:
    deep: dict = {"a": 1}
    for _ in range(20_000):
        deep = {"a": deep}
    resource = {"resourceType": "Patient", "x": deep, "y": deep}
    assert compile("descendants().count() > 20000", model=MODEL).values(resource) == [True]
    other: dict = {"a": 1}
    for _ in range(20_000):
        other = {"a": other}
    with pytest.raises(FHIRPathError, match="deep"):
        compile("x = z", model=MODEL).evaluate({"resourceType": "Patient", "x": deep, "z": other})
    node = compile("descendants().last()", model=MODEL).evaluate(resource)[0]
    assert node.location.startswith("Patient.") and node.location.count(".a") > 19_000


def test_large_distinct_is_linear() -> None:
    document = many(20_000)
    start = time.perf_counter()
    assert compile("entry.resource.name.family.distinct().count()", model=MODEL).values(document) == [20_000]
    assert compile("entry.fullUrl.isDistinct()", model=MODEL).values(document) == [True]
    assert compile("entry.resource.intersect(entry.resource).count()", model=MODEL).values(document) == [
        20_000
    ]
    assert time.perf_counter() - start < 10


def test_budget_is_per_evaluation() -> None:
    document = DocumentContext(many(200), model=MODEL)
    expression = compile("descendants().count()", model=MODEL)
    with pytest.raises(FHIRPathError, match="too many steps"):
        expression.evaluate(document, budget=100)
    assert expression.values(document)[0] > 100


keys = st.sampled_from(
    ["resourceType", "name", "_name", "given", "_given", "family", "value", "valueQuantity", "valueString",
    "extension", "url", "id", "entry",
     "resource", "reference", "system", "code", "birthDate", "comparator", "period", "start", "contained",
     "x"]
)  # fmt: skip
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.decimals(-9, 9, places=2),
    st.sampled_from(["Patient", "Observation", "Bundle", "2024-01", "#a", "x", ""]),
)
documents = st.recursive(
    leaves, lambda c: st.one_of(st.lists(c, max_size=3), st.dictionaries(keys, c, max_size=5)), max_leaves=25
)
TEXTS = [
    "descendants()", "name.given.where($this = 'x')", "Patient.name.family",
    "entry.resource.where($this is Patient).name",
    "descendants().where($this is Quantity).all(value > 1 'mg')", "descendants().resolve()",
    "descendants().extension('x').value",
    "name | value | children()", "value = value", "birthDate < @2024", "descendants().distinct()",
    "descendants().reference.resolve().id",
    "period.all(start.empty() or start <= end)", "name.sort(family)", "value + 1",
    "descendants().select(value & 'x')", "value ~ value",
    "repeat(extension)", "descendants().ofType(string).matches('a')", "descendants().hasValue()",
    "children().toString()", "name.given.join(',')",
    "descendants().where(value as string = 'x')", "value.is(string) implies value.exists()",
    "name.toQuantity()", "descendants().lowBoundary()",
]  # fmt: skip


@given(documents, st.sampled_from(TEXTS), st.sampled_from(["strict", "hapi-stu3", "hapi-r4"]))
@settings(max_examples=600, deadline=None)
def test_any_document(document, text: str, dialect: str) -> None:
    try:
        found = compile(text, model=MODEL, dialect=dialect).evaluate(document)
    except FHIRPathError as error:
        assert error.__cause__ is None or not isinstance(
            error.__cause__, (AttributeError, KeyError, TypeError, IndexError)
        ), error.__cause__
        return
    for item in found:
        assert getattr(item, "location", "") is not None
