"""Defects in XMP, extension schemas, identification and document information."""

from __future__ import annotations

from .builder import Doc
from .cases import Build, case

DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
PDF = 'xmlns:pdf="http://ns.adobe.com/pdf/1.3/"'
XMP = 'xmlns:xmp="http://ns.adobe.com/xap/1.0/"'


@case("6.7.2-1", "6.6.2.1-1", also="6.7.11-1 6.6.4-1")
def metadata_present(d: Doc, bad: bool) -> None:
    if bad:
        d.metadata["Subtype"] = "/TXT"


@case("6.7.2-2")
def metadata_unfiltered(d: Doc, bad: bool) -> None:
    if bad:
        d.metadata["Filter"] = "/FlateDecode"


@case("6.7.5-1", "6.6.2.1-2")
def packet_bytes(d: Doc, bad: bool) -> None:
    d.packet_attributes = ' bytes="1000"' if bad else ""


@case("6.7.5-2", "6.6.2.1-3")
def packet_encoding(d: Doc, bad: bool) -> None:
    d.packet_attributes = ' encoding="UTF-8"' if bad else ""


@case("6.7.9-1", "6.6.2.1-4", also="6.7.11-1 6.6.4-1 6.6.2.1-5")
def serialised(d: Doc, bad: bool) -> None:
    d.describe("<dc:format>application/pdf" + ("</dc:forma>" if bad else "</dc:format>"), DC)


@case(None, "6.6.2.1-5", also="6.6.2.1-4 6.6.4-1")
def utf8(d: Doc, bad: bool) -> None:
    if bad:
        d.packet_bytes = d.packet().decode().encode("utf-16-be")


@case("6.7.9-2", "6.6.2.3.1-1", also="6.7.9-3 6.6.2.3.1-2")
def defined(d: Doc, bad: bool) -> None:
    d.describe("<dc:own>x</dc:own>" if bad else "<dc:format>application/pdf</dc:format>", DC)


@case("6.7.9-3", "6.6.2.3.1-2")
def typed(d: Doc, bad: bool) -> None:
    item = "x" if bad else "<rdf:Seq><rdf:li>x</rdf:li></rdf:Seq>"
    d.describe(f"<dc:creator>{item}</dc:creator>", DC)


@case("6.7.11-1", "6.6.4-1")
def identified(d: Doc, bad: bool) -> None:
    if bad:
        d.id_xml = ""


@case("6.7.11-2", "6.6.4-2")
def id_part(d: Doc, bad: bool) -> None:
    if bad:
        d.id_xml = d.id_xml.replace(f"<pdfaid:part>{d.part}<", "<pdfaid:part>7<")


@case("6.7.11-3", "6.6.4-3")
def id_conformance(d: Doc, bad: bool) -> None:
    if bad:
        d.id_xml = d.id_xml.replace(f"<pdfaid:conformance>{d.level.upper()}<", "<pdfaid:conformance>X<")


def _prefix(name: str) -> Build:
    def build(d: Doc, bad: bool) -> None:
        value = {"amd": "2005", "corr": "1"}.get(name)
        if value is not None:
            d.id_xml = d.id_xml.replace(
                "</rdf:Description>", f"<pdfaid:{name}>{value}</pdfaid:{name}></rdf:Description>"
            )
        if bad:
            d.id_xml = d.id_xml.replace(
                "xmlns:pdfaid", 'xmlns:own="http://www.aiim.org/pdfa/ns/id/" xmlns:pdfaid'
            )
            d.id_xml = d.id_xml.replace(f"<pdfaid:{name}>", f"<own:{name}>").replace(
                f"</pdfaid:{name}>", f"</own:{name}>"
            )

    return build


for _name, _one, _two in (
    ("part", "6.7.11-4", "6.6.4-4"), ("conformance", "6.7.11-5", "6.6.4-5"),
    ("amd", "6.7.11-6", "6.6.4-6"), ("corr", None, "6.6.4-7"),
):  # fmt: skip
    case(_one, _two)(_prefix(_name))


# -- extension schemas --------------------------------------------------------------------------------

_SPACES = (
    'xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" '
    'xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" xmlns:pdfaType="http://www.aiim.org/pdfa/ns/type#" '
    'xmlns:pdfaField="http://www.aiim.org/pdfa/ns/field#"'
)
_SCHEMA = """<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>Own schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://example.com/own/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>own</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>thing</pdfaProperty:name>
<pdfaProperty:valueType>Text</pdfaProperty:valueType>
<pdfaProperty:category>external</pdfaProperty:category>
<pdfaProperty:description>A thing</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
<pdfaSchema:valueType><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaType:type>OwnType</pdfaType:type>
<pdfaType:namespaceURI>http://example.com/type/</pdfaType:namespaceURI>
<pdfaType:prefix>type</pdfaType:prefix>
<pdfaType:description>A type</pdfaType:description>
<pdfaType:field><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaField:name>field</pdfaField:name>
<pdfaField:valueType>Text</pdfaField:valueType>
<pdfaField:description>A field</pdfaField:description>
</rdf:li></rdf:Seq></pdfaType:field>
</rdf:li></rdf:Seq></pdfaSchema:valueType>
</rdf:li></rdf:Bag></pdfaExtension:schemas>"""


