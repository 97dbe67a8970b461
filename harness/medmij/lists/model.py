"""Typed lists. ``timestamp`` is the literal ``Tijdstempel`` (ISO 8601 with zone), ``sequence`` the
Volgnummer.
"""

from __future__ import annotations

import msgspec

from harness.medmij import scope


class SystemRole(msgspec.Struct, frozen=True, kw_only=True):
    """A system role code and its resource endpoint (the FHIR base URL)."""

    code: str
    resource_endpoint: str


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """Subscription facility (``Abonneren``): longest duration in days, endpoint."""

    max_days: int
    endpoint: str


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A Gegevensdienst of a provider with its endpoints."""

    id: str
    authorization_endpoint: str
    token_endpoint: str
    roles: tuple[SystemRole, ...]
    subscription: Subscription | None = None


class InterfaceVersion(msgspec.Struct, frozen=True, kw_only=True):
    """Services per interface version; ``id`` is ``""`` in release2 lists, which know no versions."""

    id: str
    services: tuple[Service, ...]


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """A care provider. ``name`` carries the suffix ``@medmij``; ``kind`` is ``""`` in release2 lists."""

    name: str
    versions: tuple[InterfaceVersion, ...]
    kind: str = "ZA"

    def service(self, service_id: str, interface_version: str) -> Service | None:
        """A service in one interface version; release2 lists serve every version."""
        for version in self.versions:
            if version.id in ("", interface_version):
                for service in version.services:
                    if service.id == service_id:
                        return service
        return None


class Zal(msgspec.Struct, frozen=True, kw_only=True):
    """The provider list (Zorgaanbiederslijst)."""

    timestamp: str
    sequence: int
    providers: tuple[Provider, ...] = ()

    def provider(self, name: str) -> Provider | None:
        """A provider by MedMij name (suffix optional, case- and diacritic-insensitive)."""
        return next((item for item in self.providers if scope.same_name(item.name, name)), None)


class ClientVersion(msgspec.Struct, frozen=True, kw_only=True):
    """Services that a client supports in one interface version."""

    id: str
    services: tuple[str, ...]


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A PGO node: host name and the organisation name for the consent text."""

    hostname: str
    organisation: str
    versions: tuple[ClientVersion, ...] = ()

    def services(self, interface_version: str) -> frozenset[str] | None:
        """Supported services; ``None`` when the list says nothing about services for this client."""
        if not self.versions:
            return None
        return frozenset(
            service for item in self.versions if item.id == interface_version for service in item.services
        )


class Ocl(msgspec.Struct, frozen=True, kw_only=True):
    """The OAuth client list."""

    timestamp: str
    sequence: int
    clients: tuple[Client, ...] = ()

    def client(self, hostname: str) -> Client | None:
        """A client by host name (exact; the list is lower case)."""
        return next((item for item in self.clients if item.hostname == hostname), None)


class ServiceName(msgspec.Struct, frozen=True, kw_only=True):
    """A service id with its display name."""

    id: str
    name: str


class ServiceNames(msgspec.Struct, frozen=True, kw_only=True):
    """The service-name list (Gegevensdienstnamenlijst)."""

    timestamp: str
    sequence: int
    services: tuple[ServiceName, ...] = ()

    def name(self, service_id: str) -> str | None:
        """Display name of a service."""
        return next((item.name for item in self.services if item.id == service_id), None)


class Whitelist(msgspec.Struct, frozen=True, kw_only=True):
    """The white list: host names of all nodes."""

    timestamp: str
    sequence: int
    hostnames: tuple[str, ...] = ()

    def allows(self, hostname: str) -> bool:
        """Whether a node with this host name may take part."""
        return hostname.lower() in self.hostnames


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Identifiers (``AGB``, ``URA``, ``OIN``, ``HRN``, ``KVK`` with value) and services of a provider."""

    name: str
    identifiers: tuple[tuple[str, str], ...]
    services: tuple[LinkService, ...]


class LinkService(msgspec.Struct, frozen=True, kw_only=True):
    """A service of a link list with its interface versions."""

    id: str
    name: str
    versions: tuple[str, ...]


class LinkList(msgspec.Struct, frozen=True, kw_only=True):
    """The link list (Zorgaanbiederskoppellijst, ZKL)."""

    timestamp: str
    sequence: int
    providers: tuple[Link, ...] = ()


AnyList = Zal | Ocl | ServiceNames | Whitelist | LinkList
