"""The plan of a run: the one rule that says which scenario runs in which cell, and what it asks there.

A requirement is asked in the cells that carry it (:mod:`harness.matrix.carriers`). What is asked decides what
is driven: the main flow of the scenario, and the flows of these requirements. Beside a live party our own
mocks are driven no further than its evidence takes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from harness.core.run.findings import Cell
from harness.core.run.info import Intensity, Selection
from harness.core.standards.groups import NamedGroup, groups
from harness.core.standards.table import standard
from harness.core.text import Text
from harness.judge.catalogue import Catalogue, Requirement
from harness.matrix.carriers import ROLES, Carriers, kind_of, varies_for_pgo
from harness.medmij.flows import variants
from harness.network.drive.driver import AGAIN
from harness.network.file import Network
from harness.scenario import Scenario


class Plan:
    """What a run will do; made before anything is started.

    :param sharing: whether a finding may hold for other cells than its own.
    :param subject: the parties whose result decides the exit code (``--for``); its mocks are asked all.
    :ivar cells: the cells, in a stable order.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        catalogue: Catalogue,
        network: Network,
        selection: Selection | None = None,
        intensity: Intensity = "normal",
        *,
        sharing: bool = True,
        subject: Collection[str] = (),
    ) -> None:
        self.cells = tuple(cells)
        self.catalogue = catalogue
        self.selection = selection or Selection()
        self.intensity: Intensity = intensity
        self._live = {item.id for item in network.participants if item.kind == "live"}
        self._bystanders = self._mocks(network, subject)
        self.carriers = Carriers(self.cells, network, intensity, sharing=sharing)
        decidable = (item for item in catalogue if item.decidable)
        self._kinds = tuple(dict.fromkeys(kind_of(item) for item in decidable))
        self._alike: dict[Cell, tuple[object, ...]] = {}
        self._parts: dict[tuple[object, ...], dict[str, Scenario]] = {}

    def pairs(self, scenarios: Iterable[Scenario]) -> Iterator[tuple[Cell, Scenario]]:
        """Every scenario with every cell that it runs in: one part per group of requirements that it asks."""
        for scenario in scenarios:
            for cell in self.cells:
                for part in self.parts(scenario, cell).values():
                    yield cell, part

    def parts(self, scenario: Scenario, cell: Cell) -> dict[str, Scenario]:
        """A scenario as it is asked in a cell, by group; ``""``: it names its requirements itself.

        Cells of the same standard and release that carry the same kinds are asked the same.
        """
        if not scenario.fits(cell):
            return {}
        if cell not in self._alike:
            carried = tuple(self.carriers.carries(kind, cell) for kind in self._kinds)
            bystanders = tuple(cell.party(role) in self._bystanders for role in ROLES)
            kinds = (self.carriers.stands_in(cell), cell.dvza in self._live, bystanders)
            self._alike[cell] = (cell.standard, cell.release, carried, kinds)
        key = (scenario, self._alike[cell])
        if key not in self._parts:
            self._parts[key] = {part.group: part for part in self._asked(scenario, cell)}
        return self._parts[key]

    def _asked(self, scenario: Scenario, cell: Cell) -> Iterator[Scenario]:
        if scenario.requirements:
            named = [self.catalogue[identifier] for identifier in scenario.requirements]
            asked = self._chosen(named, scenario, cell)
            if asked:
                yield replace(scenario, requirements=tuple(item.id for item in asked))
            return
        for group in groups(cell.standard):
            if group.scenario != scenario.name:
                continue
            part = replace(scenario, title=_titled(group), group=group.name, story=scenario.title)
            asked = self._chosen(self.catalogue.in_group(group.standard, group.name), part, cell)
            if asked:
                yield replace(
                    part,
                    requirements=tuple(item.id for item in asked),
                    flows=tuple(dict.fromkeys((*scenario.flows, *self._flows(asked, cell)))),
                )

    def _chosen(self, items: Iterable[Requirement], part: Scenario, cell: Cell) -> list[Requirement]:
        """What a cell is asked of some requirements: what a judge can decide, it carries, and was selected.

        What an intensity leaves out is not asked: real waiting for a live DVZA, larger samples, searches of
        our own.
        """
        only = self.selection.only
        hurried = cell.dvza in self._live
        whole = not only or part.name in only or part.group in only
        return [
            item
            for item in items
            if item.decidable
            and item.applies_to(cell.standard, cell.release)
            and self.carriers.carries(kind_of(item), cell)
            and (whole or item.id in only)
            and not item.left_out(self.intensity)
            and not (hurried and item.waits_longer(self.intensity))
            and not item.needs_more(self.intensity)
            and (only or not self._of_bystanders(item, cell))
        ]

    def _mocks(self, network: Network, subject: Collection[str]) -> frozenset[str]:
        """Our mocks in a run with a live party, but those that the run is about; none in a rehearsal."""
        taking_part = {cell.party(role) for cell in self.cells for role in ROLES}
        if not self._live & taking_part:
            return frozenset()
        mocks = (item.id for item in network.participants if item.kind == "twin")
        return frozenset(mocks).difference(subject)

    def _of_bystanders(self, item: Requirement, cell: Cell) -> bool:
        """Whether a requirement takes traffic of its own that only says how our mocks treat each other.

        Nothing about a live party follows from that, and a mock beside one is not stated. What the main flow
        shows (and that flow once more) is asked all the same: each of its exchanges ends in a finding.
        """
        if not set(item.depends) <= set(ROLES):
            return False
        looked_at = {cell.party(role) for role in (item.role, *item.depends)}
        return looked_at <= self._bystanders and any(map(_beside_the_main_flow, item.flows))

    def needs(self, part: Scenario, identifier: str) -> tuple[str, ...]:
        """The flows that one requirement of a part needs."""
        if not part.group:
            return part.all_flows
        own = self.catalogue[identifier].flows
        others = {flow for name in part.requirements for flow in self.catalogue[name].flows}.difference(own)
        return tuple(flow for flow in part.all_flows if flow == part.flow or flow not in others)

    def _flows(self, asked: Iterable[Requirement], cell: Cell) -> Iterator[str]:
        """The flows that some requirements need, as far as the cell can have them."""
        able = self.carriers.stands_in(cell)
        return (flow for item in asked for flow in item.flows if able or not varies_for_pgo(flow))


def _beside_the_main_flow(flow: str) -> bool:
    return flow in variants() and flow != AGAIN


def _titled(group: NamedGroup) -> Text:
    """The title of a group with the name of its standard before it."""
    if not group.standard:
        return group.title
    name = standard(group.standard).name
    return Text(nl=f"{name.nl}: {group.title.nl}", en=f"{name.en}: {group.title.en}")
