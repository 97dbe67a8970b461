"""Where secrets stand in HTTP messages: names of parameters, JSON keys, headers, and shapes in free text;
and which bodies are care data.

Names are compared lower case. In search URLs of FHIR the parameters ``code`` and ``state`` are ordinary
search parameters, so those two count as secrets only outside the resource and document interfaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote_plus

from harness.record.redact.tag import TAG

KINDS: Final[dict[str, str]] = {
    "code": "code",
    "authorization_code": "code",
    "device_code": "code",
    "user_code": "code",
    "samlart": "code",
    "samlresponse": "code",
    "samlrequest": "code",
    "relaystate": "state",
    "state": "state",
    "nonce": "state",
    "access_token": "token",
    "accesstoken": "token",
    "id_token": "token",
    "token": "token",
    "bearer": "token",
    "bearer_token": "token",
    "subject_token": "token",
    "actor_token": "token",
    "assertion": "token",
    "client_assertion": "token",
    "refresh_token": "refresh",
    "refreshtoken": "refresh",
    "refresh": "refresh",
    "client_secret": "key",
    "secret": "key",
    "password": "key",
    "passwd": "key",
    "wachtwoord": "key",
    "private_key": "key",
    "api_key": "key",
    "apikey": "key",
    "code_verifier": "key",
    "bsn": "bsn",
    "burgerservicenummer": "bsn",
    "medmij_geboortedatum": "person",
    "geboortedatum": "person",
    "sid": "cookie",
    "session": "cookie",
    "session_id": "cookie",
    "sessionid": "cookie",
    "jsessionid": "cookie",
    "phpsessid": "cookie",
    "csrf": "cookie",
    "csrf_token": "cookie",
    "csrftoken": "cookie",
    "_csrf": "cookie",
    "ticket": "cookie",
}
"""Parameter, form, JSON and cookie names (lower case) to kind of secret."""

FHIR_NAMES: Final = frozenset({"code", "state", "session", "refresh", "ticket", "token", "bearer"})
"""Names that are ordinary words in FHIR; not secret in the resource and document interfaces."""

SECRET_HEADERS: Final[dict[str, str]] = {
    "x-api-key": "key",
    "api-key": "key",
    "x-auth-token": "token",
    "x-access-token": "token",
    "x-csrf-token": "cookie",
    "x-xsrf-token": "cookie",
    "x-client-cert": "key",
    "x-bsn": "bsn",
}
"""Headers whose whole value is a secret (``authorization`` and cookies are parsed further)."""

LITERALS: Final = frozenset(
    {
        "no-store", "no-cache", "no-referrer", "DENY", "nosniff", "*/*", "nl", "keep-alive", "close", "GET",
        "text/html; charset=utf-8", "text/html,application/xhtml+xml", "application/json", "identity",
        "application/x-www-form-urlencoded", "application/xml", "text/xml", "application/xml, text/xml",
        "application/fhir+json", "application/fhir+xml", "application/fhir+json; fhirVersion=3.0",
        "application/fhir+xml; fhirVersion=3.0", "application/fhir+json; charset=utf-8",
        "application/fhir+xml; charset=utf-8", "application/xml; charset=utf-8", "Bearer", "chunked",
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    }
)  # fmt: skip
"""Whole header values that are words of a protocol; skipping them saves most of the work on headers."""

_NAMES = "|".join(sorted((re.escape(name) for name in KINDS), key=len, reverse=True))
PAIRS: Final = re.compile(
    r"(?i)(?:(?<![A-Za-z0-9_.-])|(?<=%[0-9A-F]{2})|(?<=%25[0-9A-F]{2}))"
    rf"({_NAMES})(=|%3D|%253D)([^&\s\"'<>;#,\\]+)",
)
"""``name=value`` in URLs inside headers, HTML and plain text, also percent-encoded once or twice."""

_EQUALS: Final = re.compile(r"[=%](?:(?<==)|(?<=%)(?:25)?3[Dd])")
_ENDINGS: Final = tuple(KINDS)
_LONGEST_NAME: Final = max(map(len, KINDS))

JSON_PAIRS: Final = re.compile(
    rf"(?i)\"({_NAMES})\"\s*:\s*(?:\"((?:[^\"\\]|\\.){{1,20000}})\"|(-?\d[\d.eE+-]*))"
)
"""``"name": "value"`` in JSON that may be broken."""

HTML_INPUT: Final = re.compile(r"(?is)<input\b[^>]{0,2000}>")
HTML_ATTRIBUTE: Final = re.compile(r"(?is)\b(type|name|value)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))")

JWT: Final = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}", re.ASCII)
BEARER: Final = re.compile(r"(?i)\bbearer\s+([A-Za-z0-9._~+/=-]{6,})", re.ASCII)
PRIVATE_KEY: Final = re.compile(
    r"-----BEGIN ([A-Z ]{0,30})PRIVATE KEY-----.{0,20000}?-----END [A-Z ]{0,30}PRIVATE KEY-----", re.S
)


def pairs(text: str) -> Iterator[re.Match[str]]:
    """The matches of :data:`PAIRS`. A text without a secret's name before an equals sign costs little."""
    return PAIRS.finditer(text) if has_pairs(text) else iter(())


