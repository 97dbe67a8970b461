"""A cell without sockets: the queries of a standard answered by a HIS twin, as exchanges for the judges."""

from __future__ import annotations

import base64
import copy
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import UTC, date, datetime
from functools import cache
from itertools import count
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from harness.core.clock import VirtualClock
from harness.core.run.exchanges import Exchange, Request, Response, media_type
from harness.core.run.findings import Cell, Finding
from harness.core.run.info import Settings
from harness.core.standards.faults import active
from harness.core.standards.queries import Query, load_queries
from harness.core.tdates import TDates
from harness.fhir.codec.documents import parse, to_xml
from harness.fhir.fhirpath import Node, compile
from harness.fhir.model.types import load_model
from harness.judge.catalogue import load_catalogue
from harness.judge.judging import judge_requirements
from harness.judge.view import CellView, body_format
from harness.network.drive.searching.generate import Pool
from harness.network.drive.searching.search import Searching
from harness.network.faults import his as his_faults
from harness.network.faults import pgo as pgo_query_faults
from harness.network.file import Network, Participant
from harness.network.person.declared import declared_persons
from harness.network.person.looking import looking
from harness.network.person.persons import fixture_person
from harness.network.twins.his import HisTwin
from harness.record import Looking, RawExchange, Redactor
from harness.reference.record.load import own_records
from harness.reference.records import Records
from harness.reference.searching.pages import follow
from harness.reference.searching.promise import Promise
from harness.reference.searching.replies import Reply
from harness.reference.searching.selection import Selection

T = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, 11, 0, tzinfo=UTC)
BASE = "https://gegevens.dvza-a.example/fhir"
ACCEPT = {"json": "application/fhir+json", "xml": "application/fhir+xml", "native": "*/*"}
MODEL = load_model("3.0.2")

Change = Callable[[str, Request, Response], Response]
"""``(operation with format, request, response) -> response``; how a test breaks an answer."""
ChangeRequest = Callable[[str, Request], Request]


NETWORK = Network(
    participants=(
        Participant(id="his-a", role="his", kind="live", dvza="dvza-a"),
        Participant(id="dvza-a", role="dvza", kind="live", resource={"gegevens": BASE}),
        Participant(id="pgo-1", role="pgo", kind="twin"),
    )
)
"""Answers are those of a live party."""
FIELDS = fields(RawExchange)
BEARER = "[token:3f9a]"
_KEPT: dict[bytes, Exchange] = {}
"""Exchanges that taught the recorder nothing, by what was sent and received."""


def teaches(exchange: Exchange) -> bool:
    """Whether the recorder makes something else of the next exchange after this one: it met a secret, a person or
    a number that nobody declared.
    """
    return any(one.belongs in ("other", "mixed") for one in exchange.identities) or any(
        fact.kind not in ("bsn", "person", "text")
        or (fact.kind == "bsn" and fact.standing == "proven" and not fact.owner)
        for fact in exchange.facts
        if fact.place != "request.header.authorization" or fact.length != len(BEARER)
    )


