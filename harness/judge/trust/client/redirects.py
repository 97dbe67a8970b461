"""What a PGO does after a redirect that must stop it (MM-CLI-009, 015)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Final

from harness.core.run.exchanges import Exchange, header
from harness.core.run.findings import Finding
from harness.judge.phrases import A_TOKEN_REQUEST, NO_TOKEN_REQUEST
from harness.judge.registry import judge
from harness.judge.trust.seen import flows, not_seen, watched
from harness.judge.trust.steps import NOT_REACHED, Trust, trust, undecided
from harness.judge.view import CellView
from harness.medmij import headers
from harness.medmij.authorization import RedirectResult

OWN: Final = frozenset(
    {"invalid_request", "invalid_scope", "unauthorized_client", "unsupported_response_type"}
)
"""Errors by which a DVZA refuses the request of the PGO itself (RFC 6749, 4.1.2.1)."""


def _shown(requirement: str, result: RedirectResult, states: Collection[str]) -> bool:
    """Whether a redirect had what must stop the PGO.

    :param states: those that it sent.
    """
    if requirement == "MM-CLI-009":
        return bool(result.code) and not result.error and result.state not in states
    return bool(result.error) and result.error not in OWN


def _followed(cell: Trust, flow: str) -> list[Exchange]:
    """Token requests of a flow: with its code, or (whatever they offer) in the thread of its request."""
    found = cell.tokens(flow)
    threads = Counter(cell.query(item).get(headers.CORRELATION_ID, "") for item in cell.begun)
    for begun in cell.authorize(flow):
        thread = cell.query(begun).get(headers.CORRELATION_ID, "")
        if thread and threads[thread] == 1:
            found += [
                item
                for item in cell.all
                if item.interface == "token"
                and item.flow != flow
                and header(item.request.headers, headers.CORRELATION_ID) == thread
            ]
    return found


def _stops(cell: Trust, requirement: str, flow: str) -> Finding:
    """After a redirect that must stop the flow, no token request may follow."""
    view = cell.view
    if not cell.authorize(flow):
        return undecided(cell, requirement)
    states = {cell.query(item).get("state", "") for item in cell.authorize(flow)} - {""}
    returned = next((item for item, back in cell.redirects(flow) if _shown(requirement, back, states)), None)
    if returned is None:
        return undecided(cell, requirement, NOT_REACHED)
    calls = _followed(cell, flow)
    if calls:
        return view.fail(
            requirement, exchange=calls[0], path=flow, expected=NO_TOKEN_REQUEST, received=A_TOKEN_REQUEST
        )
    if not watched(view, flow):
        return not_seen(view, requirement, flow)
    return view.ok(requirement, returned, received=flow)


@judge("MM-CLI-009", "MM-CLI-015")
def stops_at_bad_redirects(view: CellView) -> Iterator[Finding]:
    """Altered or missing state, and error redirects: no token request follows."""
    cell = trust(view)
    for requirement in ("MM-CLI-009", "MM-CLI-015"):
        for flow in flows(view, requirement):
            yield _stops(cell, requirement, flow)
