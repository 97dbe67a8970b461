"""Pages: how what a search finds is cut, linked and written down."""

from __future__ import annotations

from dataclasses import replace

from harness.core.run.exchanges import Response
from harness.core.text import Text
from harness.fhir.search.includes import follow_includes
from harness.fhir.search.query import Query, SearchError
from harness.fhir.search.scope import Scope
from harness.fhir.search.searcher import Found
from harness.fhir.server.call import Call, loose_pairs
from harness.fhir.server.content import Entry, PageBundle
from harness.fhir.server.errors import FhirError
from harness.fhir.server.state import Page, ServerState
from harness.fhir.server.subset import shape_of
from harness.fhir.store import Stored

PAGE = "_page"
"""Parameter of the address of a page in the ``token`` form."""


def page_size(server: ServerState, query: Query) -> int | None:
    """Matches on a page; ``None`` for all of them."""
    options = server.options
    size = query.count if query.count is not None else options.page_size or None
    if options.max_page:
        size = min(size, options.max_page) if size is not None else options.max_page
    return size


def first_page(server: ServerState, call: Call, query: Query, found: Found, path: str) -> Response:
    """The answer to a search.

    :param path: path of the search below the base, for its links.
    """
    if query.summary == "text" and found.includes:
        raise SearchError(
            Text(
                nl="_summary=text gaat niet samen met _include of _revinclude",
                en="_summary=text cannot be combined with _include or _revinclude",
            ),
            parameter="_summary",
        )
    drop = server.options.drop
    if drop:
        found = replace(found, matches=[stored for stored in found.matches if stored.key not in drop])
    page = Page(query, found, path, call.patient, page_size(server, query))
    return _answer(server, call, page, query.offset, "")


def later_page(server: ServerState, call: Call) -> Response:
    """A page by its opaque address.

    :raises FhirError: 410 for one that is not kept any more, 400 for none.
    """
    word = next(value for name, value in loose_pairs(call.query) if name == PAGE)
    token, _, offset = word.partition(".")
    page = server.pages.get(token)
    if page is None or page.patient != call.patient:
        raise FhirError(
            410,
            "not-found",
            Text(nl="deze pagina is niet meer beschikbaar", en="this page is no longer available"),
        )
    if not (offset.isascii() and offset.isdigit() and len(offset) < 10):
        raise FhirError(400, "invalid", Text(nl="ongeldige pagina", en="invalid page"))
    return _answer(server, call, page, int(offset), token)


def _answer(server: ServerState, call: Call, page: Page, offset: int, token: str) -> Response:
    query, found, size = page.query, page.found, page.size
    total = len(found.matches)
    counting = query.summary == "count" or size == 0
    matches = found.matches[offset:] if size is None else found.matches[offset : offset + size]
    cut = len(matches) < total
    links = [("self", _self(call, page, token, offset))]
    if cut and not counting and server.options.paging != "none":
        if server.options.paging == "token" and not token:
            token = server.keep_page(page)
        links += _links(call, page, offset, token)
    if counting:
        matches = []
    included = _included(server, call, page, matches) if found.includes else []
    bundle = PageBundle(
        server.new_id(),
        server.instant(),
        _total(server, query, total, cut=cut and not counting),
        tuple(links),
        tuple(
            _entries(server, call, query, matches, "match")
            + _entries(server, call, query, included, "include")
        ),
    )
    if server.options.transform_bundle is not None:
        return server.answer(call, 200, server.options.transform_bundle(bundle.as_resource(), call.request))
    body = bundle.encode(call.negotiated.format, server.model)
    return Response(status=200, headers=(("Content-Type", call.negotiated.content_type),), body=body)


def _included(server: ServerState, call: Call, page: Page, matches: list[Stored]) -> list[Stored]:
    scope = Scope(server.store, page.patient)
    found = follow_includes(server.parameters, call.base, matches, page.found.includes, scope)
    drop = server.options.drop
    return [stored for stored in found if stored.key not in drop and server.supports(stored.type)]


def _total(server: ServerState, query: Query, total: int, *, cut: bool) -> int | None:
    if query.total == "none":
        return None
    # on a page without links the total is left out, unless asked: it counts what the client cannot get
    return None if cut and server.options.paging == "none" and not query.total else total


def _entries(server: ServerState, call: Call, query: Query, found: list[Stored], mode: str) -> list[Entry]:
    shape = shape_of(query) or None
    return [Entry(f"{call.base}/{stored.key}", server.outgoing(stored, shape), mode) for stored in found]


def _self(call: Call, page: Page, token: str, offset: int) -> str:
    if token:
        return f"{call.base}?{PAGE}={token}.{offset}"
    kept = page.query.without(page.found.ignored)
    return _address(call, page.path) + (f"?{kept}" if kept else "")


def _address(call: Call, path: str) -> str:
    return f"{call.base}/{path}" if path else call.base


def _links(call: Call, page: Page, offset: int, token: str) -> list[tuple[str, str]]:
    """Links to the other pages: first, previous, next and last, as far as there are any."""
    size, total = page.size or 1, len(page.found.matches)
    rest = page.query.without(page.found.ignored | {"_offset", "_count"})

    def link(start: int) -> str:
        if token:
            return f"{call.base}?{PAGE}={token}.{start}"
        return f"{_address(call, page.path)}?{rest}{'&' if rest else ''}_count={size}&_offset={start}"

    links = [("first", link(0))]
    if offset > 0:
        links.append(("previous", link(max(0, min(offset, total) - size))))
    if offset + size < total:
        links.append(("next", link(offset + size)))
    return [*links, ("last", link((total - 1) // size * size))]