def _schema(old: str, new: str) -> Build:
    assert old in _SCHEMA

    def build(d: Doc, bad: bool) -> None:
        d.describe(_SCHEMA.replace(old, new) if bad else _SCHEMA, _SPACES)

    return build


def _without(element: str) -> Build:
    start = _SCHEMA.index(f"<{element}>")
    end = _SCHEMA.index(f"</{element}>") + len(element) + 3
    return _schema(_SCHEMA[start:end], "")


case("6.7.8-1", "6.6.2.3.2-1")(
    _schema("<pdfaSchema:prefix>", "<pdfaSchema:own>x</pdfaSchema:own><pdfaSchema:prefix>")
)


@case("6.7.8-2", "6.6.2.3.3-1")
def container(d: Doc, bad: bool) -> None:
    text = _SCHEMA.replace("rdf:Bag>", "rdf:Seq>") if bad else _SCHEMA
    d.describe(text, _SPACES)


for _element, _one, _two in (
    ("pdfaSchema:schema", "6.7.8-3", "6.6.2.3.3-2"), ("pdfaSchema:namespaceURI", "6.7.8-4", "6.6.2.3.3-3"),
    ("pdfaSchema:prefix", "6.7.8-5", "6.6.2.3.3-4"), ("pdfaProperty:name", "6.7.8-8", "6.6.2.3.3-7"),
    ("pdfaProperty:valueType", "6.7.8-9", "6.6.2.3.3-8"), ("pdfaProperty:category", "6.7.8-10", "6.6.2.3.3-9"),
    ("pdfaProperty:description", "6.7.8-11", "6.6.2.3.3-10"), ("pdfaType:type", "6.7.8-12", "6.6.2.3.3-11"),
    ("pdfaType:namespaceURI", "6.7.8-13", "6.6.2.3.3-12"), ("pdfaType:prefix", "6.7.8-14", "6.6.2.3.3-13"),
    ("pdfaType:description", "6.7.8-15", "6.6.2.3.3-14"), ("pdfaField:name", "6.7.8-17", "6.6.2.3.3-16"),
    ("pdfaField:valueType", "6.7.8-18", "6.6.2.3.3-17"), ("pdfaField:description", "6.7.8-19", "6.6.2.3.3-18"),
):  # fmt: skip
    case(_one, _two)(_without(_element))

for _element, _one, _two in (
    ("pdfaSchema:property", "6.7.8-6", "6.6.2.3.3-5"), ("pdfaSchema:valueType", "6.7.8-7", "6.6.2.3.3-6"),
    ("pdfaType:field", "6.7.8-16", "6.6.2.3.3-15"),
):  # fmt: skip
    _start = _SCHEMA.index(f"<{_element}><rdf:Seq>")
    _end = _SCHEMA.index(f"</rdf:Seq></{_element}>") + len(f"</rdf:Seq></{_element}>")
    _old = _SCHEMA[_start:_end]
    _inner = _old[len(f"<{_element}><rdf:Seq>") : -len(f"</rdf:Seq></{_element}>")]
    case(_one, _two)(_schema(_old, f"<{_element}><rdf:Bag>{_inner}</rdf:Bag></{_element}>"))


# -- document information -----------------------------------------------------------------------------


def _twin(key: str, xml: str, spaces: str, value: str, other: str) -> Build:
    def build(d: Doc, bad: bool) -> None:
        d.describe(xml, spaces)
        d.info[key] = other if bad else value

    return build


for _key, _one, _xml, _space, _good, _bad in (
    ("CreationDate", "6.7.3-1", "<xmp:CreateDate>2026-01-02T03:04:05Z</xmp:CreateDate>", XMP, "D:20260102040405+01'00'",
     "D:20260102030406Z"),
    ("Title", "6.7.3-2", '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">T</rdf:li></rdf:Alt></dc:title>', DC, "T", "U"),
    ("Author", "6.7.3-3", "<dc:creator><rdf:Seq><rdf:li>T</rdf:li></rdf:Seq></dc:creator>", DC, "T", "U"),
    ("Subject", "6.7.3-4", '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">T</rdf:li></rdf:Alt></dc:description>',
     DC, "T", "U"),
    ("Keywords", "6.7.3-5", "<pdf:Keywords>T</pdf:Keywords>", PDF, "T", "U"),
    ("Creator", "6.7.3-6", "<xmp:CreatorTool>T</xmp:CreatorTool>", XMP, "T", "U"),
    ("Producer", "6.7.3-7", "<pdf:Producer>T</pdf:Producer>", PDF, "T", "U"),
    ("ModDate", "6.7.3-8", "<xmp:ModifyDate>2026-01-02T03:04:05Z</xmp:ModifyDate>", XMP, "D:20260102030405Z",
     "D:20260102030406Z"),
):  # fmt: skip
    case(_one)(_twin(_key, _xml, _space, _good, _bad))
