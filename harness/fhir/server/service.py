"""A strict FHIR REST server in process: ``handle(request) -> response``, no socket needed.

::

    server = FhirServer.create("3.0.2", options=ServerOptions(base_url="https://his.example/fhir"))
    server.store.load(resources)
    server.authorize = by_token({"Bearer 123": "p1"})
    response = server.handle(Request(method="GET", url="https://his.example/fhir/Patient"))

Requests carry absolute URLs. Every error is an OperationOutcome in the negotiated format. What a token may
see is decided by ``authorize``; search, read and include stay inside that patient's compartment. Deviations
from the strict reading are named in :class:`~harness.fhir.server.options.ServerOptions`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from harness.core.run.exchanges import Headers, Request, Response, header
from harness.core.text import Text
from harness.fhir.codec import documents as codec
from harness.fhir.model.types import load_model
from harness.fhir.search.execution import Result, Scope, Searcher
from harness.fhir.search.parameters import SearchParameter, registry
from harness.fhir.search.query import Query, SearchError, parse_query
from harness.fhir.server import operations
from harness.fhir.server.call import Call, loose_pairs, segments_of
from harness.fhir.server.capability import capability
from harness.fhir.server.content import (
    Entry,
    Negotiated,
    PageBundle,
    binary_content,
    encode,
    format_of,
    fragment,
    negotiate,
    parse_accept,
    parse_media,
)
from harness.fhir.server.options import Authorize, Refusal, ServerOptions
from harness.fhir.server.outcome import FhirError
from harness.fhir.server.store import ID, Patients, Stored, ids_of
from harness.fhir.server.writes import Writes

MAX_BODY = 64 * 1024 * 1024


class FhirServer(Writes):
    """See the top of this module. Thread-safe for writes; reads may run beside each other.

    :param model: FHIR version.
    :param parameters: search parameters.
    :param store: what is served; replaced as a whole by transactions.
    :param authorize: who may see what.
    :param now: the server's clock, for ``meta.lastUpdated``.
    :param new_id: makes ids of created resources and Bundles.
    """

    @classmethod
    def create(
        cls, fhir_version: str = "3.0.2", *, parameters: Iterable[SearchParameter] = (), **arguments: Any
    ) -> FhirServer:
        """A server for a FHIR version with the base search parameters plus ``parameters``."""
        model = load_model(fhir_version)
        return cls(model, registry(model, parameters), **arguments)

    def fork(self, *, options: ServerOptions | None = None, authorize: Authorize | None = None) -> FhirServer:
        """A server with an independent copy of the store (constant time), for one script or one test."""
        return FhirServer(
            self.model,
            self.parameters,
            store=self.store.copy(),
            options=options or self.options,
            authorize=authorize or self.authorize,
            now=self.now,
            new_id=self.new_id,
        )

    # -- loading

    def load(self, resources: Iterable[dict[str, Any]]) -> None:
        """Store resources as they are (with ids), stamped when the options say so."""
        with self._lock:
            for resource in resources:
                self._put(resource)

    # -- requests

    def base_of(self, url: str) -> str:
        """Base URL for a request URL."""
        if self.options.base_url:
            return self.options.base_url.rstrip("/")
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc}{self.options.mount.rstrip('/')}"

    def handle(self, request: Request) -> Response:
        """Answer one request. Never raises for anything a client sends."""
        base = self.base_of(request.url)
        document = self._documents.get(request.url)
        if document is not None:
            return self._document(document, request)
        negotiated = Negotiated(
            self.options.default_format,
            "application/fhir+json; charset=utf-8"
            if self.options.default_format == "json"
            else "application/fhir+xml; charset=utf-8",
            False,
        )
        try:
            if not (request.url == base or request.url.startswith((base + "/", base + "?"))):
                raise FhirError(404, "not-found", Text(nl="buiten de basis-URL", en="outside the base URL"))
            if len(request.body) > MAX_BODY:
                raise FhirError(413, "too-long", Text(nl="verzoek is te groot", en="request is too large"))
            path, _, query = request.url[len(base) :].partition("?")
            call = self._call(request, base, path, query.partition("#")[0])
            negotiated = call.negotiated
            with self._lock:
                response = self.route(call)
        except FhirError as error:
            response = self._error(error, negotiated)
        except SearchError as error:
            response = self._error(
                FhirError(
                    400, error.code, error.message, expression=error.parameter and f"http.{error.parameter}"
                ),
                negotiated,
            )
        except codec.EncodeError as error:
            # a stored text that one of the two formats cannot express (a control character in XML)
            problem = Text(
                nl="niet uit te drukken in dit formaat", en=f"cannot be expressed in this format: {error}"
            )
            response = self._error(FhirError(406, "not-supported", problem), negotiated)
        except RecursionError:
            response = self._error(
                FhirError(
                    400, "too-costly", Text(nl="inhoud is te diep genest", en="content is nested too deeply")
                ),
                negotiated,
            )
        if request.method == "HEAD":
            return Response(status=response.status, headers=response.headers)
        return response

    def _call(self, request: Request, base: str, path: str, query: str) -> Call:
        segments = segments_of(path)
        word = ""
        if "_format" in query:
            word = next((value for name, value in loose_pairs(query) if name == "_format"), "")
        native = bool(segments) and segments[0] == "Binary"
        negotiated = negotiate(
            header(request.headers, "accept") or "",
            word,
            self.options.default_format,
            self.model,
            native=native,
        )
        patient: Patients | None = None
        if segments != ("metadata",) and request.method != "OPTIONS":
            access = self.authorize(request)
            if isinstance(access, Refusal):
                extra: Headers = (("WWW-Authenticate", "Bearer"),) if access.status == 401 else ()
                raise FhirError(
                    access.status,
                    "login" if access.status == 401 else "forbidden",
                    access.message,
                    headers=extra,
                )
            patient = access.patient
        return Call(request, base, segments, query, patient, negotiated)

    def route(self, call: Call) -> Response:
        """Dispatch on method and path."""
        method, segments = call.request.method.upper(), call.segments
        if method == "HEAD":
            method = "GET"
        if method == "OPTIONS" or segments == ("metadata",):
            if method not in ("GET", "OPTIONS"):
                raise self._method_not_allowed(method, "GET")
            return self._resource(call, 200, capability(self, call.base))
        if not segments:
            if method != "POST":
                raise (
                    self._method_not_allowed(method, "POST")
                    if method != "GET"
                    else FhirError(
                        400,
                        "not-supported",
                        Text(
                            nl="zoeken over alle typen wordt niet ondersteund",
                            en="search across all types is not supported",
                        ),
                    )
                )
            return self._bundle(call)
        if any(part.startswith("$") for part in segments):
            return self._operation(call, method)
        self.check_served(segments[0])
        if len(segments) == 1:
            if method == "GET":
                return self._search(call, call.query)
            if method == "POST":
                return self._create(call)
            raise self._method_not_allowed(method, "GET, POST")
        if segments[1] == "_search" and len(segments) == 2:
            if method != "POST":
                raise self._method_not_allowed(method, "POST")
            return self._posted_search(call)
        return self._instance(call, method)

    def check_served(self, kind: str) -> None:
        """As :meth:`check_type`, and refuse types that are only received."""
        if kind in self.options.not_served:
            raise self._unsupported(kind)
        self.check_type(kind)

    # -- instance level

    def _instance(self, call: Call, method: str) -> Response:
        kind, identity = call.segments[0], call.segments[1]
        rest = call.segments[2:]
        if not ID.fullmatch(identity):
            raise FhirError(400, "value", Text(nl="ongeldige id", en="invalid id"))
        if rest:
            if method == "GET" and len(rest) == 2 and rest[0] == "_history":
                stored = self.readable(call, kind, identity)
                if str(stored.version) == rest[1]:
                    return self._read(call, stored)
                raise FhirError(404, "not-found", Text(nl="versie is niet bewaard", en="version is not kept"))
            raise FhirError(
                400,
                "not-supported",
                Text(nl="dit pad wordt niet ondersteund", en="this path is not supported"),
            )
        if method == "GET":
            if call.query and any(name not in ("_format", "_pretty") for name, _ in loose_pairs(call.query)):
                raise FhirError(
                    400,
                    "not-supported",
                    Text(
                        nl="parameters bij lezen worden niet ondersteund",
                        en="parameters on a read are not supported",
                    ),
                )
            return self._read(call, self.readable(call, kind, identity))
        if method == "PUT":
            resource = self._body(call, kind)
            if "id" not in resource and kind == "Binary":
                resource = {**resource, "id": identity}
            stored, created = self.update(call, kind, identity, resource)
            return self._written(call, stored, created=created)
        if method == "DELETE":
            self.remove(call, kind, identity)
            return Response(status=204)
        raise self._method_not_allowed(method, "GET, PUT, DELETE")

    def readable(self, call: Call, kind: str, identity: str) -> Stored:
        """A resource that the call may read.

        :raises FhirError: 404, also for what exists outside the compartment; 410 when it was deleted.
        """
        stored = self.store.get(kind, identity)
        if stored is None or stored.key in self.options.drop or not self.store.readable(stored, call.patient):
            key = f"{kind}/{identity}"
            if stored is None and self.store.deleted(key):
                code = "deleted" if self.model.version.startswith("4") else "not-found"
                raise FhirError(410, code, Text(nl=f"{key} is verwijderd", en=f"{key} was deleted"))
            raise FhirError(404, "not-found", Text(nl=f"{key} is niet gevonden", en=f"{key} is not found"))
        return stored

    def _read(self, call: Call, stored: Stored) -> Response:
        headers: list[tuple[str, str]] = [("ETag", f'W/"{stored.version}"')]
        if call.header("if-none-match") == headers[0][1]:
            return Response(status=304, headers=tuple(headers))
        stored = self.outgoing(stored)
        if stored.type == "Binary" and not call.negotiated.explicit and "_format" not in call.query:
            content, media = binary_content(stored.resource)
            accepted = [m.name for m in parse_accept(call.header("accept"))]
            wanted = parse_media(media)
            name = wanted.name if wanted else media
            fits = not accepted or any(m in ("*/*", name, name.partition("/")[0] + "/*") for m in accepted)
            if fits:
                return Response(status=200, headers=(("Content-Type", media), *headers), body=content)
            if not any(format_of(m) for m in accepted):
                raise FhirError(
                    406, "not-supported", Text(nl=f"het document is {media}", en=f"the document is {media}")
                )
        body = fragment(stored, call.negotiated.format, self.model)
        return Response(
            status=200, headers=(("Content-Type", call.negotiated.content_type), *headers), body=body
        )

    # -- searching

    def searcher(self, base: str) -> Searcher:
        """A searcher for this server's parameters."""
        return Searcher(self.parameters, base, self.now().replace(tzinfo=None), self.options.type_prefix)

    def _lenient(self, call: Call) -> bool:
        return call.lenient or self.options.unknown_parameters == "ignore"

    def _posted_search(self, call: Call) -> Response:
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
            raise FhirError(
                400, "invalid", Text(nl="formulier is geen UTF-8", en="form is not UTF-8")
            ) from None
        query = "&".join(part for part in (call.query, form) if part)
        return self._search(replace(call, segments=call.segments[:1]), query)

    def _search(self, call: Call, raw: str) -> Response:
        query = parse_query(raw)
        self._check_result_parameters(query, self._lenient(call))
        scope = Scope(self.store, call.patient)
        result = self.searcher(call.base).run(call.segments[0], query, scope, lenient=self._lenient(call))
        return self._page(call, query, result, "/".join(call.segments))

    def _check_result_parameters(self, query: Query, lenient: bool) -> None:
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

    def _page(self, call: Call, query: Query, result: Result, path: str) -> Response:
        drop = self.options.drop
        matches = [stored for stored in result.matches if stored.key not in drop] if drop else result.matches
        included = [
            stored for stored in result.included if stored.key not in drop and self.supports(stored.type)
        ]
        kept = query.without(result.ignored)
        links = [("self", f"{call.base}/{path}" + (f"?{kept}" if kept else ""))]
        paged = query.count is not None and len(result.matches) < result.total
        total: int | None = len(matches)
        if paged and self.options.paging == "links":
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
            Entry(f"{call.base}/{stored.key}", self.outgoing(stored), mode)
            for group, mode in ((matches, "match"), (included, "include"))
            for stored in group
        ]
        page = PageBundle(self.new_id(), self._instant(), total, tuple(links), tuple(entries))
        if self.options.transform_bundle is not None:
            return self._resource(call, 200, self.options.transform_bundle(page.as_resource(), call.request))
        return Response(
            status=200,
            headers=(("Content-Type", call.negotiated.content_type),),
            body=page.encode(call.negotiated.format, self.model),
        )

    # -- operations

    def _operation(self, call: Call, method: str) -> Response:
        segments = call.segments
        if segments[0] != "$" and not segments[0].startswith("$"):
            self.check_type(segments[0])
        if segments == ("Observation", "$lastn"):
            if method != "GET":
                raise self._method_not_allowed(method, "GET")
            query = parse_query(call.query)
            lenient = self._lenient(call)
            self._check_result_parameters(query, lenient)
            scope = Scope(self.store, call.patient)
            result = operations.lastn(self.searcher(call.base), query, scope, lenient=lenient)
            return self._page(call, query, result, "Observation/$lastn")
        if len(segments) == 3 and segments[0] == "Patient" and segments[2] == "$purge":
            if method != "POST":
                raise self._method_not_allowed(method, "POST")
            if self.options.read_only:
                raise self._method_not_allowed(method, "GET")
            if call.patient is not None and segments[1] not in ids_of(call.patient):
                raise FhirError(
                    403, "forbidden", Text(nl="niet de eigen patiënt", en="not the token's own patient")
                )
            return self._resource(call, 200, operations.purged(operations.purge(self.store, segments[1])))
        raise FhirError(
            400,
            "not-supported",
            Text(
                nl=f"onbekende operatie: {'/'.join(segments)[:100]}",
                en=f"unknown operation: {'/'.join(segments)[:100]}",
            ),
        )

    # -- answers

    def _error(self, error: FhirError, negotiated: Negotiated) -> Response:
        body = encode(error.outcome(), negotiated.format, self.model)
        headers: Headers = (("Content-Type", negotiated.content_type), *error.headers)
        return Response(status=error.status, headers=headers, body=body)

    def _document(self, document: Any, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return Response(status=405, headers=(("Allow", "GET, HEAD"),))
        if document.access == "token":
            access = self.authorize(request)
            if isinstance(access, Refusal):
                return Response(status=access.status, headers=(("WWW-Authenticate", "Bearer"),))
        body = b"" if request.method == "HEAD" else document.content
        return Response(status=200, headers=(("Content-Type", document.content_type),), body=body)
