"""Words about people in a document in JSON: which there are, and how some go; the rest keeps its bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from harness.record.redact.documents.words import BY_FORM, LOOKED_AT, MEASURES, Vocabulary
from harness.record.redact.holding.groups import EXTENSIONS, LEADING, Group, group_of

_STRING: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.S)


class Spot(NamedTuple):
    """A word about somebody, or what may be one.

    :ivar number: which one of the strings of the document it is, names of members included; in XML of its
        elements.
    """

    number: int
    group: Group
    value: str


class Words:
    """The words about people in a document that was read, in its order.

    :ivar found: values, and names of members that FHIR cannot have.
    :ivar strings: how many strings the document has.
    :raises RecursionError: it is too deep.
    """

    def __init__(self, root: Any, coded: frozenset[str], words: Vocabulary = BY_FORM) -> None:
        self.found: list[Spot] = []
        self._words = words
        self.strings = 0
        self._coded = coded
        if type(root) is dict:
            self._object(root, "")
        elif type(root) is list:
            self._list(root, "", "", {})

    def _object(self, node: dict[str, Any], holder: str) -> None:
        coded = self._coded
        for name, child in node.items():
            if name not in coded and not self._words.member(name):
                self.found.append(Spot(self.strings, "member", name))
            self.strings += 1
            kind = type(child)
            if kind is str:
                if name not in coded:
                    self._word(child, name, holder, node)
                elif name in LOOKED_AT or not MEASURES.fullmatch(child):
                    self._code(child, name, holder, node)
                self.strings += 1
            elif kind is dict:
                self._object(child, name)
            elif kind is list:
                self._list(child, name, holder, node)

    def _list(self, items: list[Any], name: str, holder: str, node: dict[str, Any]) -> None:
        for item in items:
            kind = type(item)
            if kind is dict:
                self._object(item, name)
            elif kind is str:
                if name not in self._coded:
                    self._word(item, name, holder, node)
                elif name in LOOKED_AT or not MEASURES.fullmatch(item):
                    self._code(item, name, holder, node)
                self.strings += 1
            elif kind is list:
                self._list(item, name, holder, node)

    def _code(self, value: str, name: str, holder: str, node: dict[str, Any]) -> None:
        if name in LEADING and not (name == "url" and holder in EXTENSIONS):
            return
        system = node.get("system") if name == "code" else ""
        if not self._words.coded(name, value, system if type(system) is str else ""):
            self.found.append(Spot(self.strings, "code", value))

    def _word(self, value: str, name: str, holder: str, node: dict[str, Any]) -> None:
        system, reference = node.get("system") or node.get("url"), node.get("reference")
        group = group_of(
            name,
            holder,
            node,
            system if type(system) is str else "",
            reference if type(reference) is str else "",
        )
        self.found.append(Spot(self.strings, group, value))


def values_in(resource: Mapping[str, Any], coded: frozenset[str]) -> Iterator[tuple[Group, str]]:
    """Every word about people in a resource, with its group."""
    return ((spot.group, spot.value) for spot in Words(dict(resource), coded).found)


def is_written(body: bytes, strings: int) -> bool:
    """Whether a document has as many strings as were read of it: two members of one name are read as one."""
    escaped = body.replace(b"\\\\", b"").count(b'\\"') if b"\\" in body else 0
    return body.count(b'"') - escaped == 2 * strings


def rewritten(text: str, values: Mapping[int, str]) -> str:
    """A document with other strings in the place of some.

    :param values: what takes the place of the string of a number.
    """
    pieces: list[str] = []
    at = 0
    for number, match in enumerate(_STRING.finditer(text)):
        if number in values:
            pieces += (text[at : match.start()], json.dumps(values[number], ensure_ascii=False))
            at = match.end()
    return "".join((*pieces, text[at:]))
