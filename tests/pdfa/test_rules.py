"""A second set of documents, written apart from the fixtures: the base of every flavour breaks no rule, each change breaks one.

That every rule has documents is asked in ``test_fixtures.py``.
"""

from __future__ import annotations

from typing import Any

import pytest

from harness.pdfa import FLAVOURS, check
from harness.pdfa.rules.profile import rule_ids
from tests.pdfa.builders import annotation, document, form, image, packet, profile, schema, stream
from tests.pdfa.fonts import FONT_CASES

JS = b"<</S/JavaScript/JS(x)>>"
SEP = b"[/Separation/Foo/DeviceRGB 23 0 R]"
FUNCTION = {
    23: b"<</FunctionType 2/Domain[0 1]/N 1/C0[0 0 0]/C1[1 1 1]>>",
    24: b"<</FunctionType 2/Domain[0 1]/N 1/C0[0 0 0]/C1[1 1 0]>>",
}
ID = '<rdf:Description rdf:about="" xmlns:{p}="http://www.aiim.org/pdfa/ns/id/"><{p}:part>{part}</{p}:part>'
ID += "<{p}:conformance>{level}</{p}:conformance>{more}</rdf:Description>"


def identified(
    flavour: str, prefix: str = "pdfaid", more: str = "", part: str = "", level: str = ""
) -> dict[str, Any]:
    text = ID.format(p=prefix, part=part or flavour[0], level=level or flavour[1].upper(), more=more)
    return {"raw_xmp": packet(identification=text)}


def gs(entries: bytes) -> dict[str, Any]:
    return {"content": b"/G gs", "resources": b"/ExtGState<</G<<" + entries + b">>>>"}


def xobject(body: bytes, **more: Any) -> dict[str, Any]:
    return {
        "content": b"/X Do",
        "resources": b"/XObject<</X 10 0 R>>",
        "objects": {10: body, **FUNCTION, **more.pop("objects", {})},
        **more,
    }


def space(value: bytes, **more: Any) -> dict[str, Any]:
    return {
        "content": b"/C cs 0 0 1 1 re f",
        "resources": b"/ColorSpace<</C " + value + b">>",
        "objects": {**FUNCTION, **more.pop("objects", {})},
        **more,
    }


def jpx(*boxes: bytes, depth: int = 7, channels: int = 3) -> bytes:
    def box(kind: bytes, body: bytes) -> bytes:
        return (len(body) + 8).to_bytes(4, "big") + kind + body

    ihdr = box(b"ihdr", bytes(8) + channels.to_bytes(2, "big") + bytes([depth, 7, 0, 0]))
    colr = b"".join(box(b"colr", b) for b in boxes)
    return image(b"/Filter/JPXDecode", box(b"jP  ", b"\r\n\x87\n") + box(b"jp2h", ihdr + colr))


def annot(*args: bytes) -> dict[str, Any]:
    return {"page": annotation(*args), "objects": {10: form()}}


SRGB = b"\x01\x00\x00\x00\x00\x00\x10"
Cases = dict[str, dict[str, Any]]

