"""The authorization server's side of the authorization interface (``requirements-authorization.yaml``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urljoin

from harness.core.run.exchanges import Exchange, header
from harness.core.run.findings import Finding
from harness.core.text import Text
from harness.judge.registry import judge
from harness.judge.trust.steps import NOT_REACHED, Trust, host, status, trust, undecided
from harness.judge.view import CellView
from harness.medmij import authorization, forms, pages
from harness.medmij.errors import AUTHORIZATION_ERRORS

TRACE: Final = re.compile(r"trace[\s-]*id|session[\s-]*id|sessie[\s-]*id", re.IGNORECASE)
UNCLEAR: Final = Text(
    nl="de pagina is niet als foutpagina of landingspagina te herkennen",
    en="the page cannot be recognised as error page or landing page",
)


@judge("MM-AUT-001")
def reachable_without_certificate(view: CellView) -> Iterator[Finding]:
    """The front channel asks no client certificate: a plain browser reaches it."""
    cell = trust(view)
    found = [item for flow in cell.positive for item in cell.authorize(flow)]
    if not found:
        yield undecided(cell, "MM-AUT-001", NOT_REACHED)
    for item in found:
        if item.tls is not None and item.tls.client is not None:
            reason = Text(
                nl="de aanroep gebruikte een clientcertificaat", en="the call used a client certificate"
            )
            yield view.inconclusive("MM-AUT-001", reason, exchange=item)
        elif item.response is None or item.response.status in (401, 403, 495, 496):
            yield view.fail("MM-AUT-001", exchange=item, expected="a page", received=status(item))
        else:
            yield view.ok("MM-AUT-001", item, received=status(item))


@judge("MM-AUT-006", "MM-AUT-010")
def accepted(view: CellView) -> Iterator[Finding]:
    """A proper request is accepted and, after consent, returns with a code and the unchanged state."""
    cell = trust(view)
    requests = [(flow, item) for flow in cell.positive for item in cell.authorize(flow)[:1]]
    if not requests:
        yield undecided(cell, "MM-AUT-006", NOT_REACHED)
        yield undecided(cell, "MM-AUT-010", NOT_REACHED)
    for flow, request in requests:
        if not conformant(cell, flow, request):
            continue  # what a server does with a wrong request is judged elsewhere
        sent = cell.query(request)
        returned = cell.redirect(flow)
        if returned is not None and returned[1].error in (
            "invalid_scope",
            "invalid_request",
            "unauthorized_client",
        ):
            yield view.fail(
                "MM-AUT-006",
                exchange=returned[0],
                path="scope",
                expected="accepted",
                received=f"{returned[1].error}: {sent.get('scope', '')}",
            )
            continue
        if request.response is None or request.response.status in (401, 403):
            continue  # not reachable at all: MM-AUT-001
        if request.response.status >= 400:
            yield view.fail(
                "MM-AUT-006", exchange=request, path="scope", expected="accepted", received=status(request)
            )
            continue
        yield view.ok("MM-AUT-006", request, received=sent.get("scope", ""))
        if returned is not None:
            yield from _code_and_state(view, *returned, sent.get("state", ""))
        elif any(item.operation == "consent" for item in cell.flow(flow)):
            last = cell.front(flow)[-1]
            yield view.fail(
                "MM-AUT-010", exchange=last, expected="redirect to redirect_uri", received=status(last)
            )


def conformant(cell: Trust, flow: str, request: Exchange) -> bool:
    """Whether the client's request is right by syntax, so that the server has to accept it."""
    query = request.request.url.partition("?")[2]
    return not authorization.check_syntax(query, cell.release, "share" if flow == "share" else "collect")


def _code_and_state(
    view: CellView, item: Exchange, result: authorization.RedirectResult, state: str
) -> Iterator[Finding]:
    problems = [(issue.path, issue.expected, issue.received, issue.rule) for issue in result.issues]
    if result.state != state:
        problems.append(("state", state, result.state or "(absent)", "redirect-state"))
    if not result.code:
        problems.append(("code", "a code", result.error or "none", "redirect-code"))
    for path, expected, received, rule in problems:
        yield view.fail(
            "MM-AUT-010", exchange=item, path=path, expected=expected, received=received, rule=rule
        )
    if not problems:
        yield view.ok("MM-AUT-010", item)


def _left_server(cell: Trust, flow: str) -> tuple[Exchange, str] | None:
    """The first redirect that leaves the authorization server or carries an outcome, with its target."""
    own = {host(item.request.url) for item in cell.authorize(flow)}
    for item in cell.front(flow):
        location = header(item.response.headers, "location") if item.response else None
        if not location or item.response is None or not 300 <= item.response.status < 400:
            continue
        target = urljoin(item.request.url, location)
        if host(target) not in own or "error=" in location or "code=" in location:
            return item, location
    return None


def _landing_title(cell: Trust) -> str:
    for flow in cell.main:
        for _, page in cell.pages(flow)[:1]:
            return page.title + "|" + page.step
    return ""


@judge("MM-AUT-002", "MM-AUT-003")
def no_redirect(view: CellView) -> Iterator[Finding]:
    """Exception 1a: with a wrong client_id or redirect_uri an error page, never a redirect."""
    cell = trust(view)
    landing = _landing_title(cell)
    for requirement in ("MM-AUT-002", "MM-AUT-003"):
        for flow in view.catalogue[requirement].flows:
            requests = cell.authorize(flow)
            if not requests:
                yield undecided(cell, requirement)
                continue
            yield _error_page(cell, requirement, flow, landing)


