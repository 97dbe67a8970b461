"""Evaluation: navigation, types, operators, contexts, references; a passing and a failing side of each
rule."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from harness.fhir.fhirpath import (
    DocumentContext,
    FHIRPathError,
    FHIRPathUnsupportedError,
    Node,
    Services,
    compile,
)
from harness.fhir.model.types import load_model

STU3 = load_model("STU3")
R4 = load_model("R4")
PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "active": False,
    "gender": "female",
    "_gender": {"id": "g", "extension": [{"url": "u", "valueCode": "X"}]},
    "birthDate": "1970-05-01",
    "_deceasedBoolean": {"extension": [{"url": "d", "valueString": "v"}]},
    "multipleBirthInteger": 2,
    "name": [
        {
            "use": "official",
            "family": "A",
            "given": ["b", "c"],
            "_given": [None, {"extension": [{"url": "q", "valueCode": "IN"}]}],
        },
        {"family": "B", "_given": [{"extension": [{"url": "q", "valueCode": "BR"}]}]},
    ],
    "contact": [{"name": {"family": "C"}, "relationship": [{"coding": [{"code": "N"}]}]}],
    "contained": [{"resourceType": "Organization", "id": "o", "name": "Org"}],
    "managingOrganization": {"reference": "#o"},
    "foo": {"bar": [1, "x"]},
}
OBSERVATION = {
    "resourceType": "Observation",
    "id": "o1",
    "subject": {"reference": "Patient/p1"},
    "valueQuantity": {
        "value": Decimal("37.20"),
        "unit": "C",
        "system": "http://unitsofmeasure.org",
        "code": "Cel",
    },
    "component": [{"code": {"coding": [{"code": "x"}]}, "valueString": "s"}, {"valueTime": "10:00"}],
}
BUNDLE = {
    "resourceType": "Bundle",
    "type": "searchset",
    "total": 2,
    "link": [{"relation": "self", "url": "https://x.nl/Patient?_id=1"}],
    "entry": [
        {"fullUrl": "https://x.nl/fhir/Patient/p1", "resource": PATIENT},
        {"fullUrl": "https://x.nl/fhir/Observation/o1", "resource": OBSERVATION},
    ],
}


def values(expression: str, resource=PATIENT, dialect: str = "strict", model=STU3, **options):
    return compile(expression, model=model, dialect=dialect).values(resource, **options)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("name.family", ["A", "B"]),
        ("Patient.name.family", ["A", "B"]),
        ("Resource.id", ["p1"]),
        ("DomainResource.id", ["p1"]),
        ("Observation.id", []),
        ("name[0].given[1]", ["c"]),
        ("name[5].given", []),
        ("name.given", ["b", "c", None]),
        ("name.given.count()", [3]),
        ("name.given.extension('q').value", ["IN", "BR"]),
        ("name.given.where(extension('q').value = 'IN')", ["c"]),
        ("gender = 'female'", [True]),
        ("gender.extension('u').value", ["X"]),
        ("gender.id", ["g"]),
        ("gender.exists() and gender.hasValue()", [True]),
        ("deceased.exists()", [True]),
        ("deceased.hasValue()", [False]),
        ("multipleBirth", [2]),
        ("multipleBirth is integer", [True]),
        ("multipleBirth is boolean", [False]),
        ("multipleBirthInteger", [2]),
        ("contact.name is HumanName", [True]),
        ("contact is BackboneElement", [True]),
        ("contact.name is Element", [True]),
        ("contained.name", ["Org"]),
        ("contained is Organization", [True]),
        ("foo.bar", [1, "x"]),
        ("foo.bar.first() is System.Integer", [True]),
        ("descendants().where($this is Coding).code", ["N"]),
        ("descendants().count() = descendants().distinct().count()", [False]),
        ("children().where($this is HumanName).family", ["A", "B"]),
        ("name.select(family + use)", ["Aofficial"]),
        ("name.where(use = 'official').exists().not", []),
        ("name.where(use = 'none').exists().not() or true", [True]),
        ("(name.exists().not) or true", [True]),
        ("(name.exists().not) or false", []),
        ("birthDate < @1980", [True]),
        ("birthDate > @1980-01-01", [False]),
        ("birthDate < @1970", []),
        ("managingOrganization.resolve().name", ["Org"]),
        ("managingOrganization.reference.resolve().name", ["Org"]),
        ("1 = 1.0", [True]),
        ("{} = 1", []),
        ("(1 | 2) = (1 | 2)", [True]),
        ("(1 | 2) = (2 | 1)", [False]),
        ("iif(true, 1, nonsense())", [1]),
        ("name.aggregate($total + 1, 0)", [2]),
        ("name.select($index)", [0, 1]),
        ("name.where($index = 1).family", ["B"]),
        ("name.all(family.exists())", [True]),
        ("name.all(given.first().hasValue())", [False]),
        ("name.suffix.all(false)", [True]),
        ("name.exists(use = 'official')", [True]),
        ("true and {}", []),
        ("false and {}", [False]),
        ("true or {}", [True]),
        ("{} implies true", [True]),
        ("name.family.union('A' | 'Z')", ["A", "B", "Z"]),
        ("'A' in name.family", [True]),
        ("name.family contains 'Z'", [False]),
        ("name.defineVariable('n', family).select(%n)", ["A", "B", "A", "B"]),
        ("%resource.id", ["p1"]),
        ("%context.id", ["p1"]),
        ("%`vs-x`", ["http://hl7.org/fhir/ValueSet/x"]),
        ("name.type().name.distinct()", ["HumanName"]),
        ("name.ofType(HumanName).count()", [2]),
        ("name.repeat(given)", ["b", "c", None]),
    ],
)
def test_values(expression: str, expected: list) -> None:
    assert values(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("value", [OBSERVATION["valueQuantity"]]),
        ("value.value", [Decimal("37.20")]),
        ("value.value = 37.2", [True]),
        ("value is Quantity", [True]),
        ("value = 37.2 'Cel'", [True]),
        ("value > 30 'Cel'", [True]),
        ("value > 30 'mg'", []),
        ("value as Quantity", [OBSERVATION["valueQuantity"]]),
        ("(value as Period).start", []),
        ("component.value", ["s", "10:00"]),
        ("component.value.where($this is string)", ["s"]),
        ("component.code.coding.where(code = 'x').count()", [1]),
    ],
)
def test_choices(expression: str, expected: list) -> None:
    assert values(expression, OBSERVATION) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("Bundle.entry.resource.where($this is Patient).name.family", ["A", "B"]),
        ("entry.select(resource as Observation)[0].id", ["o1"]),
        ("entry.resource.ofType(Observation).subject.resolve().id", ["p1"]),
        ("entry.where(resource is Observation).resource.subject.resolve().name.family.first()", ["A"]),
        ("Bundle.total.toInteger()", [2]),
        ("Bundle.link.where(relation = 'self').url.replaceMatches('Patient[/?].*$', '')", ["https://x.nl/"]),
        ("Bundle.entry.resource.subject.reference.resolve() is Patient", [True]),
        ("'https://x.nl/fhir/Patient/p1'.resolve().id", ["p1"]),
        ("'Patient/nobody'.resolve()", []),
    ],
)
@pytest.mark.parametrize("dialect", ["strict", "hapi"])
def test_bundle(expression: str, expected: list, dialect: str) -> None:
    assert values(expression, BUNDLE, dialect) == expected


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("name.given.substring(0)", "one item"),
        ("name.foo()", "unknown function"),
        ("name.wher(true)", "unknown function"),
        ("gender is Nonsense", "unknown type"),
        ("%nobody", "unknown variable"),
        ("1 + 'a'", "cannot combine"),
        ("gender < 5", "cannot combine"),
        ("name.single()", "one item"),
        ("now()", "none was given"),
        ("@2024-02-30", "no existing date"),
        ("'a'.matches('(')", "not supported"),
        ("'a'.matches('(?=a)')", "not supported"),
        ("memberOf('x')", "no value sets"),
        ("-'a'", "number or quantity"),
        ("(true | 'a').allTrue()", "works on booleans"),
        ("@2024 + 1 'cm'", "only a duration"),
        ("'zz'.decode('hex')", "not hex"),
        ("count(1)", "takes no arguments"),
        ("10.power(1000)", "too large"),
    ],
)
def test_errors(expression: str, message: str) -> None:
    with pytest.raises(FHIRPathError) as caught:
        values(expression)
    assert message in caught.value.message.en and caught.value.message.nl
    assert caught.value.exit_code == 2


def test_unknown_function_names_the_nearest() -> None:
    expression = compile("name.wher(true)", model=STU3)
    assert [text.en for text in expression.warnings] == ["unknown function wher()"]
    with pytest.raises(FHIRPathError) as caught:
        expression.evaluate(PATIENT)
    assert caught.value.expected == "where()"


def test_nodes_say_what_and_where() -> None:
    given, other = compile("entry.resource.name.given.where(extension.exists())", model=STU3).evaluate(BUNDLE)
    assert isinstance(given, Node)
    assert (given.value, given.type, given.location) == (
        "c",
        "string",
        "Bundle.entry[0].resource.name[0].given[1]",
    )
    assert given.extra == {"extension": [{"url": "q", "valueCode": "IN"}]}
    assert other.value is None and other.location == "Bundle.entry[0].resource.name[1].given[0]"
    (unit,) = compile("value.unit", model=STU3).evaluate(OBSERVATION)
    assert unit.location == "Observation.valueQuantity.unit" and unit.parent.type == "Quantity"
    (resolved,) = compile("entry.resource.subject.resolve()", model=STU3).evaluate(BUNDLE)
    assert resolved.location == "Bundle.entry[0].resource"


def test_invariant_at_an_element() -> None:
    document = DocumentContext(BUNDLE, model=STU3)
    patient = document.node.child("entry", 0).child("resource")
    name = patient.child("name", 1)
    assert name.type == "HumanName" and name.location == "Bundle.entry[0].resource.name[1]"
    assert compile("family = 'B' and %resource.id = 'p1'", model=STU3).check(document, context=name)
    assert not compile("family = 'A'", model=STU3).check(document, context=name)
    assert compile("$this is HumanName and HumanName.family = 'B'", model=STU3).check(document, context=name)
    assert compile("%resource is Bundle", model=STU3).check(document, context=name, root=document.node)
    given = patient.child("name", 0).child("given", 1)
    assert given.value == "c" and given.extra is not None
    assert compile("extension.exists() and $this = 'c'", model=STU3).check(document, context=given)


def test_document_memory_does_not_change_results() -> None:
    texts = [
        "Bundle.entry.resource.where($this is Patient).name.where(use = 'official').given",
        "Bundle.entry.resource.where($this is Patient).name.family",
        "Bundle.entry.resource.where($this is Patient).name.where(use = 'official').exists()",
        "Bundle.descendants().where($this is Coding).all(code.exists())",
        "Bundle.entry.resource.select(id)",
        "Bundle.entry.where(resource is Patient).resource.name[0].family | Bundle.entry.resource.id",
    ]
    document = DocumentContext(BUNDLE, model=STU3)
    for dialect in ("strict", "hapi"):
        for _ in range(2):
            for text in texts:
                expression = compile(text, model=STU3, dialect=dialect)
                assert expression.evaluate(document) == expression.evaluate(BUNDLE)
    assert document.memos["strict"] is not document.memos["hapi-stu3"]


def test_clock_is_injected() -> None:
    moment = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert [str(v) for v in values("today() | now()", now=moment)] == [
        "2026-03-01",
        "2026-03-01T23:30:00.000+00:00",
    ]
    assert values("birthDate < today() and today() = @2026-03-02", now=date(2026, 3, 2)) == [True]
    assert [str(v) for v in values("timeOfDay()", now=moment)] == ["23:30:00.000"]


def test_services() -> None:
    traced: list = []
    services = Services(
        resolve=lambda reference: {"resourceType": "Device", "id": reference},
        member_of=lambda value, url: value == "female" and url == "vs",
        conforms_to=lambda value, url: url == "p",
        trace=lambda name, items: traced.append((name, len(items))),
    )
    assert values("gender.memberOf('vs')", services=services) == [True]
    assert values("gender.memberOf('other')", services=services) == [False]
    assert values("conformsTo('p')", services=services) == [True]
    assert values("'Device/9'.resolve().id", services=services) == ["Device/9"]
    assert values("'Device/9'.resolve().id", resolve=lambda r: None) == []
    assert values("name.trace('n').count()", services=services) == [2] and traced == [("n", 2)]
    assert values("conformsTo('http://hl7.org/fhir/StructureDefinition/Patient')") == [True]


def test_environment() -> None:
    assert values("%x + 1", environment={"x": 4}) == [5]
    assert values("name.where(family in %names).count()", environment={"names": ["A", "B"]}) == [2]
    assert values("%x.exists()", environment={"x": None}) == [False]


def test_decide_says_when_the_dialect_matters() -> None:
    expression = compile("birthDate = '1970-05-01'", model=STU3)
    decision = expression.decide(PATIENT)
    assert (decision.value, decision.strict, decision.mode_matters, decision.dialect) == (
        True,
        False,
        True,
        "hapi-stu3",
    )
    assert not compile("gender = 'female'", model=STU3).decide(PATIENT).mode_matters
    raises = compile("name.all($this is humanname)", model=STU3).decide(PATIENT)
    assert raises.value and raises.strict is None and raises.mode_matters
    assert not compile("gender = 'x'", model=STU3, dialect="strict").decide(PATIENT).value


def test_compiled_once() -> None:
    assert compile("a.b", model=STU3) is compile("a.b", model=STU3)
    assert compile("a.b", model=STU3) is not compile("a.b", model=STU3, dialect="strict")
    assert (
        compile("a.b", model=STU3).dialect.name == "hapi-stu3"
        and compile("a.b", model=R4).dialect.name == "hapi-r4"
    )
    with pytest.raises(Exception, match="unknown FHIRPath dialect"):
        compile("a", model=STU3, dialect="hapy")


def test_odd_documents_do_not_raise() -> None:
    for resource in (
        None,
        [],
        "x",
        5,
        {},
        {"resourceType": 5},
        {"resourceType": "Nonsense", "a": {"b": 1}},
        [{"a": 1}],
    ):
        for dialect in ("strict", "hapi"):
            for text in (
                "descendants()",
                "children().count()",
                "a.b",
                "Patient.name",
                "where(a).exists()",
                "id = 'x'",
            ):
                values(text, resource, dialect)
    assert values("a.b", {"resourceType": "Nonsense", "a": {"b": 1}}) == [1]
    assert values("Nonsense.a.b", {"resourceType": "Nonsense", "a": {"b": 1}}) == [1]


@pytest.mark.parametrize(
    "text",
    [
        "gender.memberOf('http://x')",
        "conformsTo('http://x')",
        "slice('a', 'b')",
        "gender.matches('(?=m)male')",
    ],
)
def test_what_the_engine_cannot_do_here_is_told_apart(text):
    with pytest.raises(FHIRPathUnsupportedError):
        compile(text, model=STU3).evaluate(PATIENT)
