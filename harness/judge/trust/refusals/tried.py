"""What was sent of the requests that must be refused, and the legal ones around them, as recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from harness.core.run.exchanges import Exchange
from harness.core.text import Phrase
from harness.judge.trust.steps import Trust
from harness.medmij.refusals.rows import Group, Row, groups

Outcome = Literal["open", "accepted", "refused", "form", "broken", "silent", "stopped", "unclear"]
"""What came of a request: the door was ``open``; what was asked was ``accepted`` without harm; it was
``refused``, or in another ``form``; the server ``broke`` (5xx); it did not answer (``silent``), asked to stop
(``stopped``, 429), or gave what says nothing (``unclear``)."""


@dataclass(frozen=True)
class Tried:
    """One request that must be refused, with what followed from it.

    :ivar exchanges: the request, and the pages behind it where it was taken on.
    """

    group: Group
    row: Row
    on: str
    exchanges: tuple[Exchange, ...]

    @property
    def exchange(self) -> Exchange:
        """The request itself."""
        return self.exchanges[0]

    @property
    def requirement(self) -> str:
        """What it is about."""
        return self.row.requirement_of(self.on)

    @property
    def name(self) -> str:
        """Short: ``garbage/hg-search``."""
        return f"{self.row.row}/{self.on}" if self.on else self.row.row


@dataclass(frozen=True)
class Judged:
    """A request and what came of it.

    :ivar received: what was seen, short.
    """

    tried: Tried
    outcome: Outcome
    received: Phrase


def tried(cell: Trust) -> tuple[Tried, ...]:
    """Every request of the recording that must be refused; read once."""
    found: tuple[Tried, ...] = cell.view.memo("refusals:tried", lambda: tuple(_read(cell)))
    return found


def _read(cell: Trust) -> Iterator[Tried]:
    known = groups()
    gathered: list[tuple[dict[str, str], list[Exchange]]] = []
    for item in cell.view.exchanges:
        note = item.notes.get("refusal")
        if not isinstance(note, dict):
            continue
        first = item.operation in ("refused", "authorize")
        if first or not gathered or gathered[-1][0] != note:
            gathered.append((note, [item]))
        else:
            gathered[-1][1].append(item)
    for note, items in gathered:
        group = known.get(str(note.get("group")))
        row = group.row(str(note.get("row"))) if group is not None else None
        if group is not None and row is not None:
            yield Tried(group, row, str(note.get("on", "")), tuple(items))


def controls(cell: Trust, group: str) -> list[tuple[str, Exchange]]:
    """The legal requests of a group: what each was about, in time order."""
    return [
        (str(note.get("on", "")), item)
        for item in cell.view.exchanges
        if isinstance(note := item.notes.get("control"), dict)
        and note.get("group") == group
        and not note.get("person")
    ]
