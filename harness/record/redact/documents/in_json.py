"""FHIR documents in JSON: the people in them, every value with its path, and masking."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from harness.record.redact.documents.parts import (
    IMPERSONAL,
    PERSONAL,
    SUBJECT,
    Leaf,
    Masking,
    PatientFacts,
    People,
    Tag,
)
from harness.record.redact.documents.words import BY_FORM, KEPT, NAME, Vocabulary
from harness.record.redact.people import bsn

_TYPE: Final = re.compile(r"[A-Z][A-Za-z]{1,39}", re.ASCII)


class JsonDocument:
    """A FHIR document in JSON.

    :raises ValueError, RecursionError: it cannot be parsed.
    """

    def __init__(self, body: bytes, words: Vocabulary = BY_FORM) -> None:
        self.words = words
        try:
            self.tree = json.loads(body, strict=False)
        except UnicodeDecodeError:  # a fault, and yet it can be read
            self.tree = json.loads(body.decode("latin-1"), strict=False)

    def people(self) -> People:
        """The people in it."""
        found = People()
        stack: list[tuple[Any, bool]] = [(self.tree, False)]
        while stack:
            node, contained = stack.pop()
            if isinstance(node, list):
                stack.extend((child, contained) for child in node if isinstance(child, dict | list))
                continue
            if not isinstance(node, dict):
                continue
            for name, child in node.items():
                if isinstance(child, dict | list):
                    stack.append((child, contained or name == "contained"))
            reference = node.get("reference")
            if isinstance(reference, str) and "Patient/" in reference:
                found.subjects.update(SUBJECT.findall(reference))
            number = _json_number(node)
            if number:
                found.numbers.append(number)
            if node.get("resourceType") == "Patient":
                found.patients.append(_json_patient(node, contained))
        return found

    @property
    def fhir(self) -> bool:
        """Whether it says that it is FHIR."""
        return bool(_TYPE.fullmatch(_type(self.tree)))

    @property
    def impersonal(self) -> bool:
        """Whether it is about no person at all."""
        return _type(self.tree) == IMPERSONAL

    @property
    def entries(self) -> int:
        """How many entries the Bundle has that it is."""
        found = self.tree.get("entry") if isinstance(self.tree, dict) else None
        return len(found) if isinstance(found, list) else 0

    def leaves(self) -> Iterator[Leaf]:
        """Every value with its path."""
        return _json_leaves(self.tree, _root_name(self.tree, self.words), "", "", self.words)

    def paths(self) -> list[str]:
        """The path of each of its strings; that of the name of a member is the object's."""
        found: list[str] = []
        _json_strings(self.tree, _root_name(self.tree, self.words), found, self.words)
        return found

    def masked(self, tag: Tag) -> bytes:
        """The document with every value replaced that could identify."""
        how = Masking(self.words, self.impersonal, tag)
        masked = _mask_json(self.tree, "", _root_name(self.tree, self.words), "", how)
        return json.dumps(masked, ensure_ascii=False, separators=(",", ":")).encode()


def _type(root: Any) -> str:
    return str(root.get("resourceType") or "") if isinstance(root, dict) else ""


def _root_name(root: Any, words: Vocabulary) -> str:
    """The type of a resource; what cannot be one may be anybody's, and a path is written."""
    name = _type(root)
    return name if not name or (_TYPE.fullmatch(name) and words.element(name)) else NAME


def _json_number(node: dict[str, Any]) -> str:
    system, value = node.get("system"), node.get("value")
    return value if isinstance(system, str) and isinstance(value, str) and bsn.is_system(system) else ""


def _objects(value: Any) -> Iterable[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _json_patient(node: dict[str, Any], contained: bool) -> PatientFacts:
    names = list(_objects(node.get("name")))
    return PatientFacts(
        id="" if contained else str(node.get("id") or ""),
        birth=str(node.get("birthDate") or ""),
        families=tuple(str(name["family"]) for name in names if name.get("family")),
        names=tuple(str(name["text"]) for name in names if name.get("text") and not name.get("family")),
        numbers=tuple(number for item in _objects(node.get("identifier")) if (number := _json_number(item))),
        personal=not PERSONAL.isdisjoint(node),
    )


def _json_leaves(value: Any, path: str, name: str, system: str, words: Vocabulary) -> Iterator[Leaf]:
    if isinstance(value, dict):
        found = value.get("system") or value.get("url")
        beside = found if isinstance(found, str) else ""
        for key, child in value.items():
            if not words.member(key):
                yield Leaf(words.step(path, key), NAME, key, "")
            yield from _json_leaves(child, words.step(path, key), key, beside, words)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _json_leaves(child, f"{path}[{index}]", name, system, words)
    elif value is not None and not isinstance(value, bool):
        yield Leaf(path, name, str(value), system, numeric=not isinstance(value, str))


def _json_strings(value: Any, path: str, found: list[str], words: Vocabulary) -> None:
    if isinstance(value, dict):
        for name, child in value.items():
            found.append(path)
            _json_strings(child, words.step(path, name), found, words)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            _json_strings(child, f"{path}[{index}]", found, words)
    elif isinstance(value, str):
        found.append(path)


def _mask_json(value: Any, key: str, path: str, system: str, how: Masking) -> Any:
    if isinstance(value, dict):
        found = value.get("system")
        beside = found if isinstance(found, str) else ""
        masked = {}
        for name, child in value.items():
            shown = name if how.words.member(name) else how.tag(name, how.words.step(path, name))
            masked[shown] = _mask_json(child, name, how.words.step(path, name), beside, how)
        return masked
    if isinstance(value, list):
        return [_mask_json(child, key, f"{path}[{index}]", system, how) for index, child in enumerate(value)]
    if value is None or isinstance(value, bool):
        return value
    text = str(value)
    if isinstance(value, str):
        return text if how.keeps(key, text, system) else how.tag(text, path)
    return value if key in KEPT or how.impersonal else how.tag(text, path)
