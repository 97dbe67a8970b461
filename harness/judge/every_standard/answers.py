"""The FHIR answers of a cell as the standards' judges look at them.

An :class:`Answer` is one exchange on the resource interface between PGO and DVZA, with its parsed body and
a FHIRPath context that all judges of the cell share. Only the main flows are looked at (``collect``,
``share``); negative variants belong to the judges of the trust framework.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from harness.core.issues import shorten
from harness.core.run.exchanges import BUSY, Exchange, header
from harness.core.standards.queries import Queries, Query, base_operation, load_queries
from harness.core.standards.table import standard
from harness.core.tdates import TDates
from harness.core.text import Phrase, Text, joined
from harness.fhir.codec.documents import Document
from harness.fhir.codec.media import asked_format
from harness.fhir.fhirpath import DocumentContext, FHIRPathError, Node, compile
from harness.fhir.model.types import load_model
from harness.judge.masks import Masks
from harness.judge.view import CellView
from harness.reference.searching.replies import Reply

MAIN_FLOWS = ("collect", "share")
OFFENDERS = 5
"""Places that are reported per answer and rule."""

Json = dict[str, Any]


class Answer:
    """One answered (or unanswered) request of a standard.

    :ivar exchange: the recorded exchange.
    :ivar query: the query of the standard that it is.
    :ivar format: ``json``, ``xml`` or ``native``: what was asked for.
    :ivar document: the parsed body, ``None`` when it is no FHIR.
    :ivar authorized: the request carried a Bearer token.
    :ivar as_prescribed: the request has exactly the path and parameters of the query. Answers to other
        requests say nothing about the HIS; only the judges of the PGO look at them.
    :ivar before: the answer whose ``next`` led here, ``None`` for a first page.
    """

    def __init__(self, view: CellView, exchange: Exchange, query: Query, asked: str) -> None:
        self.exchange = exchange
        self.query = query
        self.format = asked
        self.document: Document | None = view.document(exchange)
        self._view = view
        self._masks = view.masks(exchange)

        sent = (header(exchange.request.headers, "authorization") or "").strip()
        self.authorized = sent.partition(" ")[0].lower() == "bearer"
        self.as_prescribed = True
        self.before: Answer | None = None

    @property
    def status(self) -> int:
        """HTTP status; 0 when there was no response."""
        return self.exchange.response.status if self.exchange.response else 0

    @property
    def answered(self) -> bool:
        """Whether the status is 200 or 201."""
        return self.status in (200, 201)

    @property
    def resource(self) -> Json:
        """The body as FHIR JSON; ``{}`` when it is none."""
        return self.document.resource if self.document is not None else {}

    @property
    def reply(self) -> Reply:
        """The answer for whoever walks along its pages."""
        return Reply(self.status, self.resource, self.exchange.request.url)

    @property
    def masks(self) -> Masks:
        """Where values of the body were masked."""
        return self._masks

    @property
    def bundle(self) -> bool:
        """Whether the body is a Bundle."""
        return self.resource.get("resourceType") == "Bundle"

    @property
    def what(self) -> Phrase:
        """What the body is: its type, else why it cannot be read; ``""`` when it is not called FHIR."""
        if kind := text(self.resource.get("resourceType")):
            return kind
        if self.document is not None and self.document.fatal:
            defect = self.document.issues[-1]
            return joined(defect.message, defect.seen)
        return ""

    @property
    def context(self) -> DocumentContext:
        """FHIRPath context of the body, made once for all that have the same."""
        found: DocumentContext = self._view.memo(
            f"context:{id(self.document)}",
            lambda: DocumentContext(self.resource, model=load_model("3.0.2")),
        )
        return found

    @property
    def entries(self) -> list[Json]:
        """Entries of the Bundle that are objects."""
        found = self.resource.get("entry") if self.bundle else None
        return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []

    @property
    def resources(self) -> list[tuple[str, Json]]:
        """``(location, resource)`` of every entry."""
        found = self.resource.get("entry") if self.bundle else None
        pairs = []
        for index, entry in enumerate(found if isinstance(found, list) else []):
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(resource, dict):
                pairs.append((f"Bundle.entry[{index}].resource", resource))
        return pairs

    @property
    def matches(self) -> list[tuple[str, Json]]:
        """``(location, resource)`` of the matches of the type that was asked for."""
        found = self.resource.get("entry") if self.bundle else None
        pairs = []
        for index, entry in enumerate(found if isinstance(found, list) else []):
            if not isinstance(entry, dict) or not isinstance(entry.get("resource"), dict):
                continue
            search = entry.get("search")
            mode = search.get("mode") if isinstance(search, dict) else None
            resource = entry["resource"]
            if mode in (None, "match") and resource.get("resourceType") == self.query.resource_type:
                pairs.append((f"Bundle.entry[{index}].resource", resource))
        return pairs

    def line(self, path: str) -> tuple[int, int]:
        """Line and column of a location in the recorded body."""
        return self.document.locate(path) if self.document is not None else (0, 0)


def dates(view: CellView) -> TDates:
    """The date resolver of the run."""
    return TDates(view.t, view.now)


def own(view: CellView, number: str) -> str:
    """The id that a requirement of every standard (``GEN-001``) has in the cell's standard."""
    return f"{standard(view.cell.standard).prefix}-{number}"


