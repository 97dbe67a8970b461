"""The authorization request at the DVZA twin: every check of the framework, with what faults leave out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from harness.core.issues import Issue
from harness.core.standards.table import service_standard
from harness.medmij import authorization, forms
from harness.medmij import scope as scopes
from harness.medmij.headers import CORRELATION_ID, REQUEST_ID, is_uuid
from harness.medmij.releases import Function, Release
from harness.network.twins.dvza import screens
from harness.network.twins.dvza.records import Session
from harness.network.twins.dvza.state import DvzaState
from harness.network.wire.serving import Incoming, Outgoing

_NOT_ALLOWED: Final = re.compile(r"[^ !#-\[\]-~]")


def handle(dvza: DvzaState, request: Incoming, rel: Release) -> Outgoing:
    """Check an authorization request: landing page, redirect with an error (1b), or an error page (1a)."""
    client = _parameter(request.query, "client_id")
    if dvza.fault("front-certificate-demanded", client):
        return screens.problem(dvza, 403, "Toon een clientcertificaat.")
    names = dvza.names(rel)
    services = {item for name in names if (his := dvza.his_by_name(name)) for item in dvza.services(his, rel)}
    checked = _checked(dvza, request.query, rel, names, services)
    if checked.exception == "1b":
        return _refuse(dvza, client, checked, checked.error)
    wanted, scope = checked.request, checked.scope
    if wanted is not None and dvza.fault("redirect-uri-unchecked", client):
        given = _parameter(request.query, "redirect_uri") or wanted.redirect_uri
        wanted = msgspec.structs.replace(wanted, redirect_uri=given)
    if wanted is None or scope is None:  # exception 1a
        return screens.problem(
            dvza,
            400,
            "De aanvraag van uw PGO klopt niet. Er is niets met uw gegevens gebeurd. Ga terug naar uw PGO."
            + (f" ({reason(checked.issues)})" if dvza.explains and checked.issues else ""),
        )
    if dvza.fault("scope-refused", client):
        return _refuse(dvza, client, checked, "invalid_scope")
    extra = {pair.name for pair in forms.parse(request.query)} - set(authorization.PARAMETERS)
    if extra and dvza.fault("unknown-parameters-refused", client):
        return _refuse(dvza, client, checked, "invalid_request")
    his = dvza.his_by_name(scope.name)
    if his is None:
        return _refuse(dvza, client, checked, "invalid_scope", "scope: provider of another DVZA")
    function = _function(scope.services)
    offered = dvza.services(his, rel, function)
    strict = not dvza.fault("scope-unchecked", client)
    if function is None or (strict and scopes.parse(wanted.scope, rel, function).scope is None):
        why = "scope: not in the form of this release and function"
        return _refuse(dvza, client, checked, "invalid_scope", why)  # the form of the other function
    if not set(scope.services) <= set(offered):
        return _refuse(dvza, client, checked, "invalid_scope", "scope: a service that is not on the ZAL")
    session = Session(
        id=dvza.new_secret("cookie"),
        browser=dvza.new_secret("cookie"),
        release=rel,
        his=his,
        function=function,
        client_id=wanted.client_id,
        organisation=checked.organisation,
        redirect_uri=wanted.redirect_uri,
        state=wanted.state,
        scope=wanted.scope,
        services=scope.services or offered,
        correlation=wanted.correlation_id,
        created=dvza.clock.now(),
        visit=request.visit,
        played=request.played,
    )
    dvza.remember(session)
    return screens.step_page(
        dvza,
        session,
        "landing",
        "Gegevens delen" if function == "share" else "Gegevens verzamelen",
        headers=(screens.session_cookie(session),),
    )


def _parameter(query: str, name: str) -> str:
    try:
        return next((pair.value for pair in forms.parse(query) if pair.name == name), "")
    except forms.FormError:
        return ""


def _checked(
    dvza: DvzaState, query: str, rel: Release, names: tuple[str, ...], services: set[str]
) -> authorization.CheckedRequest:
    """The checks 1a and 1b, with what faults leave out of them."""
    client = _parameter(query, "client_id")

    def organisation(host: str) -> str | None:
        known = dvza.organisation(host, rel)
        return known or ("Onbekend PGO" if dvza.fault("unknown-client-accepted", client) else None)

    if dvza.fault("redirect-uri-unchecked", client):
        query = _with_parameter(query, "redirect_uri", f"https://{client}/redirect")
    if dvza.fault("scope-unchecked", client):
        given = _parameter(query, "scope")
        if names and ("@" in given or " " in given):  # a wrong form; an unknown or absent name stays refused
            query = _with_parameter(query, "scope", _own_scope(rel, names[0], sorted(services)))
    if dvza.fault("state-optional", client) and not _parameter(query, "state"):
        query = _with_parameter(query, "state", "geen")
    if dvza.fault("correlation-unchecked", client) and rel.correlation:
        for name in (REQUEST_ID, CORRELATION_ID):
            if not is_uuid(_parameter(query, name)):
                query = _with_parameter(query, name, "00000000-0000-4000-8000-000000000000")
    return authorization.check(
        query,
        rel,
        client=organisation,
        names=names,
        services=services,
        client_services=lambda host: dvza.client_services(host, rel),
    )


def _with_parameter(query: str, name: str, value: str) -> str:
    kept = [part for part in query.split("&") if part and part.partition("=")[0] != name]
    return "&".join([*kept, forms.encode([(name, value)])])


def _own_scope(rel: Release, name: str, services: list[str]) -> str:
    if rel.scope_form("collect") == "name" or not services:
        return name
    return f"{name}~{services[0]}"


def reason(issues: Sequence[Issue]) -> str:
    """Why a request is refused, in the characters that ``error_description`` may have (RFC 6749 4.1.2.1)."""
    parts = [
        f"{item.path} ({item.rule}): expected {item.expected}, received {item.received}" for item in issues
    ]
    return _NOT_ALLOWED.sub("?", "; ".join(parts[:3]))[:400]


def _refuse(
    dvza: DvzaState, client: str, checked: authorization.CheckedRequest, error: str, why: str = ""
) -> Outgoing:
    """Exception 1b: back to the client with an error and its state; with the reason where that is tested."""
    told = (why or reason(checked.issues)) if dvza.explains else ""
    if dvza.fault("error-without-state", client):
        return screens.redirect(
            authorization.error_redirect(checked.redirect_uri, error, "").replace("&state=", "")
        )
    return screens.redirect(authorization.error_redirect(checked.redirect_uri, error, checked.state, told))


def _function(services: tuple[str, ...]) -> Function | None:
    """Collect or share; ``None`` when a scope mixes them."""
    kinds: set[Function] = set()
    for service in services:
        known = service_standard(service)
        share = known is not None and known.share is not None and known.share.id == service
        kinds.add("share" if share else "collect")
    if not kinds:
        return "collect"
    return kinds.pop() if len(kinds) == 1 else None
