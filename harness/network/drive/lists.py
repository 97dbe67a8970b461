"""Lists: what a node fetches from the stelselnode, and the endpoints that it finds there."""

from __future__ import annotations

from typing import Any

from harness.core.standards.table import Service
from harness.medmij.lists import Service as ListedService
from harness.medmij.lists import SystemRole
from harness.medmij.lists import url as list_url
from harness.medmij.releases import ListKind, framework
from harness.network.drive.session import FlowSession, Stop
from harness.network.file import STELSELNODE, Participant
from harness.network.twins.stelselnode import LIST_KINDS, endpoints
from harness.network.wire.client import Answer


class Lists:
    """The lists of a release, as the PGO of a flow fetches and keeps them.

    :param source: where the lists are: public host, or base URL of a live stelselnode.
    """

    def __init__(self, session: FlowSession, source: str) -> None:
        self._session = session
        self._source = source

    def fetch(self, *, everything: bool) -> None:
        """Fetch what is due, or everything; an invalid or older list never replaces a good one.

        :raises Stop: there is no provider list or no Whitelist at all.
        """
        session = self._session
        held = session.pgo.lists(session.release)
        now = session.clock.now()
        for kind in LIST_KINDS:
            if kind == "gnl" and session.pgo.fault("skip-gnl"):
                continue
            if everything or held.due(kind, now):
                self._fetch(kind)
        if held.zal is None or held.whitelist is None:
            raise Stop

    def _fetch(self, kind: ListKind) -> None:
        session, pgo = self._session, self._session.pgo
        held = pgo.lists(session.release)

        def annotate(answer: Answer) -> dict[str, Any]:
            now = session.clock.now()
            if answer.status != 200:
                step = held.failed(kind, answer.error or f"HTTP {answer.status}", now)
            elif pgo.fault("accept-stale-list"):
                step = held.received_anyway(kind, answer.body, session.release, now)
            else:
                step = held.received(kind, answer.body, session.release, now)
            lax = pgo.fault("accept-invalid-list")
            outcome = "replaced" if lax and step.outcome == "refused" else step.outcome
            return {
                "list": {
                    "outcome": outcome,
                    "sequence": getattr(step.state.document, "sequence", 0),
                    "issues": [issue.rule for issue in step.issues],
                }
            }

        if "://" in self._source:
            url = f"{self._source.rstrip('/')}/{framework().files[kind]}?api={session.release.api}"
        else:
            url = list_url(self._source, kind, session.release)
        session.send(
            pgo.back(),
            "GET",
            url,
            [("Accept", "application/xml, text/xml")],
            interface="list",
            operation=f"list-{kind}",
            server=STELSELNODE,
            timeout=30.0,
            annotate=annotate,
        )

    def find_endpoint(self) -> None:
        """Find the endpoints of the provider for this release, in the list or in the network file.

        :raises Stop: the list does not have the provider or the service.
        """
        session = self._session
        his, dvza = session.parties.his, session.parties.dvza
        if dvza.kind == "live" and not dvza.lists:  # the network file itself names the endpoints
            session.endpoint = _stated_endpoint(his, dvza, session.release.id, session.service)
            session.values["name"] = his.provider_name.removesuffix("@medmij")
        else:
            zal = session.pgo.lists(session.release).zal
            provider = zal.provider(his.provider_name) if zal is not None else None
            if provider is None:
                raise Stop
            session.endpoint = provider.service(session.service.id, session.release.interface_version)
            session.values["name"] = provider.name.removesuffix("@medmij")
        if session.endpoint is None:
            raise Stop


def _stated_endpoint(
    his: Participant, dvza: Participant, release_id: str, service: Service
) -> ListedService | None:
    """Endpoints of a live DVZA that the network file states, in the shape of a list entry."""
    urls = endpoints(his, dvza, release_id, service.id)
    if urls is None:
        return None
    roles = tuple(SystemRole(code=code, resource_endpoint=urls[2]) for code in service.roles)
    return ListedService(id=service.id, authorization_endpoint=urls[0], token_endpoint=urls[1], roles=roles)