class StandardCell:
    """All main-flow exchanges of one cell.

    :param change: applied to every response; ``change_request`` to every request before it is sent.
    :param faults: names of HIS and PGO faults that are switched on.
    :param handle: another HIS, ``(request, patient id or None) -> response``, with the record of ``patient``.
    :param looking: what the recorder looks with; default: our own records.
    :param flows: flows that are driven; with ``search`` the HIS is searched in ways of our own.
    """

    def __init__(
        self,
        standard: str,
        person: str = "hanna-wilgenkamp",
        *,
        behaviour: str = "xml-includes",
        t: date = T,
        change: Change | None = None,
        change_request: ChangeRequest | None = None,
        faults: Iterable[str] = (),
        handle: Callable[[Request, str | None], Response] | None = None,
        patient: str = "",
        flows: Iterable[str] = ("collect", "share"),
        looking: Looking | None = None,
    ) -> None:
        self.standard, self.person, self.t = standard, person, t
        self.cell = Cell(his="his-a", dvza="dvza-a", pgo="pgo-1", standard=standard, release="mm-2.2")
        self.dates = TDates(t, NOW)
        self._change, self._change_request = change, change_request
        self._faults = tuple(faults)
        self._fixture = fixture_person(person)
        self.patient = patient or (self._fixture.patient if self._fixture else "")
        if handle is None:
            twin = fresh_twin(behaviour, t)

            def handle(request: Request, whose: str | None) -> Response:
                return twin.handle(request, whose, BASE, scratch="cell")

        self._handle = handle
        self.exchanges: list[Exchange] = []
        declared = declared_persons(Network(participants=()), t)
        self._redactor = Redactor(b"k" * 32, declared, looking=looking or own_looking(t))
        self._taught = looking is not None
        self._answers: dict[str, list[Response]] = {}
        self.searched = "search" in flows
        if self.searched:  # before anything is sent, which would change the record
            self._search()
        for query in load_queries(standard):
            if query.flow not in flows:
                continue
            for kind in query.formats:
                for target in self._targets(query, kind):
                    self._send(query, kind, target)
        if "share" in flows and load_queries(standard).bodies:
            for query in load_queries(standard):
                for kind in query.formats if query.search else ():
                    self._send(query, kind, f"{BASE}/{query.path}", "readback")

    def _search(self) -> None:
        """Searches of our own, as the driver sends them."""
        known = own_persons(self.t)
        record = known.of(self.person, self.standard)

        def ask(address: str, media: str, notes: dict[str, Any]) -> Reply:
            url = address if address.startswith("https://") else f"{BASE}/{address}"
            headers = (("Accept", ACCEPT[media]), ("Authorization", f"Bearer {BEARER}"))
            request = Request(method="GET", url=url, headers=headers)
            operation = "fhir-metadata" if address == "metadata" else f"search-{media}"
            response = self._answer(request, operation, "search", notes)
            return self._reply(response, url)

        statement = ask("metadata", "json", {})
        promise = Promise(self.standard, self.dates, statement.resource)
        selection = Selection(promise, record, known.known, self.t) if record else None
        pool = Pool(stored.resource for stored in record or ())
        Searching(promise, pool, ask, selection=selection, number=7, monotonic=time.monotonic).run()

    def _targets(self, query: Query, kind: str) -> Iterable[str]:
        if query.each is None:
            yield f"{BASE}/{query.path}".rstrip("/")
            return
        operation, expression = query.each
        values: dict[str, None] = {}
        for source in self._answers[f"{operation}-{kind if kind != 'native' else 'json'}"]:
            document = parse(source.body, model=MODEL)
            found = compile(expression, model=MODEL).evaluate(document.resource) if document.resource else []
            values.update(dict.fromkeys(str(one.value if isinstance(one, Node) else one) for one in found))
        for value in list(values)[: query.limit or None]:
            yield value if value.startswith("https://") else f"{BASE}/{value}"

    def _send(self, query: Query, kind: str, target: str, flow: str = "") -> None:
        pairs = query.resolved(self.dates)
        url = f"{target}?{urlencode(pairs)}" if pairs else target
        headers = [("Accept", ACCEPT[kind]), *query.headers.items()]
        if query.authorization == "bearer":
            headers.append(("Authorization", f"Bearer {BEARER}"))
        body = b""
        if query.body:
            assert self._fixture is not None
            bundle = self._fixture.bundle(query.body, self.t, NOW)
            body = encode(bundle, kind)
            headers.append(("Content-Type", ACCEPT[kind] + "; charset=utf-8"))
        operation = f"{query.operation}-{kind}"
        request = Request(method=query.method, url=url, headers=tuple(headers), body=body)
        request = pgo_query_faults.change(self._faults, query.operation, kind, request)
        if self._change_request is not None:
            request = self._change_request(operation, request)
        patient = self.patient if any(k == "Authorization" for k, _ in request.headers) else None
        pages = [self._answer(request, operation, flow or query.flow, {}, patient)]

        def fetch(address: str) -> Reply:
            asked = Request(method="GET", url=address, headers=request.headers)
            pages.append(self._answer(asked, f"next-page-{kind}", flow or query.flow, {}, patient))
            return self._reply(pages[-1], address)

        if query.search:
            follow(self._reply(pages[0], request.url), fetch)
        self._answers.setdefault(operation, pages)

    @staticmethod
    def _reply(response: Response, url: str) -> Reply:
        body = parse(response.body, model=MODEL).resource if response.body else {}
        return Reply(response.status, body, url)

    def _answer(
        self, request: Request, operation: str, flow: str, notes: dict[str, Any], patient: str | None = ""
    ) -> Response:
        """Send a request and record the exchange."""
        response = self._handle(request, self.patient if patient == "" else patient)
        on = active(self._faults, flow)
        response = his_faults.apply(on, request, response, t=self.t, patient=self.patient)
        if self._change is not None:
            response = self._change(operation, request, response)
        raw = RawExchange(
            cell=self.cell.key,
            interface="resource",
            flow=flow,
            operation=operation,
            client="pgo-1",
            server="dvza-a",
            started=NOW,
            duration=0.0,
            method=request.method,
            url=request.url,
            request_headers=request.headers,
            request_body=request.body,
            status=response.status,
            response_headers=response.headers,
            response_body=response.body,
            person=self.person,
            notes={"driven": notes} if notes else {},
        )
        self.exchanges.append(self._recorded(raw, f"x.{len(self.exchanges):04d}"))
        return response

    def _recorded(self, raw: RawExchange, number: str) -> Exchange:
        """What the recorder makes of it. Recording costs more than judging, so that what was recorded in
        another cell is taken from there as long as neither this one nor that one taught the recorder anything.
        """
        digest = hashlib.sha256(
            repr((self.t, [getattr(raw, item.name) for item in FIELDS])).encode()
        ).digest()
        if self._taught or digest not in _KEPT:
            exchange = self._redactor.exchange(raw, number)
            self._taught = self._taught or teaches(exchange)
            if not self._taught:
                _KEPT[digest] = exchange
                if len(_KEPT) > 2_000:
                    _KEPT.pop(next(iter(_KEPT)))
            return exchange
        return msgspec.structs.replace(_KEPT[digest], id=number)

    def view(self, **settings: Any) -> CellView:
        """The view of this cell; ``records=Records()`` leaves the reference records out."""
        records = settings.pop("records", own_persons(self.t))
        settings.setdefault("persons", {self.cell.key: self.person})
        return CellView(
            self.cell,
            self.exchanges,
            load_catalogue(),
            t=self.t,
            now=NOW,
            records=records,
            settings=Settings(**settings),
        )

    def findings(self, *requirements: str, **settings: Any) -> list[Finding]:
        """Findings of these requirements, or of every decidable one of the standard."""
        wanted = requirements or tuple(
            item.id
            for item in load_catalogue()
            if item.standard == self.standard
            and item.decidable
            and not item.left_out("full" if self.searched else "normal")
        )
        return judge_requirements(self.view(**settings), wanted)

    def broken(self, *requirements: str, **settings: Any) -> dict[str, str]:
        """Requirement id → verdict, of everything that is not a pass."""
        return {
            item.requirement: item.verdict.value
            for item in self.findings(*requirements, **settings)
            if item.verdict.value != "pass"
        }


