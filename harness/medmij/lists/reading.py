"""Parse and validate a list that a stranger sent. Receivers must validate against the XSD ([S14])."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec
from lxml import etree

from harness.core.issues import Issue, issue
from harness.core.text import Phrase, Text
from harness.medmij.lists import schemas
from harness.medmij.lists.model import (
    AnyList,
    Client,
    ClientVersion,
    InterfaceVersion,
    Link,
    LinkList,
    LinkService,
    Ocl,
    Provider,
    Service,
    ServiceName,
    ServiceNames,
    Subscription,
    SystemRole,
    Whitelist,
    Zal,
)
from harness.medmij.releases import ListKind, Release, framework

MAX_ISSUES: Final = 20
_DOCTYPE: Final = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class ParsedList(msgspec.Struct, frozen=True, kw_only=True):
    """A list, or the reasons why there is none (never both a list and an error)."""

    document: AnyList | None
    issues: tuple[Issue, ...] = ()


def parse(kind: ListKind, data: bytes, release: Release) -> ParsedList:
    """Parse and validate list XML.

    :param data: the response body.
    :returns: the typed list, or issues ``list-…`` with line numbers; one that fails its schema is refused
        as a whole, as the framework demands.
    """
    limit = framework().limits.list_bytes
    if len(data) > limit:
        return _refuse(
            "list-size", Text(nl=f"hoogstens {limit} bytes", en=f"at most {limit} bytes"), str(len(data))
        )
    if not data.strip():
        return _refuse("list-empty", _A_DOCUMENT, Text(nl="niets", en="nothing"))
    # UTF-16 and friends would hide a DOCTYPE from the check below; the lists are UTF-8.
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in data[:200]:
        return _refuse("list-xml", "UTF-8", Text(nl="een andere codering", en="another encoding"))
    if _DOCTYPE.search(data):
        return _refuse("list-doctype", _NO_DOCTYPE, _A_DOCTYPE)
    try:
        root: Any = etree.fromstring(data, schemas.safe_parser())
    except etree.XMLSyntaxError as error:
        line, column = error.position
        return _refuse("list-xml", _WELL_FORMED, str(error.msg), line or 0, column or 0)
    schema_id = release.lists[kind]
    name = etree.QName(root)
    wanted = schemas.namespace(schema_id)
    if name.namespace != wanted:
        return _refuse("list-namespace", wanted, str(name.namespace), root.sourceline or 0)
    if name.localname != schemas.ROOTS[kind]:
        return _refuse("list-root", schemas.ROOTS[kind], name.localname, root.sourceline or 0)
    schema = schemas.schema(schema_id)
    if not schema.validate(root):
        return ParsedList(document=None, issues=tuple(_schema_issues(schema)))
    return ParsedList(document=_READERS[kind](_Node(root, wanted)), issues=())


def _schema_issues(schema: etree.XMLSchema) -> list[Issue]:
    issues = []
    log: Any = schema.error_log
    for entry in list(log)[:MAX_ISSUES]:
        unique = "IDC" in entry.type_name
        rule = "list-unique" if unique else "list-schema"
        issues.append(
            issue(
                rule,
                _MESSAGES[rule],
                path=str(entry.path or ""),
                line=entry.line,
                column=entry.column,
                expected=_UNIQUE if unique else _VALID,
                received=entry.message,
            )
        )
    return issues


def _refuse(rule: str, expected: Phrase, received: Phrase, line: int = 0, column: int = 0) -> ParsedList:
    found = issue(rule, _MESSAGES[rule], line=line, column=column, expected=expected, received=received)
    return ParsedList(document=None, issues=(found,))


_A_DOCUMENT: Final = Text(nl="een XML-document", en="an XML document")
_NO_DOCTYPE: Final = Text(nl="geen documenttype of entiteiten", en="no document type or entities")
_A_DOCTYPE: Final = Text(nl="DOCTYPE of ENTITY", en="DOCTYPE or ENTITY")
_WELL_FORMED: Final = Text(nl="welgevormde XML", en="well-formed XML")
_UNIQUE: Final = Text(nl="uniek", en="unique")
_VALID: Final = Text(nl="geldig volgens het schema van de lijst", en="valid against the list schema")


class _Node:
    """An element with its namespace; the document is schema-valid, so required children exist."""

    def __init__(self, element: Any, namespace: str) -> None:
        self._element = element
        self._namespace = namespace

    @property
    def name(self) -> str:
        return str(etree.QName(self._element).localname)

    def all(self, name: str) -> list[_Node]:
        return [
            _Node(item, self._namespace)
            for item in self._element.iterchildren(f"{{{self._namespace}}}{name}")
        ]

    def children(self) -> list[_Node]:
        return [_Node(item, self._namespace) for item in self._element.iterchildren("*")]

    def one(self, name: str) -> _Node:
        return self.all(name)[0]

    def maybe(self, name: str) -> _Node | None:
        return next(iter(self.all(name)), None)

    def text(self, *names: str) -> str:
        node: _Node = self
        for name in names:
            node = node.one(name)
        return (node._element.text or "").strip()


def _head(root: _Node) -> dict[str, Any]:
    return {"timestamp": root.text("Tijdstempel"), "sequence": int(root.text("Volgnummer"))}


def _service(node: _Node) -> Service:
    subscription = node.maybe("Abonneren")
    return Service(
        id=node.text("GegevensdienstId"),
        authorization_endpoint=node.text("AuthorizationEndpoint", "AuthorizationEndpointuri"),
        token_endpoint=node.text("TokenEndpoint", "TokenEndpointuri"),
        roles=tuple(
            SystemRole(
                code=role.text("Systeemrolcode"),
                resource_endpoint=role.text("ResourceEndpoint", "ResourceEndpointuri"),
            )
            for role in node.one("Systeemrollen").all("Systeemrol")
        ),
        subscription=Subscription(
            max_days=int(subscription.text("MaximaleDuur")),
            endpoint=subscription.text("SubscriptionEndpointuri"),
        )
        if subscription
        else None,
    )


def _services(node: _Node) -> tuple[Service, ...]:
    return tuple(_service(item) for item in node.one("Gegevensdiensten").all("Gegevensdienst"))


def _provider(node: _Node) -> Provider:
    versions = node.maybe("Interfaceversies")
    name = node.text("Zorgaanbiedernaam")
    if versions is None:
        return Provider(name=name, kind="", versions=(InterfaceVersion(id="", services=_services(node)),))
    return Provider(
        name=name,
        kind=node.text("Aanbiedertype"),
        versions=tuple(
            InterfaceVersion(id=item.text("InterfaceversieId"), services=_services(item))
            for item in versions.all("Interfaceversie")
        ),
    )


def _zal(root: _Node) -> Zal:
    providers = root.one("Zorgaanbieders").all("Zorgaanbieder")
    return Zal(**_head(root), providers=tuple(_provider(item) for item in providers))


def _service_id(node: _Node, name: str) -> str:
    return node.text(name) if node.maybe(name) else node.text()


def _client(node: _Node) -> Client:
    names = framework().ocl_services
    versions = []
    container = node.maybe(names.versions)
    for version in container.all(names.version) if container else []:
        ids = version.maybe(names.version_id)
        services = version.maybe(names.services)
        found = services.all(names.service) if services else []
        versions.append(
            ClientVersion(
                id=ids.text() if ids else "",
                services=tuple(
                    item.text(names.service_id) if item.maybe(names.service_id) else item.text()
                    for item in found
                ),
            )
        )
    return Client(
        hostname=node.text("Hostname"),
        organisation=node.text("OAuthclientOrganisatienaam"),
        versions=tuple(versions),
    )


def _ocl(root: _Node) -> Ocl:
    return Ocl(
        **_head(root), clients=tuple(_client(item) for item in root.one("OAuthclients").all("OAuthclient"))
    )


def _gnl(root: _Node) -> ServiceNames:
    items = root.one("Gegevensdiensten").all("Gegevensdienst")
    return ServiceNames(
        **_head(root),
        services=tuple(
            ServiceName(id=item.text("GegevensdienstId"), name=item.text("Weergavenaam")) for item in items
        ),
    )


def _whl(root: _Node) -> Whitelist:
    nodes = root.one("MedMijNodes").all("MedMijNode")
    return Whitelist(**_head(root), hostnames=tuple(item.text("Hostname") for item in nodes))


def _link(node: _Node) -> Link:
    identifiers = []
    for item in node.one("IdentificerendeKenmerken").all("IdentificerendKenmerk"):
        child = item.children()[0]
        identifiers.append((child.name, child.text()))
    return Link(
        name=node.text("Zorgaanbiedernaam"),
        identifiers=tuple(identifiers),
        services=tuple(
            LinkService(
                id=item.text("GegevensdienstId"),
                name=item.text("Weergavenaam"),
                versions=tuple(
                    version.text("InterfaceversieId")
                    for version in item.one("Interfaceversies").all("Interfaceversie")
                ),
            )
            for item in node.one("Gegevensdiensten").all("Gegevensdienst")
        ),
    )


def _zkl(root: _Node) -> LinkList:
    return LinkList(
        **_head(root),
        providers=tuple(_link(item) for item in root.one("Zorgaanbieders").all("Zorgaanbieder")),
    )


_READERS: Final[dict[str, Callable[[_Node], AnyList]]] = {
    "zal": _zal,
    "ocl": _ocl,
    "gnl": _gnl,
    "whl": _whl,
    "zkl": _zkl,
}

_MESSAGES: Final = {
    "list-size": Text(nl="de lijst is te groot", en="the list is too large"),
    "list-empty": Text(nl="de lijst is leeg", en="the list is empty"),
    "list-doctype": Text(
        nl="de lijst bevat een DOCTYPE of entiteiten", en="the list contains a DOCTYPE or entities"
    ),
    "list-xml": Text(nl="de lijst is geen geldige XML", en="the list is not well-formed XML"),
    "list-namespace": Text(
        nl="de lijst heeft een andere namespace dan deze release",
        en="the list has another namespace than this release",
    ),
    "list-root": Text(nl="dit is een andere lijst", en="this is another list"),
    "list-schema": Text(nl="de lijst voldoet niet aan het schema", en="the list violates its schema"),
    "list-unique": Text(
        nl="de lijst bevat een waarde dubbel die uniek moet zijn",
        en="the list repeats a value that must be unique",
    ),
}
