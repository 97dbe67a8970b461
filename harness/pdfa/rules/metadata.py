# ruff: noqa: E501  (bilingual texts and tables)
"""Rules on metadata: ISO 19005-1 clause 6.7, ISO 19005-2/-3 clause 6.6."""

from __future__ import annotations

import re

from harness.pdfa.facts.metadata.information import InfoFact
from harness.pdfa.facts.metadata.packets import IdFact, ObjectFact, PropertyFact
from harness.pdfa.facts.metadata.rdf import Node
from harness.pdfa.facts.metadata.xmp import Packet
from harness.pdfa.rules.rule import Dispute, Predicate, Values, rule_list

RULES, rule = rule_list()


@rule(
    "MetadataStream", "6.7.2-1", "6.6.2.1-1",
    nl="De catalogus verwijst naar een metadatastroom met Type Metadata en Subtype XML.",
    en="The catalog refers to a metadata stream with Type Metadata and Subtype XML.",
)  # fmt: skip
def metadata_present(fact: object) -> bool:
    return bool(fact)


@rule(
    "PDMetadata", "6.7.2-2",
    nl="De metadatastroom van het document is niet gecomprimeerd (geen Filter).",
    en="The document's metadata stream is not compressed (no Filter).",
)  # fmt: skip
def metadata_unfiltered(fact: dict[str, object]) -> bool:
    return "Filter" not in fact


@rule(
    "XMPPackage", "6.7.5-1", "6.6.2.1-2",
    nl="De kop van het XMP-pakket heeft geen attribuut bytes.",
    en="The XMP packet header has no bytes attribute.",
)  # fmt: skip
def no_bytes(fact: Packet) -> bool:
    return fact.bytes_attr is None


@rule(
    "XMPPackage", "6.7.5-2", "6.6.2.1-3",
    nl="De kop van het XMP-pakket heeft geen attribuut encoding.",
    en="The XMP packet header has no encoding attribute.",
)  # fmt: skip
def no_encoding(fact: Packet) -> bool:
    return fact.encoding_attr is None


@rule(
    "XMPPackage", "6.7.9-1", "6.6.2.1-4",
    nl="Het XMP-pakket is welgevormde XML en geldige RDF.",
    en="The XMP packet is well-formed XML and valid RDF.",
)  # fmt: skip
def serialised(fact: Packet) -> bool:
    return not fact.error


@rule(
    "XMPPackage", None, "6.6.2.1-5",
    nl="Het XMP-pakket is gecodeerd in UTF-8.",
    en="The XMP packet is encoded in UTF-8.",
    values=lambda f: ("UTF-8", f.encoding),
)  # fmt: skip
def utf8(fact: Packet) -> bool:
    return fact.encoding == "UTF-8"


@rule(
    "XMPProperty", "6.7.9-2", "6.6.2.3.1-1",
    nl="Elke XMP-eigenschap komt uit een voorgedefinieerd schema of een uitbreidingsschema.",
    en="Every XMP property comes from a predefined schema or an extension schema.",
)  # fmt: skip
def defined(fact: PropertyFact) -> bool:
    return fact.defined


@rule(
    "XMPProperty", "6.7.9-3", "6.6.2.3.1-2",
    nl="De waarde van elke XMP-eigenschap heeft het type dat haar schema noemt.",
    en="The value of every XMP property has the type that its schema gives.",
    values=lambda f: (f.type, f.value),
)  # fmt: skip
def typed(fact: PropertyFact) -> bool:
    return fact.type_fits


@rule(
    "MainXMPPackage", "6.7.11-1", "6.6.4-1",
    nl="De metadata noemen de PDF/A-versie (schema pdfaid).",
    en="The metadata state the PDF/A version (schema pdfaid).",
)  # fmt: skip
def identified(fact: object) -> bool:
    return bool(fact)


def _both(name: str, expected: str) -> Values:
    return lambda fact: (expected, getattr(fact, name) or "-")


def _written(name: str) -> Values:
    return lambda fact: ("pdfaid", fact.prefixes[name])


def _part(number: int) -> Predicate:
    def test(fact: IdFact) -> bool:
        return fact.part is not None and re.fullmatch(rf"\+?0*{number}", fact.part) is not None

    return test


