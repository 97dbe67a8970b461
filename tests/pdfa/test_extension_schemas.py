"""Extension schemas in their legal forms: which values a declared type takes, and which types a schema can name."""

from __future__ import annotations

import pytest

from harness.pdfa import check
from tests.pdfa.pdfa_fixtures.builder import Doc, Stream

NAMES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "pdfaExtension": "http://www.aiim.org/pdfa/ns/extension/",
        "pdfaSchema": "http://www.aiim.org/pdfa/ns/schema#",
        "pdfaProperty": "http://www.aiim.org/pdfa/ns/property#",
        "pdfaType": "http://www.aiim.org/pdfa/ns/type#",
        "pdfaField": "http://www.aiim.org/pdfa/ns/field#",
        "dc": "http://purl.org/dc/elements/1.1/",
        "v": "http://example.org/own/",
        "t": "http://example.org/own/type/",
    }.items()
)
UNDEFINED = {1: "6.7.9-2", 2: "6.6.2.3.1-1"}
WRONG_TYPE = {1: "6.7.9-3", 2: "6.6.2.3.1-2"}
UNKNOWN_TYPE = {1: "6.7.8-9", 2: "6.6.2.3.3-8"}
NO_TYPE_URI = {1: "6.7.8-13", 2: "6.6.2.3.3-12"}


def resource(kind: str, **fields: str) -> str:
    """An array item that is a structure of fields with one prefix."""
    inner = "".join(f"<{kind}:{name}>{value}</{kind}:{name}>" for name, value in fields.items())
    return f'<rdf:li rdf:parseType="Resource">{inner}</rdf:li>'


def seq(*items: str) -> str:
    return f"<rdf:Seq>{''.join(items)}</rdf:Seq>"


def prop(type_: str, name: str = "note") -> str:
    return resource("pdfaProperty", name=name, valueType=type_, category="internal", description="d")


def own(name: str = "own", uri: str = "http://example.org/own/type/", **fields: str) -> str:
    """A value type with fields ``name=type``."""
    items = [resource("pdfaField", name=n, valueType=t, description="d") for n, t in fields.items()]
    field = {"field": seq(*items)} if items else {}
    return resource("pdfaType", type=name, namespaceURI=uri, prefix="t", description="d", **field)


def schema(*properties: str, types: tuple[str, ...] = (), uri: str = "http://example.org/own/") -> str:
    more = {"valueType": seq(*types)} if types else {}
    return resource("pdfaSchema", schema="s", namespaceURI=uri, prefix="v", property=seq(*properties), **more)


def container(*schemas: str) -> str:
    return f"<pdfaExtension:schemas><rdf:Bag>{''.join(schemas)}</rdf:Bag></pdfaExtension:schemas>"


def rules(part: int, *schemas: str, value: str) -> set[str]:
    """Broken rules of a document whose packet declares ``schemas`` and has the properties ``value``."""
    d = Doc(part, "b")
    d.describe(container(*schemas) + value, NAMES)
    return set(check(d.write(), f"{part}b").rules)


TEXT = "<v:note>x</v:note>"
NUMBER = "<v:note>5</v:note>"
BAG = "<v:note><rdf:Bag><rdf:li>x</rdf:li></rdf:Bag></v:note>"
STRUCT = '<v:note rdf:parseType="Resource"><t:a>x</t:a></v:note>'
EMPTY_STRUCT = '<v:note rdf:parseType="Resource"></v:note>'
BAG_OF_STRUCTS = '<v:note><rdf:Bag><rdf:li rdf:parseType="Resource"><t:a>x</t:a></rdf:li></rdf:Bag></v:note>'
Z = "http://example.org/z/"


