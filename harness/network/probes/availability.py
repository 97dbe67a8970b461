"""Is a live party there: one light question over a new connection, again and again.

Nobody logs in and no data are asked: the authorization page of a DVZA without parameters, the root of its
resource endpoint with the certificate of a PGO, the CapabilityStatement of a HIS. Any answer will do, but
that of a server that says that it cannot (5xx).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from harness.core.errors import ConfigurationError
from harness.core.run.agreed.sampling import Sample, Target
from harness.core.text import Text
from harness.network.doctor.connection import Endpoint, Refused, fetch
from harness.network.doctor.places import endpoint_of, identity_of
from harness.network.file import Network
from harness.network.trust import stated_anchors
from harness.pki.authority import Identity


@dataclass(frozen=True)
class Place:
    """Something to ask."""

    target: Target
    endpoint: Endpoint
    identity: Identity | None


def places(network: Network) -> list[Place]:
    """What of the live parties of a network can be asked, each address once.

    :raises ConfigurationError: nothing: nobody is live, or the addresses stand in lists only.
    """
    found = {place.target.url: place for place in _places(network)}
    if not found:
        raise ConfigurationError(
            Text(
                nl="noemt geen adres van een echte partij: DVZA met authorize en resource, of HIS met fhir",
                en="names no address of a live party: DVZA with authorize and resource, or HIS with fhir",
            ),
            where=network.path,
            expected="kind: live",
        )
    return list(found.values())


def _places(network: Network) -> Iterator[Place]:
    pgo = next((item for item in network.of_role("pgo") if item.certificate), None)
    client = identity_of(network, pgo) if pgo is not None else None
    for item in network.participants:
        if item.kind != "live":
            continue
        version = " ".join(part for part in (item.product, item.version) if part)
        asked: list[tuple[str, bool]] = []
        if item.role == "dvza":
            asked += [(item.authorize, False)] if item.authorize else []
            asked += [(url, True) for url in item.resource.values()] if client is not None else []
        elif item.role == "his" and item.fhir:
            asked.append((f"{item.fhir.rstrip('/')}/metadata", item.auth == "mtls"))
        for url, certificate in asked:
            target = Target(party=item.id, version=version, url=url)
            own = identity_of(network, item) if item.role == "his" else client
            endpoint = endpoint_of(network, item.id, url, certificate=certificate)
            yield Place(target, endpoint, own if certificate else None)


def ask(network: Network, place: Place, number: int, now: datetime) -> Sample:
    """Ask once.

    :param number: index of the target in the head of the sample.
    """
    began = time.monotonic()
    status, error = 0, ""
    try:
        path = urlsplit(place.target.url).path or "/"
        trust = stated_anchors(network) or None
        status = fetch(place.endpoint, path, trust=trust, identity=place.identity).status
    except Refused as refused:
        error = refused.diagnosis.check
    at = now.astimezone(UTC).isoformat(timespec="seconds")
    return Sample(
        at=at,
        target=number,
        status=min(status, 599),
        error=error,
        ms=round((time.monotonic() - began) * 1000),
    )
