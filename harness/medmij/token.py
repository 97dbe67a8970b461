"""The token interface (section 4): request, response, errors, for codes and refresh tokens.

The conformant request is a POST over mutual TLS with a form body. Parameters in the URL are reported (a
published example has them there), a JSON body is an error. ``client_id`` is mandatory from 2.x; the real
client authentication is the certificate, so there is no client secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from harness.core.http.credentials import directives
from harness.core.issues import Issue, Severity, issue
from harness.core.run.exchanges import Headers, header, header_values, media_type
from harness.core.text import Phrase, Text
from harness.medmij import forms, headers, scope, urls
from harness.medmij.errors import TOKEN_ERRORS
from harness.medmij.releases import Release

FORM: Final = "application/x-www-form-urlencoded"
GRANTS: Final = ("authorization_code", "refresh_token")
MAX_BODY: Final = 16_384
MAX_TOKEN: Final = 8_192


class TokenRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a token request; absent ones are ``""``."""

    grant_type: str
    code: str = ""
    refresh_token: str = ""
    client_id: str = ""
    redirect_uri: str = ""


class ParsedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A token request and what is wrong with it; ``error`` is the RFC 6749 code to answer, or ``""``."""

    request: TokenRequest | None
    error: str = ""
    issues: tuple[Issue, ...] = ()


class TokenResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Fields of a successful response. ``expires_in`` in seconds, ``None`` when absent."""

    access_token: str
    token_type: str = "Bearer"
    expires_in: int | None = None
    refresh_token: str = ""
    scope: str = ""


class ParsedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A token response: tokens, or an error code, and what is wrong with it."""

    response: TokenResponse | None = None
    error: str = ""
    issues: tuple[Issue, ...] = ()


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What the server remembers of a code or refresh token."""

    client_id: str
    redirect_uri: str
    issued: datetime
    used: bool = False
    revoked: bool = False


def build(request: TokenRequest, release: Release) -> bytes:
    """The form body. ``client_id`` is always sent where the family has it (it is ignored elsewhere)."""
    pairs = [("grant_type", request.grant_type)]
    if request.grant_type == "refresh_token":
        pairs.append(("refresh_token", request.refresh_token))
    else:
        pairs += [("code", request.code), ("redirect_uri", request.redirect_uri)]
    if request.client_id or release.client_id_at_token == "required":
        pairs.append(("client_id", request.client_id))
    return forms.encode(pairs).encode("ascii")


def request_headers(release: Release, request_id: str, correlation_id: str) -> list[tuple[str, str]]:
    """Headers of a conformant token request."""
    result = [("Content-Type", FORM), ("Accept", "application/json")]
    if release.correlation:
        result += [(headers.REQUEST_ID, request_id), (headers.CORRELATION_ID, correlation_id)]
    return result


def parse_request(
    method: str, query: str, request_headers: Headers, body: bytes, release: Release
) -> ParsedRequest:
    """Read a token request strictly, in the order in which a server refuses.

    :param query: raw query of the URL.
    """
    if method != "POST":
        return _bad("token-method", "method", "POST", method)
    kind = media_type(request_headers)
    if kind != FORM:
        return _bad("token-media-type", "Content-Type", FORM, kind or _NONE)
    if len(body) > MAX_BODY:
        return _bad("token-size", "body", _SMALL_REQUEST, str(len(body)))
    try:
        pairs = forms.parse(body.decode("ascii"))
        in_url = forms.parse(query)
    except (forms.FormError, UnicodeDecodeError) as error:
        return _bad(
            "token-form", "body", _A_FORM, error.why if isinstance(error, forms.FormError) else str(error)
        )
    issues = []
    known = ("grant_type", "code", "refresh_token", "client_id", "redirect_uri", "client_secret")
    for pair in in_url:
        if pair.name in known:
            issues.append(_issue("token-query", pair.name, _IN_BODY, _IN_URL, "warning"))
    if header(request_headers, "authorization") is not None:
        issues.append(_issue("token-basic", "Authorization", _NO_HEADER, _PRESENT, "warning"))
    if forms.values(pairs, "client_secret"):
        issues.append(_issue("token-secret", "client_secret", _ABSENT, _PRESENT, "warning"))
    fields = {}
    for name in known[:5]:
        found = forms.values(pairs, name)
        if len(found) > 1:
            issue = _issue("token-repeated", name, forms.ONE_VALUE, str(len(found)))
            return ParsedRequest(request=None, error="invalid_request", issues=(*issues, issue))
        fields[name] = found[0] if found else ""
    request = TokenRequest(**fields)
    raw = next((pair.raw for pair in pairs if pair.name == "redirect_uri"), "")
    problem = _first_problem(request, raw, release)
    if release.correlation:
        issues += headers.check_headers(request_headers)
    if problem:
        error_code, issue = problem
        return ParsedRequest(request=None, error=error_code, issues=(*issues, issue))
    return ParsedRequest(request=request, issues=tuple(issues))


