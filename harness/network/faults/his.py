"""Deliberate defects of HIS twins: pure changes of one answer, switched on by name.

::

    broken = apply(["bsn-in-self-link"], request, response, t=t, patient="hanna-wilgenkamp")

A fault knows on which queries of the standards it acts (:func:`operation_of` recognises them). Many act on
one query or one format only, so that exactly the requirement that must catch them is hit; the catalogue of
faults with what each kills is ``profiles/*/faults.yaml``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from urllib.parse import unquote, urlsplit

from harness.core.run.exchanges import Headers, Request, Response, header, media_type
from harness.core.standards.queries import load_queries
from harness.core.standards.table import standards
from harness.core.tdates import TDates
from harness.fhir.codec.documents import EncodeError, parse, to_json, to_xml
from harness.fhir.model.types import load_model
from harness.network.faults.tools import Answer

Change = Callable[[Answer], None]
CHANGES: dict[str, tuple[frozenset[str], Change]] = {}
"""Fault name → (operations it acts on, empty: every search; what it does)."""

ACCEPTED = {
    "application/fhir+json": "json",
    "application/json": "json",
    "application/json+fhir": "json",
    "application/fhir+xml": "xml",
    "application/xml": "xml",
    "application/xml+fhir": "xml",
    "text/xml": "xml",
}


def fault(name: str, *operations: str) -> Callable[[Change], Change]:
    """Register what a fault does to the answers of these queries (none: to every searchset)."""

    def register(change: Change) -> Change:
        CHANGES[name] = (frozenset(operations), change)
        return change

    return register


def names() -> frozenset[str]:
    """All faults that :func:`apply` knows."""
    _load()
    return frozenset(CHANGES)


@cache
def _load() -> None:
    """Import the modules that register faults."""
    for name in ("searchsets", "content"):
        importlib.import_module(f"harness.network.faults.{name}")


def operation_of(request: Request, t: date) -> str:
    """The query of a standard that a request is; ``zm-send`` for a posted Bundle; else ``""``."""
    path = unquote(urlsplit(request.url).path)
    if request.method == "POST" and path.rstrip("/").endswith("/fhir"):
        return "zm-send"
    for standard in standards():
        query = load_queries(standard).recognise(request.method, request.url, TDates(t))
        if query is not None:
            return query.operation
    parts = path.rstrip("/").split("/")
    if request.method == "GET" and len(parts) > 1:
        return {"Binary": "pd-retrieve", "DocumentReference": "pd-manifest-document"}.get(parts[-2], "")
    return ""


def requested(headers: Headers) -> str:
    """The form that a request asks for."""
    for part in (header(headers, "accept") or "").split(","):
        kind = ACCEPTED.get(part.split(";")[0].strip().lower())
        if kind:
            return kind
    return "native"


def apply(faults: Iterable[str], request: Request, response: Response, *, t: date, patient: str) -> Response:
    """The response with the given defects; unchanged when none of them is about this request.

    :param faults: names of switched-on faults; unknown ones (of other twins) are ignored.
    :param patient: id of the Patient whose record was asked.
    """
    _load()
    wanted = sorted(set(faults) & CHANGES.keys())
    if not wanted:
        return response
    operation = operation_of(request, t)
    acting = [CHANGES[name][1] for name in wanted if _acts(name, operation, response)]
    if not acting:
        return response
    answer = _answer(operation, request, response, t, patient)
    if not answer.resource and operation != "pd-retrieve":
        return response  # no FHIR answer: nothing to spoil
    for change in acting:
        change(answer)
    if answer.resource is not None and not answer.resource.get("entry", True):
        del answer.resource["entry"]  # FHIR has no empty lists
    return _response(answer, response)


def _acts(name: str, operation: str, response: Response) -> bool:
    operations = CHANGES[name][0]
    if operations:
        return operation in operations
    query = next((found for s in standards() if (found := load_queries(s).get(operation)) is not None), None)
    return query is not None and query.search and response.status == 200


def _answer(operation: str, request: Request, response: Response, t: date, patient: str) -> Answer:
    kind = ACCEPTED.get(media_type(response.headers), "native")
    resource = None
    if kind != "native":
        resource = parse(response.body, model=load_model("3.0.2")).resource
    return Answer(
        operation=operation,
        kind=requested(request.headers),
        answered=kind,
        status=response.status,
        resource=resource,
        body=response.body,
        content_type=header(response.headers, "content-type") or "",
        patient=patient,
        t=t,
    )


def _response(answer: Answer, original: Response) -> Response:
    content_type, body = answer.content_type, answer.body
    if answer.resource is not None:
        form = answer.answered if answer.answered != "native" else "json"
        try:
            body = to_xml(answer.resource, load_model("3.0.2")) if form == "xml" else to_json(answer.resource)
        except EncodeError:  # a defect that XML cannot carry leaves the XML answer whole
            body = original.body
        content_type = f"application/fhir+{form}; charset=utf-8"
    if answer.finish is not None:
        body = answer.finish(body)
    headers = [
        item for item in original.headers if item[0].lower() not in ("content-type", "content-length", "etag")
    ]
    return Response(status=answer.status, headers=(*headers, ("Content-Type", content_type)), body=body)


__all__ = ["CHANGES", "apply", "fault", "names", "operation_of", "requested"]
