"""The kill table: every fault of the twins against every requirement.

For each fault one HIS × DVZA × PGO × standard × release cell is driven with the fault switched on, judged,
and compared with the reference run of the same cell without faults. A fault *kills* when all its requirements
leave ``pass``; any other requirement that changes, unless the fault lists it under ``also``, is a false
alarm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

import msgspec

from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Cell
from harness.core.run.info import Settings
from harness.core.standards.faults import Fault, faults
from harness.core.verdicts import Verdict, worst
from harness.judge.catalogue import Catalogue
from harness.judge.judging import judge_requirements
from harness.judge.view import CellView
from harness.medmij.flows import variants
from harness.network.file import Network, Participant
from harness.network.person.records import network_records
from harness.network.running import start
from harness.reference.records import Records

TLS_FAULTS = frozenset({"plain-http", "tls-1-0", "weak-suites"})
"""Faults that only the TLS probes can see; for the others the probes of the reference run are reused."""
PROBE_FLOW = "probe-tls"
MAIN_FLOWS = ("collect", "share", "readback", "search")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One fault in one release.

    :ivar killed: requirement → verdict that it got (``pass`` means that it survived).
    :ivar along: requirements of ``also`` that changed.
    :ivar alarms: requirement → ``before > after`` for everything else that changed.
    """

    fault: str
    role: str
    release: str
    standard: str
    killed: dict[str, str]
    along: dict[str, str]
    alarms: dict[str, str]
    error: str = ""

    @property
    def kills(self) -> bool:
        """Whether every requirement of the fault left ``pass``."""
        return bool(self.killed) and not self.error and "pass" not in self.killed.values()


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """All rows, the reference verdicts that are not ``pass``, and requirements without a fault."""

    rows: tuple[Row, ...]
    reference: dict[str, dict[str, str]]
    unguarded: dict[str, tuple[str, ...]]

    @property
    def score(self) -> float:
        """Share of faults that kill."""
        return sum(row.kills for row in self.rows) / len(self.rows) if self.rows else 0.0

    @property
    def alarms(self) -> int:
        """Number of false alarms."""
        return sum(len(row.alarms) for row in self.rows)


