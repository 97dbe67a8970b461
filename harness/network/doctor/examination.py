"""The examination: which checks are made of which participant, in which order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from harness.core.issues import Issue
from harness.core.standards.table import standards
from harness.core.text import Text
from harness.core.verdicts import Blame
from harness.medmij import lists
from harness.medmij.lists import Ocl, Whitelist, Zal
from harness.medmij.releases import Release, newest, release
from harness.medmij.urls import parse_endpoint
from harness.network.doctor import holdings
from harness.network.doctor.configuration import examine_file
from harness.network.doctor.connection import (
    Endpoint,
    Refused,
    Reply,
    clock_skew,
    fetch,
    reachable_without_certificate,
    wildcard,
)
from harness.network.doctor.diagnosis import Diagnosis, fine, problem
from harness.network.doctor.holders import holdings_of_dvza, holdings_of_his
from harness.network.doctor.places import endpoint_of, identity_of
from harness.network.doctor.telling import Telling
from harness.network.file import Network, Participant
from harness.network.person.persons import fixture_persons
from harness.network.trust import stated_anchors
from harness.pki.authority import Identity

Progress = Callable[[str], None]
_VERSION: Final = re.compile(r"[0-9][0-9.]{0,11}", re.ASCII)


def examine(network: Network, now: datetime, progress: Progress = lambda _: None) -> Iterator[Diagnosis]:
    """Look at everything; yields diagnoses as they are made, nobody and no secret in them."""
    progress(network.path)
    telling = Telling(network, now)
    for item in _everything(network, telling, now, progress):
        ours = item.blame is Blame.PRODUCT and item.party in _mocks(network)
        yield telling.diagnosis(_ours(item) if ours else item)


def _mocks(network: Network) -> set[str]:
    """Ids of our own mocks, in this process or in another (a DVZA at which one logs in as at ours)."""
    mocked = {item.id for item in network.participants if item.kind == "twin"}
    served = {item.id for item in network.of_role("dvza") if item.login == "mock"}
    node = {"stelselnode"} if served or network.stelselnode.kind == "twin" else set()
    return mocked | served | node


def _ours(item: Diagnosis) -> Diagnosis:
    """A problem of one of our own mocks is no problem of a product."""
    return msgspec.structs.replace(
        item,
        blame=Blame.HARNESS,
        change=Text(
            nl="dit is onze eigen mock: start harness serve opnieuw; blijft het, meld het dan",
            en="this is our own mock: start harness serve again; if it stays, report it",
        ),
    )


def _everything(network: Network, telling: Telling, now: datetime, progress: Progress) -> Iterator[Diagnosis]:
    yield from examine_file(network, now)
    trust = stated_anchors(network) or None
    for dvza in network.of_role("dvza"):
        if dvza.kind == "live":
            progress(dvza.id)
            yield from _examine_dvza(network, dvza, telling, trust, now)
    for his in network.of_role("his"):
        if his.kind == "live" and his.fhir:
            progress(his.id)
            yield from _examine_his(network, his, telling, trust, now)
    yield from _examine_harness(network)


def _examine_dvza(
    network: Network, dvza: Participant, telling: Telling, trust: bytes | None, now: datetime
) -> Iterator[Diagnosis]:
    pgos = [item for item in network.of_role("pgo") if item.certificate]
    identity = identity_of(network, pgos[0]) if pgos else None
    if identity is None and dvza.login != "tokens":
        yield problem(
            "certificate-missing",
            dvza.id,
            Blame.CONFIGURATION,
            Text(
                nl="geen PGO in het netwerkbestand heeft een clientcertificaat voor deze live DVZA",
                en="no PGO in the network file has a client certificate for this live DVZA",
            ),
            Text(nl="voeg certificate en key toe bij de PGO", en="add certificate and key to the PGO"),
            where=network.path,
        )
    front, back = [dvza.authorize], [dvza.token, *dvza.resource.values()]
    if dvza.lists:
        listed_front, listed_back = [], []
        for item in _examine_lists(network, dvza, trust, identity, now):
            if isinstance(item, Diagnosis):
                yield item
            else:
                listed_front += item[0]
                listed_back += item[1]
        front, back = listed_front, listed_back
    for url in dict.fromkeys(url for url in front if url):
        yield from _examine_url(endpoint_of(network, dvza.id, url, certificate=False), trust, None, now)
    for url in dict.fromkeys(url for url in back if url):
        yield from _examine_url(endpoint_of(network, dvza.id, url, certificate=True), trust, identity, now)
    if dvza.login == "tokens":
        yield from holdings_of_dvza(network, dvza, telling, trust, identity, now)


def _examine_url(
    endpoint: Endpoint, trust: bytes | None, identity: Identity | None, now: datetime
) -> Iterator[Diagnosis]:
    path = urlsplit(endpoint.url).path or "/"
    try:
        reply = fetch(endpoint, path, trust=trust, identity=identity)
    except Refused as refused:
        yield refused.diagnosis
        return
    what = Text(nl=f"bereikbaar ({reply.status})", en=f"reachable ({reply.status})")
    yield fine("endpoint", endpoint.party, what, endpoint.place)
    yield from wildcard(endpoint, reply)
    yield from clock_skew(endpoint, reply, now)
    if endpoint.needs_certificate:
        yield from reachable_without_certificate(endpoint, trust, path)


def _examine_lists(
    network: Network,
    dvza: Participant,
    trust: bytes | None,
    identity: Identity | None,
    now: datetime,
) -> Iterator[Diagnosis | tuple[list[str], list[str]]]:
    family = release(newest(dvza.releases))
    host = urlsplit(dvza.lists).hostname or ""
    found: dict[str, object] = {}
    for kind in ("zal", "ocl", "gnl", "whl"):
        url = lists.url(host, kind, family)
        endpoint = endpoint_of(network, "stelselnode", url, certificate=True)
        try:
            reply = fetch(endpoint, urlsplit(url).path + f"?api={family.api}", trust=trust, identity=identity)
        except Refused as refused:
            yield refused.diagnosis
            return
        yield from clock_skew(endpoint, reply, now)
        parsed = lists.parse(kind, reply.body, family) if reply.status == 200 else None
        if parsed is None or parsed.document is None:
            yield _bad_list(kind, url, reply, parsed)
            continue
        found[kind] = parsed.document
        what = Text(
            nl=f"lijst {kind.upper()} klopt met het schema", en=f"list {kind.upper()} fits its schema"
        )
        yield fine("list", "stelselnode", what, url)
    yield from _entries(network, dvza, family, found)


def _bad_list(kind: str, url: str, reply: Reply, parsed: lists.ParsedList | None) -> Diagnosis:
    first = parsed.issues[0] if parsed and parsed.issues else None
    return problem(
        "list-invalid",
        "stelselnode",
        Blame.CONFIGURATION if reply.status != 200 else Blame.PRODUCT,
        Text(nl=f"lijst {kind.upper()} is niet bruikbaar", en=f"list {kind.upper()} is not usable"),
        Text(
            nl="corrigeer de URL van 'lists' of de lijst zelf",
            en="correct the URL in 'lists', or the list itself",
        ),
        where=f"{url}:{first.line}" if first and first.line else url,
        detail=_told(first) if first else f"HTTP {reply.status}",
    )


def _told(issue: Issue) -> str:
    """What is wrong with a list; lists are public, but what is none is not quoted."""
    listed = issue.rule in ("list-schema", "list-unique")
    return f"{issue.rule}: {issue.received if listed else issue.expected}"


def _entries(
    network: Network, dvza: Participant, family: Release, found: dict[str, object]
) -> Iterator[Diagnosis | tuple[list[str], list[str]]]:
    zal, ocl, whitelist = found.get("zal"), found.get("ocl"), found.get("whl")
    if isinstance(zal, Zal):
        for his in network.behind(dvza.id):
            yield from _services(his, zal, family)
    for pgo in network.of_role("pgo"):
        if isinstance(ocl, Ocl) and ocl.client(pgo.pgo_host) is None:
            yield problem(
                "client-not-listed",
                pgo.id,
                Blame.CONFIGURATION,
                Text(
                    nl="deze PGO staat niet op de OAuth Client List",
                    en="this PGO is not on the OAuth client list",
                ),
                Text(
                    nl=f"client_id: gebruik een host van de OCL ({_some(ocl)})",
                    en=f"client_id: use a host of the OCL ({_some(ocl)})",
                ),
                where=network.path,
                detail=pgo.pgo_host,
            )
        if isinstance(whitelist, Whitelist) and not whitelist.allows(pgo.pgo_host):
            yield problem(
                "node-not-whitelisted",
                pgo.id,
                Blame.CONFIGURATION,
                Text(
                    nl="de host van deze PGO staat niet op de Whitelist",
                    en="this PGO's host is not on the Whitelist",
                ),
                Text(nl="laat de host op de Whitelist zetten", en="have the host put on the Whitelist"),
                where=network.path,
                detail=pgo.pgo_host,
            )


def _some(ocl: Ocl) -> str:
    return ", ".join(item.hostname for item in ocl.clients[:3]) or "-"


def _services(
    his: Participant, zal: Zal, family: Release
) -> Iterator[Diagnosis | tuple[list[str], list[str]]]:
    provider = zal.provider(his.provider_name)
    if provider is None:
        names = ", ".join(item.name for item in zal.providers[:3])
        yield problem(
            "provider-not-listed",
            his.id,
            Blame.CONFIGURATION,
            Text(nl="deze zorgaanbieder staat niet op de lijst", en="this provider is not on the list"),
            Text(
                nl=f"provider: gebruik een naam van de ZAL ({names})",
                en=f"provider: use a name of the ZAL ({names})",
            ),
            detail=his.provider_name,
        )
        return
    for name in his.standards:
        known = standards().get(name)
        if known is None:
            continue
        service = provider.service(known.collect.id, family.interface_version)
        if service is None:
            yield problem(
                "service-not-listed",
                his.id,
                Blame.CONFIGURATION,
                Text(
                    nl=f"gegevensdienst {known.collect.id} staat niet op de lijst voor {family.id}",
                    en=f"data service {known.collect.id} is not listed for {family.id}",
                ),
                Text(
                    nl=f"laat dienst {known.collect.id} opnemen, of haal {name} uit standards",
                    en=f"have service {known.collect.id} listed, or take {name} out of standards",
                ),
                where=provider.name,
            )
            continue
        urls = [service.authorization_endpoint, service.token_endpoint]
        resources = [role.resource_endpoint for role in service.roles]
        for url in [*urls, *resources]:
            yield from _address_form(his, url)
        yield [service.authorization_endpoint], [service.token_endpoint, *resources]


def _address_form(his: Participant, url: str) -> Iterator[Diagnosis]:
    if parse_endpoint(url, "back") is None:
        yield problem(
            "endpoint-form",
            his.id,
            Blame.SPECIFICATION,
            Text(
                nl="adres op de lijst heeft een vorm die de bekende schema's niet toestaan",
                en="an address on the list has a form that the known schemas do not allow",
            ),
            Text(
                nl="laat het adres zonder slash aan het eind en zonder query opnemen",
                en="have the address listed without trailing slash and query",
            ),
            where=url,
            level="note",
        )


def _examine_his(
    network: Network, his: Participant, telling: Telling, trust: bytes | None, now: datetime
) -> Iterator[Diagnosis]:
    base = his.fhir.rstrip("/")
    endpoint = endpoint_of(network, his.id, base, certificate=his.auth == "mtls")
    identity = identity_of(network, his) if his.auth == "mtls" else None
    path = urlsplit(base).path + "/metadata"
    try:
        reply = fetch(endpoint, path, trust=trust, identity=identity, accept="application/fhir+json")
    except Refused as refused:
        yield refused.diagnosis
        return
    yield from clock_skew(endpoint, reply, now)
    yield from wildcard(endpoint, reply)
    found = _metadata(his, f"{base}/metadata", reply, telling)
    yield found
    yield from holdings.silent_parameters(his.id, his.patient, network.path)
    if found.level == "ok":
        yield from holdings_of_his(network, his, telling, trust, now)


def _metadata(his: Participant, url: str, reply: Reply, telling: Telling) -> Diagnosis:
    kind = telling.kind(his.id, url, reply)
    try:
        body = msgspec.json.decode(reply.body) if "json" in kind else None
    except msgspec.DecodeError:
        body = None
    if reply.status in (401, 403):
        return problem(
            "metadata-refused",
            his.id,
            Blame.CONFIGURATION,
            Text(
                nl=f"FHIR-server weigert toegang ({reply.status})",
                en=f"FHIR server refuses access ({reply.status})",
            ),
            Text(nl="auth/credential: geef geldige toegang op", en="auth/credential: give valid access"),
            where=url,
        )
    if not isinstance(body, dict) or body.get("resourceType") != "CapabilityStatement":
        return problem(
            "metadata-missing",
            his.id,
            Blame.CONFIGURATION if reply.status == 404 or "fhir" not in kind else Blame.PRODUCT,
            Text(nl="hier antwoordt geen FHIR-server", en="no FHIR server answers here"),
            Text(
                nl="fhir: geef de basis-URL waaronder /metadata een CapabilityStatement geeft",
                en="fhir: give the base URL under which /metadata returns a CapabilityStatement",
            ),
            where=url,
            detail=f"HTTP {reply.status} {kind} {telling.excerpt(his.id, url, reply)}",
        )
    found = _VERSION.match(str(body.get("fhirVersion", "")))
    version = found.group() if found else ""
    if not version.startswith("3.0"):
        return problem(
            "fhir-version",
            his.id,
            Blame.PRODUCT,
            Text(nl=f"FHIR-versie is {version or 'onbekend'}", en=f"FHIR version is {version or 'unknown'}"),
            Text(nl="bied FHIR STU3 (3.0) aan op dit adres", en="serve FHIR STU3 (3.0) at this address"),
            where=url,
            detail=version,
        )
    return fine("metadata", his.id, Text(nl="FHIR STU3-server antwoordt", en="FHIR STU3 server answers"), url)


def _examine_harness(network: Network) -> Iterator[Diagnosis]:
    """What our own side needs: our fixtures for twins."""
    twins = [item for item in network.of_role("his") if item.kind == "twin"]
    if twins and not fixture_persons():
        yield problem(
            "fixtures-missing",
            "harness",
            Blame.HARNESS,
            Text(nl="de eigen testpersonen ontbreken", en="our own test persons are missing"),
            Text(nl="installeer de harness opnieuw", en="install the harness again"),
            where=str(Path("fixtures/records")),
        )
    elif twins:
        what = Text(nl=f"{len(twins)} HIS-twin(s) klaar", en=f"{len(twins)} HIS twin(s) ready")
        yield fine("twins", "harness", what)
