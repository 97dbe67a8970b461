"""Styles of the resource endpoint."""

from __future__ import annotations

import re
from dataclasses import replace

from foreign_behaviour.servers.style import Answer, Style, page, with_header
from foreign_behaviour.wire import Wire
from harness.core.run.exchanges import header
from harness.network.wire.serving import Incoming, Outgoing

NOT_FOUND = (
    b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-found",'
    b'"diagnostics":"Unknown resource"}]}'
)
FHIR = (("Content-Type", "application/fhir+json;charset=UTF-8"),)


class Paged(Style):
    """Two matches on a page, as a server does that pages by itself; ``link`` writes an address."""

    def link(self, base: str, url: str) -> str:
        """How the address of a page stands in an answer."""
        return url

    async def data(self, request: Incoming, answer: Answer) -> Outgoing:
        searched = re.search(r"/fhir/[A-Z][A-Za-z]+$", request.path)
        if request.method == "GET" and searched and "_count" not in request.query:
            query = f"{request.query}&_count=2" if request.query else "_count=2"
            request = replace(request, query=query, url=f"{request.url.partition('?')[0]}?{query}")
        given = await answer(request)
        if given.status != 200:
            return given
        base = request.url.partition("/fhir")[0] + "/fhir"

        def written(found: re.Match[bytes]) -> bytes:
            return found.group(1) + self.link(base, found.group(2).decode()).encode() + found.group(3)

        body = re.sub(
            rb'(<link><relation value="(?:next|self|previous)"/><url value=")([^"]*)(")', written, given.body
        )
        body = re.sub(
            rb'("relation":"(?:next|self|previous)","url":")([^"]*)(")',
            written,
            body,
        )
        return with_header(replace(given, body=body), "content-length", None)


class PagedWithPort(Paged):
    """Addresses of pages name the default port."""

    def link(self, base: str, url: str) -> str:
        return re.sub(r"^(https://[^/:]+)/", r"\1:443/", url)


class PagedFromBase(Paged):
    """Addresses of pages are relative to the base of the service."""

    def link(self, base: str, url: str) -> str:
        return url.removeprefix(f"{base}/")


class PagedFromHost(Paged):
    """Addresses of pages are relative to the host."""

    def link(self, base: str, url: str) -> str:
        return re.sub(r"^https://[^/]+", "", url)


class PagedInsecure(Paged):
    """Addresses of pages say http, because TLS ends before the server."""

    def link(self, base: str, url: str) -> str:
        return url.replace("https://", "http://", 1)


class Refusals(Style):
    """Refusals of the data in another form; ``refused`` writes one."""

    def refused(self, request: Incoming, given: Outgoing) -> Outgoing:
        """The refusal."""
        return given

    async def data(self, request: Incoming, answer: Answer) -> Outgoing:
        given = await answer(request)
        return self.refused(request, given) if given.status in (401, 403) else given


class RefusesInText(Refusals):
    """401 and 403 as plain text, with the challenge."""

    def refused(self, request: Incoming, given: Outgoing) -> Outgoing:
        text = replace(given, body=b"Unauthorized\n")
        return with_header(with_header(text, "content-length", None), "Content-Type", "text/plain")


class RefusesInHtml(Refusals):
    """401 and 403 as the page of a web server, with the challenge."""

    def refused(self, request: Incoming, given: Outgoing) -> Outgoing:
        shown = page(given.status, "Unauthorized")
        kept = tuple(pair for pair in given.headers if pair[0].lower() == "www-authenticate")
        return replace(shown, headers=(*shown.headers, *kept))


class LoginPage(Refusals):
    """Whoever has no good token is sent to a login page."""

    def refused(self, request: Incoming, given: Outgoing) -> Outgoing:
        if given.status != 401:
            return given
        return Outgoing(
            status=302, headers=(("Location", "/login?returnTo=%2F"), ("Cache-Control", "no-store"))
        )


class ChallengeOtherwise(Refusals):
    """The challenge in another spelling: another order, no quotes, a realm, two schemes in two fields."""

    def refused(self, request: Incoming, given: Outgoing) -> Outgoing:
        value = header(given.headers, "www-authenticate")
        if value is None:
            return given
        error = re.search(r'error="([a-z_]+)"', value)
        more = f', error_description="x, y", error={error.group(1)}' if error else ""
        bare = with_header(given, "www-authenticate", None)
        fields = (
            ("www-authenticate", 'DPoP algs="ES256"'),
            ("WWW-AUTHENTICATE", f'bearer realm="a b"{more}'),
        )
        return replace(bare, headers=(*bare.headers, *fields))


