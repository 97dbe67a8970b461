"""Compiles StructureDefinitions of a base specification into a :class:`~harness.fhir.model.types.Model`.

Used by :mod:`harness.fhir.model.build`: to make the embedded facts, and when a package or HL7's archive
supplies the base specification. Input is JSON-shaped; :func:`sketch` reads HL7's XML bundles before a model
exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from lxml import etree

from harness.core.errors import ConfigurationError
from harness.core.text import Text
from harness.fhir.model.types import ElementFacts, Kind, Model, TypeFacts, TypeRef

_FHIR = "{http://hl7.org/fhir}"
_CORE = "http://hl7.org/fhir/StructureDefinition/"
_KINDS: dict[str, Kind] = {"primitive-type": "primitive", "complex-type": "complex", "resource": "resource"}

_JSON_TYPES = {"boolean": "boolean", "integer": "number", "decimal": "number", "unsignedInt": "number",
               "positiveInt": "number", "integer64": "string"}  # fmt: skip
"""JSON kind of the value of each primitive type; ``string`` for all others (FHIR JSON format)."""

Json = dict[str, Any]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def is_specialization(sd: Json) -> bool:
    """Whether a StructureDefinition defines a type (and not a profile, an extension or a logical model)."""
    return (
        sd.get("kind") in _KINDS
        and sd.get("derivation") != "constraint"
        and bool((sd.get("snapshot") or {}).get("element"))
        and str(sd.get("url", "")).startswith(_CORE)
    )


def compile_structure(definitions: Iterable[Json], *, version: str, source: str) -> Model:
    """The model of all type-defining StructureDefinitions in ``definitions`` (others are ignored).

    :param definitions: StructureDefinition resources with snapshots, JSON-shaped.
    :param version: FHIR version, ``3.0.2``.
    :param source: where they came from, for reports.
    :raises ConfigurationError: when no type is found or a type refers to one that is not there.
    """
    types: dict[str, TypeFacts] = {}
    for sd in definitions:
        if is_specialization(sd):
            for facts in _types_of(sd):
                types[facts.name] = facts
    if "Resource" not in types or "Element" not in types:
        raise ConfigurationError(
            Text(nl="geen volledige FHIR-basisspecificatie", en="no complete FHIR base specification"),
            where=source,
            expected="StructureDefinition Element, Resource, …",
            received=f"{len(types)} types",
        )
    model = Model(version, source, sorted(types.values(), key=lambda t: t.name))
    done = [_with_origin(facts, model) for facts in model]
    _check_closed(done, source)
    return Model(version, source, done)


def _types_of(sd: Json) -> Iterator[TypeFacts]:
    """The type of one StructureDefinition and its backbone types."""
    name = str(sd.get("type") or sd.get("name"))
    kind = _KINDS[sd["kind"]]
    children: dict[str, list[ElementFacts]] = {name: []}
    bases: dict[str, str] = {name: str(sd.get("baseDefinition", "")).rsplit("/", 1)[-1]}
    for element in sd["snapshot"]["element"]:
        path: str = element["path"]
        parent, _, leaf = path.rpartition(".")
        if not parent or ":" in str(element.get("id", "")) or element.get("sliceName"):
            continue
        refs = _type_refs(element, name, kind, leaf)
        content = str(element.get("contentReference", "")).rpartition("#")[2]
        if content:
            refs = (TypeRef(content),)
        elif len(refs) == 1 and refs[0].code in ("BackboneElement", "Element") and path != f"{name}.{name}":
            bases[path] = refs[0].code
            children.setdefault(path, [])
            refs = (TypeRef(path),)
        children.setdefault(parent, []).append(
            ElementFacts(
                leaf, refs, int(element.get("min", 0)), str(element.get("max", "1")), _xml(element), content
            )
        )
    for path, elements in children.items():
        if elements and path in bases:
            own = path == name
            yield TypeFacts(
                path,
                kind if own else "backbone",
                bases[path],
                own and _true(sd.get("abstract")),
                tuple(elements),
            )


def _true(value: object) -> bool:
    return value is True or value == "true"


def _xml(element: Json) -> str:
    representation = _as_list(element.get("representation"))
    return "attr" if "xmlAttr" in representation else "xhtml" if "xhtml" in representation else ""


def _type_refs(element: Json, owner: str, kind: Kind, leaf: str) -> tuple[TypeRef, ...]:
    """Types of an element: reference targets merged per type, FHIRPath system types made FHIR types."""
    if kind == "primitive" and leaf == "value":
        return (TypeRef("System." + ("string" if owner == "xhtml" else _JSON_TYPES.get(owner, "string"))),)
    found: dict[tuple[str, str], list[str]] = {}
    anything: set[tuple[str, str]] = set()
    for entry in _as_list(element.get("type")):
        code = entry.get("code") or ""
        if code.startswith("http://hl7.org/fhirpath/"):
            code = "uri" if element["path"] == "Extension.url" else "string"
            if owner == "Resource" or (kind == "resource" and element["path"] == f"{owner}.id"):
                code = "id"
        profile = next(iter(_as_list(entry.get("profile"))), "")
        targets = found.setdefault((code, profile), [])
        for target in _as_list(entry.get("targetProfile")):
            short = target.removeprefix(_CORE)
            if short in ("Resource", "Any"):
                anything.add((code, profile))
            elif short not in targets:
                targets.append(short)
    return tuple(
        TypeRef(code, () if (code, profile) in anything else tuple(targets), profile)
        for (code, profile), targets in found.items()
    )


def _with_origin(facts: TypeFacts, model: Model) -> TypeFacts:
    """``facts`` with ``defined_in`` filled: the farthest ancestor that has the element too."""
    chain = model.ancestors(facts.name)[1:]
    elements = []
    for element in facts.element_list:
        origin = next((a for a in reversed(chain) if element.name in model.types[a].elements), "")
        elements.append(
            ElementFacts(
                element.name,
                element.types,
                element.min,
                element.max,
                element.xml,
                element.content_reference,
                origin,
            )
        )
    return TypeFacts(facts.name, facts.kind, facts.base, facts.abstract, tuple(elements))


def _check_closed(types: list[TypeFacts], source: str) -> None:
    names = {t.name for t in types}
    for facts in types:
        for element in facts.element_list:
            for ref in element.types:
                if ref.code not in names and not ref.code.startswith("System."):
                    raise ConfigurationError(
                        Text(
                            nl=f"{facts.name}.{element.name} verwijst naar het onbekende type '{ref.code}'",
                            en=f"{facts.name}.{element.name} refers to the unknown type '{ref.code}'",
                        ),
                        where=source,
                    )


_REPEATING = frozenset({"element", "type", "representation", "targetProfile"})


def sketch(bundle: bytes) -> Iterator[Json]:
    """StructureDefinitions of an HL7 XML bundle, as far as :func:`compile_structure` needs them.

    A stand-in for the codec while there is no model yet: ``element``, ``type``, ``representation`` and
    ``targetProfile`` are lists, everything else is a scalar or an object; extensions and texts are left out.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
    )
    root = etree.fromstring(bundle, parser)
    for sd in root.iter(f"{_FHIR}StructureDefinition"):
        yield cast(Json, _sketch(sd, 0))


_WANTED = frozenset(
    [
        *(
            "url",
            "name",
            "kind",
            "abstract",
            "type",
            "baseDefinition",
            "derivation",
            "fhirVersion",
            "snapshot",
        ),
        *("element", "path", "representation", "min", "max", "contentReference", "code", "profile"),
        *("targetProfile", "sliceName"),
    ]
)


def _sketch(node: etree._Element, depth: int) -> Json | str:
    value = node.get("value")
    if value is not None:
        return value
    out: Json = {}
    for child in node:
        name = str(child.tag).removeprefix(_FHIR)
        if name not in _WANTED:
            continue
        item = _sketch(child, depth + 1)
        if name in _REPEATING and depth > 0:
            out.setdefault(name, []).append(item)
        else:
            out[name] = item
    if node.get("id"):
        out["id"] = node.get("id")
    return out
