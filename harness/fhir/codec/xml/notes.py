"""Defects found while XML is read: noted at a node, given a path and a position afterwards."""

from __future__ import annotations

from typing import Any, NamedTuple

from lxml import etree

from harness.core.issues import Issue
from harness.fhir.codec.defects import defect
from harness.fhir.codec.positions import xml_positions
from harness.fhir.codec.xml.tables import PREFIX, RESOURCE, Table, Tables
from harness.fhir.model.types import Model

MAX_DEFECTS = 200
"""Defects reported for one document; a document with more has a systematic problem."""

Node = Any
"""An lxml element; its stubs are too loose (``items`` may be bytes) to be of use on the hot path."""


class _Found(NamedTuple):
    """A defect at a node, before its path and position are known."""

    rule: str
    node: Node
    name: str
    expected: str
    received: str


class Notes:
    """The defects of one document."""

    def __init__(self, model: Model, tables: Tables) -> None:
        self.model = model
        self.tables = tables
        self.found: list[_Found] = []

    def add(self, rule: str, node: Node, name: str = "", *, expected: str = "", received: str = "") -> None:
        """Remember a defect at a node."""
        if len(self.found) < MAX_DEFECTS:
            self.found.append(_Found(rule, node, name.removeprefix(PREFIX), expected, received))

    def unknown(self, node: Node, table: Table) -> None:
        """A child element that the type does not have."""
        if not isinstance(node.tag, str):
            return
        name = etree.QName(node)
        right = next((tag for tag in table if tag.endswith("}" + name.localname)), None)
        if right is not None and name.namespace != etree.QName(right).namespace:
            self.add(
                "fhir-xml-namespace",
                node,
                name.localname,
                expected=etree.QName(right).namespace or "",
                received=name.namespace or "-",
            )
        else:
            self.add("fhir-xml-unknown-element", node, name.localname, received=f"<{name.localname}>")

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
