"""What stands behind the resource server of the DVZA twin: a HIS twin in process, or a live FHIR base URL.

A live HIS without OAuth of its own gets the patient as the network file says: in a header, in a query
parameter, or (``id-map``) as a search parameter plus a check on what may be read. The public base URL
replaces the internal one in answers; nothing else is changed.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from harness.core.http import addresses
from harness.core.run.exchanges import Headers, Request, Response, header
from harness.network.file import Participant
from harness.network.twins.his import HisTwin
from harness.network.wire.client import Answer, HttpClient, RequestError

FORWARDED = frozenset(
    {
        "accept",
        "content-type",
        "prefer",
        "medmij-request-id",
        "x-correlation-id",
        "if-none-exist",
        "accept-language",
    }
)
RETURNED = frozenset({"content-type", "location", "etag", "last-modified", "content-location"})
_REFERENCE = re.compile(
    rb"[\"'/]((?:Binary|DocumentReference|[A-Z][A-Za-z]{2,40})/[A-Za-z0-9.-]{1,64})[\"'?#]", re.ASCII
)
_MAX_SEEN = 20_000
PLAIN = "id-map plain"
"""``patient`` in the network file: nothing is added to a search."""


@dataclass(frozen=True)
class Asker:
    """For whom a request is passed on, for the recorder.

    :ivar host: the PGO; ``person``: id of the test person, ``""`` when it is not known.
    """

    host: str = ""
    person: str = ""


NOBODY = Asker()


@dataclass(frozen=True)
class PassedOn:
    """A request that was passed on to a live HIS.

    :ivar duration: seconds until the last byte of the answer.
    :ivar base: public base URL under which it was asked.
    """

    request: Request
    response: Response | None
    error: str
    duration: float
    base: str
    asker: Asker


class Backend(Protocol):
    """A HIS as the resource server sees it."""

    async def handle(
        self, request: Request, patient: str | None, base: str, scratch: str = "", asker: Asker = NOBODY
    ) -> Response:
        """Answer a request under the public base URL ``base`` for one patient (``None``: metadata)."""


class TwinBackend:
    """A HIS twin in this process."""

    def __init__(self, twin: HisTwin) -> None:
        self.twin = twin

    async def handle(
        self, request: Request, patient: str | None, base: str, scratch: str = "", asker: Asker = NOBODY
    ) -> Response:
        """See :class:`Backend`."""
        return self.twin.handle(request, patient, base, scratch)


class LiveBackend:
    """A FHIR base URL.

    :param client: HTTP client with the trust and client certificate of this HIS.
    :param credential: secret for ``auth: bearer`` and ``auth: header``.
    :param on_exchange: told about every exchange with the HIS, for the recorder.
    """

    def __init__(
        self,
        participant: Participant,
        client: HttpClient,
        credential: str = "",
        on_exchange: Callable[[PassedOn], None] | None = None,
    ) -> None:
        self.participant = participant
        self.client = client
        self.credential = credential
        self.on_exchange = on_exchange
        self._links = addresses.spellings(participant.fhir.rstrip("/"))
        self._links_in_bodies = re.compile(self._links.pattern.encode())
        self._seen: dict[str, set[str]] = {}

    async def handle(
        self, request: Request, patient: str | None, base: str, scratch: str = "", asker: Asker = NOBODY
    ) -> Response:
        """See :class:`Backend`."""
        upstream = self.participant.fhir.rstrip("/")
        rest = request.url[len(base) :]
        headers: list[tuple[str, str]] = [item for item in request.headers if item[0].lower() in FORWARDED]
        refused = self._check_read(rest, patient)
        if refused is not None:
            return refused
        rest, added = for_patient(self.participant.patient, rest, patient, request.method)
        headers += added
        target = upstream + rest
        headers += self._access()
        try:
            answer = await asyncio.to_thread(
                self.client.request, request.method, target, headers, request.body
            )
        except RequestError as error:
            return _outcome(400, "invalid", str(error))
        sent = Request(method=request.method, url=target, headers=answer.sent_headers, body=request.body)
        if not answer.status:
            await self._tell(PassedOn(sent, None, answer.error, answer.duration, base, asker))
            return _outcome(502, "transient", "the HIS behind this DVZA does not answer")
        response = Response(status=answer.status, headers=answer.headers, body=answer.body)
        await self._tell(PassedOn(sent, response, "", answer.duration, base, asker))
        if not 200 <= answer.status < 600:  # no final status of HTTP (RFC 9110, 15): it cannot be passed on
            return _outcome(502, "transient", f"the HIS behind this DVZA answers with status {answer.status}")
        return self._returned(response, base, patient)

    def delete(self, url: str, patient: str, timeout: float) -> Answer:
        """Delete something of a patient, as our DVZA itself: no PGO may."""
        base = self.participant.fhir.rstrip("/")
        rest, added = for_patient(self.participant.patient, url.removeprefix(base), patient, "DELETE")
        return self.client.request("DELETE", base + rest, [*added, *self._access()], b"", timeout=timeout)

    def _access(self) -> list[tuple[str, str]]:
        """The headers with which our DVZA is let in."""
        if self.participant.auth == "bearer":
            return [("Authorization", f"Bearer {self.credential}")]
        if self.participant.auth == "header":
            return [(self.participant.auth_header, self.credential)]
        return []

    async def _tell(self, passed: PassedOn) -> None:
        """Let an exchange be recorded, beside the loop that all mocks live in: what came may be large."""
        if self.on_exchange is not None:
            await asyncio.to_thread(self.on_exchange, passed)

    def _check_read(self, rest: str, patient: str | None) -> Response | None:
        """With ``id-map`` only what a search of this person showed may be read."""
        if not self.participant.patient.startswith("id-map") or patient is None:
            return None
        match = re.fullmatch(r"/([A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64})", rest.partition("?")[0])
        if (
            match
            and match.group(1) != f"Patient/{patient}"
            and match.group(1) not in self._seen.get(patient, ())
        ):
            return _outcome(404, "not-found", "not found for this person")
        return None

    def _returned(self, response: Response, base: str, patient: str | None) -> Response:
        headers: Headers = tuple(item for item in response.headers if item[0].lower() in RETURNED)
        body = response.body
        kind = header(response.headers, "content-type") or ""
        if "json" in kind or "xml" in kind:
            if patient is not None:
                seen = self._seen.setdefault(patient, set())
                if len(seen) < _MAX_SEEN:
                    seen.update(match.decode("ascii") for match in _REFERENCE.findall(body))
            body = self._links_in_bodies.sub(lambda _: base.encode(), body)
            body = self._without_patient(body, patient)
        headers = tuple((name, self._links.sub(lambda _: base, value)) for name, value in headers)
        return Response(status=response.status, headers=headers, body=body)

    def _without_patient(self, body: bytes, patient: str | None) -> bytes:
        """The parameter that we added does not belong in the self link that the PGO sees."""
        how, _, name = self.participant.patient.partition(" ")
        if patient is None or how not in ("query", "id-map") or self.participant.patient == PLAIN:
            return body
        names = [name] if how == "query" else ["patient", "_id"]
        value = re.escape(quote(patient, safe=""))
        for item in names:
            pattern = rf"(\?|&amp;|&){re.escape(item)}=(?:Patient(?:/|%2F))?{value}(?=[\"&])(&amp;|&)?"
            body = re.sub(pattern.encode(), lambda m: m.group(1) if m.group(2) else b"", body)
        return body


def for_patient(
    how: str, rest: str, patient: str | None, method: str = "GET"
) -> tuple[str, list[tuple[str, str]]]:
    """Path and query of a request for one patient, and the headers that it needs, as the network file says.

    :param how: ``patient`` of the network file: ``header NAME``, ``query NAME``, ``id-map`` or :data:`PLAIN`.
    :param rest: path below the base URL, with its query.
    :param patient: id of the Patient; ``None``: nobody in particular.
    """
    kind, _, name = how.partition(" ")
    if patient is None or not kind or how == PLAIN:
        return rest, []
    if kind == "header":
        return rest, [(name, patient)]
    if kind == "query":
        return _with_parameter(rest, name, patient), []
    path = rest.partition("?")[0].strip("/")
    if method != "GET" or not re.fullmatch(r"[A-Z][A-Za-z]+(/\$[a-z]+)?", path):
        return rest, []
    return _with_parameter(rest, "_id" if path == "Patient" else "patient", patient), []


def _with_parameter(rest: str, name: str, value: str) -> str:
    return f"{rest}{'&' if '?' in rest else '?'}{quote(name, safe='')}={quote(value, safe='')}"


def _outcome(status: int, code: str, text: str) -> Response:
    body = (
        '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"'
        + code
        + '","diagnostics":"'
        + text.replace("\\", "").replace('"', "'")
        + '"}]}'
    )
    return Response(
        status=status, headers=(("Content-Type", "application/fhir+json; charset=utf-8"),), body=body.encode()
    )
