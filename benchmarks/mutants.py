"""Systematic defects: resources with exactly one change, made from good ones, the same every time.

Each :class:`Mutant` knows its operator and the FHIRPath location of the change. The operators do not know
what the validator checks: some changes leave a resource valid (an optional element dropped, an unbound code
changed), which is what makes a comparison with another validator worth something.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lxml import etree

from harness.fhir.model.types import ElementFacts, Model

Json = dict[str, Any]


@dataclass(frozen=True)
class Spot:
    """One element occurrence in a resource.

    :ivar owner: object that holds it; :ivar key: its JSON key; :ivar index: position in a list or -1.
    :ivar code: FHIR type; :ivar element: facts; :ivar path: FHIRPath location; :ivar owner_code: type of the
        owner.
    """

    owner: Json
    key: str
    index: int
    code: str
    element: ElementFacts
    path: str
    owner_code: str

    @property
    def value(self) -> Any:
        found = self.owner[self.key]
        return found[self.index] if self.index >= 0 else found

    def put(self, value: Any) -> None:
        if self.index >= 0:
            self.owner[self.key][self.index] = value
        else:
            self.owner[self.key] = value


@dataclass(frozen=True)
class Mutant:
    """One changed resource."""

    operator: str
    origin: str
    path: str
    note: str
    resource: Json


def spots(resource: Json, model: Model) -> Iterator[Spot]:
    """Every element occurrence, depth first, nested resources included."""

    def walk(value: Json, code: str, path: str) -> Iterator[Spot]:
        facts = model.types.get(code)
        if facts is None:
            return
        for key, item in list(value.items()):
            hit = facts.key(key)
            if hit is None:
                continue
            several = type(item) is list
            for index, part in enumerate(item if several else [item]):
                at = f"{path}.{hit.element.stem}" + (f"[{index}]" if several else "")
                kind = hit.type.code
                if type(part) is dict and type(part.get("resourceType")) is str:
                    kind = part["resourceType"]
                yield Spot(value, key, index if several else -1, kind, hit.element, at, code)
                if type(part) is dict:
                    yield from walk(part, kind, at)

    name = resource["resourceType"]
    yield from walk(resource, name, name)


Operator = Callable[[Json, list[Spot], Model, random.Random], "tuple[str, str] | None"]


def _pick(found: list[Spot], rng: random.Random) -> Spot | None:
    return rng.choice(found) if found else None


def _drop(spot: Spot) -> None:
    if spot.index >= 0:
        del spot.owner[spot.key][spot.index]
        if not spot.owner[spot.key]:
            del spot.owner[spot.key]
            spot.owner.pop("_" + spot.key, None)
        elif "_" + spot.key in spot.owner:
            del spot.owner["_" + spot.key]
    else:
        del spot.owner[spot.key]
        spot.owner.pop("_" + spot.key, None)


def drop_required(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in s if x.element.min > 0 and x.element.name != "url"], rng)
    if spot is None:
        return None
    spot.owner.pop(spot.key)
    spot.owner.pop("_" + spot.key, None)
    return spot.path, "removed"


def drop_any(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in s if x.key not in ("meta", "profile", "id", "resource")], rng)
    if spot is None:
        return None
    _drop(spot)
    return spot.path, "removed"


def drop_top(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick(
        [x for x in s if x.path.count(".") == 1 and x.key not in ("meta", "id", "text", "entry")], rng
    )
    if spot is None:
        return None
    spot.owner.pop(spot.key)
    spot.owner.pop("_" + spot.key, None)
    return spot.path, "removed"


def wrong_code(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in s if x.code == "code" and x.owner_code not in ("Coding", "Quantity")], rng)
    if spot is None:
        return None
    spot.put("wrong-code")
    return spot.path, "wrong-code"


def bad_code_format(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in s if x.code in ("code", "id") and type(x.value) is str], rng)
    if spot is None:
        return None
    spot.put(rng.choice([" " + spot.value, spot.value + " ", "a  b"]))
    return spot.path, "spaces"


def coding_code(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in s if x.owner_code == "Coding" and x.key == "code"], rng)
    if spot is None:
        return None
    spot.put("no-such-code")
    return spot.path, "other code"


def coding_system(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in s if x.owner_code == "Coding" and x.key == "system"], rng)
    if spot is None:
        return None
    spot.put(rng.choice(["http://example.org/other-system", "relative/system"]))
    return spot.path, "other system"


def quantity_unit(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick(
        [x for x in s if x.code == "Quantity" and type(x.value) is dict and x.value.get("code")], rng
    )
    if spot is None:
        return None
    change = rng.choice(["code", "system", "both"])
    if change == "code":
        spot.value["code"] = "km"
    elif change == "system":
        spot.value.pop("system", None)
    else:
        spot.value.pop("code", None)
    return spot.path, change


def wrong_type(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in s if type(x.value) in (str, bool, int, Decimal) and x.code != "xhtml"], rng)
    if spot is None:
        return None
    value = spot.value
    if type(value) is str:
        spot.put(rng.choice([True, 5, {"value": value}]))
    else:
        spot.put(rng.choice([str(value), {"value": str(value)}]))
    return spot.path, "other JSON type"


def object_to_string(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in s if type(x.value) is dict], rng)
    if spot is None:
        return None
    spot.put(rng.choice(["text", 3, False]))
    return spot.path, "object became a scalar"


def bad_date(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick(
        [x for x in s if x.code in ("date", "dateTime", "instant", "time") and type(x.value) is str], rng
    )
    if spot is None:
        return None
    spot.put(
        rng.choice(
            [
                "2019-13-01",
                "2019-02-30",
                "01-02-2019",
                "2019-1-1",
                "2019-01-01T10:00",
                "2019-01-01 10:00:00",
                "vandaag",
            ]
        )
    )
    return spot.path, str(spot.value)


def list_for_scalar(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in s if x.index < 0 and x.key != "resource"], rng)
    if spot is None:
        return None
    spot.owner[spot.key] = rng.choice([[spot.value], [spot.value, copy.deepcopy(spot.value)]])
    return spot.path, "list for scalar"


def scalar_for_list(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in s if x.index == 0], rng)
    if spot is None:
        return None
    spot.owner[spot.key] = spot.value
    spot.owner.pop("_" + spot.key, None)
    return spot.path, "scalar for list"


def repeat(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in s if x.index >= 0 and x.key not in ("entry", "contained", "coding")], rng)
    if spot is None:
        return None
    for _ in range(rng.choice([1, 2])):
        spot.owner[spot.key].append(copy.deepcopy(spot.value))
    return spot.path.rpartition("[")[0], "item repeated"


def repeat_coding(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick(
        [x for x in s if x.index >= 0 and x.key in ("coding", "identifier", "component", "extension")], rng
    )
    if spot is None:
        return None
    spot.owner[spot.key].append(copy.deepcopy(spot.value))
    return spot.path.rpartition("[")[0], "item repeated"


def reference_type(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick(
        [
            x
            for x in s
            if x.code == "Reference" and type(x.value) is dict and type(x.value.get("reference")) is str
        ],
        rng,
    )
    if spot is None:
        return None
    spot.value["reference"] = rng.choice(["Medication/1", "Binary/1", "Subscription/x1"])
    return spot.path, spot.value["reference"]


def reference_dangling(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick(
        [
            x
            for x in s
            if x.code == "Reference" and type(x.value) is dict and type(x.value.get("reference")) is str
        ],
        rng,
    )
    if spot is None:
        return None
    spot.value["reference"] = "#not-there"
    return spot.path, "#not-there"


def extension_unknown(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick(
        [x for x in s if type(x.value) is dict and "resourceType" not in x.value and x.code != "Extension"],
        rng,
    )
    if spot is None:
        return None
    spot.value.setdefault("extension", []).append({"url": "http://example.org/unknown", "valueString": "x"})
    return spot.path + ".extension", "unknown extension"


def modifier_unknown(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    places = [r] + [x.value for x in s if type(x.value) is dict and "." in x.code]
    paths = [r["resourceType"]] + [x.path for x in s if type(x.value) is dict and "." in x.code]
    if r["resourceType"] in ("Bundle", "Binary", "Parameters"):
        places, paths = places[1:], paths[1:]
    if not places:
        return None
    at = rng.randrange(len(places))
    places[at].setdefault("modifierExtension", []).append(
        {"url": "http://example.org/modifier", "valueString": "x"}
    )
    return paths[at] + ".modifierExtension", "unknown modifier extension"


def _extensions(s: list[Spot]) -> list[Spot]:
    return [x for x in s if x.code == "Extension" and type(x.value) is dict]


def extension_value_type(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in _extensions(s) if any(k.startswith("value") for k in x.value)], rng)
    if spot is None:
        return None
    key = next(k for k in spot.value if k.startswith("value"))
    del spot.value[key]
    if key == "valueInteger":
        spot.value["valueBoolean"] = True
    else:
        spot.value["valueInteger"] = 7
    return spot.path, f"{key} became another type"


def extension_no_value(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick(_extensions(s), rng)
    if spot is None:
        return None
    for key in [k for k in spot.value if k != "url"]:
        del spot.value[key]
    return spot.path, "no value"


def extension_both(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in _extensions(s) if any(k.startswith("value") for k in x.value)], rng)
    if spot is None:
        return None
    spot.value["extension"] = [{"url": "http://example.org/unknown", "valueString": "x"}]
    return spot.path, "value and extension"


def extension_url(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick(_extensions(s), rng)
    if spot is None:
        return None
    spot.value["url"] = rng.choice(["http://example.org/other", "relative"])
    return spot.path, "other url"


def extension_no_url(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick(_extensions(s), rng)
    if spot is None:
        return None
    spot.value.pop("url", None)
    return spot.path, "no url"


def extension_moved(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in _extensions(s) if ":" in str(x.value.get("url"))], rng)
    other = _pick(
        [
            x
            for x in s
            if type(x.value) is dict and x.code in ("Identifier", "Period", "CodeableConcept", "Reference")
        ],
        rng,
    )
    if spot is None or other is None:
        return None
    value = copy.deepcopy(spot.value)
    other.value.setdefault("extension", []).append(value)
    return other.path + ".extension", "known extension elsewhere"


def unknown_property(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in s if type(x.value) is dict], rng)
    if spot is None or rng.random() < 0.25:
        r["onbekend"] = "x"
        return r["resourceType"] + ".onbekend", "unknown property"
    spot.value["onbekend"] = rng.choice(["x", {"a": 1}, [1]])
    return spot.path + ".onbekend", "unknown property"


def unknown_in_companion(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick(
        [
            x
            for x in s
            if x.index < 0 and m.is_primitive(x.code) and x.code != "xhtml" and x.element.xml != "attr"
        ],
        rng,
    )
    if spot is None:
        return None
    spot.owner["_" + spot.key] = {"onbekend": "x"}
    return spot.path, "unknown property in _key"


def other_choice(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in s if x.element.choice and x.owner_code != "Extension"], rng)
    if spot is None:
        return None
    options: dict[str, Any] = {
        "string": "x",
        "boolean": True,
        "dateTime": "2020-01-01",
        "CodeableConcept": {"text": "x"},
        "Quantity": {"value": 1},
        "Period": {"start": "2020-01-01"},
        "Reference": {"display": "x"},
    }
    free = [ref.code for ref in spot.element.types if ref.code in options and ref.code != spot.code]
    if not free:
        return None
    code = rng.choice(free)
    del spot.owner[spot.key]
    spot.owner.pop("_" + spot.key, None)
    spot.owner[spot.element.key_for(code)] = options[code]
    return spot.path, f"{spot.code} became {code}"


def forbidden_choice(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in s if x.element.choice and x.owner_code != "Extension"], rng)
    if spot is None or any(ref.code == "Money" for ref in spot.element.types):
        return None
    spot.owner[spot.element.stem + "Money"] = {"value": 1}
    return spot.path + "Money", "type that the choice does not have"


def two_choices(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in s if x.element.choice and len(x.element.types) > 1], rng)
    if spot is None:
        return None
    for code, value in (
        ("string", "x"),
        ("dateTime", "2020-01-01"),
        ("CodeableConcept", {"text": "x"}),
        ("Reference", {"display": "x"}),
    ):
        if code != spot.code and any(ref.code == code for ref in spot.element.types):
            spot.owner[spot.element.key_for(code)] = value
            return spot.path, f"also {code}"
    return None


def empty_value(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in s if x.code != "xhtml"], rng)
    if spot is None:
        return None
    if spot.index >= 0 and rng.random() < 0.4:
        spot.owner[spot.key] = []
        return spot.path, "empty list"
    spot.put({} if type(spot.value) is dict else rng.choice(["", None]))
    return spot.path, "empty"


def reversed_period(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in s if x.code == "Period" and type(x.value) is dict], rng)
    if spot is None:
        return None
    spot.value.update(start="2020-05-05", end=rng.choice(["2019-01-01", "2020-05", "2020-05-04"]))
    return spot.path, "reversed period"


def narrative(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    bad = rng.choice(
        [
            "<script>alert(1)</script>",
            "<p onclick='x()'>x</p>",
            "<form/>",
            "<b>open",
            "<blink>x</blink>",
            "<p>fine</p>",
        ]
    )
    if r["resourceType"] in ("Bundle", "Binary", "Parameters"):
        return None
    r["text"] = {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{bad}</div>'}
    return r["resourceType"] + ".text.div", bad


def empty_narrative(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    if r["resourceType"] in ("Bundle", "Binary", "Parameters"):
        return None
    div = rng.choice(
        [
            '<div xmlns="http://www.w3.org/1999/xhtml"> </div>',
            "<div>x</div>",
            "x",
            '<div xmlns="http://www.w3.org/1999/xhtml"/>',
        ]
    )
    r["text"] = {"status": "generated", "div": div}
    return r["resourceType"] + ".text.div", div


def bad_uri(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick(
        [x for x in s if x.code == "uri" and x.owner_code != "Extension" and x.key != "profile"], rng
    )
    if spot is None:
        return None
    spot.put(rng.choice(["http://with a space", "urn:oid:not-an-oid", "urn:uuid:nope"]))
    return spot.path, str(spot.value)


def bad_id(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    r["id"] = rng.choice(["under_score", "x" * 65, "spa ce", "é"])
    return r["resourceType"] + ".id", r["id"]


def bad_number(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in s if x.code in ("decimal", "integer", "positiveInt", "unsignedInt")], rng)
    if spot is None:
        return None
    spot.put(
        -1
        if spot.code in ("positiveInt", "unsignedInt")
        else Decimal("1.5")
        if spot.code == "integer"
        else "1.5"
    )
    return spot.path, str(spot.value)


def wrong_resource(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    nested = [x for x in s if type(x.value) is dict and "resourceType" in x.value]
    spot = _pick(nested, rng)
    if spot is None:
        return None
    spot.value["resourceType"] = rng.choice(["Medication", "NoSuchType"])
    return spot.path, spot.value["resourceType"]


def contained_unused(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    if r["resourceType"] in ("Bundle", "Binary", "Parameters"):
        return None
    r.setdefault("contained", []).append({"resourceType": "Organization", "id": "unused", "name": "x"})
    return f"{r['resourceType']}.contained[{len(r['contained']) - 1}]", "contained without reference"


def profile_other(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    if r["resourceType"] in ("Bundle", "Binary", "Parameters"):
        return None
    url = rng.choice(
        [
            "http://fhir.nl/fhir/StructureDefinition/nl-core-patient",
            "http://example.org/unknown-profile",
            "http://hl7.org/fhir/StructureDefinition/Medication",
        ]
    )
    r.setdefault("meta", {})["profile"] = [url]
    return f"{r['resourceType']}.meta.profile[0]", url


def bad_base64(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    spot = _pick([x for x in s if x.code == "base64Binary"], rng)
    if spot is None:
        return None
    spot.put("###")
    return spot.path, "###"


def fixed_value(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    """Another code, unit or text in an element that profiles like to fix."""
    spot = _pick(
        [
            x
            for x in s
            if x.owner_code in ("Coding", "Quantity", "Identifier")
            and x.key in ("system", "code", "unit")
            and type(x.value) is str
        ],
        rng,
    )
    if spot is None:
        return None
    spot.put("urn:example:changed" if spot.key == "system" else spot.value + "x")
    return spot.path, "changed"


def all_codings(r: Json, s: list[Spot], m: Model, rng: random.Random) -> tuple[str, str] | None:
    """A CodeableConcept with codes from nowhere, or with text only."""
    spot = _pick([x for x in s if x.code == "CodeableConcept" and type(x.value) is dict], rng)
    if spot is None:
        return None
    spot.put(
        rng.choice(
            [
                {"text": "alleen tekst"},
                {"coding": [{"system": "http://example.org/cs", "code": "x", "display": "x"}]},
            ]
        )
    )
    return spot.path, "other concept"


OPERATORS: dict[str, tuple[Operator, int]] = {
    "drop-required": (drop_required, 220),
    "drop-any": (drop_any, 260),
    "drop-top": (drop_top, 220),
    "wrong-code": (wrong_code, 180),
    "code-format": (bad_code_format, 60),
    "coding-code": (coding_code, 160),
    "coding-system": (coding_system, 120),
    "quantity-unit": (quantity_unit, 80),
    "wrong-type": (wrong_type, 180),
    "object-to-scalar": (object_to_string, 120),
    "bad-date": (bad_date, 160),
    "list-for-scalar": (list_for_scalar, 180),
    "scalar-for-list": (scalar_for_list, 140),
    "repeat": (repeat, 140),
    "repeat-slice": (repeat_coding, 120),
    "reference-type": (reference_type, 160),
    "reference-dangling": (reference_dangling, 60),
    "extension-unknown": (extension_unknown, 60),
    "modifier-unknown": (modifier_unknown, 80),
    "extension-value-type": (extension_value_type, 120),
    "extension-no-value": (extension_no_value, 60),
    "extension-both": (extension_both, 50),
    "extension-url": (extension_url, 60),
    "extension-no-url": (extension_no_url, 40),
    "extension-moved": (extension_moved, 60),
    "unknown-property": (unknown_property, 160),
    "unknown-in-companion": (unknown_in_companion, 50),
    "other-choice": (other_choice, 120),
    "forbidden-choice": (forbidden_choice, 40),
    "two-choices": (two_choices, 60),
    "empty": (empty_value, 160),
    "reversed-period": (reversed_period, 50),
    "narrative": (narrative, 50),
    "empty-narrative": (empty_narrative, 30),
    "bad-uri": (bad_uri, 60),
    "bad-id": (bad_id, 30),
    "bad-number": (bad_number, 60),
    "wrong-resource": (wrong_resource, 40),
    "contained-unused": (contained_unused, 30),
    "profile-other": (profile_other, 30),
    "bad-base64": (bad_base64, 6),
    "fixed-value": (fixed_value, 160),
    "other-concept": (all_codings, 160),
}
"""Operators and how many mutants each makes at scale 1."""


def mutants(
    resources: dict[str, Json], model: Model, *, seed: int = 20260301, scale: float = 1.0
) -> Iterator[Mutant]:
    """Mutants of good resources, in a fixed order.

    :param resources: name -> JSON-shaped resource; not changed.
    :param seed: of the only source of randomness.
    :param scale: multiplies the number of mutants per operator.
    """
    names = sorted(resources)
    for operator, (change, count) in OPERATORS.items():
        rng = random.Random(f"{seed}-{operator}")
        made = tried = 0
        wanted = max(1, round(count * scale))
        seen: set[tuple[str, str, str]] = set()
        while made < wanted and tried < wanted * 12:
            tried += 1
            name = rng.choice(names)
            resource = copy.deepcopy(resources[name])
            done = change(resource, list(spots(resource, model)), model, rng)
            if done is None or (name, *done) in seen:
                continue
            seen.add((name, *done))
            made += 1
            yield Mutant(operator, name, done[0], done[1], resource)


# -- defects that only XML can have ---------------------------------------------------------------

_NS = "{http://hl7.org/fhir}"


def xml_mutants(
    sources: dict[str, bytes], *, seed: int = 20260301, count: int = 200
) -> Iterator[tuple[str, str, str, bytes]]:
    """``(operator, origin, path, document)``: order, attributes, repeats, text, namespace, unknown elements."""
    rng = random.Random(f"{seed}-xml")
    names = sorted(sources)
    operators = ("order", "attribute", "repeat", "text", "namespace", "unknown", "empty", "truncated")
    for number in range(count):
        operator = operators[number % len(operators)]
        name = rng.choice(names)
        root = etree.fromstring(sources[name])
        places = [e for e in root.iter() if isinstance(e.tag, str) and e.tag.startswith(_NS) and len(e) > 1]
        leaves = [
            e
            for e in root.iter()
            if isinstance(e.tag, str) and e.tag.startswith(_NS) and e.get("value") is not None
        ]
        if not places or not leaves:
            continue
        leaf = rng.choice(leaves)
        at = leaf
        if operator == "order":
            swaps = [
                (a, b)
                for parent in places
                for a, b in zip(parent, list(parent)[1:], strict=False)
                if isinstance(a.tag, str)
                and isinstance(b.tag, str)
                and a.tag != b.tag
                and a.tag.startswith(_NS)
            ]
            if not swaps:
                continue
            at, second = rng.choice(swaps)
            second.addnext(at)
        elif operator == "attribute":
            leaf.set(rng.choice(["foo", "href"]), "x")
        elif operator == "repeat":
            leaf.addnext(copy.deepcopy(leaf))
        elif operator == "text":
            leaf.text = "tekst"
        elif operator == "namespace":
            leaf.tag = "{urn:example:other}" + leaf.tag.removeprefix(_NS)
        elif operator == "unknown":
            etree.SubElement(rng.choice(places), _NS + "onbekend", value="x")
        elif operator == "empty":
            del leaf.attrib["value"]
        data = etree.tostring(root, encoding="utf-8")
        if operator == "truncated":
            data = data[: rng.randrange(len(data) // 2, len(data) - 3)]
        yield f"xml-{operator}", name, _xml_path(at), data


def _xml_path(element: etree._Element) -> str:
    """Location of an element, without indexes."""
    parts: list[str] = []
    step: etree._Element | None = element
    while step is not None:
        tag = str(step.tag).rpartition("}")[2]
        parent = step.getparent()
        if not (tag[:1].isupper() and parent is not None):
            parts.append(tag)
        step = parent
    return ".".join(reversed(parts))
