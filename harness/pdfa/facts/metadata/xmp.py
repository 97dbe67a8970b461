"""XMP packets: bytes to a tree of properties (XMP specification part 1).

No DTD, no entities, no network; size is bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from harness.pdfa.facts.metadata.rdf import RDF, Node, RDFWalker, XMPError
from harness.pdfa.file.limits import LimitExceeded, Limits


@dataclass(slots=True)
class Packet:
    """A parsed packet.

    :ivar root: synthetic node whose children are the top-level properties.
    :ivar bytes_attr: value of ``bytes`` in the packet header, or ``None``.
    :ivar encoding_attr: value of ``encoding`` in the packet header, or ``None``.
    :ivar encoding: actual encoding, ``UTF-8``, ``UTF-16`` or ``UTF-32``.
    :ivar error: why it could not be read; then ``root`` is empty.
    """

    root: Node
    bytes_attr: str | None = None
    encoding_attr: str | None = None
    encoding: str = "UTF-8"
    error: str = ""

    def get(self, ns: str, name: str) -> Node | None:
        """The top-level property of this name."""
        return self.root.child(ns, name)


_PACKET = re.compile(r"<\?xpacket\s+([^?]*?begin\s*=[^?]*)\?>", re.DOTALL)
_ATTRIBUTE = re.compile(r"([A-Za-z]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_XML_DECL = re.compile(r"^\s*<\?xml\s[^>]*\?>")


def decode(data: bytes) -> tuple[str, str]:
    """Text and encoding of a packet; by byte order mark, else by the position of zero bytes."""
    if data[:4] in (b"\x00\x00\xfe\xff", b"\xff\xfe\x00\x00"):
        return data.decode("utf-32", "replace"), "UTF-32"
    if data[:2] in (b"\xfe\xff", b"\xff\xfe"):
        return data.decode("utf-16", "replace"), "UTF-16"
    if data[:3] == b"\xef\xbb\xbf":
        return data[3:].decode("utf-8", "strict"), "UTF-8"
    head = data[:4]
    if head[:1] == b"<" or head[:1].isspace():
        if len(head) == 4 and head[1:] == b"\x00\x00\x00":
            return data.decode("utf-32-le", "replace"), "UTF-32"
        if len(head) >= 2 and head[1:2] == b"\x00":
            return data.decode("utf-16-le", "replace"), "UTF-16"
    if head[:3] == b"\x00\x00\x00":
        return data.decode("utf-32-be", "replace"), "UTF-32"
    if head[:1] == b"\x00":
        return data.decode("utf-16-be", "replace"), "UTF-16"
    return data.decode("utf-8", "strict"), "UTF-8"


def parse(data: bytes, limits: Limits) -> Packet:
    """Read a packet; a packet that is wrong comes back with :attr:`Packet.error` set.

    :raises LimitExceeded: more than ``xmp_bytes`` or deeper than ``xmp_depth``.
    """
    if len(data) > limits.xmp_bytes:
        raise LimitExceeded("xmp_bytes")
    packet = Packet(Node("", "", kind="struct", top=True))
    try:
        text, packet.encoding = decode(data)
    except UnicodeDecodeError as error:
        text = data.decode("latin-1")
        packet.error = f"not UTF-8: {error.reason}"
    header = _PACKET.search(text)
    if header is not None:
        attributes = {k: v[1:-1] for k, v in _ATTRIBUTE.findall(header.group(1))}
        packet.bytes_attr = attributes.get("bytes")
        packet.encoding_attr = attributes.get("encoding")
    try:
        _read(text, packet, limits)
    except XMPError as error:
        packet.error = str(error)
        packet.encoding = ""
        packet.root = Node("", "", kind="struct", top=True)
    return packet


def _read(text: str, packet: Packet, limits: Limits) -> None:
    text = _XML_DECL.sub("", text.lstrip("\ufeff\x00").rstrip("\x00"), count=1)
    if _SUBSET.search(text):
        raise XMPError("document type declaration with definitions")
    if "<![CDATA[" in text:
        raise XMPError("CDATA section")
    text = _CONTROL.sub(" ", text)
    tree = _tree(text.encode("utf-8", "replace"))
    rdf = _find_rdf(tree)
    if rdf is None:
        packet.encoding = ""
        return
    packet.error = ""
    RDFWalker(limits).rdf(rdf, packet.root)


_SUBSET = re.compile(r"<!DOCTYPE[^>\[]*\[")
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f]|&#(?:0*(?:[0-8]|1[124-9]|2[0-9]|3[01])|x0*(?:[0-8bceBCEf]|1[0-9a-fA-F]));"
)
"""Control characters, literal or as character references: XMP readers take them as spaces."""


def _parser(recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_comments=True,
        remove_pis=False, recover=recover,
    )  # fmt: skip


def _tree(data: bytes) -> etree._Element:
    """The XML tree; a namespace name that is no valid URI is tolerated, nothing else."""
    parser = _parser(False)
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        # the log of the parser: that of the error still holds what earlier documents brought
        log = parser.error_log
        if log and all(entry.type == etree.ErrorTypes.WAR_NS_URI for entry in log):
            return etree.fromstring(data, _parser(True))
        raise XMPError(str(error)) from None


def _find_rdf(tree: etree._Element) -> etree._Element | None:
    tag = f"{{{RDF}}}RDF"
    if tree.tag == tag:
        return tree
    for element in tree.iter():
        if element.tag == tag:
            return element
    return None
