"""The authorization requests of a PGO: values, state, trace ids (MM-CLI-005 to 008, 010)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from harness.core.run.exchanges import MASKED_UUID, Exchange
from harness.core.run.findings import Finding
from harness.core.text import Phrase, Text
from harness.judge.phrases import A_NEW_UUID, A_NEW_VALUE, NO_VALUE, as_in, strength
from harness.judge.registry import judge
from harness.judge.trust.lineage import correlation_threads
from harness.judge.trust.steps import CARE, NOT_REACHED, Trust, trust, undecided
from harness.judge.view import CellView
from harness.medmij import authorization, headers
from harness.medmij.lists import Ocl
from harness.medmij.releases import Function

HOST_ON_OCL: Final = Text(nl="een host op de OCL", en="a host on the OCL")
EMPTY: Final = Text(nl="geen waarde", en="no value")
SCOPE_RULES: Final = "scope"
CLIENT_RULES: Final = (
    "redirect-uri-host",
    "redirect-uri-port",
    "redirect-uri-scheme",
    "redirect-uri-userinfo",
)
STATE_BITS = 64
NIL: Final = "00000000-0000-0000-0000-000000000000"
"""Stands for a UUID in which our recorder masked a number."""
_MASKED: Final = re.compile(MASKED_UUID)


@judge("MM-CLI-005", "MM-CLI-006", "MM-CLI-007")
def authorization_request(view: CellView) -> Iterator[Finding]:
    """Values and encoding, own client_id and redirect_uri, scope: each request of the positive flows."""
    cell = trust(view)
    for item in view.find(interface="authorization", operation="authorize-post", client="pgo"):
        yield view.warn(
            "MM-CLI-005", exchange=item, path="method", expected="GET", received=item.request.method
        )
    requests = cell.own_requests
    ids = ("MM-CLI-005", "MM-CLI-006", "MM-CLI-007")
    if not requests:
        for requirement in ids:
            yield undecided(cell, requirement, NOT_REACHED)
        return
    known = [item for item in cell.versions("ocl") if isinstance(item, Ocl)]
    for flow, item in requests:
        function: Function = "share" if flow == "share" else "collect"
        broken: set[str] = set()
        issues = authorization.check_syntax(item.request.url.partition("?")[2], cell.release, function)
        for issue in issues:
            requirement = "MM-CLI-005"
            if issue.rule.startswith(SCOPE_RULES):
                requirement = "MM-CLI-007"
            elif issue.rule.startswith("client-id") or issue.rule in CLIENT_RULES:
                requirement = "MM-CLI-006"
            elif issue.rule.startswith("correlation"):
                continue  # MM-CLI-010, over the whole flow
            elif issue.rule == "state":
                continue  # MM-CLI-008
            broken.add(requirement)
            yield view.fail(
                requirement,
                exchange=item,
                path=issue.path,
                expected=issue.wanted,
                received=issue.seen,
                rule=issue.rule,
            )
        sent = cell.query(item)
        client_id = sent.get("client_id", "")
        listed = any(ocl.client(client_id) is not None for ocl in known)
        if known and not listed and "MM-CLI-006" not in broken:
            broken.add("MM-CLI-006")
            yield view.fail(
                "MM-CLI-006",
                exchange=item,
                path="client_id",
                expected=HOST_ON_OCL,
                received=client_id,
            )
        for requirement in ids:
            if requirement not in broken:
                yield view.ok(requirement, item)


@judge("MM-CLI-008")
def state_values(view: CellView) -> Iterator[Finding]:
    """``state`` is new for each request and cannot be guessed."""
    cell = trust(view)
    seen: dict[str, Exchange] = {}
    wrong = False
    requests = cell.begun
    for item in requests:
        value = cell.query(item).get("state", "")
        if not value:
            wrong = True
            yield view.fail("MM-CLI-008", exchange=item, path="state", expected=A_NEW_VALUE, received=EMPTY)
            continue
        if value in seen:
            wrong = True
            yield view.fail(
                "MM-CLI-008",
                exchange=item,
                path="state",
                expected=A_NEW_VALUE,
                received=as_in(seen[value].id),
            )
        seen.setdefault(value, item)
        weak = [
            fact
            for fact in item.facts
            if fact.kind == "state" and fact.tag == value and fact.entropy_bits < STATE_BITS
        ]
        if weak:
            wrong = True
            yield view.fail(
                "MM-CLI-008",
                exchange=item,
                path="state",
                expected=f">= {STATE_BITS} bits",
                received=strength(weak[0]),
            )
    if not wrong and len(seen) < 2:
        yield undecided(cell, "MM-CLI-008", NOT_REACHED)
    elif not wrong:
        yield view.ok("MM-CLI-008", requests[0], received=f"{len(requests)}x")


@judge("MM-CLI-010")
def correlation(view: CellView) -> Iterator[Finding]:
    """MedMij-Request-ID new per request; X-Correlation-ID new per authorization request, and kept over token
    and data; both UUIDs."""
    cell = trust(view)
    if not cell.release.correlation:
        return
    seen: dict[str, Exchange] = {}
    again = _threads_again(cell)
    yield from again
    checked, wrong, repeated = 0, len(again), cell.repeated
    for flow in cell.positive:
        threads = correlation_threads(cell, flow)
        for item in view.find(flow=flow):
            if item.client != cell.pgo or item.server != cell.dvza or not _carries_ids(item):
                continue
            if item.id in repeated:
                continue
            request_id, correlation_id, problems = _ids(cell, item)
            checked += 1
            for path, expected, received in problems:
                wrong += 1
                yield view.fail("MM-CLI-010", exchange=item, path=path, expected=expected, received=received)
            if request_id:
                if request_id in seen:
                    wrong += 1
                    say = view.warn if _unheard(seen[request_id], item) else view.fail
                    yield say(
                        "MM-CLI-010",
                        exchange=item,
                        path=headers.REQUEST_ID,
                        expected=A_NEW_UUID,
                        received=as_in(seen[request_id].id),
                    )
                seen[request_id] = item
            thread = threads.get(item.id, "")
            if thread and correlation_id and correlation_id != thread:
                wrong += 1
                yield view.fail(
                    "MM-CLI-010",
                    exchange=item,
                    path=headers.CORRELATION_ID,
                    expected=thread,
                    received=correlation_id,
                )
    if not checked:
        yield undecided(cell, "MM-CLI-010", NOT_REACHED)
    elif not wrong:
        yield view.ok("MM-CLI-010", next(iter(seen.values())), received=f"{checked}x")


def _threads_again(cell: Trust) -> list[Finding]:
    """Authorization requests with the X-Correlation-ID of another one before."""
    found = []
    begun: dict[str, Exchange] = {}
    for item in cell.begun:
        thread = cell.query(item).get(headers.CORRELATION_ID, "")
        first = begun.setdefault(thread, item) if thread else item
        if first is not item:
            found.append(
                cell.view.fail(
                    "MM-CLI-010",
                    exchange=item,
                    path=headers.CORRELATION_ID,
                    expected=A_NEW_UUID,
                    received=as_in(first.id),
                )
            )
    return found


def _unheard(first: Exchange, item: Exchange) -> bool:
    """Whether a GET only repeats one whose answer nobody read, as HTTP libraries do by themselves."""
    same = (first.request.method, first.request.url) == (item.request.method, item.request.url)
    lost = first.notes.get("gone") or item.notes.get("unread_before")
    return same and item.request.method == "GET" and bool(lost)


def _carries_ids(item: Exchange) -> bool:
    return item.operation == "authorize" or item.interface in ("token", *CARE)


def _ids(cell: Trust, item: Exchange) -> tuple[str, str, list[tuple[str, Phrase, Phrase]]]:
    """Request id, correlation id and problems of one request."""
    if item.operation == "authorize":
        sent = cell.query(item)
        pairs = [
            (name, [sent[name]] if name in sent else [])
            for name in (headers.REQUEST_ID, headers.CORRELATION_ID)
        ]
    else:
        pairs = [
            (name, [value for key, value in item.request.headers if key.lower() == name.lower()])
            for name in (headers.REQUEST_ID, headers.CORRELATION_ID)
        ]
    problems = [
        (issue.path, issue.wanted, issue.seen or NO_VALUE)
        for name, values in pairs
        for issue in headers.check_id(name, [_MASKED.sub(NIL, value) for value in values])
    ]
    first = [values[0] if values else "" for _, values in pairs]
    return first[0], first[1], problems
