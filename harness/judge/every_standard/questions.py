"""Judges of what the PGO asks: the prescribed queries, a token, nothing that points at the person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from harness.core.issues import shorten
from harness.core.run.exchanges import header
from harness.core.run.findings import Finding
from harness.core.standards.entries import official
from harness.core.standards.queries import Queries, Query, aside, points_at_person
from harness.core.tdates import TDates
from harness.core.text import Text
from harness.judge.every_standard.answers import MAIN_FLOWS, OFFENDERS, Answer, dates, own, queries, requests
from harness.judge.masks import proven_numbers
from harness.judge.phrases import NONE
from harness.judge.registry import judge_every
from harness.judge.view import CellView

NOBODY: Final = Text(nl="geen patient, subject, owner of BSN", en="no patient, subject, owner or BSN")
NOT_SENT: Final = Text(nl="niet verstuurd in deze run", en="not sent in this run")
ASKED: Final = ("_count", "_sort", "_summary", "_elements")
"""Parameters by which a query is not exactly the prescribed one."""
NOT_YET: Final = Text(
    nl="de sessie is niet afgemaakt; deze vraag is nog niet gezien",
    en="the session was not finished; this query was not seen yet",
)


@judge_every("REQ-001")
def no_identifying_parameter(view: CellView) -> Iterator[Finding]:
    """The PGO's requests do not point at the person."""
    requirement = own(view, "REQ-001")
    known = [answer.exchange for answer in requests(view)]
    other = [item for flow in MAIN_FLOWS for item in view.find(flow=flow, operation="unknown", client="pgo")]
    for item in (*known, *other):  # other: what is no query of the standard is no evidence that this is met
        bad = [
            name
            for name, value in parse_qsl(urlsplit(item.request.url).query, keep_blank_values=True)
            if points_at_person(name) or "namingsystem/bsn" in value.lower()
        ] or proven_numbers(item.facts, ("request.query", "request.path"))
        if bad:
            yield view.fail(
                requirement,
                exchange=item,
                path="url",
                expected=NOBODY,
                received=", ".join(bad),
            )
        elif item in known:
            yield view.ok(requirement, item)


@judge_every("REQ-002")
def prescribed_queries(view: CellView) -> Iterator[Finding]:
    """Every query that a PGO must make was sent with exactly its parameters."""
    requirement = own(view, "REQ-002")
    sent = requests(view)
    asked = [item for flow in MAIN_FLOWS for item in view.find(flow=flow, interface="resource", client="pgo")]
    if not sent and not (view.over and asked):
        return
    resolver = dates(view)
    for query in _asked_for(queries(view)):
        tried = [item for item in sent if item.query.operation == query.operation]
        wrong = [item for item in tried if not _asked(item, resolver)]
        expected = "&".join(f"{name}={value}" for name, value in query.resolved(resolver))
        if not tried and view.situations and not view.over:
            yield view.not_tested(requirement, NOT_YET)
        elif not tried:
            yield view.fail(
                requirement,
                expected=shorten(f"{query.method} {query.path}?{expected}"),
                received=NOT_SENT,
            )
        for item in wrong[:OFFENDERS]:
            yield view.fail(
                requirement,
                exchange=item.exchange,
                path="url",
                expected=shorten(f"{query.path}?{expected}"),
                received=shorten(unquote(item.exchange.request.url)),
            )
        if tried and not wrong:
            yield view.ok(requirement, tried[0].exchange)


def _asked_for(standard: Queries) -> list[Query]:
    """The searches that official client scripts ask; all of them in a standard that has no such scripts."""
    searches = [item for item in standard if item.search and item.each is None and not item.body]
    return [item for item in searches if official([item]).client] or searches


def _asked(item: Answer, resolver: TDates) -> bool:
    """Whether the request is the query; REQ-001 and MM-CLI-019 report the person and a token in it."""
    if item.as_prescribed:
        return True
    sent = [
        pair
        for pair in parse_qsl(urlsplit(item.exchange.request.url).query, keep_blank_values=True)
        if pair[0] in ASKED or not aside(*pair)
    ]
    return sorted(sent) == sorted(item.query.resolved(resolver))


@judge_every("REQ-003")
def bearer(view: CellView) -> Iterator[Finding]:
    """Every request carries a Bearer token, except the one that must be refused."""
    requirement = own(view, "REQ-003")
    for answer in requests(view, pages=True):
        if answer.query.authorization == "none":
            continue
        if answer.authorized:
            yield view.ok(requirement, answer.exchange)
        else:
            scheme = (header(answer.exchange.request.headers, "authorization") or "").split(" ")[0]
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path="Authorization",
                expected="Bearer …",
                received=scheme or NONE,
            )
