"""Reading and writing FHIR XML: what is kept, what is reported (rule and place), what is refused."""

from __future__ import annotations

import gc
from decimal import Decimal
from typing import Any

import pytest

from harness.core.errors import InputError
from harness.fhir.codec.documents import EncodeError, Limits, parse, read, sniff, to_json, to_xml
from harness.fhir.codec.positions import xml_positions
from harness.fhir.model.types import load_model

MODEL = load_model("3.0.2")
NS = 'xmlns="http://hl7.org/fhir"'


def patient(body: str, attributes: str = "") -> bytes:
    return f"<Patient {NS}{attributes}>\n{body}\n</Patient>".encode()


def resource(data: bytes) -> dict[str, Any]:
    document = parse(data, model=MODEL)
    assert not document.issues, document.issues
    return document.resource


def found(data: bytes) -> list[tuple[str, str, int, int]]:
    return [(i.rule, i.path, i.line, i.column) for i in parse(data, model=MODEL).issues]


def test_values_lists_and_nested_types() -> None:
    assert resource(
        patient(
            '<id value="p1"/><active value="true"/><name id="n"><family value="J&amp;&lt;&quot;"/>'
            '<given value="A"/><given value="B"/></name><multipleBirthInteger value="2"/>'
        )
    ) == {
        "resourceType": "Patient",
        "id": "p1",
        "active": True,
        "name": [{"id": "n", "family": 'J&<"', "given": ["A", "B"]}],
        "multipleBirthInteger": 2,
    }


def test_decimals_keep_their_digits() -> None:
    text = f'<Observation {NS}><valueQuantity><value value="%s"/></valueQuantity></Observation>'
    for digits in (
        "9.20",
        "0.50",
        "100",
        "-0.0",
        "0.0000001",
        "12345678901234567890.123456789012345678901234567890",
    ):
        data = (text % digits).encode()
        value = resource(data)["valueQuantity"]["value"]
        assert isinstance(value, Decimal | int) and f'value="{digits}"'.encode() in to_xml(
            resource(data), MODEL
        )
        assert b'"value":' + digits.encode() + b"}" in to_json(resource(data))
        assert parse(to_json(resource(data)), model=MODEL).resource == resource(data)


@pytest.mark.parametrize("text", ["yes", "TRUE", "1", " true"])
def test_what_is_no_boolean_stays_text(text: str) -> None:
    data = patient(f'<active value="{text}"/>')
    assert resource(data)["active"] == text
    assert f'<active value="{text}"/>'.encode() in to_xml(resource(data), MODEL)


@pytest.mark.parametrize("text", ["05", "+5", "5.0", "1e3", "", "x", "9" * 5000, " 5"])
def test_what_is_no_integer_stays_text(text: str) -> None:
    assert resource(patient(f'<multipleBirthInteger value="{text}"/>'))["multipleBirthInteger"] == text


def test_primitive_extensions_are_paired_per_item() -> None:
    data = patient(
        '<name><given value="A"/><given id="x"><extension url="u"><valueCode value="c"/></extension></given>'
        '<given value="B"><extension url="u"><valueCode value="d"/></extension></given>'
        '<given value="C"/></name><birthDate value="2000">'
        '<extension url="v"><valueString value="s"/></extension></birthDate>'
    )
    expected = {
        "resourceType": "Patient",
        "name": [
            {
                "given": ["A", None, "B", "C"],
                "_given": [
                    None,
                    {"id": "x", "extension": [{"url": "u", "valueCode": "c"}]},
                    {"extension": [{"url": "u", "valueCode": "d"}]},
                    None,
                ],
            }
        ],
        "birthDate": "2000",
        "_birthDate": {"extension": [{"url": "v", "valueString": "s"}]},
    }
    assert resource(data) == expected
    assert resource(to_xml(expected, MODEL)) == expected


def test_list_of_only_extensions_has_no_value_list() -> None:
    data = patient('<name><given><extension url="u"><valueCode value="c"/></extension></given></name>')
    assert resource(data)["name"] == [{"_given": [{"extension": [{"url": "u", "valueCode": "c"}]}]}]
    assert resource(to_xml(resource(data), MODEL)) == resource(data)


