"""Opening a run from what the user asked: what can be known before the first cell is read, or refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from harness.core.clock import AMSTERDAM, Clock, today
from harness.core.errors import UsageError
from harness.core.run.folder import RunFolder
from harness.core.run.info import Intensity, Selection
from harness.core.tdates import parse_day
from harness.core.text import Text
from harness.judge.catalogue import Catalogue
from harness.matrix.facts import RunFacts
from harness.matrix.plan import Plan, plan_cells
from harness.matrix.qualification import Qualification
from harness.network.file import Network, read_network

DEMO = "demo"


@dataclass(frozen=True)
class RunOptions:
    """What the user asked.

    :ivar network: path of a network file, or ``demo`` for the embedded network.
    :ivar out: the run folder; ``None`` for ``reports/<date>-<time>``.
    :ivar at: the date that T stands for, ``YYYY-MM-DD``; ``None`` for today in Europe/Amsterdam.
    :ivar subject: the parties whose result decides the exit code; empty: the live ones, in a rehearsal all.
    :ivar verdict_required: whether anything but *voldoet* is undecided.
    """

    network: str = DEMO
    out: str | None = None
    at: str | None = None
    intensity: Intensity = "normal"
    selection: Selection = field(default_factory=Selection)
    subject: tuple[str, ...] = ()
    verdict_required: bool = False


@dataclass(frozen=True)
class PreparedRun:
    """A run that is whole: everything it needs was read. Nothing is started and nothing written."""

    plan: Plan
    facts: RunFacts
    folder: Path
    clock: Clock

    @property
    def network(self) -> Network:
        """The network of the run."""
        return self.facts.network

    def open(self) -> Qualification:
        """Claim the run folder.

        :raises InputError: it holds something else.
        """
        return Qualification(self.plan, self.facts, RunFolder.create(self.folder), self.clock)


def prepare(options: RunOptions, catalogue: Catalogue, clock: Clock) -> PreparedRun:
    """Read and plan what the user asked.

    :raises UserError: wrong network file, expectation file, selection or date.
    """
    network = read_network(options.network)
    cells = plan_cells(network, options.selection)
    if not cells:
        raise UsageError(
            Text(
                nl="geen enkele combinatie van HIS, DVZA, PGO, standaard en release past bij deze keuze",
                en="no combination of HIS, DVZA, PGO, standard and release fits this selection",
            ),
            where=options.network,
        )
    _check_only(options.selection, catalogue)
    now = clock.now().astimezone(AMSTERDAM)
    facts = RunFacts(
        network,
        catalogue,
        t=parse_day(options.at) if options.at else today(clock),
        now=now,
        cells=cells,
        selection=options.selection,
        intensity=options.intensity,
        subject=options.subject,
        verdict_required=options.verdict_required,
    )
    live = frozenset(item.id for item in network.of_role("dvza") if item.kind == "live")
    return PreparedRun(
        plan=Plan(cells, catalogue, options.selection, options.intensity, live),
        facts=facts,
        folder=Path(options.out) if options.out else default_folder(now),
        clock=clock,
    )


def default_folder(now: datetime, base: Path = Path("reports")) -> Path:
    """Where a run goes when the user names no folder: ``reports/<date>-<time>``."""
    return base / now.strftime("%Y%m%d-%H%M%S")


def _check_only(selection: Selection, catalogue: Catalogue) -> None:
    for name in selection.only:
        if "-" in name and name.upper() == name:
            _ = catalogue[name]
