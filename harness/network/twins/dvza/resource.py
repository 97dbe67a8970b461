"""The resource server of the DVZA twin (section 5 of the facts), over any HIS."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from urllib.parse import unquote

import msgspec

from harness.core.run.exchanges import Headers, Request, Response, header
from harness.fhir.codec.media import asked_format
from harness.medmij import headers as medmij_headers
from harness.medmij import resource
from harness.medmij.errors import RESOURCE_CASES
from harness.medmij.releases import Release
from harness.network.file import Participant
from harness.network.person.declared import KnownPerson
from harness.network.twins.backends import Asker
from harness.network.twins.dvza import detours, permitted
from harness.network.twins.dvza.records import Grant, hashed
from harness.network.twins.dvza.state import ANYBODY, DvzaState, not_found
from harness.network.twins.dvza.token import lifetime
from harness.network.twins.stelselnode import endpoints
from harness.network.wire.serving import Incoming, Outgoing

_PRIVATE = frozenset({"authorization", "cookie", "x-harness-patient", "host", "content-length", "connection"})
_BSN: Final = "999990019"
"""A number of the test range, for the fault that leaks one."""
TOO_SLOW_SECONDS: Final = 62.0
_KNOWN_HEADERS: Final = frozenset(
    {
        "host", "authorization", "accept", "accept-encoding", "accept-language", "user-agent", "connection",
        "content-type", "content-length", "prefer", "medmij-request-id", "x-correlation-id", "if-none-exist",
    }
)  # fmt: skip


@dataclass(frozen=True)
class _Bearer:
    """A token, or the case of what is wrong; ``moved`` when it came in a forbidden place."""

    token: str = ""
    case: str = ""
    moved: bool = False


@dataclass(frozen=True)
class _Place:
    """The resource endpoint that a request is for: a service of a HIS, in a release, at a base URL."""

    his: Participant
    service: str
    release: Release
    base: str


async def handle(dvza: DvzaState, request: Incoming, rel: Release, rest: tuple[str, ...]) -> Outgoing:
    """Let a request through to the HIS when its token allows it."""
    place = _place(dvza, rel, rest)
    if place is None:
        return not_found()
    host = dvza.caller(request)
    if not dvza.admitted(host, rel):
        return outcome(403, "forbidden", "the client certificate is not of a node on the whitelist", request)
    path = request.path.partition("/fhir")[2]
    backend = dvza.backends[place.his.id]
    inner = Request(
        method=request.method,
        url=_inner_url(request, place.base),
        headers=tuple(item for item in request.headers if item[0].lower() not in _PRIVATE),
        body=request.body,
    )
    if path == "/metadata" and request.method == "GET":
        answered = await backend.handle(inner, None, place.base, asker=Asker(host))
        return _returned(answered, request)
    found = _bearer(dvza, request, host)
    if found.case:
        binary = path.startswith("/Binary/")
        served = await _without_grant(dvza, inner, place, host) if binary else None
        strict = not dvza.fault("challenge-missing", host)
        return (
            _returned(served, request)
            if served is not None
            else _refused(found.case, request, challenge=strict)
        )
    grant = _grant(dvza, found.token, host, place)
    problem = _check(dvza, grant, host, place)
    person = dvza.persons.get(grant.person) if grant is not None else None
    if problem or grant is None or person is None:
        strict = not dvza.fault("challenge-missing", host)
        return _refused(problem or "invalid-token", request, challenge=strict)
    withheld = _withheld(dvza, request, host, person, place.his)
    if withheld is not None:
        return withheld
    inner, patient = _asked(dvza, inner, found, host, person, place.his)
    outside = permitted.refusal(place.service, inner, place.base)
    if outside == "not-allowed" and dvza.fault("collect-writes", host):
        outside = ""
    if outside == "not-allowed":
        allow = ("Allow", ", ".join(permitted.methods(place.service)))
        return outcome(405, "not-supported", "not what this service is for", request, (allow,))
    if outside:
        return _refused(outside, request)
    scratch = grant.family if grant.function == "share" else ""
    asker = Asker(host, person.id)
    answer = _returned(await backend.handle(inner, patient, place.base, scratch, asker), request)
    if answer.status == 404 and _reads_anybody(dvza, inner, place, host):
        anybodys = await _of_anybody(dvza, inner, place)
        answer = answer if anybodys is None else _returned(anybodys, request)
    if dvza.fault("data-cacheable", host):
        kept = tuple(item for item in answer.headers if item[0] != "Cache-Control")
        answer = replace(answer, headers=(*kept, ("Cache-Control", "public, max-age=600")))
    if dvza.fault("bsn-in-header", host):
        answer = replace(answer, headers=(*answer.headers, ("X-BSN", _BSN)))
    return replace(answer, delay=TOO_SLOW_SECONDS) if dvza.fault("resource-too-slow", host) else answer


def _place(dvza: DvzaState, rel: Release, rest: tuple[str, ...]) -> _Place | None:
    """The endpoint of a path, ``None`` when this DVZA has no such one."""
    his = dvza.his(rest[0]) if len(rest) >= 3 and rest[2] == "fhir" else None
    if his is None or rel.id not in his.releases:
        return None
    urls = endpoints(his, dvza.participant, rel.id, rest[1])
    if urls is None or rest[1] not in dvza.services(his, rel):
        return None
    return _Place(his, rest[1], rel, urls[2])


def _grant(dvza: DvzaState, token: str, host: str, place: _Place) -> Grant | None:
    """What an access token stands for; any usable grant where any token is accepted (a fault)."""
    grant = dvza.access.get(hashed(token))
    if grant is None and (token == "?" or dvza.fault("any-token-accepted", host)):
        return next(
            (item for item in reversed(dvza.access.values()) if not _check(dvza, item, host, place)), None
        )
    return grant


def _withheld(
    dvza: DvzaState, request: Incoming, host: str, person: KnownPerson, his: Participant
) -> Outgoing | None:
    """A refusal after a good token: no data for this person, or a fault that refuses more than it may."""
    if dvza.participant.availability == "late":
        reason = dvza.unavailable(person, his)
        if reason and not (reason == "age" and dvza.fault("under-age-accepted", host)):
            return outcome(403, "forbidden", "no data available", request)
    if dvza.fault("unknown-headers-refused", host) and any(
        name.lower() not in _KNOWN_HEADERS for name, _ in request.headers
    ):
        return outcome(400, "invalid", "unknown header", request)
    return None


def _asked(
    dvza: DvzaState, inner: Request, bearer: _Bearer, host: str, person: KnownPerson, his: Participant
) -> tuple[Request, str]:
    """What the HIS is asked, and about which patient; faults change both."""
    patient = person.patient(his.id)
    if dvza.fault("person-unchecked", host) and ("patient=" in inner.url or "identifier=" in inner.url):
        other = next(
            (item for item in dvza.persons.values() if item.id != person.id and item.data_available), person
        )
        patient = other.patient(his.id)
        inner = msgspec.structs.replace(inner, url=inner.url.partition("?")[0], method="GET")
    if bearer.moved:
        inner = msgspec.structs.replace(inner, url=_without_token(inner.url), method="GET", body=b"")
    if dvza.fault("fhir-version-ignored", host):
        inner = msgspec.structs.replace(
            inner,
            headers=tuple((n, v.split(";")[0] if n.lower() == "accept" else v) for n, v in inner.headers),
        )
    return inner, patient


def _bearer(dvza: DvzaState, request: Incoming, host: str) -> _Bearer:
    found = resource.bearer(request.headers, request.query, request.body)
    if hashed(found.token) not in dvza.access and detours.open_to(dvza, request, host, found.token):
        return _Bearer(token="?")  # noqa: S106 - not a secret: any word will do behind a detour
    if found.case == "several-methods" and dvza.fault("query-token-accepted", host):
        match = re.search(r"access_token=([^&\s]+)", request.query + "&" + request.body.decode("latin-1"))
        return _Bearer(token=unquote(match.group(1)), moved=True) if match else _Bearer(case=found.case)
    if found.case in ("no-token", "invalid-token") and dvza.fault("any-token-accepted", host):
        return _Bearer(token="?")  # noqa: S106 - not a secret: any word will do under this fault
    return _Bearer(token=found.token, case=found.case)


async def _without_grant(dvza: DvzaState, inner: Request, place: _Place, host: str) -> Response | None:
    """Faults about documents that are asked for without a token; ``None``: refuse as usual."""
    if dvza.fault("document-without-token-500", host):
        return Response(status=500, headers=(("Content-Type", "text/plain"),), body=b"interne fout")
    if dvza.fault("document-without-token", host):
        return await _of_anybody(dvza, inner, place)
    return None


def _reads_anybody(dvza: DvzaState, inner: Request, place: _Place, host: str) -> bool:
    """Whether a fault looks for what is read in everybody's record."""
    path = inner.url[len(place.base) :]
    document = path.startswith("/Binary/") and dvza.fault("document-person-unchecked", host)
    read = path.count("/") == 2 and dvza.fault("read-person-unchecked", host)
    return inner.method == "GET" and "?" not in path and (document or read)


