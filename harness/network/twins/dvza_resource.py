"""The resource server of the DVZA twin (section 5 of the facts), over any HIS."""

from __future__ import annotations

from datetime import timedelta

from harness.core.exchanges import Headers, Request, Response, header
from harness.medmij import headers as medmij_headers
from harness.medmij import resource
from harness.medmij.errors import RESOURCE_CASES
from harness.medmij.releases import Release, limits
from harness.network.serving import Incoming, Outgoing
from harness.network.twins.dvza import DvzaTwin, Grant, hashed, not_found
from harness.network.twins.stelselnode import endpoints

_PRIVATE = frozenset({"authorization", "cookie", "x-harness-patient", "host", "content-length", "connection"})


async def handle(dvza: DvzaTwin, request: Incoming, rel: Release, rest: tuple[str, ...]) -> Outgoing:
    """Let a request through to the HIS when its token allows it."""
    his = dvza.his(rest[0]) if len(rest) >= 3 and rest[2] == "fhir" else None
    if his is None or rel.id not in his.releases:
        return not_found()
    service = rest[1]
    urls = endpoints(his, dvza.participant, rel.id, service)
    if urls is None or service not in dvza.services(his, rel):
        return not_found()
    host = dvza.caller(request)
    if not host or not (dvza.whitelisted(host, rel) or dvza.fault("whitelist-ignored", host)):
        return outcome(403, "forbidden", "the client certificate is not of a node on the whitelist", request)
    base = urls[2]
    path = request.path.partition("/fhir")[2]
    backend = dvza.backends[his.id]
    inner = Request(
        method=request.method,
        url=_inner_url(request, base),
        headers=tuple(item for item in request.headers if item[0].lower() not in _PRIVATE),
        body=request.body,
    )
    if path == "/metadata" and request.method == "GET":
        return _returned(await backend.handle(inner, None, base), request)
    found = resource.bearer(request.headers, request.query, request.body)
    if found.case:
        return _refused(found.case, request)
    grant = dvza.access.get(hashed(found.token))
    problem = _check(dvza, grant, host, his.id, service, rel)
    if problem or grant is None:
        return _refused(problem or "invalid-token", request)
    person = dvza.persons.get(grant.person)
    if person is None:
        return _refused("invalid-token", request)
    if dvza.participant.availability == "late" and dvza.unavailable(person, his):
        return outcome(403, "forbidden", "no data available", request)
    scratch = grant.family if grant.function == "share" else ""
    response = await backend.handle(inner, person.patient(his.id), base, scratch)
    return _returned(response, request)


def _check(dvza: DvzaTwin, grant: Grant | None, host: str, his: str, service: str, rel: Release) -> str:
    if grant is None or grant.revoked or grant.family in dvza.withdrawn or grant.release != rel.id:
        return "invalid-token"
    if dvza.clock.now() >= grant.issued + timedelta(seconds=limits().access_token_lifetime):
        return "invalid-token"
    if grant.client_id != host:
        return "foreign-client"
    if grant.his != his or service not in grant.services:
        return "insufficient-scope"
    return ""


def _inner_url(request: Incoming, base: str) -> str:
    raw = request.url.partition("://")[2]
    raw_path = raw[raw.find("/") :] if "/" in raw else "/"
    rest = raw_path.partition("/fhir")[2]
    return base + rest


def _refused(case: str, request: Incoming) -> Outgoing:
    found = RESOURCE_CASES[case]
    extra: Headers = (("WWW-Authenticate", found.challenge),) if found.challenge else ()
    codes = {401: "login", 403: "forbidden", 400: "invalid"}
    return outcome(found.status, codes.get(found.status, "security"), case, request, extra)


def outcome(status: int, code: str, text: str, request: Incoming, extra: Headers = ()) -> Outgoing:
    """An OperationOutcome in the format that the client prefers."""
    wants_xml = "xml" in (header(request.headers, "accept") or "")
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
