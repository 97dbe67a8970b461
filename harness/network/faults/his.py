"""Deliberate defects of HIS twins: pure changes of one answer, switched on by name.

::

    broken = apply(["bsn-in-self-link"], request, response, t=t, patient="hanna-wilgenkamp")

The catalogue says on which queries of the standards a fault acts (:func:`query_of` recognises them). Many act
on one query or one format only, so that exactly the requirement that must catch them is hit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from urllib.parse import unquote, urlsplit

from harness.core.run.exchanges import Request, Response, header, media_type
from harness.core.standards.completeness import POSTED
from harness.core.standards.faults import faults
from harness.core.standards.queries import Query, load_queries
from harness.core.standards.table import standards
from harness.core.tdates import TDates
from harness.fhir.codec.documents import EncodeError, parse, to_json, to_xml
from harness.fhir.codec.media import asked_format, format_of
from harness.fhir.model.types import load_model
from harness.network.faults.answer import SEARCHED, Answer
from harness.network.faults.registry import answer_changes

_SENT = Query(operation=POSTED, method="POST")
_SEARCH = re.compile(r"[A-Z][A-Za-z]+")


def names() -> frozenset[str]:
    """All faults that :func:`apply` knows."""
    return frozenset(answer_changes())


def query_of(request: Request, t: date) -> Query | None:
    """The query of a standard that a request is.

    A posted Bundle is one query of its own, ``send``; a request for a value that an answer named is known by
    the resource type that it reads; a search that no standard asks has the operation ``search``.
    """
    path = unquote(urlsplit(request.url).path).rstrip("/")
    if request.method == "POST" and path.endswith("/fhir"):
        return _SENT
    for standard in standards():
        query = load_queries(standard).recognise(request.method, request.url, TDates(t))
        if query is not None:
            return query
    parts = path.split("/")
    if request.method != "GET" or len(parts) < 2:
        return None
    reading = (query for standard in standards() for query in load_queries(standard) if query.reads)
    read = next((query for query in reading if query.reads == parts[-2]), None)
    if read is not None:
        return read
    searched = parts[-1] if _SEARCH.fullmatch(parts[-1]) else ""
    later = parts[-1] == "fhir" and urlsplit(request.url).query.startswith("_page=")
    return Query(operation=SEARCHED, path=searched or "Resource") if searched or later else None


def apply(wanted: Iterable[str], request: Request, response: Response, *, t: date, patient: str) -> Response:
    """The response with the given defects; unchanged when none of them is about this request.

    :param wanted: names of switched-on faults; unknown ones (of other twins) are ignored.
    :param patient: id of the Patient whose record was asked.
    """
    changes = answer_changes()
    known = sorted(set(wanted) & changes.keys())
    query = query_of(request, t) if known else None
    acting = [name for name in known if query is not None and _acts(name, query, response)]
    if query is None or not acting:
        return response
    answer = _answer(query.operation, request, response, t, patient)
    if not answer.resource and "native" not in query.formats:
        return response  # no FHIR answer: nothing to spoil
    for name in acting:
        changes[name](answer)
    if answer.resource is not None and not answer.resource.get("entry", True):
        del answer.resource["entry"]  # FHIR has no empty lists
    return _response(answer, response)


def _acts(name: str, query: Query, response: Response) -> bool:
    operations = faults()[name].on
    if operations:
        return query.operation in operations
    return query.search and response.status == 200


def _answer(operation: str, request: Request, response: Response, t: date, patient: str) -> Answer:
    kind = format_of(media_type(response.headers)) or "native"
    resource = None
    if kind != "native":
        resource = parse(response.body, model=load_model("3.0.2")).resource
    return Answer(
        operation=operation,
        kind=asked_format(header(request.headers, "accept") or ""),
        answered=kind,
        status=response.status,
        resource=resource,
        body=response.body,
        content_type=header(response.headers, "content-type") or "",
        patient=patient,
        t=t,
        url=request.url,
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
