"""Host names and URLs as the list schemas and the authorization interface want them (section 2.2, 3.1).

Parsing is strict and by hand where ``urllib`` is lenient: a URL with user info, control characters, an
empty port or a backslash is never "almost right".
"""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

from harness.core.issues import Issue, issue
from harness.core.text import Phrase, Text

ENCODED_ONCE: Final = Text(nl="één keer gecodeerd", en="encoded once")
HOSTNAME: Final = re.compile(r"(?:[a-z0-9][a-z0-9-]*\.)+[a-z0-9][a-z0-9-]*[a-z0-9]", re.ASCII)
MAX_URL: Final = 2000
_SEGMENTS: Final = re.compile(r"(?:/[A-Za-z0-9\-._~!$&'()*+,;=:@%]+)*", re.ASCII)
_URI: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", re.ASCII)
_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")

UriKind = Literal["front", "back"]


def is_hostname(value: str) -> bool:
    """Whether ``value`` is a host name of the lists: lower case, at least one dot, no port, no wildcard."""
    return len(value) <= 253 and HOSTNAME.fullmatch(value) is not None


class Endpoint(NamedTuple):
    """Parts of a list endpoint; ``port`` 443 unless a back-channel URI names one."""

    host: str
    port: int
    path: str


def parse_endpoint(value: str, kind: UriKind) -> Endpoint | None:
    """A ``Frontchanneluri`` or ``Backchanneluri``; ``None`` when it is not one.

    ``https`` only, no query, no fragment, no trailing slash; a port only on the back channel.
    """
    if len(value) > MAX_URL or not value.startswith("https://"):
        return None
    authority, slash, rest = value[len("https://") :].partition("/")
    host, colon, port_text = authority.partition(":")
    path = slash + rest
    if not is_hostname(host) or _SEGMENTS.fullmatch(path) is None or _PERCENT.search(path):
        return None
    if not colon:
        return Endpoint(host, 443, path)
    if kind == "front" or not re.fullmatch(r"[0-9]{1,5}", port_text, re.ASCII):
        return None
    port = int(port_text)
    return Endpoint(host, port, path) if 0 < port < 65536 else None


def host_of(url: str) -> str:
    """Host of a URL, lower case; ``""`` when there is none or the URL is broken."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def join(base: str, path: str) -> str:
    """Base URL and relative path with exactly one slash, without doubling a last segment such as ``/fhir``.

    >>> join("https://a.example/fhir/", "/fhir/Patient")
    'https://a.example/fhir/Patient'
    """
    left, right = base.rstrip("/"), path.lstrip("/")
    last = left.rsplit("/", 1)[-1]
    if "//" in left and left.count("/") > 2 and (right == last or right.startswith((f"{last}/", f"{last}?"))):
        right = right[len(last) :].lstrip("/")
    if not right or right.startswith("?"):
        return left + right
    return f"{left}/{right}"


def check_redirect_uri(value: str, client_id: str) -> list[Issue]:
    """The rules of ``redirect_uri`` (``core.authint.200``): https, host equals ``client_id``, no port.

    :param value: the decoded value as the server read it.
    """
    if not value:
        return [_issue("redirect-uri-missing", "redirect_uri", "https://<client_id>/…", "")]
    if len(value) > MAX_URL or _URI.fullmatch(value) is None or _PERCENT.search(value):
        return [_issue("redirect-uri-syntax", "redirect_uri", _A_URI, value)]
    try:
        parts = urlsplit(value)
        port = parts.port
        host = parts.hostname or ""
    except ValueError:
        return [_issue("redirect-uri-syntax", "redirect_uri", _A_URI, value)]
    if not parts.scheme or not parts.netloc:
        return [_issue("redirect-uri-relative", "redirect_uri", _ABSOLUTE, value)]
    issues = []
    if parts.scheme != "https":
        issues.append(_issue("redirect-uri-scheme", "redirect_uri", "https", parts.scheme))
    if "@" in parts.netloc:
        issues.append(_issue("redirect-uri-userinfo", "redirect_uri", _NO_USER, value))
    if port is not None or parts.netloc.endswith(":"):
        issues.append(_issue("redirect-uri-port", "redirect_uri", _NO_PORT, parts.netloc))
    if host.lower() != client_id.lower() or not host:
        issues.append(_issue("redirect-uri-host", "redirect_uri", client_id, host))
    if parts.fragment or value.endswith("#"):
        issues.append(_issue("redirect-uri-fragment", "redirect_uri", _NO_FRAGMENT, value))
    return issues


def double_encoded(raw: str) -> bool:
    """Whether a raw (still encoded) query value was percent-encoded twice: ``%253A`` instead of ``%3A``.

    Decoding once must give a URL; if that result still has no ``://`` but decoding again does, it was twice.
    """
    once = unquote_to_bytes(raw)
    return b"://" not in once and b"://" in unquote_to_bytes(once)


def _issue(rule: str, path: str, expected: Phrase, received: str) -> Issue:
    return issue(rule, _MESSAGES[rule], path=path, expected=expected, received=received)


_A_URI: Final = Text(nl="een URI volgens RFC 3986", en="RFC 3986 URI")
_ABSOLUTE: Final = Text(nl="een absolute https-URL", en="an absolute https URL")
_NO_USER: Final = Text(nl="geen gebruikersgegevens", en="no user information")
_NO_PORT: Final = Text(nl="geen poort", en="no port")
_NO_FRAGMENT: Final = Text(nl="geen fragment", en="no fragment")


_MESSAGES: Final = {
    "redirect-uri-missing": Text(nl="redirect_uri ontbreekt", en="redirect_uri is missing"),
    "redirect-uri-syntax": Text(nl="redirect_uri is geen geldige URI", en="redirect_uri is not a valid URI"),
    "redirect-uri-relative": Text(nl="redirect_uri is niet absoluut", en="redirect_uri is not absolute"),
    "redirect-uri-scheme": Text(nl="redirect_uri is geen https", en="redirect_uri is not https"),
    "redirect-uri-userinfo": Text(
        nl="redirect_uri bevat gebruikersgegevens", en="redirect_uri contains user information"
    ),
    "redirect-uri-port": Text(nl="redirect_uri bevat een poort", en="redirect_uri contains a port"),
    "redirect-uri-host": Text(
        nl="de host van redirect_uri is niet gelijk aan client_id",
        en="the host of redirect_uri differs from client_id",
    ),
    "redirect-uri-fragment": Text(
        nl="redirect_uri bevat een fragment", en="redirect_uri contains a fragment"
    ),
}
