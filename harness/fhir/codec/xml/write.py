"""Writes resources as XML, in the order of the specification.

:func:`to_xml` is strict: what XML cannot express (unknown keys, a list where one value belongs, control
characters) is an :class:`EncodeError` with the place, never left out silently.
"""

from __future__ import annotations

import re
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

from lxml import etree

from harness.core.issues import shorten
from harness.core.text import Text
from harness.fhir.codec.errors import EncodeError
from harness.fhir.codec.numbers import number_text
from harness.fhir.codec.xml.tables import XHTML
from harness.fhir.model.types import Model
from harness.fhir.parsers import xml_parser

Json = dict[str, Any]

_SPECIAL = re.compile(r'[&<>"\t\n\r]')
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r"))
_MAX_DEPTH = 200

PRIMITIVE, COMPLEX, RESOURCE, NARRATIVE, ATTRIBUTE = range(5)


class Slot(NamedTuple):
    """How to write one JSON key of one type."""

    order: int
    kind: int
    many: bool
    code: str


Row: TypeAlias = tuple[int, int, str, Slot, Any, Any]
"""One element to write: order in the type and in the object, key, slot, value, companion."""


class Slots(dict[str, dict[str, Slot]]):
    """Type name -> JSON key -> :class:`Slot`, made on first use; kept with the model."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def __missing__(self, name: str) -> dict[str, Slot]:
        slots: dict[str, Slot] = {}
        for order, element in enumerate(self.model.types[name].element_list):
            if element.xml == "attr":
                slots[element.name] = Slot(order, ATTRIBUTE, False, "string")
                continue
            for ref in element.types:
                facts = self.model.types[ref.code]
                kind = (
                    RESOURCE if facts.resource
                    else COMPLEX if not facts.primitive
                    else NARRATIVE if ref.code == "xhtml"
                    else PRIMITIVE
                )  # fmt: skip
                slots[element.key_for(ref.code)] = Slot(order, kind, element.many, ref.code)
        self[name] = slots
        return slots


def to_xml(resource: Json, model: Model, *, pretty: bool = False, declaration: bool = True) -> bytes:
    """``resource`` as FHIR XML in UTF-8, elements in the order of the specification.

    :param pretty: one element per line, indented by two spaces; narrative is left as it is.
    :param declaration: start with ``<?xml version="1.0" encoding="UTF-8"?>``.
    :raises EncodeError: for an unknown resource type or key, a wrong shape, narrative that is no XHTML, or
        characters that XML cannot carry.
    """
    writer = _Writer(model, pretty)
    name = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(name, str) or not model.is_resource(name):
        raise EncodeError(
            Text(nl="onbekend resourcetype", en="unknown resource type"), received=shorten(name)
        )
    if declaration:
        writer.out.append('<?xml version="1.0" encoding="UTF-8"?>')
        if pretty:
            writer.out.append("\n")
    writer.resource(resource, name, "", f'<{name} xmlns="http://hl7.org/fhir"', [name])
    text = "".join(writer.out)
    try:
        data = text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        data = b""
    if not data or len(data.translate(None, _CONTROLS)) != len(data) or "\ufffe" in text or "\uffff" in text:
        bad = _ILLEGAL.search(text)
        raise EncodeError(
            Text(nl="dit teken kan niet in XML", en="this character cannot be in XML"),
            where=name,
            received=f"U+{ord(bad.group()):04X}" if bad else "",
        )
    return data


class _Writer:
    """One document being written: pieces of text in ``out``."""

    def __init__(self, model: Model, pretty: bool) -> None:
        self.slots = model.derived("harness.fhir.codec.xml.write", Slots)
        self.model = model
        self.pretty = pretty
        self.out: list[str] = []

    def resource(self, value: Json, name: str, newline: str, head: str, path: list[str]) -> None:
        """A resource element; ``head`` is its start tag up to the attributes."""
        self.out.append(newline + head)
        if self.content(value, name, newline, path, resource=True):
            self.out.append(f"</{name}>")

    def content(
        self, value: Json, code: str, newline: str, path: list[str], *, resource: bool = False
    ) -> bool:
        """The rest of a start tag (``>`` or ``/>``) and the children of one complex value.

        :returns: whether an end tag is needed.
        """
        slots = self.slots[code]
        if len(path) > _MAX_DEPTH:
            raise self.error(path, Text(nl="te diep genest", en="nested too deeply"))
        rows: list[Row] = []
        for key, item in value.items():
            slot = slots.get(key)
            if slot is not None:
                if slot.kind == ATTRIBUTE:
                    continue
                rows.append((slot.order, len(rows), key, slot, item, value.get("_" + key)))
            elif key != "resourceType" or not resource:
                self.companion(rows, value, key, slots, path)
        out = self.out
        if not rows:
            out.append("/>")
            return False
        out.append(">")
        rows.sort(key=_ORDER)
        inner = newline + "  " if newline else "\n  " if self.pretty else ""
        for _order, _n, key, slot, item, extra in rows:
            if slot.kind == PRIMITIVE:
                if slot.many:
                    self.primitives(key, item, extra, inner, path)
                elif extra is None and type(item) is str:
                    out.append(f'{inner}<{key} value="{escape(item)}"/>')
                else:
                    self.primitive(key, item, extra, inner, [*path, key])
                continue
            if slot.many:
                if type(item) is not list or not item:
                    raise self.shape([*path, key], "[…]", item)
                for i, one in enumerate(item):
                    self.complex(key, slot, one, inner, [*path, f"{key}[{i}]"])
            else:
                self.complex(key, slot, item, inner, [*path, key])
        if self.pretty:
            out.append(newline or "\n")
        return True

    def companion(
        self, rows: list[Row], owner: Json, key: str, slots: dict[str, Slot], path: list[str]
    ) -> None:
        """Add the row of a ``_key`` that stands without its ``key``; no other key is left that XML has."""
        name = key[1:]
        slot = slots.get(name) if key[:1] == "_" else None
        if slot is None or slot.kind != PRIMITIVE:
            raise self.error([*path, key], Text(nl="onbekend element", en="unknown element"))
        if name not in owner:
            rows.append((slot.order, len(rows), name, slot, None, owner[key]))

    def complex(self, key: str, slot: Slot, value: Any, newline: str, path: list[str]) -> None:
        """One element that is not a primitive: data type, nested resource or narrative."""
        out = self.out
        if slot.kind == NARRATIVE:
            out.append(newline + self.narrative(value, path))
            return
        if type(value) is not dict:
            raise self.shape(path, "{…}", value)
        if slot.kind == RESOURCE:
            name = value.get("resourceType")
            if not isinstance(name, str) or not self.model.is_resource(name):
                raise self.error(path, Text(nl="onbekend resourcetype", en="unknown resource type"), name)
            out.append(f"{newline}<{key}>")
            self.resource(value, name, (newline + "  ") if newline else "", f"<{name}", path)
            out.append(f"{newline}</{key}>")
            return
        attributes = ""
        slots = self.slots[slot.code]
        for name in ("id", "url"):
            if name in value and name in slots and slots[name].kind == ATTRIBUTE:
                attributes += f' {name}="{escape(self.text(value[name], [*path, name]))}"'
        out.append(f"{newline}<{key}{attributes}")
        if self.content(value, slot.code, newline, path):
            out.append(f"</{key}>")

    def primitives(self, key: str, values: Any, extras: Any, newline: str, path: list[str]) -> None:
        """A repeating primitive with its paired ``_key`` list."""
        values = [] if values is None else values
        extras = [] if extras is None else extras
        if type(values) is not list or type(extras) is not list:
            raise self.shape([*path, key], "[…]", values if type(values) is not list else extras)
        if not values and not extras:
            raise self.shape([*path, key], "[…]", values)
        for i in range(max(len(values), len(extras))):
            value = values[i] if i < len(values) else None
            extra = extras[i] if i < len(extras) else None
            self.primitive(key, value, extra, newline, [*path, f"{key}[{i}]"])

    def primitive(self, key: str, value: Any, extra: Any, newline: str, path: list[str]) -> None:
        """One primitive with an optional id and extensions."""
        out = self.out
        head = f"{newline}<{key}"
        if extra is not None:
            if type(extra) is not dict:
                raise self.shape(path, "{…}", extra)
            if "id" in extra:
                head += f' id="{escape(self.text(extra["id"], path))}"'
        if value is not None:
            head += f' value="{escape(self.text(value, path))}"'
        elif extra is None:
            raise self.error(path, Text(nl="element zonder waarde", en="element without a value"))
        out.append(head)
        if extra is None:
            out.append("/>")
            return
        if self.content(extra, "Element", newline, path):
            out.append(f"</{key}>")

    def text(self, value: Any, path: list[str]) -> str:
        """A primitive as the text of an attribute."""
        if type(value) is str:
            return value
        if value is True:
            return "true"
        if value is False:
            return "false"
        if isinstance(value, int | Decimal):
            return number_text(value)
        raise self.shape(path, "string, number, boolean", value)

    def narrative(self, value: Any, path: list[str]) -> str:
        """An XHTML ``div``, checked to be one."""
        if type(value) is not str:
            raise self.shape(path, "<div xmlns=…>", value)
        huge = len(value) > 9_000_000
        try:
            if "<!DOCTYPE" in value or value.lstrip()[:5] == "<?xml":
                raise ValueError("DOCTYPE")
            root = etree.fromstring(value, xml_parser(huge=huge))
        except (etree.XMLSyntaxError, ValueError) as error:
            raise self.error(
                path, Text(nl="de narrative is geen XHTML", en="the narrative is no XHTML"), str(error)
            ) from error
        if root.tag != f"{{{XHTML}}}div":
            raise self.error(
                path,
                Text(nl="de narrative is geen XHTML-div", en="the narrative is no XHTML div"),
                str(root.tag),
            )
        return value.strip()

    def shape(self, path: list[str], expected: str, received: Any) -> EncodeError:
        """The error for a value of the wrong JSON type."""
        return self.error(path, Text(nl="verkeerde vorm", en="wrong shape"), shorten(received, 80), expected)

    @staticmethod
    def error(path: list[str], message: Text, received: Any = "", expected: str = "") -> EncodeError:
        """An error at a place."""
        return EncodeError(message, where=".".join(path), expected=expected, received=shorten(received, 80))


_ORDER = itemgetter(0, 1)


def escape(text: str) -> str:
    """``text`` for use in a double-quoted XML attribute."""
    if len(text) > 100:  # seven memory searches are faster than one regular expression over a long text
        if not any(c in text for c in _ESCAPES):
            return text
    elif not _SPECIAL.search(text):
        return text
    return _SPECIAL.sub(lambda m: _ESCAPES[m.group()], text)
