"""What came of an authorization request that must be refused: a page, a redirect, or the way to a code."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urljoin, urlsplit

from harness.core.run.exchanges import Exchange, header, media_type
from harness.core.text import Phrase, Text
from harness.judge.phrases import A_CODE, ACCEPTED
from harness.judge.trust.refusals.tried import Outcome, Tried
from harness.judge.trust.steps import Trust, host, status, unanswered
from harness.medmij import authorization, pages
from harness.medmij.errors import AUTHORIZATION_ERRORS

_ERROR_PAGE: Final = Text(nl="een foutpagina", en="an error page")
_FOR_OWN_HOST: Final = Text(
    nl="aanvaard, voor de eigen host van de client", en="accepted, for the client's own host"
)
_MARKUP: Final = Text(nl="een pagina met opmaak uit het verzoek", en="a page with markup of the request")
_LINKS: Final = Text(nl="de pagina linkt naar de redirect_uri", en="the page links to the redirect_uri")
_CODE_AND_STATE: Final = Text(nl="een code en dezelfde state", en="a code and the same state")
_FOR_CLIENT: Final = Text(nl="een code voor de client", en="a code for the client")
ON_THE_WAY: Final = ("landing", "login", "consent")
_ELEMENT: Final = re.compile(r"<[a-z]+ id=[a-z-]+>")
"""What our requests bring: an element with an identifier of its own, which no page has of itself."""
_BROWSER: Final = re.compile(r"[\\\t\r\n]")


def outcome(cell: Trust, item: Tried) -> tuple[Outcome, Phrase]:
    """What came of a request, and how it looked."""
    last = item.exchanges[-1]
    if any(one.response is not None and one.response.status == 429 for one in item.exchanges):
        return "stopped", "HTTP 429"
    left = _left(item)
    want = item.group.wanted(item.row)
    works = _works(cell, item)
    returned = _returned(cell, item, left, want) if left else None
    if works and (returned is None or returned[0] != "open"):
        return "accepted", works
    if returned is not None:
        return returned
    if last.response is None:
        return "silent", unanswered(last)
    if last.response.status >= 500:
        return "broken", status(last)
    if last.response.status >= 400:
        if any(one.operation in ON_THE_WAY for one in item.exchanges):  # taken on, and given up later
            return "unclear", status(last)
        return ("open" if want in ("error", "code") else "refused"), status(last)
    if not _taken_on(cell, item):
        return ("open" if want in ("error", "code") else "refused"), _ERROR_PAGE
    if want == "any":
        return "refused", ACCEPTED
    if want == "page" and item.group.id == "AZ-redirect" and not _elsewhere(cell, item, _sent(cell, item)):
        return "accepted", _FOR_OWN_HOST
    return "open", ACCEPTED


def _works(cell: Trust, item: Tried) -> Phrase:
    """What of a request works in the answer, or lets another site read it; ``""``: nothing."""
    answered = item.exchange
    if answered.response is None:
        return ""
    origin = header(answered.request.headers, "origin") or ""
    allowed = header(answered.response.headers, "access-control-allow-origin") or ""
    if origin and allowed in (origin, "*", "null"):
        return f"Access-Control-Allow-Origin: {allowed}"
    last = item.exchanges[-1]
    if last.response is None or "html" not in media_type(last.response.headers):
        return ""
    body = last.response.body.decode("utf-8", "replace")
    if any(element in body for element in _ELEMENT.findall(" ".join(item.row.set.values()))):
        return _MARKUP
    target = _sent(cell, item)
    page = pages.parse(last.response.body, last.request.url)
    links = [link for link, _ in page.links] if page is not None else []
    if target and last.response.status >= 400 and any(link.startswith(target) for link in links):
        return _LINKS
    return ""


def _returned(cell: Trust, item: Tried, location: str, want: str) -> tuple[Outcome, Phrase]:
    """A redirect that carries an outcome or leaves the server."""
    read = authorization.parse_redirect(location, location.partition("?")[0])
    shown = f"Location: {location[:120]}"
    outside = _elsewhere(cell, item, location)
    if want == "code":
        exact = any(one.notes.get("state") == "exact" for one in item.exchanges)
        right = bool(read.code) and exact and read.state == cell.query(item.exchange).get("state", "")
        return ("refused", _CODE_AND_STATE) if right else ("open", shown)
    if outside:
        return "open", shown
    if read.code:
        if want == "any":
            return "refused", _FOR_CLIENT
        return ("accepted" if want == "page" and item.group.id == "AZ-redirect" else "open"), A_CODE
    if want == "page":
        return ("open" if item.group.id == "AZ-client" else "accepted"), shown
    if want == "error":
        wrong = read.error not in AUTHORIZATION_ERRORS or read.state != cell.query(item.exchange).get(
            "state", ""
        )
        return ("open", shown) if wrong else ("refused", read.error)
    return "refused", read.error


def _left(item: Tried) -> str:
    """The first redirect that carries a code or an error, or leaves the server; ``""``: none."""
    own = host(item.exchange.request.url)
    for one in item.exchanges:
        location = header(one.response.headers, "location") if one.response is not None else None
        if one.response is None or not location or not 300 <= one.response.status < 400:
            continue
        target = urljoin(one.request.url, location)
        if authorization.carries_outcome(location) or host(target) != own:
            return target
    return ""


def _sent(cell: Trust, item: Tried) -> str:
    return cell.query(item.exchange).get("redirect_uri", "")


def _client(cell: Trust, item: Tried) -> str:
    """The host of the PGO: client_id of its good requests."""
    good = next((one for flow in cell.positive for one in cell.authorize(flow)), item.exchange)
    return cell.query(good).get("client_id", "").lower()


def _elsewhere(cell: Trust, item: Tried, url: str) -> bool:
    """Whether a URL leads to anything else than the client over TLS, as RFC 3986 or as a browser reads it."""
    client = _client(cell, item)
    readings = {url, _BROWSER.sub(lambda found: "/" if found.group() == "\\" else "", url)}
    return any(_outside(one, client) for one in readings)


def _outside(url: str, client: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return True
    authority = parts.netloc.lower()
    return (
        parts.scheme.lower() != "https"
        or (parts.hostname or "").lower() != client
        or "@" in authority
        or port not in (None, 443)
        or bool(parts.fragment)
    )


def _taken_on(cell: Trust, item: Tried) -> bool:
    """Whether the last page is one of those on the way to a code."""
    last = item.exchanges[-1]
    step = (last.notes.get("page") or {}).get("step", "")
    if step in ON_THE_WAY or any(one.operation in ON_THE_WAY for one in item.exchanges):
        return True
    title = (last.notes.get("page") or {}).get("title", "")
    landing = _landing(cell)
    return bool(title) and title == landing


def _landing(cell: Trust) -> str:
    """Title of the page that a good request leads to."""
    found: Exchange | None = next((one for flow in cell.positive for one in cell.authorize(flow)), None)
    return str((found.notes.get("page") or {}).get("title", "")) if found is not None else ""
