"""The authorization server's side of the authorization interface (``requirements-authorization.yaml``)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Finding
from harness.core.text import Phrase, Text
from harness.judge.phrases import A_CODE, A_PAGE, ACCEPTED, NO_VALUE, NONE
from harness.judge.registry import judge
from harness.judge.trust.steps import NOT_REACHED, Trust, status, trust, undecided
from harness.judge.view import CellView
from harness.medmij import authorization, forms, pages

BACK: Final = Text(nl="redirect naar redirect_uri", en="redirect to redirect_uri")
SAME_HEADERS: Final = Text(nl="dezelfde headers", en="the same headers")
TRACE: Final = re.compile(r"trace[\s-]*id|session[\s-]*id|sessie[\s-]*id", re.IGNORECASE)
BY_TURNS: Final = frozenset(
    {
        "age", "alt-svc", "connection", "content-encoding", "content-length", "date", "etag", "expires",
        "keep-alive", "last-modified", "server-timing", "set-cookie", "transfer-encoding", "vary", "via",
        "x-cache",
    }
)  # fmt: skip
"""Headers that one answer of a server has and the next has not."""


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
            yield view.fail("MM-AUT-001", exchange=item, expected=A_PAGE, received=status(item))
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
                expected=ACCEPTED,
                received=f"{returned[1].error}: {sent.get('scope', '')}",
            )
            continue
        if request.response is None or request.response.status in (401, 403):
            continue  # not reachable at all: MM-AUT-001
        if request.response.status >= 400:
            yield view.fail(
                "MM-AUT-006", exchange=request, path="scope", expected=ACCEPTED, received=status(request)
            )
            continue
        yield view.ok("MM-AUT-006", request, received=sent.get("scope", ""))
        if returned is not None:
            yield from _code_and_state(view, *returned, sent.get("state", ""))
        elif any(item.operation == "consent" for item in cell.flow(flow)):
            last = cell.front(flow)[-1]
            yield view.fail("MM-AUT-010", exchange=last, expected=BACK, received=status(last))


def conformant(cell: Trust, flow: str, request: Exchange) -> bool:
    """Whether the client's request is right by syntax, so that the server has to accept it."""
    query = request.request.url.partition("?")[2]
    return not authorization.check_syntax(query, cell.release, "share" if flow == "share" else "collect")


def _code_and_state(
    view: CellView, item: Exchange, result: authorization.RedirectResult, state: str
) -> Iterator[Finding]:
    problems = [(issue.path, issue.wanted, issue.seen, issue.rule) for issue in result.issues]
    if result.state != state:
        problems.append(("state", state, result.state or NO_VALUE, "redirect-state"))
    if not result.code:
        problems.append(("code", A_CODE, result.error or NONE, "redirect-code"))
    for path, expected, received, rule in problems:
        yield view.fail(
            "MM-AUT-010", exchange=item, path=path, expected=expected, received=received, rule=rule
        )
    if not problems:
        yield view.ok("MM-AUT-010", item)


@judge("MM-AUT-005")
def unknown_parameters(view: CellView) -> Iterator[Finding]:
    """Unknown parameters are ignored: the flow still gives a code, and the first answer tells no more."""
    cell = trust(view)
    flow = "var-extra-parameter"
    if not cell.authorize(flow):
        yield undecided(cell, "MM-AUT-005")
        return
    returned = cell.redirect(flow)
    if returned is not None and returned[1].code:
        more = sorted(
            _told(cell.authorize(flow)) - _told([i for name in cell.positive for i in cell.authorize(name)])
        )
        if more and cell.positive:
            yield view.warn(
                "MM-AUT-005",
                exchange=cell.authorize(flow)[0],
                expected=SAME_HEADERS,
                received=" ".join(more),
            )
        else:
            yield view.ok("MM-AUT-005", returned[0])
    else:
        last = cell.front(flow)[-1]
        received: Phrase = returned[1].error if returned else status(last)
        yield view.fail("MM-AUT-005", exchange=last, expected=A_CODE, received=received)


def _told(items: Iterable[Exchange]) -> set[str]:
    """The names of the headers of some answers; what connections, caches and cookies add by turns aside."""
    names = {name.lower() for item in items if item.response is not None for name, _ in item.response.headers}
    return names - BY_TURNS


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
        yield view.fail("MM-AUT-009", exchange=last, expected=A_PAGE, received=status(last))
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