# rule id in part 1 → change that breaks it (level b unless the key says "1a ")
PART1: Cases = {
    "6.1.2-1": {"replace": (b"%PDF-1.4", b"%PDF-x.4")},
    "6.1.2-2": {"replace": (b"%\xe2\xe3\xcf\xd3", b"%abcd")},
    "6.1.3-1": {"replace": (b"/ID[", b"/XD[")},
    "6.1.3-3": {"replace": (b"%%EOF\n", b"%%EOF\nmore")},
    "6.1.4-1": {"replace": (b"xref\n0 ", b"xref\n0  ")},
    "6.1.4-2": {"replace": (b"xref\n0 ", b"xref\n\n0 ")},
    "6.1.6-1": {"page": b"/A<abc>"},
    "6.1.6-2": {"page": b"/A<abxy>"},
    "6.1.7-1": {"objects": {10: stream(b"", b"abc").replace(b"Length 3", b"Length 2")}},
    "6.1.7-2": {"objects": {10: stream(b"", b"abc").replace(b"stream\n", b"stream\r", 1)}},
    "6.1.7-3": {"objects": {10: stream(b"/F(x)", b"abc")}},
    "6.1.8-1": {"replace": (b"3 0 obj\n", b"3 0 obj ")},
    "6.1.10-1": {"objects": {10: stream(b"/Filter/LZWDecode", b"\x80\x0b")}},
    "6.1.10-2": {"content": b"BI /W 1/H 1/BPC 8/CS/G/F/LZW ID a EI"},
    "6.1.11-1": {"objects": {10: b"<</Type/Filespec/F(a)/EF<<>>>>"}},
    "6.1.11-2": {"catalog": b"/Names<</EmbeddedFiles<<>>>>"},
    "6.1.12-1": {"page": b"/A 99999999999"},
    "6.1.12-2": {"page": b"/A 40000.5"},
    "6.1.12-3": {"page": b"/A(" + b"a" * 65536 + b")"},
    "6.1.12-4": {"page": b"/" + b"a" * 128 + b" 1"},
    "6.1.12-5": {"page": b"/A[" + b"1 " * 8192 + b"]"},
    "6.1.12-6": {"page": b"/A<<" + b"".join(b"/k%d 1" % i for i in range(4096)) + b">>"},
    "6.1.12-8": {"content": b"q " * 29},
    "6.1.12-9": space(b"[/DeviceN[" + b"/Cyan" * 9 + b"]/DeviceRGB 23 0 R]"),
    "6.1.13-1": {"catalog": b"/OCProperties<<>>"},
    "6.2.2-1": {"objects": {7: stream(b"/N 3", profile(version=4))}},
    "6.2.2-2": {
        "catalog": b"",
        "replace": (b"/OutputIntents[6 0 R]", b"/OutputIntents[6 0 R 10 0 R]"),
        "objects": {10: b"<</S/GTS_PDFX/DestOutputProfile 11 0 R>>", 11: stream(b"/N 3", profile())},
    },
    "6.2.3.2-1": space(b"[/ICCBased 10 0 R]", objects={10: stream(b"/N 3", profile(device=b"link"))}),
    "6.2.3.2-2": space(b"[/ICCBased 10 0 R]", objects={10: stream(b"/N 1", profile())}),
    "6.2.3.3-1": {"content": b"1 0 0 rg", "intent": False},
    "6.2.3.3-2": {"content": b"1 0 0 0 k"},
    "6.2.3.3-3": {"content": b"0 g", "intent": False},
    "6.2.4-1": xobject(image(b"/BitsPerComponent 8/ColorSpace/DeviceRGB/Alternates[]")),
    "6.2.4-2": xobject(form(b"/OPI<<>>")),
    "6.2.4-3": xobject(image(b"/Interpolate true")),
    "6.2.4-4": xobject(image(b"/BitsPerComponent 16")),
    "6.2.4-5": xobject(
        image(b"/ColorSpace/DeviceRGB/BitsPerComponent 8/Mask 11 0 R"),
        objects={11: image(b"/ImageMask true/BitsPerComponent 2")},
    ),
    "6.2.5-1": xobject(form(b"/Subtype2/PS")),
    "6.2.6-1": xobject(form(b"/Ref<<>>")),
    "6.2.7-1": xobject(stream(b"/Type/XObject/Subtype/PS", b"")),
    "6.2.8-1": gs(b"/TR/Identity"),
    "6.2.8-2": gs(b"/TR2/Identity"),
    "6.2.9-1": {"content": b"/Foo ri"},
    "6.2.10-1": {"content": b"BX foo EX"},
    "6.4-1": gs(b"/SMask<<>>"),
    "6.4-2": xobject(image(b"/SMask 11 0 R"), objects={11: image(b"/ColorSpace/DeviceGray")}),
    "6.4-3": xobject(form(b"/Group<</S/Transparency>>")),
    "6.4-4": gs(b"/BM/Multiply"),
    "6.4-5": gs(b"/CA 0.5"),
    "6.4-6": gs(b"/ca 0.5"),
    "6.5.2-1": annot(b"Movie"),
    "6.5.3-1": annot(b"Square", b"/CA 0.5/AP<</N 10 0 R>>"),
    "6.5.3-2": annot(b"Square", b"/AP<</N 10 0 R>>", b"/F 2"),
    "6.5.3-3": {**annot(b"Square", b"/C[1 0 0]/AP<</N 10 0 R>>"), "intent": False},
    "6.5.3-4": annot(b"Square", b"/AP<</N 10 0 R/D 10 0 R>>"),
    "6.5.3-5": annot(b"Widget/FT/Btn"),
    "6.5.3-6": annot(b"Square", b"/AP<</N<</On 10 0 R>>>>"),
    "6.6.1-1": {"catalog": b"/OpenAction" + JS},
    "6.6.1-2": {"catalog": b"/OpenAction<</S/Named/N/Print>>"},
    "6.6.1-3": annot(b"Widget/FT/Tx", b"/A<</S/URI>>/AP<</N 10 0 R>>"),
    "6.6.2-1": annot(b"Widget/FT/Tx", b"/AA<</E<</S/URI>>>>/AP<</N 10 0 R>>"),
    "6.6.2-2": {"catalog": b"/AcroForm<</Fields[<</FT/Tx/T(a)/AA<</K<</S/URI>>>>>>]>>"},
    "6.6.2-3": {"catalog": b"/AA<</WC<</S/URI>>>>"},
    "6.7.2-1": {"replace": (b"/Subtype/XML", b"/Subtype/XMX")},
    "6.7.2-2": {"replace": (b"/Subtype/XML", b"/Subtype/XML/Filter[]")},
    "6.7.3-1": {
        "objects": {10: b"<</CreationDate(D:20200101000000Z)>>"},
        "xmp": "<xmp:CreateDate>2021-01-01</xmp:CreateDate>",
    },
    "6.7.3-2": {"objects": {10: b"<</Title(a)>>"}},
    "6.7.3-3": {"objects": {10: b"<</Author(a)>>"}},
    "6.7.3-4": {"objects": {10: b"<</Subject(a)>>"}},
    "6.7.3-5": {"objects": {10: b"<</Keywords(a)>>"}},
    "6.7.3-6": {"objects": {10: b"<</Creator(a)>>"}},
    "6.7.3-7": {"objects": {10: b"<</Producer(a)>>"}},
    "6.7.3-8": {
        "objects": {10: b"<</ModDate(D:20200101000000Z)>>"},
        "xmp": "<xmp:ModifyDate>2021-01-01</xmp:ModifyDate>",
    },
    "6.7.5-1": {"raw_xmp": packet().replace(b" id=", b' bytes="9" id=')},
    "6.7.5-2": {"raw_xmp": packet().replace(b" id=", b' encoding="UTF-8" id=')},
    "6.7.8-1": {"xmp": schema(extra="<x:bogus>1</x:bogus>")},
    "6.7.8-2": {"xmp": schema(array="Seq")},
    "6.7.8-3": {"xmp": schema(schema="")},
    "6.7.8-4": {"xmp": schema(namespaceURI="")},
    "6.7.8-5": {"xmp": schema(prefix="")},
    "6.7.8-6": {"xmp": schema(properties="Bag")},
    "6.7.8-7": {"xmp": schema(types="Bag")},
    "6.7.8-8": {"xmp": schema(name="")},
    "6.7.8-9": {"xmp": schema(valueType="Bogus")},
    "6.7.8-10": {"xmp": schema(category="other")},
    "6.7.8-11": {"xmp": schema(description="")},
    "6.7.8-12": {"xmp": schema(type="")},
    "6.7.8-13": {"xmp": schema(typeURI="")},
    "6.7.8-14": {"xmp": schema(typePrefix="")},
    "6.7.8-15": {"xmp": schema(typeDescription="")},
    "6.7.8-16": {"xmp": schema(fields="Bag")},
    "6.7.8-17": {"xmp": schema(fieldName="")},
    "6.7.8-18": {"xmp": schema(fieldType="Bogus")},
    "6.7.8-19": {"xmp": schema(fieldDescription="")},
    "6.7.9-1": {"raw_xmp": packet().replace(b"</rdf:RDF>", b"")},
    "6.7.9-2": {"xmp": "<x:unknown>a</x:unknown>"},
    "6.7.9-3": {"xmp": "<dc:title>plain</dc:title>"},
    "6.7.11-1": {"raw_xmp": packet(identification="")},
    "6.7.11-2": identified("1b", part="2"),
    "6.7.11-3": identified("1b", level="X"),
    "6.7.11-4": identified("1b", prefix="q"),
    "6.7.11-5": identified("1b", prefix="q"),
    "6.7.11-6": {
        "raw_xmp": packet(identification=ID.format(p="q", part=1, level="B", more="<q:amd>1</q:amd>"))
    },
    "6.8.2.2-1": {"replace": (b"/Marked true", b"/Marked null")},
    "6.8.3.3-1": {"structure": False},
    "6.8.3.4-1": {"objects": {8: b"<</Type/StructTreeRoot/K<</S/Foo>>>>"}},
    "6.8.3.4-2": {"objects": {8: b"<</Type/StructTreeRoot/RoleMap<</Foo/Foo>>/K<</S/Foo>>>>"}},
    "6.8.4-1": {"catalog": b"/Lang(nl_NL)"},
    "6.9-1": {"catalog": b"/AcroForm<</Fields[]/NeedAppearances true>>"},
    "6.9-2": {"page": annotation(b"Widget/FT/Tx", b"")},
}
for _key in [k for k in PART1 if k.startswith("6.7.3-")]:
    PART1[_key]["trailer"] = b"/Info 10 0 R"

