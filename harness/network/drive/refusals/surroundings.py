"""Whom a DVZA must tell apart, as far as the network file says, or our own mocks can be made to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from harness.core.run.findings import Cell
from harness.core.standards.table import Standard
from harness.medmij.refusals.rows import Listed
from harness.network.drive.authorization import PERSONS
from harness.network.drive.refusals.wallet import Others
from harness.network.file import Client, Network, Participant
from harness.network.person.persons import fixture_persons
from harness.network.twins.building import Twins
from harness.network.twins.pgo import PgoTwin
from harness.network.twins.stelselnode import SPARE_PGO

OFF_LIST: Final = "niet-op-de-lijst.harness.example"
UNKNOWN_PROVIDER: Final = "andere.praktijk"


class Surroundings:
    """The other parties of one cell.

    :param waits: whether a live party is really waited for.
    :param wait: lets time pass.
    """

    def __init__(
        self, network: Network, twins: Twins, cell: Cell, *, waits: bool, wait: Callable[[float], None]
    ) -> None:
        self._network = network
        self._twins = twins
        self._cell = cell
        self._waits = waits
        self._wait = wait
        self._dvza = network.participant(cell.dvza)

    def others(self, *, own_pages: bool) -> Others:
        """All of them.

        :param own_pages: whether the DVZA has the pages of our twin, where a consent can be withdrawn.
        """
        twin = self._twins.dvzas.get(self._cell.dvza)
        return Others(
            second=self._second(),
            off_list=self._off_list(),
            person=self._person(),
            provider=self._provider(),
            release=next((item for item in reversed(self._dvza.releases) if item != self._cell.release), ""),
            withdraw=own_pages,
            lists=self._narrowed if twin is not None else None,
            unlisted=self._unlisted if twin is not None else None,
            age=twin.age if twin is not None else (self._really if self._waits else None),
            clock=twin is not None,
        )

    def unknown_provider(self) -> str:
        """MedMij name of a provider that the DVZA of the cell does not authorize for."""
        others = (item for item in self._network.of_role("his") if item.dvza != self._cell.dvza)
        return next((item.provider_name.removesuffix("@medmij") for item in others), UNKNOWN_PROVIDER)

    def _really(self, secret: str, seconds: float) -> None:
        self._wait(seconds)

    def _second(self) -> PgoTwin | None:
        """Another PGO: of the network file, or for our own DVZA the one that is published beside it."""
        own = self._twins.pgos[self._cell.pgo]
        stated = self._network.second_client
        if stated is not None:
            return own.beside(_participant(own.participant, "second-client", stated))
        others = [item for item in self._network.of_role("pgo") if item.id != self._cell.pgo]
        if self._dvza.kind == "live":
            others = [item for item in others if item.certificate]
            return own.beside(others[0]) if others else None
        fit = [item for item in others if self._cell.release in item.releases]
        if fit or others:
            return own.beside((fit or others)[0])
        spare = Client(host=SPARE_PGO, certificate="", key="")
        return own.beside(_participant(own.participant, "second-client", spare))

    def _off_list(self) -> PgoTwin | None:
        own = self._twins.pgos[self._cell.pgo]
        stated = self._network.off_list_client
        if stated is None and self._dvza.kind == "live":
            return None
        client = stated or Client(host=OFF_LIST, certificate="", key="")
        return own.beside(_participant(own.participant, "off-list-client", client))

    def _person(self) -> str:
        """Another person with data in the HIS of the cell."""
        network, cell = self._network, self._cell
        own = network.person_of(cell)
        special = {item.id for item in network.persons if item.situation} | set(PERSONS.values())
        declared = [item.id for item in network.persons]
        ours = [
            item.id
            for item in fixture_persons()
            if item.treatment_relation and item.data_available and cell.standard in item.standards
        ]
        return next(
            (
                item
                for item in declared or ours
                if item != own and item not in special and network.knows(cell.his, item)
            ),
            "",
        )

    def _provider(self) -> Participant | None:
        """Another HIS behind the same DVZA that offers the standard of the cell."""
        cell = self._cell
        return next(
            (
                item
                for item in self._network.behind(cell.dvza)
                if item.id != cell.his and cell.standard in item.standards and cell.release in item.releases
            ),
            None,
        )

    def _narrowed(self, chosen: Standard, login: Callable[[], None]) -> None:
        """Let somebody log in while the client list does not have a service of the PGO."""
        node, host = self._twins.stelselnode, self._twins.pgos[self._cell.pgo].host
        node.without_services({host: [chosen.collect.id]})
        try:
            login()
        finally:
            node.without_services({})

    def _unlisted(self, call: Callable[[], object], listed: Listed) -> None:
        """Do something while the Whitelist does not have the PGO of the cell, but a name that is like it."""
        node, host = self._twins.stelselnode, self._twins.pgos[self._cell.pgo].host
        alike = {"parent": host.partition(".")[2], "subdomain": f"a.{host}"}.get(listed)
        node.whitelist_without([host], (alike,) if alike else ())
        try:
            call()
        finally:
            node.whitelist_without(())


def _participant(own: Participant, identifier: str, client: Client) -> Participant:
    """The PGO of a cell as another one."""
    return msgspec.structs.replace(
        own,
        id=identifier,
        host=client.host,
        client_id="",
        redirect_uri=client.redirect_uri,
        certificate=client.certificate,
        key=client.key,
    )
