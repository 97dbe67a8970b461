"""Small PDF documents for tests: a valid base and keyword arguments that change one thing."""

from __future__ import annotations

import zlib
from typing import Any

XPACKET = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "dc": "http://purl.org/dc/elements/1.1/",
        "xmp": "http://ns.adobe.com/xap/1.0/",
        "pdf": "http://ns.adobe.com/pdf/1.3/",
        "x": "http://example.com/x",
        "pdfaExtension": "http://www.aiim.org/pdfa/ns/extension/",
        "pdfaSchema": "http://www.aiim.org/pdfa/ns/schema#",
        "pdfaProperty": "http://www.aiim.org/pdfa/ns/property#",
        "pdfaType": "http://www.aiim.org/pdfa/ns/type#",
        "pdfaField": "http://www.aiim.org/pdfa/ns/field#",
    }.items()
)


def stream(dictionary: bytes, data: bytes) -> bytes:
    """A stream object body."""
    return b"<<" + dictionary + b"/Length %d>>\nstream\n" % len(data) + data + b"\nendstream"


def profile(space: bytes = b"RGB ", device: bytes = b"mntr", version: int = 2) -> bytes:
    """An ICC profile that is nothing but a header."""
    head = bytearray(132)
    head[8], head[9] = version, 0x10
    head[12:16], head[16:20], head[20:24], head[36:40] = device, space, b"XYZ ", b"acsp"
    head[0:4] = len(head).to_bytes(4, "big")
    return bytes(head)


def packet(inner: str = "", part: int = 1, level: str = "B", identification: str | None = None) -> bytes:
    """An XMP packet with the identification and ``inner`` properties."""
    if identification is None:
        identification = (
            '<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">'
            f"<pdfaid:part>{part}</pdfaid:part><pdfaid:conformance>{level}</pdfaid:conformance></rdf:Description>"
        )
    if inner:
        inner = f'<rdf:Description rdf:about="" {NAMESPACES}>{inner}</rdf:Description>'
    return (
        f'{XPACKET}<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">{identification}{inner}'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def pdf(
    objects: dict[int, bytes], trailer: bytes = b"", header: bytes = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
) -> bytes:
    """Objects as a file with a cross-reference table."""
    out = bytearray(header)
    offsets: dict[int, int] = {}
    for number, body in objects.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start, size = len(out), max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        out += b"%010d 00000 n \n" % offsets[number] if number in offsets else b"0000000000 00001 f \n"
    key = b"<00112233445566778899aabbccddeeff>"
    out += b"trailer\n<</Size %d/Root 1 0 R/ID[" % size + key + key + b"]" + trailer
    out += b">>\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def document(
    flavour: str = "1b",
    *,
    catalog: bytes = b"",
    page: bytes = b"",
    content: bytes = b"",
    resources: bytes = b"",
    objects: dict[int, bytes] | None = None,
    xmp: str = "",
    raw_xmp: bytes | None = None,
    intent: bool = True,
    trailer: bytes = b"",
    replace: tuple[bytes, bytes] | None = None,
    header: bytes = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n",
    structure: bool = True,
) -> bytes:
    """A document that is valid for ``flavour`` unless an argument breaks it.

    Objects: 1 catalog, 2 pages, 3 page, 4 metadata, 5 content, 6 output intent, 7 profile; tests use 10 and up.
    """
    part, level = int(flavour[0]), flavour[1].upper()
    tagged = b"/MarkInfo<</Marked true>>/StructTreeRoot 8 0 R" if level == "A" and structure else b""
    body: dict[int, bytes] = {
        1: b"<</Type/Catalog/Pages 2 0 R/Metadata 4 0 R"
        + (b"/OutputIntents[6 0 R]" if intent else b"")
        + tagged
        + catalog
        + b">>",
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 5 0 R/Resources<<"
        + resources
        + b">>"
        + page
        + b">>",
        4: stream(b"/Type/Metadata/Subtype/XML", packet(xmp, part, level) if raw_xmp is None else raw_xmp),
        5: stream(b"", content),
        6: b"<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/DestOutputProfile 7 0 R>>",
        7: stream(b"/N 3", profile()),
    }
    if tagged:
        body[8] = b"<</Type/StructTreeRoot>>"
    body.update(objects or {})
    if replace is not None:
        for number, value in body.items():
            if replace[0] in value:
                body[number] = value.replace(*replace, 1)
                return pdf(body, trailer, header)
    data = pdf(body, trailer, header)
    return data.replace(*replace, 1) if replace is not None else data


