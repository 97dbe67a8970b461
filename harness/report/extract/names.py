"""What would name others: whoever takes part in a run and shares no cell with the party of an extract."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import parse_qs, urlsplit

from harness.core.run.findings import Cell
from harness.core.run.folder import RunFolder
from harness.core.run.info import RunInfo
from harness.judge.evidence.shares import lines_of
from harness.pdfa.text import texts_of
from harness.record.chain.lines import ExchangeLine, decode
from harness.record.redact.reading.readings import body_readings

_SHORTEST: Final = 3
"""Characters of a name that is looked for: shorter ones stand in any text."""
_OWN: Final = ("client_id", "redirect_uri")
"""Parameters of an authorization request that name the PGO."""


class Names:
    """Names of others, and of the hosts, practices and products that are theirs."""

    def __init__(self, names: Iterable[str]) -> None:
        found = sorted({name.casefold() for name in names if len(name) >= _SHORTEST}, key=len, reverse=True)
        words = "|".join(re.escape(name) for name in found)
        self._any = re.compile(rf"(?<!\w)(?:{words})(?!\w)") if found else None

    def stand_in(self, data: bytes) -> bool:
        """Whether a message, a line or a finding names somebody, however it is written."""
        if self._any is None:
            return False
        return any(
            self._any.search(reading.text.casefold()) is not None for reading in body_readings(data, texts_of)
        )


def names_of_others(runs: Iterable[tuple[RunFolder, RunInfo]], party: str) -> Names:
    """The names of all who share no cell with a party in any of these runs.

    :raises EvidenceError: a recording cannot be read.
    """
    theirs: set[str] = set()
    known: set[str] = set()
    for folder, info in runs:
        mine = [cell for cell in info.plan if party in _parties(cell)]
        near = {party, *(name for cell in mine for name in _parties(cell))}
        for item in info.participants:
            told = {item.id, item.vendor, item.product, info.settings.titles.get(item.id, "")}
            (known if item.id in near else theirs).update(told)
        for cell in (*info.plan, *info.left_out):
            for who, name in _seen(folder, cell):
                (known if who in near else theirs).add(name)
    folded = {name.casefold() for name in known}
    return Names(name for name in theirs if name.casefold() not in folded)


def _parties(cell: Cell) -> tuple[str, str, str]:
    return cell.his, cell.dvza, cell.pgo


def _seen(folder: RunFolder, cell: Cell) -> Iterator[tuple[str, str]]:
    """What the recording of a cell shows of somebody's names: ``(party, name)``."""
    for number, data in enumerate(lines_of(folder, cell), 1):
        line = decode(data, f"line {number}")
        if not isinstance(line, ExchangeLine):
            continue
        url = urlsplit(line.request.url)
        if line.server in _parties(cell):
            yield line.server, url.hostname or ""
        if line.interface != "authorization":
            continue
        asked = parse_qs(url.query)
        for key in _OWN:
            for value in asked.get(key, ()):
                yield cell.pgo, urlsplit(value).hostname or value
        if line.flow == "collect":  # others may ask for somebody else on purpose
            for value in asked.get("scope", ()):
                yield cell.his, value.split(" ")[0].split("~")[0]
