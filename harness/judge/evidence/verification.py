"""Whether a run folder holds together, and gives the findings that it holds; for ``judge`` and ``verify``.

The files and recordings by themselves are checked by :mod:`harness.record.verify`; here they are compared
with what they mean: the description at the start with that at the end, the identifiers with the challenge,
and the findings with those that the recordings give.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from harness.core.data import profiles_digest
from harness.core.run import challenge, manifest, results
from harness.core.run.findings import Cell, Finding
from harness.core.run.folder import END, RunFolder
from harness.core.run.info import Binding, Ended, RunInfo
from harness.core.run.problems import EvidenceError, Problem, ProblemKind, short
from harness.core.text import Text
from harness.judge.catalogue import Catalogue, client_requirements
from harness.judge.evidence.cells import cell_problem, moved_problem
from harness.judge.evidence.shares import shares_problem
from harness.judge.evidence.side_by_side import judge_again
from harness.medmij.headers import CORRELATION_ID, REQUEST_ID, is_uuid
from harness.record.chain.read import begun, judged_unit, unit_name
from harness.record.chain.units import units_in
from harness.record.verify import verify_files
from harness.reference.records import frozen_records

_UNIQUE: Final = frozenset({REQUEST_ID.lower()})
_NAMES: Final = frozenset({*_UNIQUE, CORRELATION_ID.lower()})
_SERVED: Final = frozenset({"plan", "left_out", "hashes", "persons"})
"""Fields that grow while live parties come to our mocks."""
_ASKED: Final = frozenset({"requirements", "shared"})


@dataclass(frozen=True)
class Rejudged:
    """What a run folder gives when it is judged again.

    :ivar info: what is known of the run.
    :ivar exchanges: how many are recorded in the judged cells.
    :ivar problem: the first thing in the folder that does not agree with the rest.
    """

    info: RunInfo
    findings: tuple[Finding, ...]
    exchanges: int
    problem: Problem | None


def rejudge(path: Path, catalogue: Catalogue) -> Rejudged:
    """Judge the cells that a run reached again, and compare with what the folder holds.

    :raises EvidenceError: the folder cannot be judged: it is no run of this format, its description cannot be
        read, or the recording of a cell is damaged.
    """
    folder = RunFolder.open(path)
    problem: Problem | None = None
    if folder.finished:
        try:
            verify_files(path)
        except EvidenceError as error:
            if error.problem.kind in _UNREADABLE:
                raise
            problem = error.problem
    info = as_served(folder, folder.info(), catalogue)
    try:
        check_description(folder, info)
        _check_catalogue(info, catalogue)
        _check_shares(info, catalogue)
    except EvidenceError as error:
        problem = problem or error.problem
    findings: list[Finding] = []
    exchanges = 0
    try:
        records = frozen_records(folder, info)
        if problem is None:
            problem = moved_problem(folder, info, catalogue, records)
        for result in judge_again(folder, info, catalogue, records):
            findings += result.findings
            exchanges += result.exchanges
            if folder.finished or folder.findings_path(result.cell).is_file():
                problem = problem or cell_problem(folder, result)
    except EvidenceError as error:
        raise (problem or error.problem).error() from None
    if problem is None and folder.finished:
        problem = _join_problem(folder, info, findings) or shares_problem(folder, info, findings, catalogue)
    return Rejudged(info, tuple(findings), exchanges, problem)


def as_served(folder: RunFolder, info: RunInfo, catalogue: Catalogue) -> RunInfo:
    """What is known of a run: when it served and was killed, with the cells that its recordings are of.

    :raises EvidenceError: a recording does not begin as one.
    """
    if info.settings.mode != "serve" or info.ended is not None or info.plan:
        return info
    roles = {item.id: item.role for item in info.participants}
    cells = []
    for name in sorted({unit_name(item) for item in units_in(folder.path) if begun(item)}):
        parts = name.split("+")
        if len(parts) == _PARTS and [roles.get(part) for part in parts[:3]] == ["his", "dvza", "pgo"]:
            his, dvza, pgo, standard, release = parts
            cells.append(Cell(his=his, dvza=dvza, pgo=pgo, standard=standard, release=release))
    asked = {cell.key: client_requirements(cell, catalogue) for cell in cells}
    settings = msgspec.structs.replace(info.settings, requirements=asked)
    return msgspec.structs.replace(info, plan=tuple(cells), settings=settings)


_PARTS: Final = 5
"""Parts of the key of a cell."""
_UNREADABLE: Final = frozenset(
    {ProblemKind.FORMAT, ProblemKind.CHAIN, ProblemKind.HEAD, ProblemKind.RUN, ProblemKind.BODY}
)
"""Problems with which nothing can be judged."""


def check_description(folder: RunFolder, info: RunInfo) -> None:
    """Whether ``run.json`` repeats ``run-start.json``: parties, date, plan, and everything that was asked.

    What was asked of one cell may have been decided in another one that it holds for.

    :raises EvidenceError: it does not; names the field.
    """
    start, again = folder.start(), info.at_start()
    served = start.settings.mode == "serve"  # then cells come while the run goes on
    for name in start.__struct_fields__:
        if name == "settings" or (served and name in _SERVED):
            continue
        _check_same(name, getattr(start, name), getattr(again, name))
    for name in start.settings.__struct_fields__:
        if name in _ASKED or (served and name in _SERVED):
            continue
        _check_same(f"settings.{name}", getattr(start.settings, name), getattr(again.settings, name))
    missing = _answered(start) - _answered(again)
    if missing:
        cell, requirement = min(missing)
        raise EvidenceError(
            ProblemKind.DESCRIPTION,
            Text(
                nl=f"laat weg wat aan het begin is gevraagd ({requirement})",
                en=f"leaves out what was asked at the start ({requirement})",
            ),
            where=END,
            expected=short(f"{requirement}: {cell}"),
        )


def _answered(info: RunInfo) -> set[tuple[str, str]]:
    """For which cells there is an answer about which requirement: where it was asked, or held for."""
    found = set()
    for cell in info.plan:
        held = info.holds_for(cell)
        for requirement in info.asked(cell):
            found.add((cell.key, requirement))
            found |= {(other, requirement) for other in held.get(requirement, ())}
    return found


def wrong_shares(info: RunInfo, catalogue: Catalogue) -> Iterator[tuple[Cell, str, str]]:
    """Findings that hold for a cell in which what they depend on is another: from where, which, for which."""
    by_key = {cell.key: cell for cell in info.plan}
    for cell in info.plan:
        for name, keys in info.holds_for(cell).items():
            depends = catalogue[name].depends if name in catalogue else ()
            for key in keys:
                other = by_key.get(key)
                same = other is not None and other.release == cell.release and "cell" not in depends
                if other is None or not same or any(part(cell, one) != part(other, one) for one in depends):
                    yield cell, name, key


def _check_shares(info: RunInfo, catalogue: Catalogue) -> None:
    """Whether findings hold only for cells in which what they depend on is the same.

    :raises EvidenceError: one does not; names the requirement.
    """
    for cell, name, key in wrong_shares(info, catalogue):
        raise EvidenceError(
            ProblemKind.DESCRIPTION,
            Text(
                nl=f"laat {name} gelden voor een cel waarin niet alles hetzelfde is",
                en=f"lets {name} hold for a cell in which not everything is the same",
            ),
            where=END,
            expected=short(cell.key),
            received=short(key),
        )


def part(cell: Cell, name: str) -> str:
    """What a cell has of something that a verdict depends on; the lists are the same in all of them."""
    return cell.standard if name == "standard" else cell.party(name)


def _check_same(name: str, before: object, after: object) -> None:
    if before != after:
        raise EvidenceError(
            ProblemKind.DESCRIPTION,
            Text(
                nl=f"herhaalt niet wat aan het begin is vastgelegd ({name})",
                en=f"does not repeat what was laid down at the start ({name})",
            ),
            where=END,
            expected=short(msgspec.json.encode(before).decode()),
            received=short(msgspec.json.encode(after).decode()),
        )


def _check_catalogue(info: RunInfo, catalogue: Catalogue) -> None:
    """Whether this installation has the requirements and data that the run was judged with.

    :raises EvidenceError: it has others, so that no verdict can be compared.
    """
    installed = {"catalogue": catalogue.digest, "profiles": profiles_digest()}
    for name, digest in installed.items():
        if info.hashes.get(name) != digest:
            then = f"sha256 {short(info.hashes.get(name, '-'))}, harness {short(info.harness)}"
            raise another_catalogue(name, then, f"sha256 {digest}")


def another_catalogue(where: str, then: str, now: str) -> EvidenceError:
    """That evidence was judged with something else than this installation has."""
    return EvidenceError(
        ProblemKind.CATALOGUE,
        Text(
            nl="is beoordeeld met een andere catalogus of andere gegevens dan deze installatie heeft; het "
            "oordeel van vandaag: harness judge --catalogue installed",
            en="was judged with another catalogue or other data than this installation has; the verdict of "
            "today: harness judge --catalogue installed",
        ),
        where=where,
        expected=then,
        received=now,
    )


def _join_problem(folder: RunFolder, info: RunInfo, findings: list[Finding]) -> Problem | None:
    """Whether ``findings.json`` is the join of the findings of the cells, and there are no others."""
    digest = hashlib.sha256()
    for piece in results.join([findings]):
        digest.update(piece)
    name = "findings.json"
    try:
        _, stored = manifest.digest_of(folder.path / name)
    except OSError:
        return Problem(kind=ProblemKind.RESULT, where=name, message=Text(nl="ontbreekt", en="is missing"))
    if stored != digest.hexdigest():
        return Problem(
            kind=ProblemKind.RESULT,
            where=name,
            message=Text(
                nl="bevat andere bevindingen dan de opname geeft",
                en="holds other findings than the recording gives",
            ),
        )
    known = {folder.findings_path(cell).name for cell in info.plan}
    for path in sorted((folder.path / "findings").glob("*.json")):
        if path.name not in known:
            return Problem(
                kind=ProblemKind.RESULT,
                where=f"findings/{path.name}",
                message=Text(nl="is van geen enkele cel van de run", en="is of no cell of the run"),
            )
    return None


def check_challenge(folder: RunFolder, info: RunInfo, given: challenge.Challenge | None = None) -> int | None:
    """Whether a run is bound to its challenge; gives how many identifiers were checked.

    :param given: the challenge that the run has to be bound to, by the reader's own books.
    :returns: ``None``: the run names no challenge. 0 means *not bound*, never *all right*.
    :raises EvidenceError: another challenge, outside its time, another salt, an identifier that is not ours.
    """
    binding, ended = info.binding, info.ended
    bound = binding.challenge if binding is not None else None
    if given is not None and bound != given:
        raise EvidenceError(
            ProblemKind.CHALLENGE,
            Text(nl="is niet aan dit controlegetal gebonden", en="is not bound to this challenge"),
            where=manifest.START,
            expected=given.nonce,
            received=short(bound.nonce) if bound is not None else "-",
        )
    if binding is None or bound is None:
        return None
    challenge.check_in_time(bound, _instant(info.now), manifest.START)
    salt = _salt(binding, ended)
    return sum(_check_cell(folder, cell, index, binding, salt, bound) for index, cell in enumerate(info.plan))


def _check_cell(
    folder: RunFolder,
    cell: Cell,
    index: int,
    binding: Binding,
    salt: bytes,
    bound: challenge.Challenge,
) -> int:
    unit = judged_unit(folder.path, cell.key, run=folder.run)
    if unit is None:
        return 0
    minters = frozenset(binding.minters) & {cell.pgo}
    seen = challenge.seen_in(unit.exchanges, minters=minters, names=_NAMES)
    return challenge.check_minted(
        [item for item in seen if is_uuid(item.value)],  # others are sent to see whether they are refused
        salt=salt,
        nonce=bound.nonce_bytes,
        cell_index=index,
        unique=_UNIQUE,
        attempt=unit.head.attempt,
    )


def _salt(binding: Binding, ended: Ended | None) -> bytes:
    try:
        salt = bytes.fromhex(ended.salt) if ended is not None else b""
    except ValueError:
        salt = b""
    challenge.check_commitment(salt, binding.commitment, END)
    return salt


def _instant(text: str) -> datetime:
    """An instant of a description.

    :raises EvidenceError: it is none.
    """
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found
    except ValueError:
        pass
    raise EvidenceError(
        ProblemKind.DESCRIPTION,
        Text(nl="noemt geen tijdstip", en="names no instant"),
        where=manifest.START,
        received=short(text),
    )
