"""Words about people in a document in JSON: which there are, and how some go; the rest keeps its bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from harness.record.redact.holding.groups import Group, group_of

_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"(\s*:)?', re.S)


class Spot(NamedTuple):
    """A value that is a word about somebody, or may be.

    :ivar number: which one of the strings of the document it is (of the elements, in XML).
    """

    number: int
    group: Group
    value: str


def values_in(resource: Mapping[str, Any], coded: frozenset[str]) -> Iterator[tuple[Group, str]]:
    """Every word about people in a resource, with its group."""
    return ((spot.group, spot.value) for spot in spots(resource, coded))


def spots(root: Any, coded: frozenset[str]) -> list[Spot]:
    """The words about people in a document that was read, in its order.

    :raises RecursionError: it is too deep.
    """
    found: list[Spot] = []
    _visit(root, "", coded, found, 0)
    return found


def _visit(node: Any, holder: str, coded: frozenset[str], found: list[Spot], number: int) -> int:
    """Look through an object or list; gives the number of the next string."""
    if type(node) is list:
        for child in node:
            if type(child) is str:
                number += 1
            elif type(child) is dict or type(child) is list:
                number = _visit(child, holder, coded, found, number)
        return number
    for name, child in node.items():
        kind = type(child)
        if kind is str:
            if name not in coded:
                found.append(Spot(number, _group(name, holder, node), child))
            number += 1
        elif kind is dict:
            number = _visit(child, name, coded, found, number)
        elif kind is list:
            number = _items(child, name, holder, node, coded, found, number)
    return number


def _items(
    items: list[Any],
    name: str,
    holder: str,
    node: dict[str, Any],
    coded: frozenset[str],
    found: list[Spot],
    number: int,
) -> int:
    for item in items:
        kind = type(item)
        if kind is str:
            if name not in coded:
                found.append(Spot(number, _group(name, holder, node), item))
            number += 1
        elif kind is dict or kind is list:
            number = _visit(item, name, coded, found, number)
    return number


def _group(name: str, holder: str, node: dict[str, Any]) -> Group:
    system, reference = node.get("system"), node.get("reference")
    return group_of(
        name,
        holder,
        node,
        system if type(system) is str else "",
        reference if type(reference) is str else "",
    )


def rewritten(text: str, strings: int, values: Mapping[int, str]) -> str | None:
    """A document with other values in the place of some; ``None`` when its strings are not those that were
    read of it (two members of one name, say).

    :param strings: how many values are strings.
    :param values: what takes the place of the string of a number.
    """
    pieces: list[str] = []
    at = number = 0
    for match in _STRING.finditer(text):
        if match.group(1) is not None:
            continue
        if number in values:
            pieces += (text[at : match.start()], json.dumps(values[number], ensure_ascii=False))
            at = match.end()
        number += 1
    return "".join((*pieces, text[at:])) if number == strings else None
