"""Connections that came to no request: TLS handshakes that failed and bytes that are no HTTP, as exchanges.

Equal ones of one peer are recorded a few times only, so that a client that keeps trying fills no disk.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

from harness.core.clock import Clock
from harness.network.file import STELSELNODE, Network
from harness.network.twins.stelselnode import list_host
from harness.network.wire.handshake import Broken, Handshake
from harness.record import RawExchange

EQUAL: Final = 20
"""Equal failures of one peer that are recorded."""
DIFFERENT: Final = 2000
"""Different ones in a run."""
UNKNOWN: Final = "onbekend"
"""A client of which nothing is known."""


class Connections:
    """Makes exchanges of what went wrong before there was a request. Thread-safe.

    :param client_of: participant id of a host that a certificate names.
    :param notes: makes the notes of an exchange.
    :ivar listeners: told of each handshake that is recorded, with the client's id.
    """

    def __init__(
        self,
        network: Network,
        clock: Clock,
        client_of: Callable[[str], str],
        notes: Callable[..., dict[str, Any]],
    ) -> None:
        self._network = network
        self._clock = clock
        self._client_of = client_of
        self._notes = notes
        self._lock = threading.Lock()
        self._seen: Counter[tuple[str, str, str]] = Counter()
        self.listeners: list[Callable[[Handshake, str], None]] = []

    def handshake(self, failed: Handshake) -> RawExchange | None:
        """A handshake that failed; whose it was is known by the certificate that was presented.

        ``None`` for health checks (nothing was said), and for what was recorded often enough.
        """
        client = self._client(failed.presented.dns_names if failed.presented is not None else ())
        if not failed.spoke or self._enough(client, failed.host, failed.told):
            return None
        for tell in self.listeners:
            tell(failed, client)
        known = any(client == item.id for item in self._network.participants)
        return RawExchange(
            interface="tls",
            flow="",
            operation="refused",
            client=client if known else UNKNOWN,  # what a certificate says that nobody verified is anything
            server=self._owner(failed.host),
            started=self._clock.now(),
            duration=0.0,
            method="TLS",
            url=f"https://{failed.server_name or failed.host}/",
            error=f"tls: {failed.told}",
            notes=self._notes(handshake=failed.facts()),
        )

    def broken(self, broken: Broken) -> RawExchange | None:
        """What is no HTTP request; ``None`` when it was recorded often enough."""
        verified = broken.tls.client if broken.tls is not None else None
        client = self._client(verified.dns_names if verified is not None else ())
        if self._enough(client, broken.host, broken.why):
            return None
        return RawExchange(
            interface="probe",
            flow="",
            operation="unknown-malformed",
            client=client,
            server=self._owner(broken.host),
            started=self._clock.now(),
            duration=0.0,
            method="?",
            url=f"https://{broken.host}/",
            status=broken.status,
            response_body=broken.why.encode(),
            tls=broken.tls,
            notes=self._notes(),
        )

    def forget(self, client: str) -> None:
        """What was seen of a client counts anew: somebody begins to look at it."""
        with self._lock:
            for key in [key for key in self._seen if key[0] == client]:
                del self._seen[key]

    def _client(self, names: Sequence[str]) -> str:
        return self._client_of(names[0].lower()) if names else UNKNOWN

    def _enough(self, client: str, host: str, why: str) -> bool:
        with self._lock:
            if (client, host, why) not in self._seen and len(self._seen) >= DIFFERENT:
                return True
            self._seen[client, host, why] += 1
            return self._seen[client, host, why] > EQUAL

    def _owner(self, host: str) -> str:
        """Whose public name it is; the name itself when it is nobody's of the network file."""
        for item in self._network.of_role("dvza"):
            if host in (item.front_host.lower(), item.back_host.lower()):
                return item.id
        releases = {name for item in self._network.participants for name in item.releases}
        return STELSELNODE if host in {list_host(self._network, name) for name in releases} else host
