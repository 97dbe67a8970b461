"""The driver: which flows can be driven in a cell, and everything that a flow needs to begin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import date
from functools import partial
from typing import Any, Final

import msgspec

from harness.core.clock import Clock
from harness.core.errors import UsageError
from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Cell
from harness.core.run.info import Cleaned
from harness.core.run.limits import CLEAN_UP, READ_ONLY
from harness.core.standards.table import Standard
from harness.core.standards.table import standard as standard_of
from harness.core.tdates import TDates
from harness.core.text import Text
from harness.medmij.flows import Variant, variants
from harness.medmij.releases import Function
from harness.medmij.releases import release as release_of
from harness.medmij.urls import host_of
from harness.network.drive import queries
from harness.network.drive.authorization import PERSONS, SITUATIONS
from harness.network.drive.circumstances import circumstances
from harness.network.drive.cleaning import Cleaner
from harness.network.drive.flow import MAIN, TO_TOKEN, Flow
from harness.network.drive.refusals.run import run as run_refusals
from harness.network.drive.refusals.surroundings import Surroundings
from harness.network.drive.session import FlowSession, Parties, Stop
from harness.network.file import Network, Participant
from harness.network.hosts import Hosts
from harness.network.limits.endurance import Endurance, LimitReached
from harness.network.person.login import Cookies
from harness.network.person.logins import Logins
from harness.network.person.records import network_records
from harness.network.twins.building import Twins
from harness.network.twins.pgo import PgoTwin
from harness.network.twins.stelselnode import list_host, live_hosts
from harness.network.wire.connect import ConnectMap, is_loopback
from harness.record import Recorder
from harness.record.sample import Samples
from harness.reference.records import Records

AGAIN: Final = "again"
"""The main flow once more, in the same browser: a server that remembers it still asks what it has to ask."""
MAIN_FLOWS: Final[tuple[Function, ...]] = ("collect", "share")
SEARCH: Final = "search"
"""The flow in which a HIS is searched in ways of our own."""
READBACK: Final = "readback"
"""The flow that collects what was shared before."""


class Driver:
    """Drives flows in the cells of one network; everything that happens is recorded.

    :param t: the date ``T``.
    :param intensity: ``smoke``, ``normal`` or ``full``: how often sampled flows repeat, whether live parties
        are really waited for.
    :param mint: gives the next request or correlation identifier of a cell.
    :param endurance: what ends traffic that would not end by itself.
    """

    def __init__(
        self,
        network: Network,
        twins: Twins,
        hosts: Hosts,
        *,
        recorder: Recorder,
        clock: Clock,
        t: date,
        intensity: str,
        mint: Callable[[Cell], str],
        endurance: Endurance,
    ) -> None:
        self._network = network
        self._twins = twins
        self._hosts = hosts
        self._recorder = recorder
        self._clock = clock
        self._t = t
        self._intensity = intensity
        self._mint = mint
        self._endurance = endurance
        self._logins = Logins(network, recorder.learn)
        self._records: Records | None = None
        self._browsers: dict[Cell, Cookies] = {}
        # Read before threads drive: msgspec crashes when two of them learn to decode a type at the same time.
        self._variants = variants()

    def drive(self, cell: Cell, flow: str) -> None:
        """Drive one flow of a cell.

        :param flow: ``collect``, ``share``, ``search``, ``readback``, or a variant of
            ``profiles/afsprakenstelsel/flows.yaml``.
        :raises UsageError: unknown flow.
        :raises ConfigurationError: a recipe, credential or certificate of the network file is wrong.
        :raises LimitReached: there is no time left, a host does not answer, or the flow would write in a run
            that only reads.
        """
        self._endurance.check()
        if self._reads(cell) and self._sends(flow):
            raise LimitReached("read-only", READ_ONLY)
        self._twins.begin_flow(flow)
        if flow in MAIN_FLOWS:
            if flow == "collect" or standard_of(cell.standard).share is not None:
                made = self._flow(cell, flow, flow, MAIN)
                self._browsers[cell] = made.cookies
                made.run()
            return
        if flow in (SEARCH, READBACK):
            self._again(cell, flow)
            return
        variant = self._variants.get(flow)
        if variant is None:
            raise UsageError(
                Text(nl=f"onbekende stroom '{flow}'", en=f"unknown flow '{flow}'"),
                expected=", ".join((*MAIN_FLOWS, SEARCH, READBACK, *sorted(self._variants))),
                received=flow,
            )
        if self.can_drive(cell, variant):
            if "refusals" in variant.steps:
                self._refusals(cell, variant)
                return
            with circumstances(self._twins, self._hosts, cell, variant) as connect:
                times = variant.repeat.get(self._intensity, 1)
                samples = Samples(times) if variant.repeat else None
                for walked, notes in (turn for number in range(times) for turn in _turns(variant, number)):
                    person = self._situated(cell, walked.person)
                    if person:
                        walked = msgspec.structs.replace(walked, person="default")
                    made = self._flow(cell, flow, walked.function, walked, person=person, connect=connect)
                    made.session.samples, made.session.notes = samples, notes
                    made.run()

    def _reads(self, cell: Cell) -> bool:
        """Whether nothing is written in a cell: its live parties are only read from."""
        parties = (self._network.participant(name) for name in (cell.his, cell.dvza))
        return self._endurance.limits.read_only and any(item.kind == "live" for item in parties)

    def _sends(self, flow: str) -> bool:
        """Whether a flow shares data, or looks for what was shared."""
        variant = self._variants.get(flow)
        return flow in ("share", READBACK) or (variant is not None and variant.function == "share")

    def _refusals(self, cell: Cell, variant: Variant) -> None:
        """Drive requests that the DVZA must refuse."""
        network = self._network
        his, dvza = network.participant(cell.his), network.participant(cell.dvza)
        own_pages = self._logins.of(dvza, network.person_of(cell)).own_pages
        around = Surroundings(network, self._twins, cell, waits=self._intensity == "full", wait=self._wait)
        first = [cell.standard, *(name for name in his.standards if name != cell.standard)]
        run_refusals(
            variant.name,
            cell.release,
            partial(self._made, cell, variant.name),
            around.others(own_pages=own_pages),
            offered=[standard_of(name) for name in first if name in dvza.standards],
            other_provider=around.unknown_provider(),
            intensity=self._intensity,
            live=dvza.kind == "live" and not self._beside(dvza),
            reads=self._reads(cell),
        )

    def _beside(self, dvza: Participant) -> bool:
        """Whether a DVZA listens on this machine, so that no rest is needed."""
        hosts = [host_of(dvza.lists)] if dvza.lists else live_hosts(dvza)
        found = [self._hosts.connect.resolve(host, 443)[0] for host in hosts]
        return bool(found) and all(is_loopback(address) for address in found)

    def _situated(self, cell: Cell, kind: str) -> str:
        """The declared person in the situation that a variant asks for, ``""``: nobody is."""
        held = self._network.participant(cell.his).persons
        return next(
            (
                item.id
                for item in self._network.persons
                if item.situation == SITUATIONS.get(kind, "-") and (not held or item.id in held)
            ),
            "",
        )

    def _wait(self, seconds: float) -> None:
        """Let a live DVZA notice that time passes."""
        self._endurance.wait(self._clock, seconds, really=True)

    def _again(self, cell: Cell, name: str) -> None:
        """Collect once more up to the access token; then search in ways of our own, or read what was sent."""
        if name == READBACK and standard_of(cell.standard).share is None:
            return
        flow = self._flow(cell, name, "collect", TO_TOKEN)
        flow.run()
        if not flow.session.values.get("token"):
            return
        with suppress(Stop):
            if name == READBACK:
                queries.run(flow.session)
            else:
                from harness.network.drive.searching import cell as searching  # hypothesis takes long to load

                searching.run(flow.session, self._known)
                self._endurance.check()  # a search ends quietly

    def clean_up(self, exchanges: Iterable[Exchange], cells: Iterable[Cell]) -> Iterator[Cleaned]:
        """Delete what these exchanges of the run wrote to live parties; says what became of each.

        :param cells: the planned cells.
        """
        self._endurance.clean()
        yield from Cleaner(
            self._network,
            self._twins,
            self._recorder,
            self._clock,
            self._t,
            self._endurance,
            cells,
            lambda cell: self._flow(cell, CLEAN_UP, "share", TO_TOKEN),
        ).run(exchanges)

    def _known(self) -> Records:
        """The records of the persons of the network, read when the first search needs them."""
        if self._records is None:
            self._records = Records(network_records(self._network, self._t))
        return self._records

    def authorized(self, cell: Cell, function: Function, person: str = "") -> FlowSession:
        """A session that has walked the flow up to its access token, for drivers with requests of their own.

        :param person: test person, by default that of the cell. Without ``values["token"]`` the flow failed.
        """
        flow = self._flow(cell, function, function, TO_TOKEN, person=person)
        flow.run()
        return flow.session

    def can_drive(self, cell: Cell, variant: Variant) -> bool:
        """Whether a variant can be driven in a cell: release, kinds of parties, waiting."""
        dvza = self._network.participant(cell.dvza)
        if cell.release not in variant.releases:
            return False
        if variant.function == "share" and standard_of(cell.standard).share is None:
            return False
        if variant.subject == "pgo" and (
            dvza.kind != "twin" or self._network.participant(cell.pgo).kind != "twin"
        ):
            return False
        return dvza.kind == "twin" or self._can_drive_live(cell, dvza, variant)

    def _can_drive_live(self, cell: Cell, dvza: Participant, variant: Variant) -> bool:
        """Towards a live DVZA some variants need real waiting, another node, or persons that only we have."""
        if variant.server or (variant.waiting and self._intensity != "full"):
            return False
        for kind in (variant.token.certificate, variant.resource.certificate):
            if kind == "other-pgo" and not self._twins.pgos[cell.pgo].has_other_identity():
                return False
            if kind in ("not-on-whitelist", "expired"):
                return False
        if variant.person == "default" or self._situated(cell, variant.person):
            return True
        known = variant.person not in PERSONS or self._network.knows(cell.his, PERSONS[variant.person])
        return known and dvza.login in ("", "mock")

    def _flow(
        self,
        cell: Cell,
        flow: str,
        function: Function,
        variant: Variant,
        *,
        person: str = "",
        connect: ConnectMap | None = None,
    ) -> Flow:
        return self._made(cell, flow, variant, function=function, person=person, connect=connect)

    def _made(
        self,
        cell: Cell,
        flow: str,
        variant: Variant,
        *,
        function: Function = "collect",
        standard: Standard | None = None,
        person: str = "",
        pgo: PgoTwin | None = None,
        release: str = "",
        his: Participant | None = None,
        connect: ConnectMap | None = None,
    ) -> Flow:
        """A flow; what is not named is that of the cell, under whose key everything is recorded."""
        chosen = pgo or self._twins.pgos[cell.pgo]
        parties = Parties(
            his=his or self._network.participant(cell.his),
            dvza=self._network.participant(cell.dvza),
            pgo=chosen.participant,
        )
        known = standard or standard_of(cell.standard)
        session = FlowSession(
            cell=cell,
            flow=flow,
            function=function,
            release=release_of(release or cell.release),
            standard=known,
            service=known.share if function == "share" and known.share is not None else known.collect,
            parties=parties,
            person=person or self._network.person_of(cell),
            dates=TDates(self._t),
            pgo=chosen,
            recorder=self._recorder,
            clock=self._clock,
            new_id=partial(self._mint, cell),
            endurance=self._endurance,
        )
        return Flow(
            session,
            variant,
            entry=self._logins.of(parties.dvza, session.person),
            lists=self._list_source(parties.dvza, session.release.id),
            connect=connect,
            cookies=self._browsers.get(cell) if flow == AGAIN else None,
        )

    def _list_source(self, dvza: Participant, release_id: str) -> str:
        """Where the lists of a release are: of the live DVZA, the live stelselnode, or our twin."""
        if dvza.kind == "live" and dvza.lists:
            return dvza.lists
        node = self._network.stelselnode
        return node.url if node.kind == "live" and node.url else list_host(self._network, release_id)


def _turns(variant: Variant, number: int) -> list[tuple[Variant, dict[str, Any]]]:
    """Who walks the steps of a variant for the n-th time, and what the recording says of it.

    Of two persons each goes first in turns, so that what changes while time passes falls to both.
    """
    if variant.beside is None:
        return [(variant, {})]
    both = [variant, msgspec.structs.replace(variant, person=variant.beside)]
    order = both if number % 2 == 0 else reversed(both)
    return [(item, {"pair": {"number": number, "person": item.person}}) for item in order]
