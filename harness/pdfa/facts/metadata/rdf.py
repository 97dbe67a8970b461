"""RDF/XML as XMP allows it, to a tree of properties (XMP specification part 1, annex C).

The walker is strict in the way of the common XMP toolkits: what they refuse to read makes the packet
*not serialised validly* (:class:`XMPError`). Depth is bounded.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from harness.pdfa.file.limits import LimitExceeded, Limits

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XML = "http://www.w3.org/XML/1998/namespace"
_DC_OLD = "http://purl.org/dc/1.1/"
_DC = "http://purl.org/dc/elements/1.1/"
_TERMS = {
    "RDF", "ID", "about", "parseType", "resource", "nodeID", "datatype", "Description", "li", "aboutEach",
    "aboutEachPrefix", "bagID",
}  # fmt: skip
_NOT_PROPERTY = _TERMS - {"li"}
_ARRAYS = {"Bag": "bag", "Seq": "seq", "Alt": "alt"}


class XMPError(Exception):
    """The packet is not well-formed XML, or not RDF that XMP allows."""


@dataclass(slots=True, eq=False)
class Node:
    """One property, field or array item.

    :ivar kind: ``simple``, ``struct``, ``bag``, ``seq`` or ``alt``.
    :ivar prefix: namespace prefix as written in the packet.
    :ivar lang: value of ``xml:lang``, if any.
    """

    ns: str
    name: str
    prefix: str = ""
    kind: str = "simple"
    text: str = ""
    lang: str | None = None
    children: list[Node] = field(default_factory=list)
    top: bool = False

    def child(self, ns: str, name: str) -> Node | None:
        """First child with this name."""
        for node in self.children:
            if node.name == name and node.ns == ns:
                return node
        return None


def _split(element: etree._Element) -> tuple[str, str, str]:
    name = etree.QName(element)
    return name.namespace or "", name.localname, element.prefix or ""


def _attributes(element: etree._Element) -> list[tuple[etree.QName, str]]:
    return [(etree.QName(key), str(value)) for key, value in element.attrib.items()]


class RDFWalker:
    """Recursive descent over RDF elements; depth bounded."""

    def __init__(self, limits: Limits) -> None:
        self.limit = limits.xmp_depth
        self.depth = 0
        self.about: str | None = None

    def rdf(self, element: etree._Element, root: Node) -> None:
        """The ``rdf:RDF`` element: a list of descriptions."""
        for child in element:
            if not isinstance(child.tag, str):
                raise XMPError("processing instruction in rdf:RDF")
            if child.tag != f"{{{RDF}}}Description":
                raise XMPError("top level element is not rdf:Description")
            self.node(child, root, top=True)
        if (element.text or "").strip() or any((c.tail or "").strip() for c in element):
            raise XMPError("text in rdf:RDF")

    def node(self, element: etree._Element, parent: Node, top: bool = False) -> None:
        """A node element: its attributes and child elements are properties of ``parent``."""
        self.depth += 1
        if self.depth > self.limit:
            raise LimitExceeded("xmp_depth")
        ns, name, _ = _split(element)
        if ns == RDF and name in _TERMS - {"Description", "li"}:
            raise XMPError(f"rdf:{name} is no node element")
        exclusive = 0
        for attr, value in _attributes(element):
            if attr.namespace in (RDF, None) and attr.localname in ("ID", "nodeID", "about"):
                exclusive += 1
                if exclusive > 1:
                    raise XMPError("about, ID and nodeID together")
                if top and attr.localname == "about":
                    if self.about and value and self.about != value:
                        raise XMPError("different rdf:about values")
                    self.about = value or self.about
            elif attr.namespace == RDF and attr.localname in _TERMS:
                raise XMPError(f"attribute rdf:{attr.localname}")
            elif attr.namespace is None:
                raise XMPError(f"attribute {attr.localname} without namespace")
            else:
                self.add(
                    parent, attr.namespace, attr.localname, _prefix(element, attr.namespace)
                ).text = value
        self.properties(element, parent)
        self.depth -= 1

    def properties(self, element: etree._Element, parent: Node) -> None:
        """All child elements are property elements; text between them must be white space."""
        if (element.text or "").strip():
            raise XMPError("text instead of a property element")
        for child in element:
            if isinstance(child.tag, str):
                self.property(child, parent)
            if (child.tail or "").strip():
                raise XMPError("text instead of a property element")

    def add(self, parent: Node, ns: str, name: str, prefix: str) -> Node:
        """A new child; duplicates are an error except for array items."""
        if not ns:
            raise XMPError(f"{name} without namespace")
        if ns == _DC_OLD:
            ns = _DC
        is_item = ns == RDF and name == "li"
        if (ns == RDF and name == "value" and parent.kind != "struct") or (
            parent.top and name == "value" and ns == RDF
        ):
            raise XMPError("misplaced rdf:value")
        if is_item:
            if parent.kind not in ("bag", "seq", "alt"):
                raise XMPError("misplaced rdf:li")
        elif parent.child(ns, name) is not None:
            raise XMPError(f"duplicate {prefix}:{name}")
        node = Node(ns, name, prefix)
        parent.children.append(node)
        return node

    def property(self, element: etree._Element, parent: Node) -> None:
        """One property element, by its attributes and content."""
        ns, name, prefix = _split(element)
        if ns == RDF and name in _NOT_PROPERTY:
            raise XMPError(f"rdf:{name} is no property")
        plain = True
        for attr, value in _attributes(element):
            if attr.namespace == XML and attr.localname == "lang":
                continue
            if attr.namespace == RDF and attr.localname == "ID":
                continue
            plain = False
            if attr.namespace == RDF and attr.localname == "datatype":
                self.literal(element, self.add(parent, ns, name, prefix))
                return
            if attr.namespace == RDF and attr.localname == "parseType":
                if value != "Resource":
                    raise XMPError(f"parseType {value}")
                self.resource(element, self.add(parent, ns, name, prefix))
                return
            break
        if not plain:
            self.empty(element, parent, ns, name, prefix)
        elif any(isinstance(child.tag, str) for child in element):
            self.compound(element, self.add(parent, ns, name, prefix))
        elif element.text:
            self.literal(element, self.add(parent, ns, name, prefix))
        else:
            self.empty(element, parent, ns, name, prefix)

    def literal(self, element: etree._Element, node: Node) -> None:
        """A property with text content."""
        for attr, value in _attributes(element):
            if attr.namespace == XML and attr.localname == "lang":
                node.lang = value
            elif attr.namespace != RDF or attr.localname != "datatype":
                raise XMPError("attribute on a literal property")
        if len(element):
            raise XMPError("element in a literal property")
        node.text = "".join(str(part) for part in element.itertext())

    def resource(self, element: etree._Element, node: Node) -> None:
        """``rdf:parseType="Resource"``: fields without a description element."""
        node.kind = "struct"
        for attr, value in _attributes(element):
            if attr.namespace == XML and attr.localname == "lang":
                node.lang = value
            elif attr.namespace != RDF or attr.localname not in ("ID", "parseType"):
                raise XMPError("attribute with parseType Resource")
        self.depth += 1
        if self.depth > self.limit:
            raise LimitExceeded("xmp_depth")
        self.properties(element, node)
        self.depth -= 1
        _lift_value(node)

    def compound(self, element: etree._Element, node: Node) -> None:
        """A property whose value is one node element: an array, a description or a typed node."""
        for attr, value in _attributes(element):
            if attr.namespace == XML and attr.localname == "lang":
                node.lang = value
        inner = [child for child in element if isinstance(child.tag, str)]
        stray = (element.text or "").strip() or any((child.tail or "").strip() for child in element)
        if len(inner) != 1 or stray:
            raise XMPError("a resource property needs exactly one child element")
        child = inner[0]
        ns, name, _ = _split(child)
        if not ns:
            raise XMPError("element without namespace")
        if ns == RDF and name in _ARRAYS:
            node.kind = _ARRAYS[name]
        else:
            node.kind = "struct"
        self.node(child, node)
        if node.kind == "struct":
            _lift_value(node)

    def empty(self, element: etree._Element, parent: Node, ns: str, name: str, prefix: str) -> None:
        """A property without content: a value, a resource, or fields as attributes."""
        if (element.text or "") or len(element):
            raise XMPError("content next to property attributes")
        node = self.add(parent, ns, name, prefix)
        fields: list[tuple[str, str, str]] = []
        resource: str | None = None
        for attr, value in _attributes(element):
            if attr.namespace == XML:
                if attr.localname == "lang":
                    node.lang = value
            elif attr.namespace == RDF and attr.localname in ("ID", "nodeID"):
                continue
            elif attr.namespace == RDF and attr.localname in ("resource", "value"):
                if resource is not None:
                    raise XMPError("rdf:value and rdf:resource together")
                resource = value
            elif attr.namespace is None or (attr.namespace == RDF and attr.localname in _TERMS):
                raise XMPError(f"attribute {attr.localname} on an empty property")
            else:
                fields.append((attr.namespace, attr.localname, value))
        if resource is not None:
            node.text = resource
        elif fields:
            node.kind = "struct"
            for field_ns, field_name, value in fields:
                self.add(node, field_ns, field_name, _prefix(element, field_ns)).text = value


def _prefix(element: etree._Element, ns: str) -> str:
    for prefix, uri in element.nsmap.items():
        if uri == ns and prefix:
            return prefix
    return ""


def _lift_value(node: Node) -> None:
    """A struct with ``rdf:value`` is that value with qualifiers."""
    value = node.child(RDF, "value")
    if value is None:
        return
    node.kind, node.text, node.children = value.kind, value.text, value.children
    node.lang = node.lang or value.lang