def test_contained_bundle_and_parameters() -> None:
    data = (
        f'<Bundle {NS}><type value="batch"/><entry><resource><Patient><contained><Organization>'
        "<id value='o'/></Organization></contained><active value='false'/></Patient></resource></entry>"
        "</Bundle>"
    ).encode()
    assert resource(data)["entry"][0]["resource"] == {
        "resourceType": "Patient",
        "contained": [{"resourceType": "Organization", "id": "o"}],
        "active": False,
    }
    assert resource(to_xml(resource(data), MODEL)) == resource(data)
    parameters = (
        f'<Parameters {NS}><parameter><name value="r"/><resource><Basic><id value="b"/></Basic></resource>'
        '</parameter><parameter><name value="p"/><part><name value="q"/><valueInteger value="1"/></part>'
        "</parameter></Parameters>"
    ).encode()
    assert resource(parameters)["parameter"][1] == {"name": "p", "part": [{"name": "q", "valueInteger": 1}]}
    assert resource(to_xml(resource(parameters), MODEL)) == resource(parameters)


def test_narrative_is_kept_without_foreign_namespaces() -> None:
    head = '<div xmlns="http://www.w3.org/1999/xhtml" lang="nl">'
    div = head + 'a &lt; b<br/> <p title="&quot;x&quot;">é</p></div>'
    data = patient(
        f'<text><status value="generated"/>{div}</text>',
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:a x.xsd"',
    )
    assert resource(data)["text"]["div"] == div
    assert resource(to_xml(resource(data), MODEL)) == resource(data)
    assert div.encode() in to_xml(resource(data), MODEL, pretty=True)


def test_prefixes_comments_and_instructions_carry_no_meaning() -> None:
    data = b"""<?xml version="1.0"?><?x y?><!-- <!DOCTYPE no> --><f:Patient xmlns:f="http://hl7.org/fhir">
      <!-- c --><f:active value="true"/></f:Patient>"""
    assert resource(data) == {"resourceType": "Patient", "active": True}
    assert resource(b"\xef\xbb\xbf" + data) == resource(data)


def test_pretty_form_has_the_same_content() -> None:
    data = patient('<contained><Basic><id value="b"/></Basic></contained><name><given value="A"/></name>')
    pretty = to_xml(resource(data), MODEL, pretty=True)
    assert b'\n  <name>\n    <given value="A"/>\n  </name>\n</Patient>' in pretty
    assert resource(pretty) == resource(data)
    assert to_xml({"resourceType": "Patient"}, MODEL, declaration=False) == f"<Patient {NS}/>".encode()


# -- defects that conversion would hide ------------------------------------------------------------------


def test_wrong_order_is_reported_where_it_is() -> None:
    data = patient('<gender value="male"/>\n  <active value="true"/>')
    assert found(data) == [("fhir-xml-order", "Patient.active", 3, 3)]
    assert parse(data, model=MODEL).resource["active"] is True


def test_separated_repeats_are_an_order_defect() -> None:
    data = patient('<name/>\n<telecom id="t"/>\n<name id="b"/>'.replace("<name/>", '<name id="a"/>'))
    assert found(data) == [("fhir-xml-order", "Patient.name[1]", 4, 1)]


def test_repeated_single_element_is_reported_and_the_first_kept() -> None:
    data = patient('<gender value="male"/>\n<gender value="female"/>')
    assert found(data) == [("fhir-xml-repeated", "Patient.gender", 3, 1)]
    assert parse(data, model=MODEL).resource["gender"] == "male"


def test_two_alternatives_of_a_choice_are_a_repeat() -> None:
    data = patient('<deceasedBoolean value="true"/><deceasedDateTime value="2000"/>')
    assert [f[0] for f in found(data)] == ["fhir-xml-repeated"]


def test_unknown_element_attribute_and_text() -> None:
    data = patient('<colour value="red"/>\n<active value="true" color="x"/>\n<name use="usual">Jan</name>')
    assert found(data) == [
        ("fhir-xml-unknown-element", "Patient.colour", 2, 1),
        ("fhir-xml-unknown-attribute", "Patient.active", 3, 1),
        ("fhir-xml-unknown-attribute", "Patient.name[0]", 4, 1),
        ("fhir-xml-text", "Patient.name[0]", 4, 1),
    ]
    assert resource(patient('<gender value="male"/>')) == {"resourceType": "Patient", "gender": "male"}


