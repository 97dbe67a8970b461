"""Properties of the codec: generated resources survive both formats, arbitrary bytes never break a reader."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.fhir.codec.documents import parse, to_json, to_xml
from harness.fhir.codec.positions import json_positions, xml_positions
from harness.fhir.model.types import Model, load_model

MODELS = {version: load_model(version) for version in ("3.0.2", "4.0.1")}
NOT_IN_XML = [*map(chr, {*range(32)} - {9, 10, 13}), "\ufffe", "\uffff"]
TEXT = st.text(st.characters(codec="utf-8", exclude_characters=NOT_IN_XML), max_size=12)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=4) | st.decimals(-1000, 1000, places=2)
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">%s</div>'


def value_of(model: Model, code: str) -> st.SearchStrategy[Any]:
    """Values of a primitive type."""
    if code == "boolean":
        return st.booleans()
    if code == "decimal":
        return DECIMALS
    if model.is_subtype(code, "integer"):
        return st.integers(-(2**31), 2**31)
    return TEXT


@st.composite
def objects(draw: st.DrawFn, model: Model, code: str, depth: int) -> dict[str, Any]:
    """A random value of a complex type, some of its elements filled, as the JSON shape prescribes."""
    facts = model.types[code]
    out: dict[str, Any] = {}
    usable = [e for e in facts.element_list if depth > 0 or model.is_primitive(e.types[0].code)]
    for element in (
        draw(st.lists(st.sampled_from(usable), unique_by=lambda e: e.name, max_size=4)) if usable else []
    ):
        ref = draw(st.sampled_from(element.types))
        key = element.key_for(ref.code)
        if element.xml == "attr":
            out[key] = draw(TEXT)
        elif ref.code == "xhtml":
            out[key] = DIV % draw(st.sampled_from(["\n", "a", "<p>b &lt;</p>", "<br/>"]))
        elif model.is_primitive(ref.code):
            primitive(draw, model, ref.code, key, element.many, depth, out)
        elif model.types[ref.code].resource:
            inner = (
                st.builds(dict, resourceType=st.just("Basic")) if depth < 2 else resources(model, depth - 1)
            )
            out[key] = draw(st.lists(inner, min_size=1, max_size=2)) if element.many else draw(inner)
        else:
            items = objects(model, ref.code, depth - 1).filter(bool)
            found = draw(st.lists(items, min_size=1, max_size=2)) if element.many else draw(items)
            out[key] = found
    return out


def primitive(
    draw: st.DrawFn, model: Model, code: str, key: str, many: bool, depth: int, out: dict[str, Any]
) -> None:
    """A primitive, with or without value, id and extensions, paired per item when it repeats."""
    values = value_of(model, code)
    extras = st.none()
    if depth > 0:
        extras = st.none() | objects(model, "Element", depth - 1).filter(bool)
    if not many:
        extra = draw(extras)
        if extra is not None:
            out["_" + key] = extra
        if extra is None or draw(st.booleans()):
            out[key] = draw(values)
        return
    pairs = []
    for _ in range(draw(st.integers(1, 3))):
        extra = draw(extras)
        pairs.append((draw(values) if extra is None or draw(st.booleans()) else None, extra))
    if any(v is not None for v, _ in pairs):
        out[key] = [v for v, _ in pairs]
    if any(e is not None for _, e in pairs):
        out["_" + key] = [e for _, e in pairs]


@st.composite
def resources(draw: st.DrawFn, model: Model, depth: int = 3) -> dict[str, Any]:
    """A random resource."""
    kind = draw(st.sampled_from(sorted(model.resource_types)))
    return {"resourceType": kind, **draw(objects(model, kind, depth))}


def exact(value: Any) -> Any:
    """``value`` with numbers as the text FHIR writes: equality that sees ``1.0`` and ``1.00`` apart."""
    if isinstance(value, dict):
        return {k: exact(v) for k, v in value.items()}
    if isinstance(value, list):
        return [exact(v) for v in value]
    return f"#{value:f}" if isinstance(value, Decimal) else f"#{value}" if type(value) is int else value


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(MODELS)).flatmap(lambda v: st.tuples(st.just(v), resources(MODELS[v]))))
def test_generated_resources_survive_xml_and_json(case: tuple[str, dict[str, Any]]) -> None:
    version, resource = case
    model = MODELS[version]
    xml = to_xml(resource, model)
    document = parse(xml, model=model)
    assert not document.issues, (document.issues, xml)
    assert exact(document.resource) == exact(resource), xml
    assert to_xml(document.resource, model) == xml
    pretty = parse(to_xml(resource, model, pretty=True), model=model)
    assert not pretty.issues and exact(pretty.resource) == exact(resource)
    again = parse(to_json(resource), model=model)
    assert not again.issues and exact(again.resource) == exact(resource)
    assert json.loads(to_json(resource)) == json.loads(to_json(document.resource))


SAMPLES = (
    b'<Patient xmlns="http://hl7.org/fhir"><id value="a"/><text><status value="empty"/>'
    b'<div xmlns="http://www.w3.org/1999/xhtml">x</div></text><name><given value="A"/></name></Patient>',
    b'{"resourceType":"Patient","id":"a","name":[{"given":["A",null],"_given":[null,{"id":"x"}]}],"a":1.50}',
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 6), st.binary(max_size=4)), max_size=4),
)
def test_mutated_documents_never_raise(sample: bytes, edits: list[tuple[int, int, bytes]]) -> None:
    data = sample
    for at, cut, new in edits:
        data = data[:at] + new + data[at + cut :]
    document = parse(data, model=MODELS["3.0.2"])
    assert document.fatal == (document.resource == {})
    assert not document.fatal or document.issues
    for issue in document.issues:
        assert issue.message.nl and issue.message.en and issue.line >= 0
        msgspec.json.encode(issue)
    document.locate("Patient.name[0].given[1]")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=60))
def test_positions_never_raise(data: bytes) -> None:
    for scan in (xml_positions, json_positions):
        line, column = scan(data).locate("a.b[1].c")
        assert line >= 0 and column >= 0


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=4), st.data())
def test_duplicate_keys_are_always_found(fields: dict[str, str], data: st.DataObject) -> None:
    pairs = [("resourceType", "Patient"), *((k, v) for k, v in fields.items() if k != "resourceType")]
    twice = data.draw(st.booleans())
    if twice:
        pairs.append(data.draw(st.sampled_from(pairs)))
    space = data.draw(st.sampled_from(["", " ", "\n\t ", "\r"]))
    body = ",".join(f"{space}{json.dumps(k)}{space}:{space}{json.dumps(v)}" for k, v in pairs)
    document = parse(f"{{{body}}}".encode(), model=MODELS["3.0.2"])
    assert ("fhir-json-duplicate-key" in {i.rule for i in document.issues}) == twice
