"""Conformance resources reduced to facts: what a machine needs, no prose.

The result is still a resource of the same type, so everything that reads an official StructureDefinition
or ValueSet reads the distilled one. Titles, definitions, narrative and mappings are left out; of displays
only those of HL7's own code systems stay, since a coding repeats them.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_ELEMENT_PREFIXES = ("fixed", "pattern", "minValue", "maxValue")
_ELEMENT = (
    "id",
    "path",
    "representation",
    "sliceName",
    "min",
    "max",
    "contentReference",
    "maxLength",
    "isModifier",
)
_HEADER = ("resourceType", "id", "url", "version", "name", "status")
_PROPERTIES = frozenset({"notSelectable", "inactive", "status", "parent", "child", "deprecated", "abstract"})

OWN_SYSTEMS = ("http://hl7.org/fhir/", "http://terminology.hl7.org/")
"""Code systems of HL7 itself (CC0); displays of other owners are theirs."""

KINDS = frozenset(
    {
        *("StructureDefinition", "ValueSet", "CodeSystem", "ConceptMap", "NamingSystem", "SearchParameter"),
        "CompartmentDefinition",
    }
)
"""Resource types that :func:`distill` keeps."""


def _only(source: Json, keys: tuple[str, ...]) -> Json:
    return {key: source[key] for key in keys if key in source}


def _dicts(value: Any) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def distill(resource: Json) -> Json | None:
    """``resource`` without descriptive text; ``None`` for types that hold no facts to keep."""
    maker = _MAKERS.get(str(resource.get("resourceType")))
    if maker is None:
        return None
    return {**_only(resource, _HEADER), **maker(resource)}


def _structure(sd: Json) -> Json:
    out = _only(
        sd,
        (
            *("fhirVersion", "kind", "abstract", "contextType", "type", "baseDefinition", "derivation"),
            "contextInvariant",
        ),
    )
    context = sd.get("context")
    if isinstance(context, list):
        out["context"] = [_only(c, ("type", "expression")) if isinstance(c, dict) else c for c in context]
    for view in ("differential", "snapshot"):
        elements = _dicts((sd.get(view) or {}).get("element"))
        if elements:
            out[view] = {"element": [_element(e) for e in elements]}
            break
    return out


def _element(element: Json) -> Json:
    out = _only(element, _ELEMENT)
    out.update({k: v for k, v in element.items() if k.startswith(_ELEMENT_PREFIXES)})
    if out.get("isModifier") is False:
        del out["isModifier"]
    slicing = element.get("slicing")
    if isinstance(slicing, dict):
        out["slicing"] = _only(slicing, ("discriminator", "ordered", "rules"))
    types = [
        _only(t, ("code", "profile", "targetProfile", "aggregation", "versioning"))
        for t in _dicts(element.get("type"))
    ]
    if types:
        out["type"] = types
    constraints = [_only(c, ("key", "severity", "expression")) for c in _dicts(element.get("constraint"))]
    if constraints:
        out["constraint"] = constraints
    binding = element.get("binding")
    if isinstance(binding, dict):
        kept = _only(binding, ("strength", "valueSet", "valueSetUri"))
        if isinstance(binding.get("valueSetReference"), dict):
            kept["valueSetReference"] = _only(binding["valueSetReference"], ("reference",))
        out["binding"] = kept
    return out


def _value_set(vs: Json) -> Json:
    out: Json = {}
    compose = vs.get("compose")
    if isinstance(compose, dict):
        out["compose"] = {
            side: [
                {
                    **_only(part, ("system", "version", "valueSet")),
                    **(
                        {"concept": [_only(c, ("code",)) for c in _dicts(part["concept"])]}
                        if "concept" in part
                        else {}
                    ),
                    **(
                        {"filter": [_only(f, ("property", "op", "value")) for f in _dicts(part["filter"])]}
                        if "filter" in part
                        else {}
                    ),
                }
                for part in _dicts(compose.get(side))
            ]
            for side in ("include", "exclude")
            if side in compose
        }
    elif isinstance(vs.get("expansion"), dict):
        out["expansion"] = {"contains": _contains(vs["expansion"].get("contains"))}
    return out


def _contains(items: Any) -> list[Json]:
    out = []
    for item in _dicts(items):
        kept = _only(item, ("system", "abstract", "inactive", "version", "code"))
        if item.get("contains"):
            kept["contains"] = _contains(item["contains"])
        out.append(kept)
    return out


def _code_system(cs: Json) -> Json:
    out = _only(
        cs, ("caseSensitive", "valueSet", "hierarchyMeaning", "compositional", "content", "supplements")
    )
    if cs.get("concept"):
        own = str(cs.get("url", "")).startswith(OWN_SYSTEMS)
        out["concept"] = _concepts(cs["concept"], ("code", "display") if own else ("code",))
    return out


def _concepts(items: Any, keep: tuple[str, ...]) -> list[Json]:
    out = []
    for item in _dicts(items):
        kept = _only(item, keep)
        properties = [
            {k: v for k, v in p.items() if k == "code" or k.startswith("value")}
            for p in _dicts(item.get("property"))
            if p.get("code") in _PROPERTIES
        ]
        if properties:
            kept["property"] = properties
        if item.get("concept"):
            kept["concept"] = _concepts(item["concept"], keep)
        out.append(kept)
    return out


def _concept_map(cm: Json) -> Json:
    out = {k: v for k, v in cm.items() if k.startswith(("source", "target")) and not k.startswith("_")}
    for key in ("sourceReference", "targetReference"):
        if isinstance(out.get(key), dict):
            out[key] = _only(out[key], ("reference",))
    out["group"] = [
        {
            **_only(group, ("source", "target")),
            "element": [
                {
                    **_only(element, ("code",)),
                    "target": [
                        _only(t, ("code", "equivalence", "relationship"))
                        for t in _dicts(element.get("target"))
                    ],
                }
                for element in _dicts(group.get("element"))
            ],
        }
        for group in _dicts(cm.get("group"))
    ]
    return out


def _naming_system(ns: Json) -> Json:
    return {
        **_only(ns, ("kind",)),
        "uniqueId": [_only(u, ("type", "value", "preferred")) for u in _dicts(ns.get("uniqueId"))],
    }


def _search_parameter(sp: Json) -> Json:
    out = _only(sp, ("code", "base", "type", "expression", "target", "comparator", "modifier", "chain"))
    out["component"] = [
        {"definition": _reference(c.get("definition")), "expression": c.get("expression", "")}
        for c in _dicts(sp.get("component"))
    ]
    if not out["component"]:
        del out["component"]
    return out


def _reference(value: Any) -> Any:
    """A canonical in R4, a Reference in STU3."""
    return _only(value, ("reference",)) if isinstance(value, dict) else value


def _compartment(cd: Json) -> Json:
    return {
        **_only(cd, ("code", "search")),
        "resource": [_only(r, ("code", "param")) for r in _dicts(cd.get("resource"))],
    }


_MAKERS = {
    "StructureDefinition": _structure,
    "ValueSet": _value_set,
    "CodeSystem": _code_system,
    "ConceptMap": _concept_map,
    "NamingSystem": _naming_system,
    "SearchParameter": _search_parameter,
    "CompartmentDefinition": _compartment,
}