class ForbiddenForOthers(Style):
    """403 where ours says 404 of what is read: another's, or nobody's."""

    async def data(self, request: Incoming, answer: Answer) -> Outgoing:
        given = await answer(request)
        reads = re.search(r"/fhir/[A-Z][A-Za-z]+/[^/]+$", request.path)
        if given.status == 404 and reads:
            return Outgoing(status=403, headers=FHIR, body=NOT_FOUND.replace(b"not-found", b"forbidden"))
        return given


class EmptyForOthers(Style):
    """A search for another patient finds nothing."""

    async def data(self, request: Incoming, answer: Answer) -> Outgoing:
        given = await answer(request)
        searched = "patient=" in request.query or "subject=" in request.query
        if given.status in (400, 403, 404) and searched:
            url = request.url.replace("&", "&amp;")
            body = (
                b'{"resourceType":"Bundle","type":"searchset","total":0,"link":[{"relation":"self","url":"'
                + url.encode()
                + b'"}]}'
            )
            return Outgoing(status=200, headers=FHIR, body=body)
        return given


class UnknownSearchIgnored(Style):
    """A search parameter that it does not know is ignored, as FHIR lets it."""

    async def data(self, request: Incoming, answer: Answer) -> Outgoing:
        kept = [part for part in request.query.split("&") if not part.startswith(("identifier=", "subject="))]
        query = "&".join(kept)
        path, mark, _ = request.url.partition("?")
        return await answer(replace(request, query=query, url=f"{path}{mark}{query}" if query else path))


class UnknownSearchRefused(Style):
    """A search parameter that it does not know is 400, as FHIR lets it."""

    async def data(self, request: Incoming, answer: Answer) -> Outgoing:
        given = await answer(request)
        if given.status == 200 and re.search(r"(^|&)(identifier|subject|patient|_getpages)=", request.query):
            return Outgoing(status=400, headers=FHIR, body=NOT_FOUND.replace(b"not-found", b"not-supported"))
        return given


class SharedCache(Style):
    """A cache in front gives whoever has a good token the answer that it holds for the address."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], Outgoing] = {}

    async def data(self, request: Incoming, answer: Answer) -> Outgoing:
        given = await answer(request)
        if request.method != "GET" or given.status != 200:
            return given
        key = (request.url, header(request.headers, "accept") or "")
        kept = self.held.setdefault(key, given)
        return (
            replace(kept, headers=(*kept.headers, ("Age", "12"), ("X-Cache", "HIT")))
            if kept is not given
            else given
        )


class FrontRefuses(Style):
    """TLS ends at a web server that answers a missing certificate with a page."""

    asks_certificate = True

    async def back(self, request: Incoming, answer: Answer) -> Outgoing:
        if request.tls is None or request.tls.client is None:
            return page(400, "No required SSL certificate was sent")
        return await super().back(request, answer)


class LockedOut(Style):
    """Who came five times without a good token gets 429 with Retry-After for whatever is refused."""

    MOST = 5

    def __init__(self) -> None:
        self.refused = 0

    async def data(self, request: Incoming, answer: Answer) -> Outgoing:
        given = await answer(request)
        self.refused += given.status == 401
        if given.status == 401 and self.refused > self.MOST:
            wait = (("Retry-After", "60"), ("Content-Type", "text/plain"))
            return Outgoing(status=429, headers=wait, body=b"slow down")
        return given


class Busy(Style):
    """Two answers with data are put off: 429 with Retry-After."""

    def __init__(self) -> None:
        self.given = 0

    async def data(self, request: Incoming, answer: Answer) -> Outgoing:
        given = await answer(request)
        self.given += given.status == 200
        if given.status == 200 and self.given in (10, 15):
            wait = (("Retry-After", "1"), ("Content-Type", "text/plain"))
            return Outgoing(status=429, headers=wait, body=b"slow down")
        return given


class Chunked(Style):
    """Bodies in gzip and in chunks, with a trailing header, after an interim answer."""

    wire = Wire(chunked=True, coded=True, interim=True)


class Impatient(Style):
    """Connections are closed after half a second without a request, without a word."""

    wire = Wire(idle=0.5)


class Shouting(Style):
    """Names of headers in capitals."""

    wire = Wire(upper=True)


class ClockAhead(Style):
    """Its clock runs four minutes ahead."""

    wire = Wire(ahead=240.0)


class MediaTypes(Style):
    """Media types in another spelling: capitals, quotes, more parameters."""

    async def data(self, request: Incoming, answer: Answer) -> Outgoing:
        given = await answer(request)
        kind = header(given.headers, "content-type") or ""
        if "fhir+json" in kind:
            return with_header(
                given, "Content-Type", 'Application/FHIR+JSON ; Charset="UTF-8"; fhirversion=3.0'
            )
        if "fhir+xml" in kind:
            return with_header(given, "Content-Type", 'application/fhir+xml;charset=utf-8;FHIRVersion="3.0"')
        return given
