"""Profile facts: what a StructureDefinition constrains, without its prose.

One shape for three sources: an official StructureDefinition (STU3 or R4, JSON-shaped), the compact YAML of
our embedded facts, and the compact extension definitions of the base specification::

    facts = from_structure_definition(resource)        # ProfileFacts
    facts.elements[3].path, facts.elements[3].max      # 'Observation.basedOn', '0'

Only the differential is read (of a definition that has only a snapshot: the snapshot); the base
specification and the parent profiles are not repeated. How facts of a chain of profiles become one tree:
:mod:`harness.fhir.profiles.differentials`.

Untrusted input: a definition that is not shaped like one gives :class:`ProfileError`, never another
exception.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from harness.core.errors import ConfigurationError
from harness.core.text import Text

CORE = "http://hl7.org/fhir/StructureDefinition/"
"""Prefix of the canonical URLs of the base specification."""

FHIRPATH = "fhirpath:"
"""Marks an extension context that is an expression (R4 ``context.type`` ``fhirpath``)."""


class ProfileError(ConfigurationError):
    """A StructureDefinition (or the compact form of one) that cannot be understood; exit 2."""


class TypeFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """One allowed type of an element.

    :ivar code: type name, ``""`` when the definition gives only a profile.
    :ivar profiles: canonical URLs; the value has to conform to one of them.
    :ivar targets: canonical URLs of profiles (or base types) that a reference may point to; empty is any.
    :ivar aggregation: ``contained``, ``referenced``, ``bundled``; empty is any.
    """

    code: str = ""
    profiles: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    aggregation: tuple[str, ...] = ()


class BindingFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """A binding: strength and canonical URL of the value set (``""`` when the profile names none)."""

    strength: str
    value_set: str = ""


class InvariantFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """A constraint in FHIRPath. ``human`` is only filled from a package, never in embedded facts."""

    key: str
    expression: str = ""
    severity: str = "error"
    human: str = ""


class SlicingFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a list is divided: ``(type, path)`` discriminators, ``open|closed|openAtEnd``, ordered or not."""

    discriminators: tuple[tuple[str, str], ...] = ()
    rules: str = "open"
    ordered: bool = False


class Value(msgspec.Struct, frozen=True, omit_defaults=True):
    """A fixed, pattern, least or greatest value with its FHIR type (``code``, ``CodeableConcept``)."""

    type: str
    value: Any


