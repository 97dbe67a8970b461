"""A strict FHIR REST server in process: ``handle(request) -> response``, no socket needed.

::

    server = FhirServer.create("3.0.2", options=ServerOptions(base_url="https://his.example/fhir"))
    server.load(resources)
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

from harness.core.run.exchanges import Headers, Request, Response
from harness.core.text import Text
from harness.fhir.codec import documents as codec
from harness.fhir.model.types import load_model
from harness.fhir.search.parameters import SearchParameter, registry
from harness.fhir.search.query import SearchError, elements_of
from harness.fhir.server.browsers import allow_browsers, is_preflight, preflight
from harness.fhir.server.call import INSIDE, Call, loose_pairs, query_of, segments_of
from harness.fhir.server.capability import capability
from harness.fhir.server.content import Negotiated, encode, negotiate, parse_body, pretty
from harness.fhir.server.errors import (
    FhirError,
    method_not_allowed,
    refused_search,
    type_not_supported,
    unsupported_path,
)
from harness.fhir.server.faults import misbehave
from harness.fhir.server.interactions.bundles import run_bundle
from harness.fhir.server.interactions.conditional import the_one
from harness.fhir.server.interactions.history import history, vread
from harness.fhir.server.interactions.instances import (
    create,
    patch,
    read,
    readable,
    remove,
    update,
    update_where,
    written,
)
from harness.fhir.server.interactions.pages import PAGE, later_page
from harness.fhir.server.interactions.searches import check_elements, posted_search, search
from harness.fhir.server.operations.dispatch import operation
from harness.fhir.server.options import Authorize, Document, Refusal, ServerOptions
from harness.fhir.server.state import ServerState
from harness.fhir.server.subset import Shape
from harness.fhir.store import ID, Patients

MAX_BODY = 64 * 1024 * 1024


class FhirServer(ServerState):
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
        with self.lock:
            for resource in resources:
                self.put(resource)

    # -- requests

    def base_of(self, url: str) -> str:
        """Base URL for a request URL."""
        if self.options.base_url:
            return self.options.base_url.rstrip("/")
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc}{self.options.mount.rstrip('/')}"

    def handle(self, request: Request) -> Response:
        """Answer one request. Never raises for anything a client sends."""
        if self.options.cors and is_preflight(request):
            return preflight(self.options.cors, request)
        query = query_of(request)
        response = self._answer(request, query)
        if ("_pretty", "true") in loose_pairs(query):
            response = pretty(response)
        if self.options.faults:
            response = misbehave(self.options.faults, request, response, self.model)
        if self.options.cors:
            response = allow_browsers(self.options.cors, request, response)
        if request.method == "HEAD":
            return Response(status=response.status, headers=response.headers)
        return response

    def _answer(self, request: Request, query: str) -> Response:
        base = self.base_of(request.url)
        document = self.documents.get(request.url)
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
            call = self._call(request, base, request.url[len(base) :].partition("?")[0], query)
            negotiated = call.negotiated
            with self.lock:
                response = self.route(call)
        except FhirError as error:
            response = self._error(error, negotiated)
        except SearchError as error:
            response = self._error(refused_search(error), negotiated)
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
        return response

    def _call(self, request: Request, base: str, path: str, query: str) -> Call:
        segments = segments_of(path)
        word = ""
        if "_format" in query:
            word = next((value for name, value in loose_pairs(query) if name == "_format"), "")
        call = Call(request, base, segments, query, None, INSIDE)
        native = len(segments) > 1 and segments[0] == "Binary" and request.method in ("GET", "HEAD")
        negotiated = negotiate(call.accept, word, self.options.default_format, self.model, native=native)
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
        return replace(call, patient=patient, negotiated=negotiated)

    def route(self, call: Call) -> Response:
        """Dispatch on method and path."""
        method, segments = call.request.method.upper(), call.segments
        if method == "HEAD":
            method = "GET"
        if method == "OPTIONS" or segments == ("metadata",):
            if method not in ("GET", "OPTIONS"):
                raise method_not_allowed(method, "GET")
            return self.answer(call, 200, capability(self, call.base))
        if segments and any(part.startswith("$") for part in segments):
            return operation(self, call, method)
        if (segments and segments[-1] == "_history") or segments[-2:-1] == ("_history",):
            return self._history(call, method)
        if segments and segments[-1] == "_search":
            if method != "POST":
                raise method_not_allowed(method, "POST")
            if len(segments) > 1:
                self.check_served(segments[0])
            return posted_search(self, call)
        if not segments:
            if method == "GET":
                return later_page(self, call) if f"{PAGE}=" in call.query else search(self, call)
            if method == "POST":
                return self._bundle(call)
            raise method_not_allowed(method, "GET, POST")
        self.check_served(segments[0])
        if len(segments) == 1:
            return self._type(call, method)
        if len(segments) == 3 and (segments[2] == "*" or self.model.is_resource(segments[2])):
            if method != "GET":
                raise method_not_allowed(method, "GET")
            return search(self, call)
        return self._instance(call, method)

    def _history(self, call: Call, method: str) -> Response:
        segments = call.segments
        if method != "GET":
            raise method_not_allowed(method, "GET")
        if segments[0] != "_history":
            self.check_served(segments[0])
        if segments[-1] == "_history" and len(segments) < 4:
            return history(self, call)
        if len(segments) != 4:
            raise unsupported_path()
        found = vread(self, call, segments[0], segments[1], segments[3]).stored
        stored = found or readable(self, call, segments[0], segments[1])
        return read(self, call, stored, self._shape(call, segments[0]))

    def check_served(self, kind: str) -> None:
        """As :meth:`check_type`, and refuse types that are only received."""
        if kind in self.options.not_served:
            raise type_not_supported(kind)
        self.check_type(kind)

    # -- type and instance level

    def _type(self, call: Call, method: str) -> Response:
        """Search and create; update, patch and delete with a condition."""
        kind = call.segments[0]
        if method == "GET":
            return search(self, call)
        if method == "POST":
            self._no_parameters(call)
            return create(self, call)
        if method not in ("PUT", "PATCH", "DELETE") or not call.query:
            raise method_not_allowed(method, "GET, POST")
        if method == "PUT":
            stored, created = update_where(self, call, kind, call.query, self.body(call, kind))
            return written(self, call, stored, created=created)
        found = the_one(self, call, kind, call.query)
        if method == "DELETE":
            if found is not None:
                remove(self, call, kind, found.id)
            return Response(status=204)
        if found is None:
            raise FhirError(404, "not-found", Text(nl="niets voldoet hieraan", en="nothing meets this"))
        return written(self, call, patch(self, call, found), created=False)

    def _instance(self, call: Call, method: str) -> Response:
        kind, identity = call.segments[0], call.segments[1]
        if not ID.fullmatch(identity):
            raise FhirError(400, "value", Text(nl="ongeldige id", en="invalid id"))
        if len(call.segments) > 2:
            raise unsupported_path()
        if method == "GET":
            return read(self, call, readable(self, call, kind, identity), self._shape(call, kind))
        self._no_parameters(call)
        if method == "PUT":
            resource = self.body(call, kind)
            if "id" not in resource and kind == "Binary":
                resource = {**resource, "id": identity}
            stored, created = update(self, call, kind, identity, resource)
            return written(self, call, stored, created=created)
        if method == "PATCH":
            return written(self, call, patch(self, call, readable(self, call, kind, identity)), created=False)
        if method == "DELETE":
            remove(self, call, kind, identity)
            return Response(status=204)
        raise method_not_allowed(method, "GET, PUT, PATCH, DELETE")

    def _no_parameters(self, call: Call) -> None:
        """Refuse parameters where FHIR gives them no meaning: ignored, a client would think they had one."""
        found = next(
            (name for name, _ in loose_pairs(call.query) if name not in ("_format", "_pretty")), None
        )
        if found is not None and not self.lenient(call):
            raise FhirError(
                400,
                "not-supported",
                Text(
                    nl=f"parameter {found[:64]} betekent hier niets",
                    en=f"parameter {found[:64]} means nothing here; a conditional create has If-None-Exist",
                ),
            )

    def _bundle(self, call: Call) -> Response:
        if self.options.read_only:
            raise method_not_allowed("POST", "GET")
        bundle = parse_body(call.request.body, call.header("content-type"), self.model)
        return self.answer(call, 200, run_bundle(self, call, bundle, self.route))

    # -- answers

    def _shape(self, call: Call, kind: str) -> Shape:
        """The part of a resource that a read asks for.

        :raises FhirError: 400 for parameters that a read does not have.
        """
        summary: str = ""
        elements: tuple[str, ...] = ()
        for name, value in loose_pairs(call.query):
            if name == "_summary" and value in ("true", "text", "data", "false"):
                summary = "" if value == "false" else value
            elif name == "_elements":
                elements = (*elements, *elements_of(value))
            elif name not in ("_format", "_pretty"):
                raise FhirError(
                    400,
                    "not-supported",
                    Text(
                        nl=f"parameter {name[:64]} bij lezen wordt niet ondersteund",
                        en=f"parameter {name[:64]} on a read is not supported",
                    ),
                )
        check_elements(self, call, elements, (kind,))
        return Shape(summary, elements)

    def _error(self, error: FhirError, negotiated: Negotiated) -> Response:
        body = encode(error.outcome(), negotiated.format, self.model)
        headers: Headers = (("Content-Type", negotiated.content_type), *error.headers)
        return Response(status=error.status, headers=headers, body=body)

    def _document(self, document: Document, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return Response(status=405, headers=(("Allow", "GET, HEAD"),))
        if document.access == "token":
            access = self.authorize(request)
            if isinstance(access, Refusal):
                return Response(status=access.status, headers=(("WWW-Authenticate", "Bearer"),))
        body = b"" if request.method == "HEAD" else document.content
        return Response(status=200, headers=(("Content-Type", document.content_type),), body=body)
