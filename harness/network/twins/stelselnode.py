"""The stelselnode twin: publishes the lists of a network per release, over mutual TLS, and logs each fetch.

A release whose ``api`` value is shared with a newer one in the same network (2.1 beside 2.2) gets a host of
its own, because one list cannot describe both.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal
from urllib.parse import parse_qsl

import msgspec

from harness.core.clock import Clock
from harness.core.standards.faults import active
from harness.core.standards.table import standard, standards
from harness.medmij import lists
from harness.medmij.lists import faults as list_faults
from harness.medmij.releases import ListKind, Release, framework, newest, release
from harness.medmij.urls import is_hostname, parse_endpoint
from harness.network.file import Network, Participant
from harness.network.wire.serving import Incoming, Outgoing

LIST_KINDS: Final[tuple[ListKind, ...]] = ("zal", "ocl", "gnl", "whl")
SLOW_SECONDS: Final = 61.0
FIRST_SEQUENCE: Final = 100
"""Volgnummer of the first publication; a stale list has a lower one."""
OVERSIZE: Final = 24 * 1024 * 1024
SPARE_PGO: Final = "tweede-pgo.harness.example"
"""A node that is published beside a single PGO, for tests that need a second one."""
Own = Callable[[lists.AnyList, Release], bytes]
"""Makes the list that one client gets of the one that everybody gets."""
_HIDDEN: Final = "whitelist-without-dvza"
_OPEN: Final = "list-without-mtls"
_GNL: Final = {
    "list-bad-schema": "gnl:bad-schema",
    "list-media-type": "gnl:media-type",
    "list-same-number": "gnl:same-number",
    "list-prefixed": "gnl:prefixed",
}
"""Faults of the catalogue that touch one list, so that the flow still goes on."""


@dataclass(frozen=True)
class Fetch:
    """One fetch of a list: who (host of the client certificate), when, what."""

    client: str
    at: str
    kind: str
    release: str
    status: int


def release_path(release_id: str) -> str:
    """Path segment of a release family in URLs of twins: ``mm-2.2`` → ``mm22``."""
    return release_id.replace("-", "").replace(".", "")


def list_host(network: Network, release_id: str) -> str:
    """Public host of the stelselnode for a release of this network."""
    used = {item for participant in network.participants for item in participant.releases}
    same = [item for item in used if release(item).api == release(release_id).api]
    host = network.stelselnode.host
    return host if release_id == (newest(same) or release_id) else f"{release_path(release_id)}.{host}"


class Stelselnode:
    """Lists of one network. Thread-safe: drivers change it while the event loop serves it.

    :ivar log: every fetch, in order.
    :ivar endpoints: per live DVZA the endpoints to publish (see :func:`build_lists`).
    :ivar list_client: whose lists a client host gets, when not its own.
    """

    def __init__(self, network: Network, clock: Clock) -> None:
        self.network = network
        self.clock = clock
        self.log: list[Fetch] = []
        self.list_client: Callable[[str], str] = str
        self._lock = threading.RLock()
        self._sequence = FIRST_SEQUENCE
        self._stamp = clock.now()
        self._removed: frozenset[str] = frozenset()
        self._instead: tuple[str, ...] = ()
        self._hidden: frozenset[str] = frozenset()
        self._renamed: dict[str, str] = {}
        self._unserved: dict[str, frozenset[str]] = {}
        self._extra_names: dict[str, str] = {}
        self._faults: dict[str, frozenset[str]] = {}
        self._cache: dict[tuple[str, ListKind], bytes] = {}
        self._documents: dict[tuple[str, ListKind], lists.AnyList] = {}
        self._own: dict[tuple[str, str, ListKind], tuple[int, str, Own | None]] = {}
        self.begin_flow("")

    # -- what a driver may change -----------------------------------------------------------------

    def set_faults(self, client: str, faults: Iterable[str]) -> None:
        """Faults for the fetches of one client host (``""``: of everybody); an empty set ends them.

        A fault is a name of :mod:`harness.medmij.lists.faults`, for all lists or ``<kind>:<name>`` for one.
        """
        with self._lock:
            chosen = frozenset(faults)
            if chosen or not client:
                self._faults[client] = chosen
            else:
                self._faults.pop(client, None)

    def begin_flow(self, flow: str) -> bool:
        """Only the faults of the network file that belong to this flow (or to all flows) are on.

        :returns: whether other lists were published.
        """
        on = active(self.network.stelselnode.faults, flow)
        with self._lock:
            self._faults[""] = frozenset(_GNL.get(name, name) for name in on - {_HIDDEN, _OPEN})
            hidden = self._dvza_hosts() if _HIDDEN in on else frozenset()
            changed = hidden != self._hidden
            if changed:
                self._hidden = hidden
                self.republish()
            return changed

    def _dvza_hosts(self) -> frozenset[str]:
        return frozenset(item.back_host for item in self.network.of_role("dvza") if item.kind == "twin")

    def whitelist_without(self, hosts: Iterable[str], instead: Iterable[str] = ()) -> None:
        """Republish the Whitelist without these hosts (none: everybody again), with others in their place."""
        with self._lock:
            self._removed, self._instead = frozenset(hosts), tuple(instead)
            self.republish()

    def rename(self, names: Mapping[str, str]) -> None:
        """Republish the OCL with other organisation names by host (none: the names of the network)."""
        with self._lock:
            self._renamed = dict(names)
            self.republish()

    def without_services(self, services: Mapping[str, Iterable[str]]) -> None:
        """Republish the OCL without some services of a client host."""
        with self._lock:
            self._unserved = {host: frozenset(ids) for host, ids in services.items()}
            self.republish()

    def republish(self) -> None:
        """A new Volgnummer and Tijdstempel."""
        with self._lock:
            self._sequence += 1
            self._stamp = self.clock.now()
            self._cache.clear()
            self._documents.clear()

    def publish_own(self, client: str, release_id: str, kind: ListKind, own: Own | None) -> None:
        """Publish a list of its own for one client host, ``None``: the same as everybody's again.

        Each time it gets a Volgnummer that is higher than all that this client ever got.
        """
        with self._lock:
            ahead, _, before = self._own.get((client, release_id, kind), (0, "", None))
            if own is not None or before is not None:
                stamp = _stamp(self.clock.now().isoformat(timespec="seconds"))
                self._own[(client, release_id, kind)] = (ahead + 1, stamp, own)

    def _owned(self, kind: ListKind, release_id: str, client: str) -> bytes | None:
        """The list as one client gets it, ``None``: it gets the same as everybody."""
        with self._lock:
            ahead, stamp, own = self._own.get((client, release_id, kind), (0, "", None))
            if not ahead:
                return None
            rel, common = release(release_id), self.document(kind, release_id)
            newest = max(stamp, common.timestamp)
            document = msgspec.structs.replace(common, sequence=common.sequence + ahead, timestamp=newest)
            return own(document, rel) if own is not None else lists.build(document, rel)

    # -- lists ------------------------------------------------------------------------------------

    def document(self, kind: ListKind, release_id: str) -> lists.AnyList:
        """The current list as data; made once for each publication."""
        with self._lock:
            key = (release_id, kind)
            if key not in self._documents:
                self._documents[key] = self._document(kind, release(release_id))
            return self._documents[key]

    def _document(self, kind: ListKind, rel: Release) -> lists.AnyList:
        common = {
            "timestamp": _stamp(self._stamp.isoformat(timespec="seconds")),
            "sequence": self._sequence,
        }
        if kind == "zal":
            return lists.Zal(providers=tuple(self._providers(rel)), **common)  # type: ignore[arg-type]
        if kind == "ocl":
            return lists.Ocl(clients=tuple(self._clients(rel)), **common)  # type: ignore[arg-type]
        if kind == "gnl":
            return lists.ServiceNames(services=self._names(), **common)  # type: ignore[arg-type]
        return lists.Whitelist(hostnames=self._hosts(), **common)  # type: ignore[arg-type]

    def xml(self, kind: ListKind, release_id: str) -> bytes:
        """The current list as published."""
        with self._lock:
            key = (release_id, kind)
            if key not in self._cache:
                self._cache[key] = lists.build(self.document(kind, release_id), release(release_id))
            return self._cache[key]

    def _providers(self, rel: Release) -> Iterable[lists.Provider]:
        for his in self.network.of_role("his"):
            dvza = self.network.participant(his.dvza)
            if (
                rel.id not in his.releases
                or rel.id not in dvza.releases
                or (dvza.kind == "live" and dvza.lists)
            ):
                continue
            services = tuple(published_services(his, dvza, rel))
            if not services:
                continue
            version = lists.InterfaceVersion(id=rel.interface_version, services=services)
            yield lists.Provider(name=his.provider_name, versions=(version,))

    def _clients(self, rel: Release) -> Iterable[lists.Client]:
        for pgo in self.network.of_role("pgo"):
            if rel.id not in pgo.releases:
                continue
            host = pgo.pgo_host.lower()
            ids = tuple(
                dict.fromkeys(
                    service
                    for service in (pgo.services or client_services(pgo))
                    if service not in self._unserved.get(host, ())
                )
            )
            if not ids:  # an absent list of services would mean "not stated"; name one of something else
                ids = tuple(
                    item.collect.id
                    for item in standards().values()
                    if item.collect.id not in self._unserved.get(host, ())
                )[:1]
            organisation = self._renamed.get(host) or (pgo.organisation or pgo.title)
            yield lists.Client(
                hostname=host,
                organisation=(organisation if len(organisation) >= 3 else f"PGO {organisation}")[:50],
                versions=(lists.ClientVersion(id=rel.interface_version, services=ids),) if ids else (),
            )
        if len(self.network.of_role("pgo")) == 1:
            yield lists.Client(hostname=SPARE_PGO, organisation="Tweede PGO (harness)")

    def _names(self) -> tuple[lists.ServiceName, ...]:
        used = dict.fromkeys(
            item for participant in self.network.participants for item in participant.standards
        )
        return tuple(
            lists.ServiceName(id=service.id, name=service.name)
            for name in used
            for service in standard(name).services
        )

    def _hosts(self) -> tuple[str, ...]:
        hosts = [self.network.stelselnode.host]
        for item in self.network.participants:
            if item.role == "dvza":
                hosts += [item.back_host] if item.kind == "twin" else live_hosts(item)
            elif item.role == "pgo":
                hosts.append(item.pgo_host)
        if len(self.network.of_role("pgo")) == 1:
            hosts.append(SPARE_PGO)
        hosts += self._instead
        return tuple(
            dict.fromkeys(
                host.lower()
                for host in hosts
                if host.lower() not in self._removed | self._hidden and is_hostname(host.lower())
            )
        )

    def service_name(self, service_id: str) -> str:
        """Display name on the GNL."""
        return self._by_id.get(service_id, service_id)

    @cached_property
    def _by_id(self) -> dict[str, str]:
        return {item.id: item.name for item in self._names()}

    # -- serving ----------------------------------------------------------------------------------

    async def handle(self, request: Incoming) -> Outgoing:
        """Serve a list."""
        kinds: dict[str, ListKind] = {framework().files[kind]: kind for kind in LIST_KINDS}
        kind = kinds.get(request.path.lstrip("/"))
        host = request.url.partition("://")[2].partition("/")[0].partition(":")[0].lower()
        releases = {
            list_host(self.network, item): item
            for participant in self.network.participants
            for item in participant.releases
        }
        api = [value for name, value in parse_qsl(request.query, keep_blank_values=True) if name == "api"]
        chosen = next(
            (
                item
                for participant in self.network.participants
                for item in participant.releases
                if list_host(self.network, item) == host and api == [release(item).api]
            ),
            None,
        )
        client = client_host(request)
        if request.method not in ("GET", "HEAD"):
            return self._logged(request, client, str(kind), "", _plain(405, "GET", (("Allow", "GET"),)))
        if kind is None or (host not in releases and chosen is None):
            return self._logged(request, client, str(kind), "", _plain(404, "no such list"))
        if chosen is None:
            return self._logged(request, client, kind, "", _plain(404, "no list for this api value"))
        return self._logged(request, client, kind, chosen, self._answer(kind, chosen, client))

    def _answer(self, kind: ListKind, release_id: str, client: str) -> Outgoing:
        with self._lock:
            given = self._faults.get(client, frozenset()) | self._faults.get("", frozenset())
            if not client:  # without mutual TLS nobody can be told apart
                given = given.union(*self._faults.values())
        faults = [
            name.partition(":")[2] or name for name in sorted(given) if name.partition(":")[0] in (kind, name)
        ]
        headers = (("Content-Type", "application/xml; charset=utf-8"),)
        owned = self._owned(kind, release_id, self.list_client(client))
        if owned is not None:
            return Outgoing(headers=headers, body=owned)
        if not faults:
            return Outgoing(headers=headers, body=self.xml(kind, release_id))
        fault = faults[0]
        if fault in ("http-500", "http-404"):
            return _plain(int(fault[-3:]), "storing")
        if fault == "html":
            return Outgoing(
                headers=(("Content-Type", "text/html"),), body=b"<html><body>Onderhoud</body></html>"
            )
        if fault == "slow":
            return Outgoing(headers=headers, body=self.xml(kind, release_id), delay=SLOW_SECONDS)
        if fault == "oversized":
            return Outgoing(headers=headers, body=self.xml(kind, release_id) + b"<!-- -->" * (OVERSIZE // 8))
        if fault == "no-mtls":
            return Outgoing(headers=headers, body=self.xml(kind, release_id))
        if fault == "stale-volgnummer":
            stale = msgspec.structs.replace(self.document(kind, release_id), sequence=FIRST_SEQUENCE - 1)
            return Outgoing(headers=headers, body=lists.build(stale, release(release_id)))
        if fault == "media-type":
            return Outgoing(headers=(("Content-Type", "text/plain"),), body=self.xml(kind, release_id))
        if fault == "same-number":
            body = self.xml(kind, release_id).replace(b"</Weergavenaam>", b" nieuw</Weergavenaam>", 1)
            return Outgoing(headers=headers, body=body)
        if fault == "prefixed":
            return Outgoing(headers=headers, body=_prefixed(self.xml(kind, release_id)))
        body = list_faults.faulty(self.document(kind, release_id), release(release_id), fault)
        return Outgoing(headers=headers, body=body)

    def _logged(
        self, request: Incoming, client: str, kind: str, release_id: str, answer: Outgoing
    ) -> Outgoing:
        with self._lock:
            at = self.clock.now().isoformat()
            self.log.append(Fetch(client=client, at=at, kind=kind, release=release_id, status=answer.status))
            del self.log[:-10_000]
        return answer


def _prefixed(xml: bytes) -> bytes:
    """The same list with a namespace prefix on every element."""
    text = re.sub(rb"<(/?)([A-Z])", rb"<\1mm:\2", xml)
    return text.replace(b' xmlns="', b' xmlns:mm="', 1)


def published_services(his: Participant, dvza: Participant, rel: Release) -> Iterable[lists.Service]:
    """The services of a HIS as the provider list shows them."""
    for name in his.standards:
        if name not in dvza.standards:
            continue
        for service in standard(name).services:
            urls = endpoints(his, dvza, rel.id, service.id)
            if urls is None:
                continue
            if dvza.kind == "live" and not _publishable(urls):
                continue  # a list cannot carry it (a port, http, no dot): only the network file can
            roles = tuple(lists.SystemRole(code=code, resource_endpoint=urls[2]) for code in service.roles)
            yield lists.Service(
                id=service.id, authorization_endpoint=urls[0], token_endpoint=urls[1], roles=roles
            )


def _publishable(urls: tuple[str, str, str]) -> bool:
    kinds: tuple[Literal["front", "back"], ...] = ("front", "back", "back")
    return all(parse_endpoint(url, kind) is not None for url, kind in zip(urls, kinds, strict=True))


def endpoints(
    his: Participant, dvza: Participant, release_id: str, service_id: str
) -> tuple[str, str, str] | None:
    """Authorization, token and resource endpoint of a service; ``None`` when the DVZA does not offer it."""
    if dvza.kind == "live":
        resource = dvza.resource.get(service_id)
        if not resource:
            return None
        return dvza.authorize, dvza.token, resource.rstrip("/")
    path = release_path(release_id)
    return (
        f"https://{dvza.front_host}/{path}/authorize",
        f"https://{dvza.back_host}/{path}/token",
        f"https://{dvza.back_host}/{path}/{his.id}/{service_id}/fhir",
    )


def client_services(pgo: Participant) -> tuple[str, ...]:
    """GegevensdienstIds of the standards of a PGO."""
    return tuple(service.id for name in pgo.standards for service in standard(name).services)


def live_hosts(dvza: Participant) -> list[str]:
    """Back-channel hosts of the endpoints that the network file states for a live DVZA."""
    urls = [dvza.token, *dvza.resource.values()]
    return [url.partition("://")[2].partition("/")[0].partition(":")[0] for url in urls if url]


def client_host(request: Incoming) -> str:
    """First SAN host of the client certificate, ``""`` without one."""
    certificate = request.tls.client if request.tls is not None else None
    return certificate.dns_names[0].lower() if certificate is not None and certificate.dns_names else ""


def _stamp(text: str) -> str:
    return text.replace("+00:00", "Z")


def _plain(status: int, text: str, headers: tuple[tuple[str, str], ...] = ()) -> Outgoing:
    return Outgoing(
        status=status,
        headers=(("Content-Type", "text/plain; charset=utf-8"), *headers),
        body=f"{text}\n".encode(),
    )
