"""Where secrets stand in HTTP messages: names of parameters, JSON keys, headers, and shapes in free text;
and which bodies are care data.

Names are compared lower case. In search URLs of FHIR the parameters ``code`` and ``state`` are ordinary
search parameters, so those two count as secrets only outside the resource and document interfaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple
from urllib.parse import unquote_plus

from harness.record.redact.tag import TAG

_WORDS: Final[dict[str, str]] = {
    "code": "code authorization_code auth_code device_code user_code saml_art saml_response saml_request "
    "artifact",
    "state": "relay_state state nonce",
    "token": "access_token id_token id_token_hint token bearer bearer_token auth_token session_token "
    "subject_token actor_token assertion client_assertion toegangs_token x_amz_security_token",
    "refresh": "refresh_token refresh",
    "key": "client_secret secret shared_secret password passwd pwd passphrase wachtwoord geheim private_key "
    "api_key subscription_key ocp_apim_subscription_key functions_key code_verifier pin pin_code otp totp "
    "sms_code toegangs_code inlog_code activatie_code verificatie_code beveiligings_code koppel_code "
    "machtigings_code",
    "bsn": "bsn burgerservicenummer sofinummer",
    "person": "medmij_geboortedatum geboortedatum birth_date achternaam voornaam family_name given_name "
    "email telefoon telefoonnummer phone_number straat postcode woonplaats preferred_username",
    "cookie": "_csrf sid session session_id sessie sessie_id jsessionid phpsessid csrf csrf_token xsrf "
    "xsrf_token request_verification_token ticket",
}  # fmt: skip
"""Kind of secret to the names that announce one, in words: between them ``-``, ``_``, ``.`` or nothing."""
_APART: Final = re.compile(r"[-_. ]")
KINDS: Final[dict[str, str]] = {
    _APART.sub("", name): kind for kind, names in _WORDS.items() for name in names.split()
}
"""Parameter, form, JSON and cookie names (lower case, nothing between their words) to kind of secret."""

FHIR_NAMES: Final = frozenset(
    {"code", "state", "session", "refresh", "ticket", "token", "bearer", "birthdate", "email"}
)
"""Names that are ordinary words in FHIR; not secret in the resource and document interfaces."""

_CERTIFICATES: Final = frozenset({"xclientcert", "xforwardedclientcert"})

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

_SPELT: Final = [name for names in _WORDS.values() for name in names.split()]
_NAMES = "|".join(sorted((name.replace("_", "[-_.]?") for name in _SPELT), key=len, reverse=True))
PAIRS: Final = re.compile(
    r"(?i)(?:(?<![A-Za-z0-9_.-])|(?<=%[0-9A-F]{2})|(?<=%25[0-9A-F]{2}))"
    rf"({_NAMES})(=|%3D|%253D)([^&\s\"'<>;#,\\]+)",
)
"""``name=value`` in URLs inside headers, HTML and plain text, also percent-encoded once or twice."""

_EQUALS: Final = re.compile(r"[=%](?:(?<==)|(?<=%)(?:25)?3[Dd])")
_ENDINGS: Final = tuple({name.replace("_", mark) for name in _SPELT for mark in ("", "_", "-", ".")})
_LONGEST_NAME: Final = max(map(len, _ENDINGS))

JSON_PAIRS: Final = re.compile(
    rf"(?i)\"({_NAMES})\"\s*:\s*(?:\"((?:[^\"\\]|\\.){{1,20000}})\"|(-?\d[\d.eE+-]*))"
)
"""``"name": "value"`` in JSON that may be broken."""

_INPUT: Final = re.compile(r"(?is)<(?:input|meta)\b[^>]{0,2000}>")
_ATTRIBUTE: Final = re.compile(
    r"(?is)\b(type|name|value|content)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))"
)
_QUOTED: Final = re.compile(
    r"(?<![A-Za-z0-9_.-])(?:data-)?([A-Za-z_][A-Za-z0-9_.-]{2,40})[\"']?\s{0,9}[:=]\s{0,9}([\"'])([^\"'<>\n]{4,8000})\2",
    re.ASCII,
)
"""``name: 'value'`` and ``name = "value"`` as scripts and attributes have them."""
_FRAMEWORK: Final = frozenset({"accesstoken", "idtoken", "refreshtoken", "authorizationcode"})
_ELEMENT: Final = re.compile(
    r"<(?:[A-Za-z0-9_-]{1,20}:)?([A-Za-z_][A-Za-z0-9_.-]{2,40})(?:\s[^<>]{0,500})?>([^<>]{4,8000})</",
    re.ASCII,
)

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
    return ("=" in text or "%" in text) and any(
        text[max(0, sign.start() - _LONGEST_NAME) : sign.start()].lower().endswith(_ENDINGS)
        for sign in _EQUALS.finditer(text)
    )


@lru_cache(maxsize=2_048)
def _plain(name: str) -> str:
    return _APART.sub("", name).lower()


def kind_of(name: str, interface: str) -> str | None:
    """Kind of secret that a parameter name announces on an interface, or ``None``."""
    plain = _plain(name) if len(name) <= _LONGEST_NAME else _APART.sub("", name).lower()
    if interface in ("resource", "document") and plain in FHIR_NAMES:
        return None
    return KINDS.get(plain)


@lru_cache(maxsize=512)
def header_kind(name: str) -> str | None:
    """Kind of secret that the whole value of a header is, by its name.

    >>> header_kind("x-api-key"), header_kind("accept")
    ('key', None)
    """
    plain = _APART.sub("", name).lower()
    if plain in _CERTIFICATES:
        return "key"
    if plain == "refresh":  # where a browser goes next
        return None
    return KINDS.get(plain) or KINDS.get(plain.removeprefix("x"))


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
    elif value.strip() and (kind := header_kind(name)):
        yield kind, value.strip(), value


class Written(NamedTuple):
    """A secret in markup or a script: where its value stands, and what announces it."""

    start: int
    end: int
    kind: str
    name: str
    value: str


def written(text: str, interface: str) -> list[Written]:
    """The secrets in what is no JSON, in order, none within another: of inputs and ``meta`` (a password
    whatever its name), of elements and attributes, and what a script assigns.
    """
    found: list[Written] = []
    if text.lstrip()[:1] in ("{", "["):
        return found
    for match in _INPUT.finditer(text):
        attributes = {one.group(1).lower(): one for one in _ATTRIBUTE.finditer(match.group())}
        value = attributes.get("value") or attributes.get("content")
        if value is None:
            continue
        name = _said(attributes["name"]) if "name" in attributes else ""
        kind = (_in_markup if "content" in attributes else kind_of)(name, interface)
        if kind or ("type" in attributes and _said(attributes["type"]).lower() == "password"):
            at = match.start() + value.start(value.lastindex or 0)
            found.append(Written(at, at + len(_said(value)), kind or "key", name, _said(value)))
    for pattern, group in ((_QUOTED, 3), (_ELEMENT, 2)):
        for match in pattern.finditer(text):
            kind = _in_markup(match.group(1), interface)
            if kind and not (pattern is _ELEMENT and match.group(1).lower() == "code"):  # HTML has one too
                start, end = match.span(group)
                found.append(Written(start, end, kind, match.group(1), match.group(group)))
    kept: list[Written] = []
    for one in sorted(found):
        if len(one.value) >= 4 and not TAG.fullmatch(one.value) and (not kept or one.start >= kept[-1].end):
            kept.append(one)
    return kept


def _in_markup(name: str, interface: str) -> str | None:
    """:func:`kind_of` in scripts and attributes, where ``token`` and ``code`` are the page's own more often
    than those of the framework: only what is called by its full name is held to be one.
    """
    kind = kind_of(name, interface)
    if kind in ("token", "code", "refresh") and _APART.sub("", name).lower() not in _FRAMEWORK:
        return "key"
    return kind


def _said(attribute: re.Match[str]) -> str:
    return attribute.group(attribute.lastindex or 0)


def is_document(interface: str, kind: str) -> bool:
    """Whether a body is care data: everything but forms on the care interfaces.

    :param kind: media type of the body.
    """
    if "fhir" in kind or kind == "application/pdf":
        return True
    if interface not in ("resource", "document"):
        return False
    return "x-www-form-urlencoded" not in kind


def decode(body: bytes) -> str:
    """Text of a body without loss (``surrogateescape`` for bytes that are not UTF-8)."""
    return body.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes of :func:`decode`."""
    return text.encode("utf-8", "surrogateescape")
