"""The plan of a run: its cells, and the one rule that says which scenario runs in which cell.

A cell is every HIS with its DVZA, every PGO, every standard and release that they share.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from harness.core.errors import UsageError, nearest
from harness.core.run.findings import Cell
from harness.core.run.info import Intensity, Selection
from harness.core.standards.groups import NamedGroup, groups
from harness.core.standards.table import standard
from harness.core.text import Text
from harness.judge.catalogue import Catalogue
from harness.medmij.releases import oldest_first
from harness.network.file import Network, Participant
from harness.scenario import Scenario

REPEATED: Final = frozenset({"collect", "share", "again"})
"""The main flows and their repetition: driven in the cells of every standard."""


def requirements_of(scenario: Scenario, cell: Cell, catalogue: Catalogue) -> tuple[str, ...]:
    """Ids of the requirements of a scenario that a judge can decide in a cell."""
    named = (catalogue[identifier] for identifier in scenario.requirements)
    return tuple(item.id for item in named if item.decidable and item.applies_to(cell.standard, cell.release))


def parts(scenario: Scenario, cell: Cell, catalogue: Catalogue) -> tuple[Scenario, ...]:
    """A scenario as it is asked in a cell: one part per group of requirements that names it.

    A part of the trust framework that needs more than the main flow and its repetition does not depend on the
    standard: it is asked once.
    """
    if scenario.requirements:
        return (scenario,)
    found = []
    for group in groups(cell.standard):
        if group.scenario != scenario.name:
            continue
        decidable = [item for item in catalogue.in_group(group.standard, group.name) if item.decidable]
        asked = [item for item in decidable if item.applies_to(cell.standard, cell.release)]
        if asked:
            flows = tuple(dict.fromkeys(flow for item in asked for flow in item.flows))
            part = replace(
                scenario,
                title=_titled(group),
                requirements=tuple(item.id for item in asked),
                flows=(*scenario.flows, *flows),
                once=scenario.once or any(not REPEATED.issuperset(item.flows) for item in decidable),
                group=group.name,
                story=scenario.title,
            )
            found.append(part)
    return tuple(found)


def _titled(group: NamedGroup) -> Text:
    """The title of a group with the name of its standard before it."""
    if not group.standard:
        return group.title
    name = standard(group.standard).name
    return Text(nl=f"{name.nl}: {group.title.nl}", en=f"{name.en}: {group.title.en}")


def client_requirements(cell: Cell, catalogue: Catalogue) -> tuple[str, ...]:
    """Ids of the requirements that a cell decides in which a live PGO came to our mocks: those of the PGO."""
    return tuple(
        item.id
        for item in catalogue
        if item.role == "pgo" and item.decidable and item.applies_to(cell.standard, cell.release)
    )


@dataclass(frozen=True)
class Plan:
    """What a run will do; made before anything is started.

    :ivar cells: the cells, in a stable order.
    :ivar live_dvzas: DVZAs towards which waiting takes real time.
    """

    cells: tuple[Cell, ...]
    catalogue: Catalogue
    selection: Selection = field(default_factory=Selection)
    intensity: Intensity = "normal"
    live_dvzas: frozenset[str] = frozenset()

    def asked(self, scenario: Scenario, cell: Cell) -> tuple[str, ...]:
        """Ids of the requirements that the run asks of a scenario in a cell: what ``--only`` leaves of it.

        What an intensity leaves out, real waiting for a live DVZA, is not asked.
        """
        only = self.selection.only
        found = requirements_of(scenario, cell, self.catalogue)
        if cell.dvza in self.live_dvzas:
            found = tuple(name for name in found if not self.catalogue[name].waits_longer(self.intensity))
        if not only or scenario.name in only or scenario.group in only:
            return found
        return tuple(identifier for identifier in found if identifier in only)

    def pairs(self, scenarios: Iterable[Scenario]) -> Iterator[tuple[Cell, Scenario]]:
        """Every scenario, or part of one, with every cell that it runs in.

        A scenario that says ``once`` runs in the first cell of each HIS × DVZA × PGO × release; at
        intensity ``full`` in each of them.
        """
        for scenario in scenarios:
            done: set[tuple[str, ...]] = set()
            for cell in self.cells:
                for part in parts(scenario, cell, self.catalogue):
                    parties = (cell.his, cell.dvza, cell.pgo, cell.release, part.group)
                    if not part.fits(cell) or not self.asked(part, cell):
                        continue
                    if part.once and self.intensity != "full" and parties in done:
                        continue
                    done.add(parties)
                    yield cell, part

    def part(self, scenario: Scenario, cell: Cell, group: str) -> Scenario:
        """The part of a scenario that asks a group in a cell.

        :raises KeyError: it asks no such group there.
        """
        return {item.group: item for item in parts(scenario, cell, self.catalogue)}[group]


def plan_cells(network: Network, selection: Selection) -> tuple[Cell, ...]:
    """The cells of a run, in a stable order.

    :raises UsageError: a selected vendor, standard, PGO or release does not occur in the network.
    """
    his_list = [item for item in network.participants if item.role == "his"]
    pgo_list = [item for item in network.participants if item.role == "pgo"]
    dvzas = {item.id: item for item in network.participants if item.role == "dvza"}
    check_named(
        "vendor", selection.vendors, [name for item in his_list for name in (item.id, item.vendor) if name]
    )
    check_named("pgo", selection.pgos, [item.id for item in pgo_list])
    check_named("dvza", selection.dvzas, list(dvzas))
    check_named("standard", selection.standards, _standards([*his_list, *pgo_list, *dvzas.values()]))
    cells = []
    for his in his_list:
        if selection.vendors and not {his.id, his.vendor} & set(selection.vendors):
            continue
        dvza = dvzas[his.dvza]
        if selection.dvzas and dvza.id not in selection.dvzas:
            continue
        for pgo in pgo_list:
            if selection.pgos and pgo.id not in selection.pgos:
                continue
            cells += _cells(his, dvza, pgo, selection)
    return tuple(cells)


def _cells(his: Participant, dvza: Participant, pgo: Participant, selection: Selection) -> list[Cell]:
    shared = [item for item in his.standards if item in pgo.standards and item in dvza.standards]
    releases = [item for item in dvza.releases if item in pgo.releases and item in his.releases]
    if not selection.releases:
        releases = oldest_first(releases)[-1:]
    elif "all" not in selection.releases:
        releases = [item for item in releases if item in selection.releases]
    return [
        Cell(his=his.id, dvza=dvza.id, pgo=pgo.id, standard=standard, release=release)
        for standard in shared
        if not selection.standards or standard in selection.standards
        for release in oldest_first(releases)
    ]


def _standards(participants: Sequence[Participant]) -> list[str]:
    return sorted({standard for item in participants for standard in item.standards})


def check_named(option: str, wanted: Iterable[str], known: Sequence[str]) -> None:
    """Check that names given with an option occur in the network.

    :raises UsageError: the first that does not, with the nearest that does.
    """
    for value in wanted:
        if value not in known:
            hint = nearest(value, known)
            raise UsageError(
                Text(
                    nl=f"'{value}' komt niet voor in het netwerkbestand",
                    en=f"'{value}' does not occur in the network file",
                ),
                where=f"--{option}",
                expected=", ".join(dict.fromkeys(known)),
                received=value,
                next_step=Text(nl=f"bedoelde u '{hint}'?", en=f"did you mean '{hint}'?") if hint else "",
            )