def queries(view: CellView) -> Queries:
    """The queries of the cell's standard."""
    return load_queries(view.cell.standard)


def requests(view: CellView, *, pages: bool = False, flows: tuple[str, ...] = MAIN_FLOWS) -> list[Answer]:
    """Every request of the standard in the main flows (or others), in time order, right or wrong.

    :param pages: with the requests for later pages, which have the query of their first one.
    """
    found: list[Answer] = view.memo(f"standard-answers {flows}", lambda: list(_answers(view, flows)))
    return [item for item in found if pages or item.before is None]


def answers(
    view: CellView, *operations: str, pages: bool = False, flows: tuple[str, ...] = MAIN_FLOWS
) -> list[Answer]:
    """Answers to requests that were made as prescribed; with ``operations`` (without format) only those.

    :param pages: with those to requests for later pages.
    """
    return [
        item
        for item in requests(view, pages=pages, flows=flows)
        if item.as_prescribed
        and (item.authorized or item.query.authorization == "none")
        and (not operations or item.query.operation in operations)
    ]


def _answers(view: CellView, flows: tuple[str, ...]) -> Iterator[Answer]:
    known = queries(view)
    resolver = dates(view)
    promised: dict[tuple[str, str], Answer] = {}  # flow and address of a next page that was not asked yet
    for exchange in view.exchanges:
        if exchange.flow not in flows or exchange.client != view.party("pgo"):
            continue
        if exchange.interface not in ("resource", "document") or exchange.operation == BUSY:
            continue
        query = known.get(exchange.operation)
        answer = None if query is not None else _of_page(view, exchange, promised)
        if query is None and answer is None:  # a live PGO: recognise the request itself
            query = known.meant(exchange.request.method, exchange.request.url, resolver)
        if query is not None:
            asked = base_operation(exchange.operation)[1] or requested_format(exchange)
            answer = Answer(view, exchange, query, asked)
            answer.as_prescribed = sent_as_prescribed(exchange, query, resolver)
        if answer is None:
            continue
        if answer.query.search and answer.answered and answer.bundle and (address := answer.reply.next):
            for form in (answer.format, ""):
                promised[address, form] = answer
        yield answer


def _of_page(view: CellView, exchange: Exchange, promised: dict[tuple[str, str], Answer]) -> Answer | None:
    """The answer to a request for the next page that an earlier answer named, once for each of these."""
    if exchange.request.method != "GET":
        return None
    asked, url = requested_format(exchange), exchange.request.url
    before = promised.pop((url, asked), None) or promised.get((url, ""))
    if before is None:
        return None
    answer = Answer(view, exchange, before.query, asked)
    answer.as_prescribed, answer.before = before.as_prescribed, before
    return answer