def _first_problem(request: TokenRequest, raw: str, release: Release) -> tuple[str, Issue] | None:
    allowed = GRANTS if release.refresh else GRANTS[:1]
    if not request.grant_type:
        return "invalid_request", _issue("token-grant", "grant_type", " | ".join(allowed), "")
    if request.grant_type not in allowed:
        issue = _issue("token-grant", "grant_type", " | ".join(allowed), request.grant_type)
        return "unsupported_grant_type", issue
    if release.client_id_at_token == "required" and not request.client_id:
        return "invalid_request", _issue("token-client-id", "client_id", _HOST_OF_CLIENT, "")
    if request.grant_type == "refresh_token":
        if not request.refresh_token:
            return "invalid_request", _issue("token-refresh", "refresh_token", _A_REFRESH_TOKEN, "")
        return None
    if not request.code:
        return "invalid_request", _issue("token-code", "code", _A_CODE, "")
    if not request.redirect_uri:
        issue = _issue("token-redirect-uri", "redirect_uri", _AS_AUTHORIZED, "")
        return "invalid_request", issue
    if urls.double_encoded(raw):
        return "invalid_grant", _issue("token-double-encoded", "redirect_uri", urls.ENCODED_ONCE, raw)
    return None


def check_grant(
    request: TokenRequest,
    grant: Grant | None,
    client_hosts: Collection[str],
    release: Release,
    now: datetime,
    *,
    lifetime: timedelta,
) -> tuple[str, str]:
    """Whether a code or refresh token may be exchanged: ``("", "")`` or the RFC 6749 code and a reason.

    :param grant: what was remembered for the offered code or refresh token, ``None`` when unknown.
    :param client_hosts: host names in the client certificate.
    :param lifetime: of the code or the refresh token.
    """
    if release.client_id_at_token == "required" and request.client_id not in client_hosts:
        return "invalid_client", "client_id differs from the certificate"
    if grant is None:
        return "invalid_grant", "unknown"
    if grant.client_id not in client_hosts:
        return "invalid_grant", "issued to another client"
    if request.client_id and request.client_id != grant.client_id:
        return "invalid_client", "client_id differs"
    if grant.used or grant.revoked:
        return "invalid_grant", "used or revoked"
    if now >= grant.issued + lifetime:
        return "invalid_grant", "expired"
    if request.grant_type == "authorization_code" and request.redirect_uri != grant.redirect_uri:
        return "invalid_grant", "redirect_uri differs"
    return "", ""


def build_response(response: TokenResponse) -> bytes:
    """JSON body of a successful response; absent fields are left out."""
    fields: dict[str, Any] = {"access_token": response.access_token, "token_type": response.token_type}
    if response.expires_in is not None:
        fields["expires_in"] = response.expires_in
    if response.refresh_token:
        fields["refresh_token"] = response.refresh_token
    if response.scope:
        fields["scope"] = response.scope
    return json.dumps(fields).encode()


def build_error(error: str, description: str = "") -> bytes:
    """JSON body of an error response."""
    fields = {"error": error}
    if description:
        fields["error_description"] = description
    return json.dumps(fields).encode()


RESPONSE_HEADERS: Final = (
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-store"),
    ("Pragma", "no-cache"),
)
"""Headers of every token response."""


