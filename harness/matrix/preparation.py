"""Opening a run from what the user asked: what can be known before the first cell is read, or refused."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Final

import msgspec

from harness.core.clock import AMSTERDAM, Clock
from harness.core.errors import UsageError
from harness.core.run.agreed.waivers import Waiver, read_waivers
from harness.core.run.challenge import Challenge, check_in_time, read_challenge
from harness.core.run.folder import RunFolder, check_format
from harness.core.run.info import Intensity, RunInfo, Selection
from harness.core.run.limits import Limits
from harness.core.run.place.claim import Mode, claim
from harness.core.tdates import parse_day
from harness.core.text import Text
from harness.judge.catalogue import Catalogue
from harness.matrix.cells import plan_cells
from harness.matrix.facts import RunFacts
from harness.matrix.plan import Plan
from harness.matrix.qualification import Qualification
from harness.network.file import Network, read_network
from harness.network.limits.duration import seconds_of
from harness.record.keeper import RunKeeper

DEMO = "demo"
CELL_SECONDS: Final[dict[Intensity, float]] = {"smoke": 1800.0, "normal": 1800.0, "full": 4 * 3600.0}
"""How long one cell may take: many times what it takes; at the highest intensity it is really waited."""


@dataclass(frozen=True)
class RunOptions:
    """What the user asked.

    :ivar network: path of a network file, or ``demo`` for the embedded network.
    :ivar out: the run folder; ``None`` for ``reports/<date>-<time>``.
    :ivar mode: what happens to a run in that folder that did not finish.
    :ivar at: the date that T stands for, ``YYYY-MM-DD``; ``None`` for today in Europe/Amsterdam, or for the
        date of the run that is gone on with.
    :ivar sharing: whether a finding may hold for other cells than its own.
    :ivar subject: the parties whose result decides the exit code; empty: the live ones, in a rehearsal all.
    :ivar verdict_required: whether anything but *voldoet* is undecided.
    :ivar challenge: file with the challenge of a bureau that the run is bound to.
    :ivar budget: how long the run may take, ``20m``; ``None``: as long as its cells may.
    :ivar began: when that began (monotonic).
    :ivar read_only: whether nothing is written to a live party.
    :ivar clean_up: whether what was written to one is deleted in the end.
    :ivar waivers: file with what may fail for now.
    :ivar jobs: how many processes drive cells.
    """

    network: str = DEMO
    out: str | None = None
    mode: Mode = "new"
    at: str | None = None
    intensity: Intensity = "normal"
    selection: Selection = field(default_factory=Selection)
    sharing: bool = True
    subject: tuple[str, ...] = ()
    verdict_required: bool = False
    challenge: str | None = None
    budget: str | None = None
    began: float = field(default_factory=time.monotonic)
    read_only: bool = False
    clean_up: bool = False
    waivers: str | None = None
    jobs: int = 1


@dataclass(frozen=True)
class PreparedRun:
    """A run that is whole: everything it needs was read. Nothing is started and nothing written.

    :ivar jobs: how many processes will drive; ``joining`` what the others are told of the run.
    """

    plan: Plan
    facts: RunFacts
    folder: Path
    clock: Clock
    mode: Mode = "new"
    challenge: Challenge | None = None
    began: float = field(default_factory=time.monotonic)
    jobs: int = 1
    joining: bytes = b""

    @property
    def network(self) -> Network:
        """The network of the run."""
        return self.facts.network

    def open(self) -> Qualification:
        """Claim the run folder.

        :raises UserError: it cannot be used, see :func:`harness.core.run.place.claim.claim`.
        """
        claimed = claim(self.folder, self.mode)
        return Qualification(
            self.plan,
            self.facts,
            RunKeeper(claimed, self.clock),
            self.clock,
            self.challenge,
            self.began,
            jobs=self.jobs,
            joining=self.joining,
        )


def prepare(options: RunOptions, catalogue: Catalogue, clock: Clock) -> PreparedRun:
    """Read and plan what the user asked.

    :raises UserError: wrong network file, record, selection, date, or challenge.
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
    moment = clock.now().astimezone(AMSTERDAM)
    earlier = begun(options.mode, options.out, moment)
    t, now = day_and_moment(earlier, options.at, moment)
    facts = RunFacts(
        network,
        catalogue,
        t=t,
        now=now,
        cells=cells,
        selection=options.selection,
        intensity=options.intensity,
        sharing=options.sharing,
        subject=options.subject,
        verdict_required=options.verdict_required,
        limits=Limits(
            cell=CELL_SECONDS[options.intensity],
            run=seconds_of(options.budget) if options.budget is not None else 0.0,
            read_only=options.read_only,
            clean_up=options.clean_up,
        ),
        waivers=_waivers(options.waivers, catalogue, moment.date()),
    )
    folder = Path(options.out) if options.out else default_folder(moment)
    return PreparedRun(
        plan=Plan(
            cells,
            catalogue,
            network,
            options.selection,
            options.intensity,
            sharing=options.sharing,
            subject=options.subject,
        ),
        facts=facts,
        folder=folder,
        clock=clock,
        mode=options.mode,
        challenge=_challenge(options.challenge, now),
        began=options.began,
        jobs=options.jobs,
        joining=msgspec.json.encode(replace(options, out=str(folder))),
    )


