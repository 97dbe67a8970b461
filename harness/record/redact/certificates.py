"""Certificates of peers: whose a connection is may be said, who somebody is may not."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from harness.core.run.exchanges import NOT_COMPARED, Certificate, Tls
from harness.record.redact.replace import Replacing

_PART: Final = re.compile(r"(?P<name>[A-Za-z0-9.]+)=(?P<value>[^,+\\]*(?:\\.[^,+\\]*)*)")
_PERSONAL: Final = frozenset(
    {"GN", "SN", "GIVENNAME", "SURNAME", "INITIALS", "EMAILADDRESS", "E", "2.5.4.42", "2.5.4.4", "2.5.4.43"}
    | {"1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.1", "UID", "2.5.4.12", "TITLE", "2.5.4.65"}
)
"""Attributes that name a person, by the names of RFC 4514 and OpenSSL, and by OID."""
_OF_MANY: Final = frozenset({"C", "2.5.4.6"})
"""The country."""
_HOST: Final = re.compile(
    r"(?:\*\.)?(?:[A-Za-z0-9_-]{1,63}\.){1,8}[A-Za-z0-9-]{2,63}\.?|localhost|[0-9.]{7,15}", re.ASCII
)
_MAIL: Final = re.compile(r"[^\s,=+<>]{1,64}@[^\s,=+<>]{3,255}")


class Certified(Protocol):
    """What may be written of a name in a certificate, of a host or of anything else."""

    def __call__(self, name: str, place: str, *, host: bool) -> str:
        """The name, or a tag."""


def without_people(
    tls: Tls, replacing: Replacing, text: Callable[[str, str], str], certified: Certified
) -> Tls:
    """The facts of a connection without anybody: names and mail addresses of people, numbers, secrets, and
    names that are not known.

    :param text: replaces secrets and numbers in a text, given its place.
    """

    def host(name: str, place: str) -> str:
        return certified(text(name, place), place, host=True)

    def certificate(item: Certificate | None, place: str) -> Certificate | None:
        if item is None:
            return None
        at = f"tls.{place}"
        names = tuple(host(name, f"{at}.name") for name in item.dns_names)
        subject = named(item.subject, f"{at}.subject", replacing, certified)
        return msgspec.structs.replace(
            item,
            subject=text(subject, f"{at}.subject"),
            issuer=text(_mails(item.issuer, f"{at}.issuer", replacing), f"{at}.issuer"),
            dns_names=names,
        )

    return msgspec.structs.replace(
        tls,
        server_name=host(tls.server_name, "tls.server_name"),
        server=certificate(tls.server, "server"),
        client=certificate(tls.client, "client"),
    )


def named(subject: str, place: str, replacing: Replacing, certified: Certified) -> str:
    """A name in a certificate without a person: a common name is one unless it is a host, or the
    organization itself; who knows whether an organization is called after one."""
    parts = {match["name"].upper(): match["value"] for match in _PART.finditer(subject)}
    organization = parts.get("O", "")

    def said(match: re.Match[str]) -> str:
        name, value = match["name"].upper(), match["value"]
        person = name in _PERSONAL or (name == "CN" and value != organization and not _HOST.fullmatch(value))
        if not value or name in _OF_MANY:
            return match.group()
        if not person:
            host = _HOST.fullmatch(value) is not None
            return f"{match['name']}={certified(value, place, host=host)}"
        return f"{match['name']}={replacing.masked(value, place, NOT_COMPARED)}"

    return _mails(_PART.sub(said, subject), place, replacing)


def _mails(text: str, place: str, replacing: Replacing) -> str:
    return _MAIL.sub(lambda match: replacing.masked(match.group(), place, NOT_COMPARED), text)
