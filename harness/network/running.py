"""A running network: twins on real sockets in one background event loop, and flows driven in it.

::

    network = read_network("demo")
    with start(network, recorder=recorder, clock=clock, t=t) as running:
        running.drive(cell, "collect")

``drive`` is synchronous and records every exchange; what it means is the judges' business.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from types import TracebackType

from harness.core.clock import Clock, OffsetClock, SystemClock, today
from harness.core.run.challenge import Minter, new_salt
from harness.core.run.findings import Cell
from harness.medmij.releases import Function
from harness.network.drive.driver import Driver
from harness.network.drive.session import FlowSession
from harness.network.file import Network
from harness.network.hosts import Hosts
from harness.network.limits.endurance import Endurance
from harness.network.person.declared import declared_persons
from harness.network.person.looking import network_looking
from harness.network.publishing import publish
from harness.network.sessions.watching import SessionObserver
from harness.network.trust import Trust
from harness.network.twins.building import Builder
from harness.pki.authority import TestPki
from harness.record import Recorder


def start(
    network: Network,
    *,
    recorder: Recorder | None = None,
    clock: Clock | None = None,
    t: date | None = None,
    intensity: str = "normal",
    pki: TestPki | None = None,
    observe: bool = False,
    mint: Callable[[Cell], str] | None = None,
    endurance: Endurance | None = None,
) -> RunningNetwork:
    """Start the twins of a network.

    :param recorder: where exchanges go; default: kept in memory.
    :param clock: time of the run. Twins get it when it can be moved, else a clock of their own that can.
    :param t: the date ``T``; default today.
    :param intensity: ``smoke``, ``normal`` or ``full``: how often sampled flows repeat, whether live parties
        are really waited for.
    :param pki: test certificate authorities; default fresh ones.
    :param observe: record what others do at our mocks (``harness serve``); not together with driving.
    :param mint: gives the next request or correlation identifier of a cell; default: random ones.
    :param endurance: what ends traffic that would not end by itself; default: as long as it takes.
    :raises ConfigurationError: a certificate, key or address cannot be used.
    """
    moving = OffsetClock() if clock is None or isinstance(clock, SystemClock) else clock
    day = t or today(moving)
    return RunningNetwork(
        network,
        recorder=recorder
        or Recorder(
            persons=declared_persons(network, day), looking=network_looking(network, day, observed=observe)
        ),
        clock=moving,
        t=day,
        intensity=intensity,
        pki=pki or TestPki(moving.now()),
        observe=observe,
        mint=mint or _random_ids(),
        endurance=endurance or Endurance(),
    )


def _random_ids() -> Callable[[Cell], str]:
    """Identifiers that are bound to nothing."""
    give = Minter(new_salt(), b"", 0)
    return lambda cell: give()


class RunningNetwork:
    """A network that holds, starts and stops. Use it as a context manager, or call :meth:`close`.

    :ivar t: the date ``T``.
    :ivar twins: our mocks.
    :ivar hosts: where they listen.
    :ivar driver: drives flows in the cells of the network.
    :ivar observer: records what others do at our mocks; ``None`` when only we drive.
    """

    def __init__(
        self,
        network: Network,
        *,
        recorder: Recorder,
        clock: Clock,
        t: date,
        intensity: str,
        pki: TestPki,
        observe: bool,
        mint: Callable[[Cell], str],
        endurance: Endurance,
    ) -> None:
        self.network = network
        self.clock = clock
        self.t = t
        self.recorder = recorder
        self.pki = pki
        self.observer = SessionObserver(network, recorder, clock, t) if observe else None
        self._waits = intensity == "full"
        self._open = ExitStack()
        trust = Trust.of(network, pki)
        self.hosts = Hosts(network, pki, trust, self._sleep)
        self._open.callback(self.hosts.close)
        try:
            builder = Builder(
                network,
                pki=pki,
                trust=trust,
                connect=self.hosts.connect,
                recorder=recorder,
                clock=clock,
                t=t,
                endurance=endurance,
            )
            self.twins = builder.build()
            self._open.callback(self.twins.close)
            publish(network, self.twins, self.hosts, self.observer)
        except BaseException:
            self.close()
            raise
        self.driver = Driver(
            network,
            self.twins,
            self.hosts,
            recorder=recorder,
            clock=clock,
            t=t,
            intensity=intensity,
            mint=mint,
            endurance=endurance,
        )

    @property
    def errors(self) -> list[BaseException]:
        """Defects of our mocks, as they were raised; empty when all is well."""
        return self.hosts.errors

    def drive(self, cell: Cell, flow: str) -> None:
        """Drive one flow of a cell; see :meth:`harness.network.drive.driver.Driver.drive`."""
        self.driver.drive(cell, flow)

    def authorized(self, cell: Cell, function: Function, person: str = "") -> FlowSession:
        """A session with an access token; see :meth:`harness.network.drive.driver.Driver.authorized`."""
        return self.driver.authorized(cell, function, person)

    async def _sleep(self, seconds: float) -> None:
        """Wait out a delay of a mock: by moving the clock, or really at the highest intensity."""
        advance = getattr(self.clock, "advance", None)
        if advance is not None and not self._waits:
            advance(seconds)
        else:
            await self.clock.sleep(seconds)

    def close(self) -> None:
        """Stop everything; calling it twice is fine."""
        self._open.close()

    def __enter__(self) -> RunningNetwork:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