async def _of_anybody(dvza: DvzaState, inner: Request, place: _Place) -> Response | None:
    """What the first person that has it gets; ``None`` when nobody has it."""
    backend = dvza.backends[place.his.id]
    for person in dvza.persons.values():
        answer = await backend.handle(inner, person.patient(place.his.id), place.base)
        if answer.status == 200:
            return answer
    return None


def _without_token(url: str) -> str:
    return re.sub(r"[?&]access_token=[^&]*", "", url)


def _check(dvza: DvzaState, grant: Grant | None, host: str, place: _Place) -> str:
    """The case of what is wrong with a grant at this endpoint, ``""`` when nothing is."""
    if grant is None or grant.revoked or grant.release != place.release.id:
        return "invalid-token"
    if grant.family in dvza.withdrawn and not dvza.fault("access-after-withdrawal", host):
        return "invalid-token"
    expired = dvza.clock.now() >= grant.issued + timedelta(seconds=lifetime(grant))
    if expired and not dvza.fault("expired-token-accepted", host):
        return "invalid-token"
    if host not in (grant.client_id, ANYBODY) and not dvza.fault("foreign-token-accepted", host):
        return "foreign-client"
    elsewhere = place.service not in grant.services and not dvza.fault("service-unchecked", host)
    return "insufficient-scope" if elsewhere or grant.his != place.his.id else ""


