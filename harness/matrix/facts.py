"""What a run freezes before its first cell: everything that judges are given beside the recording."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import msgspec

from harness import __version__
from harness.core.data import profiles_digest
from harness.core.run.agreed.waivers import Waiver
from harness.core.run.findings import Cell
from harness.core.run.info import (
    Binding,
    FrozenRecord,
    Intensity,
    ParticipantVersion,
    RunInfo,
    Selection,
    Settings,
    Share,
)
from harness.core.run.limits import Limits
from harness.judge.catalogue import Catalogue
from harness.matrix.cells import check_named, plan_cells
from harness.network.file import Network, Participant, stated_endpoints
from harness.network.person.records import network_records
from harness.reference.record.frozen import freeze


class RunFacts:
    """The facts of one run.

    :param t: the date that ``T`` stands for; ``now`` the frozen instant of the run.
    :param cells: the planned cells.
    :param sharing: whether a finding may hold for other cells than its own.
    :param subject: the parties whose result decides the exit code (``--for``).
    :param verdict_required: whether anything but *voldoet* is undecided (``--require-verdict``).
    :param limits: the budgets of the run.
    :param waivers: what may fail for now (``--waivers``).
    :ivar records: the records of all known persons.
    :ivar frozen: the records of all known persons as they go into the run folder.
    :raises ConfigurationError: a record contradicts itself or violates its schema.
    :raises InputError: a record cannot be read.
    :raises UsageError: a party of the subject takes part in no cell.
    """

    def __init__(
        self,
        network: Network,
        catalogue: Catalogue,
        *,
        t: date,
        now: datetime,
        cells: Iterable[Cell] = (),
        selection: Selection | None = None,
        intensity: Intensity = "normal",
        sharing: bool = True,
        mode: Literal["drive", "serve"] = "drive",
        subject: Sequence[str] = (),
        verdict_required: bool = False,
        limits: Limits | None = None,
        waivers: Sequence[Waiver] = (),
    ) -> None:
        self.network = network
        self.catalogue = catalogue
        self.t = t
        self.now = now
        self.selection = selection or Selection()
        self.intensity: Intensity = intensity
        self.sharing = sharing
        self.subject = tuple(subject)
        self.verdict_required = verdict_required
        self.limits = limits or Limits()
        self.waivers = tuple(waivers)
        self._mode: Literal["drive", "serve"] = mode
        self._allowed = plan_cells(network, Selection())
        self.records = records = network_records(network, t)
        self.frozen = {record.person: freeze(record) for record in records}
        self._records = {
            record.person: FrozenRecord(origin=record.origin, sha256=_sha256(self.frozen[record.person]))
            for record in records
        }
        known = tuple(cells)
        check_named(
            "for", self.subject, [cell.party(role) for cell in known for role in ("his", "dvza", "pgo")]
        )

    def info(
        self,
        run_id: str,
        cells: Sequence[Cell],
        requirements: Mapping[str, Sequence[str]],
        *,
        shared: Mapping[str, tuple[Share, ...]] | None = None,
        binding: Binding | None = None,
    ) -> RunInfo:
        """What is known of the run before its first exchange.

        :param requirements: requirement ids per cell key that the run asks.
        :param shared: what cells are asked for others too, by cell key.
        :param binding: what the identifiers are made of.
        """
        network = self.network
        planned = frozenset(cells)
        persons = {cell.key: network.person_of(cell) for cell in cells}
        return RunInfo(
            id=run_id,
            harness=__version__,
            python=platform.python_version(),
            t=self.t.isoformat(),
            now=self.now.isoformat(),
            participants=tuple(
                ParticipantVersion(
                    id=item.id,
                    role=item.role,
                    kind=item.kind,
                    vendor=item.vendor,
                    product=item.product,
                    version=item.version,
                    standards=item.standards,
                    releases=item.releases,
                )
                for item in network.participants
            ),
            hashes={
                "catalogue": self.catalogue.digest,
                "profiles": profiles_digest(),
                "network": _digest(msgspec.structs.replace(network, path="")),
            },
            plan=tuple(cells),
            left_out=tuple(cell for cell in self._allowed if cell not in planned),
            selection=self.selection,
            settings=Settings(
                intensity=self.intensity,
                mode=self._mode,
                sharing=self.sharing,
                requirements={key: tuple(ids) for key, ids in requirements.items()},
                shared=dict(shared or {}),
                network=Path(network.path).name,
                persons=persons,
                titles={item.id: item.screen_name for item in network.participants},
                stated_endpoints=tuple(stated_endpoints(network.participants)),
                logins={item.id: item.login for item in network.participants if item.login},
                faults={item.id: item.faults for item in network.participants if item.faults},
                capabilities={item.id: declared(item) for item in network.participants},
                records=self._records,
            ),
            waivers=self.waivers,
            subject=self.subject,
            verdict_required=self.verdict_required,
            limits=self.limits,
            binding=binding,
        )


def _digest(value: object) -> str:
    return _sha256(msgspec.json.encode(value, order="deterministic"))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def declared(participant: Participant) -> tuple[str, ...]:
    """What a participant declares to support or to lack, as judges ask for it (:meth:`CellView.unseen`)."""
    late = ("late-availability",) if participant.role == "dvza" and participant.availability == "late" else ()
    return (*participant.capabilities, *late)