class ElementFact(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a differential says about one element.

    :ivar path: path with type names as in the definition (``Observation.valueQuantity.unit``).
    :ivar id: element id with slice names, ``""`` when equal to the path.
    :ivar slice_name: name of the slice that starts here.
    :ivar min: least number, ``None`` when not constrained.
    :ivar max: ``"0"``, ``"1"``, ``"*"``, …; ``""`` when not constrained.
    :ivar types: allowed types, empty when not constrained.
    :ivar max_length: longest string in characters, 0 when not constrained.
    """

    path: str
    id: str = ""
    slice_name: str = ""
    min: int | None = None
    max: str = ""
    types: tuple[TypeFact, ...] = ()
    fixed: Value | None = None
    pattern: Value | None = None
    min_value: Value | None = None
    max_value: Value | None = None
    max_length: int = 0
    binding: BindingFact | None = None
    invariants: tuple[InvariantFact, ...] = ()
    slicing: SlicingFact | None = None
    content_reference: str = ""
    modifier: bool = False


class ProfileFacts(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What one StructureDefinition says.

    :ivar kind: ``resource``, ``complex-type``, ``primitive-type`` or ``logical``.
    :ivar type: the base type that is constrained.
    :ivar base: canonical URL of the parent.
    :ivar derivation: ``constraint`` or ``specialization``.
    :ivar contexts: where an extension may stand: an element path or type, the URL of an extension, or an
        expression behind :data:`FHIRPATH` (STU3 and R4 kinds alike).
    :ivar context_rules: FHIRPath expressions that must hold where the extension stands.
    """

    url: str
    type: str
    version: str = ""
    name: str = ""
    kind: str = "resource"
    base: str = ""
    derivation: str = "constraint"
    abstract: bool = False
    contexts: tuple[str, ...] = ()
    context_rules: tuple[str, ...] = ()
    elements: tuple[ElementFact, ...] = ()

    @property
    def canonical(self) -> str:
        """``url|version``, or the URL when the profile has no version."""
        return f"{self.url}|{self.version}" if self.version else self.url


# -- reading an official definition ---------------------------------------------------------------


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _items(value: object) -> list[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        return [value]
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _strings(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _typed(element: Mapping[str, Any], prefix: str) -> Value | None:
    """The value of a ``prefix[x]`` property with its type name (``fixedUri`` -> ``uri``)."""
    for key, value in element.items():
        if key.startswith(prefix) and len(key) > len(prefix) and key[len(prefix)].isupper():
            name = key[len(prefix) :]
            lowered = name[0].lower() + name[1:]
            return Value(type=name if isinstance(value, dict) else lowered, value=value)
    return None


def _types(element: Mapping[str, Any]) -> tuple[TypeFact, ...]:
    """Types with the STU3 habit (one entry per profile) folded to one entry per code."""
    folded: dict[str, dict[str, dict[str, None]]] = {}
    for entry in _items(element.get("type")):
        code = _string(entry.get("code"))
        if code.startswith("http://hl7.org/fhirpath/System."):
            code = code.rsplit(".", 1)[-1].lower()
        slot = folded.setdefault(code, {"profile": {}, "targetProfile": {}, "aggregation": {}})
        for name, seen in slot.items():
            seen.update(dict.fromkeys(_strings(entry.get(name))))
        if not _strings(entry.get("targetProfile")) and code == "Reference":
            slot["targetProfile"][""] = None
    return tuple(
        TypeFact(
            code=code,
            profiles=tuple(slot["profile"]),
            targets=() if "" in slot["targetProfile"] else tuple(slot["targetProfile"]),
            aggregation=tuple(slot["aggregation"]),
        )
        for code, slot in folded.items()
    )


def _binding(element: Mapping[str, Any], owner: str) -> BindingFact | None:
    """The binding of an element; a value set that the definition contains gets an absolute address.

    :param owner: canonical URL of the definition.
    """
    binding = element.get("binding")
    if not isinstance(binding, Mapping):
        return None
    reference = binding.get("valueSetReference")
    url = (
        _string(binding.get("valueSet"))
        or _string(binding.get("valueSetUri"))
        or _string(binding.get("valueSetCanonical"))
        or (_string(reference.get("reference")) if isinstance(reference, Mapping) else "")
    )
    if url.startswith("#"):
        url = owner + url
    return BindingFact(strength=_string(binding.get("strength")) or "example", value_set=url)


def _slicing(element: Mapping[str, Any]) -> SlicingFact | None:
    slicing = element.get("slicing")
    if not isinstance(slicing, Mapping):
        return None
    return SlicingFact(
        discriminators=tuple(
            (_string(d.get("type")) or "value", _string(d.get("path")) or "$this")
            for d in _items(slicing.get("discriminator"))
        ),
        rules=_string(slicing.get("rules")) or "open",
        ordered=slicing.get("ordered") is True,
    )


def _element(element: Mapping[str, Any], owner: str) -> ElementFact:
    path = _string(element.get("path"))
    if not path:
        raise ProfileError(Text(nl="een element heeft geen path", en="an element has no path"))
    ident = _string(element.get("id"))
    low = element.get("min")
    length = element.get("maxLength")
    return ElementFact(
        path=path,
        id="" if ident == path else ident,
        slice_name=_string(element.get("sliceName")),
        min=low if isinstance(low, int) and not isinstance(low, bool) else None,
        max=_string(element.get("max")),
        types=_types(element),
        fixed=_typed(element, "fixed"),
        pattern=_typed(element, "pattern"),
        min_value=_typed(element, "minValue"),
        max_value=_typed(element, "maxValue"),
        max_length=length if isinstance(length, int) and not isinstance(length, bool) else 0,
        binding=_binding(element, owner),
        invariants=tuple(
            InvariantFact(
                key=_string(c.get("key")),
                expression=_string(c.get("expression")),
                severity=_string(c.get("severity")) or "error",
                human=_string(c.get("human")),
            )
            for c in _items(element.get("constraint"))
        ),
        slicing=_slicing(element),
        content_reference=_string(element.get("contentReference")),
        modifier=element.get("isModifier") is True,
    )


def _contexts(resource: Mapping[str, Any]) -> tuple[str, ...]:
    found = resource.get("context")
    if isinstance(found, list):
        return tuple(
            item
            if isinstance(item, str)
            else (FHIRPATH if item.get("type") == "fhirpath" else "") + _string(item.get("expression"))
            for item in found
            if isinstance(item, (str, Mapping))
        )
    return _strings(found)


def from_structure_definition(resource: Mapping[str, Any]) -> ProfileFacts:
    """The facts of an official StructureDefinition (JSON-shaped, STU3 or R4).

    :raises ProfileError: when it has no url or type, or an element without path.
    """
    url = _string(resource.get("url"))
    base_type = _string(resource.get("type"))
    if not url or not base_type:
        raise ProfileError(
            Text(nl="StructureDefinition zonder url of type", en="StructureDefinition without url or type"),
            where=url or _string(resource.get("id")),
        )
    part = resource.get("differential") or resource.get("snapshot")
    elements = _items(part.get("element")) if isinstance(part, Mapping) else []
    return ProfileFacts(
        url=url,
        type=base_type.rsplit("/", 1)[-1],
        version=_string(resource.get("version")),
        name=_string(resource.get("name")),
        kind=_string(resource.get("kind")) or "resource",
        base=_string(resource.get("baseDefinition")),
        derivation=_string(resource.get("derivation")) or "constraint",
        abstract=resource.get("abstract") is True,
        contexts=_contexts(resource),
        context_rules=_strings(resource.get("contextInvariant")),
        elements=tuple(_element(element, url) for element in elements),
    )


# -- facts for embedding ---------------------------------------------------------------------------


def without_prose(facts: ProfileFacts) -> ProfileFacts:
    """``facts`` without descriptive text and without elements that say nothing, as it may be embedded."""
    kept = []
    for element in facts.elements:
        silent = ElementFact(path=element.path, id=element.id)
        if element == silent and element.path != facts.type:
            continue
        kept.append(
            msgspec.structs.replace(
                element, invariants=tuple(msgspec.structs.replace(i, human="") for i in element.invariants)
            )
        )
    return msgspec.structs.replace(facts, elements=tuple(kept))


def references(facts: ProfileFacts) -> Iterable[tuple[str, str]]:
    """Every canonical URL that the profile depends on, as ``(kind, url)``.

    Kinds: ``base``, ``profile`` (type.profile), ``target`` (reference targets), ``value-set``.
    """
    if facts.base:
        yield "base", facts.base
    for element in facts.elements:
        for entry in element.types:
            for url in entry.profiles:
                yield "profile", url
            for url in entry.targets:
                yield "target", url
        if element.binding is not None and element.binding.value_set:
            yield "value-set", element.binding.value_set