def begun(mode: Mode, out: str | None, now: datetime) -> RunInfo | None:
    """The run that is gone on with, ``None`` when there is none yet.

    :raises UsageError: no folder is named, or the clock stands before the start of that run.
    :raises EvidenceError: it cannot be read.
    """
    if mode != "resume":
        return None
    if out is None:
        raise UsageError(
            Text(nl="--resume vraagt om de map van de run", en="--resume asks for the folder of the run"),
            expected="--out DIR",
        )
    folder = RunFolder(Path(out))
    try:
        if not folder.started:
            return None
    except OSError:  # no place for a run: whoever takes it says so
        return None
    check_format(folder.path)
    info = folder.start()
    if now < datetime.fromisoformat(info.now):
        raise UsageError(
            Text(
                nl="begon volgens zijn beschrijving later dan de klok van deze machine nu aangeeft",
                en="began, says its description, later than the clock of this machine shows now",
            ),
            where=str(folder.path),
            expected=f"≥ {info.now}",
            received=now.isoformat(),
            next_step=Text(nl="zet de klok gelijk", en="set the clock right"),
        )
    return info


def day_and_moment(earlier: RunInfo | None, at: str | None, now: datetime) -> tuple[date, datetime]:
    """``T`` and the frozen instant of a run: as asked, or those of the run that is gone on with.

    :raises UserError: ``at`` is not a date.
    """
    if at is not None:
        t = parse_day(at)
    else:
        t = date.fromisoformat(earlier.t) if earlier is not None else now.date()
    return t, datetime.fromisoformat(earlier.now) if earlier is not None else now


def default_folder(now: datetime, base: Path = Path("reports")) -> Path:
    """Where a run goes when the user names no folder: ``reports/<date>-<time>``, a name not used yet."""
    name = now.strftime("%Y%m%d-%H%M%S")
    path, number = base / name, 1
    while path.exists():
        number += 1
        path = base / f"{name}-{number}"
    return path


def _challenge(path: str | None, now: datetime) -> Challenge | None:
    if path is None:
        return None
    found = read_challenge(Path(path))
    check_in_time(found, now, path)
    return found


def _waivers(path: str | None, catalogue: Catalogue, day: date) -> tuple[Waiver, ...]:
    """The waivers of a file; each has to name a requirement that exists.

    :raises UserError: one does not, or the file is wrong.
    """
    found = read_waivers(Path(path), day) if path is not None else ()
    for item in found:
        _ = catalogue[item.requirement]
    return found


def _check_only(selection: Selection, catalogue: Catalogue) -> None:
    for name in selection.only:
        if "-" in name and name.upper() == name:
            _ = catalogue[name]
