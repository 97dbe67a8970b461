"""Reading and writing FHIR JSON: exact numbers, duplicate keys, limits, positions in both formats."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from harness.fhir.codec.documents import EncodeError, Limits, parse, to_json
from harness.fhir.codec.positions import json_positions, path_steps, xml_positions
from harness.fhir.model.types import load_model

MODEL = load_model("3.0.2")


def rules(data: bytes) -> list[str]:
    return [i.rule for i in parse(data, model=MODEL).issues]


def test_numbers_are_exact() -> None:
    data = (
        b'{"resourceType":"Observation","valueQuantity":{"value":9.20},'
        b'"component":[{"valueQuantity":{"value":37}}]}'
    )
    document = parse(data, model=MODEL)
    assert str(document.resource["valueQuantity"]["value"]) == "9.20"
    assert document.resource["component"][0]["valueQuantity"]["value"] == 37
    assert to_json(document.resource) == data


def test_exponents_are_written_out() -> None:
    assert to_json({"a": Decimal("0.0000001"), "b": "E-7", "c": [Decimal("1E+3")]}) == (
        b'{"a":0.0000001,"b":"E-7","c":[1000]}'
    )
    assert len(to_json({"a": Decimal("1E+999999")})) < 30
    with pytest.raises(EncodeError):
        to_json({"a": object()})


def test_pretty_json() -> None:
    assert to_json({"a": [1]}, pretty=True) == b'{\n  "a": [\n    1\n  ]\n}'


def test_duplicate_keys_are_found_with_their_place() -> None:
    data = (
        b'{"resourceType": "Patient",\n "name": [{"family": "a",\n  "family" : "b"}],\n'
        b' "id": "x:\\":", "id": "y"}'
    )
    found = [(i.rule, i.path, i.line, i.column, i.received) for i in parse(data, model=MODEL).issues]
    assert parse(data, model=MODEL).locate("Patient.id") == (4, 17)
    assert found == [
        ("fhir-json-duplicate-key", "Patient.name[0].family", 3, 3, "2"),
        ("fhir-json-duplicate-key", "Patient.id", 4, 17, "2"),
    ]


def test_colons_in_strings_are_no_duplicates() -> None:
    data = '{"resourceType"\t:"Patient","id" :"a\\":","language":":\\" :","implicitRules":"é \\n:"}'.encode()
    assert rules(data) == []


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"{", "fhir-json-syntax"),
        (b'{"resourceType":"Patient"', "fhir-json-syntax"),
        (b'{"resourceType":"Patient",}', "fhir-json-syntax"),
        (b'{"resourceType":"Patient"} x', "fhir-json-syntax"),
        (b'{"resourceType":"Patient","a":NaN}', "fhir-json-syntax"),
        (b'{"resourceType":"Patient","a":' + b"1" * 5000 + b"}", "fhir-json-syntax"),
        (b'{"a":"\x01"}', "fhir-json-syntax"),
        (b'{"a":"\xff"}', "fhir-encoding"),
        (b"[]", "fhir-json-object"),
        (b"{}", "fhir-json-object"),
        (b'{"resourceType":1}', "fhir-json-object"),
        (b'{"resourceType":"Nothing"}', "fhir-resource-type"),
        (b'{"a":' * 100_000, "fhir-depth"),
        (b'{"resourceType":"Patient","a":' + b"[" * 300 + b"]" * 300 + b"}", "fhir-depth"),
    ],
)
def test_unreadable_documents_are_fatal_with_a_reason(data: bytes, rule: str) -> None:
    document = parse(data, model=MODEL)
    assert document.fatal and document.resource == {}
    assert [i.rule for i in document.issues] == [rule]


def test_syntax_error_has_a_position() -> None:
    issue = parse(b'{"resourceType": "Patient",\n  "id": tru}', model=MODEL).issues[0]
    assert (issue.rule, issue.line) == ("fhir-json-syntax", 2)
    assert "id" in issue.excerpt


def test_byte_order_mark_is_a_warning() -> None:
    document = parse(b'\xef\xbb\xbf{"resourceType":"Patient"}', model=MODEL)
    assert not document.fatal and [(i.rule, i.severity) for i in document.issues] == [
        ("fhir-json-bom", "warning")
    ]


def test_size_limit() -> None:
    data = b'{"resourceType":"Patient"}'
    assert parse(data, model=MODEL, limits=Limits(size=len(data))).issues == []
    assert parse(data, model=MODEL, limits=Limits(size=10)).issues[0].rule == "fhir-size"


def test_number_of_entries_is_limited() -> None:
    data = b'{"resourceType":"Bundle","type":"searchset","entry":[{},{},{}]}'
    assert not parse(data, model=MODEL, limits=Limits(entries=3)).fatal
    document = parse(data, model=MODEL, limits=Limits(entries=2))
    assert document.fatal and [(i.rule, i.received) for i in document.issues] == [("fhir-size", "3 entries")]


@pytest.mark.parametrize(
    "data",
    [
        b'{"resourceType":"Patient","a":[' + b"[]," * 3_000_000 + b"[]]}",
        b'<Patient xmlns="http://hl7.org/fhir">' + b"<a/>" * 5_000_000 + b"</Patient>",
    ],
    ids=["json", "xml"],
)
def test_number_of_nodes_is_limited(data: bytes) -> None:
    start = time.perf_counter()
    document = parse(data, model=MODEL)
    assert document.fatal and [i.rule for i in document.issues] == ["fhir-size"]
    assert time.perf_counter() - start < 2


def test_hostile_numbers_do_not_cost_time() -> None:
    start = time.perf_counter()
    document = parse(b'{"resourceType":"Patient","a":1e999999999,"b":' + b"9" * 4000 + b".5}", model=MODEL)
    to_json(document.resource)
    assert time.perf_counter() - start < 1


# -- positions ----------------------------------------------------------------------------------------------

JSON = b"""{
  "resourceType": "Bundle",
  "entry": [
    {"resource": {"resourceType": "Basic"}},
    {
      "resource": {
        "resourceType": "Observation",
        "code": {"text": "\xc3\xa9\xc3\xa9"}, "valueQuantity": {"value": 1.0},
        "performer": [{"display": "a"}, {"display": "b"}]
      }
    }
  ]
}"""

XML = b"""<Bundle xmlns="http://hl7.org/fhir">
  <entry><resource><Basic/></resource></entry>
  <entry>
    <resource>
      <Observation>
        <code><text value="\xc3\xa9\xc3\xa9"/></code> <valueQuantity><value value="1.0"/></valueQuantity>
        <performer><display value="a"/></performer><performer><display value="b"/></performer>
      </Observation>
    </resource>
  </entry>
