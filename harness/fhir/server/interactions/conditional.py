"""Conditional requests: which stored resource a search string means."""

from __future__ import annotations

from typing import Any

from harness.core.text import Text
from harness.fhir.search.query import SearchError, parse_query
from harness.fhir.search.scope import Scope
from harness.fhir.server.call import Call
from harness.fhir.server.errors import FhirError
from harness.fhir.server.state import ServerState
from harness.fhir.store import Stored


def the_one(server: ServerState, call: Call, kind: str, condition: str) -> Stored | None:
    """The resource that a condition means, ``None`` when nothing meets it.

    Unknown parameters are refused whatever the client asks: ignoring one would mean another resource.

    :param condition: a query string; clients also put ``?``, the type and the base URL before it.
    :raises FhirError: 412 when several meet it, or when it selects nothing in particular.
    :raises SearchError: when it cannot be understood.
    """
    bare = condition.removeprefix(f"{call.base}/").removeprefix(kind).removeprefix("?")
    query = parse_query(bare)
    if not any(criterion.values for criterion in query.criteria):
        raise FhirError(
            412,
            "invalid",
            Text(nl="de voorwaarde heeft geen zoekparameter", en="the condition has no search parameter"),
        )
    found = server.searcher(call.base).find((kind,), query, Scope(server.store, call.patient)).matches
    if len(found) > 1:
        raise FhirError(
            412,
            "multiple-matches" if server.model.version.startswith("4") else "duplicate",
            Text(
                nl=f"{len(found)} resources voldoen aan de voorwaarde",
                en=f"{len(found)} resources meet the condition",
            ),
        )
    return found[0] if found else None


def resolve_references(server: ServerState, call: Call, node: Any) -> Any:
    """A copy of a resource in which conditional references (``Patient?identifier=…``) are replaced.

    :raises FhirError: 412 when one does not mean exactly one resource.
    """
    if isinstance(node, list):
        return [resolve_references(server, call, item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: resolve_references(server, call, value) for key, value in node.items()}
    reference = found.get("reference")
    if isinstance(reference, str) and "?" in reference:
        kind, _, condition = reference.partition("?")
        if server.model.is_resource(kind):
            try:
                target = the_one(server, call, kind, condition)
            except SearchError as error:
                raise FhirError(412, error.code, error.message) from None
            if target is None:
                raise FhirError(
                    412,
                    "not-found",
                    Text(nl=f"niets voldoet aan {reference[:200]}", en=f"nothing meets {reference[:200]}"),
                )
            found["reference"] = target.key
    return found
