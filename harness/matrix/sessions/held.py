"""One session with its run folder: what it gives so far, and what it gave."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import msgspec

from harness.core.exits import ExitCode
from harness.core.run.findings import Finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import RunInfo
from harness.core.run.results import CellResult, cell_result
from harness.core.verdicts import SEVERITY, Verdict
from harness.judge.catalogue import Catalogue
from harness.judge.cells import cell_exchanges, judge_cell
from harness.judge.evidence.shares import sharing
from harness.judge.outcome.result import run_result
from harness.matrix.sessions.wish import Settled
from harness.network.sessions.session import Session
from harness.record.keeper import RunKeeper
from harness.reference.records import Records

State = Literal["waiting", "running", "ending", "ended", "expired", "interrupted"]
"""Nothing seen yet; something seen; horizons run out; ended by its owner; closed by itself; by our stop."""
NOT_YET: Final = "not-yet-seen"
Published = Callable[[RunFolder, RunInfo, Sequence[Finding]], object]


@dataclass(frozen=True)
class Standing:
    """What a session says of one requirement: a verdict, or *not yet seen* while it is open."""

    requirement: str
    said: str
    finding: Finding


class Held:
    """One session at the desk. Thread-safe.

    :ivar reason: why it closed, ``""`` while it is open.
    :ivar exit: its exit code, ``None`` while it is open.
    """

    def __init__(
        self,
        session: Session,
        settled: Settled,
        keeper: RunKeeper,
        info: RunInfo,
        catalogue: Catalogue,
        records: Records,
    ) -> None:
        self.session = session
        self.settled = settled
        self.keeper = keeper
        self.info = info
        self.reason = ""
        self.exit: ExitCode | None = None
        self.ended_at: datetime | None = None
        self.ending = False
        self._catalogue = catalogue
        self._records = records
        self._lock = threading.RLock()
        self._judged = -1
        self._result: CellResult | None = None
        self._numbers: dict[str, int] = {}
        self._number = 0

    @property
    def state(self) -> State:
        """Where it stands."""
        if self.reason:
            closed: dict[str, State] = {"ended": "ended", "interrupted": "interrupted"}
            return closed.get(self.reason, "expired")
        if self.ending:
            return "ending"
        return "running" if self.session.seen else "waiting"

    def result(self) -> CellResult:
        """The findings of what was recorded up to now.

        :raises EvidenceError: the recording is damaged.
        """
        with self._lock:
            count = self.session.lines
            if self._result is None or (count != self._judged and self.exit is None):
                cell = self.session.cell
                exchanges = cell_exchanges(self.keeper.folder, cell)
                found = judge_cell(self.info, cell, exchanges, self._catalogue, self._records)
                self._result = cell_result(self.info, cell, found, exchanges=len(exchanges))
                self._judged = count
                for item in self._result.findings:
                    if item.id not in self._numbers:
                        self._number += 1
                        self._numbers[item.id] = self._number
            return self._result

    def findings(self, since: int = 0) -> tuple[int, list[Finding]]:
        """What was found after a number, and the number of now."""
        with self._lock:
            found = self.result().findings
            return self._number, [item for item in found if self._numbers[item.id] > since]

    def standings(self, *, now: bool = True) -> list[Standing]:
        """The worst that is said of each requirement, in the order of the catalogue.

        :param now: what was recorded is judged up to now; else what was said last will do.
        """
        worst: dict[str, Finding] = {}
        last = self._result if not now else None
        for item in (last or self.result()).findings:
            before = worst.get(item.requirement)
            if before is None or SEVERITY.index(item.verdict) < SEVERITY.index(before.verdict):
                worst[item.requirement] = item
        asked = self.info.asked(self.session.cell)
        return [Standing(name, self._said(worst[name]), worst[name]) for name in asked if name in worst]

    def _said(self, item: Finding) -> str:
        if self.exit is None and item.verdict in (Verdict.NOT_TESTED, Verdict.INCONCLUSIVE):
            return NOT_YET
        return item.verdict.value

    def counts(self) -> dict[str, int]:
        """How many requirements have which verdict."""
        return dict(sorted(Counter(item.said for item in self.standings()).items()))

    def close(self, reason: str, publish: Published | None) -> ExitCode:
        """Close the session and its run folder; gives its exit code.

        :raises HarnessError: something cannot be written.
        """
        with self._lock:
            if self.exit is not None:
                return self.exit
            self.session.close(reason)
            self.keeper.events.emit("session-closed", cell=self.session.cell.key, reason=reason)
            result = self.result()
            self.keeper.end_cell(result)
            self.keeper.finish(self.info, sharing(self._catalogue))
            self.reason = reason
            code = run_result(self.info, result.findings, self._catalogue).code(exchanges=result.exchanges)
            self.exit = code
            self._records = Records()  # it is not judged any more
        if publish is not None:
            publish(self.keeper.folder, self.info, result.findings)
        return code

    def leave(self) -> None:
        """Let go of the session without judging it, as a crash does: ``judge`` gives the findings of what was
        recorded."""
        with self._lock:
            if self.exit is None:
                self.session.close("interrupted")
                self.keeper.events.close()
                self.keeper.claim.release()
                self.reason = "interrupted"


def asked_info(info: RunInfo, settled: Settled, asked: tuple[str, ...], now: datetime) -> RunInfo:
    """The description of a session's run, of that of the run that serves."""
    cell = settled.cell
    settings = msgspec.structs.replace(
        info.settings,
        requirements={cell.key: asked},
        persons={cell.key: settled.person},
        situations=tuple(item.id for item in settled.situations),
    )
    return msgspec.structs.replace(info, settings=settings, subject=(cell.pgo,), now=now.isoformat())