def test_value_attribute_on_a_complex_element() -> None:
    data = patient('<identifier value="9666"/>')
    assert found(data) == [("fhir-xml-unknown-attribute", "Patient.identifier[0]", 2, 1)]
    issue = parse(data, model=MODEL).issues[0]
    assert 'value="9666"' in issue.received and "value" in issue.message.nl


def test_attributes_on_resources_are_reported() -> None:
    assert found(patient("", ' version="1"')) == [("fhir-xml-unknown-attribute", "Patient", 1, 1)]
    data = patient('<contained>\n<Basic x="1"><id value="b"/></Basic></contained>')
    assert found(data) == [("fhir-xml-unknown-attribute", "Patient.contained[0]", 3, 1)]


def test_wrong_namespaces() -> None:
    assert [f[0] for f in found(b"<Patient/>")] == ["fhir-xml-namespace"]
    assert [f[0] for f in found(b'<Patient xmlns="http://hl7.org/fhr"/>')] == ["fhir-xml-namespace"]
    assert found(patient('<text><status value="empty"/><div>x</div></text>'))[0][:2] == (
        "fhir-xml-namespace",
        "Patient.text.div",
    )
    assert found(patient('<active xmlns="urn:x" value="true"/>'))[0][0] == "fhir-xml-namespace"


@pytest.mark.parametrize("empty", ["<birthDate/>", "<name/>", "<name></name>"])
def test_empty_elements(empty: str) -> None:
    assert [f[0] for f in found(patient(empty))] == ["fhir-xml-empty"]


def test_containers_hold_one_known_resource() -> None:
    assert [f[0] for f in found(patient("<contained/>"))] == ["fhir-xml-resource"]
    two = '<contained><Basic><id value="a"/></Basic><Basic><id value="b"/></Basic></contained>'
    assert [f[0] for f in found(patient(two))] == ["fhir-xml-resource"]
    assert [f[0] for f in found(patient("<contained><Nothing/></contained>"))] == ["fhir-resource-type"]
    assert [f[0] for f in found(patient('<contained><Basic xmlns="urn:x"/></contained>'))] == [
        "fhir-xml-namespace"
    ]


def test_path_of_a_defect_inside_a_bundle() -> None:
    data = (
        f"<Bundle {NS}>\n<entry><resource><Patient/></resource></entry>\n<entry><resource><Patient>\n"
        '  <name><given value="A"/><family value="B"/></name></Patient></resource></entry></Bundle>'
    ).encode()
    assert found(data) == [("fhir-xml-order", "Bundle.entry[1].resource.name[0].family", 4, 27)]
    quantity = '<valueQuantity><unit value="k"/>\n<value value="1"/></valueQuantity>'
    observation = f"<Observation {NS}>{quantity}</Observation>"
    assert found(observation.encode()) == [("fhir-xml-order", "Observation.value.value", 2, 1)]


def test_number_of_defects_is_bounded() -> None:
    assert len(found(patient("<x/>" * 5000))) == 200


