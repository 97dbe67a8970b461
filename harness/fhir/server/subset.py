"""Parts of resources: what ``_elements`` and ``_summary`` leave of them.

A part is marked ``SUBSETTED`` in ``meta.tag``, so that a client does not send it back as the whole. Identity,
mandatory elements and modifier elements always stay: without them what is left could mean something else.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec

from harness.fhir.model.types import DATA, FOLDERS, Model
from harness.fhir.search.query import Query

_SYSTEMS = {
    "3": "http://hl7.org/fhir/v3/ObservationValue",
    "4": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
}
_IDENTITY = frozenset(("resourceType", "id", "meta", "implicitRules"))


class Facts(msgspec.Struct, frozen=True):
    """What the specification marks in one resource type.

    :ivar summary: paths below the type that are in its summary.
    :ivar modifier: top elements that change the meaning of others.
    """

    summary: frozenset[str] = frozenset()
    modifier: frozenset[str] = frozenset()


class Shape(msgspec.Struct, frozen=True):
    """Which part of a resource is asked for.

    :ivar summary: ``true``, ``text``, ``data`` or ``""``.
    :ivar elements: names of elements, with or without a type before them.
    """

    summary: str = ""
    elements: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.summary or self.elements)


@cache
def summary_facts(version: str) -> dict[str, Facts]:
    """The marks of a FHIR version, by resource type (``scripts/summary_facts.py`` writes them)."""
    source = DATA / FOLDERS[version] / "summary.json"
    return msgspec.json.decode(source.read_bytes(), type=dict[str, Facts])


def shape_of(query: Query) -> Shape:
    """The part that a search asks for; a count has no resources to shape."""
    return Shape("" if query.summary == "count" else query.summary, query.elements)


def part_of(resource: dict[str, Any], shape: Shape, model: Model) -> dict[str, Any]:
    """The part of a resource that is asked for; the resource itself when nothing is left out."""
    kind = resource["resourceType"]
    facts = summary_facts(model.version).get(kind, Facts())
    left = resource
    if shape.summary == "data":
        left = {key: value for key, value in left.items() if key != "text"}
    elif shape.summary == "text":
        left = _kept(left, {"text"} | _always(kind, facts, model), kind, model)
    elif shape.summary == "true":
        left = _summary(left, kind, facts.summary, model)
    names = {name.rpartition(".")[2] for name in shape.elements if name.partition(".")[0] in (kind, name)}
    if names:
        left = _kept(left, names | _always(kind, facts, model), kind, model)
    return left if left == resource else _tagged(left, model)


def unknown_element(names: Iterable[str], kinds: Iterable[str], model: Model) -> str | None:
    """The first name that is no element: of the type before it, else of one of the types asked for."""
    asked = tuple(kind for kind in kinds if model.is_resource(kind))
    for name in names if asked else ():
        owner, _, element = name.rpartition(".")
        if not any(_has_element(kind, element, model) for kind in ((owner,) if owner else asked)):
            return name
    return None


def _has_element(kind: str, name: str, model: Model) -> bool:
    facts = model.types.get(kind)
    stems = (element.stem for element in facts.element_list) if facts is not None else ()
    return name == "resourceType" or name in stems  # fhirpy asks for what JSON cannot do without


def _always(kind: str, facts: Facts, model: Model) -> set[str]:
    """Elements that stay whatever is asked: mandatory and modifier ones."""
    elements = model.types[kind].element_list
    mandatory = {element.name for element in elements if element.min > 0}
    return {name.removesuffix("[x]") for name in mandatory | facts.modifier}


def _stem(kind: str, key: str, model: Model) -> str:
    """Name of the element that a JSON key of a type stands for, choices by their stem."""
    facts = model.types.get(kind)
    found = facts.key(key.removeprefix("_")) if facts is not None else None
    return found.element.stem if found is not None else key.removeprefix("_")


def _kept(resource: dict[str, Any], names: Iterable[str], kind: str, model: Model) -> dict[str, Any]:
    wanted = _IDENTITY | set(names)
    return {key: value for key, value in resource.items() if _stem(kind, key, model) in wanted}


def _summary(resource: dict[str, Any], kind: str, paths: frozenset[str], model: Model) -> dict[str, Any]:
    """Elements in the summary, inside those of the resource's own structure too."""

    def inside(node: dict[str, Any], owner: str, above: str) -> dict[str, Any]:
        left: dict[str, Any] = {}
        for key, value in node.items():
            stem = _stem(owner, key, model)
            path = f"{above}{stem}"
            whole = stem in ("id", "modifierExtension") if above else stem in _IDENTITY
            if whole:
                left[key] = value
            elif path in paths or f"{path}[x]" in paths:
                left[key] = deeper(value, f"{owner}.{stem}", f"{path}.")
        return left

    def deeper(value: Any, owner: str, above: str) -> Any:
        if owner not in model.types:  # a data type: in the summary as a whole
            return value
        if isinstance(value, list):
            return [deeper(item, owner, above) for item in value]
        return inside(value, owner, above) if isinstance(value, dict) else value

    return inside(resource, kind, "")


def _tagged(resource: dict[str, Any], model: Model) -> dict[str, Any]:
    meta = dict(resource["meta"]) if isinstance(resource.get("meta"), dict) else {}
    tag = {"system": _SYSTEMS[model.version[0]], "code": "SUBSETTED"}
    tags = meta.get("tag")
    meta["tag"] = [*(tags if isinstance(tags, list) else ()), tag]
    ordered = {"resourceType": resource["resourceType"], "id": resource.get("id"), "meta": meta}
    ordered.update((key, value) for key, value in resource.items() if key not in ordered)
    return {key: value for key, value in ordered.items() if value is not None}