def _inner_url(request: Incoming, base: str) -> str:
    raw = request.url.partition("://")[2]
    raw_path = raw[raw.find("/") :] if "/" in raw else "/"
    rest = raw_path.partition("/fhir")[2]
    return base + rest


def _refused(case: str, request: Incoming, *, challenge: bool = True) -> Outgoing:
    found = RESOURCE_CASES[case]
    extra: Headers = (("WWW-Authenticate", found.challenge),) if found.challenge and challenge else ()
    codes = {401: "login", 403: "forbidden", 400: "invalid"}
    return outcome(found.status, codes.get(found.status, "security"), case, request, extra)


def outcome(status: int, code: str, text: str, request: Incoming, extra: Headers = ()) -> Outgoing:
    """An OperationOutcome in the format that the client prefers."""
    wants_xml = asked_format(header(request.headers, "accept") or "") == "xml"
    if wants_xml:
        body = (
            '<OperationOutcome xmlns="http://hl7.org/fhir"><issue><severity value="error"/>'
            f'<code value="{code}"/><diagnostics value="{text}"/></issue></OperationOutcome>'
        )
    else:
        body = (
            '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"'
            f'{code}","diagnostics":"{text}"' + "}]}"
        )
    kind = f"application/fhir+{'xml' if wants_xml else 'json'}; charset=utf-8"
    return Outgoing(
        status=status,
        headers=(("Content-Type", kind), ("Cache-Control", "no-store"), *_echo(request), *extra),
        body=body.encode(),
    )


def _returned(response: Response, request: Incoming) -> Outgoing:
    return Outgoing(
        status=response.status,
        headers=(*response.headers, ("Cache-Control", "no-store"), *_echo(request)),
        body=response.body,
    )


def _echo(request: Incoming) -> Headers:
    value = header(request.headers, medmij_headers.REQUEST_ID) or ""
    return ((medmij_headers.REQUEST_ID, value),) if medmij_headers.is_uuid(value) else ()
