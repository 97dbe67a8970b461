"""The authorization interface (section 3): request, order of checks 1a and 1b, redirects.

The authorization server first checks ``client_id`` and ``redirect_uri`` (failure is exception **1a**: an
error page, never a redirect), then everything else (exception **1b**: a redirect with an RFC 6749 error
code and the unchanged ``state``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final, Literal

import msgspec

from harness.core.http import addresses
from harness.core.issues import Issue, issue
from harness.core.text import Phrase, Text
from harness.medmij import forms, headers, scope, urls
from harness.medmij.errors import AUTHORIZATION_ERRORS
from harness.medmij.releases import Function, Release

PARAMETERS: Final = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    headers.REQUEST_ID,
    headers.CORRELATION_ID,
)
MAX_STATE: Final = 2000


class AuthorizationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of a good request. ``request_id`` and ``correlation_id`` are ``""`` before 2.x."""

    client_id: str
    redirect_uri: str
    scope: str
    state: str
    response_type: str = "code"
    request_id: str = ""
    correlation_id: str = ""


class CheckedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the authorization server knows after its checks.

    :ivar request: the request when everything is right, else ``None``.
    :ivar scope: its parsed scope.
    :ivar exception: ``""``, ``1a`` (error page) or ``1b`` (redirect with :attr:`error`).
    :ivar error: RFC 6749 code for a redirect.
    :ivar redirect_uri: set only when client and redirect_uri are valid.
    :ivar state: the state to return, also with an error; ``""`` when none was sent.
    :ivar organisation: display name of the client on the OCL.
    """

    request: AuthorizationRequest | None
    scope: scope.Scope | None = None
    exception: Literal["", "1a", "1b"] = ""
    error: str = ""
    redirect_uri: str = ""
    state: str = ""
    organisation: str = ""
    issues: tuple[Issue, ...] = ()


class RedirectResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a client reads from the redirect: a code or an error, the state, and what is wrong with it."""

    code: str = ""
    error: str = ""
    description: str = ""
    state: str = ""
    issues: tuple[Issue, ...] = ()


def build(endpoint: str, request: AuthorizationRequest, release: Release) -> str:
    """URL of the authorization request, every value percent-encoded exactly once."""
    pairs = [
        ("response_type", request.response_type),
        ("client_id", request.client_id),
        ("redirect_uri", request.redirect_uri),
        ("scope", request.scope),
        ("state", request.state),
    ]
    if release.correlation:
        pairs += [
            (headers.REQUEST_ID, request.request_id),
            (headers.CORRELATION_ID, request.correlation_id),
        ]
    return forms.append(endpoint, pairs)


def check(
    query: str,
    release: Release,
    *,
    client: Callable[[str], str | None],
    names: Collection[str],
    services: Collection[str],
    client_services: Callable[[str], Collection[str] | None] = lambda _: None,
    function: Function | None = None,
) -> CheckedRequest:
    """All checks of the authorization server, in the order of the framework.

    :param query: raw query of the request URL.
    :param client: organisation name of a client on the OCL, ``None`` when it is not there.
    :param names: MedMij names (without suffix) that this server authorizes for.
    :param services: GegevensdienstIds known to it (GNL and its own ZAL entry).
    :param client_services: services of a client on the OCL for this interface version; ``None`` when the
        list does not say. Used where ``release.ocl_check`` is ``authorization``.
    :param function: limit to ``collect`` or ``share``; ``None`` accepts both forms.
    """
    try:
        pairs = forms.parse(query)
    except forms.FormError as error:
        return CheckedRequest(
            request=None, exception="1a", issues=(_issue("query-syntax", "query", _A_QUERY, error.why),)
        )
    first, organisation = _check_client(pairs, release, client)
    if any(issue.severity == "error" for issue in first):
        return CheckedRequest(request=None, exception="1a", issues=tuple(first))
    redirect_uri = _one(pairs, "redirect_uri")
    states = forms.values(pairs, "state")
    state = states[0] if len(states) == 1 and _state_ok(states[0]) else ""
    client_id = _one(pairs, "client_id")
    second, error_code, parsed = _check_rest(
        pairs, release, names, services, client_services(client_id), function
    )
    common: dict[str, Any] = {"redirect_uri": redirect_uri, "state": state, "organisation": organisation}
    if error_code:
        return CheckedRequest(
            request=None, exception="1b", error=error_code, issues=(*first, *second), **common
        )
    request = AuthorizationRequest(
        client_id=client_id,
        redirect_uri=redirect_uri,
        scope=_one(pairs, "scope"),
        state=state,
        request_id=_one(pairs, headers.REQUEST_ID) if release.correlation else "",
        correlation_id=_one(pairs, headers.CORRELATION_ID) if release.correlation else "",
    )
    return CheckedRequest(request=request, scope=parsed, issues=(*first, *second), **common)


