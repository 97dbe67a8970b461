"""``shares/<party>.json``: what of a run is about one party, fixed when the run ends.

A supplier gets its own rows of a run in which others took part. A recording or a file of findings is one
leaf of the manifest and may name others, so nothing of it could be handed out alone. A share holds, for each
cell in which the party took part, the Merkle root over the single lines of its recording and its single
findings, and of everybody else only totals. So any line can be shown, and any left out, and whoever has the
share can tell that a line is of the sealed run (:mod:`harness.report.extract`). Verification computes the
shares again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final, Literal

import msgspec

from harness.core.algebra import State
from harness.core.exits import ExitCode
from harness.core.ids import safe_name
from harness.core.run import tree
from harness.core.run.findings import Cell, Finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import Origin, ParticipantVersion, RunInfo
from harness.core.run.place import disk
from harness.core.run.problems import EvidenceError, Problem, ProblemKind, short
from harness.core.text import Text
from harness.core.verdicts import Verdict
from harness.judge.catalogue import Catalogue
from harness.judge.outcome.result import PartyResult, RunResult, run_result
from harness.record.chain.lines import End, decode
from harness.record.chain.raw import raw_lines
from harness.record.chain.units import attempts

FOLDER: Final = "shares"
FORMAT: Final = "share-1"
FEW: Final = 3
"""Of fewer parties than this no totals are told: they would be the result of somebody."""
MAX_SHARE: Final = 64 * 1024 * 1024
Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Count = Annotated[int, msgspec.Meta(ge=0)]


class CellShare(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One cell in which the party took part.

    :ivar lines: number of lines of its recording; ``findings`` of its findings.
    :ivar root: over the lines, then the findings, as :func:`pieces_root` makes it.
    """

    cell: Cell
    exchanges: Count
    lines: Count
    findings: Count
    root: Hash


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, order=True):
    """A requirement that was decided in a cell of others and holds for cells of the party: without words."""

    requirement: str
    verdict: Verdict
    cells: tuple[str, ...]


