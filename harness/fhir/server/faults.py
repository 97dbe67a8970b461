"""Deliberate faults of the server, by name: what a client must be able to stand, or must notice.

Two kinds: those that change a searchset, and those that change the message around a body. Several may be on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from harness.core.run.exchanges import Request, Response, header
from harness.core.text import Text
from harness.fhir.codec import documents as codec
from harness.fhir.model.types import Model
from harness.fhir.server.content import encode, format_of, parse_media

Searchset = Callable[[dict[str, Any]], None]
Message = Callable[[Request, Response], Response]


@dataclass(frozen=True)
class Fault:
    """One fault.

    :ivar title: what goes wrong.
    :ivar searchset: changes a Bundle of search results, when it is about those.
    :ivar message: changes an answer, when it is about that.
    """

    title: Text
    searchset: Searchset | None = None
    message: Message | None = None


FAULTS: dict[str, Fault] = {}
"""All faults by name."""


def _in_searchset(name: str, nl: str, en: str) -> Callable[[Searchset], Searchset]:
    def register(change: Searchset) -> Searchset:
        FAULTS[name] = Fault(Text(nl=nl, en=en), searchset=change)
        return change

    return register


def _in_message(name: str, nl: str, en: str) -> Callable[[Message], Message]:
    def register(change: Message) -> Message:
        FAULTS[name] = Fault(Text(nl=nl, en=en), message=change)
        return change

    return register


def misbehave(names: Iterable[str], request: Request, response: Response, model: Model) -> Response:
    """The answer with faults in it."""
    chosen = [FAULTS[name] for name in sorted(names)]
    changes = [fault.searchset for fault in chosen if fault.searchset is not None]
    if changes:
        response = _changed(response, changes, model)
    for fault in chosen:
        if fault.message is not None:
            response = fault.message(request, response)
    return response


def _changed(response: Response, changes: Iterable[Searchset], model: Model) -> Response:
    media = parse_media(header(response.headers, "content-type") or "")
    form = format_of(media.name) if media else ""
    if response.status != 200 or not form or b"searchset" not in response.body[:2_000]:
        return response
    bundle = codec.parse(response.body, format="json" if form == "json" else "xml", model=model).resource
    if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "searchset":
        return response
    for change in changes:
        change(bundle)
    return Response(status=200, headers=response.headers, body=encode(bundle, form, model))


def _entries(bundle: dict[str, Any], mode: str = "match") -> list[dict[str, Any]]:
    return [entry for entry in bundle.get("entry", []) if entry.get("search", {}).get("mode") == mode]


def _drop(bundle: dict[str, Any], gone: list[dict[str, Any]]) -> None:
    bundle["entry"] = [entry for entry in bundle.get("entry", []) if not any(entry is item for item in gone)]
    if not bundle["entry"]:
        del bundle["entry"]


# -- searchsets


@_in_searchset("total-too-high", "total telt meer dan er is", "total counts more than there is")
def _total_too_high(bundle: dict[str, Any]) -> None:
    bundle["total"] = bundle.get("total", len(_entries(bundle))) + 5


@_in_searchset("no-total", "total ontbreekt", "total is missing")
def _no_total(bundle: dict[str, Any]) -> None:
    bundle.pop("total", None)


@_in_searchset("no-self-link", "er zijn geen links", "there are no links")
def _no_self_link(bundle: dict[str, Any]) -> None:
    bundle.pop("link", None)


@_in_searchset("no-next-link", "de volgende pagina wordt niet genoemd", "the next page is not named")
def _no_next_link(bundle: dict[str, Any]) -> None:
    bundle["link"] = [link for link in bundle.get("link", []) if link.get("relation") != "next"]


@_in_searchset("next-link-loops", "de volgende pagina is deze pagina", "the next page is this page")
def _next_link_loops(bundle: dict[str, Any]) -> None:
    links = [link for link in bundle.get("link", []) if link.get("relation") != "next"]
    own = next((link["url"] for link in links if link.get("relation") == "self"), "")
    bundle["link"] = [*links, {"relation": "next", "url": own}]


@_in_searchset("next-link-broken", "de volgende pagina bestaat niet", "the next page does not exist")
def _next_link_broken(bundle: dict[str, Any]) -> None:
    links = [link for link in bundle.get("link", []) if link.get("relation") != "next"]
    own = next((link["url"] for link in links if link.get("relation") == "self"), "")
    bundle["link"] = [*links, {"relation": "next", "url": f"{own.partition('?')[0]}/no/such/page"}]


@_in_searchset("lost-match", "een resultaat ontbreekt", "a match is missing")
def _lost_match(bundle: dict[str, Any]) -> None:
    _drop(bundle, _entries(bundle)[-1:])


@_in_searchset("lost-include", "wat _include vraagt ontbreekt", "what _include asks is missing")
def _lost_include(bundle: dict[str, Any]) -> None:
    _drop(bundle, _entries(bundle, "include"))


@_in_searchset("duplicate-match", "een resultaat staat er twee keer", "a match is there twice")
def _duplicate_match(bundle: dict[str, Any]) -> None:
    bundle["entry"] = [*_entries(bundle)[:1], *bundle.get("entry", [])]
    if not bundle["entry"]:
        del bundle["entry"]


@_in_searchset("no-full-url", "fullUrl ontbreekt", "fullUrl is missing")
def _no_full_url(bundle: dict[str, Any]) -> None:
    for entry in bundle.get("entry", []):
        entry.pop("fullUrl", None)


@_in_searchset("no-search-mode", "search.mode ontbreekt", "search.mode is missing")
def _no_search_mode(bundle: dict[str, Any]) -> None:
    for entry in bundle.get("entry", []):
        entry.pop("search", None)


@_in_searchset(
    "unrequested-outcome", "er staat een OperationOutcome bij", "an OperationOutcome is among the entries"
)
def _outcome_among_entries(bundle: dict[str, Any]) -> None:
    issue = {"severity": "information", "code": "informational", "diagnostics": "deliberate fault"}
    outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
    bundle.setdefault("entry", []).append({"resource": outcome, "search": {"mode": "outcome"}})


# -- messages


def _with_header(response: Response, name: str, value: str | None) -> Response:
    kept = tuple(item for item in response.headers if item[0].lower() != name.lower())
    more = ((name, value),) if value is not None else ()
    return Response(status=response.status, headers=(*kept, *more), body=response.body)


@_in_message("status-500", "elk antwoord is 500", "every answer is 500")
def _status_500(request: Request, response: Response) -> Response:
    return Response(status=500, headers=(("Content-Type", "text/plain"),), body=b"Internal Server Error")


@_in_message("status-503", "elk antwoord is 503 met Retry-After", "every answer is 503 with Retry-After")
def _status_503(request: Request, response: Response) -> Response:
    return Response(status=503, headers=(("Retry-After", "120"),))


@_in_message("error-as-html", "fouten zijn HTML", "errors are HTML")
def _error_as_html(request: Request, response: Response) -> Response:
    if response.status < 400:
        return response
    body = f"<html><body><h1>{response.status}</h1></body></html>".encode()
    return Response(status=response.status, headers=(("Content-Type", "text/html"),), body=body)


@_in_message("error-without-body", "fouten hebben geen inhoud", "errors have no body")
def _error_without_body(request: Request, response: Response) -> Response:
    return Response(status=response.status) if response.status >= 400 else response


@_in_message("wrong-content-type", "het inhoudstype is text/plain", "the content type is text/plain")
def _wrong_content_type(request: Request, response: Response) -> Response:
    return _with_header(response, "Content-Type", "text/plain") if response.body else response


@_in_message("truncated-body", "de inhoud is afgekapt", "the body is cut off")
def _truncated_body(request: Request, response: Response) -> Response:
    half = response.body[: len(response.body) // 2]
    return Response(status=response.status, headers=response.headers, body=half)


@_in_message("no-etag", "ETag en Last-Modified ontbreken", "ETag and Last-Modified are missing")
def _no_etag(request: Request, response: Response) -> Response:
    return _with_header(_with_header(response, "ETag", None), "Last-Modified", None)


@_in_message("no-location", "Location ontbreekt bij aanmaken", "Location is missing on a create")
def _no_location(request: Request, response: Response) -> Response:
    return _with_header(response, "Location", None)
