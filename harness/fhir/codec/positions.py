"""Line and column of every element in a source document; made only when somebody asks.

XML: one pass of expat, which (unlike libxml2) knows columns. JSON: one pass of a small tokenizer. Both give a
:class:`Positions` that answers for a FHIRPath-like location (``Bundle.entry[0].resource.name[1].family``),
for the JSON spelling of the same place (``valueQuantity``, ``_given[1].extension[0]``) and for a place that
does not exist: then for the nearest ancestor that does. Lines and columns are 1-based; columns count
characters.
"""

from __future__ import annotations

import contextlib
import re
from bisect import bisect_right
from collections.abc import Iterable
from xml.parsers import expat

Place = tuple[int, int]
Step = str | int

_MAX_NODES = 400_000
"""Places remembered per document; what comes after them has position (0, 0)."""
_DEEPEST = 300
"""Levels of an XML document whose places are remembered; no reader gets as deep."""

_PATH = re.compile(r"\[(\d+)\]|([A-Za-z_][\w-]*)(\([^)]*\)|\[x\])?|[^\[\w]")
_COMMENT = re.compile(r"/\*.*?\*/")


def path_steps(path: str) -> list[Step]:
    """Names and indexes of a location; ``ofType(X)`` and ``as(X)`` are left out, other calls end it.

    >>> path_steps("Observation.component[1].value.ofType(Quantity).unit")
    ['Observation', 'component', 1, 'value', 'unit']
    """
    steps: list[Step] = []
    for match in _PATH.finditer(_COMMENT.sub("", path)):
        index, name, call = match.groups()
        if index is not None:
            steps.append(int(index))
        elif name is not None:
            if call is not None and call.startswith("("):
                if name in ("ofType", "as"):
                    continue
                break
            steps.append(name)
    return steps


_NONE: dict[str, list[_Node]] = {}
"""The children of a node without any; never written to."""


class _Node:
    """One element (XML) or value (JSON) with its place."""

    __slots__ = ("children", "items", "place")

    def __init__(self, place: Place | int) -> None:
        self.place: Place | int = place
        self.children: dict[str, list[_Node]] = _NONE
        self.items: list[_Node] | None = None

    def add(self, name: str, node: _Node) -> None:
        """Put a node under a name."""
        if self.children is _NONE:
            self.children = {}
        self.children.setdefault(name, []).append(node)

    def child(self, name: str) -> list[_Node] | None:
        """Nodes under a name; a choice also under its stem."""
        found = self.children.get(name)
        if found is None:
            size = len(name)
            found = next(
                (
                    n
                    for key, n in self.children.items()
                    if key.startswith(name) and key[size : size + 1].isupper()
                ),
                None,
            )
        return found