# -- refused documents ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "fhir-format"),
        (b"hello", "fhir-format"),
        (b"<Patient", "fhir-xml-syntax"),
        (f"<Patient {NS}><name>".encode(), "fhir-xml-syntax"),
        (f"<Patient {NS}>&nbsp;</Patient>".encode(), "fhir-xml-syntax"),
        (f"<Patient {NS}><id value='\x01'/></Patient>".encode(), "fhir-xml-syntax"),
        (f'<?xml version="1.0" encoding="utf-16"?><Patient {NS}/>'.encode(), "fhir-encoding"),
        (f"<?xml version='1.0' encoding='utf-7'?><Patient {NS}/>".encode(), "fhir-encoding"),
        (f"<?x?><!-- a --> <!DOCTYPE Patient><Patient {NS}/>".encode(), "fhir-xml-doctype"),
        (f"<Patient {NS}><!DOCTYPE Patient></Patient>".encode(), "fhir-xml-syntax"),
        (f"<Patient {NS}>".encode() + b"\xff</Patient>", "fhir-encoding"),
        (f"<Patient {NS}/>".encode("utf-16"), "fhir-format"),
        (f"<!DOCTYPE a><Patient {NS}/>".encode("utf-16-le"), "fhir-encoding"),
        (f"<Patient {NS}/>".encode("utf-32-be"), "fhir-format"),
        (f"<Patiënt {NS}/>".encode(), "fhir-resource-type"),
        (f"<DomainResource {NS}/>".encode(), "fhir-resource-type"),
        (f"<HumanName {NS}/>".encode(), "fhir-resource-type"),
        (
            f'<!DOCTYPE Patient [<!ENTITY a "b">]><Patient {NS}><id value="&a;"/></Patient>'.encode(),
            "fhir-xml-doctype",
        ),
        (f'<!DOCTYPE Patient SYSTEM "file:///etc/passwd"><Patient {NS}/>'.encode(), "fhir-xml-doctype"),
    ],
)
def test_unreadable_documents_are_fatal_with_a_reason(data: bytes, rule: str) -> None:
    document = parse(data, model=MODEL)
    assert document.fatal and document.resource == {}
    assert [i.rule for i in document.issues] == [rule]
    with pytest.raises(InputError):
        read(data, model=MODEL, where="file.xml")


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff\xfe<\0", f"<a {NS}/>".encode("utf-16"), b"Lo\xa7\x94"])
def test_forced_format_of_something_else_is_fatal(data: bytes) -> None:
    assert parse(data, model=MODEL, format="xml").fatal
    assert parse(data, model=MODEL, format="json").fatal


def test_syntax_error_has_a_position() -> None:
    issue = parse(f"<Patient {NS}>\n  <name></nam>\n</Patient>".encode(), model=MODEL).issues[0]
    assert (issue.rule, issue.line) == ("fhir-xml-syntax", 2)


def test_depth_and_size_are_limited() -> None:
    deep = '<extension url="u">' * 120 + '<valueCode value="c"/>' + "</extension>" * 120
    document = parse(patient(deep), model=MODEL)
    assert document.fatal and document.issues[-1].rule == "fhir-depth"
    very_deep = patient("<extension>" * 10_000 + "</extension>" * 10_000)
    assert parse(very_deep, model=MODEL).issues[-1].rule == "fhir-depth"
    small = Limits(size=100)
    assert parse(b"<" + b" " * 200, model=MODEL, limits=small).issues[0].rule == "fhir-size"
    fits = '<extension url="u">' * 90 + '<valueCode value="c"/>' + "</extension>" * 90
    assert not parse(patient(fits), model=MODEL).issues


def test_large_text_is_read() -> None:
    content = "QUJD" * 3_000_000
    data = f'<Binary {NS}><contentType value="a/b"/><content value="{content}"/></Binary>'.encode()
    assert resource(data)["content"] == content


def test_long_values_are_read_the_same_as_short_ones() -> None:
    a, b = "QUJD" * 20_000, "REVG" * 30_000
    text = (
        f'<Parameters {NS}><parameter><name value="a"/><valueBase64Binary value="{a}"/></parameter>'
        f'<parameter><name value="b"/><valueBase64Binary value="{b}"/></parameter>%s</Parameters>'
    )
    first, second = resource((text % "").encode())["parameter"]
    assert (first["valueBase64Binary"], second["valueBase64Binary"]) == (a, b)
    mark = '<parameter><name value="harness-long-value-0"/></parameter>'
    assert resource((text % mark).encode())["parameter"][2] == {"name": "harness-long-value-0"}
    assert resource((text % "").encode())["parameter"][0]["valueBase64Binary"] == a
    in_comment = f'<!-- value="{a}" -->'
    assert resource((text % in_comment).encode())["parameter"][0]["valueBase64Binary"] == a
    issues = found((text % '\n<colour value="x"/>').encode())
    assert issues == [("fhir-xml-unknown-element", "Parameters.colour", 2, 1)]
    with_newline = f'<Binary {NS}><content value="{a}\n{b}"/></Binary>'.encode()
    assert resource(with_newline)["content"] == f"{a} {b}"
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><p title="x" value="{a}"/></div>'
    assert resource(patient(f'<text><status value="generated"/>{div}</text>'))["text"]["div"] == div
    links = f'<a href="data:application/pdf;base64,{a}">x</a><img src="data:image/png;base64,{b}"/>'
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{links} {links}</div>'
    assert resource(patient(f'<text><status value="generated"/>{div}</text>'))["text"]["div"] == div


