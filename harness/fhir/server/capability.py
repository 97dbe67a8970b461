"""The CapabilityStatement of a server, generated from what it really supports."""

from __future__ import annotations

from typing import Any

from harness import __version__
from harness.fhir.model.definitions import embedded
from harness.fhir.search.parameters import SearchParameter
from harness.fhir.server.interactions.patch import MEDIA_TYPE
from harness.fhir.server.state import ServerState

_READS = ("read", "vread", "history-instance", "history-type", "search-type")
_WRITES = ("create", "update", "patch", "delete")
_OPERATIONS = {
    "lastn": "http://hl7.org/fhir/OperationDefinition/Observation-lastn",
    "document": "http://hl7.org/fhir/OperationDefinition/Composition-document",
    "validate": "http://hl7.org/fhir/OperationDefinition/Resource-validate",
}
_COMPARTMENTS = ("Patient", "Encounter", "RelatedPerson", "Practitioner", "Device")
_COMPARTMENT = "http://hl7.org/fhir/CompartmentDefinition"


def capability(server: ServerState, base: str) -> dict[str, Any]:
    """CapabilityStatement (STU3 or R4): types, interactions, search parameters, includes, operations."""
    stu3 = server.model.version.startswith("3")
    options = server.options
    kinds = sorted(kind for kind in server.model.resource_types if server.serves(kind))
    pointing = _reverse_includes(server, kinds)
    interactions = ["history-system", "search-system"]
    if not options.read_only:
        interactions += ["transaction", "batch"]
    facts = embedded(server.model.version)
    rest: dict[str, Any] = {
        "mode": "server",
        "security": {"cors": bool(options.cors)},
        "resource": [_resource(server, kind, pointing.get(kind, [])) for kind in kinds],
        "interaction": [{"code": code} for code in interactions],
        "operation": [
            {"name": name, "definition": {"reference": url} if stu3 else url}
            for name, url in _OPERATIONS.items()
        ],
        "compartment": [
            f"{_COMPARTMENT}/{name.lower()}" for name in _COMPARTMENTS if facts.compartment(name)
        ],
    }
    statement: dict[str, Any] = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": server.now().date().isoformat(),
        "kind": "instance",
        "software": {"name": "MedMij harness FHIR server", "version": __version__},
        "implementation": {"description": "Conformance harness mock", "url": base},
        "fhirVersion": server.model.version,
    }
    if stu3:
        statement["acceptUnknown"] = "no"
    statement["format"] = ["application/fhir+json", "application/fhir+xml"]
    if not options.read_only:
        statement["patchFormat"] = [MEDIA_TYPE]
    statement["rest"] = [rest]
    return statement


def _reverse_includes(server: ServerState, kinds: list[str]) -> dict[str, list[str]]:
    """``Type:parameter`` that may point at each type."""
    found: dict[str, list[str]] = {}
    for kind in kinds:
        for parameter in server.parameters.definitions(kind):
            if parameter.kind == "reference":
                for target in parameter.targets:
                    found.setdefault(target, []).append(f"{kind}:{parameter.code}")
    return found


def _resource(server: ServerState, kind: str, pointing: list[str]) -> dict[str, Any]:
    writable = not server.options.read_only
    codes = (*_READS, *_WRITES) if writable else _READS
    entry: dict[str, Any] = {
        "type": kind,
        "interaction": [{"code": code} for code in codes],
        "versioning": "versioned-update" if writable else "versioned",
        "readHistory": True,
        "updateCreate": writable,
        "conditionalCreate": writable,
        "conditionalRead": "full-support",
        "conditionalUpdate": writable,
        "conditionalDelete": "single" if writable else "not-supported",
    }
    parameters = list(server.parameters.definitions(kind))
    includes = [f"{kind}:{parameter.code}" for parameter in parameters if parameter.kind == "reference"]
    if includes:
        entry["searchInclude"] = includes
    if pointing:
        entry["searchRevInclude"] = pointing
    entry["searchParam"] = [_parameter(parameter) for parameter in parameters]
    return entry


def _parameter(parameter: SearchParameter) -> dict[str, Any]:
    found = {"name": parameter.code}
    if parameter.url:
        found["definition"] = parameter.url
    found["type"] = parameter.kind
    return found
