"""Publish lists: XML 1.0, default namespace without prefix, pretty-printed ([S13])."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from lxml import etree

from harness.core.errors import HarnessError
from harness.medmij.lists import schemas
from harness.medmij.lists.model import (
    AnyList,
    Client,
    LinkList,
    Ocl,
    Provider,
    Service,
    ServiceNames,
    Whitelist,
    Zal,
)
from harness.medmij.releases import ListKind, Release, framework

KINDS: Final[dict[type, ListKind]] = {
    Zal: "zal",
    Ocl: "ocl",
    ServiceNames: "gnl",
    Whitelist: "whl",
    LinkList: "zkl",
}
"""List kind of a document type."""


def url(host: str, kind: ListKind, release: Release) -> str:
    """URL of a list; versions differ only by the query parameter ``api`` (``core.lijsten.300``)."""
    return f"https://{host}/{framework().files[kind]}?api={release.api}"


def kind_of(document: AnyList) -> ListKind:
    """The kind of a typed list."""
    return KINDS[type(document)]


def build(document: AnyList, release: Release, *, validate: bool = True) -> bytes:
    """List XML in the schema of the release.

    :param validate: check the result against the schema; off only to publish a faulty list on purpose.
    :raises HarnessError: the document does not fit its schema.
    """
    kind = kind_of(document)
    schema_id = release.lists[kind]
    namespace = schemas.namespace(schema_id)
    nsmap: Any = {None: namespace}
    root = etree.Element(f"{{{namespace}}}{schemas.ROOTS[kind]}", nsmap=nsmap)
    make = _Maker(namespace)
    make.text(root, "Tijdstempel", document.timestamp)
    make.text(root, "Volgnummer", str(document.sequence))
    if isinstance(document, Zal):
        _fill(root, make, "Zorgaanbieders", "Zorgaanbieder", document.providers, _provider)
    elif isinstance(document, Ocl):
        _fill(root, make, "OAuthclients", "OAuthclient", document.clients, _client)
    elif isinstance(document, ServiceNames):
        container = make.node(root, "Gegevensdiensten")
        for item in document.services:
            node = make.node(container, "Gegevensdienst")
            make.text(node, "GegevensdienstId", item.id)
            make.text(node, "Weergavenaam", item.name)
    elif isinstance(document, Whitelist):
        container = make.node(root, "MedMijNodes")
        for hostname in document.hostnames:
            make.text(make.node(container, "MedMijNode"), "Hostname", hostname)
    else:
        _links(root, make, document)
    if validate and not schemas.schema(schema_id).validate(root):
        raise HarnessError(
            "a list that is to be published violates its schema",
            expected=schema_id,
            received=str(schemas.schema(schema_id).error_log)[:200],
        )
    etree.indent(root, "  ")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


class _Maker:
    def __init__(self, namespace: str) -> None:
        self._namespace = namespace

    def node(self, parent: Any, name: str) -> Any:
        return etree.SubElement(parent, f"{{{self._namespace}}}{name}")

    def text(self, parent: Any, name: str, value: str) -> None:
        self.node(parent, name).text = value


def _fill(
    root: Any,
    make: _Maker,
    container_name: str,
    item_name: str,
    items: Iterable[Any],
    writer: Callable[[Any, _Maker, Any], None],
) -> None:
    container = make.node(root, container_name)
    for item in items:
        writer(make.node(container, item_name), make, item)


def _provider(node: Any, make: _Maker, provider: Provider) -> None:
    make.text(node, "Zorgaanbiedernaam", provider.name)
    versioned = any(version.id for version in provider.versions)
    if not versioned:  # release2: services directly under the provider
        for version in provider.versions:
            _fill(node, make, "Gegevensdiensten", "Gegevensdienst", version.services, _service)
        return
    make.text(node, "Aanbiedertype", provider.kind)
    versions = make.node(node, "Interfaceversies")
    for version in provider.versions:
        item = make.node(versions, "Interfaceversie")
        make.text(item, "InterfaceversieId", version.id)
        _fill(item, make, "Gegevensdiensten", "Gegevensdienst", version.services, _service)


def _service(node: Any, make: _Maker, service: Service) -> None:
    make.text(node, "GegevensdienstId", service.id)
    make.text(
        make.node(node, "AuthorizationEndpoint"), "AuthorizationEndpointuri", service.authorization_endpoint
    )
    make.text(make.node(node, "TokenEndpoint"), "TokenEndpointuri", service.token_endpoint)
    if service.subscription:
        subscription = make.node(node, "Abonneren")
        make.text(subscription, "MaximaleDuur", str(service.subscription.max_days))
        make.text(subscription, "SubscriptionEndpointuri", service.subscription.endpoint)
    roles = make.node(node, "Systeemrollen")
    for role in service.roles:
        item = make.node(roles, "Systeemrol")
        make.text(item, "Systeemrolcode", role.code)
        make.text(make.node(item, "ResourceEndpoint"), "ResourceEndpointuri", role.resource_endpoint)


def _client(node: Any, make: _Maker, client: Client) -> None:
    make.text(node, "Hostname", client.hostname)
    make.text(node, "OAuthclientOrganisatienaam", client.organisation)
    if client.versions:
        names = framework().ocl_services
        versions = make.node(node, names.versions)
        for version in client.versions:
            item = make.node(versions, names.version)
            make.text(item, names.version_id, version.id)
            services = make.node(item, names.services)
            for service in version.services:
                make.text(make.node(services, names.service), names.service_id, service)


def _links(root: Any, make: _Maker, document: LinkList) -> None:
    container = make.node(root, "Zorgaanbieders")
    for link in document.providers:
        node = make.node(container, "Zorgaanbieder")
        make.text(node, "Zorgaanbiedernaam", link.name)
        identifiers = make.node(node, "IdentificerendeKenmerken")
        for name, value in link.identifiers:
            make.text(make.node(identifiers, "IdentificerendKenmerk"), name, value)
        services = make.node(node, "Gegevensdiensten")
        for service in link.services:
            item = make.node(services, "Gegevensdienst")
            make.text(item, "GegevensdienstId", service.id)
            make.text(item, "Weergavenaam", service.name)
            versions = make.node(item, "Interfaceversies")
            for version in service.versions:
                make.text(make.node(versions, "Interfaceversie"), "InterfaceversieId", version)
