"""Resources of every type, made up from the model: legal in structure, random in content, the same every time.

They reach what the official fixtures of the standards never use. Invariants may be broken by chance: that is fine for a
comparison of validators.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from harness.fhir.model.types import ElementFacts, TypeRef
from harness.fhir.profiles.knowledge import Knowledge

Json = dict[str, Any]

_PLAIN: dict[str, list[Any]] = {
    "boolean": [True, False],
    "integer": [0, 1, -3, 42],
    "positiveInt": [1, 2, 7],
    "unsignedInt": [0, 1, 9],
    "decimal": [Decimal("1.50"), 2, Decimal("-0.1")],
    "string": ["tekst", "Müller", "a b"],
    "markdown": ["*tekst*"],
    "code": ["en"],
    "id": ["a1", "b-2"],
    "uri": [
        "http://example.org/x",
        "urn:oid:2.16.840.1.113883.2.4.6.3",
        "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
    ],
    "oid": ["urn:oid:2.16.840.1.113883"],
    "uuid": ["urn:uuid:c757873d-ec9a-4326-a141-556f43239520"],
    "date": ["2020", "2020-05", "2020-05-06"],
    "dateTime": ["2020-05-06", "2020-05-06T10:11:12Z", "2019-01-01T00:00:00+01:00"],
    "instant": ["2020-05-06T10:11:12Z", "2020-05-06T10:11:12.123+02:00"],
    "time": ["10:11:12"],
    "base64Binary": ["aGFsbG8="],
}
_SKIP = {
    "id",
    "meta",
    "implicitRules",
    "contained",
    "extension",
    "modifierExtension",
    "fhir_comments",
    "text",
}
MAX_DEPTH = 5


class Maker:
    """Makes resources of one model."""

    def __init__(self, knowledge: Knowledge, rng: random.Random) -> None:
        self.knowledge = knowledge
        self.model = knowledge.model
        self.rng = rng

    def resource(self, name: str) -> Json:
        """One resource of a type."""
        made = {"resourceType": name, "id": "x1", **self.object(name, 0)}
        if self.rng.random() < 0.4 and "text" in self.model.types[name].stems:
            made["text"] = {
                "status": "generated",
                "div": '<div xmlns="http://www.w3.org/1999/xhtml">tekst</div>',
            }
        return made

    def object(self, name: str, depth: int) -> Json:
        """Content of a type: required elements, and some others."""
        out: Json = {}
        chance = (0.45, 0.3, 0.2, 0.1, 0.05, 0.0)[min(depth, 5)]
        for element in self.model.types[name].element_list:
            if element.name in _SKIP and element.min == 0:
                continue
            if element.min == 0 and self.rng.random() > chance:
                continue
            ref = self.rng.choice(element.types)
            value = self.value(name, element, ref, depth + 1)
            if value is None:
                continue
            out[element.key_for(ref.code)] = [value] if element.many else value
        if not out and name in self.model.types and not self.model.types[name].resource:
            return self.something(name)
        return out

    def something(self, name: str) -> Json:
        """A type without required elements may not be empty."""
        for element in self.model.types[name].element_list:
            if element.name not in _SKIP and self.model.is_primitive(element.types[0].code):
                value = self.value(name, element, element.types[0], MAX_DEPTH)
                return {element.key_for(element.types[0].code): [value] if element.many else value}
        return {"extension": [{"url": "http://example.org/x", "valueString": "x"}]}

    def value(self, owner: str, element: ElementFacts, ref: TypeRef, depth: int) -> Any:
        """A value of one type for one element, ``None`` when it would go too deep."""
        code = ref.code
        if (
            code in ("code", "Coding", "CodeableConcept", "uri", "string")
            and (coded := self.coded(owner, element, code)) is not None
        ):
            return coded
        if code in _PLAIN:
            return self.rng.choice(_PLAIN[code])
        if code == "Reference":
            targets = [t for t in ref.targets if t in self.model.resource_types] or ["Patient"]
            return {"reference": f"{self.rng.choice(targets)}/1"}
        if code in ("Resource", "DomainResource"):
            return {"resourceType": "Basic", "id": "b", "code": {"text": "x"}}
        if code == "Extension":
            return {"url": "http://example.org/x", "valueString": "x"}
        if code == "Narrative":
            return {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}
        if code not in self.model.types or (depth > MAX_DEPTH and element.min == 0):
            return None
        if depth > MAX_DEPTH + 4:
            return None
        return self.object(code, depth)

    def coded(self, owner: str, element: ElementFacts, code: str) -> Any:
        """A member of the bound value set, ``None`` without one."""
        binding = self.knowledge.base.bindings.get(f"{element.defined_in or owner}.{element.name}")
        if binding is None or not binding.value_set:
            return None
        members = self.knowledge.members(binding.value_set)
        pairs = sorted((system, c) for system, codes in members.codes.items() for c in codes)
        if not pairs:
            return None
        system, chosen = self.rng.choice(pairs)
        if code in ("code", "uri", "string"):
            return chosen if code == "code" else None
        coding = {"system": system, "code": chosen}
        return coding if code == "Coding" else {"coding": [coding]}


def resources(knowledge: Knowledge, *, per_type: int = 10, seed: int = 7) -> Iterator[tuple[str, Json]]:
    """``per_type`` resources of each concrete resource type, with a name."""
    for name in sorted(knowledge.model.resource_types):
        maker = Maker(knowledge, random.Random(f"{seed}-{name}"))
        for number in range(per_type):
            yield f"{name}-{number}", maker.resource(name)
