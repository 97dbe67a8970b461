"""What is known of one cell while a run goes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from harness.core.run.findings import Cell, Finding
from harness.core.run.info import RunInfo, Settings, Share, Trouble
from harness.core.run.results import CellResult
from harness.core.verdicts import Verdict, worst

OPEN: Final = (Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.NOT_TESTED)
"""Verdicts that decide nothing."""


@dataclass
class CellState:
    """One cell.

    :ivar flows: the flows to drive, each with the requirements that need it.
    :ivar held: keys of the other cells that a finding holds for, by requirement.
    :ivar findings: from the moment at which it was judged until they stand in the run folder.
    :ivar recorded: exchanges that were recorded of it.
    :ivar troubles: what could not be driven or judged.
    :ivar elsewhere: requirements that another cell decided in the place of this one, with that cell.
    :ivar finished: whether its findings stand in the run folder.
    """

    cell: Cell
    requirements: list[str] = field(default_factory=list)
    flows: dict[str, list[str]] = field(default_factory=dict)
    held: dict[str, tuple[str, ...]] = field(default_factory=dict)
    findings: list[Finding] | None = None
    troubles: list[Trouble] = field(default_factory=list)
    recorded: int = 0
    elsewhere: dict[str, Cell] = field(default_factory=dict)
    finished: bool = False

    def ask(self, requirement: str, flows: Iterable[str], held: tuple[str, ...]) -> None:
        """Ask a requirement of this cell; only before it is driven."""
        if requirement not in self.requirements:
            self.requirements.append(requirement)
        for flow in flows:
            needing = self.flows.setdefault(flow, [])
            if requirement not in needing:
                needing.append(requirement)
        if held:
            self.held[requirement] = held

    @property
    def judged(self) -> bool:
        """Whether it was driven and judged."""
        return self.finished or self.findings is not None

    def info(self, run: RunInfo) -> RunInfo:
        """What it is judged with: ``run.json`` as far as it is about this cell."""
        key = self.cell.key
        settings = msgspec.structs.replace(
            run.settings, requirements={key: tuple(self.requirements)}, shared={key: self.shares}
        )
        return msgspec.structs.replace(run, settings=settings, troubles=tuple(self.troubles))

    def late(self, trouble: Trouble) -> None:
        """It could not be judged in time; that flows were cut short by the same limit is part of it."""
        self.troubles = [item for item in self.troubles if item.limit != trouble.limit] + [trouble]

    def finish(self, result: CellResult) -> None:
        """What came of it stands in the run folder, and leaves memory."""
        self.requirements = list(result.requirements)
        self.held = {name: item.cells for item in result.shared for name in item.requirements}
        self.troubles = list(result.troubles)
        self.recorded = result.exchanges
        self.findings, self.finished = None, True

    def needs(self, requirement: str) -> list[str]:
        """The flows that a requirement needs."""
        return [flow for flow, needing in self.flows.items() if requirement in needing]

    def drop(self, requirement: str) -> None:
        """Say no more about a requirement: another cell does."""
        self.requirements.remove(requirement)
        self.held.pop(requirement, None)
        self.findings = [item for item in self.findings or () if item.requirement != requirement]
        self.troubles = [
            msgspec.structs.replace(
                trouble, requirements=tuple(name for name in trouble.requirements if name != requirement)
            )
            for trouble in self.troubles
        ]

    def undecided(self) -> list[str]:
        """The requirements that were judged here and not decided."""
        said: dict[str, list[Verdict]] = {}
        for item in self.findings or ():
            said.setdefault(item.requirement, []).append(item.verdict)
        return [name for name in self.requirements if name in said and worst(said[name]) in OPEN]

    @property
    def shares(self) -> tuple[Share, ...]:
        """What this cell is asked for others too."""
        found: dict[tuple[str, ...], list[str]] = {}
        for requirement, cells in self.held.items():
            found.setdefault(cells, []).append(requirement)
        return tuple(Share(requirements=tuple(names), cells=cells) for cells, names in found.items())


def as_asked(settings: Settings, states: Iterable[CellState]) -> Settings:
    """The settings of a run with what was asked of each cell, and what is told in another one."""
    known = list(states)
    return msgspec.structs.replace(
        settings,
        requirements={state.cell.key: tuple(state.requirements) for state in known if state.requirements},
        shared={state.cell.key: state.shares for state in known if state.held},
    )
