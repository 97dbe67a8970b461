"""Words about people in a document in XML: which there are, and how some go; the rest keeps its bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final
from xml.sax.saxutils import escape

from lxml import etree

from harness.record.redact.documents.words import BY_FORM, Vocabulary
from harness.record.redact.holding.groups import EXTENSIONS, LEADING, group_of
from harness.record.redact.holding.in_json import Spot

FHIR: Final = "{http://hl7.org/fhir}"
XHTML: Final = "{http://www.w3.org/1999/xhtml}"
_TAG: Final = re.compile(
    r"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[.*?\]\]>|<(?P<close>/?)(?P<name>[^\s<>/!?]+)"
    r"(?P<rest>[^<>\"']*+(?:(?:\"[^\"]*+\"|'[^']*+')[^<>\"']*+)*+)>",
    re.S,
)
_VALUE: Final = re.compile(r"(?<=\s)(?:value|url)\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')")
_NAME: Final = 3
"""Letters from which the name of a name space may be one of somebody."""
_NUMBER: Final = re.compile(r"-?[0-9.]+(?:[eE][+-]?[0-9]+)?", re.ASCII)
_ATTRIBUTES: Final = frozenset(
    {"value", "url", "id", "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"}
)
_SPACE: Final = re.compile(rb"xmlns:([^\s=]+)\s*=")
_DIV: Final = f"{XHTML}div"


class StrangeError(Exception):
    """A document that FHIR does not have: text between elements, elements of others."""


@lru_cache(maxsize=4)
def _tags(coded: frozenset[str]) -> frozenset[str]:
    return frozenset(f"{FHIR}{name}" for name in coded)


def spots(root: Any, coded: frozenset[str], words: Vocabulary = BY_FORM) -> list[Spot]:
    """The words about people in a document that was read, in its order; names of elements that FHIR cannot
    have are some.

    :raises StrangeError: it has words where FHIR has none.
    """
    found: list[Spot] = []
    plain = _tags(coded)
    for number, element in enumerate(root.iter(etree.Element)):
        tag = element.tag
        if tag.startswith(XHTML):
            if tag == _DIV and element.getparent().tag.startswith(FHIR):
                found.append(Spot(number, "narrative", "".join(element.itertext())))
            continue
        text, tail = element.text, element.tail
        if (text and not text.isspace()) or (tail and not tail.isspace()) or not tag.startswith(FHIR):
            raise StrangeError
        if not _ATTRIBUTES.issuperset(element.keys()):
            raise StrangeError
        name = tag[len(FHIR) :]
        if tag in plain or name in EXTENSIONS:
            found += _code(number, element, name, words)
            continue
        if not words.element(name):
            found.append(Spot(number, "member", name))
        if (value := element.get("value")) is not None:
            found += _spot(number, element, value)
    return found


def _code(number: int, element: Any, name: str, words: Vocabulary) -> list[Spot]:
    url, value = element.get("url"), element.get("value")
    if url is not None and value is not None:
        raise StrangeError
    if value is None:
        return [] if url is None or words.coded("url", url) else [Spot(number, "code", url)]
    if name in LEADING:
        return []
    parent = element.getparent() if name == "code" else None
    beside = parent.find(f"{FHIR}system") if parent is not None else None
    system = (beside.get("value") or "") if beside is not None else ""
    return [] if words.coded(name, value, system) else [Spot(number, "code", value)]


def strange_names(body: bytes, words: Vocabulary) -> bool:
    """Whether a name of a name space may be anybody's."""
    names = {name.decode("utf-8", "replace") for name in _SPACE.findall(body)}
    return not all(len(name) < _NAME or words.member(name) for name in names)


def _spot(number: int, element: Any, value: str) -> list[Spot]:
    name, parent = element.tag[len(FHIR) :], element.getparent()
    holder, beside, system = "", {}, ""
    if parent is not None:
        holder = parent.tag.rpartition("}")[2]
        around = parent.iterchildren(etree.Element)
        beside = {child.tag.rpartition("}")[2]: child.get("value") or "" for child in around}
        system = beside.get("system") or parent.get("url") or ""
    group = group_of(name, holder, beside, system, beside.get("reference", ""))
    if group == "identifier" and holder != "identifier" and _NUMBER.fullmatch(value):
        return []  # an amount
    return [Spot(number, group, value)]


def rewritten(
    text: str,
    elements: int,
    values: Mapping[int, str],
    changed: Mapping[int, Callable[[str], str]],
    names: Mapping[int, str],
) -> str | None:
    """A document with other values in the place of some; ``None`` when its elements are not those that were
    read of it.

    :param elements: how many there are.
    :param values: what takes the place of the value of the element of a number.
    :param names: what takes the place of its name.
    :param changed: what makes of all that is within an element what takes its place.
    """
    pieces: list[str] = []
    at = number = 0
    within: list[tuple[int, Callable[[str], str]]] = []
    renamed: list[tuple[int, str]] = []
    depth = 0
    for match in _TAG.finditer(text):
        if match["name"] is None:
            continue
        if match["close"]:
            depth -= 1
            if within and within[-1][0] == depth:
                _, change = within.pop()
                pieces.append(change(text[at : match.start()]))
                at = match.start()
            if renamed and renamed[-1][0] == depth:
                pieces += (text[at : match.start("name")], renamed.pop()[1])
                at = match.end("name")
            continue
        empty = match["rest"].endswith("/")
        if number in names:
            pieces += (text[at : match.start("name")], names[number])
            at = match.end("name")
            if not empty:
                renamed.append((depth, names[number]))
        if number in values:
            found = _VALUE.search(text, match.start(), match.end())
            if found is None:
                return None
            start, end = found.span("double" if found["double"] is not None else "single")
            pieces += (text[at:start], escape(values[number], {'"': "&quot;", "'": "&apos;"}))
            at = end
        elif number in changed and not empty:
            pieces.append(text[at : match.end()])
            at = match.end()
            within.append((depth, changed[number]))
        number += 1
        depth += not empty
    return "".join((*pieces, text[at:])) if number == elements else None