def check_syntax(query: str, release: Release, function: Function | None = None) -> list[Issue]:
    """Everything that is wrong with a request of a client, without knowledge of the lists.

    The judge of a client uses this; ``client_id`` and names are judged against the lists elsewhere.
    """
    try:
        pairs = forms.parse(query)
    except forms.FormError as error:
        return [_issue("query-syntax", "query", _A_QUERY, error.why)]
    first, _ = _check_client(pairs, release, lambda _: "")
    second, _, _ = _check_rest(pairs, release, None, None, None, function)
    return first + second


def _one(pairs: tuple[forms.Pair, ...], name: str) -> str:
    found = forms.values(pairs, name)
    return found[0] if found else ""


def _state_ok(value: str) -> bool:
    return 0 < len(value) <= MAX_STATE and value.isascii() and value.isprintable()


def _check_client(
    pairs: tuple[forms.Pair, ...], release: Release, client: Callable[[str], str | None]
) -> tuple[list[Issue], str]:
    issues = []
    for name in ("client_id", "redirect_uri"):
        found = forms.values(pairs, name)
        if len(found) > 1:
            issues.append(_issue("parameter-repeated", name, forms.ONE_VALUE, str(len(found))))
    client_id = _one(pairs, "client_id")
    organisation = None
    if not client_id:
        issues.append(_issue("client-id-missing", "client_id", _HOST_ON_OCL, ""))
    elif not urls.is_hostname(client_id):
        issues.append(_issue("client-id-syntax", "client_id", _A_HOST, client_id))
    else:
        organisation = client(client_id)
        if organisation is None:
            issues.append(_issue("client-id-unknown", "client_id", _HOST_ON_OCL, client_id))
    raw = next((pair.raw for pair in pairs if pair.name == "redirect_uri"), "")
    value = _one(pairs, "redirect_uri")
    if urls.double_encoded(raw):
        issues.append(_issue("redirect-uri-double-encoded", "redirect_uri", urls.ENCODED_ONCE, raw))
    else:
        issues += urls.check_redirect_uri(value, client_id)
        if value and release.redirect_uri_encoded and (":" in raw or "/" in raw):
            issues.append(_issue("redirect-uri-not-encoded", "redirect_uri", _PERCENT_ENCODED, raw))
    return issues, organisation or ""


def _check_rest(
    pairs: tuple[forms.Pair, ...],
    release: Release,
    names: Collection[str] | None,
    services: Collection[str] | None,
    client_services: Collection[str] | None,
    function: Function | None,
) -> tuple[list[Issue], str, scope.Scope | None]:
    issues: list[Issue] = []
    error = ""
    for name in ("response_type", "scope", "state"):
        found = forms.values(pairs, name)
        if len(found) > 1:
            issues.append(_issue("parameter-repeated", name, forms.ONE_VALUE, str(len(found))))
            error = error or "invalid_request"
    kind = _one(pairs, "response_type")
    if kind != "code":
        issues.append(_issue("response-type", "response_type", "code", kind))
        error = error or ("unsupported_response_type" if kind else "invalid_request")
    state = _one(pairs, "state")
    if (not state and release.state == "required") or (state and not _state_ok(state)):
        issues.append(_issue("state", "state", _PRINTABLE, state))
        error = error or "invalid_request"
    if release.correlation:
        for name in (headers.REQUEST_ID, headers.CORRELATION_ID):
            found_ids = headers.check_id(name, forms.values(pairs, name))
            issues += found_ids
            error = error or ("invalid_request" if found_ids else "")
    text = _one(pairs, "scope")
    parsed = scope.parse(text, release, function)
    issues += parsed.issues
    if parsed.scope is None:
        return issues, error or ("invalid_scope" if text else "invalid_request"), None
    if names is not None and not any(scope.same_name(parsed.scope.name, name) for name in names):
        issues.append(_issue("scope-provider-unknown", "scope", _OWN_PROVIDER, text))
        error = error or "invalid_scope"
    if services is not None and not set(parsed.scope.services) <= set(services):
        issues.append(_issue("scope-service-unknown", "scope", _ON_GNL, text))
        error = error or "invalid_scope"
    if release.ocl_check == "authorization" and client_services is not None:
        missing = set(parsed.scope.services) - set(client_services)
        if missing:
            issues.append(_issue("scope-service-client", "scope", _ON_OCL, " ".join(sorted(missing))))
            error = error or "invalid_scope"
    return issues, error, parsed.scope


def success_redirect(redirect_uri: str, code: str, state: str) -> str:
    """``Location`` with the authorization code."""
    return forms.append(redirect_uri, [("code", code), ("state", state)])


def error_redirect(redirect_uri: str, error: str, state: str, description: str = "") -> str:
    """``Location`` with an error; ``state`` returns when it was sent (RFC 6749 section 4.1.2.1)."""
    pairs = [("error", error)]
    if description:
        pairs.append(("error_description", description))
    if state:
        pairs.append(("state", state))
    return forms.append(redirect_uri, pairs)


def returns_to(url: str, redirect_uri: str) -> bool:
    """Whether a URL is the address of the client, with whatever parameters behind it."""
    return addresses.same(url, redirect_uri)