def test_sniff() -> None:
    assert sniff(b" \n<x") == "xml" and sniff(b"\xef\xbb\xbf{") == "json" and sniff(b"x") is None


# -- writing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "where"),
    [
        ({"colour": "red"}, "Patient.colour"),
        ({"name": {"family": "x"}}, "Patient.name"),
        ({"name": []}, "Patient.name"),
        ({"name": [{"given": []}]}, "Patient.name[0].given"),
        ({"name": ["x"]}, "Patient.name[0]"),
        ({"gender": ["male"]}, "Patient.gender"),
        ({"gender": {"a": 1}}, "Patient.gender"),
        ({"gender": None}, "Patient.gender"),
        ({"_gender": "x"}, "Patient.gender"),
        ({"name": [{"given": "x"}]}, "Patient.name[0].given"),
        ({"name": [{"given": [None]}]}, "Patient.name[0].given[0]"),
        ({"name": [{"resourceType": "HumanName"}]}, "Patient.name[0].resourceType"),
        ({"contained": [{"resourceType": "Nothing"}]}, "Patient.contained[0]"),
        ({"contained": [{}]}, "Patient.contained[0]"),
        ({"text": {"div": "<p xmlns='http://www.w3.org/1999/xhtml'/>"}}, "Patient.text.div"),
        ({"text": {"div": "<div>"}}, "Patient.text.div"),
        ({"text": {"div": "<!DOCTYPE a><div xmlns='http://www.w3.org/1999/xhtml'/>"}}, "Patient.text.div"),
        ({"id": "a\x00b"}, "Patient"),
        ({"id": "a\ud800b"}, "Patient"),
        ({"id": "a\uffffb"}, "Patient"),
    ],
)
def test_what_xml_cannot_hold_is_an_error_with_its_place(broken: dict[str, Any], where: str) -> None:
    with pytest.raises(EncodeError) as error:
        to_xml({"resourceType": "Patient", **broken}, MODEL)
    assert error.value.where == where


@pytest.mark.parametrize("name", [None, "Nothing", "HumanName", 3])
def test_only_resources_are_written(name: Any) -> None:
    with pytest.raises(EncodeError):
        to_xml({"resourceType": name}, MODEL)


def test_white_space_in_values_survives() -> None:
    value = {"resourceType": "Basic", "id": "\ta\r\nb  c "}
    assert resource(to_xml(value, MODEL)) == value


def test_keys_are_written_in_the_order_of_the_specification() -> None:
    value = {
        "gender": "male",
        "name": [{"given": ["A"], "family": "B"}],
        "resourceType": "Patient",
        "active": True,
    }
    assert not parse(to_xml(value, MODEL), model=MODEL).issues


@pytest.mark.parametrize("name", ["utef-8", "utf-7", "big5", "utf-16"])
def test_an_unknown_encoding_does_not_break_the_places(name):
    """lxml refuses it; expat, which looks for places, raises kinds of its own."""
    document = parse(
        f'<?xml version="1.0" encoding="{name}"?>\n<Patient {NS}><id value="1"/></Patient>'.encode(),
        model=MODEL,
    )
    for path in ("Patient.id", "Patient", "Patient.name[3]"):
        assert document.locate(path) >= (0, 0)
    assert document.fatal and document.issues[-1].severity == "error"


def test_places_of_a_document_leave_nothing_that_only_the_collector_frees() -> None:
    """The parser holds all names of a document: a hostile one has 200,000 of them."""
    gc.collect()
    gc.disable()
    try:
        xml_positions(b'<Bundle xmlns="http://hl7.org/fhir" a="1"/>')
        left = [item for item in gc.get_objects() if type(item).__name__ == "xmlparser"]
    finally:
        gc.enable()
    assert left == []


def test_places_stop_where_no_reader_comes() -> None:
    deep = xml_positions(b"<a>" * 500_000)
    assert deep.at(0) == (1, 1) and deep.at(299) == (1, 898)
    assert deep.at(400) == (0, 0)
