"""A TestScript in JSON as the elements that its XML form has.

By the rules of FHIR JSON alone, without a model: scripts are seldom clean in any version.
"""

from __future__ import annotations

import json
from typing import Any

from lxml import etree

from harness.core.errors import InputError
from harness.core.text import Text
from harness.testscript.read.xml import FHIR, MAX_BYTES, Element

MAX_DEPTH = 60


def element_of(data: bytes, where: str) -> Element:
    """The root element of a resource in JSON.

    :raises InputError: no JSON, no resource, nested too deeply, or a text that XML cannot hold.
    """
    if len(data) > MAX_BYTES:
        raise InputError(Text(nl="bestand is te groot", en="file is too large"), where=where)
    try:
        found = json.loads(data.decode("utf-8-sig"), parse_float=str, parse_int=str)
        if not isinstance(found, dict) or not isinstance(found.get("resourceType"), str):
            raise ValueError("no resourceType")
        root = etree.Element(FHIR + found["resourceType"])
        _fill(root, found, 0)
    except (ValueError, RecursionError) as error:
        raise InputError(
            Text(nl="is geen FHIR-resource in JSON", en="is not a FHIR resource in JSON"),
            where=where,
            received=str(error)[:200],
        ) from None
    return root


def _fill(element: Element, node: dict[str, Any], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    for key in dict.fromkeys(name.removeprefix("_") for name in node):
        if key == "resourceType":
            continue
        value, beside = node.get(key), node.get(f"_{key}")
        values = value if isinstance(value, list) else [value]
        extras = beside if isinstance(beside, list) else [beside]
        for number, item in enumerate(values):
            extra = extras[number] if number < len(extras) else None
            _add(element, key, item, extra if isinstance(extra, dict) else {}, depth)


def _add(element: Element, key: str, item: Any, extra: dict[str, Any], depth: int) -> None:
    attribute = key == "id" and element.getparent() is not None and not _is_resource(element)
    if isinstance(item, dict):
        child = etree.SubElement(element, FHIR + key)
        if isinstance(item.get("resourceType"), str):
            child = etree.SubElement(child, FHIR + item["resourceType"])
        _fill(child, item, depth + 1)
    elif isinstance(item, list):
        raise ValueError(f"{key} is a list in a list")
    elif attribute or (key == "url" and element.tag == FHIR + "extension"):
        element.set(key, _text(item))
    else:
        child = etree.SubElement(element, FHIR + key)
        if item is not None:
            child.set("value", _text(item))
        _fill(child, extra, depth + 1)


def _is_resource(element: Element) -> bool:
    parent = element.getparent()
    return parent is None or str(element.tag).rpartition("}")[2][:1].isupper()


def _text(item: Any) -> str:
    return ("true" if item else "false") if isinstance(item, bool) else str(item)
