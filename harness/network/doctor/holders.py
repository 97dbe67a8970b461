"""Asks servers what they hold of declared persons: a HIS as our DVZA does, a DVZA with given tokens."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit
from uuid import uuid4

from harness.core.errors import ConfigurationError
from harness.core.standards.table import service_standard
from harness.medmij import headers
from harness.network.doctor import holdings
from harness.network.doctor.connection import Endpoint, Reply, fetch
from harness.network.doctor.diagnosis import Diagnosis
from harness.network.doctor.places import endpoint_of, identity_of
from harness.network.doctor.telling import Telling
from harness.network.file import Network, Participant
from harness.network.person.declared import declared_persons, known_persons
from harness.network.twins.backends import for_patient
from harness.pki.authority import Identity
from harness.record import DeclaredPerson


def holdings_of_his(
    network: Network, his: Participant, telling: Telling, trust: bytes | None, now: datetime
) -> Iterator[Diagnosis]:
    """What a HIS behind our DVZA holds, asked as our DVZA asks it."""
    known = {item.id: item for item in known_persons(network, now.date())}
    try:
        secret = his.credential.read(network.base) if his.credential is not None else ""
    except ConfigurationError:
        return  # told already
    sent = {"bearer": [("Authorization", f"Bearer {secret}")], "header": [(his.auth_header, secret)]}
    identity = identity_of(network, his) if his.auth == "mtls" else None
    endpoint = endpoint_of(network, his.id, his.fhir.rstrip("/"), certificate=his.auth == "mtls")

    def ask(path: str, person: str) -> Reply:
        patient = known[person].patient(his.id) if person in known else person
        target, more = for_patient(his.patient, path, patient)
        target = urlsplit(endpoint.url).path + target
        shown = [*sent.get(his.auth, []), *more]
        return fetch(endpoint, target, trust=trust, identity=identity, accept=holdings.ACCEPT, headers=shown)

    holder = holdings.Holder(
        party=his.id, base=endpoint.url, place=network.path, ask=ask, told=telling.excerpt
    )
    people = _people(network, his, now)
    yield from holdings.persons(holder, people)
    if people:
        yield from holdings.services(holder, his.standards, people[0].id, now.date())


def _ids() -> list[tuple[str, str]]:
    """Identifiers that releases from 2.1 on ask of every request."""
    return [(name, str(uuid4())) for name in (headers.REQUEST_ID, headers.CORRELATION_ID)]


def _people(network: Network, his: Participant, now: datetime) -> list[DeclaredPerson]:
    """The persons whose data a HIS is to give: those that it names, else all that are declared."""
    persons = declared_persons(network, now.date())
    named = dict.fromkeys((*his.persons, *his.person.values(), *his.id_map))
    names = list(named) or [item.id for item in network.persons if not item.situation]
    return [known for name in names if (known := persons.get(name)) is not None]


def holdings_of_dvza(
    network: Network,
    dvza: Participant,
    telling: Telling,
    trust: bytes | None,
    identity: Identity | None,
    now: datetime,
) -> Iterator[Diagnosis]:
    """What a DVZA gives with the tokens of the network file."""
    tokens: dict[str, str] = {}
    for person in network.persons:
        if person.token is not None and not person.situation:
            with contextlib.suppress(ConfigurationError):  # told already
                tokens[person.id] = person.token.read(network.base)
    persons = declared_persons(network, now.date())
    declared = [known for name in tokens if (known := persons.get(name)) is not None]
    seen = False
    for service, url in dvza.resource.items() if declared else ():
        endpoint = endpoint_of(network, dvza.id, url.rstrip("/"), certificate=True)

        def ask(path: str, person: str, endpoint: Endpoint = endpoint) -> Reply:
            sent = [("Authorization", f"Bearer {tokens[person]}"), *_ids()]
            target = urlsplit(endpoint.url).path + path
            return fetch(
                endpoint, target, trust=trust, identity=identity, accept=holdings.ACCEPT, headers=sent
            )

        holder = holdings.Holder(
            party=dvza.id, base=endpoint.url, place=network.path, ask=ask, told=telling.excerpt
        )
        if not seen:
            yield from holdings.persons(holder, declared)
        seen = True
        offered = service_standard(service)
        names = (offered.id,) if offered is not None and offered.id in dvza.standards else ()
        yield from holdings.services(holder, names, declared[0].id, now.date())
