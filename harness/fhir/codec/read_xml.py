"""Reads FHIR XML into the JSON shape, driven by the model, and reports what that shape cannot hold.

The hot path is :meth:`_Reader.complex`: one dictionary look-up per child element in a table per type, no path
building and no positions; both are made afterwards, for defects only.

Format: FHIR STU3 "XML Representation of Resources" (xml.html), JSON shape: "JSON Representation" (json.html).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, NamedTuple, cast

from lxml import etree

from harness.core.issues import Issue, shorten
from harness.fhir.codec import long_values as codec_long
from harness.fhir.codec.issues import defect
from harness.fhir.codec.positions import Positions, xml_positions
from harness.fhir.model.types import Model

FHIR = "http://hl7.org/fhir"
XHTML = "http://www.w3.org/1999/xhtml"
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"

STRING, BOOLEAN, INTEGER, DECIMAL, COMPLEX, RESOURCE, NARRATIVE = range(7)

_HUGE = 9_000_000
"""Documents above this size (bytes) need libxml2's large-text mode; the depth limit here is ours anyway."""

_MAX_DEFECTS = 200
"""Defects reported for one document; a document with more has a systematic problem."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,299})", re.ASCII).fullmatch
_DECIMAL_STU3 = re.compile(r"-?(?:0|[1-9][0-9]{0,299})(?:\.[0-9]{1,300})?", re.ASCII).fullmatch
_DECIMAL_R4 = re.compile(
    r"-?(?:0|[1-9][0-9]{0,299})(?:\.[0-9]{1,300})?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII
).fullmatch
_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?(?>(?:\s+|<\?.*?\?>|<!--.*?-->)*)(<!DOCTYPE)?", re.DOTALL).match
"""What may stand before a document type declaration, and whether there is one; atomic, so linear in time."""
_ENCODING = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([^\"']{0,40})").match
_TEXT = etree.XPath("boolean(//f:*/text()[normalize-space()])", namespaces={"f": FHIR})
_TEXT_NODES = etree.XPath("//f:*[text()[normalize-space()]]", namespaces={"f": FHIR})
_NS_DECLARATION = re.compile(r'\s+xmlns:([\w.-]+)="[^"]*"')
_PREFIX = f"{{{FHIR}}}"
_DIV = f"{{{XHTML}}}div"

Json = dict[str, Any]
Node = Any
"""An lxml element; its stubs are too loose (``items`` may be bytes) to be of use on the hot path."""


class Entry(NamedTuple):
    """How to read one XML tag below one type."""

    order: int
    key: str
    kind: int
    many: bool
    code: str


class Table(dict[str, Entry]):
    """Tag in Clark notation -> :class:`Entry` for one type; ``url``: it has a ``url`` attribute."""

    url: bool = False


class Tables(dict[str, Table]):
    """Tables per type name, made on first use; kept with the model."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def __missing__(self, name: str) -> Table:
        facts = self.model.types[name]
        table = Table()
        for index, element in enumerate(facts.element_list):
            if element.xml == "attr":
                table.url = table.url or element.name == "url"
                continue
            for ref in element.types:
                key = element.key_for(ref.code)
                tag = _DIV if element.types[0].code == "xhtml" else _PREFIX + key
                table[tag] = Entry(index, key, self._kind(ref.code), element.many, ref.code)
        self[name] = table
        return table

    def _kind(self, code: str) -> int:
        facts = self.model.types[code]
        if facts.kind == "resource":
            return RESOURCE
        if facts.kind != "primitive":
            return COMPLEX
        if code == "xhtml":
            return NARRATIVE
        if code == "boolean":
            return BOOLEAN
        if code == "decimal":
            return DECIMAL
        return INTEGER if self.model.is_subtype(code, "integer") else STRING


class _Fatal(Exception):
    """Reading cannot go on; carries the defect."""

    def __init__(self, issue: Issue) -> None:
        self.issue = issue
        super().__init__(issue.rule)


class _Found(NamedTuple):
    """A defect at a node, before its path and position are known."""

    rule: str
    node: Node
    name: str
    expected: str
    received: str


