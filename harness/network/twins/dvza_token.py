"""The token endpoint of the DVZA twin (section 4 of the facts)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from harness.medmij import token
from harness.medmij.errors import token_status
from harness.medmij.releases import Release, limits
from harness.network.serving import Incoming, Outgoing
from harness.network.twins.dvza import DvzaTwin, Grant, hashed

SLOW_SECONDS: Final = 9.5


def handle(dvza: DvzaTwin, request: Incoming, rel: Release) -> Outgoing:
    """Exchange a code or a refresh token."""
    host = dvza.caller(request)
    if dvza.fault_once("token-500-once", host):
        return Outgoing(status=500, headers=(("Content-Type", "text/plain"),), body=b"storing\n")
    if not host or not (dvza.whitelisted(host, rel) or dvza.fault("whitelist-ignored", host)):
        return error("invalid_client")
    parsed = token.parse_request(request.method, request.query, request.headers, request.body, rel)
    if parsed.request is None:
        return error(parsed.error)
    with dvza.lock:
        answer = _exchange(dvza, parsed.request, rel, request)
    if dvza.fault("token-slow", host) and answer.status == 200:
        return Outgoing(status=200, headers=answer.headers, body=answer.body, delay=SLOW_SECONDS)
    return answer


def _exchange(dvza: DvzaTwin, wanted: token.TokenRequest, rel: Release, request: Incoming) -> Outgoing:
    refreshing = wanted.grant_type == "refresh_token"
    kept = dvza.refresh if refreshing else dvza.codes
    grant = kept.get(hashed(wanted.refresh_token if refreshing else wanted.code))
    certificate = request.tls.client if request.tls is not None else None
    hosts = tuple(name.lower() for name in (certificate.dns_names if certificate is not None else ()))
    lifetime = (
        timedelta(days=limits().refresh_token_days)
        if refreshing
        else timedelta(seconds=limits().code_lifetime)
    )
    remembered = None
    if grant is not None and grant.release == rel.id:
        remembered = token.Grant(
            client_id=grant.client_id,
            redirect_uri=grant.redirect_uri,
            issued=grant.issued,
            used=grant.used,
            revoked=grant.revoked or grant.family in dvza.withdrawn,
        )
    code, _ = token.check_grant(wanted, remembered, hosts, rel, dvza.clock.now(), lifetime=lifetime)
    if (
        grant is not None
        and remembered is not None
        and grant.client_id in hosts
        and code == "invalid_grant"
        and (grant.used)
    ):
        revoke(dvza, grant.family)
    if grant is not None and not refreshing and remembered is not None:
        grant.used = True  # a code that was offered is gone, whatever the outcome
    if code or grant is None:
        return error(code or "invalid_grant")
    grant.used = True
    return _issue(dvza, grant, rel)


def revoke(dvza: DvzaTwin, family: str) -> None:
    """A code or rotated refresh token was offered again: everything of its consent stops working."""
    for store in (dvza.access, dvza.refresh):
        for item in store.values():
            if item.family == family:
                item.revoked = True


def _issue(dvza: DvzaTwin, grant: Grant, rel: Release) -> Outgoing:
    services = grant.services
    if rel.ocl_check == "token":
        allowed = dvza.client_services(grant.client_id, rel)
        if allowed is not None and not dvza.fault("ocl-ignored", grant.client_id):
            services = tuple(item for item in services if item in allowed)
    if dvza.fault("token-no-services", grant.client_id):
        services = services[:0]
    elif not services:
        return error("invalid_scope")
    now = dvza.clock.now()
    access = dvza.new_secret("token")
    dvza.access[hashed(access)] = _copy(grant, services, now)
    refresh = ""
    if grant.long_term and rel.refresh:
        refresh = dvza.new_secret("refresh")
        dvza.refresh[hashed(refresh)] = _copy(grant, grant.services, now)
    response = token.TokenResponse(
        access_token=access,
        expires_in=limits().access_token_lifetime,
        refresh_token=refresh,
        scope=_scope(grant, services, rel),
    )
    return Outgoing(headers=tuple(token.RESPONSE_HEADERS), body=token.build_response(response))


def _copy(grant: Grant, services: tuple[str, ...], now: object) -> Grant:
    from dataclasses import replace

    return replace(grant, services=services, issued=now, used=False, revoked=False)  # type: ignore[arg-type]


def _scope(grant: Grant, services: tuple[str, ...], rel: Release) -> str:
    name = grant.scope.partition("~")[0]
    if rel.correlation:
        return " ".join(services) if services else name
    if set(services) != set(grant.services):
        return " ".join(f"{name}~{item}" for item in services)
    return ""


def error(code: str) -> Outgoing:
    """An RFC 6749 error response."""
    return Outgoing(
        status=token_status(code), headers=tuple(token.RESPONSE_HEADERS), body=token.build_error(code)
    )
