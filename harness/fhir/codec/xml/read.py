"""Reads FHIR XML into the JSON shape, driven by the model, and reports what that shape cannot hold.

The hot path is :meth:`_Reader.complex`: one dictionary look-up per child element in a table per type, no path
building and no positions; both are made afterwards, for defects only.

Format: FHIR STU3 "XML Representation of Resources" (xml.html), JSON shape: "JSON Representation" (json.html).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, cast

from lxml import etree

from harness.core.issues import Issue, shorten
from harness.fhir.codec.defects import defect, undecodable
from harness.fhir.codec.positions import Positions, xml_positions
from harness.fhir.codec.xml import long_values
from harness.fhir.codec.xml.notes import Node, Notes
from harness.fhir.codec.xml.tables import BOOLEAN, COMPLEX, DECIMAL, FHIR, RESOURCE, Table, Tables
from harness.fhir.model.types import Model
from harness.fhir.parsers import xml_parser

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"

_HUGE = 9_000_000
"""Documents above this size (bytes) need libxml2's large-text mode; the depth limit here is ours anyway."""

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

Json = dict[str, Any]


class _Fatal(Exception):
    """Reading cannot go on; carries the defect."""

    def __init__(self, issue: Issue) -> None:
        self.issue = issue
        super().__init__(issue.rule)


def read_xml(data: bytes, model: Model, *, max_depth: int) -> tuple[Json, list[Issue], bool]:
    """The resource in ``data``, defects, and whether reading stopped at a fatal one (then it is ``{}``).

    ``data`` must be within the size limit; :func:`harness.fhir.codec.documents.parse` sees to that.
    """
    if len(data) > 2 * long_values.LONG:
        shorter, values = long_values.cut(data)
        if values:
            resource, issues, fatal = _read(shorter, model, max_depth)
            whole = not any(issue.severity == "error" for issue in issues)
            if whole and long_values.restore(resource, values):
                return resource, issues, fatal
    return _read(data, model, max_depth)


def _read(data: bytes, model: Model, max_depth: int) -> tuple[Json, list[Issue], bool]:
    wrong = undecodable(data)
    if wrong is not None:
        return {}, [wrong], True
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
    try:
        root = etree.fromstring(data, xml_parser(comments=False, huge=len(data) > _HUGE))
    except etree.XMLSyntaxError as error:
        return {}, [_syntax(error)], True
    except ValueError as error:
        return {}, [defect("fhir-xml-syntax", received=str(error))], True
    reader = _Reader(model, max_depth)
    try:
        resource = reader.root(root)
    except _Fatal as stop:
        return {}, [*reader.notes.issues(root, data), stop.issue], True
    if _TEXT(root):
        for node in cast(list[Node], _TEXT_NODES(root)):
            reader.notes.add("fhir-xml-text", node, received=_own_text(node))
    issues = reader.notes.issues(root, data) if reader.notes.found else []
    return resource, issues + reader.dropped, False


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
        self.tables = model.derived("harness.fhir.codec.xml.read", Tables)
        self.notes = Notes(model, self.tables)
        self.decimal = _DECIMAL_STU3 if model.version.startswith("3") else _DECIMAL_R4
        self.max_depth = max_depth
        self.dropped: list[Issue] = []

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
            if str(attribute).startswith(_XSI):
                self.dropped.append(
                    defect(
                        "fhir-xml-dropped",
                        name="xsi:" + str(attribute).removeprefix(_XSI),
                        path=name.localname,
                        line=node.sourceline or 0,
                        column=1,
                        severity="information",
                    )
                )
            else:
                self.notes.add("fhir-xml-unknown-attribute", node, str(attribute))
        return self.resource(node, name.localname, 1, attributes=False)

    def resource(self, node: Node, name: str, depth: int, *, attributes: bool = True) -> Json:
        out: Json = {"resourceType": name}
        if attributes:
            for attribute in node.keys():  # noqa: SIM118
                self.notes.add("fhir-xml-unknown-attribute", node, str(attribute))
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
                self.notes.unknown(child, table)
                continue
            index, key, kind, many, target = entry
            if index > last:
                last = index
            elif index < last or not many:
                if seen is None:
                    seen = _orders_before(node, child, table)
                if not many and index in seen:
                    self.notes.add("fhir-xml-repeated", child, key, expected="0..1")
                    continue
                self.notes.add(
                    "fhir-xml-order",
                    child,
                    key,
                    expected=table.stretch(index),
                    received=table.stretch(last, key),
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
                    self.notes.add("fhir-xml-empty", child, key)
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
                self.notes.add("fhir-xml-unknown-attribute", node, str(name))
        if len(node):
            self.complex(node, "Element", extra, depth + 1)
        elif value is None and not extra:
            self.notes.add("fhir-xml-empty", node, key)
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
                self.notes.add(
                    "fhir-xml-unknown-attribute", node, str(name), received=f'{name}="{shorten(content, 80)}"'
                )

    def nested(self, node: Node, key: str, depth: int) -> Json | None:
        """The resource inside ``contained``, ``Bundle.entry.resource``, ``Parameters.parameter.resource``."""
        for name in node.keys():  # noqa: SIM118
            self.notes.add("fhir-xml-unknown-attribute", node, str(name))
        inner = [child for child in node if isinstance(child.tag, str)]
        if len(inner) != 1:
            self.notes.add("fhir-xml-resource", node, key, expected="1", received=str(len(inner)))
            if not inner:
                return None
        tag = etree.QName(inner[0])
        if tag.namespace != FHIR:
            self.notes.add(
                "fhir-xml-namespace", inner[0], tag.localname, expected=FHIR, received=tag.namespace or "-"
            )
            return None
        if not self.model.is_resource(tag.localname):
            self.notes.add("fhir-resource-type", inner[0], tag.localname, received=tag.localname)
            return None
        return self.resource(inner[0], tag.localname, depth + 1)


def _orders_before(node: Node, until: Node, table: Table) -> set[int]:
    """Positions (in the type) of the elements before ``until``."""
    found = set()
    for child in node:
        if child is until:
            break
        entry = table.get(child.tag)
        if entry is not None:
            found.add(entry.order)
    return found


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
