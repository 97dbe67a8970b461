"""The lists that one PGO gets while a situation is played: of the provider list, and of the Whitelist."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import urlsplit

import msgspec

from harness.medmij.lists import faults
from harness.medmij.lists.model import AnyList, InterfaceVersion, Provider, Service, Whitelist, Zal
from harness.medmij.lists.writing import build
from harness.medmij.releases import Release
from harness.network.twins.stelselnode import FIRST_SEQUENCE, Own

OTHER_VERSION: Final = "99"
"""An interface version that no PGO implements."""


def tripwire_list(fault: str, name: str, place: str) -> Own:
    """A provider list that must not be taken over as a whole; who does, comes to another host.

    :param fault: ``stale``, ``two-versions``, or a name of :data:`harness.medmij.lists.faults.XML_FAULTS`.
    :param name: MedMij name of the provider whose authorization endpoint leads to ``place``, a host with the
        beginning of a path that no other list names.
    """

    def own(document: AnyList, release: Release) -> bytes:
        if not isinstance(document, Zal):
            return build(document, release)
        if fault == "two-versions":
            return build(_providers(document, name, lambda item: _two_versions(item, place)), release)
        led = _providers(document, name, lambda item: _versions(item, authorize=place))
        if fault == "stale":
            return build(msgspec.structs.replace(led, sequence=FIRST_SEQUENCE - 1), release)
        return faults.faulty(led, release, fault)

    return own


def server_list(name: str, host: str) -> Own:
    """A good provider list whose token endpoint of one provider is at ``host``."""

    def own(document: AnyList, release: Release) -> bytes:
        if not isinstance(document, Zal):
            return build(document, release)
        return build(_providers(document, name, lambda item: _versions(item, token=host)), release)

    return own


def whitelist_with(hosts: Iterable[str]) -> Own:
    """The Whitelist, and these hosts."""
    more = tuple(hosts)

    def own(document: AnyList, release: Release) -> bytes:
        if not isinstance(document, Whitelist):
            return build(document, release)
        return build(msgspec.structs.replace(document, hostnames=(*document.hostnames, *more)), release)

    return own


def _providers(document: Zal, name: str, change: Callable[[Provider], Provider]) -> Zal:
    changed = tuple(change(item) if item.name == name else item for item in document.providers)
    return msgspec.structs.replace(document, providers=changed)


def _versions(provider: Provider, *, authorize: str = "", token: str = "") -> Provider:
    return msgspec.structs.replace(
        provider,
        versions=tuple(
            msgspec.structs.replace(
                version, services=tuple(_moved(item, authorize, token) for item in version.services)
            )
            for version in provider.versions
        ),
    )


def _two_versions(provider: Provider, place: str) -> Provider:
    """The services once more, before the own ones, in a version that is not the PGO's."""
    first = provider.versions[0]
    services = tuple(_moved(item, place, "") for item in first.services)
    return msgspec.structs.replace(
        provider, versions=(InterfaceVersion(id=OTHER_VERSION, services=services), *provider.versions)
    )


def _moved(service: Service, authorize: str, token: str) -> Service:
    return msgspec.structs.replace(
        service,
        authorization_endpoint=_at(service.authorization_endpoint, authorize),
        token_endpoint=_at(service.token_endpoint, token),
    )


def _at(url: str, place: str) -> str:
    host, _, path = place.partition("/")
    parts = urlsplit(url)
    moved = parts._replace(netloc=host, path=f"/{path}{parts.path}" if path else parts.path)
    return moved.geturl() if place else url