def read_xml(data: bytes, model: Model, *, max_depth: int) -> tuple[Json, list[Issue], bool]:
    """The resource in ``data``, defects, and whether reading stopped at a fatal one (then it is ``{}``).

    ``data`` must be valid UTF-8 within the size limit; :func:`harness.fhir.codec.documents.parse` sees to
    that.
    """
    if len(data) > 2 * codec_long.LONG:
        shorter, values = codec_long.cut(data)
        if values:
            resource, issues, fatal = _read(shorter, model, max_depth)
            if not issues and codec_long.restore(resource, values):
                return resource, issues, fatal
    return _read(data, model, max_depth)


def _read(data: bytes, model: Model, max_depth: int) -> tuple[Json, list[Issue], bool]:
    zero = data.find(b"\0")
    if zero >= 0:  # not allowed in XML, and the mark of UTF-16 and UTF-32, which libxml2 would read
        line, column = Positions(None, xml=False, text=data).line_of(zero)
        return (
            {},
            [defect("fhir-encoding", line=line, column=column, expected="UTF-8", received="0x00")],
            True,
        )
    prolog = _PROLOG(data)
    if prolog is not None and prolog.group(1) is not None:
        line, column = xml_positions(data).doctype or (1, 1)
        return {}, [defect("fhir-xml-doctype", line=line, column=column, received="<!DOCTYPE")], True
    encoding = _ENCODING(data)
    if encoding is not None and encoding.group(1).lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        received = encoding.group(1).decode("ascii", "replace")
        return {}, [defect("fhir-encoding", line=1, column=1, expected="UTF-8", received=received)], True
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
        load_dtd=False,
        huge_tree=len(data) > _HUGE,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        return {}, [_syntax(error)], True
    except ValueError as error:
        return {}, [defect("fhir-xml-syntax", received=str(error))], True
    reader = _Reader(model, max_depth)
    try:
        resource = reader.root(root)
    except _Fatal as stop:
        return {}, [*reader.issues(root, data), stop.issue], True
    if _TEXT(root):
        for node in cast(list[Node], _TEXT_NODES(root)):
            reader.note("fhir-xml-text", node, received=_own_text(node))
    return resource, reader.issues(root, data) if reader.found else [], False


def _syntax(error: etree.XMLSyntaxError) -> Issue:
    line, column = error.position if error.position[0] else (error.lineno or 0, error.offset or 0)
    message = str(error.msg or "")
    rule = "fhir-depth" if "xcessive depth" in message else "fhir-xml-syntax"
    return defect(
        rule, line=line, column=max(column, 1), received=re.sub(r", line \d+, column \d+$", "", message)
    )


def _own_text(node: Node) -> str:
    parts = [node.text or "", *(child.tail or "" for child in node)]
    return next((p.strip() for p in parts if p.strip()), "")


