"""Addresses: which spellings of a URL are one address (RFC 3986 section 6.2, WHATWG form encoding).

Equal: case of scheme and host, a default or empty port, the case of percent-encoding and whether unreserved
characters are encoded, an empty path and ``/``, dot segments, the order of parameters, ``+`` and ``%20`` in a
query. Different: everything else, such as another port, a doubled or trailing slash, case in a path, ``%2F``
and ``/``, user information, a dot behind the host.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_to_bytes, urlsplit

_URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_AUTHORITY: Final = re.compile(r"((?:.*@)?)(\[[^\]]*\]|[^:@]*)(?::([0-9]*))?", re.DOTALL)
_PORTS: Final = {"https": "443", "http": "80"}
_ENCODED: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_EDGE: Final = r"(?![A-Za-z0-9\-._~%])"


def normal(url: str) -> str:
    """One spelling for all equal ones, without parameters and fragment; another text for any other address.

    What is no absolute URL with an authority comes back as it is, up to its parameters.

    >>> normal("HTTPS://A.example:443/x/../%7efhir?b")
    'https://a.example/~fhir'
    """
    match = _URL.fullmatch(url)
    authority = _AUTHORITY.fullmatch(match.group(2)) if match else None
    if match is None or authority is None:
        return url.partition("#")[0].partition("?")[0]
    scheme = match.group(1).lower()
    user, host, port = authority.groups()
    shown = f":{port}" if port and port.lstrip("0") != _PORTS.get(scheme) else ""
    return f"{scheme}://{user}{_percent(host).lower()}{shown}{_path(_percent(match.group(3)))}"


def same(left: str, right: str) -> bool:
    """Whether two URLs are one address, whatever their parameters and fragments are."""
    return normal(left) == normal(right)


def below(url: str, base: str) -> bool:
    """Whether a URL is a base address, or lies under it."""
    root = normal(base).rstrip("/")
    found = normal(url)
    return found.rstrip("/") == root or found.startswith(f"{root}/")


def parameters(query: str) -> list[tuple[str, str]]:
    """The parameters of a query, decoded and sorted: equal lists are equal queries.

    A name without ``=`` has an empty value; names are case sensitive and may be repeated.
    """
    return sorted(_pair(part) for part in query.split("&") if part)


def spellings(base: str) -> re.Pattern[str]:
    """Matches a base address at its usual spellings in a text: case of scheme and host, default port.

    What follows must not go on with the last segment: ``/fhir`` is not found in ``/fhir2``.
    """
    match = _URL.fullmatch(base)
    if match is None:
        return re.compile(re.escape(base) + _EDGE)
    scheme, authority, path = match.group(1).lower(), match.group(2), match.group(3).rstrip("/")
    host, _, port = authority.partition(":") if not authority.startswith("[") else (authority, "", "")
    default = _PORTS.get(scheme, "")
    ports = f"(?::{default})?" if port in ("", default) else f":{re.escape(port)}"
    return re.compile(f"(?i:{re.escape(f'{scheme}://{host}')}){ports}{re.escape(path)}{_EDGE}")


def _pair(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return _decoded(name), _decoded(value)


def _decoded(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8", "surrogateescape")


def _percent(text: str) -> str:
    """Unreserved characters decoded, other encodings in capitals (6.2.2.1, 6.2.2.2)."""

    def one(match: re.Match[str]) -> str:
        character = chr(int(match.group(1), 16))
        return character if character in _UNRESERVED else match.group().upper()

    return _ENCODED.sub(one, text)


def _path(path: str) -> str:
    """Dot segments resolved (5.2.4); empty is ``/``."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for position, segment in enumerate(segments):
        last = position == len(segments) - 1
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
            continue
        if last:
            kept.append("")
    return "/" + "/".join(kept)


def authority_of(url: str) -> str:
    """Host and port of an address, ``""`` when it has none.

    >>> authority_of("https://HIS.example/fhir"), authority_of("/fhir")
    ('his.example:443', '')
    """
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return ""
    return f"{parts.hostname}:{port}" if parts.hostname else ""