def parse_response(
    status: int, response_headers: Headers, body: bytes, release: Release, *, narrower: bool = False
) -> ParsedResponse:
    """Read a token response.

    :param narrower: fewer services were granted than asked, so that a family with
        ``response_scope: when-narrower`` must say so.
    """
    issues = []
    kind = media_type(response_headers)
    if kind != "application/json":
        severity: Severity = "error" if status == 200 else "warning"  # RFC 6749: 5.1 MUST, 5.2 by example
        issues.append(_issue("token-response-type", "Content-Type", "application/json", kind, severity))
    if len(body) > MAX_BODY * 4:
        return ParsedResponse(issues=(*issues, _issue("token-size", "body", _SMALL_BODY, str(len(body)))))
    data = _object(body)
    if not isinstance(data, dict):
        return ParsedResponse(issues=(*issues, _issue("token-json", "body", _AN_OBJECT, _SOMETHING_ELSE)))
    if status != 200:
        error = data.get("error")
        if not isinstance(error, str) or error not in TOKEN_ERRORS:
            issues.append(_issue("token-error", "error", " | ".join(sorted(TOKEN_ERRORS)), str(error)))
        return ParsedResponse(error=error if isinstance(error, str) else "", issues=tuple(issues))
    if "no-store" not in directives(header_values(response_headers, "cache-control")):
        issues.append(_issue("token-no-store", "Cache-Control", "no-store", "", "warning"))
    issues += _check_fields(data, release, narrower)
    if not isinstance(data.get("access_token"), str) or not data["access_token"]:
        return ParsedResponse(issues=tuple(issues))

    def text(name: str) -> str:
        value = data.get(name)
        return value if isinstance(value, str) else ""

    expires, _ = seconds(data.get("expires_in"))
    response = TokenResponse(
        access_token=text("access_token"),
        token_type=text("token_type"),
        expires_in=expires,
        refresh_token=text("refresh_token"),
        scope=text("scope"),
    )
    return ParsedResponse(response=response, issues=tuple(issues))


def seconds(value: object) -> tuple[int | None, Severity | None]:
    """``expires_in`` as a number of seconds, and how wrong its form is (``None``: not at all).

    JSON has one kind of number (RFC 8259 section 6): ``900``, ``900.0`` and ``9e2`` are the same. A fraction,
    or digits in a string, can still be understood: a warning. Nothing else is a lifetime.
    """
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value, re.ASCII):
        return (int(value), "warning") if int(value) else (None, "error")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 10**9:
        return None, "error"
    return (int(value), None) if value == int(value) else (int(value) or None, "warning")