def carries_outcome(location: str) -> bool:
    """Whether a URL holds a code or an error, in its query or its fragment."""
    rest = location.partition("?")[2] or location.partition("#")[2]
    names = {part.partition("=")[0] for part in rest.replace("#", "&").split("&")}
    return bool(names & {"code", "error"})


def parse_redirect(location: str, redirect_uri: str) -> RedirectResult:
    """Read the redirect that an authorization server sent.

    :param redirect_uri: what the client asked for; another target is an issue.
    """
    issues = []
    if not returns_to(location, redirect_uri):
        issues.append(_issue("redirect-target", "Location", redirect_uri, location.partition("?")[0]))
    if "#" in location:
        issues.append(_issue("redirect-fragment", "Location", _IN_QUERY, "fragment"))
    try:
        pairs = forms.parse(forms.query_of(location))
    except forms.FormError as error:
        return RedirectResult(issues=(*issues, _issue("query-syntax", "Location", _A_QUERY, error.why)))
    for name in ("code", "error", "state"):
        if len(forms.values(pairs, name)) > 1:
            issues.append(_issue("parameter-repeated", name, forms.ONE_VALUE, _SEVERAL))
    code, error_code = _one(pairs, "code"), _one(pairs, "error")
    if bool(code) == bool(error_code):
        received = _BOTH if code else _NEITHER
        issues.append(_issue("redirect-outcome", "Location", _EITHER, received))
    if error_code and error_code not in AUTHORIZATION_ERRORS:
        issues.append(_issue("redirect-error", "error", " | ".join(sorted(AUTHORIZATION_ERRORS)), error_code))
    return RedirectResult(
        code=code,
        error=error_code,
        description=_one(pairs, "error_description"),
        state=_one(pairs, "state"),
        issues=tuple(issues),
    )


def _issue(rule: str, path: str, expected: Phrase, received: Phrase) -> Issue:
    return issue(rule, _MESSAGES[rule].format(name=path), path=path, expected=expected, received=received)


_A_QUERY: Final = Text(nl="een query", en="a query")
_A_HOST: Final = Text(nl="een hostnaam", en="host name")
_HOST_ON_OCL: Final = Text(nl="een hostnaam op de OCL", en="host name on the OCL")
_PERCENT_ENCODED: Final = Text(nl="met procentcodering", en="percent-encoded")
_PRINTABLE: Final = Text(nl=f"1-{MAX_STATE} leesbare tekens", en=f"1-{MAX_STATE} printable characters")
_OWN_PROVIDER: Final = Text(nl="een zorgaanbieder van deze server", en="a provider of this server")
_ON_GNL: Final = Text(nl="gegevensdiensten op de GNL", en="services on the GNL")
_ON_OCL: Final = Text(nl="gegevensdiensten op de OCL", en="services on the OCL")
_IN_QUERY: Final = Text(nl="parameters in de query", en="parameters in the query")
_SEVERAL: Final = Text(nl="meerdere", en="several")
_EITHER: Final = Text(nl="code of error, één van beide", en="either code or error")
_BOTH: Final = Text(nl="allebei", en="both")
_NEITHER: Final = Text(nl="geen van beide", en="neither")


_MESSAGES: Final = {
    "query-syntax": Text(nl="de parameters zijn niet te lezen", en="the parameters cannot be read"),
    "parameter-repeated": Text(nl="{name} komt meer dan eens voor", en="{name} occurs more than once"),
    "client-id-missing": Text(nl="client_id ontbreekt", en="client_id is missing"),
    "client-id-syntax": Text(nl="client_id is geen hostnaam", en="client_id is not a host name"),
    "client-id-unknown": Text(
        nl="client_id staat niet op de OAuth Client List", en="client_id is not on the OAuth client list"
    ),
    "redirect-uri-double-encoded": Text(
        nl="redirect_uri is dubbel gecodeerd", en="redirect_uri is encoded twice"
    ),
    "redirect-uri-not-encoded": Text(
        nl="redirect_uri is niet URL-gecodeerd", en="redirect_uri is not URL-encoded"
    ),
    "response-type": Text(nl="response_type is niet code", en="response_type is not code"),
    "state": Text(nl="state ontbreekt of is ongeldig", en="state is missing or invalid"),
    "scope-provider-unknown": Text(
        nl="scope noemt een aanbieder die deze server niet kent",
        en="scope names a provider that this server does not know",
    ),
    "scope-service-unknown": Text(
        nl="scope noemt een onbekende gegevensdienst", en="scope names an unknown service"
    ),
    "scope-service-client": Text(
        nl="de OAuth Client List staat deze gegevensdienst niet toe voor de client",
        en="the OAuth client list does not allow this service for the client",
    ),
    "redirect-target": Text(
        nl="de redirect gaat niet naar redirect_uri", en="the redirect does not go to redirect_uri"
    ),
    "redirect-fragment": Text(
        nl="de parameters staan in het fragment", en="the parameters are in the fragment"
    ),
    "redirect-outcome": Text(
        nl="de redirect heeft niet precies één van code en error",
        en="the redirect does not have exactly one of code and error",
    ),
    "redirect-error": Text(nl="onbekende foutcode", en="unknown error code"),
}