def form(extra: bytes = b"", data: bytes = b"", resources: bytes = b"/Resources<<>>") -> bytes:
    """A form XObject."""
    return stream(b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]" + resources + extra, data)


def image(extra: bytes = b"", data: bytes = b"abc") -> bytes:
    """An image XObject of one pixel."""
    return stream(b"/Type/XObject/Subtype/Image/Width 1/Height 1" + extra, data)


def deflated(dictionary: bytes, data: bytes) -> bytes:
    """A Flate stream."""
    return stream(dictionary + b"/Filter/FlateDecode", zlib.compress(data))


def annotation(
    subtype: bytes = b"Square", extra: bytes = b"/AP<</N 10 0 R>>", flags: bytes = b"/F 4"
) -> bytes:
    """A page entry with one annotation."""
    return b"/Annots[<</Type/Annot/Subtype/" + subtype + b"/Rect[0 0 9 9]" + flags + extra + b">>]"


def schema(**changes: str) -> str:
    """An extension schema container; a change replaces (or with ``""`` removes) the element of that name."""
    fields = {
        "schema": "S", "namespaceURI": "http://example.com/x", "prefix": "x", "name": "one", "valueType": "Text",
        "category": "internal", "description": "d", "type": "My", "typeURI": "http://example.com/x", "typePrefix": "x",
        "typeDescription": "d", "fieldName": "fa", "fieldType": "Text", "fieldDescription": "d", "extra": "",
        "array": "Bag",
    }  # fmt: skip
    fields.update(changes)

    def element(name: str, key: str) -> str:
        return f"<{name}>{fields[key]}</{name}>" if fields[key] else ""

    item = '<rdf:li rdf:parseType="Resource">'
    array = fields["array"]
    return (
        f"<pdfaExtension:schemas><rdf:{array}>{item}"
        + element("pdfaSchema:schema", "schema")
        + element("pdfaSchema:namespaceURI", "namespaceURI")
        + element("pdfaSchema:prefix", "prefix")
        + fields["extra"]
        + f"<pdfaSchema:property><rdf:{fields.get('properties', 'Seq')}>{item}"
        + element("pdfaProperty:name", "name")
        + element("pdfaProperty:valueType", "valueType")
        + element("pdfaProperty:category", "category")
        + element("pdfaProperty:description", "description")
        + f"</rdf:li></rdf:{fields.get('properties', 'Seq')}></pdfaSchema:property>"
        + f"<pdfaSchema:valueType><rdf:{fields.get('types', 'Seq')}>{item}"
        + element("pdfaType:type", "type")
        + element("pdfaType:namespaceURI", "typeURI")
        + element("pdfaType:prefix", "typePrefix")
        + element("pdfaType:description", "typeDescription")
        + f"<pdfaType:field><rdf:{fields.get('fields', 'Seq')}>{item}"
        + element("pdfaField:name", "fieldName")
        + element("pdfaField:valueType", "fieldType")
        + element("pdfaField:description", "fieldDescription")
        + f"</rdf:li></rdf:{fields.get('fields', 'Seq')}></pdfaType:field></rdf:li>"
        + f"</rdf:{fields.get('types', 'Seq')}></pdfaSchema:valueType></rdf:li></rdf:{array}></pdfaExtension:schemas>"
    )


Case = dict[str, Any]