# rules of part 2 and 3 that repeat a rule of part 1 with the same defect
SAME = {
    "6.1.2-1": "6.1.2-1", "6.1.2-2": "6.1.2-2", "6.1.3-1": "6.1.3-1", "6.1.3-3": "6.1.3-3", "6.1.4-2": "6.1.4-2",
    "6.1.6-1": "6.1.6-1", "6.1.6-2": "6.1.6-2", "6.1.7-1": "6.1.7.1-1", "6.1.7-2": "6.1.7.1-2", "6.1.7-3": "6.1.7.1-3",
    "6.1.8-1": "6.1.9-1", "6.1.10-1": "6.1.7.2-1", "6.1.10-2": "6.1.10-1", "6.1.12-1": "6.1.13-1",
    "6.1.12-4": "6.1.13-4", "6.1.12-8": "6.1.13-8", "6.2.2-2": "6.2.3-2", "6.2.3.2-1": "6.2.4.2-1",
    "6.2.3.3-1": "6.2.4.3-2", "6.2.3.3-2": "6.2.4.3-3", "6.2.3.3-3": "6.2.4.3-4", "6.2.4-1": "6.2.8-1",
    "6.2.4-3": "6.2.8-3", "6.2.4-5": "6.2.8-5", "6.2.5-1": "6.2.9-1", "6.2.6-1": "6.2.9-2", "6.2.7-1": "6.2.9-3",
    "6.2.8-1": "6.2.5-1", "6.2.8-2": "6.2.5-2", "6.2.9-1": "6.2.6-1", "6.2.10-1": "6.2.2-1", "6.5.2-1": "6.3.1-1",
    "6.5.3-2": "6.3.2-2", "6.5.3-4": "6.3.3-2", "6.5.3-5": "6.3.3-3", "6.5.3-6": "6.3.3-4", "6.6.1-1": "6.5.1-1",
    "6.6.1-2": "6.5.1-2", "6.6.1-3": "6.4.1-1", "6.6.2-2": "6.4.1-2", "6.6.2-3": "6.5.2-1", "6.7.2-1": "6.6.2.1-1",
    "6.7.5-1": "6.6.2.1-2", "6.7.5-2": "6.6.2.1-3", "6.7.9-1": "6.6.2.1-4", "6.7.9-2": "6.6.2.3.1-1",
    "6.7.9-3": "6.6.2.3.1-2", "6.7.8-1": "6.6.2.3.2-1", "6.7.8-2": "6.6.2.3.3-1", "6.7.8-3": "6.6.2.3.3-2",
    "6.7.8-4": "6.6.2.3.3-3", "6.7.8-5": "6.6.2.3.3-4", "6.7.8-6": "6.6.2.3.3-5", "6.7.8-7": "6.6.2.3.3-6",
    "6.7.8-8": "6.6.2.3.3-7", "6.7.8-9": "6.6.2.3.3-8", "6.7.8-10": "6.6.2.3.3-9", "6.7.8-11": "6.6.2.3.3-10",
    "6.7.8-12": "6.6.2.3.3-11", "6.7.8-13": "6.6.2.3.3-12", "6.7.8-14": "6.6.2.3.3-13", "6.7.8-15": "6.6.2.3.3-14",
    "6.7.8-16": "6.6.2.3.3-15", "6.7.8-17": "6.6.2.3.3-16", "6.7.8-18": "6.6.2.3.3-17", "6.7.8-19": "6.6.2.3.3-18",
    "6.7.11-1": "6.6.4-1", "6.7.11-3": "6.6.4-3", "6.7.11-4": "6.6.4-4", "6.7.11-5": "6.6.4-5", "6.7.11-6": "6.6.4-6",
    "6.8.2.2-1": "6.7.2.2-1", "6.8.3.3-1": "6.7.3.3-1", "6.8.3.4-1": "6.7.3.4-1", "6.8.3.4-2": "6.7.3.4-2",
    "6.9-1": "6.4.1-3",
}  # fmt: skip