@pytest.mark.parametrize("part", [1, 2])
@pytest.mark.parametrize(
    ("type_", "types", "value", "conforms"),
    [
        # a value type without fields is a kind of text
        ("own", (own(),), TEXT, True),
        ("own", (own(),), STRUCT, False),
        ("own", (own(),), EMPTY_STRUCT, False),
        ("own", (own(),), BAG, False),
        ("bag own", (own(),), BAG, True),
        ("bag own", (own(),), BAG_OF_STRUCTS, False),
        ("own", (own(a="inner"), own("inner")), STRUCT, True),
        # one with fields is a structure of them
        ("own", (own(a="Text"),), STRUCT, True),
        ("own", (own(a="Text"),), TEXT, False),
        ("own", (own(a="Integer"),), STRUCT, False),
        ("own", (own(b="Text"),), STRUCT, False),
        ("bag own", (own(a="Text"),), BAG_OF_STRUCTS, True),
        # an own type goes before a predefined one of the same name
        ("Text", (own("Text", a="Integer"),), TEXT, False),
        ("Integer", (own("Integer"),), TEXT, True),
        ("Dimensions", (own("Dimensions", a="Text"),), STRUCT, True),
        ("open Choice of Integer", (), TEXT, False),
        ("open Choice of Integer", (), NUMBER, True),
    ],
)
def test_values_of_declared_types(
    part: int, type_: str, types: tuple[str, ...], value: str, conforms: bool
) -> None:
    expected = set() if conforms else {WRONG_TYPE[part]}
    assert rules(part, schema(prop(type_), types=types), value=value) == expected


@pytest.mark.parametrize("part", [1, 2])
def test_value_types_belong_to_their_schema(part: int) -> None:
    other = schema(prop("Text", "other"), types=(own(a="Text"),), uri=Z)
    unknown = {UNDEFINED[part], WRONG_TYPE[part], UNKNOWN_TYPE[part]}
    assert rules(part, other, schema(prop("own")), value=STRUCT) == unknown
    assert rules(part, schema(prop("own")), other, value=STRUCT) == unknown
    mine = schema(prop("own"), types=(own(a="Text"),))
    assert (
        rules(part, mine, schema(prop("Text", "o"), types=(own(a="Integer"),), uri=Z), value=STRUCT) == set()
    )


@pytest.mark.parametrize("part", [1, 2])
def test_a_value_type_without_namespace(part: int) -> None:
    lost = "<pdfaType:namespaceURI>http://example.org/own/type/</pdfaType:namespaceURI>"
    plain, structure = own().replace(lost, ""), own(a="Text").replace(lost, "")
    assert rules(part, schema(prop("own"), types=(plain,)), value=TEXT) == {NO_TYPE_URI[part]}
    assert rules(part, schema(prop("own"), types=(structure,)), value=STRUCT) == {
        NO_TYPE_URI[part], UNDEFINED[part], WRONG_TYPE[part], UNKNOWN_TYPE[part],
    }  # fmt: skip


@pytest.mark.parametrize("part", [1, 2])
def test_a_property_that_is_declared_twice(part: int) -> None:
    assert rules(part, schema(prop("Text"), prop("Integer")), value=TEXT) == set()
    assert rules(part, schema(prop("Integer"), prop("Text")), value=TEXT) == {WRONG_TYPE[part]}
    assert rules(part, schema(prop("Integer")), schema(prop("Text")), value=TEXT) == set()
    dc = schema(prop("Text", "title"), uri="http://purl.org/dc/elements/1.1/")
    title = "<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>x</rdf:li></rdf:Alt></dc:title>"
    assert rules(part, dc, value="<dc:title>x</dc:title>") == set()
    assert rules(part, dc, value=title) == {WRONG_TYPE[part]}


@pytest.mark.parametrize(
    ("main", "page", "conforms"),
    [
        (schema(prop("Text")), "", True),
        (schema(prop("Integer")), "", False),
        (schema(prop("Integer")), schema(prop("Text")), True),
        # the packet of a page can name the types of a schema with its namespace in the main packet
        (schema(prop("Text", "o"), types=(own(),)), schema(prop("own")), True),
        (schema(prop("Text", "o"), types=(own(),), uri=Z), schema(prop("own")), None),
        (schema(types=(own(),)).replace("pdfaSchema:property>", "pdfaSchema:x>"), schema(prop("own")), None),
    ],
)
def test_packets_of_pages_use_the_schemas_of_the_document(
    main: str, page: str, conforms: bool | None
) -> None:
    """``None``: the type is unknown, so the property is not declared at all."""
    d = Doc(2, "b")
    d.describe(container(main), NAMES)
    other = Doc(2, "b")
    other.describe((container(page) if page else "") + TEXT, NAMES)
    d.page["Metadata"] = d.add(Stream({"Type": "/Metadata", "Subtype": "/XML"}, other.packet()))
    found = {finding.rule for finding in check(d.write(), "2b").findings if finding.page}
    expected = {True: set(), False: {WRONG_TYPE[2]}, None: {UNDEFINED[2], WRONG_TYPE[2], UNKNOWN_TYPE[2]}}
    assert found == expected[conforms]