def _object(body: bytes) -> object:
    """The JSON of a body; ``None`` when it is none: broken, too deep, a member twice, NaN (RFC 8259)."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a member occurs twice")
        return found

    def refuse(name: str) -> None:
        raise ValueError(f"{name} is no JSON")

    try:
        found: object = json.loads(body, object_pairs_hook=once, parse_constant=refuse)
    except (ValueError, RecursionError):
        return None
    return found


def _check_fields(data: dict[str, Any], release: Release, narrower: bool) -> list[Issue]:
    issues = []
    token = data.get("access_token")
    if not isinstance(token, str) or not token or len(token) > MAX_TOKEN:
        issues.append(_issue("token-access-token", "access_token", _A_STRING, type(token).__name__))
    kind = data.get("token_type")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        issues.append(_issue("token-type", "token_type", "Bearer", str(kind)))
    _, severity = seconds(data.get("expires_in"))
    if severity:
        shown = json.dumps(data.get("expires_in"))
        issues.append(_issue("token-expires", "expires_in", _A_NUMBER, shown, severity))
    refresh = data.get("refresh_token")
    if refresh is not None and (not isinstance(refresh, str) or not refresh):
        issues.append(_issue("token-refresh-token", "refresh_token", _A_STRING, type(refresh).__name__))
    if refresh is not None and not release.refresh:
        issues.append(_issue("token-refresh-release", "refresh_token", _ABSENT, _PRESENT, "warning"))
    granted = data.get("scope")
    if granted is None:
        if narrower and release.response_scope == "when-narrower":
            issues.append(_issue("token-scope-missing", "scope", _NARROWER, ""))
    elif not isinstance(granted, str) or (granted and scope.parse_granted(granted) is None):
        issues.append(_issue("token-scope", "scope", "naam~gd | gd gd", str(granted), "warning"))
    return issues


def _bad(rule: str, path: str, expected: Phrase, received: Phrase) -> ParsedRequest:
    return ParsedRequest(
        request=None, error="invalid_request", issues=(_issue(rule, path, expected, received),)
    )


def _issue(rule: str, path: str, expected: Phrase, received: Phrase, severity: Severity = "error") -> Issue:
    message = _MESSAGES[rule].format(name=path)
    return issue(rule, message, severity=severity, path=path, expected=expected, received=received)


_SMALL_REQUEST: Final = Text(nl=f"hoogstens {MAX_BODY} bytes", en=f"at most {MAX_BODY} bytes")
_SMALL_BODY: Final = Text(nl="een kleine body", en="a small body")
_A_FORM: Final = Text(nl="een formulier", en="a form")
_NONE: Final = Text(nl="(geen)", en="(none)")
_IN_BODY: Final = Text(nl="in de body", en="in the body")
_IN_URL: Final = Text(nl="in de URL", en="in the URL")
_NO_HEADER: Final = Text(nl="geen header", en="no header")
_PRESENT: Final = Text(nl="aanwezig", en="present")
_ABSENT: Final = Text(nl="afwezig", en="absent")
_HOST_OF_CLIENT: Final = Text(nl="de host van de client", en="the host of the client")
_A_REFRESH_TOKEN: Final = Text(nl="een verversingstoken", en="a refresh token")
_A_CODE: Final = Text(nl="een autorisatiecode", en="an authorization code")
_AS_AUTHORIZED: Final = Text(nl="als in het autorisatieverzoek", en="as in the authorization request")
_AN_OBJECT: Final = Text(nl="een JSON-object", en="a JSON object")
_SOMETHING_ELSE: Final = Text(nl="iets anders", en="something else")
_A_STRING: Final = Text(nl="een string", en="a string")
_A_NUMBER: Final = Text(nl="een positief geheel getal", en="a positive whole number")
_NARROWER: Final = Text(nl="de nauwere scope", en="the narrower scope")


_MESSAGES: Final = {
    "token-method": Text(nl="het tokenverzoek is geen POST", en="the token request is not a POST"),
    "token-media-type": Text(nl="het tokenverzoek is geen formulier", en="the token request is not a form"),
    "token-size": Text(nl="het bericht is te groot", en="the message is too large"),
    "token-form": Text(nl="het formulier is niet te lezen", en="the form cannot be read"),
    "token-query": Text(nl="{name} staat in de URL", en="{name} is in the URL"),
    "token-basic": Text(nl="er is een Authorization-header", en="there is an Authorization header"),
    "token-secret": Text(nl="er is een client_secret", en="there is a client_secret"),
    "token-repeated": Text(nl="{name} komt meer dan eens voor", en="{name} occurs more than once"),
    "token-grant": Text(nl="grant_type ontbreekt of is onbekend", en="grant_type is missing or unknown"),
    "token-client-id": Text(nl="client_id ontbreekt", en="client_id is missing"),
    "token-refresh": Text(nl="refresh_token ontbreekt", en="refresh_token is missing"),
    "token-code": Text(nl="code ontbreekt", en="code is missing"),
    "token-redirect-uri": Text(nl="redirect_uri ontbreekt", en="redirect_uri is missing"),
    "token-double-encoded": Text(nl="redirect_uri is dubbel gecodeerd", en="redirect_uri is encoded twice"),
    "token-response-type": Text(nl="het antwoord is geen JSON", en="the answer is not JSON"),
    "token-json": Text(nl="het antwoord is geen JSON-object", en="the answer is not a JSON object"),
    "token-error": Text(nl="onbekende foutcode", en="unknown error code"),
    "token-no-store": Text(nl="Cache-Control: no-store ontbreekt", en="Cache-Control: no-store is missing"),
    "token-access-token": Text(nl="access_token ontbreekt of is geen tekst", en="access_token is missing"),
    "token-type": Text(nl="token_type is niet Bearer", en="token_type is not Bearer"),
    "token-expires": Text(
        nl="expires_in ontbreekt of is geen getal", en="expires_in is missing or no number"
    ),
    "token-refresh-token": Text(nl="refresh_token is geen tekst", en="refresh_token is not a string"),
    "token-refresh-release": Text(
        nl="deze release kent geen refresh_token", en="this release knows no refresh_token"
    ),
    "token-scope-missing": Text(
        nl="scope ontbreekt terwijl minder is verleend", en="scope is missing although less was granted"
    ),
    "token-scope": Text(nl="scope heeft een onbekende vorm", en="scope has an unknown form"),
}