def _error_page(cell: Trust, requirement: str, flow: str, landing: str) -> Finding:
    view = cell.view
    left = _left_server(cell, flow)
    if left is not None:
        return view.fail(
            requirement,
            exchange=left[0],
            path=flow,
            expected="an error page",
            received=f"Location: {left[1]}",
        )
    last = cell.front(flow)[-1]
    if last.response is None:
        return view.inconclusive(requirement, UNCLEAR, exchange=last, received=last.error)
    if last.response.status >= 500:
        return view.fail(
            requirement, exchange=last, path=flow, expected="an error page", received=status(last)
        )
    if last.response.status >= 400:
        return view.ok(requirement, last, received=status(last))
    seen = cell.pages(flow)
    title = f"{seen[-1][1].title}|{seen[-1][1].step}" if seen else ""
    if title and landing and title != landing:
        return view.ok(requirement, last, received=seen[-1][1].title)
    if title and title == landing:
        return view.fail(
            requirement, exchange=last, path=flow, expected="an error page", received="the landing page"
        )
    return view.inconclusive(requirement, UNCLEAR, exchange=last, received=status(last))


@judge("MM-AUT-004")
def error_redirect(view: CellView) -> Iterator[Finding]:
    """Exception 1b: other errors return to redirect_uri with an RFC 6749 code and the same state."""
    cell = trust(view)
    for flow in view.catalogue["MM-AUT-004"].flows:
        requests = cell.authorize(flow)
        if not requests:
            yield undecided(cell, "MM-AUT-004")
            continue
        sent = cell.query(requests[0])
        returned = cell.redirect(flow)
        if returned is None:
            last = cell.front(flow)[-1]
            yield view.fail(
                "MM-AUT-004",
                exchange=last,
                path=flow,
                expected="redirect with error",
                received=status(last),
            )
            continue
        item, result = returned
        if result.error not in AUTHORIZATION_ERRORS:
            yield view.fail(
                "MM-AUT-004",
                exchange=item,
                path="error",
                expected=" | ".join(sorted(AUTHORIZATION_ERRORS)),
                received=result.error or "(absent)",
            )
        elif result.state != sent.get("state", ""):
            yield view.fail(
                "MM-AUT-004",
                exchange=item,
                path="state",
                expected=sent.get("state", ""),
                received=result.state or "(absent)",
            )
        else:
            yield view.ok("MM-AUT-004", item, received=result.error)


@judge("MM-AUT-005")
def unknown_parameters(view: CellView) -> Iterator[Finding]:
    """Unknown parameters are ignored: the flow still gives a code."""
    cell = trust(view)
    flow = "var-extra-parameter"
    if not cell.authorize(flow):
        yield undecided(cell, "MM-AUT-005")
        return
    returned = cell.redirect(flow)
    if returned is not None and returned[1].code:
        yield view.ok("MM-AUT-005", returned[0])
    else:
        last = cell.front(flow)[-1]
        received = returned[1].error if returned else status(last)
        yield view.fail("MM-AUT-005", exchange=last, expected="a code", received=received)


@judge("MM-AUT-007", "MM-AUT-008")
def noticed(view: CellView) -> Iterator[Finding]:
    """A foreign scope form, or missing correlation ids, are refused in some way."""
    cell = trust(view)
    landing = _landing_title(cell)
    for requirement in ("MM-AUT-007", "MM-AUT-008"):
        if cell.release.id not in view.catalogue[requirement].releases:
            continue
        for flow in view.catalogue[requirement].flows:
            requests = cell.authorize(flow)
            if not requests:
                yield undecided(cell, requirement)
                continue
            returned = cell.redirect(flow)
            last = cell.front(flow)[-1]
            seen = cell.pages(flow)
            title = f"{seen[-1][1].title}|{seen[-1][1].step}" if seen else ""
            if returned is not None and returned[1].error:
                yield view.ok(requirement, returned[0], received=returned[1].error)
            elif last.response is not None and 400 <= last.response.status < 500:
                yield view.ok(requirement, last, received=status(last))
            elif (returned is not None and returned[1].code) or (title and title == landing):
                sent = cell.query(requests[0])
                received = sent.get("scope", "") if requirement == "MM-AUT-007" else "accepted"
                yield view.fail(
                    requirement, exchange=requests[0], path=flow, expected="refused", received=received
                )
            else:
                yield view.inconclusive(requirement, UNCLEAR, exchange=last, received=status(last))


@judge("MM-AUT-009")
def failure_page(view: CellView) -> Iterator[Finding]:
    """A technical failure gives the DVZA's own page with Trace and Session id."""
    cell = trust(view)
    flow = "var-failure"
    if not cell.authorize(flow):
        yield undecided(cell, "MM-AUT-009")
        return
    shown: list[tuple[Exchange, pages.Page]] = cell.pages(flow)
    if not shown:
        last = cell.front(flow)[-1]
        yield view.fail("MM-AUT-009", exchange=last, expected="a page", received=status(last))
        return
    item, page = shown[-1]
    found = {match.lower()[:5] for match in TRACE.findall(page.text)}
    if item.response is not None and item.response.status < 500 and not found:
        reason = Text(nl="er trad geen storing op", en="no failure occurred")
        yield view.inconclusive("MM-AUT-009", reason, exchange=item)
    elif "trace" in found and found & {"sessi"}:
        yield view.ok("MM-AUT-009", item)
    else:
        yield view.fail(
            "MM-AUT-009", exchange=item, expected="Trace ID + Session ID", received=page.text[:120]
        )


def raw_parameter(url: str, name: str) -> str:
    """A query parameter as it stands in the URL, still encoded; ``""`` when absent or unreadable."""
    try:
        pairs = forms.parse(forms.query_of(url))
    except forms.FormError:
        return ""
    return next((pair.raw for pair in pairs if pair.name == name), "")
