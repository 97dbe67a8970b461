"""Who begot what: which authorization, code and token an exchange of a PGO descends from.

Read from the messages themselves, whoever sent them and however many logins run at once: ``state`` leads from
the authorization request to the redirect, the code from there to the token request, tokens on to the data.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urljoin

from harness.core.http import addresses
from harness.core.run.exchanges import Exchange, header
from harness.judge.trust.steps import CARE, Trust
from harness.medmij.headers import CORRELATION_ID

AGAIN: Final = "token-refresh-again"
"""Our own driver offers a used refresh token on purpose; that says nothing of a PGO."""


def refreshes(cell: Trust, item: Exchange) -> bool:
    """Whether a token request is meant to refresh: it says so, or offers a refresh token and no code."""
    if item.interface != "token" or item.operation == AGAIN:
        return False
    sent = cell.form(item)
    return sent.get("grant_type") == "refresh_token" or ("refresh_token" in sent and "code" not in sent)


def correlation_threads(cell: Trust, flow: str) -> dict[str, str]:
    """The X-Correlation-ID that token and data requests of a flow continue, by the id of the exchange.

    A refresh begins a thread of its own (``core.tknint.208``); what descends from nothing that was seen
    continues the last authorization request.
    """
    states: dict[str, str] = {}
    secrets: dict[str, str] = {}
    threads: dict[str, str] = {}
    returned = {item.id: result for item, result in cell.redirects(flow)}
    last = ""
    for item in cell.view.find(flow=flow):
        sent = cell.query(item) if item.operation == "authorize" else {}
        if CORRELATION_ID in sent:
            last = states[sent.get("state", "")] = sent[CORRELATION_ID]
        result = returned.get(item.id)
        if result is not None and result.code:
            secrets[result.code] = states.get(result.state, last)
        if item.client != cell.pgo or item.server != cell.dvza:
            continue
        if item.interface == "token":
            own = header(item.request.headers, CORRELATION_ID) or ""
            thread = own if refreshes(cell, item) else secrets.get(cell.form(item).get("code", ""), last)
            threads[item.id] = thread
            parsed = cell.response(item)
            if parsed is not None and parsed.response is not None:
                secrets[parsed.response.access_token] = thread
        elif item.interface in CARE:
            threads[item.id] = secrets.get(_offered(item), last)
    return threads


def reloaded(cell: Trust) -> set[str]:
    """Ids of authorization requests that a browser only sent again, before any token request: a reload, a
    prefetch, or because the server led it on.

    A PGO that asks anew asks something else: each request has identifiers of its own.
    """
    found: set[str] = set()
    since: set[object] = set()
    for item in cell.all:
        if item.interface == "token":
            since.clear()
        elif item.operation == "authorize":
            if _address(item.request.url) in since:
                found.add(item.id)
            location = header(item.response.headers, "location") if item.response is not None else None
            since |= {_address(item.request.url), _address(urljoin(item.request.url, location or ""))}
    return found


def _address(url: str) -> object:
    """What equal URLs have in common."""
    return addresses.normal(url), tuple(addresses.parameters(url.partition("?")[2]))


def asked(cell: Trust) -> list[Exchange]:
    """The authorization requests that the PGO made of its own accord, each once."""
    again = reloaded(cell)
    requests = [item for item in cell.all if item.operation == "authorize" and "refusal" not in item.notes]
    return [item for item in requests if item.id not in again]


def requested(cell: Trust, flow: str) -> dict[str, Exchange]:
    """The authorization request that each token request of a flow continues, by the id of the latter.

    By the code that it offers, which came back with the ``state`` of a request; else the last one before it.
    """
    states: dict[str, Exchange] = {}
    codes: dict[str, Exchange] = {}
    found: dict[str, Exchange] = {}
    returned = {item.id: result for item, result in cell.redirects(flow)}
    last: Exchange | None = None
    for item in cell.view.find(flow=flow):
        if item.operation == "authorize":
            last = states[cell.query(item).get("state", "")] = item
        result = returned.get(item.id)
        begun = states.get(result.state, last) if result is not None else None
        if result is not None and result.code and begun is not None:
            codes[result.code] = begun
        if item.interface == "token":
            asked = codes.get(cell.form(item).get("code", ""), last)
            if asked is not None:
                found[item.id] = asked
    return found


def _offered(item: Exchange) -> str:
    return (header(item.request.headers, "authorization") or "").strip().partition(" ")[2].strip()
