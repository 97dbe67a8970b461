"""Searches: on one type, on several, inside a compartment, by GET or POST; and ``Observation/$lastn``."""

from __future__ import annotations

from dataclasses import replace

from harness.core.run.exchanges import Response, media_type
from harness.core.text import Text
from harness.fhir.model.definitions import embedded
from harness.fhir.search.criteria import Criteria, Predicate
from harness.fhir.search.lastn import lastn
from harness.fhir.search.query import Criterion, Link, Query, SearchError, parse_query
from harness.fhir.search.scope import Scope
from harness.fhir.server.call import FORM, Call
from harness.fhir.server.errors import FhirError, unsupported_path
from harness.fhir.server.interactions.instances import readable
from harness.fhir.server.interactions.pages import first_page
from harness.fhir.server.state import ServerState
from harness.fhir.server.subset import unknown_element
from harness.fhir.store import Stored


def posted_search(server: ServerState, call: Call) -> Response:
    """``POST …/_search``: parameters in a form, besides those in the URL (``query_of`` reads both)."""
    if len(call.segments) not in (1, 2, 4):
        raise unsupported_path()
    if media_type(call.request.headers) != FORM:
        raise FhirError(
            415,
            "not-supported",
            Text(
                nl=f"verwacht {FORM}",
                en=f"expected {FORM}",
            ),
        )
    try:
        call.request.body.decode("utf-8")
    except UnicodeDecodeError:
        raise FhirError(400, "invalid", Text(nl="formulier is geen UTF-8", en="form is not UTF-8")) from None
    return search(server, replace(call, segments=call.segments[:-1]))


def search(server: ServerState, call: Call) -> Response:
    """A search on the type, the compartment or the whole server that the path names."""
    query = parse_query(call.query)
    _check_result_parameters(query, server.lenient(call))
    only: Predicate | None = None
    if len(call.segments) == 3:
        readable(server, call, call.segments[0], call.segments[1])
        only = _member(server, call, call.segments[0], call.segments[1])
    target = call.segments[-1] if call.segments else "*"
    if target == "*":
        kinds, query = _kinds(server, call, query)
    else:
        kinds = (target,)
    if only is not None:
        kinds = _in_compartment(server, call.segments[0], kinds, every=target == "*")
    check_elements(server, call, query.elements, kinds)
    found = server.searcher(call.base).find(
        kinds, query, Scope(server.store, call.patient), lenient=server.lenient(call), only=only
    )
    return first_page(server, call, query, found, "/".join(call.segments))


def last_observations(server: ServerState, call: Call) -> Response:
    """``Observation/$lastn``."""
    query = parse_query(call.query)
    lenient = server.lenient(call)
    _check_result_parameters(query, lenient)
    check_elements(server, call, query.elements, ("Observation",))
    found = lastn(server.searcher(call.base), query, Scope(server.store, call.patient), lenient=lenient)
    return first_page(server, call, query, found, "Observation/$lastn")


def check_elements(server: ServerState, call: Call, names: tuple[str, ...], kinds: tuple[str, ...]) -> None:
    """Refuse names in ``_elements`` that are no element of what is asked for.

    :raises SearchError: for the first of them, unless the call is lenient.
    """
    wrong = unknown_element(names, kinds, server.model)
    if wrong is not None and not server.lenient(call):
        raise SearchError(
            Text(
                nl=f"{', '.join(kinds)[:200]} heeft geen element {wrong} (_elements)",
                en=f"{', '.join(kinds)[:200]} has no element {wrong} (_elements)",
            ),
            parameter="_elements",
        )


def _check_result_parameters(query: Query, lenient: bool) -> None:
    if query.other and not lenient:
        name, value = query.other[0]
        raise SearchError(
            Text(nl=f"{name}={value} wordt niet ondersteund", en=f"{name}={value} is not supported"),
            code="not-supported",
            parameter=name,
        )


def _kinds(server: ServerState, call: Call, query: Query) -> tuple[tuple[str, ...], Query]:
    """The types that a search on several types looks at (``_type``), and the rest of the search."""
    named = [item for item in query.criteria if item.name == "_type"]
    rest = replace(query, criteria=tuple(item for item in query.criteria if item.name != "_type"))
    wanted = [kind for item in named for kind in item.values]
    for kind in wanted:
        if not server.model.is_resource(kind):
            raise SearchError(
                Text(nl=f"onbekend resourcetype {kind[:64]}", en=f"unknown resource type {kind[:64]}"),
                parameter="_type",
            )
    if not wanted and not call.segments and not query.criteria:
        raise FhirError(
            400,
            "not-supported",
            Text(
                nl="zoeken over alle typen vraagt _type of een zoekparameter",
                en="search across all types needs _type or a search parameter",
            ),
        )
    served = [kind for kind in server.store.types() if server.serves(kind)]
    kinds = tuple(kind for kind in dict.fromkeys(wanted) if server.serves(kind)) if wanted else tuple(served)
    return kinds or ("Resource",), rest


def _in_compartment(
    server: ServerState, name: str, kinds: tuple[str, ...], *, every: bool
) -> tuple[str, ...]:
    """The types that are in a compartment by its definition.

    :raises FhirError: 404 for a compartment that does not exist, or a type that is not in it.
    """
    members = embedded(server.model.version).compartment(name)
    inside = tuple(kind for kind in kinds if kind in members or kind == name)
    if not members or not (inside or every):
        raise FhirError(
            404,
            "not-supported",
            Text(
                nl=f"{kinds[0][:64]} zit niet in een compartiment van {name[:64]}",
                en=f"{kinds[0][:64]} is not in a {name[:64]} compartment",
            ),
        )
    return inside or ("Resource",)


def _member(server: ServerState, call: Call, name: str, identity: str) -> Predicate:
    """Whether a resource is in a compartment, by the definition of the specification."""
    members = embedded(server.model.version).compartment(name)
    searcher = server.searcher(call.base)
    scope = Scope(server.store, call.patient)
    criteria = Criteria(server.parameters, scope, call.base, searcher.now, False)
    known: dict[str, tuple[Predicate, ...]] = {}

    def on(kind: str) -> tuple[Predicate, ...]:
        if kind not in known:
            known[kind] = tuple(
                predicate
                for code in members.get(kind, ())
                if code != "{def}" and (predicate := _points_at(criteria, kind, code, f"{name}/{identity}"))
            )
        return known[kind]

    def inside(stored: Stored) -> bool:
        own = stored.type == name and stored.id == identity
        return own or any(predicate(stored) for predicate in on(stored.type))

    return inside


def _points_at(criteria: Criteria, kind: str, code: str, key: str) -> Predicate | None:
    """A parameter of a compartment definition (a chain, perhaps) as a predicate."""
    *chain, last = code.split(".")
    try:
        return criteria.predicate(
            kind, Criterion(code, last, (key,), "", tuple(Link(step) for step in chain))
        )
    except SearchError:  # a definition may name a parameter that no type at the end of its chain has
        return None