for _number, _one, _two, _three in (
    (1, "6.7.11-2", None, ""),
    (2, None, "6.6.4-2", ""),
    (3, None, None, "6.6.4-2"),
):
    rule(
        "PDFAIdentification", _one, _two, part3=_three,
        nl="pdfaid:part is het deel van ISO 19005 waaraan het bestand voldoet.",
        en="pdfaid:part is the part of ISO 19005 to which the file conforms.",
        values=_both("part", str(_number)),
    )(_part(_number))  # fmt: skip


def _conformance(allowed: str) -> Predicate:
    return lambda fact: fact.conformance is not None and fact.conformance in tuple(allowed)


for _levels, _allowed, _one, _two in (
    ("b", "AB", "6.7.11-3", None), ("a", "A", "6.7.11-3", None),
    ("b", "ABU", None, "6.6.4-3"), ("u", "AU", None, "6.6.4-3"), ("a", "A", None, "6.6.4-3"),
):  # fmt: skip
    rule(
        "PDFAIdentification", _one, _two, levels=_levels,
        nl="pdfaid:conformance is het niveau waaraan het bestand voldoet.",
        en="pdfaid:conformance is the level to which the file conforms.",
        values=_both("conformance", " / ".join(_allowed)),
    )(_conformance(_allowed))  # fmt: skip


def _prefix(name: str) -> Predicate:
    return lambda fact: fact.prefixes[name] in (None, "pdfaid")


for _name, _one, _two in (
    ("part", "6.7.11-4", "6.6.4-4"), ("conformance", "6.7.11-5", "6.6.4-5"),
    ("amd", "6.7.11-6", "6.6.4-6"), ("corr", None, "6.6.4-7"),
):  # fmt: skip
    rule(
        "PDFAIdentification", _one, _two,
        nl=f"De eigenschap {_name} van de PDF/A-identificatie heeft prefix pdfaid.",
        en=f"The property {_name} of the PDF/A identification has prefix pdfaid.",
        values=_written(_name),
    )(_prefix(_name))  # fmt: skip


# -- extension schemas ------------------------------------------------------------------------------


@rule(
    "ExtensionSchemaObject", "6.7.8-1", "6.6.2.3.2-1",
    nl="Uitbreidingsschema's gebruiken alleen de velden die daarvoor bestaan.",
    en="Extension schemas use only the fields that exist for them.",
)  # fmt: skip
def no_unknown_fields(fact: ObjectFact) -> bool:
    return not fact.unknown


@rule(
    "ExtensionSchemasContainer", "6.7.8-2", "6.6.2.3.3-1",
    nl="pdfaExtension:schemas is een Bag en heeft prefix pdfaExtension.",
    en="pdfaExtension:schemas is a Bag with prefix pdfaExtension.",
)  # fmt: skip
def container(fact: Node) -> bool:
    return fact.kind == "bag" and fact.prefix == "pdfaExtension"


def _text_field(name: str, prefix: str, required: bool) -> Predicate:
    def test(fact: ObjectFact) -> bool:
        node = fact.node.child(fact.ns, name)
        if node is None:
            return not required
        return node.kind == "simple" and node.prefix == prefix

    return test


def _seq_field(name: str, prefix: str, required: bool = False) -> Predicate:
    def test(fact: ObjectFact) -> bool:
        node = fact.node.child(fact.ns, name)
        if node is None:
            return not required
        return node.kind == "seq" and node.prefix == prefix

    return test


def _type_field(prefix: str) -> Predicate:
    plain = _text_field("valueType", prefix, True)

    def test(fact: ObjectFact) -> bool:
        node = fact.node.child(fact.ns, "valueType")
        return bool(plain(fact)) and node is not None and fact.types.knows(node.text)

    return test


def _category(fact: ObjectFact) -> bool:
    node = fact.node.child(fact.ns, "category")
    return node is not None and node.kind == "simple" and node.prefix == "pdfaProperty" and node.text in (
        "internal", "external",
    )  # fmt: skip