</Bundle>"""


def place(data: bytes, snippet: str) -> tuple[int, int]:
    """Line and column where ``snippet`` starts."""
    before = data.decode().partition(snippet)[0]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


@pytest.mark.parametrize(
    ("path", "in_json", "in_xml"),
    [
        ("Bundle", "{", "<Bundle"),
        ("", "{", "<Bundle"),
        ("Bundle.entry[1]", "{\n      ", "<entry>\n"),
        ("Bundle.entry[1].resource", '"resource": {\n', "<resource>\n"),
        ("Bundle.entry[1].resource.code.text", '"text"', "<text"),
        ("entry[1].resource.code", '"code"', "<code"),
        ("Bundle.entry[1].resource.value", '"valueQuantity"', "<valueQuantity"),
        ("Bundle.entry[1].resource.valueQuantity.value", '"value":', "<value "),
        ("Bundle.entry[1].resource.value.ofType(Quantity).value", '"value":', "<value "),
        ("Bundle.entry[1].resource/*Observation/x*/.value[x].value", '"value":', "<value "),
        ("Bundle.entry[1].resource.performer[1].display", '"display": "b"', '<display value="b"'),
        ("Bundle.entry[1].resource.performer[7].display", '"performer"', "<Observation"),
        ("Bundle.entry[1].resource.nothing[0].at.all", '"resource": {\n', "<Observation"),
    ],
)
def test_positions(path: str, in_json: str, in_xml: str) -> None:
    assert parse(JSON, model=MODEL).locate(path) == place(JSON, in_json)
    assert parse(XML, model=MODEL).locate(path) == place(XML, in_xml)


def test_positions_of_primitive_extensions() -> None:
    data = (
        b'{"resourceType":"Patient","name":[{"given":["a","b"],\n'
        b'"_given":[null,{"extension":[{"url":"u"}]}]}]}'
    )
    document = parse(data, model=MODEL)
    assert document.locate("Patient.name[0].given[1]") == (1, 49)
    assert document.locate("Patient.name[0].given[1].extension[0]") == (2, 30)
    assert document.locate("Patient.name[0]._given[1].extension[0].url") == (2, 31)
    assert document.locate(("name", 0, "given", 1)) == (1, 49)


def test_positions_survive_broken_documents() -> None:
    assert json_positions(b'{"a": [1, {"b": ').locate("a[1].b") == (1, 11)
    assert json_positions(b"]]}{").locate("a") == (1, 4)
    assert json_positions(b"").locate("a") == (1, 1)
    assert xml_positions(b"<a><b><c").locate("a.b") == (1, 4)
    assert xml_positions(b"").locate("a") == (0, 0)


def test_path_steps() -> None:
    assert path_steps("A.b[2].extension('http://x.y/z').value") == ["A", "b", 2]
    assert path_steps("value.as(Quantity).unit") == ["value", "unit"]
    assert path_steps("") == []
