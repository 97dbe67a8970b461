"""State of the FHIR server and what reading, searching and writing share: stamps, types, bodies, answers."""

from __future__ import annotations

import base64
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from harness.core.run.exchanges import Response
from harness.core.text import Text
from harness.fhir.codec import documents as codec
from harness.fhir.model.types import Model
from harness.fhir.outcomes import outcome
from harness.fhir.search.parameters import Registry
from harness.fhir.search.query import Query
from harness.fhir.search.searcher import Found, Searcher
from harness.fhir.server.call import Call
from harness.fhir.server.content import MIME, encode, format_of, parse_body, parse_media
from harness.fhir.server.errors import FhirError, type_not_supported
from harness.fhir.server.options import Authorize, ServerOptions, open_access
from harness.fhir.server.subset import Shape, part_of
from harness.fhir.store import Patients, Store, Stored

MAX_PAGES = 200
"""Searches of which later pages are kept; the oldest go first."""


@dataclass(frozen=True)
class Page:
    """A search of which later pages may be asked.

    :ivar path: its path below the base.
    :ivar patient: whose compartment was searched.
    :ivar size: matches on a page, ``None`` for all.
    """

    query: Query
    found: Found
    path: str
    patient: Patients | None
    size: int | None


def _utc_now() -> datetime:
    return datetime.now(UTC)


class ServerState:
    """See :class:`harness.fhir.server.service.FhirServer`.

    :param model: FHIR version.
    :param parameters: search parameters.
    :param store: what is served; replaced as a whole by transactions.
    :param authorize: who may see what.
    :param now: the server's clock, for ``meta.lastUpdated``.
    :param new_id: makes ids of created resources and Bundles.
    """

    def __init__(
        self,
        model: Model,
        parameters: Registry,
        *,
        store: Store | None = None,
        options: ServerOptions | None = None,
        authorize: Authorize = open_access,
        now: Callable[[], datetime] = _utc_now,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self.model = model
        self.parameters = parameters
        self.options = options or ServerOptions()
        self.store = store if store is not None else Store(self.options.compartment_through)
        self.authorize = authorize
        self.now = now
        self.new_id = new_id
        self.lock = threading.RLock()
        self.documents = {document.url: document for document in self.options.documents}
        self.pages: OrderedDict[str, Page] = OrderedDict()
        self._transformed: dict[int, tuple[Stored, Stored]] = {}

    def put(self, resource: dict[str, Any]) -> tuple[Stored, bool]:
        """Store a resource, stamped when the options say so; whether it is new."""
        if not self.options.stamp:
            return self.store.put(resource)
        meta = dict(resource["meta"]) if isinstance(resource.get("meta"), dict) else {}
        meta["versionId"] = str(self.store.next_version(resource["resourceType"], resource["id"]))
        meta["lastUpdated"] = self.instant()
        ordered: dict[str, Any] = {
            "resourceType": resource["resourceType"],
            "id": resource["id"],
            "meta": meta,
        }
        ordered.update((key, value) for key, value in resource.items() if key not in ordered)
        return self.store.put(ordered)

    def instant(self) -> str:
        """The server's clock as a FHIR instant."""
        return self.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+00:00"

    def check_type(self, kind: str) -> None:
        """Refuse a resource type that does not exist or is not supported (404 ``not-supported``)."""
        if not self.model.is_resource(kind) or not self.supports(kind):
            raise type_not_supported(kind)

    def supports(self, kind: str) -> bool:
        """Whether a resource type is served."""
        return kind not in self.options.unsupported and (
            self.options.types is None or kind in self.options.types
        )

    def serves(self, kind: str) -> bool:
        """Whether a resource type can be read and searched."""
        return self.supports(kind) and kind not in self.options.not_served

    def lenient(self, call: Call) -> bool:
        """Whether parameters that are not understood are ignored, by the client's wish or the options."""
        return call.lenient or (self.options.unknown_parameters == "ignore" and not call.strict)

    def searcher(self, base: str) -> Searcher:
        """What executes searches.

        :param base: base URL of the request.
        """
        return Searcher(self.parameters, base, self.now().replace(tzinfo=None), self.options.type_prefix)

    def keep_page(self, page: Page) -> str:
        """Keep what a search found, for its later pages; the token in their address."""
        token = uuid.uuid4().hex
        self.pages[token] = page
        if len(self.pages) > MAX_PAGES:
            self.pages.popitem(last=False)
        return token

    def outgoing(self, stored: Stored, shape: Shape | None = None) -> Stored:
        """The resource as it leaves the server: changed by ``transform_resource`` (kept per stored version),
        and the part of it that is asked for."""
        hook = self.options.transform_resource
        if hook is not None:
            cached = self._transformed.get(id(stored))
            if cached is None or cached[0] is not stored:
                changed = Stored(hook(stored.resource), stored.version)
                cached = self._transformed[id(stored)] = (stored, changed)
            stored = cached[1]
        if not shape:
            return stored
        part = part_of(stored.resource, shape, self.model)
        return stored if part is stored.resource else Stored(part, stored.version)

    def body(self, call: Call, kind: str) -> dict[str, Any]:
        """The resource of type ``kind`` in the body of a call; for Binary also any document.

        :raises FhirError: for a body that cannot be read, or with another type.
        """
        content_type = call.header("content-type")
        media = parse_media(content_type)
        if kind == "Binary" and media is not None and not format_of(media.name):
            key = "data" if self.model.version.startswith("4") else "content"
            data = base64.b64encode(call.request.body).decode()
            return {"resourceType": "Binary", "contentType": content_type, key: data}
        resource = parse_body(call.request.body, content_type, self.model)
        if resource["resourceType"] != kind:
            raise FhirError(
                400,
                "invalid",
                Text(
                    nl=f"verwacht {kind}, gekregen {resource['resourceType']}",
                    en=f"expected {kind}, received {resource['resourceType']}",
                ),
            )
        return resource

    def reread(self, resource: Any) -> dict[str, Any]:
        """A resource that was put together here, as if a client had sent it.

        :raises FhirError: 422 when it is none.
        """
        try:
            found = parse_body(codec.to_json(resource), MIME["json"], self.model)
        except (FhirError, codec.EncodeError, TypeError) as error:
            issues = error.issues if isinstance(error, FhirError) else ()
            raise FhirError(
                422,
                "invalid",
                Text(nl="het resultaat is geen FHIR-resource", en="the result is not a FHIR resource"),
                issues=issues,
            ) from None
        return found

    def encoded_note(self, call: Call, what: str) -> bytes:
        """An OperationOutcome that says what was stored, in the format that the call asks."""
        note = outcome("information", "informational", Text(nl=f"{what} is bewaard", en=f"{what} is stored"))
        return encode(note, call.negotiated.format, self.model)

    def answer(self, call: Call, status: int, resource: dict[str, Any]) -> Response:
        """A response with a resource in the format that the call asks."""
        body = encode(resource, call.negotiated.format, self.model)
        return Response(status=status, headers=(("Content-Type", call.negotiated.content_type),), body=body)

    def decoded(self, response: Response) -> Any:
        """The JSON body of one of our own responses as a dict; ``{}`` when there is none."""
        if not response.body:
            return {}
        return codec.parse(response.body, format="json", model=self.model).resource
