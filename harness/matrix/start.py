"""Opening a run from what the user asked: network file, plan, T, run folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from harness.core.clock import AMSTERDAM, Clock, today
from harness.core.data import data_path
from harness.core.errors import UsageError
from harness.core.run.findings import Cell
from harness.core.run.folder import RunFolder
from harness.core.tdates import parse_day
from harness.core.text import Text
from harness.judge.catalogue import Catalogue
from harness.matrix.plan import Selection
from harness.matrix.qualification import Qualification, default_folder
from harness.network.file import Network, read_network

DEMO = "demo"


@dataclass(frozen=True)
class RunOptions:
    """What the user asked.

    :ivar network: path of a network file, or ``demo`` for the embedded network.
    :ivar at: the date that T stands for, ``YYYY-MM-DD``; ``None`` for today in Europe/Amsterdam.
    """

    network: str = DEMO
    out: str | None = None
    at: str | None = None
    intensity: str = "normal"
    selection: Selection = field(default_factory=Selection)


def load_network(name: str) -> Network:
    """The network file ``name``, or the embedded one called ``demo``."""
    return read_network(data_path("fixtures", "networks", "demo.yaml") if name == DEMO else Path(name))


def open_qualification(
    options: RunOptions,
    catalogue: Catalogue,
    clock: Clock,
    plan: Callable[[Network, Selection], tuple[Cell, ...]],
) -> Qualification:
    """A run that is ready to register items.

    :raises UserError: wrong network file, selection, date or folder.
    """
    network, cells = check_options(options, catalogue, plan)
    now = clock.now().astimezone(AMSTERDAM)
    t = parse_day(options.at) if options.at else today(clock)
    folder = RunFolder.create(Path(options.out) if options.out else default_folder(now))
    return Qualification(
        network,
        cells,
        folder,
        catalogue,
        clock=clock,
        t=t,
        now=now,
        selection=options.selection,
        settings={"intensity": options.intensity},
    )


def check_options(
    options: RunOptions, catalogue: Catalogue, plan: Callable[[Network, Selection], tuple[Cell, ...]]
) -> tuple[Network, tuple[Cell, ...]]:
    """The network and the cells of a run, without starting anything.

    :raises UserError: wrong network file, selection or date.
    """
    network = load_network(options.network)
    cells = plan(network, options.selection)
    if not cells:
        raise UsageError(
            Text(
                nl="geen enkele combinatie van HIS, DVZA, PGO, standaard en release past bij deze keuze",
                en="no combination of HIS, DVZA, PGO, standard and release fits this selection",
            ),
            where=options.network,
        )
    _check_only(options.selection, catalogue)
    if options.at:
        parse_day(options.at)
    return network, cells


def _check_only(selection: Selection, catalogue: Catalogue) -> None:
    for name in selection.only:
        if "-" in name and name.upper() == name:
            _ = catalogue[name]
