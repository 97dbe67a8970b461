"""Cells that were really driven, on sockets, in process; and changes of what was recorded of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from harness.core.run.exchanges import Exchange, Response
from harness.core.run.findings import Cell, Finding
from harness.core.run.info import ParticipantVersion, Settings
from harness.judge.catalogue import load_catalogue
from harness.judge.checks import Hidden, Selection
from harness.judge.judging import judge_requirements
from harness.judge.view import CellView
from harness.matrix.kill import Bench
from harness.network.file import read_network
from harness.network.running import start

T = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, 11, 0, tzinfo=UTC)
CATALOGUE = load_catalogue()
Change = Callable[[Exchange], Exchange]
Recorded = tuple[Cell, tuple[Exchange, ...]]
replace = msgspec.structs.replace


def drive(release: str, flows: Iterable[str], **changes: dict[str, Any]) -> Recorded:
    """The recording of the first cell of the demo network.

    :param changes: by role, the fields of the network file in which a participant differs.
    """
    bench = Bench(read_network("demo"), CATALOGUE, t=T, now=NOW)
    cell = bench.cell(bench.default_standard, release)
    parties = tuple(replace(item, **changes.get(item.role, {})) for item in bench.network.participants)
    with start(replace(bench.network, participants=parties), t=T, intensity="normal") as running:
        for flow in flows:
            running.drive(cell, flow)
        assert running.errors == []
        return cell, tuple(running.recorder.exchanges(cell.key))


def view_of(
    cell: Cell,
    exchanges: Sequence[Exchange],
    *,
    live: Collection[str] = ("his", "dvza", "pgo"),
    **settings: Any,
) -> CellView:
    """The view of a cell of which some parties are live and the others twins."""
    parties = {
        role: ParticipantVersion(id=cell.party(role), role=role, kind="live" if role in live else "twin")
        for role in ("his", "dvza", "pgo")
    }
    return CellView(
        cell, exchanges, CATALOGUE, t=T, now=NOW, participants=parties, settings=Settings(**settings)
    )


def findings_of(view: CellView, flows: Collection[str]) -> list[Finding]:
    """Findings of everything that these flows exercise; without those that need a reference record."""
    return judge_requirements(
        view,
        [
            item.id
            for item in CATALOGUE.of_cell(view.cell.standard, view.cell.release)
            if item.decidable
            and not item.left_out("normal")
            and set(item.flows) <= set(flows)
            and not isinstance(item.check, Selection | Hidden)
            and item.id.partition("-")[2] not in ("REC-001", "REC-002")
        ],
    )


def gone(item: Exchange) -> Exchange:
    """Nobody answered."""
    return replace(item, response=None, error="connect: refused")


def answered(status: int, body: bytes = b"", kind: str = "application/fhir+json") -> Change:
    """Another answer was given."""
    response = Response(status=status, headers=(("Content-Type", kind),), body=body)
    return lambda item: replace(item, response=response, error="", facts=(), identities=())


def broken_at(exchanges: Sequence[Exchange], operation: str, change: Change) -> list[Exchange]:
    """A flow that broke at an operation: nothing came after it."""
    place = next(number for number, item in enumerate(exchanges) if item.operation == operation)
    return [*exchanges[:place], change(exchanges[place])]


def everywhere(
    exchanges: Sequence[Exchange], interface: str, change: Change, prefix: str = ""
) -> list[Exchange]:
    """A change of all exchanges at an interface, or of those whose operation starts so."""
    return [
        change(item) if item.interface == interface and item.operation.startswith(prefix) else item
        for item in exchanges
    ]
