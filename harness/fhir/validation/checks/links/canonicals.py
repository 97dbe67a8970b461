"""What a conformance resource says of itself: an absolute ``url``, its kind, properties that it declares.

STU3 and R4: ``url`` is "an absolute URI that is used to identify" the resource; the code of a property of a
concept "is a reference to CodeSystem.property.code".
"""

from __future__ import annotations

import re
from typing import Any

from harness.fhir.phrases import ABSOLUTE_URI, DECLARED_PROPERTY, ONCE
from harness.fhir.validation.places import Json, Place
from harness.fhir.validation.run import Run

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+").fullmatch


def url_check(value: Any, place: Place, run: Run) -> None:
    """An address is absolute, or (of the system of a value set) that of a contained resource."""
    if type(value) is str and value[:1] != "#" and _ABSOLUTE(value) is None:
        run.add("fhir-canonical-relative", place, expected=ABSOLUTE_URI, received=value)


def properties_check(resource: Json, place: Place, run: Run) -> None:
    """The code of a property identifies it, so occurs once; concepts use properties that are declared."""
    declared: set[object] = set()
    for index, item in _numbered(resource.get("property")):
        if item.get("code") in declared:
            twice: Place = ((place, "property", index, "property"), "code", -1, "code")
            run.add("fhir-code-system-property-twice", twice, expected=ONCE, received=item["code"])
        declared.add(item.get("code"))
    stack = [(item, (place, "concept", at, "concept")) for at, item in _numbered(resource.get("concept"))]
    seen: set[object] = set()
    while stack:
        concept, where = stack.pop()
        for index, item in _numbered(concept.get("property")):
            code = item.get("code")
            if type(code) is str and code not in declared and code not in seen:
                seen.add(code)
                at: Place = ((where, "property", index, "property"), "code", -1, "code")
                run.add("fhir-code-system-property", at, expected=DECLARED_PROPERTY, received=code)
        stack += [(item, (where, "concept", at, "concept")) for at, item in _numbered(concept.get("concept"))]


def structure_check(value: Any, place: Place, run: Run) -> None:
    """A profile is of the type of its parent and of the kind of that type (structuredefinition.html)."""
    kind, facts = value.get("kind"), run.rules.model.types.get(str(value.get("type")))
    if facts is None or value.get("derivation") != "constraint" or type(kind) is not str:
        return
    wanted = "resource" if facts.resource else "primitive-type" if facts.primitive else "complex-type"
    if kind != wanted:
        run.add("fhir-definition-kind", (place, "kind", -1, "kind"), expected=wanted, received=kind)
    base = value.get("baseDefinition")
    parent = run.rules.knowledge.type_of_profile(base) if type(base) is str else ""
    if parent and parent != value["type"]:
        at: Place = (place, "type", -1, "type")
        run.add("fhir-definition-type", at, expected=f"{parent} ({base})", received=value["type"])


def _numbered(value: Any) -> list[tuple[int, Json]]:
    return [(at, item) for at, item in enumerate(value) if type(item) is dict] if type(value) is list else []
