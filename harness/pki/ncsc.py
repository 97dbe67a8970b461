"""What is "good" TLS: versions and cipher suites by the NCSC rating (``profiles/afsprakenstelsel/tls.yaml``).

Source: core.tls.301 (only "good" of the NCSC TLS guidelines v2.1) with the deviation that TLS 1.2 must be
supported by everyone.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import msgspec

from harness.core.data import data_path
from harness.core.yamlfile import load_yaml

Rating = Literal["good", "sufficient", "phase-out", "insufficient"]


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A protocol version: OpenSSL's name (``TLSv1.2``), wire number, NCSC rating, allowed by MedMij."""

    id: str
    wire: int
    rating: Rating
    allowed: bool


class Suite(msgspec.Struct, frozen=True, kw_only=True):
    """A cipher suite: IANA code and name, OpenSSL name, NCSC rating, class used by the probes."""

    code: int
    name: str
    openssl: str
    rating: Rating
    kind: str = msgspec.field(name="class")


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All TLS facts."""

    versions: tuple[Version, ...]
    suites: tuple[Suite, ...]


@cache
def facts() -> Facts:
    """The TLS facts of the profile."""
    document = load_yaml(data_path("profiles", "afsprakenstelsel", "tls.yaml"))
    return msgspec.convert(document.data, Facts, strict=False)


def suite(name_or_code: str | int) -> Suite | None:
    """A suite by IANA code, IANA name or OpenSSL name; ``None`` when it is not in the table."""
    for item in facts().suites:
        if name_or_code in (item.code, item.name, item.openssl):
            return item
    return None


def suite_rating(name: str) -> Rating | None:
    """Rating of a negotiated suite (OpenSSL or IANA name); ``None`` for one that the table does not have."""
    found = suite(name)
    return found.rating if found else None


def version(name: str) -> Version | None:
    """A version by OpenSSL name (``TLSv1.2``) or with a space (``TLS 1.2``)."""
    wanted = name.replace("TLS ", "TLSv").replace(" ", "")
    wanted = "TLSv1" if wanted == "TLSv1.0" else wanted
    return next((item for item in facts().versions if item.id == wanted), None)


def good_openssl() -> str:
    """OpenSSL cipher string of the good TLS 1.2 suites (TLS 1.3 suites are all good)."""
    return ":".join(item.openssl for item in facts().suites if item.rating == "good" and item.kind != "tls13")


def classes(*, good: bool) -> dict[str, tuple[Suite, ...]]:
    """Suites per class: the good classes, or those that must be refused (TLS 1.2 and older)."""
    result: dict[str, list[Suite]] = {}
    for item in facts().suites:
        if (item.rating == "good") == good:
            result.setdefault(item.kind, []).append(item)
    return {kind: tuple(items) for kind, items in result.items()}