FILE = {21: stream(b"/Type/EmbeddedFile/Subtype/text#2Fplain", b"hi")}
SPEC = b"<</Type/Filespec/F(a)/UF(a)/AFRelationship/Data/EF<</F 21 0 R>>>>"
NAMES = b"/Names<</EmbeddedFiles<</Names[(a) 20 0 R]>>>>/AF[20 0 R]"
SIG = b"/AcroForm<</Fields[<</FT/Sig/T(a)/V 20 0 R>>]>>"


def halftone(entries: bytes) -> dict[str, Any]:
    return gs(b"/HT<<" + entries + b">>")


PART2: Cases = {
    "6.1.8-1": space(b"[/Separation/F#ff/DeviceRGB 23 0 R]"),
    "6.1.12-1": {"catalog": b"/Perms<</Foo 1>>"},
    "6.1.12-2": {
        "catalog": b"/Perms<</DocMDP 20 0 R>>" + SIG,
        "objects": {20: b"<</Type/Sig/Contents<00>/ByteRange[0 1 2 3]/Reference[<</DigestValue(x)>>]>>"},
    },
    "6.1.13-2": {"page": b"/A 1" + b"0" * 40 + b".0"},
    "6.1.13-3": {"page": b"/A(" + b"a" * 32768 + b")"},
    "6.1.13-5": {"page": b"/A 0." + b"0" * 40 + b"1"},
    "6.1.13-9": space(b"[/DeviceN[" + b"/Cyan" * 33 + b"]/DeviceRGB 23 0 R]"),
    "6.1.13-11": {"page": b"/CropBox[0 0 2 2]"},
    "6.2.2-2": {
        "content": b"/X Do",
        "resources": b"/XObject<</X 10 0 R>>/ExtGState<</G<<>>>>",
        "objects": {10: form(data=b"/G gs")},
    },
    "6.2.3-1": {"objects": {7: stream(b"/N 3", profile(device=b"scnr"))}},
    "6.2.3-3": {"replace": (b"/S/GTS_PDFA1", b"/S/GTS_PDFA1/DestOutputProfileRef<<>>")},
    "6.2.4.2-2": {
        "content": b"/G gs /C cs 0 0 1 1 re f",
        "resources": b"/ExtGState<</G<</OP true/OPM 1>>>>/ColorSpace<</C[/ICCBased 10 0 R]>>",
        "objects": {10: stream(b"/N 4", profile(b"CMYK"))},
    },
    "6.2.4.4-1": space(b"[/DeviceN[/Foo]/DeviceRGB 23 0 R]"),
    "6.2.4.4-2": {
        "content": b"/A cs /B cs",
        "resources": b"/ColorSpace<</A" + SEP + b"/B" + SEP.replace(b"23", b"24") + b">>",
        "objects": FUNCTION,
    },
    "6.2.5-3": gs(b"/HTP[0 0]"),
    "6.2.5-4": halftone(b"/HalftoneType 6"),
    "6.2.5-5": halftone(b"/HalftoneType 1/HalftoneName(a)"),
    "6.2.5-6": halftone(b"/HalftoneType 1/TransferFunction/Identity"),
    "6.2.8-2": xobject(image(b"/OPI<<>>")),
    "6.2.8-4": xobject(image(b"/BitsPerComponent 3")),
    "6.2.8.3-1": xobject(jpx(SRGB, channels=2)),
    "6.2.8.3-2": xobject(jpx(SRGB, SRGB)),
    "6.2.8.3-3": xobject(jpx(b"\x05" + SRGB[1:])),
    "6.2.8.3-4": xobject(jpx(SRGB[:-1] + b"\x13")),
    "6.2.8.3-5": xobject(jpx(SRGB, depth=60)),
    "6.2.10-1": gs(b"/BM/Foo"),
    "6.2.10-2": {**gs(b"/ca 0.5"), "content": b"/G gs 0 0 1 1 re f", "intent": False},
    "6.3.2-1": annot(b"Square", b"/AP<</N 10 0 R>>", b""),
    "6.3.3-1": annot(b"Square", b""),
    "6.4.2-1": {"catalog": b"/AcroForm<</Fields[]/XFA(x)>>"},
    "6.4.2-2": {"catalog": b"/NeedsRendering true"},
    "6.4.3-1": {"catalog": SIG, "objects": {20: b"<</Type/Sig/Contents<00>/ByteRange[0 1 2 3]>>"}},
    "6.4.3-2": {"catalog": SIG, "objects": {20: b"<</Type/Sig/Contents<00>/ByteRange[0 1 2 3]>>"}},
    "6.4.3-3": {"catalog": SIG, "objects": {20: b"<</Type/Sig/Contents<00>/ByteRange[0 1 2 3]>>"}},
    "6.5.2-2": {"page": b"/AA<<>>"},
    "6.6.2.1-5": {"raw_xmp": packet(part=2).decode().encode("utf-16")},
    "6.6.4-2": identified("2b", part="1"),
    "6.6.4-7": {
        "raw_xmp": packet(identification=ID.format(p="q", part=2, level="B", more="<q:corr>1</q:corr>"))
    },
    "6.7.3.4-3": {"objects": {8: b"<</Type/StructTreeRoot/RoleMap<</P/Foo>>/K<</S/P>>>>"}},
    "6.7.4-1": {"catalog": b"/Lang(nl_NL)"},
    "6.8-2": {"catalog": NAMES, "objects": {20: SPEC.replace(b"/UF(a)", b""), **FILE}},
    "6.8-5": {"catalog": NAMES, "objects": {20: SPEC, **FILE}},
    "6.9-1": {"catalog": b"/OCProperties<</D<<>>>>"},
    "6.9-2": {"catalog": b"/OCProperties<</D<</Name(a)>>/Configs[<</Name(a)>>]>>"},
    "6.9-3": {
        "catalog": b"/OCProperties<</OCGs[20 0 R]/D<</Name(a)/Order[]>>>>",
        "objects": {20: b"<</Type/OCG>>"},
    },
    "6.9-4": {"catalog": b"/OCProperties<</D<</Name(a)/AS[]>>>>"},
    "6.10-1": {"catalog": b"/Names<</AlternatePresentations<<>>>>"},
    "6.10-2": {"page": b"/PresSteps<<>>"},
    "6.11-1": {"catalog": b"/Requirements[]"},
}
PART3: Cases = {
    "6.8-1": {
        "catalog": NAMES, "objects": {20: SPEC, 21: stream(b"/Type/EmbeddedFile", b"hi")},
    },
    "6.8-3": {"catalog": NAMES, "objects": {20: SPEC.replace(b"/AFRelationship/Data", b""), **FILE}},
    "6.8-4": {"catalog": NAMES.replace(b"/AF[20 0 R]", b""), "objects": {20: SPEC, **FILE}},
}  # fmt: skip


