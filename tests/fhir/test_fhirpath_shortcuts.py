"""What a shortcut or a fast form says is what evaluating says: every invariant of two versions, on random objects."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from harness.fhir import fhirpath
from harness.fhir.fhirpath.context import DocumentContext
from harness.fhir.fhirpath.errors import FHIRPathError
from harness.fhir.fhirpath.nodes import Node, schema_of
from harness.fhir.model.definitions import embedded
from harness.fhir.model.types import Model
from harness.fhir.validation.checks.natives import NATIVE

Json = dict[str, Any]
TEXTS = (
    "a",
    "b",
    "*",
    "1",
    "2",
    "document",
    "group",
    "boolean",
    "home",
    "2020",
    "2021-01-01",
    "a/_history/1",
    "#x",
)
OBJECTS = 25


def scalar(code: str, pick: random.Random) -> Any:
    """A value of a primitive type, mostly of the right kind."""
    if code == "boolean":
        return pick.random() < 0.5
    if code in ("integer", "positiveInt", "unsignedInt"):
        return pick.randrange(3)
    if code == "decimal":
        return Decimal(pick.choice(("0", "1.0", "2.50")))
    if code in ("date", "dateTime"):
        return pick.choice(("2020", "2020-01", "2020-01-02", "2021-01-02"))
    return "2020-01-02T10:00:00Z" if code == "instant" else pick.choice(TEXTS)


def made(model: Model, code: str, pick: random.Random, depth: int) -> Any:
    """A random value of a type, with few of its elements."""
    facts = model.types.get(code)
    if facts is None or facts.primitive:
        return scalar(code, pick)
    out: Json = {"resourceType": code} if facts.resource else {}
    for element in facts.element_list:
        if depth == 0 or pick.random() < 0.6:
            continue
        ref = pick.choice(element.types)
        if ref.code in ("Resource", "xhtml", "Extension"):
            continue
        key = element.key_for(ref.code)
        items = [made(model, ref.code, pick, depth - 1) for _ in range(pick.choice((1, 1, 2)))]
        if model.is_primitive(ref.code) and pick.random() < 0.15:
            out["_" + key] = [{"id": "x"}] * len(items) if element.many else {"id": "x"}
            if pick.random() < 0.5:
                continue
        out[key] = items if element.many else items[0]
    return out


def verdict(expression: fhirpath.Expression, value: Any, code: str) -> bool | str | None:
    """What evaluating says of one value."""
    model = expression.model
    document = DocumentContext({"resourceType": "Basic"}, model=model)
    schema = schema_of(model)
    kind = schema.of_resource(value, schema.type(code)) if isinstance(value, dict) else schema.type(code)
    try:
        return expression.verdict(document, context=Node((value, kind, None, None, "x", -1)))
    except FHIRPathError:
        return "raises"


def invariants(version: str) -> list[tuple[str, str, str]]:
    """(type, key, text) of every invariant of a version."""
    base = embedded(version)
    found: set[tuple[str, str, str]] = set()
    for path, constraints in base.constraints.items():
        owner, _, name = path.rpartition(".")
        element = base.model.types[owner].elements.get(name) if owner in base.model.types else None
        codes = [path] if path in base.model.types else [ref.code for ref in element.types] if element else []
        found |= {(code, c.key, c.expression) for code in codes for c in constraints if c.expression}
    return sorted(found)


@pytest.mark.parametrize("version", ["3.0.2", "4.0.1"])
@pytest.mark.parametrize("dialect", ["strict", "hapi"])
def test_shortcuts_say_what_evaluating_says(version: str, dialect: str) -> None:
    model = embedded(version).model
    sure = 0
    for code, key, text in invariants(version):
        pick = random.Random(f"{key} {code}")
        expression = fhirpath.compile(text, model=model, dialect=dialect)
        for number in range(OBJECTS):
            value = made(model, code, pick, 3) if number else {}
            answer = expression.settled(value, code) if isinstance(value, dict) else None
            if answer is not None:
                sure += 1
                assert answer is verdict(expression, value, code), (key, code, text, value)
    assert sure > 2_000


@pytest.mark.parametrize("version", ["3.0.2", "4.0.1"])
def test_fast_forms_say_what_evaluating_says(version: str) -> None:
    model = embedded(version).model
    sure = {}
    for code, key, text in invariants(version):
        native = NATIVE.get((key, text))
        if native is None:
            continue
        pick = random.Random(f"{key} {code}")
        expression = fhirpath.compile(text, model=model, dialect="strict")
        hapi = fhirpath.compile(text, model=model, dialect="hapi")
        for _ in range(OBJECTS * 8):
            value = made(model, code, pick, 3)
            answer = native(value)
            if answer is not None:
                found = verdict(expression, value, code)
                if found is None and key == "per-1":
                    found = True  # two precisions: the end includes all that matches it
                elif found in (None, "raises"):  # the validator asks the other dialect then
                    found = verdict(hapi, value, code)
                sure[key] = sure.get(key, 0) + 1
                assert answer is found, (key, code, text, value)
    assert len(sure) >= 9
    assert min(sure.values()) > 5


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("gender.empty() or name.family = 3", {}, True),
        ("gender.exists() and name.exists()", {"gender": "male"}, False),
        ("gender = 'male'", {"gender": "male"}, True),
        ("gender = 'male' implies name.exists()", {"gender": "male"}, False),
        ("contact.count() <= 1", {"contact": [{}, {}]}, False),
        ("name.where(use = %resource.id).empty()", {"gender": "male"}, True),
        ("deceased.empty() xor name.empty()", {"deceasedBoolean": True}, True),
        # not sure: what is there may raise, or says neither
        ("name.family <= 3 or gender.empty()", {"name": [{"family": "a"}]}, None),
        ("gender", {}, None),
        ("children().empty()", {}, None),
        ("$this.name.empty()", {}, None),
        ("%resource.name.empty()", {}, None),
        ("now() > today() or gender.exists()", {}, None),
        ("gender.unknownFunction() or gender.empty()", {}, None),
    ],
)
def test_when_a_shortcut_is_sure(text: str, value: Json, expected: bool | None) -> None:
    expression = fhirpath.compile(text, model=embedded("3.0.2").model, dialect="strict")
    assert expression.settled({"resourceType": "Patient", **value}, "Patient") is expected