def has_pairs(text: str) -> bool:
    """Whether :data:`PAIRS` may find something: it tries its names at every character."""
    return any(
        text[max(0, sign.start() - _LONGEST_NAME) : sign.start()].lower().endswith(_ENDINGS)
        for sign in _EQUALS.finditer(text)
    )


def kind_of(name: str, interface: str) -> str | None:
    """Kind of secret that a parameter name announces on an interface, or ``None``."""
    lowered = name.strip().lower()
    if interface in ("resource", "document") and lowered in FHIR_NAMES:
        return None
    return KINDS.get(lowered)


def query_pairs(query: str) -> Iterator[tuple[str, str]]:
    """Decoded name and raw value of each pair of a query string or form body, in order."""
    for part in re.split(r"[&;]", query):
        name, separator, value = part.partition("=")
        if separator:
            yield unquote_plus(name), value


def json_secrets(value: Any, interface: str, depth: int = 0) -> Iterator[tuple[str, str, str]]:
    """``(kind, key, value)`` of secrets in decoded JSON, at any depth."""
    if depth > 60:
        return
    if isinstance(value, dict):
        for key, child in value.items():
            kind = kind_of(str(key), interface)
            if kind and isinstance(child, str | int | float) and not isinstance(child, bool):
                yield kind, str(key), str(child)
            else:
                yield from json_secrets(child, interface, depth + 1)
    elif isinstance(value, list):
        for child in value:
            yield from json_secrets(child, interface, depth + 1)


def header_secrets(name: str, value: str) -> Iterator[tuple[str, str, str]]:
    """``(kind, secret, text in which it stands)`` of a header that carries secrets."""
    if name in ("authorization", "proxy-authorization"):
        scheme, separator, rest = value.strip().partition(" ")
        secret = rest.strip() if separator else value.strip()
        if secret:
            yield "token" if scheme.lower() == "bearer" else "key", secret, secret
    elif name == "cookie":
        for part in value.split(";"):
            _, separator, secret = part.strip().partition("=")
            if separator and secret:
                yield "cookie", secret, part
    elif name == "set-cookie":
        first = value.split(";", 1)[0]
        _, separator, secret = first.partition("=")
        if separator and secret.strip():
            yield "cookie", secret.strip(), first
    elif name in SECRET_HEADERS and value.strip():
        yield SECRET_HEADERS[name], value.strip(), value


def html_inputs(text: str) -> Iterator[tuple[str, str, str, str]]:
    """``(tag, name, value, kind)`` of inputs whose value is hidden or named like a secret."""
    for match in HTML_INPUT.finditer(text):
        attributes = {
            found.group(1).lower(): next((g for g in found.groups()[1:] if g is not None), "")
            for found in HTML_ATTRIBUTE.finditer(match.group())
        }
        value = attributes.get("value", "")
        if len(value) < 4 or TAG.fullmatch(value):
            continue
        kind = KINDS.get(attributes.get("name", "").lower())
        if kind or attributes.get("type", "").lower() == "password":
            yield match.group(), attributes.get("name", ""), value, kind or "key"


def is_document(interface: str, kind: str) -> bool:
    """Whether a body is care data: everything but forms on the care interfaces.

    :param kind: media type of the body.
    """
    if "fhir" in kind or kind == "application/pdf":
        return True
    if interface not in ("resource", "document"):
        return False
    return "x-www-form-urlencoded" not in kind


_IMPERSONAL: Final = re.compile(
    rb"\"resourceType\"\s*:\s*\"CapabilityStatement\"|<CapabilityStatement[\s>]", re.ASCII
)


def is_impersonal(body: bytes) -> bool:
    """Whether a FHIR document is about no person at all: a CapabilityStatement."""
    return bool(_IMPERSONAL.search(body[:2000]))


def decode(body: bytes) -> str:
    """Text of a body without loss (``surrogateescape`` for bytes that are not UTF-8)."""
    return body.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes of :func:`decode`."""
    return text.encode("utf-8", "surrogateescape")
