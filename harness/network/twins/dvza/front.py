"""The front channel of the DVZA twin: from authorization request to redirect (section 3 of the facts).

Each step is a page; each page is a form; no step can be skipped, repeated or mixed with another browser's.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final

from harness.core.run.exchanges import header, media_type
from harness.core.standards.table import service_standard
from harness.medmij import authorization, forms
from harness.medmij.headers import CORRELATION_ID, REQUEST_ID, is_uuid
from harness.medmij.releases import Function, Release
from harness.medmij.token import FORM
from harness.network.twins.dvza.pages import page
from harness.network.twins.dvza.shared import (
    FAILURE_PERSON,
    MAX_SESSIONS,
    Consent,
    DvzaTwin,
    Grant,
    Session,
    hashed,
    not_found,
    service_names,
)
from harness.network.wire.serving import Incoming, Outgoing

SESSION_MINUTES: Final = 15
COOKIE: Final = "__Host-dva"


def handle(dvza: DvzaTwin, request: Incoming) -> Outgoing:
    """Dispatch on path and method."""
    rel, rest = dvza.release_of(request.path)
    if rel is None or len(rest) != 1:
        return not_found()
    name = rest[0]
    if name == "authorize":
        if request.method not in ("GET", "HEAD"):
            return _problem(
                dvza, 405, "Deze pagina kan alleen worden opgevraagd.", headers=(("Allow", "GET"),)
            )
        return _authorize(dvza, request, rel)
    if name == "consents" and request.method == "GET":
        return _manage(dvza, rel)
    if name not in ("landing", "login", "consent", "consents"):
        return not_found()
    if request.method != "POST":
        return _problem(dvza, 405, "Begin opnieuw vanuit uw PGO.", headers=(("Allow", "POST"),))
    fields = _fields(request)
    if fields is None:
        return _problem(dvza, 400, "Het formulier kan niet worden gelezen.")
    with dvza.lock:
        session = _session(dvza, request, fields.get("transaction", ""), rel)
        if session is None:
            return _problem(dvza, 400, "Deze aanvraag is verlopen of hoort bij een andere browser.")
        if name != session.step:
            return _problem(dvza, 400, "Deze stap past niet bij uw aanvraag. Begin opnieuw vanuit uw PGO.")
        if name == "landing":
            return _landing(dvza, session, fields)
        if name == "login":
            return _login(dvza, session, fields)
        if name == "consents":
            return _withdraw(dvza, session, fields)
        return _consent(dvza, session, fields)


def _fields(request: Incoming) -> dict[str, str] | None:
    if media_type(request.headers) != FORM:
        return None
    try:
        pairs = forms.parse(request.body.decode("ascii"))
    except (UnicodeDecodeError, forms.FormError):
        return None
    fields: dict[str, str] = {}
    for pair in pairs:
        if pair.name in fields:
            return None
        fields[pair.name] = pair.value
    return fields


def _session(dvza: DvzaTwin, request: Incoming, transaction: str, rel: Release) -> Session | None:
    session = dvza.sessions.get(hashed(transaction)) if transaction else None
    if session is None or session.release.id != rel.id:
        return None
    if dvza.clock.now() - session.created > timedelta(minutes=SESSION_MINUTES):
        dvza.sessions.pop(hashed(transaction), None)
        return None
    try:
        cookies: SimpleCookie = SimpleCookie(header(request.headers, "cookie") or "")
    except CookieError:
        return None
    offered = cookies[COOKIE].value if COOKIE in cookies else ""
    return session if secrets.compare_digest(offered.encode(), session.browser.encode()) else None


# -- authorization request --------------------------------------------------------------------------


def _authorize(dvza: DvzaTwin, request: Incoming, rel: Release) -> Outgoing:
    client = _parameter(request.query, "client_id")
    if dvza.fault("front-certificate-demanded", client):
        return _problem(dvza, 403, "Toon een clientcertificaat.")
    names = dvza.names(rel)
    services = {item for name in names if (his := dvza.his_by_name(name)) for item in dvza.services(his, rel)}
    checked = _checked(dvza, request.query, rel, names, services)
    if checked.exception == "1a":
        return _problem(
            dvza,
            400,
            "De aanvraag van uw PGO klopt niet. Er is niets met uw gegevens gebeurd. Ga terug naar uw PGO.",
        )
    if checked.exception == "1b":
        return _refuse(dvza, client, checked, checked.error)
    wanted, scope = checked.request, checked.scope
    assert wanted is not None
    assert scope is not None
    if dvza.fault("scope-refused", client):
        return _refuse(dvza, client, checked, "invalid_scope")
    extra = {pair.name for pair in forms.parse(request.query)} - set(authorization.PARAMETERS)
    if extra and dvza.fault("unknown-parameters-refused", client):
        return _refuse(dvza, client, checked, "invalid_request")
    his = dvza.his_by_name(scope.name)
    if his is None:
        return _refuse(dvza, client, checked, "invalid_scope")
    function = _function(scope.services)
    offered = dvza.services(his, rel, function)
    if function is None or not set(scope.services) <= set(offered):
        return _refuse(dvza, client, checked, "invalid_scope")
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
    )
    remember(dvza, session)
    cookie = (
        f"{COOKIE}={session.browser}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={SESSION_MINUTES * 60}"
    )
    return _page(
        dvza,
        session,
        "landing",
        "Gegevens delen" if function == "share" else "Gegevens verzamelen",
        headers=(("Set-Cookie", cookie),),
    )


def _parameter(query: str, name: str) -> str:
    try:
        return next((pair.value for pair in forms.parse(query) if pair.name == name), "")
    except forms.FormError:
        return ""


def _checked(
    dvza: DvzaTwin, query: str, rel: Release, names: tuple[str, ...], services: set[str]
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


def _refuse(dvza: DvzaTwin, client: str, checked: authorization.CheckedRequest, error: str) -> Outgoing:
    """Exception 1b: back to the client with an error and its state."""
    if dvza.fault("error-without-state", client):
        return redirect(authorization.error_redirect(checked.redirect_uri, error, "").replace("&state=", ""))
    return redirect(authorization.error_redirect(checked.redirect_uri, error, checked.state))


def remember(dvza: DvzaTwin, session: Session) -> None:
    """Keep a session; the oldest ones go when there are too many."""
    with dvza.lock:
        while len(dvza.sessions) >= MAX_SESSIONS:
            dvza.sessions.pop(next(iter(dvza.sessions)))
        dvza.sessions[hashed(session.id)] = session


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


# -- steps ------------------------------------------------------------------------------------------


def _landing(dvza: DvzaTwin, session: Session, fields: dict[str, str]) -> Outgoing:
    if fields.get("action") == "cancel":
        if dvza.fault("cancel-without-return", session.client_id):
            return _problem(dvza, 200, "U hebt geannuleerd. U kunt dit venster sluiten.")
        return _end(dvza, session, error="access_denied")
    if fields.get("action") != "continue":
        return _problem(dvza, 400, "Kies verder gaan of annuleren.")
    if dvza.fault("consent-before-login", session.client_id):
        session.step = "consent"
        return _consent_page(dvza, session)
    session.step = "login"
    return _login_page(dvza, session)


def _login_page(dvza: DvzaTwin, session: Session) -> Outgoing:
    choices = [{"id": item.id, "display": item.display} for item in dvza.persons.values()]
    choices.append({"id": FAILURE_PERSON, "display": "Technische storing nabootsen"})
    return _page(dvza, session, "login", "Inloggen", persons=choices)


def _login(dvza: DvzaTwin, session: Session, fields: dict[str, str]) -> Outgoing:
    if fields.get("action") == "cancel":
        return _end(dvza, session, error="access_denied")
    chosen = fields.get("person", "")
    if chosen == FAILURE_PERSON:
        return _failure(dvza, session)
    person = dvza.persons.get(chosen)
    if fields.get("action") != "login" or person is None:
        return _problem(dvza, 400, "Deze testpersoon bestaat niet.")
    session.person = person.id
    if not session.client_id:
        session.step = "consents"
        return _consents_page(dvza, session)
    reason = dvza.unavailable(person, session.his) if dvza.participant.availability == "early" else ""
    if reason == "age" and dvza.fault("under-age-accepted", session.client_id):
        reason = ""
    if reason:
        told = dvza.fault("no-data-revealed", session.client_id)
        return _end(dvza, session, error="access_denied", description="Er zijn geen gegevens" if told else "")
    if session.answered:  # consent was asked before login (a fault)
        return _granted(dvza, session, long_term=False)
    session.step = "consent"
    return _consent_page(dvza, session)


def _consent_page(dvza: DvzaTwin, session: Session) -> Outgoing:
    collect = session.function == "collect"
    return _page(
        dvza,
        session,
        "consent",
        "Toestemming" if collect else "Bevestiging",
        services=service_names(dvza.stelselnode, session.services),
        long_term=session.release.long_term_consent and collect,
        preselected=dvza.fault("long-term-preselected", session.client_id),
        pgo="uw PGO" if dvza.fault("consent-without-names", session.client_id) else session.organisation,
    )


def _consent(dvza: DvzaTwin, session: Session, fields: dict[str, str]) -> Outgoing:
    if fields.get("action") == "no":
        return _end(dvza, session, error="access_denied")
    if fields.get("action") != "yes":
        return _problem(dvza, 400, "Kies ja of nee.")
    long_term = (
        fields.get("long_term") == "yes"
        and session.release.long_term_consent
        and session.function == "collect"
    )
    if not session.person:
        session.answered, session.step = True, "login"
        return _login_page(dvza, session)
    return _granted(dvza, session, long_term=long_term)


def _granted(dvza: DvzaTwin, session: Session, *, long_term: bool) -> Outgoing:
    """A code for what the person allowed."""
    family = secrets.token_hex(8)
    code = dvza.new_secret("code", session.client_id)
    dvza.codes[hashed(code)] = Grant(
        family=family,
        release=session.release.id,
        client_id=session.client_id,
        redirect_uri=session.redirect_uri,
        his=session.his.id,
        function=session.function,
        scope=session.scope,
        services=session.services,
        person=session.person,
        issued=dvza.clock.now(),
        long_term=long_term,
    )
    if long_term:
        dvza.consents[family] = Consent(
            id=secrets.token_hex(8),
            family=family,
            person=session.person,
            client_id=session.client_id,
            organisation=session.organisation,
            services=session.services,
        )
    return _end(dvza, session, code=code)


def _end(
    dvza: DvzaTwin, session: Session, *, code: str = "", error: str = "", description: str = ""
) -> Outgoing:
    """Leave: back to the PGO with a code or an error; the session is over."""
    dvza.sessions.pop(hashed(session.id), None)
    if not session.client_id:
        return _problem(dvza, 200, "U bent uitgelogd.")
    client, state = session.client_id, session.state
    if dvza.fault("redirect-state-altered", client) or dvza.fault("state-not-returned", client):
        state = f"{state[:-1]}{'a' if state[-1:] != 'a' else 'b'}"
    if dvza.fault("redirect-state-missing", client):
        state = ""
    for name, replacement in (
        ("redirect-error-access-denied", "access_denied"),
        ("redirect-error-server-error", "server_error"),
        ("redirect-error-unknown", "onbekende_fout"),
    ):
        if dvza.fault(name, client):
            code, error = "", replacement
            description = "Er ging iets mis" if replacement == "server_error" else ""
    if code:
        location = authorization.success_redirect(session.redirect_uri, code, state)
    else:
        location = authorization.error_redirect(session.redirect_uri, error, state, description)
    if not state:
        location = location.replace("&state=", "")
    return redirect(location)


def _failure(dvza: DvzaTwin, session: Session) -> Outgoing:
    dvza.sessions.pop(hashed(session.id), None)
    back = ""
    if session.client_id:
        back = authorization.error_redirect(session.redirect_uri, "server_error", session.state)
    trace = session.correlation or secrets.token_hex(16)
    if dvza.fault("failure-without-ids", session.client_id):
        trace = ""
    return page(
        "error",
        status=500,
        step="failure",
        title="Technische storing",
        provider=session.his.title,
        message="Door een storing kunnen wij u nu niet helpen. Probeer het later opnieuw.",
        trace=trace,
        session=secrets.token_hex(8),
        back=back,
        pgo=session.organisation,
    )


# -- consents without end date ------------------------------------------------------------------------


def _manage(dvza: DvzaTwin, rel: Release) -> Outgoing:
    his = next(iter(dvza.network.behind(dvza.participant.id)), None)
    if his is None:
        return not_found()
    session = Session(
        id=dvza.new_secret("cookie"),
        browser=dvza.new_secret("cookie"),
        release=rel,
        his=his,
        function="collect",
        client_id="",
        organisation="",
        redirect_uri="",
        state="",
        scope="",
        services=(),
        correlation="",
        created=dvza.clock.now(),
        step="login",
    )
    remember(dvza, session)
    answer = _login_page(dvza, session)
    cookie = (
        f"{COOKIE}={session.browser}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={SESSION_MINUTES * 60}"
    )
    return Outgoing(status=answer.status, headers=(*answer.headers, ("Set-Cookie", cookie)), body=answer.body)


def _consents_page(dvza: DvzaTwin, session: Session) -> Outgoing:
    mine = [item for item in dvza.consents.values() if item.person == session.person]
    return _page(
        dvza,
        session,
        "consents",
        "Uw toestemmingen",
        consents=[
            {
                "id": item.id,
                "pgo": item.organisation,
                "services": ", ".join(service_names(dvza.stelselnode, item.services)),
            }
            for item in mine
        ],
    )


def _withdraw(dvza: DvzaTwin, session: Session, fields: dict[str, str]) -> Outgoing:
    for family, item in list(dvza.consents.items()):
        if item.person == session.person and item.id == fields.get("consent"):
            dvza.consents.pop(family)
            if not dvza.fault("refresh-after-withdrawal", item.client_id):
                dvza.withdrawn.add(family)
    return _consents_page(dvza, session)


# -- pages ------------------------------------------------------------------------------------------


def _page(
    dvza: DvzaTwin,
    session: Session,
    name: str,
    title: str,
    *,
    headers: tuple[tuple[str, str], ...] = (),
    **values: Any,
) -> Outgoing:
    segment = session.release.id.replace("-", "").replace(".", "")
    common = {"pgo": session.organisation, **values}
    return page(
        name,
        headers=headers,
        title=title,
        provider=session.his.title,
        function=session.function,
        transaction=session.id,
        action=f"/{segment}",
        **common,
    )


def _problem(
    dvza: DvzaTwin, status: int, message: str, *, headers: tuple[tuple[str, str], ...] = ()
) -> Outgoing:
    return page(
        "error",
        status=status,
        headers=headers,
        title="Dit lukt niet" if status >= 400 else "Klaar",
        provider=dvza.participant.title,
        message=message,
        trace="",
        session="",
        back="",
        pgo="",
    )


def redirect(location: str) -> Outgoing:
    """A redirect of the browser."""
    return Outgoing(
        status=302,
        headers=(
            ("Location", location),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("Set-Cookie", f"{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"),
        ),
    )
