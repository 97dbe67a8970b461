"""The CapabilityStatement of a server, generated from what it really supports."""

from __future__ import annotations

from typing import Any

from harness import __version__
from harness.fhir.server.state import ServerState

_READS = ("read", "vread", "search-type")
_WRITES = ("update", "delete", "create")
_OPERATIONS = {"lastn": "http://hl7.org/fhir/OperationDefinition/Observation-lastn"}


def capability(server: ServerState, base: str) -> dict[str, Any]:
    """CapabilityStatement (STU3 or R4): types, interactions, search parameters and includes of a server."""
    stu3 = server.model.version.startswith("3")
    kinds = sorted(
        kind
        for kind in server.model.resource_types
        if server.supports(kind) and kind not in server.options.not_served
    )
    operation = _OPERATIONS["lastn"]
    rest: dict[str, Any] = {
        "mode": "server",
        "resource": [_resource(server, kind) for kind in kinds],
        "interaction": [] if server.options.read_only else [{"code": "transaction"}, {"code": "batch"}],
        "operation": [{"name": "lastn", "definition": {"reference": operation} if stu3 else operation}],
    }
    if not rest["interaction"]:
        del rest["interaction"]
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
    statement["rest"] = [rest]
    return statement


def _resource(server: ServerState, kind: str) -> dict[str, Any]:
    codes = _READS if server.options.read_only else (*_READS, *_WRITES)
    entry: dict[str, Any] = {
        "type": kind,
        "interaction": [{"code": code} for code in codes],
        "versioning": "versioned",
        "updateCreate": not server.options.read_only,
    }
    parameters = list(server.parameters.definitions(kind))
    includes = [f"{kind}:{parameter.code}" for parameter in parameters if parameter.kind == "reference"]
    if includes:
        entry["searchInclude"] = includes
    entry["searchParam"] = [
        _parameter(parameter.code, parameter.url, parameter.kind) for parameter in parameters
    ]
    return entry


def _parameter(code: str, url: str, kind: str) -> dict[str, Any]:
    found = {"name": code}
    if url:
        found["definition"] = url
    found["type"] = kind
    return found
