"""Searches, and the page of results that answers one."""

from __future__ import annotations

from dataclasses import replace

from harness.core.http.media import parse_media
from harness.core.run.exchanges import Response
from harness.core.text import Text
from harness.fhir.search.lastn import lastn
from harness.fhir.search.query import Query, SearchError, parse_query
from harness.fhir.search.scope import Scope
from harness.fhir.search.searcher import Result, Searcher
from harness.fhir.server.call import Call
from harness.fhir.server.content import Entry, PageBundle
from harness.fhir.server.errors import FhirError
from harness.fhir.server.state import ServerState


def _searcher(server: ServerState, base: str) -> Searcher:
    return Searcher(server.parameters, base, server.now().replace(tzinfo=None), server.options.type_prefix)


def _lenient(server: ServerState, call: Call) -> bool:
    return call.lenient or server.options.unknown_parameters == "ignore"


def posted_search(server: ServerState, call: Call) -> Response:
    """``POST Type/_search``: parameters in a form, besides those in the URL."""
    media = parse_media(call.header("content-type"))
    if media is None or media.name != "application/x-www-form-urlencoded":
        raise FhirError(
            415,
            "not-supported",
            Text(
                nl="verwacht application/x-www-form-urlencoded",
                en="expected application/x-www-form-urlencoded",
            ),
        )
    try:
        form = call.request.body.decode("utf-8")
    except UnicodeDecodeError:
        raise FhirError(400, "invalid", Text(nl="formulier is geen UTF-8", en="form is not UTF-8")) from None
    query = "&".join(part for part in (call.query, form) if part)
    return search(server, replace(call, segments=call.segments[:1]), query)


def search(server: ServerState, call: Call, raw: str) -> Response:
    """A search on one type; ``raw`` is the query string."""
    query = parse_query(raw)
    _check_result_parameters(query, _lenient(server, call))
    scope = Scope(server.store, call.patient)
    result = _searcher(server, call.base).run(call.segments[0], query, scope, lenient=_lenient(server, call))
    return _page(server, call, query, result, "/".join(call.segments))


def last_observations(server: ServerState, call: Call) -> Response:
    """``Observation/$lastn``."""
    query = parse_query(call.query)
    lenient = _lenient(server, call)
    _check_result_parameters(query, lenient)
    scope = Scope(server.store, call.patient)
    result = lastn(_searcher(server, call.base), query, scope, lenient=lenient)
    return _page(server, call, query, result, "Observation/$lastn")


def _check_result_parameters(query: Query, lenient: bool) -> None:
    if query.other and not lenient:
        names = [name for name, _ in query.other if name != "_pretty"]
        if names:
            raise SearchError(
                Text(nl=f"{names[0]} wordt niet ondersteund", en=f"{names[0]} is not supported"),
                code="not-supported",
                parameter=names[0],
            )
    if query.summary not in ("", "false", "count") and not lenient:
        raise SearchError(
            Text(
                nl=f"_summary={query.summary} wordt niet ondersteund",
                en=f"_summary={query.summary} is not supported",
            ),
            code="not-supported",
            parameter="_summary",
        )


def _page(server: ServerState, call: Call, query: Query, result: Result, path: str) -> Response:
    drop = server.options.drop
    matches = [stored for stored in result.matches if stored.key not in drop] if drop else result.matches
    included = [
        stored for stored in result.included if stored.key not in drop and server.supports(stored.type)
    ]
    kept = query.without(result.ignored)
    links = [("self", f"{call.base}/{path}" + (f"?{kept}" if kept else ""))]
    paged = query.count is not None and len(result.matches) < result.total
    total: int | None = len(matches)
    if paged and server.options.paging == "links":
        total = result.total
        after = query.offset + len(result.matches)
        if after < result.total and query.count:
            rest = query.without(result.ignored | {"_offset"})
            links.append(("next", f"{call.base}/{path}?{rest}&_offset={after}"))
    elif paged:
        # the total counts all matches; on a page without links it is left out rather than misstated
        total = None
    if query.summary == "count":
        total, matches, included = result.total - len(result.matches) + len(matches), [], []
    entries = [
        Entry(f"{call.base}/{stored.key}", server.outgoing(stored), mode)
        for group, mode in ((matches, "match"), (included, "include"))
        for stored in group
    ]
    found = PageBundle(server.new_id(), server.instant(), total, tuple(links), tuple(entries))
    if server.options.transform_bundle is not None:
        return server.answer(call, 200, server.options.transform_bundle(found.as_resource(), call.request))
    return Response(
        status=200,
        headers=(("Content-Type", call.negotiated.content_type),),
        body=found.encode(call.negotiated.format, server.model),
    )