@cache
def _filled(behaviour: str, t: date) -> HisTwin:
    participant = Participant(id="his-a", role="his", kind="twin", behaviour=behaviour)  # type: ignore[arg-type]
    return HisTwin(participant, t=t, clock=VirtualClock(NOW))


def fresh_twin(behaviour: str, t: date) -> HisTwin:
    """A HIS with our persons that nobody has asked or sent anything. Its ids are those of every fresh one."""
    filled = _filled(behaviour, t)
    twin = copy.copy(filled)
    numbers = count(1)
    twin._server = filled._server.fork()
    twin._server.new_id = lambda: f"00000000-0000-4000-8000-{next(numbers):012d}"
    twin._written, twin._scratch, twin._servers = {}, OrderedDict(), {}
    return twin


@cache
def own_persons(t: date) -> Records:
    """The records of our own persons."""
    return Records(own_records(t))


@cache
def own_looking(t: date) -> Looking:
    """What the recorder looks with."""
    return looking(own_records(t), NETWORK)


def encode(resource: dict[str, Any], kind: str) -> bytes:
    """A resource in JSON or XML, numbers and text as they are."""
    from harness.fhir.codec.documents import to_json

    return to_xml(resource, MODEL) if kind == "xml" else to_json(resource)


def edit(response: Response, change: Callable[[dict[str, Any]], None]) -> Response:
    """A response whose body was changed as JSON-shaped FHIR."""
    kind = body_format(media_type(response.headers))
    resource = parse(response.body, model=MODEL).resource
    change(resource)
    return Response(status=response.status, headers=response.headers, body=encode(resource, kind or "json"))


def path_of(request: Request) -> str:
    """Path of a request below the base."""
    return urlsplit(request.url).path.removeprefix("/fhir/")


__all__ = ["StandardCell", "T", "base64", "edit", "path_of"]
