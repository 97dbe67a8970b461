"""One flow of one cell: the state that the steps share, and the only way in which they send and record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from harness.core.clock import Clock
from harness.core.http.bounds import SMALLER
from harness.core.run.exchanges import BUSY, NEXT_PAGE, Exchange, header
from harness.core.run.findings import Cell
from harness.core.run.limits import ENDED, READ_ONLY
from harness.core.standards.table import Service, Standard
from harness.core.tdates import TDates
from harness.medmij.headers import REQUEST_ID
from harness.medmij.lists import Service as ListedService
from harness.medmij.releases import Function, Release
from harness.network.file import Participant
from harness.network.limits.endurance import Endurance, LimitReached
from harness.network.twins.pgo import PgoTwin
from harness.network.wire.client import Answer, HttpClient, RequestError
from harness.record import Known, RawExchange, Recorder
from harness.record.sample import Samples

MOST_TRIES: Final = 4
"""How often data are asked of a server that is busy."""
PATIENCE: Final = 60.0
"""Seconds that one flow waits for it in all."""


class Stop(Exception):
    """The flow cannot go on; the reason is in the recording."""


@dataclass(frozen=True)
class Parties:
    """Who takes part in a cell."""

    his: Participant
    dvza: Participant
    pgo: Participant


@dataclass
class FlowSession:
    """State of one flow.

    :ivar person: id of the test person, ``""`` when the cell has none.
    :ivar endpoint: the provider's service as the list (or the network file) states it, once it was found.
    :ivar values: secrets and identifiers of this flow by name: ``state``, ``code``, ``token``, ``refresh``,
        ``correlation``, ``redirect_uri`` …
    :ivar new_id: gives the identifiers for ``MedMij-Request-ID`` and ``X-Correlation-ID``.
    :ivar notes: what the recording says of every exchange of this flow.
    :ivar samples: codes and tokens of all repetitions of the flow, to be measured together.
    :ivar patience: seconds that are still waited for a busy server.
    :ivar endurance: what ends traffic that would not end by itself.
    :ivar logged_in: whether the person was authenticated, so that pages may show care data.
    """

    cell: Cell
    flow: str
    function: Function
    release: Release
    standard: Standard
    service: Service
    parties: Parties
    person: str
    dates: TDates
    pgo: PgoTwin
    recorder: Recorder
    clock: Clock
    new_id: Callable[[], str]
    endurance: Endurance
    endpoint: ListedService | None = None
    values: dict[str, str] = field(default_factory=dict)
    known: list[Known] = field(default_factory=list)
    logged_in: bool = False
    expires_in: int | None = None
    issued: datetime | None = None
    ignore_expiry: bool = False
    patience: float = PATIENCE
    granted: tuple[str, ...] | None = None
    last: Exchange | None = None
    samples: Samples | None = field(default=None, repr=False)
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def listed(self) -> ListedService:
        """The endpoints of the provider.

        :raises Stop: they were not found.
        """
        if self.endpoint is None:
            raise Stop
        return self.endpoint

    def placeholders(self) -> dict[str, str]:
        """Values for the placeholders of a variant."""
        return {
            "client": self.pgo.host,
            "redirect_uri": self.parties.pgo.redirect,
            "name": self.values.get("name", ""),
            "service": self.service.id,
            "code": self.values.get("code", ""),
            "token": self.values.get("token", ""),
        }

    def may_send(self, method: str, interface: str = "resource") -> bool:
        """Whether a request may be made: a run that only reads writes nothing to a live party."""
        live = "live" in (self.parties.dvza.kind, self.parties.his.kind)
        writes = interface in ("resource", "document") and method not in ("GET", "HEAD")
        return not (self.endurance.limits.read_only and live and writes)

    def wait(self, seconds: float) -> None:
        """Let time pass: really when somebody else's server has to notice it, else the clock is moved.

        :raises LimitReached: there is not so much time left.
        """
        live = "live" in (self.parties.dvza.kind, self.parties.his.kind)
        self.endurance.wait(self.clock, seconds, really=live)

    def remember(self, kind: str, name: str, value: str) -> None:
        """Announce a secret of this flow, so that facts can say ``equals``."""
        if value:
            self.known.append(Known(kind, name, value))
            self.recorder.learn(kind, value, self.cell.key)

    def token_expired(self) -> bool:
        """Whether the access token may not be used any more (its ``expires_in`` is over)."""
        if self.expires_in is None or self.issued is None or self.ignore_expiry:
            return False
        return self.clock.now() >= self.issued + timedelta(seconds=self.expires_in)

    def send(
        self,
        client: HttpClient,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        *,
        interface: str,
        operation: str,
        server: str = "",
        person: str | None = None,
        timeout: float | None = None,
        notes: Mapping[str, Any] | None = None,
        annotate: Any = None,
    ) -> Answer:
        """Send a request and record the exchange.

        Data that a busy server puts off (429 or 503 with ``Retry-After``) are asked again, as it asks.

        :param server: participant id; default the DVZA of the cell.
        :param annotate: function of the answer that gives further notes.
        :raises LimitReached: there is no time left, or who has to answer did not do so before.
        """
        sent = list(headers)
        asked, party = self._answering(url, interface, server or self.parties.dvza.id)
        self.endurance.check(asked, party=party)
        if not self.may_send(method, interface):
            raise LimitReached("read-only", READ_ONLY)
        patient = method == "GET" and interface in ("resource", "document") and "refusal" not in (notes or {})
        for left in reversed(range(MOST_TRIES if patient else 1)):
            most = SMALLER.get(interface, self.endurance.limits.body)
            answer, seen = self._exchanged(client, method, url, sent, body, timeout, most)
            further = operation.startswith(NEXT_PAGE)
            self.endurance.waited(party, answer.duration, len(answer.body), further=further)
            if asked == url and not expected_to_fail(notes) and not answer.error.startswith(ENDED):
                self.endurance.seen(url, party, answer.error, seen.isoformat())
            pause = _pause(answer, self.patience) if left else None
            extra = annotate(answer) if annotate is not None else {}
            came = self.clock.monotonic()
            self.last = self.recorder.record(
                RawExchange(
                    interface=interface,
                    flow=self.flow,
                    operation=operation if pause is None else BUSY,
                    client=self.parties.pgo.id,
                    server=server or self.parties.dvza.id,
                    started=seen,
                    duration=answer.duration,
                    method=method,
                    url=url,
                    request_headers=answer.sent_headers,
                    request_body=body,
                    status=answer.status,
                    response_headers=answer.headers,
                    response_body=answer.body,
                    error=answer.error,
                    tls=answer.tls,
                    cell=self.cell.key,
                    person=person,
                    known=tuple(self.known),
                    notes={**self.notes, **(notes or {}), **extra},
                )
            )
            self.endurance.looked(party, self.clock.monotonic() - came)
            if pause is None:
                break
            self.patience -= pause
            self.wait(pause)
            sent = [(name, self.new_id() if name == REQUEST_ID else value) for name, value in sent]
        return answer

    def _answering(self, url: str, interface: str, server: str) -> tuple[str, str]:
        """The address that decides whether a request is answered, and whose it is: behind our own DVZA the
        HIS gives the data."""
        his, dvza = self.parties.his, self.parties.dvza
        if interface in ("resource", "document") and dvza.kind == "twin" and his.kind == "live":
            return his.fhir, his.id
        return url, server

    def _exchanged(
        self,
        client: HttpClient,
        method: str,
        url: str,
        headers: list[tuple[str, str]],
        body: bytes,
        timeout: float | None,
        most: int,
    ) -> tuple[Answer, datetime]:
        """One request, with the time at which it left."""
        started, before = self.clock.now(), self.clock.monotonic()
        wanted = self.endurance.limits.request if timeout is None else timeout
        allowed = self.endurance.allowed(wanted)
        try:
            answer = client.request(method, url, headers, body, timeout=allowed, limit=most)
        except RequestError as error:
            answer = Answer(error=f"protocol: {error}", sent_headers=tuple(headers))
        duration = max(answer.duration, self.clock.monotonic() - before)
        if answer.status and timeout is not None and duration > timeout:
            answer = Answer(error="timeout: gave up", sent_headers=answer.sent_headers)
        if answer.error.startswith("timeout") and allowed < wanted:
            answer = Answer(error=f"{ENDED}no time was left to wait for it", sent_headers=answer.sent_headers)
        return replace(answer, duration=duration), started


def expected_to_fail(notes: Mapping[str, Any] | None) -> bool:
    """Whether a request may end without an answer, so that this says nothing of whoever was asked."""
    return notes is not None and not notes.keys().isdisjoint(("refusal", "certificate"))


def _pause(answer: Answer, most: float) -> float | None:
    """Seconds after which a busy server wants to be asked again; ``None``: it does not, or not soon."""
    value = header(answer.headers, "retry-after") or ""
    if answer.status not in (429, 503) or not value.isdecimal() or float(value) > most:
        return None
    return float(value)