class Bench:
    """Drives cells of one small network, with and without a fault.

    :param network: where the parties come from; its first HIS, that HIS's DVZA and the first PGO are used.
    """

    def __init__(self, network: Network, catalogue: Catalogue, *, t: date, now: datetime) -> None:
        self.catalogue = catalogue
        self.t = t
        self.now = now
        his = network.of_role("his")[0]
        parties = (his, network.participant(his.dvza), network.of_role("pgo")[0])
        self.network = msgspec.structs.replace(network, participants=parties)
        self._records = Records(network_records(self.network, t))
        self._reference: dict[Cell, tuple[list[Exchange], dict[str, Verdict]]] = {}

    @property
    def default_standard(self) -> str:
        """The standard in whose cell faults of the trust framework are run: the first one of the HIS."""
        return self.network.participants[0].standards[0]

    def cell(self, standard: str, release: str) -> Cell:
        """The one cell of the bench for a standard and release."""
        his, dvza, pgo = self.network.participants
        return Cell(his=his.id, dvza=dvza.id, pgo=pgo.id, standard=standard, release=release)

    def flows(self, fault: Fault | None) -> list[str]:
        """Main flows and variants; for a fault of one standard or of a HIS only the main flows.

        Searches of our own are many requests: they are sent for the faults of that flow; what a DVZA must
        refuse is tried at a DVZA with a fault only.
        """
        main = [name for name in MAIN_FLOWS if fault is None or name != "search" or fault.flow == name]
        if fault is not None and (fault.standard or fault.role == "his"):
            return main
        refusing = fault is None or fault.role == "dvza"
        kept = (name for name, item in variants().items() if refusing or "refusals" not in item.steps)
        return [*main, *kept]

    def reference(self, cell: Cell) -> tuple[list[Exchange], dict[str, Verdict]]:
        """Exchanges and verdicts of a cell without faults; driven once."""
        if cell not in self._reference:
            exchanges = self._drive(self.network, cell, self.flows(None))
            self._reference[cell] = (exchanges, self._judge(cell, exchanges))
        return self._reference[cell]

    def troubles(self) -> dict[str, dict[str, str]]:
        """Requirements of the reference runs that are not ``pass`` (nor ``not-applicable``)."""
        return {
            f"{cell.standard} {cell.release}": {
                key: value.value
                for key, value in verdicts.items()
                if value not in (Verdict.PASS, Verdict.NOT_APPLICABLE)
            }
            for cell, (_, verdicts) in self._reference.items()
        }

    def standards(self, fault: Fault) -> tuple[str, ...]:
        """Standards in whose cells a fault is run: its own, or those of the requirements that it kills."""
        if fault.standard:
            return (fault.standard,)
        known = [self.catalogue[item] for item in fault.kills if item in self.catalogue]
        return tuple(sorted({item.standard or self.default_standard for item in known}))

    def run(self, fault: Fault, release: str, standard: str = "") -> Row:
        """One row of the table."""
        cell = self.cell(standard or fault.standard or self.default_standard, release)
        known, before = self.reference(cell)
        applicable = [
            item
            for item in fault.kills
            if item in self.catalogue
            and self.catalogue[item].decidable
            and self.catalogue[item].applies_to(cell.standard, cell.release)
        ]
        flows = self.flows(fault)
        if PROBE_FLOW in flows and fault.name not in TLS_FAULTS:
            flows.remove(PROBE_FLOW)
        try:
            driven = self._drive(self._with(fault), cell, flows)
        except Exception as error:  # noqa: BLE001 - one broken fault must not hide the others
            return self._row(fault, cell, {}, {}, {}, f"{type(error).__name__}: {error}")
        # Of another run: their numbers begin again, and judges look exchanges up by id.
        rest = [
            msgspec.structs.replace(item, id=f"reference.{item.id}")
            for item in known
            if item.flow not in flows
        ]
        after = self._judge(cell, [*driven, *rest])
        changed = {key: value for key, value in after.items() if value is not before.get(key)}
        killed = {item: after[item].value for item in applicable}
        along = {key: value.value for key, value in changed.items() if key in fault.also}
        alarms = {
            key: f"{before[key].value if key in before else '-'} > {value.value}"
            for key, value in sorted(changed.items())
            if key not in fault.kills and key not in fault.also
        }
        return self._row(fault, cell, killed, along, alarms, "")

    def _row(
        self,
        fault: Fault,
        cell: Cell,
        killed: dict[str, str],
        along: dict[str, str],
        alarms: dict[str, str],
        error: str,
    ) -> Row:
        return Row(
            fault=fault.name,
            role=fault.role,
            release=cell.release,
            standard=cell.standard,
            killed=killed,
            along=along,
            alarms=alarms,
            error=error,
        )

    def _with(self, fault: Fault) -> Network:
        if fault.role == "stelselnode":
            node = msgspec.structs.replace(self.network.stelselnode, faults=(fault.name,))
            return msgspec.structs.replace(self.network, stelselnode=node)

        def switched(item: Participant) -> Participant:
            return msgspec.structs.replace(item, faults=(fault.name,)) if item.role == fault.role else item

        return msgspec.structs.replace(
            self.network, participants=tuple(switched(item) for item in self.network.participants)
        )

    def _drive(self, network: Network, cell: Cell, flows: Sequence[str]) -> list[Exchange]:
        with start(network, t=self.t) as running:
            for flow in flows:
                running.drive(cell, flow)
            return running.recorder.exchanges(cell.key)

    def _judge(self, cell: Cell, exchanges: Sequence[Exchange]) -> dict[str, Verdict]:
        person = self.network.person_of(cell)
        view = CellView(
            cell,
            exchanges,
            self.catalogue,
            t=self.t,
            now=self.now,
            records=self._records,
            settings=Settings(
                persons={cell.key: person},
                titles={item.id: item.screen_name for item in self.network.participants},
                capabilities={item.id: item.capabilities for item in self.network.participants},
            ),
        )
        ids = [item.id for item in self.catalogue.of_cell(cell.standard, cell.release) if item.decidable]
        said: dict[str, list[Verdict]] = {}
        for item in judge_requirements(view, ids):
            said.setdefault(item.requirement, []).append(item.verdict)
        return {key: worst(values) for key, values in said.items()}


def applicable(fault: Fault, release: str) -> bool:
    """Whether a fault exists in a release."""
    return not fault.releases or release in fault.releases


def rows(bench: Bench, chosen: Iterable[Fault], releases: Sequence[str]) -> Iterator[Row]:
    """The rows of the table, one by one."""
    for release in releases:
        for fault in chosen:
            if not applicable(fault, release):
                continue
            for standard in bench.standards(fault):
                if any(
                    item in bench.catalogue and bench.catalogue[item].applies_to(standard, release)
                    for item in fault.kills
                ):
                    yield bench.run(fault, release, standard)


def unguarded(bench: Bench, releases: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Decidable requirements per release that no fault names."""
    guarded = {item for fault in faults().values() for item in fault.kills}
    return {
        release: tuple(
            item.id
            for item in bench.catalogue
            if item.decidable and release in item.releases and item.id not in guarded
        )
        for release in releases
    }