class _Reader:
    """One document being read."""

    def __init__(self, model: Model, max_depth: int) -> None:
        self.model = model
        self.tables = model.derived("harness.fhir.codec.read_xml", Tables)
        self.decimal = _DECIMAL_STU3 if model.version.startswith("3") else _DECIMAL_R4
        self.max_depth = max_depth
        self.found: list[_Found] = []

    # -- reading ------------------------------------------------------------------------------------------

    def root(self, node: Node) -> Json:
        """The resource at the document element."""
        name = etree.QName(node)
        if name.namespace != FHIR:
            raise _Fatal(
                defect(
                    "fhir-xml-namespace",
                    name=name.localname,
                    path=name.localname,
                    line=node.sourceline or 0,
                    column=1,
                    expected=FHIR,
                    received=name.namespace or "-",
                )
            )
        if not self.model.is_resource(name.localname):
            raise _Fatal(
                defect(
                    "fhir-resource-type",
                    name=name.localname,
                    line=node.sourceline or 0,
                    received=name.localname,
                )
            )
        for attribute in node.keys():  # noqa: SIM118
            if not str(attribute).startswith(_XSI):
                self.note("fhir-xml-unknown-attribute", node, str(attribute))
        return self.resource(node, name.localname, 1, attributes=False)

    def resource(self, node: Node, name: str, depth: int, *, attributes: bool = True) -> Json:
        out: Json = {"resourceType": name}
        if attributes:
            for attribute in node.keys():  # noqa: SIM118
                self.note("fhir-xml-unknown-attribute", node, str(attribute))
        self.complex(node, name, out, depth)
        return out

    def complex(self, node: Node, code: str, out: Json, depth: int) -> None:
        """Child elements of ``node``, read as type ``code``, into ``out``."""
        if depth > self.max_depth:
            raise _Fatal(
                defect(
                    "fhir-depth",
                    line=node.sourceline or 0,
                    expected=f"<= {self.max_depth}",
                    received=str(depth),
                )
            )
        tables = self.tables
        table = tables[code]
        last = -1
        seen: set[int] | None = None
        for child in node:
            entry = table.get(child.tag)
            if entry is None:
                self.unknown(child, table)
                continue
            index, key, kind, many, target = entry
            if index > last:
                last = index
            elif index < last or not many:
                if seen is None:
                    seen = self.indexes(node, child, table)
                if not many and index in seen:
                    self.note("fhir-xml-repeated", child, key, expected="0..1")
                    continue
                self.note(
                    "fhir-xml-order",
                    child,
                    key,
                    expected=self.place(table, index),
                    received=self.place(table, last, key),
                )
            if seen is not None:
                seen.add(index)
            value: Any
            extra: Json | None = None
            if kind <= DECIMAL:
                items = child.items()
                if len(items) == 1 and items[0][0] == "value" and not len(child):
                    value = items[0][1]
                else:
                    value, extra = self.primitive(child, key, items, depth)
                    if value is None and extra is None:
                        continue
                if kind and value is not None:
                    value = self.scalar(kind, value)
                if many:
                    self.append(out, key, value, extra)
                    continue
                if extra is not None:
                    out["_" + key] = extra
                    if value is None:
                        continue
            elif kind == COMPLEX:
                value = {}
                items = child.items()
                if items:
                    self.attributes(child, items, value, tables[target].url)
                self.complex(child, target, value, depth + 1)
                if not value and not items and not len(child):
                    self.note("fhir-xml-empty", child, key)
            elif kind == RESOURCE:
                value = self.nested(child, key, depth)
                if value is None:
                    continue
            else:
                value = _narrative(child)
            if many:
                values = out.get(key)
                if values is None:
                    out[key] = [value]
                else:
                    values.append(value)
            else:
                out[key] = value

    def scalar(self, kind: int, text: str) -> Any:
        """Boolean or number in ``text``; the text itself when it is none (the validator reports that)."""
        if kind == BOOLEAN:
            return True if text == "true" else False if text == "false" else text
        if _INTEGER(text) and text != "-0":
            return int(text)
        if kind == DECIMAL and self.decimal(text):
            return Decimal(text)
        return text

    def primitive(
        self, node: Node, key: str, items: list[tuple[str, str]], depth: int
    ) -> tuple[str | None, Json | None]:
        """Value and ``_key`` object of a primitive that has more, or less, than just a value."""
        value: str | None = None
        extra: Json = {}
        for name, content in items:
            if name == "value":
                value = content
            elif name == "id":
                extra["id"] = content
            else:
                self.note("fhir-xml-unknown-attribute", node, str(name))
        if len(node):
            self.complex(node, "Element", extra, depth + 1)
        elif value is None and not extra:
            self.note("fhir-xml-empty", node, key)
        return value, extra or None

    def append(self, out: Json, key: str, value: Any, extra: Json | None) -> None:
        """One item of a repeating primitive: the value list and the ``_key`` list stay paired per item."""
        values: list[Any] | None = out.get(key)
        extras: list[Any] | None = out.get("_" + key)
        count = len(values) if values is not None else len(extras) if extras is not None else 0
        if value is not None and values is None:
            values = out[key] = [None] * count
        if values is not None:
            values.append(value)
        if extra is not None and extras is None:
            extras = out["_" + key] = [None] * count
        if extras is not None:
            extras.append(extra)

    def attributes(self, node: Node, items: list[tuple[str, str]], out: Json, url: bool) -> None:
        """Attributes of a complex element: ``id``, and ``url`` of an extension."""
        for name, content in items:
            if name == "id" or (url and name == "url"):
                out[name] = content
            else:
                self.note(
                    "fhir-xml-unknown-attribute", node, str(name), received=f'{name}="{shorten(content, 80)}"'
                )

    def nested(self, node: Node, key: str, depth: int) -> Json | None:
        """The resource inside ``contained``, ``Bundle.entry.resource``, ``Parameters.parameter.resource``."""
        for name in node.keys():  # noqa: SIM118
            self.note("fhir-xml-unknown-attribute", node, str(name))
        inner = [child for child in node if isinstance(child.tag, str)]
        if len(inner) != 1:
            self.note("fhir-xml-resource", node, key, expected="1", received=str(len(inner)))
            if not inner:
                return None
        tag = etree.QName(inner[0])
        if tag.namespace != FHIR:
            self.note(
                "fhir-xml-namespace", inner[0], tag.localname, expected=FHIR, received=tag.namespace or "-"
            )
            return None
        if not self.model.is_resource(tag.localname):
            self.note("fhir-resource-type", inner[0], tag.localname, received=tag.localname)
            return None
        return self.resource(inner[0], tag.localname, depth + 1)

    # -- defects ------------------------------------------------------------------------------------------

    def note(self, rule: str, node: Node, name: str = "", *, expected: str = "", received: str = "") -> None:
        """Remember a defect at a node."""
        if len(self.found) < _MAX_DEFECTS:
            self.found.append(_Found(rule, node, name.removeprefix(_PREFIX), expected, received))

    def unknown(self, node: Node, table: Table) -> None:
        """A child element that the type does not have."""
        if not isinstance(node.tag, str):
            return
        name = etree.QName(node)
        right = next((tag for tag in table if tag.endswith("}" + name.localname)), None)
        if right is not None and name.namespace != etree.QName(right).namespace:
            self.note(
                "fhir-xml-namespace",
                node,
                name.localname,
                expected=etree.QName(right).namespace or "",
                received=name.namespace or "-",
            )
        else:
            self.note("fhir-xml-unknown-element", node, name.localname, received=f"<{name.localname}>")

    @staticmethod
    def indexes(node: Node, until: Node, table: Table) -> set[int]:
        """Positions (in the type) of the elements before ``until``."""
        found = set()
        for child in node:
            if child is until:
                break
            entry = table.get(child.tag)
            if entry is not None:
                found.add(entry.order)
        return found

    @staticmethod
    def place(table: Table, order: int, follower: str = "") -> str:
        """A stretch of a sequence of elements, as text.

        Without ``follower``: where the element of that order belongs, after the one before it in the
        specification. With it: what was found, an element behind the one of that order.
        """
        names = {entry.order: entry.key for entry in table.values()}
        if follower:
            return f"… {names.get(order, '')}, {follower} …"
        before = max((o for o in names if o < order), default=None)
        return f"{names[order]}, …" if before is None else f"… {names[before]}, {names[order]} …"

    def issues(self, root: Node, data: bytes) -> list[Issue]:
        """All defects found so far, with path and position, in document order."""
        if not self.found:
            return []
        positions = xml_positions(data)
        order = {node: i for i, node in enumerate(root.iter("*"))}
        out = []
        for item in sorted(self.found, key=lambda f: order.get(f.node, 0)):
            line, column = positions.at(order.get(item.node, -1))
            out.append(
                defect(
                    item.rule,
                    name=item.name,
                    path=self.path(item.node),
                    line=line or item.node.sourceline or 0,
                    column=column,
                    expected=item.expected,
                    received=item.received,
                )
            )
        return out

    def path(self, node: Node) -> str:
        """FHIRPath location of a node: ``Bundle.entry[0].resource.name[1].family``."""
        chain = [*reversed(list(node.iterancestors())), node]
        code = etree.QName(chain[0]).localname
        path = code
        known = True
        inside = False
        for step in chain[1:]:
            name = etree.QName(step).localname
            if inside:
                code, inside, known = name, False, name in self.model.types
                continue
            entry = self.tables[code].get(str(step.tag)) if known else None
            if entry is None:
                path, known = f"{path}.{name}", False
                continue
            element = self.model.types[code].keys[entry.key].element
            path += "." + element.stem
            if entry.many:
                path += f"[{sum(1 for s in step.itersiblings(str(step.tag), preceding=True))}]"
            code, inside = entry.code, entry.kind == RESOURCE
        return path


def _narrative(div: Node) -> str:
    """The XHTML ``div`` as text, without namespace declarations of its surroundings that it does not use."""
    text = etree.tostring(div, encoding="unicode", with_tail=False)
    head_end = text.find(">")
    if " xmlns:" in text[:head_end]:
        head = text[:head_end]
        for match in _NS_DECLARATION.finditer(text[:head_end]):
            prefix = match.group(1)
            if f"<{prefix}:" not in text and f" {prefix}:" not in text:
                head = head.replace(match.group(), "", 1)
        text = head + text[head_end:]
    return text
