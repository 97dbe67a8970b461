"""The token endpoint of the DVZA twin (section 4 of the facts)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import msgspec

from harness.medmij import token
from harness.medmij.errors import token_status
from harness.medmij.releases import Release, limits
from harness.network.twins.dvza.records import Grant, hashed
from harness.network.twins.dvza.state import ANYBODY, DvzaState
from harness.network.wire.serving import Incoming, Outgoing

FORM: Final = ("Content-Type", token.FORM)
UNASKED: Final = "63"
"""A service that no participant of ours offers."""
SLOW_SECONDS: Final = 9.5
SHORT_SECONDS: Final = 30
"""How long a token lives that expires soon."""
TOO_SLOW_SECONDS: Final = 11.5


def handle(dvza: DvzaState, request: Incoming, rel: Release) -> Outgoing:
    """Exchange a code or a refresh token."""
    host = dvza.caller(request)
    if dvza.fault_once("token-500-once", host):
        return Outgoing(status=500, headers=(("Content-Type", "text/plain"),), body=b"storing\n")
    if not dvza.admitted(host, rel):
        return error("invalid_client")
    if request.method == "GET" and dvza.fault("token-get-accepted", host):
        request = replace(
            request, method="POST", body=request.query.encode(), query="", headers=(*request.headers, FORM)
        )
    reading = rel
    if dvza.fault("token-client-id-optional", host):
        reading = msgspec.structs.replace(rel, client_id_at_token="optional")  # noqa: S106
    if dvza.fault("token-redirect-uri-unchecked", host):
        request = replace(request, body=_with_redirect_uri(request.body))
    parsed = token.parse_request(request.method, request.query, request.headers, request.body, reading)
    if parsed.request is None:
        unknown = parsed.error == "unsupported_grant_type" and dvza.fault("grant-type-error-wrong", host)
        return error("invalid_request" if unknown else parsed.error)
    with dvza.lock:
        answer = _exchange(dvza, parsed.request, rel, request)
    delay = SLOW_SECONDS if dvza.fault("token-slow", host) else 0.0
    delay = TOO_SLOW_SECONDS if dvza.fault("token-too-slow", host) else delay
    return replace(answer, delay=delay) if delay and answer.status == 200 else answer


def _exchange(dvza: DvzaState, wanted: token.TokenRequest, rel: Release, request: Incoming) -> Outgoing:
    refreshing = wanted.grant_type == "refresh_token"
    kept = dvza.refresh if refreshing else dvza.codes
    grant = kept.get(hashed(wanted.refresh_token if refreshing else wanted.code))
    if grant is not None and grant.release != rel.id:
        grant = None
    hosts = _hosts(dvza, request, grant, refreshing=refreshing)
    code = _check(dvza, wanted, grant, hosts, rel)
    own = grant is not None and grant.client_id in hosts
    again = grant is not None and own and code == "invalid_grant" and grant.used
    if grant is not None and again and not dvza.fault("reuse-keeps-token", grant.client_id):
        revoke(dvza, grant.family)
    if grant is not None and own and not refreshing:
        grant.used = True  # a code that was offered is gone, whatever the outcome
    if code or grant is None:
        return error(code or "invalid_grant")
    grant.used = True
    return _issue(dvza, grant, rel, wanted.refresh_token if refreshing else "")


def _hosts(dvza: DvzaState, request: Incoming, grant: Grant | None, *, refreshing: bool) -> tuple[str, ...]:
    """Hosts that the caller proved to be."""
    if dvza.caller(request) == ANYBODY and grant is not None:
        return (grant.client_id,)
    certificate = request.tls.client if request.tls is not None else None
    hosts = tuple(name.lower() for name in (certificate.dns_names if certificate is not None else ()))
    if grant is not None and dvza.fault("token-client-unchecked", grant.client_id):
        return (grant.client_id, *hosts)
    if refreshing and grant is not None and dvza.fault("refresh-any-client", grant.client_id):
        return (grant.client_id, *hosts)
    return hosts


def _check(
    dvza: DvzaState, wanted: token.TokenRequest, grant: Grant | None, hosts: tuple[str, ...], rel: Release
) -> str:
    """RFC 6749 code of what is wrong with the offered grant, ``""`` when nothing is."""
    refreshing = wanted.grant_type == "refresh_token"
    lifetime = (
        timedelta(days=limits().refresh_token_days)
        if refreshing
        else timedelta(seconds=limits().code_lifetime)
    )
    remembered = None
    if grant is not None:
        client = grant.client_id
        reusable = dvza.fault("refresh-reuse-accepted" if refreshing else "code-reuse", client)
        withdrawn = grant.family in dvza.withdrawn
        rotated = not (refreshing and dvza.fault("refresh-not-rotated", client))
        remembered = token.Grant(
            client_id=client,
            redirect_uri=grant.redirect_uri,
            issued=grant.issued,
            used=grant.used and not reusable and rotated,
            revoked=(grant.revoked and not reusable) or withdrawn,
        )
        if not refreshing and dvza.fault("token-redirect-uri-unchecked", client):
            wanted = msgspec.structs.replace(wanted, redirect_uri=grant.redirect_uri)
        anybody = dvza.fault("refresh-any-client" if refreshing else "token-client-unchecked", client)
        if not wanted.client_id or anybody or dvza.fault("token-client-unchecked", client):
            wanted = msgspec.structs.replace(wanted, client_id=client)
        if not refreshing and dvza.fault("code-never-expires", client):
            lifetime = timedelta(days=3650)
    code, _ = token.check_grant(wanted, remembered, hosts, rel, dvza.clock.now(), lifetime=lifetime)
    return code


def revoke(dvza: DvzaState, family: str) -> None:
    """A code or rotated refresh token was offered again: everything of its consent stops working."""
    for store in (dvza.access, dvza.refresh):
        for item in store.values():
            if item.family == family:
                item.revoked = True


def _with_redirect_uri(body: bytes) -> bytes:
    """A body in which redirect_uri does not matter any more (a fault)."""
    return body if b"redirect_uri=" in body else body + b"&redirect_uri=https%3A%2F%2Fx.example%2F"


def _issue(dvza: DvzaState, grant: Grant, rel: Release, offered: str = "") -> Outgoing:
    client, services = grant.client_id, grant.services
    if rel.ocl_check == "token":
        allowed = dvza.client_services(grant.client_id, rel)
        if allowed is not None and not dvza.fault("ocl-ignored", grant.client_id):
            services = tuple(item for item in services if item in allowed)
    if dvza.fault("token-no-services", grant.client_id):
        services = services[:0]
    elif withheld := {name.partition(":")[2] for name in grant.played if name.startswith("narrow-scope:")}:
        services = tuple(item for item in services if item not in withheld)
    elif not services:
        return error("invalid_scope")
    now = dvza.clock.now()
    access = dvza.new_secret("token", client)
    dvza.access[hashed(access)] = _copy(grant, services, now)
    refresh = ""
    if (grant.long_term or dvza.fault("refresh-without-consent", client)) and rel.refresh:
        if offered and dvza.fault("refresh-not-rotated", client):
            refresh = offered
        else:
            refresh = dvza.new_secret("refresh", client)
        dvza.refresh[hashed(refresh)] = _copy(grant, grant.services, now)
    response = token.TokenResponse(
        access_token=access,
        token_type="mac" if dvza.fault("token-type-wrong", client) else "Bearer",
        expires_in=3600 if dvza.fault("expires-3600", client) else lifetime(grant),
        refresh_token=refresh,
        scope=_scope(grant, services, rel)
        if not dvza.fault("scope-wider", client)
        else _wider(grant, services),
    )
    headers = tuple(token.RESPONSE_HEADERS)
    if dvza.fault("token-cacheable", client):
        headers = headers[:1]
    return Outgoing(headers=headers, body=token.build_response(response))


def lifetime(grant: Grant) -> int:
    """Seconds that an access token of a grant lives."""
    return SHORT_SECONDS if "expires-soon" in grant.played else limits().access_token_lifetime


def _copy(grant: Grant, services: tuple[str, ...], now: datetime) -> Grant:
    return replace(grant, services=services, issued=now, used=False, revoked=False)


def _scope(grant: Grant, services: tuple[str, ...], rel: Release) -> str:
    name = grant.scope.partition("~")[0]
    if rel.correlation:
        return " ".join(services) if services else name
    if set(services) != set(grant.services):
        return " ".join(f"{name}~{item}" for item in services)
    return ""


def _wider(grant: Grant, services: tuple[str, ...]) -> str:
    """A scope with a service that nobody asked for (a fault)."""
    return " ".join(f"{grant.scope.partition('~')[0]}~{item}" for item in (*services, UNASKED))


def error(code: str) -> Outgoing:
    """An RFC 6749 error response."""
    return Outgoing(
        status=token_status(code), headers=tuple(token.RESPONSE_HEADERS), body=token.build_error(code)
    )
