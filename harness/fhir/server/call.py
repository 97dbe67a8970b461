"""One request to the FHIR server, taken apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import unquote

from harness.core.run.exchanges import Request, header, header_values, media_type
from harness.fhir.server.content import Negotiated
from harness.fhir.store import Patients


@dataclass(frozen=True)
class Call:
    """One request, taken apart.

    :ivar base: absolute base URL, no trailing slash.
    :ivar segments: decoded path segments below the base.
    :ivar query: raw query string.
    :ivar patient: whose compartment (one or several), ``None`` for the whole store.
    """

    request: Request
    base: str
    segments: tuple[str, ...]
    query: str
    patient: Patients | None
    negotiated: Negotiated

    def header(self, name: str) -> str:
        """A request header, ``""`` when absent."""
        return header(self.request.headers, name) or ""

    @property
    def accept(self) -> str:
        """What the client takes: every ``Accept``, as one list."""
        return ",".join(header_values(self.request.headers, "accept")).strip()

    @property
    def preference(self) -> str:
        """The Prefer header in lower case without blanks."""
        return self.header("prefer").lower().replace(" ", "")

    @property
    def lenient(self) -> bool:
        """Whether the client asks to ignore what the server does not understand."""
        return "handling=lenient" in self.preference

    def with_target(self, method: str, target: str) -> Call:
        """The same call for another path (an entry of a batch)."""
        path, _, query = target.partition("?")
        kept = tuple(item for item in self.request.headers if item[0].lower() not in _PRECONDITIONS)
        request = Request(method=method, url=f"{self.base}/{target}", headers=kept)
        return replace(self, request=request, segments=segments_of(path), query=query, negotiated=INSIDE)

    @property
    def strict(self) -> bool:
        """Whether the client asks to refuse what the server does not understand."""
        return "handling=strict" in self.preference

    def for_entry(self, *headers: tuple[str, str]) -> Call:
        """The same call as an entry of a Bundle makes it: with preconditions of its own only."""
        request = self.request
        kept = tuple(item for item in request.headers if item[0].lower() not in _PRECONDITIONS)
        more = Request(method=request.method, url=request.url, headers=(*headers, *kept), body=b"")
        return replace(self, request=more)


INSIDE = Negotiated("json", "application/fhir+json; charset=utf-8", True)
"""The negotiation for content that stays inside the server."""
_PRECONDITIONS = frozenset(("if-match", "if-none-match", "if-none-exist", "if-modified-since"))
"""Headers about one resource: those of a Bundle say nothing of its entries."""


def segments_of(path: str) -> tuple[str, ...]:
    """Decoded segments of a path."""
    return tuple(unquote(part) for part in path.strip("/").split("/") if part)


def loose_pairs(query: str) -> list[tuple[str, str]]:
    """Names and values of a query string without complaints."""
    pairs = []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name:
            pairs.append((unquote(name), unquote(value)))
    return pairs


FORM = "application/x-www-form-urlencoded"


def query_of(request: Request) -> str:
    """The parameters of a request: of its address, and of the form of a posted search."""
    address, _, query = request.url.partition("#")[0].partition("?")
    if request.method.upper() != "POST" or not address.endswith("/_search"):
        return query
    form = request.body.decode("utf-8", "replace") if media_type(request.headers) == FORM else ""
    return "&".join(part for part in (query, form) if part)


_WORDS = {
    200: "200 OK",
    201: "201 Created",
    204: "204 No Content",
    400: "400 Bad Request",
    404: "404 Not Found",
}


def status_line(status: int) -> str:
    """``200`` -> ``200 OK``: the status in an entry of a response Bundle."""
    return _WORDS.get(status, str(status))
