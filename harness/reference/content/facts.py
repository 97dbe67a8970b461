"""Facts of a resource: what pairing goes by.

A fact is ``(path, value)``: values in their normal form, dates as a day in Amsterdam, one fact per coding.
Paths
have no indexes; of grouped elements (components, sections) there is also a fact with the group's code, so
that
exchanged values show. References, identifiers of a system and displays are no facts: they differ between
systems.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.core.normal import codes, moments, people, texts
from harness.reference.content.table import ContentTable, Field, Plan

Fact = tuple[str, str]
Facts = frozenset[Fact]

DATES = frozenset({"date", "dateTime", "instant", "time"})
QUANTITIES = frozenset({"Quantity", "SimpleQuantity", "Age", "Duration", "Count", "Distance", "Money"})


def facts_of(resource: Mapping[str, Any], table: ContentTable) -> Facts:
    """All facts of a resource; none of one without a type."""
    kind = resource.get("resourceType")
    if not isinstance(kind, str):
        return frozenset()
    found: set[Fact] = set()
    _node(resource, table.plan(kind, kind), kind, found, table)
    return frozenset(found)


def _node(node: Mapping[str, Any], plan: Plan, path: str, found: set[Fact], table: ContentTable) -> None:
    for key, value in node.items():
        field = plan.get(key)
        if field is None or field.mode == "free":
            continue
        for item in value if isinstance(value, list) else (value,):
            _value(item, field, found, table)


def _value(value: Any, field: Field, found: set[Fact], table: ContentTable) -> None:
    kind, path = field.type, field.path
    if isinstance(value, str):
        if kind in DATES:
            found.add((path, moments.day_of(value)))
        elif kind != "base64Binary":
            found.add((path, texts.folded(value)))
        return
    if not isinstance(value, dict):
        if value is not None:
            found.add((path, codes.number(value)))
        return
    simple = _SIMPLE.get(kind)
    if simple is not None:
        found.update((path, text) for text in simple(value) if text)
    elif kind == "Period":
        for end in ("start", "end"):
            if isinstance(value.get(end), str):
                found.add((f"{path}.{end}", moments.day_of(value[end])))
    elif kind == "Extension":
        _extension(value, path, found, table)
    elif kind not in ("Reference", "Resource"):
        _group(value, field, found, table)


def _concept(value: Mapping[str, Any]) -> list[str]:
    coded = codes.codings(value)
    return [f"{system}|{code}" for system, code in coded] or [codes.concept_text(value)]


def _coding(value: Mapping[str, Any]) -> list[str]:
    found = codes.coding(value)
    return ["|".join(found)] if found else []


def _identifier(value: Mapping[str, Any]) -> list[str]:
    found = people.national_identifier(value)
    return ["|".join(found)] if found else []


def _attachment(value: Mapping[str, Any]) -> list[str]:
    kind = str(value.get("contentType") or "").split(";")[0].strip().lower()
    return [kind, texts.folded(str(value.get("title") or ""))]


_SIMPLE: dict[str, Any] = {
    "CodeableConcept": _concept,
    "Coding": _coding,
    "Identifier": _identifier,
    "HumanName": lambda value: [people.human_name(value)],
    "Address": lambda value: [people.address(value)],
    "ContactPoint": lambda value: [people.contact_point(value)],
    "Narrative": lambda value: [texts.narrative(str(value.get("div") or ""))],
    "Attachment": _attachment,
    **dict.fromkeys(QUANTITIES, lambda value: ["|".join(codes.quantity(value))]),
}


def _extension(value: Mapping[str, Any], path: str, found: set[Fact], table: ContentTable) -> None:
    url = str(value.get("url") or "")
    if url in table.free_extensions:
        return
    below = f"{path}({url.rsplit('/', 1)[-1]})"
    for key, item in value.items():
        if key == "extension":
            for inner in item if isinstance(item, list) else ():
                if isinstance(inner, dict):
                    _extension(inner, below, found, table)
        elif key.startswith("value"):
            known = table.plan("Extension", "Extension").get(key)
            if known is not None and known.type == "Identifier" and isinstance(item, dict):
                found.add((below, texts.folded(str(item.get("value") or ""))))
            elif known is not None:
                _value(item, known._replace(path=below), found, table)


def _group(value: Mapping[str, Any], field: Field, found: set[Fact], table: ContentTable) -> None:
    inner: set[Fact] = set()
    _node(value, table.plan(field.type, field.path, field.mode), field.path, inner, table)
    found |= inner
    code = next((text for path, text in inner if path == f"{field.path}.code"), "")
    if code:
        found.update((f"{path}@{code}", text) for path, text in inner if not path.endswith(".code"))