class Positions:
    """Places of one document."""

    def __init__(
        self, root: _Node | None, *, xml: bool, doctype: Place | None = None, text: bytes = b""
    ) -> None:
        self.doctype = doctype
        self._root = root
        self._xml = xml
        self._order: list[Place] = []
        self._text = text
        self._lines: list[int] | None = None

    def at(self, index: int) -> Place:
        """Place of the ``index``-th start tag of an XML document; ``(0, 0)`` when unknown."""
        return self._order[index] if 0 <= index < len(self._order) else (0, 0)

    def locate(self, path: str | Iterable[Step]) -> Place:
        """Line and column of a location, or of its nearest existing ancestor; ``(0, 0)`` if unknown."""
        if self._root is None:
            return 0, 0
        steps = path_steps(path) if isinstance(path, str) else list(path)
        node = self._walk_xml(steps) if self._xml else self._walk_json(steps)
        return node.place if isinstance(node.place, tuple) else self.line_of(node.place)

    def _walk_xml(self, steps: list[Step]) -> _Node:
        node = (
            next(iter(self._root.children.values()))[0]
            if self._root and self._root.children
            else _Node((0, 0))
        )
        if steps and self._root and steps[0] in self._root.children:
            steps = steps[1:]
        place = 0
        while place < len(steps):
            name = steps[place]
            if isinstance(name, int):
                place += 1
                continue
            inner = node.children
            if len(inner) == 1 and (only := next(iter(inner)))[:1].isupper():
                node = inner[only][0]  # the resource inside contained, resource
            found = node.child(name.removeprefix("_"))
            place += 1
            index = steps[place] if place < len(steps) and isinstance(steps[place], int) else 0
            if found is None or not isinstance(index, int) or index >= len(found):
                break
            node = found[index]
        return node

    def _walk_json(self, steps: list[Step]) -> _Node:
        node = self._root or _Node((0, 0))
        if steps and isinstance(steps[0], str) and steps[0][:1].isupper():
            steps = steps[1:]
        for i, step in enumerate(steps):
            if isinstance(step, int):
                if node.items is None:
                    if step == 0:
                        continue
                    break
                if step >= len(node.items):
                    break
                node = node.items[step]
                continue
            if node.items:
                node = node.items[0]
            found = node.child(step)
            plain = next((s for s in steps[i + 1 :] if isinstance(s, str)), "")
            if found is None or (plain in ("extension", "id") and "_" + step in node.children):
                found = node.child("_" + step)
            if found is None:
                break
            node = found[-1]  # of duplicate keys the last one counts
        return node

    def repeated(self, limit: int) -> list[tuple[str, int, Place]]:
        """JSON keys that occur more than once in one object: path, number of times, place of the second."""
        out: list[tuple[str, int, Place]] = []
        todo: list[tuple[str, _Node]] = [("", self._root)] if self._root else []
        while todo and len(out) < limit:
            path, node = todo.pop()
            for i, item in enumerate(node.items or ()):
                todo.append((f"{path}[{i}]", item))
            for key, nodes in node.children.items():
                inner = f"{path}.{key}" if path else key
                if len(nodes) > 1:
                    second = nodes[1].place
                    out.append(
                        (inner, len(nodes), self.line_of(second) if isinstance(second, int) else second)
                    )
                todo += [(inner, n) for n in nodes]
        return sorted(out, key=lambda found: found[2])

    def line_of(self, offset: int) -> Place:
        """Line and column of a byte offset."""
        if self._lines is None:
            self._lines = [0, *(m.end() for m in re.finditer(rb"\r\n|\n|\r", self._text))]
        line = bisect_right(self._lines, offset)
        start = self._lines[line - 1]
        return line, len(self._text[start:offset].decode("utf-8", "replace")) + 1


def xml_positions(data: bytes) -> Positions:
    """Places of all elements of an XML document, as far as it is well-formed. Entities are never expanded."""
    root = _Node((0, 0))
    positions = Positions(root, xml=True)
    stack = [root]
    parser = expat.ParserCreate(namespace_separator=" ")
    order = positions._order

    def start(tag: str, _attributes: dict[str, str]) -> None:
        place = (parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)
        node = _Node(place)
        if len(order) < _MAX_NODES:
            order.append(place)
            stack[-1].add(tag.rpartition(" ")[2], node)
        if len(stack) > _DEEPEST:
            raise _Stop
        stack.append(node)

    def end(_tag: str) -> None:
        stack.pop()

    def doctype(*_: object) -> None:
        positions.doctype = (parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)
        raise _Stop

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = doctype
    # What came before the error keeps its place; an encoding that nobody knows or supports is one, too.
    with contextlib.suppress(expat.ExpatError, LookupError, ValueError, _Stop):
        parser.Parse(data, True)
    # The handlers know the parser: they would keep it, with all names and the text that it holds.
    parser.StartElementHandler = parser.EndElementHandler = parser.StartDoctypeDeclHandler = None
    return positions


class _Stop(Exception):
    """Ends the expat pass."""


_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)


def json_positions(data: bytes) -> Positions:
    """Places of all keys and array items of a JSON document, as far as it can be followed.

    A value under a key has the place of the key; an array item has its own place.
    """
    root = _Node(0)
    stack: list[tuple[_Node, bool]] = []
    key: bytes | None = None
    key_at = 0
    top: _Node | None = None
    expect_key = False
    for count, match in enumerate(_TOKEN.finditer(data)):
        token = match.group()
        first = token[:1]
        if first == b":":
            expect_key = False
            continue
        if first == b",":
            expect_key = bool(stack) and not stack[-1][1]
            continue
        if first in b"}]":
            if stack:
                stack.pop()
            continue
        if expect_key and first == b'"' and stack and not stack[-1][1]:
            key, key_at = token[1:-1], match.start()
            continue
        node = _Node(match.start() if key is None else key_at)
        if top is None:
            top = node
        elif stack:
            parent, array = stack[-1]
            if array:
                if parent.items is None:
                    parent.items = []
                parent.items.append(node)
            elif key is not None:
                parent.add(key.decode("utf-8", "replace"), node)
        key = None
        if first in b"{[":
            stack.append((node, first == b"["))
            expect_key = first == b"{"
        if count > _MAX_NODES:
            break
    return Positions(top or root, xml=False, text=data)