def sent_as_prescribed(exchange: Exchange, query: Query, resolver: TDates) -> bool:
    """Whether a request has the path end and exactly the parameters (in any order) of its query."""
    if query.each is not None:
        return True
    parts = urlsplit(exchange.request.url)
    sent = sorted(parse_qsl(parts.query, keep_blank_values=True))
    path_fits = unquote(parts.path).rstrip("/").endswith(("/" + query.path).rstrip("/"))
    return path_fits and [pair for pair in sent if pair[0] != "_format"] == sorted(query.resolved(resolver))


def requested_format(exchange: Exchange) -> str:
    """The format that Accept (or ``_format``) asks for; ``native`` when it is no FHIR."""
    wanted = dict(parse_qsl(urlsplit(exchange.request.url).query)).get("_format", "")
    return asked_format(header(exchange.request.headers, "accept") or "", wanted)


def searches(view: CellView, *, pages: bool = False, flows: tuple[str, ...] = MAIN_FLOWS) -> list[Answer]:
    """Answers to searches; a server without DocumentManifest may refuse those (judged by PD-MAN-001).

    :param pages: with those to requests for later pages.
    """
    found = answers(view, pages=pages, flows=flows)
    return [item for item in found if item.query.search and not unsupported_manifest(item)]


def searchsets(view: CellView) -> list[Answer]:
    """Searches that were answered with a Bundle, page by page: what the generic checks look into.

    What is asked of an answer as a whole is asked of its chain
    (:mod:`harness.judge.every_standard.paging.chains`).
    """
    return [item for item in searches(view, pages=True) if item.answered and item.bundle]


NO_MANIFEST = Text(
    nl="het HIS kent geen DocumentManifest en zegt dat zoals het hoort",
    en="the HIS does not support DocumentManifest and says so as it should",
)


def unsupported_manifest(answer: Answer) -> bool:
    """Whether the answer says, as it should, that DocumentManifest is not supported."""
    return (
        answer.query.resource_type == "DocumentManifest"
        and answer.status == 404
        and answer.resource.get("resourceType") == "OperationOutcome"
        and any(
            issue.get("code") == "not-supported" and issue.get("severity") in ("error", "fatal")
            for issue in objects(answer.resource.get("issue"))
        )
    )


def true(expression: str, context: DocumentContext) -> bool:
    """Whether a FHIRPath expression holds (dialect of the official engine).

    A document on which it cannot be evaluated (two values where FHIR has one) does not pass.
    """
    try:
        return compile(expression, model=context.model, dialect="hapi").check(context)
    except FHIRPathError:
        return False


def select(expression: str, context: DocumentContext) -> list[Any]:
    """What a FHIRPath expression selects; nothing when it cannot be evaluated."""
    try:
        return compile(expression, model=context.model, dialect="hapi").evaluate(context)
    except FHIRPathError:
        return []


def place(item: Any) -> str:
    """Location of a selected node, ``""`` for a plain value."""
    return item.location if isinstance(item, Node) else ""


def show(item: Any) -> str:
    """A selected node or value as short text."""
    value = item.value if isinstance(item, Node) else item
    if isinstance(value, dict):
        keys = ("resourceType", "id", "reference", "system", "code", "display", "value")
        picked = {key: value[key] for key in keys if isinstance(value.get(key), str)}
        return shorten(
            ", ".join(f"{key}={text}" for key, text in picked.items()) or "{" + ", ".join(value) + "}"
        )
    return shorten(value)


# -- small readers of FHIR JSON that never raise ---------------------------------------------------


def objects(value: Any) -> list[Json]:
    """The objects in a list (or the one object itself)."""
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: Any) -> str:
    """A string, or ``""``."""
    return value if isinstance(value, str) else ""


def codings(concepts: Any) -> list[tuple[str, str]]:
    """``(system, code)`` of every Coding in one or more CodeableConcepts."""
    return [
        (text(coding.get("system")), text(coding.get("code")))
        for concept in objects(concepts)
        for coding in objects(concept.get("coding"))
    ]


def extensions(element: Json, url: str) -> list[Json]:
    """Extensions with a URL."""
    return [item for item in objects(element.get("extension")) if item.get("url") == url]


def reference_of(value: Any) -> str:
    """The text of a Reference, ``""`` when it has none."""
    return text(value.get("reference")) if isinstance(value, dict) else ""