class Others(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All other parties of a role together.

    :ivar states: how many of the mandatory requirements that they were asked are in each state, all of
        them together; empty when they are fewer than :data:`FEW`. ``outcomes``: of the live ones.
    """

    role: str
    parties: Count
    states: dict[str, Count] = {}
    outcomes: dict[str, Count] = {}


class Share(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a run is about one party.

    :ivar run: SHA-256 of ``run-start.json``.
    :ivar participants: the party, and who shares a cell with it.
    :ivar records: who vouches for the records that answers were compared with, by person.
    :ivar outcome: of the party, ``""``: it is simulated and has none.
    :ivar states: how many of the mandatory requirements that it was asked are in each state.
    :ivar unjudged: keys of its cells that the run did not reach.
    """

    schema: Literal["share-1"] = FORMAT
    party: str
    run: Hash
    t: str
    started: str
    ended: str
    harness: str
    hashes: dict[str, Hash] = {}
    participants: tuple[ParticipantVersion, ...]
    records: dict[str, Origin] = {}
    outcome: str = ""
    states: dict[str, Count] = {}
    cells: tuple[CellShare, ...] = ()
    unjudged: tuple[str, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    others: tuple[Others, ...] = ()

    @property
    def exchanges(self) -> int:
        """How many were recorded in its cells."""
        return sum(item.exchanges for item in self.cells)

    @property
    def code(self) -> ExitCode:
        """The exit code of the run, had it been about this party alone."""
        found = {State(name) for name, number in self.states.items() if number}
        if State.NOT_MET in found:
            return ExitCode.FAILED
        if not self.exchanges:
            return ExitCode.NOTHING_RAN
        return ExitCode.OK if all(state.good for state in found) else ExitCode.UNDECIDED


def path_of(party: str) -> str:
    """Where the share of a party stands in its run folder."""
    return f"{FOLDER}/{safe_name(party)}.json"


def encode(share: Share) -> bytes:
    """The one form in which it is written."""
    return msgspec.json.format(msgspec.json.encode(share, order="sorted"), indent=1) + b"\n"


def piece_of(finding: Finding) -> bytes:
    """A finding as a piece: without the other cells that it holds for."""
    return msgspec.json.encode(msgspec.structs.replace(finding, holds_for=()))


def leaf_of(number: int, digest: bytes) -> bytes:
    """The leaf of a piece.

    :param digest: SHA-256 of its bytes.
    """
    return tree.leaf(f"piece/{number}", digest)


def pieces_root(digests: Iterable[bytes]) -> str:
    """The root over pieces in their order, hex."""
    return tree.root([leaf_of(number, digest) for number, digest in enumerate(digests)]).hex()


def lines_of(folder: RunFolder, cell: Cell) -> list[bytes]:
    """The lines of the recording by which a cell is judged, without line feeds; none: nothing was recorded.

    :raises EvidenceError: it cannot be read.
    """
    for item in reversed(attempts(folder.path, cell.key)):
        lines = [data for data, complete in raw_lines(item.path, item.place) if complete]
        end = decode(lines[-1], f"{item.place}, line {len(lines)}") if lines else None
        if isinstance(end, End) and end.reason == "finished":
            return lines
    return []


def write_shares(folder: RunFolder, catalogue: Catalogue) -> None:
    """Write the share of every party of a run that ended, before its manifest is made.

    :raises EvidenceError: what stands in the folder cannot be read.
    :raises HarnessError: they cannot be written.
    """
    for share in shares_of(folder, folder.info(), folder.judged(), catalogue):
        disk.write(folder.path / path_of(share.party), encode(share))


def sharing(catalogue: Catalogue) -> Callable[[RunFolder], None]:
    """What writes the shares of a run, for who keeps its folder and knows no catalogue."""
    return partial(write_shares, catalogue=catalogue)


def shares_problem(
    folder: RunFolder, info: RunInfo, findings: Sequence[Finding], catalogue: Catalogue
) -> Problem | None:
    """Whether the shares that stand there are those that the run gives; a run of before they were has none.

    :raises EvidenceError: a recording cannot be read.
    """
    if not (folder.path / FOLDER).is_dir():
        return None
    left = {f"{FOLDER}/{path.name}" for path in (folder.path / FOLDER).iterdir()}
    for share in shares_of(folder, info, findings, catalogue):
        name = path_of(share.party)
        if name not in left:
            return _wrong(name, Text(nl="ontbreekt", en="is missing"))
        left.discard(name)
        if disk.read(folder.path / name, MAX_SHARE) != encode(share):
            return _wrong(
                name,
                Text(nl="zegt iets anders dan de run geeft", en="says something else than the run gives"),
            )
    if left:
        return _wrong(min(left), Text(nl="is van niemand in de run", en="is of nobody in the run"))
    return None


def read_share(data: bytes, where: str) -> Share:
    """A share.

    :raises EvidenceError: it is none, or of another version.
    """
    try:
        return msgspec.json.decode(data, type=Share)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise EvidenceError(
            ProblemKind.DESCRIPTION,
            Text(nl="kan niet worden begrepen", en="cannot be understood"),
            where=where,
            expected=FORMAT,
            received=short(error),
        ) from None


def _wrong(where: str, message: Text) -> Problem:
    return Problem(kind=ProblemKind.RESULT, where=short(where), message=message)


@dataclass(frozen=True)
class _Whole:
    """A run as all shares of it are made from.

    :ivar held: by cell key, what was found in another cell and holds for it too.
    """

    info: RunInfo
    run: str
    result: RunResult
    cells: Mapping[str, CellShare]
    held: Mapping[str, Sequence[Finding]]


def shares_of(
    folder: RunFolder, info: RunInfo, findings: Sequence[Finding], catalogue: Catalogue
) -> Iterator[Share]:
    """The share of every party that takes part in a cell, in the order of the network file.

    :raises EvidenceError: a recording cannot be read.
    """
    by_cell: dict[Cell, list[Finding]] = {}
    for item in findings:
        by_cell.setdefault(item.cell, []).append(item)
    cells = {
        cell.key: _cell_share(folder, cell, by_cell.get(cell, ()))
        for cell in info.plan
        if cell.key not in info.unjudged
    }
    held: dict[str, list[Finding]] = {}
    for item in findings:
        for key in item.holds_for:
            held.setdefault(key, []).append(item)
    whole = _Whole(info, folder.run, run_result(info, findings, catalogue), cells, held)
    for party in info.participants:
        if any(party.id in (cell.his, cell.dvza, cell.pgo) for cell in info.plan):
            yield _share(whole, party)


def _cell_share(folder: RunFolder, cell: Cell, findings: Sequence[Finding]) -> CellShare:
    lines = lines_of(folder, cell)
    pieces = [*lines, *(piece_of(item) for item in findings)]
    return CellShare(
        cell=cell,
        exchanges=sum(b'"kind":"exchange"' in line[:32] for line in lines),
        lines=len(lines),
        findings=len(findings),
        root=pieces_root(hashlib.sha256(piece).digest() for piece in pieces),
    )


def _share(whole: _Whole, party: ParticipantVersion) -> Share:
    info = whole.info
    mine = [cell for cell in info.plan if party.id in (cell.his, cell.dvza, cell.pgo)]
    near = {party.id, *(name for cell in mine for name in (cell.his, cell.dvza, cell.pgo))}
    persons = {info.settings.persons.get(cell.key, "") for cell in mine}
    result = whole.result.parties.get(party.id)
    return Share(
        party=party.id,
        run=whole.run,
        t=info.t,
        started=info.now,
        ended=info.ended.at if info.ended is not None else "",
        harness=info.harness,
        hashes=info.hashes,
        participants=tuple(item for item in info.participants if item.id in near),
        records={name: item.origin for name, item in info.settings.records.items() if name in persons},
        outcome=_outcome(result),
        states=_states([result] if result is not None else []),
        cells=tuple(whole.cells[cell.key] for cell in mine if cell.key in whole.cells),
        unjudged=tuple(cell.key for cell in mine if cell.key in info.unjudged),
        elsewhere=tuple(_elsewhere(whole.held, [cell.key for cell in mine])),
        others=tuple(_others(whole.result, party.id)),
    )


def _elsewhere(held: Mapping[str, Sequence[Finding]], mine: Sequence[str]) -> list[Elsewhere]:
    """What holds for these cells and was decided in others."""
    own = frozenset(mine)
    found: dict[tuple[str, Verdict, str], dict[str, None]] = {}
    for key in mine:
        for item in held.get(key, ()):
            if item.cell.key not in own:
                found.setdefault((item.requirement, item.verdict, item.cell.key), {})[key] = None
    told = {
        Elsewhere(requirement=requirement, verdict=verdict, cells=tuple(keys))
        for (requirement, verdict, _), keys in found.items()
    }
    return sorted(told, key=lambda item: (item.requirement, item.verdict.value, item.cells))


def _others(result: RunResult, party: str) -> Iterator[Others]:
    """Everybody else, by role."""
    found: dict[str, list[PartyResult]] = {}
    for name, item in result.parties.items():
        if name != party:
            found.setdefault(item.party.role, []).append(item)
    for role, items in sorted(found.items()):
        told = items if len(items) >= FEW else []
        outcomes: dict[str, int] = {}
        for item in told:
            if item.party.kind == "live":
                word = item.standing.outcome.value
                outcomes[word] = outcomes.get(word, 0) + 1
        yield Others(role=role, parties=len(items), states=_states(told), outcomes=outcomes)


def _outcome(result: PartyResult | None) -> str:
    live = result is not None and result.party.kind == "live"
    return result.standing.outcome.value if result is not None and live else ""


def _states(items: Sequence[PartyResult]) -> dict[str, int]:
    """How many asked requirements of these parties are in each state."""
    counts: dict[str, int] = {}
    for item in items:
        for state in item.asked.values():
            counts[state.value] = counts.get(state.value, 0) + 1
    return counts
