"""Deletes what a run wrote to live parties, and says what could not be deleted.

What was written is read back from the recording: a run that was gone on with knows also what an earlier
process wrote.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from harness.core.clock import Clock
from harness.core.errors import HarnessError
from harness.core.run.exchanges import MASK, Exchange, header, media_type
from harness.core.run.findings import Cell
from harness.core.run.info import Cleaned, WhyKept
from harness.core.run.limits import CLEAN_UP
from harness.fhir.codec import documents as codec
from harness.fhir.codec.media import format_of
from harness.fhir.model.types import load_model
from harness.medmij import resource
from harness.network.drive.flow import Flow
from harness.network.drive.session import FlowSession, Stop
from harness.network.file import Network
from harness.network.limits.endurance import Endurance, LimitReached
from harness.network.person.declared import known_persons
from harness.network.twins.backends import LiveBackend
from harness.network.twins.building import Twins
from harness.network.wire.client import Answer
from harness.record import RawExchange, Recorder

DELETE: Final = "clean-up-delete"
"""Operation of the requests that delete."""
_REFERENCE: Final = re.compile(
    r"(?:.*/)?([A-Z][A-Za-z]{1,40}/[A-Za-z0-9.-]{1,64})(?:/_history/[^/?#]{1,64})?/?", re.ASCII | re.S
)
_TYPE: Final = re.compile(r"(.*)/[A-Z][A-Za-z]{1,40}", re.ASCII | re.S)
_TAG: Final = re.compile(MASK)
_UNWRITTEN: Final = ("connect", "tls", "refused")
"""Beginnings of errors after which nothing was sent."""
_SECONDS: Final = 10.0
_GONE: Final = (404, 410)


@dataclass(frozen=True)
class Written:
    """Something that a live party was told to keep.

    :ivar server: participant id of the party.
    :ivar url: where it is, when that is known.
    :ivar why: why it cannot be deleted, ``""``: it may be tried.
    """

    cell: str
    server: str
    url: str
    why: WhyKept = ""


def written(exchanges: Iterable[Exchange], live: Collection[str]) -> Iterator[Written]:
    """What exchanges wrote, each once, the newest first: what refers to another goes before it.

    :param live: ids of the live parties.
    """
    found: dict[tuple[str, str, str], Written] = {}
    for item in exchanges:
        if item.interface not in ("resource", "document") or item.server not in live:
            continue
        for url, why in _written_by(item):
            key = url or item.id
            found.setdefault((item.server, key, why), Written(item.cell, item.server, url, why))
    yield from reversed(found.values())


class Cleaner:
    """Deletes what was written: at a live HIS behind our DVZA as that DVZA, else with a token to share.

    :param cells: the planned cells.
    :param begin: a flow of a cell that gets such a token, not yet run.
    """

    def __init__(
        self,
        network: Network,
        twins: Twins,
        recorder: Recorder,
        clock: Clock,
        t: date,
        endurance: Endurance,
        cells: Iterable[Cell],
        begin: Callable[[Cell], Flow],
    ) -> None:
        self._network = network
        self._twins = twins
        self._recorder = recorder
        self._clock = clock
        self._persons = {item.id: item for item in known_persons(network, t)}
        self._endurance = endurance
        self._cells = {cell.key: cell for cell in cells}
        self._begin = begin
        self._sessions: dict[Cell, FlowSession | None] = {}

    def run(self, exchanges: Iterable[Exchange]) -> Iterator[Cleaned]:
        """What became of everything that these exchanges wrote."""
        live = frozenset(item.id for item in self._network.participants if item.kind == "live")
        for item in written(exchanges, live):
            why, status = item.why, 0
            if not why:
                try:
                    why, status = self._deleted(item)
                except LimitReached as reached:
                    why = "no-answer" if reached.limit == "host" else "no-time"
                except (HarnessError, Stop):
                    why = "no-access"
            yield Cleaned(cell=item.cell, server=item.server, where=item.url, why=why, status=status)

    def _deleted(self, item: Written) -> tuple[WhyKept, int]:
        """Why something is still there, and what was answered."""
        cell = self._cells.get(item.cell)
        if cell is None:
            return "no-access", 0
        answer = self._at_his(cell, item) if item.server == cell.his else self._at_dvza(cell, item)
        if answer is None:
            return "no-access", 0
        gone = 200 <= answer.status < 300 or answer.status in _GONE
        return ("" if gone else "refused" if answer.status else "no-answer"), answer.status

    def _at_his(self, cell: Cell, item: Written) -> Answer | None:
        backend = (
            self._twins.dvzas[cell.dvza].backends.get(cell.his) if cell.dvza in self._twins.dvzas else None
        )
        if not isinstance(backend, LiveBackend):
            return None
        self._endurance.check(item.url, party=cell.his)
        person = self._network.person_of(cell)
        patient = self._persons[person].patient(cell.his) if person in self._persons else person
        started = self._clock.now()
        answer = backend.delete(item.url, patient, self._endurance.allowed(_SECONDS))
        self._recorder.record(
            RawExchange(
                interface="resource", flow=CLEAN_UP, operation=DELETE, client=cell.dvza, server=cell.his,
                started=started, duration=answer.duration, method="DELETE", url=item.url,
                request_headers=answer.sent_headers, status=answer.status, response_headers=answer.headers,
                response_body=answer.body, error=answer.error, tls=answer.tls, cell=cell.key, person=person,
            )
        )  # fmt: skip
        return answer

    def _at_dvza(self, cell: Cell, item: Written) -> Answer | None:
        if cell not in self._sessions:
            flow = self._begin(cell)
            flow.run()
            self._sessions[cell] = flow.session if flow.session.values.get("token") else None
        session = self._sessions[cell]
        if session is None:
            return None
        accept = f"application/fhir+json; fhirVersion={session.standard.fhir_version}"
        correlation = session.values.get("correlation", "")
        headers = resource.request_headers(
            session.release, session.values["token"], session.new_id(), correlation, accept
        )
        return session.send(
            session.pgo.back(),
            "DELETE",
            item.url,
            headers,
            interface="resource",
            operation=DELETE,
            person=session.person,
            timeout=_SECONDS,
        )


def _written_by(item: Exchange) -> Iterator[tuple[str, WhyKept]]:
    """Addresses of what a request wrote, with why they cannot be deleted."""
    request, response = item.request, item.response
    if request.method in ("GET", "HEAD", "OPTIONS", "DELETE") or _searches(request.url):
        return
    if response is None:
        if not item.error.startswith(_UNWRITTEN):
            yield request.url, "unanswered"
        return
    if not 200 <= response.status < 300:
        return
    if request.method != "POST":  # PUT and PATCH change what may have been there
        url, _, _ = request.url.partition("?")
        yield (url, "") if request.method == "PUT" and response.status == 201 else (url, "changed")
        return
    base = _base(request.url)
    for place, created in _places(item):
        match = _REFERENCE.fullmatch(place.partition("?")[0])
        url = f"{base}/{match.group(1)}" if match is not None else ""
        if url and not _TAG.search(url):
            yield url, ""
        elif created:
            yield request.url, "unknown"


def _searches(url: str) -> bool:
    path = urlsplit(url).path
    return path.endswith("/_search") or "/$" in path


def _base(url: str) -> str:
    """The base under which a POST was sent; what was created lies below it, whatever the answer calls it."""
    bare = url.partition("?")[0].rstrip("/")
    match = _TYPE.fullmatch(bare)
    return match.group(1) if match is not None else bare


def _places(item: Exchange) -> Iterator[tuple[str, bool]]:
    """What an answer to a POST calls what was created, and whether anything was for certain."""
    response = item.response
    if response is None:
        return
    place = header(response.headers, "location")
    made = _resource(response.body, media_type(response.headers))
    if made.get("resourceType") == "Bundle":
        if made.get("type") not in ("transaction-response", "batch-response"):
            return
        for entry in made.get("entry") or ():
            told = entry.get("response") or {}
            if str(told.get("status", "")).startswith("201"):
                yield str(told.get("location") or _named(entry.get("resource"))), True
        return
    created = response.status == 201
    if place or created:
        yield place or _named(made), created


def _named(resource: Any) -> str:
    """Type and id of a resource."""
    return f"{resource.get('resourceType')}/{resource.get('id', '')}" if isinstance(resource, dict) else ""


def _resource(body: bytes, media: str) -> dict[str, Any]:
    """An answer as FHIR; nothing when it is none."""
    kind = format_of(media)
    if kind not in ("json", "xml"):
        return {}
    form: Literal["json", "xml"] = "json" if kind == "json" else "xml"
    parsed = codec.parse(body, format=form, model=load_model("3.0.2"), limits=codec.MESSAGE_LIMITS)
    return parsed.resource
