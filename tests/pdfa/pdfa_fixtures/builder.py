"""A small PDF writer with full control over the bytes, and a document that is valid PDF/A to start from.

Values: ``"/Name"`` is a name, other ``str`` and ``bytes`` are literal strings, ``dict`` and ``list`` as usual,
:class:`Ref` a reference, :class:`Raw` bytes that are written as they are, :class:`Stream` a stream.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from . import fonts

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


class Raw(bytes):
    """Bytes that are written verbatim."""


@dataclass(frozen=True)
class Ref:
    """Reference to an indirect object."""

    num: int


@dataclass
class Stream:
    """A stream; ``length`` overrides Length, ``head`` and ``tail`` the keywords with their line ends."""

    dict: dict[str, Any]
    data: bytes
    length: int | None = None
    head: bytes = b"stream\n"
    tail: bytes = b"\nendstream"


def dump(value: Any) -> bytes:
    """Serialise a value."""
    if isinstance(value, Raw):
        return bytes(value)
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if value is None:
        return b"null"
    if isinstance(value, int | float):
        return str(value).encode()
    if isinstance(value, Ref):
        return b"%d 0 R" % value.num
    if isinstance(value, str):
        if value.startswith("/"):
            return value.encode("latin-1")
        value = value.encode("latin-1")
    if isinstance(value, bytes):
        return b"(" + value.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)") + b")"
    if isinstance(value, dict):
        return b"<<" + b" ".join(b"/%s %s" % (k.encode("latin-1"), dump(v)) for k, v in value.items()) + b">>"
    if isinstance(value, list):
        return b"[" + b" ".join(dump(v) for v in value) + b"]"
    if isinstance(value, Stream):
        length = len(value.data) if value.length is None else value.length
        return dump({**value.dict, "Length": length}) + b"\n" + value.head + value.data + value.tail
    raise TypeError(type(value))


def icc(space: str = "RGB ", kind: str = "mntr", version: int = 2) -> bytes:
    """The header of an ICC profile without tags."""
    data = bytearray(132)
    data[0:4] = (132).to_bytes(4, "big")
    data[8] = version
    data[9] = 0x10
    data[12:16] = kind.encode()
    data[16:20] = space.encode()
    data[20:24] = b"XYZ "
    data[36:40] = b"acsp"
    return bytes(data)


@dataclass
class Doc:
    """A valid document of a flavour; the defect injectors change it before :meth:`write`."""

    part: int
    level: str
    header: bytes = b"%PDF-1.4"
    comment: bytes = b"%\xe2\xe3\xcf\xd3"
    xref_head: bytes = b"xref\n0 %d\n"
    after: bytes = b"\n"
    objects: list[Any] = field(default_factory=list)
    heads: dict[int, bytes] = field(default_factory=dict)
    content: bytes = b""
    xmp: str = ""
    id_xml: str = ""
    packet_attributes: str = ""
    packet_bytes: bytes | None = None
    no_id: bool = False
    info: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.catalog: dict[str, Any] = {"Type": "/Catalog"}
        self.page: dict[str, Any] = {"Type": "/Page", "MediaBox": [0, 0, 300, 400]}
        self.fonts: dict[str, Any] = {}
        self.resources: dict[str, Any] = {"Font": self.fonts}
        self.metadata: dict[str, Any] = {"Type": "/Metadata", "Subtype": "/XML"}
        self.trailer: dict[str, Any] = {"ID": [b"0123456789abcdef", b"0123456789abcdef"]}
        self.pages: dict[str, Any] = {"Type": "/Pages", "Count": 1}
        self.catalog_ref = self.add(self.catalog)
        self.pages_ref = self.add(self.pages)
        self.page_ref = self.add(self.page)
        self.catalog["Pages"] = self.pages_ref
        self.pages["Kids"] = [self.page_ref]
        self.page |= {"Parent": self.pages_ref, "Resources": self.resources}
        profile = self.add(Stream({"N": 3}, icc()))
        self.intent: dict[str, Any] = {
            "Type": "/OutputIntent", "S": "/GTS_PDFA1", "OutputConditionIdentifier": "sRGB", "Info": "sRGB",
            "DestOutputProfile": profile,
        }  # fmt: skip
        self.catalog["OutputIntents"] = [self.intent]
        pdfaid = "http://www.aiim.org/pdfa/ns/id/"
        self.id_xml = (
            f'<rdf:Description rdf:about="" xmlns:pdfaid="{pdfaid}"><pdfaid:part>{self.part}</pdfaid:part>'
            f"<pdfaid:conformance>{self.level.upper()}</pdfaid:conformance></rdf:Description>"
        )
        self.font("F1")
        self.content = b"BT /F1 12 Tf 20 100 Td (A) Tj ET\n"
        if self.level == "a":
            self.element = {"Type": "/StructElem", "S": "/P", "Pg": self.page_ref, "K": 0}
            self.tree: dict[str, Any] = {"Type": "/StructTreeRoot"}
            tree = self.add(self.tree)
            element = self.add(self.element)
            self.element["P"] = tree
            self.tree |= {"K": [element], "ParentTree": {"Nums": [0, [element]]}}
            self.catalog |= {"MarkInfo": {"Marked": True}, "StructTreeRoot": tree, "Lang": "nl-NL"}
            self.page["StructParents"] = 0
            self.content = b"/P <</MCID 0>> BDC\n" + self.content + b"EMC\n"

    # -- parts ------------------------------------------------------------------------------------

    def add(self, value: Any) -> Ref:
        """Add an indirect object."""
        self.objects.append(value)
        return Ref(len(self.objects))

    def stream(self, data: bytes, **entries: Any) -> Ref:
        """Add a stream."""
        return self.add(Stream(entries, data))

    def resource(self, kind: str, name: str, value: Any) -> None:
        """Add a page resource."""
        self.resources.setdefault(kind, {})[name] = value

    def draw(self, operators: bytes) -> None:
        """Append operators to the page content."""
        self.content += operators + b"\n"

    def show(self, font: str, text: bytes = b"A", before: bytes = b"") -> None:
        """Show a text in a font of the page."""
        self.draw(b"BT " + before + b" /%s 12 Tf 20 150 Td %s Tj ET" % (font.encode(), dump(text)))

    def font(
        self, name: str, program: bytes | None = None, **changes: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Add a simple TrueType font; gives its dictionary and descriptor, which may be changed."""
        file = self.stream(program or fonts.truetype(), **{"Length1": len(program or fonts.truetype())})
        descriptor: dict[str, Any] = {
            "Type": "/FontDescriptor", "FontName": "/Test", "Flags": 32, "FontBBox": [0, 0, 600, 700],
            "ItalicAngle": 0, "Ascent": 700, "Descent": 0, "CapHeight": 700, "StemV": 80, "FontFile2": file,
        }  # fmt: skip
        font: dict[str, Any] = {
            "Type": "/Font", "Subtype": "/TrueType", "BaseFont": "/Test", "FirstChar": 65, "LastChar": 66,
            "Widths": [600, 600], "Encoding": "/WinAnsiEncoding", "FontDescriptor": self.add(descriptor), **changes,
        }  # fmt: skip
        self.fonts[name] = self.add(font)
        return font, descriptor

    def type1(self, name: str, cff: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
        """Add a Type 1 font (or its CFF form)."""
        font, descriptor = self.font(name)
        del descriptor["FontFile2"]
        font["Subtype"] = "/Type1"
        if cff:
            descriptor["FontFile3"] = self.stream(fonts.cff(), Subtype="/Type1C")
        else:
            clear, secret = fonts.type1()
            descriptor["FontFile"] = self.stream(
                clear + secret, Length1=len(clear), Length2=len(secret), Length3=0
            )
        return font, descriptor

    def composite(
        self, name: str, encoding: Any = "/Identity-H", **changes: Any
    ) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Add a Type 0 font over TrueType: dictionaries of font, CIDFont and descriptor."""
        simple, descriptor = self.font(name)
        cid: dict[str, Any] = {
            "Type": "/Font", "Subtype": "/CIDFontType2", "BaseFont": "/Test", "FontDescriptor": simple["FontDescriptor"],
            "CIDSystemInfo": {"Registry": "Adobe", "Ordering": "Identity", "Supplement": 0}, "DW": 600,
            "CIDToGIDMap": "/Identity",
        }  # fmt: skip
        font: dict[str, Any] = {
            "Type": "/Font", "Subtype": "/Type0", "BaseFont": "/Test", "Encoding": encoding,
            "DescendantFonts": [self.add(cid)], "ToUnicode": self.stream(to_unicode({1: "A", 2: "B"})), **changes,
        }  # fmt: skip
        self.fonts[name] = self.add(font)
        return font, cid, descriptor

    def form(self, content: bytes = b"", **entries: Any) -> Ref:
        """Add a form XObject."""
        return self.add(
            Stream(
                {"Type": "/XObject", "Subtype": "/Form", "BBox": [0, 0, 10, 10], "Resources": {}, **entries},
                content,
            )
        )

    def image(self, **entries: Any) -> Ref:
        """Add a one-pixel RGB image."""
        data = entries.pop("data", b"\0\0\0")
        return self.add(
            Stream(
                {
                    "Type": "/XObject", "Subtype": "/Image", "Width": 1, "Height": 1, "ColorSpace": "/DeviceRGB",
                    "BitsPerComponent": 8, **entries,
                },
                data,
            )
        )  # fmt: skip

    def annot(self, **entries: Any) -> dict[str, Any]:
        """Add an annotation with appearance."""
        value: dict[str, Any] = {
            "Type": "/Annot", "Subtype": "/Square", "Rect": [10, 10, 50, 50], "F": 4, "AP": {"N": self.form()}, **entries,
        }  # fmt: skip
        self.page.setdefault("Annots", []).append(self.add(value))
        return value

    def widget(self, **entries: Any) -> dict[str, Any]:
        """Add a text field that is its own widget."""
        value = self.annot(Subtype="/Widget", FT="/Tx", T="field", **entries)
        form = self.catalog.setdefault("AcroForm", {"Fields": []})
        form["Fields"].append(self.page["Annots"][-1])
        return value

    def describe(self, inner: str, namespaces: str = "") -> None:
        """Add an rdf:Description to the XMP packet."""
        self.xmp += f'<rdf:Description rdf:about="" {namespaces}>{inner}</rdf:Description>'

    # -- output -----------------------------------------------------------------------------------

    def packet(self) -> bytes:
        """The XMP packet."""
        if self.packet_bytes is not None:
            return self.packet_bytes
        return (
            f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"{self.packet_attributes}?>'
            f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">{self.id_xml}{self.xmp}</rdf:RDF>'
            '</x:xmpmeta><?xpacket end="w"?>'
        ).encode()

    def write(self) -> bytes:
        """The document as bytes."""
        objects = list(self.objects)
        objects.append(Stream({}, self.content))
        self.page.setdefault("Contents", Ref(len(objects)))
        if self.metadata:
            packet = self.packet()
            if self.metadata.get("Filter") == "/FlateDecode":
                import zlib

                packet = zlib.compress(packet)
            objects.append(Stream(self.metadata, packet))
            self.catalog.setdefault("Metadata", Ref(len(objects)))
        trailer = {"Size": len(objects) + 1, "Root": self.catalog_ref, **self.trailer}
        if self.info:
            objects.append(self.info)
            trailer |= {"Info": Ref(len(objects)), "Size": len(objects) + 1}
        out = bytearray(self.header + b"\n" + self.comment + b"\n")
        offsets = []
        for number, value in enumerate(objects, 1):
            offsets.append(len(out))
            head = self.heads.get(number, b"%d 0 obj\n" % number)
            out += head + dump(value) + b"\nendobj\n"
        start = len(out)
        out += self.xref_head % (len(objects) + 1) + b"0000000000 65535 f \n"
        for offset in offsets:
            out += b"%010d 00000 n \n" % offset
        out += b"trailer\n" + dump(trailer) + b"\nstartxref\n%d\n%%%%EOF" % start + self.after
        return bytes(out)


def to_unicode(mapping: dict[int, str], size: int = 2) -> bytes:
    """A ToUnicode CMap."""
    lines = "".join(
        f"<{code:0{2 * size}x}> <{text.encode('utf-16-be').hex()}>\n" for code, text in mapping.items()
    )
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n/CMapName /X def /CMapType 2 def\n"
        f"1 begincodespacerange <{'00' * size}> <{'ff' * size}> endcodespacerange\n"
        f"{len(mapping)} beginbfchar\n{lines}endbfchar\nendcmap end end\n"
    ).encode()


def cmap(cids: str = "<0000> <00ff> 0", wmode: int = 0, info: str = "Identity", use: str = "") -> bytes:
    """A CMap from two-byte codes to CIDs."""
    return (
        "%!PS-Adobe-3.0 Resource-CMap\n/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        f"{use}/CIDSystemInfo 3 dict dup begin /Registry (Adobe) def /Ordering ({info}) def /Supplement 0 def end def\n"
        f"/CMapName /Test-CMap def /CMapType 1 def /WMode {wmode} def\n"
        f"1 begincodespacerange <0000> <ffff> endcodespacerange\n1 begincidrange\n{cids}\nendcidrange\n"
        "endcmap CMapName currentdict /CMap defineresource pop end end\n"
    ).encode()