def cases() -> list[tuple[str, str, dict[str, Any]]]:
    """(flavour, rule, change) for everything that the tables hold."""
    out: list[tuple[str, str, dict[str, Any]]] = []
    for flavour in ("1b", "1a", "2b", "2a", "3b", "3a"):
        known = rule_ids(FLAVOURS[flavour])
        tables: list[Cases] = [PART1] if flavour[0] == "1" else [PART2]
        if flavour[0] != "1":
            tables.append({new: PART1[old] for old, new in SAME.items()})
        if flavour[0] == "3":
            tables.append(PART3)
        for table in tables:
            for rule, change in table.items():
                if rule in known and (flavour[1] == "b" or known[rule].levels != "bua"):
                    out.append((flavour, rule, change))
    return out


@pytest.mark.parametrize("flavour", list(FLAVOURS))
def test_base_is_valid(flavour: str) -> None:
    report = check(document(flavour), flavour)
    assert report.outcome == "valid", report.rules


@pytest.mark.parametrize(
    ("flavour", "rule", "change"), cases(), ids=lambda v: v if isinstance(v, str) else ""
)
def test_rule_fires(flavour: str, rule: str, change: dict[str, Any]) -> None:
    report = check(document(flavour, **change), flavour)
    assert report.outcome == "invalid", report.reason
    assert rule in report.rules


@pytest.mark.parametrize(
    ("flavour", "rule", "data"), FONT_CASES, ids=lambda v: v if isinstance(v, str) else ""
)
def test_font_rule_fires(flavour: str, rule: str, data: bytes) -> None:
    report = check(data, flavour)
    assert rule == "" or rule in report.rules
    if rule == "":
        assert report.outcome == "valid", report.rules