_S, _P, _T, _F = "pdfaSchema", "pdfaProperty", "pdfaType", "pdfaField"
for _on, _prefix_, _name, _one, _two, _test in (
    ("ExtensionSchemaDefinition", _S, "schema", "6.7.8-3", "6.6.2.3.3-2", _text_field("schema", _S, True)),
    (
        "ExtensionSchemaDefinition",
        _S,
        "namespaceURI",
        "6.7.8-4",
        "6.6.2.3.3-3",
        _text_field("namespaceURI", _S, True),
    ),
    ("ExtensionSchemaDefinition", _S, "prefix", "6.7.8-5", "6.6.2.3.3-4", _text_field("prefix", _S, True)),
    ("ExtensionSchemaDefinition", _S, "property", "6.7.8-6", "6.6.2.3.3-5", _seq_field("property", _S)),
    ("ExtensionSchemaDefinition", _S, "valueType", "6.7.8-7", "6.6.2.3.3-6", _seq_field("valueType", _S)),
    ("ExtensionSchemaProperty", _P, "name", "6.7.8-8", "6.6.2.3.3-7", _text_field("name", _P, True)),
    ("ExtensionSchemaProperty", _P, "valueType", "6.7.8-9", "6.6.2.3.3-8", _type_field(_P)),
    ("ExtensionSchemaProperty", _P, "category", "6.7.8-10", "6.6.2.3.3-9", _category),
    (
        "ExtensionSchemaProperty",
        _P,
        "description",
        "6.7.8-11",
        "6.6.2.3.3-10",
        _text_field("description", _P, True),
    ),
    ("ExtensionSchemaValueType", _T, "type", "6.7.8-12", "6.6.2.3.3-11", _text_field("type", _T, True)),
    (
        "ExtensionSchemaValueType",
        _T,
        "namespaceURI",
        "6.7.8-13",
        "6.6.2.3.3-12",
        _text_field("namespaceURI", _T, True),
    ),
    ("ExtensionSchemaValueType", _T, "prefix", "6.7.8-14", "6.6.2.3.3-13", _text_field("prefix", _T, True)),
    (
        "ExtensionSchemaValueType",
        _T,
        "description",
        "6.7.8-15",
        "6.6.2.3.3-14",
        _text_field("description", _T, True),
    ),
    ("ExtensionSchemaValueType", _T, "field", "6.7.8-16", "6.6.2.3.3-15", _seq_field("field", _T)),
    ("ExtensionSchemaField", _F, "name", "6.7.8-17", "6.6.2.3.3-16", _text_field("name", _F, True)),
    ("ExtensionSchemaField", _F, "valueType", "6.7.8-18", "6.6.2.3.3-17", _type_field(_F)),
    (
        "ExtensionSchemaField",
        _F,
        "description",
        "6.7.8-19",
        "6.6.2.3.3-18",
        _text_field("description", _F, True),
    ),
):
    rule(
        _on, _one, _two,
        nl=f"Uitbreidingsschema: veld {_prefix_}:{_name} is aanwezig waar verplicht en heeft het juiste type en prefix.",
        en=f"Extension schema: field {_prefix_}:{_name} is present where required, with the right type and prefix.",
    )(_test)  # fmt: skip


# -- document information -----------------------------------------------------------------------------


def _agrees(key: str) -> Predicate:
    def test(fact: InfoFact) -> bool:
        return fact.agrees.get(key, True)

    return test


def _texts(key: str) -> Values:
    return lambda fact: fact.values.get(key, ("-", "-"))


_ZONE = re.compile(r"(Z|[+-]\d\d('?\d\d'?|:\d\d)?)'?$")


def _only_zone_differs(fact: InfoFact) -> bool:
    """Whether a date of the two is written without time zone, and the rest is equal."""
    for key in ("CreationDate", "ModDate"):
        info, xmp = fact.values.get(key, ("", ""))
        zoned = [_ZONE.search(text) is not None for text in (info, xmp)]
        plain = [re.sub(r"\D", "", _ZONE.sub("", text)) for text in (info, xmp)]
        if not fact.agrees.get(key, True) and not all(zoned) and plain[0] == plain[1]:
            return True
    return False


_NO_ZONE = Dispute(
    _only_zone_differs,
    "LED-PDF-004",
)


for _key, _twin, _one in (
    ("CreationDate", "xmp:CreateDate", "6.7.3-1"), ("Title", "dc:title", "6.7.3-2"), ("Author", "dc:creator", "6.7.3-3"),
    ("Subject", "dc:description", "6.7.3-4"), ("Keywords", "pdf:Keywords", "6.7.3-5"),
    ("Creator", "xmp:CreatorTool", "6.7.3-6"), ("Producer", "pdf:Producer", "6.7.3-7"),
    ("ModDate", "xmp:ModifyDate", "6.7.3-8"),
):  # fmt: skip
    rule(
        "CosInfo", _one,
        nl=f"{_key} in de documentinformatie is gelijk aan {_twin} in de metadata.",
        en=f"{_key} in the document information equals {_twin} in the metadata.",
        values=_texts(_key),
        dispute=_NO_ZONE if _key.endswith("Date") else None,
    )(_agrees(_key))  # fmt: skip
