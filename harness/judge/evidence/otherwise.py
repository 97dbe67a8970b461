"""A recorded run, judged by another catalogue or in another release than it was made with.

What it was judged with then is not here any more, so nothing is compared with the findings that stand in its
folder: files, recordings and description have to hold together, and all verdicts are those of today. What the
other catalogue asks besides is looked for in the same recordings. Where they do not hold it, somebody has to
drive it again; that is listed, and never taken for a pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.core.data import profiles_digest
from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Cell, Finding, canonical, finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import RunInfo, Share
from harness.core.run.problems import ProblemKind
from harness.core.standards.queries import Query, load_queries
from harness.core.text import Text
from harness.core.verdicts import Verdict
from harness.judge.catalogue import Catalogue, Requirement
from harness.judge.causes import operations
from harness.judge.cells import cell_exchanges, judge_cell
from harness.judge.evidence.verification import (
    Rejudged,
    as_served,
    check_description,
    part,
    rejudge,
    wrong_shares,
)
from harness.judge.registry import judge_of
from harness.medmij.releases import oldest_first
from harness.medmij.releases import release as release_of
from harness.record.verify import verify_files
from harness.reference.records import Records, frozen_records

OPEN = (Verdict.INCONCLUSIVE, Verdict.NOT_TESTED, Verdict.ERROR)
_AGAINST = (Verdict.FAIL, Verdict.WARNING)


@dataclass(frozen=True)
class Again:
    """Something that a recording does not answer.

    :ivar before: what was found of it then, ``None``: it was not asked.
    """

    cell: Cell
    requirement: str
    why: Text
    before: Verdict | None


@dataclass(frozen=True)
class Otherwise:
    """What a run gives by another catalogue, or in another release.

    :ivar judged: with the description as the other catalogue sees it.
    :ivar before: the findings that stand in the folder, of the same cells in the release of now.
    :ivar again: what has to be driven again.
    :ivar withdrawn: ids that were asked then and are not known now.
    :ivar made_with: SHA-256 of the catalogue that it was judged with then; ``harness``: the version.
    """

    judged: Rejudged
    before: tuple[Finding, ...]
    again: tuple[Again, ...]
    withdrawn: tuple[str, ...]
    made_with: str
    harness: str


def judge_today(path: Path, catalogue: Catalogue) -> tuple[Rejudged, Otherwise | None]:
    """A run, judged again by the catalogue of this installation; and how, when it was made with another one.

    :raises EvidenceError: the run does not hold together.
    """
    found = rejudge(path, catalogue)
    if found.problem is None:
        return found, None
    if found.problem.kind is not ProblemKind.CATALOGUE:
        raise found.problem.error()
    otherwise = judge_otherwise(path, catalogue, catalogue)
    return otherwise.judged, otherwise


def judge_otherwise(path: Path, catalogue: Catalogue, base: Catalogue, release: str = "") -> Otherwise:
    """Judge a run by a catalogue that is not the one of then.

    :param base: the catalogue of this installation: what it knew and a run by it did not ask, was left out on
        purpose.
    :param release: the release family in which everything is judged, ``""``: that of each cell.
    :raises EvidenceError: the run does not hold together.
    :raises UsageError: the release is not known.
    """
    folder = RunFolder.open(path)
    if folder.finished:
        verify_files(path)
    stored = as_served(folder, folder.info(), catalogue)
    check_description(folder, stored)
    made_with = stored.hashes.get("catalogue", "")
    names = _names(stored, release)
    info = _renamed(_kept(stored, names, release), names)
    place = {names[cell.key]: cell for cell in stored.plan if cell.key in names}
    known = _known(stored, base if made_with == base.digest else None)
    info = msgspec.structs.replace(
        info, hashes={**info.hashes, "catalogue": catalogue.digest, "profiles": profiles_digest()}
    )
    plain = _without_wrong_shares(_asked_now(info, catalogue), catalogue)
    wider = _wider(plain, catalogue, known, place)
    moved = _moved(folder, stored, plain, place, catalogue)
    records = frozen_records(folder, stored)
    found: dict[str, list[Finding]] = {}
    exchanges = 0
    for cell in wider.plan:
        if cell.key in wider.unjudged or not wider.asked(cell):
            continue
        recorded = cell_exchanges(folder, place[cell.key])
        exchanges += len(recorded)
        found[cell.key] = _judged(wider, cell, recorded, catalogue, records)
        faults = _faults(wider, cell, moved.get(cell.key, ()), recorded, catalogue, records)
        found[cell.key] += faults
        plain = _asked_too(plain, cell, [item.requirement for item in faults])
    before = tuple(
        msgspec.structs.replace(item, cell=_in(item.cell, names))
        for item in folder.judged()
        if item.cell.key in names
    )
    accused = {(item.requirement, item.cell.key) for item in before if item.verdict in _AGAINST}
    for key, items in found.items():
        if place[key].key != key:
            found[key] = [_of_release(item, place[key], accused, catalogue) for item in items]
    final, findings = _shared(plain, wider, found, catalogue)
    return Otherwise(
        judged=Rejudged(final, findings, exchanges, None),
        before=before,
        again=tuple(_again(findings, before)),
        withdrawn=tuple(sorted(_ids(stored) - {item.id for item in catalogue})),
        made_with=made_with,
        harness=stored.harness,
    )


def _moved(
    folder: RunFolder, stored: RunInfo, plain: RunInfo, place: Mapping[str, Cell], catalogue: Catalogue
) -> dict[str, tuple[str, ...]]:
    """What each cell was asked at the start and left to another one, by its key of now."""
    start = folder.start()
    troubled = {trouble.cell for trouble in stored.troubles}
    return {
        key: tuple(
            name
            for name in start.asked(cell)
            if name not in stored.asked(cell)
            and name in catalogue
            and catalogue[name].applies_to(cell.standard, key.rpartition("+")[2])
        )
        for key, cell in place.items()
        if cell.key not in troubled and key not in plain.unjudged
    }


def _faults(
    info: RunInfo,
    cell: Cell,
    names: tuple[str, ...],
    recorded: Sequence[Exchange],
    catalogue: Catalogue,
    records: Records,
) -> list[Finding]:
    """A fault stays where it was seen, whatever a cell left to others."""
    if not names:
        return []
    settings = msgspec.structs.replace(info.settings, requirements={cell.key: names}, shared={})
    asked = msgspec.structs.replace(info, settings=settings)
    said = judge_cell(asked, cell, recorded, catalogue, records)
    return [item for item in said if item.verdict is Verdict.FAIL]


def _asked_too(info: RunInfo, cell: Cell, names: Sequence[str]) -> RunInfo:
    """The same, with more that a cell was asked."""
    asked = {**info.settings.requirements, cell.key: tuple(dict.fromkeys((*info.asked(cell), *names)))}
    settings = msgspec.structs.replace(info.settings, requirements=asked)
    return msgspec.structs.replace(info, settings=settings) if names else info


def _judged(
    info: RunInfo, cell: Cell, recorded: Sequence[Exchange], catalogue: Catalogue, records: Records
) -> list[Finding]:
    """The findings of a cell; of what this version cannot look for, that nobody asked it."""
    why = {name: told for name in info.asked(cell) if (told := _not_here(catalogue[name])) is not None}
    asked = {cell.key: tuple(name for name in info.asked(cell) if name not in why)}
    settings = msgspec.structs.replace(info.settings, requirements=asked)
    can = msgspec.structs.replace(info, settings=settings)
    return [
        *judge_cell(can, cell, recorded, catalogue, records),
        *(finding(name, cell, Verdict.NOT_TESTED, next_step=told) for name, told in why.items()),
    ]


def _not_here(requirement: Requirement) -> Text | None:
    """Why this version of the harness cannot say anything about a requirement."""
    if judge_of(requirement) is None:
        return Text(
            nl="deze versie van de harness heeft er geen toets voor: werk haar bij en neem opnieuw op",
            en="this version of the harness has no judge for it: update it and drive again",
        )
    names = set(operations(requirement)) - {item.operation for item in _queries(requirement.standard)}
    if not names:
        return None
    return Text(
        nl=f"geen enkele opname bevat de vraag {min(names)}: deze versie van de harness stelt haar niet",
        en=f"no recording holds the query {min(names)}: this version of the harness does not ask it",
    )


def _queries(standard: str) -> tuple[Query, ...]:
    return load_queries(standard).queries if standard else ()


def _of_release(item: Finding, driven: Cell, accused: Set[tuple[str, str]], catalogue: Catalogue) -> Finding:
    """A finding in another release than the traffic was made in: by what was asked by other rules nobody is
    accused. What meets both rules meets them, and content is the same in all releases."""
    framework = not catalogue[item.requirement].standard
    if not framework or item.verdict not in _AGAINST or (item.requirement, item.cell.key) in accused:
        return item
    return finding(
        item.requirement,
        item.cell,
        Verdict.INCONCLUSIVE,
        where=item.where,
        expected=item.wanted,
        received=item.seen,
        next_step=Text(
            nl=f"Opgenomen volgens de regels van {driven.release}; of het in {item.cell.release} klopt, "
            "blijkt pas als het zo gevraagd wordt.",
            en=f"Recorded by the rules of {driven.release}; whether it holds in {item.cell.release} shows "
            "only when it is asked so.",
        ),
    )


def _names(info: RunInfo, release: str) -> dict[str, str]:
    """The key that each cell gets, by its key of then; of a combination in several releases the newest.

    :raises UsageError: the release is not known.
    """
    if not release:
        return {cell.key: cell.key for cell in info.plan}
    named = release_of(release).id
    ages = oldest_first(cell.release for cell in info.plan)
    newest: dict[str, Cell] = {}
    for cell in sorted(info.plan, key=lambda item: ages.index(item.release)):
        newest[msgspec.structs.replace(cell, release=named).key] = cell
    return {cell.key: key for key, cell in newest.items()}


def _in(cell: Cell, names: Mapping[str, str]) -> Cell:
    return msgspec.structs.replace(cell, release=names[cell.key].rpartition("+")[2])


def _kept(info: RunInfo, names: Mapping[str, str], release: str) -> RunInfo:
    """A description without the cells that have no name now."""
    left_out = (msgspec.structs.replace(item, release=release or item.release) for item in info.left_out)
    return msgspec.structs.replace(
        info,
        plan=tuple(cell for cell in info.plan if cell.key in names),
        left_out=tuple(cell for cell in dict.fromkeys(left_out) if cell.key not in names.values()),
        troubles=tuple(item for item in info.troubles if item.cell in names),
        unjudged=tuple(key for key in info.unjudged if key in names),
    )


def _renamed(info: RunInfo, names: Mapping[str, str]) -> RunInfo:
    """A description in which every cell has its key of now."""
    settings = info.settings
    return msgspec.structs.replace(
        info,
        plan=tuple(_in(cell, names) for cell in info.plan),
        troubles=tuple(msgspec.structs.replace(item, cell=names[item.cell]) for item in info.troubles),
        unjudged=tuple(names[key] for key in info.unjudged),
        settings=msgspec.structs.replace(
            settings,
            requirements={names[key]: told for key, told in settings.requirements.items() if key in names},
            persons={names[key]: told for key, told in settings.persons.items() if key in names},
            shared={
                names[key]: tuple(
                    msgspec.structs.replace(
                        one, cells=tuple(names[cell] for cell in one.cells if cell in names)
                    )
                    for one in told
                )
                for key, told in settings.shared.items()
                if key in names
            },
        ),
    )


def _ids(info: RunInfo) -> set[str]:
    return {name for told in info.settings.requirements.values() for name in told}


def _known(info: RunInfo, base: Catalogue | None) -> set[tuple[str, str]]:
    """What was known in a release when the run was made: ``(requirement, release)``."""
    if base is None:
        return {(name, cell.release) for name in _ids(info) for cell in info.plan}
    return {(item.id, release) for item in base for release in item.releases}


def _asked_now(info: RunInfo, catalogue: Catalogue) -> RunInfo:
    """Without what does not apply to a cell any more."""
    asked = {
        cell.key: tuple(
            name
            for name in info.asked(cell)
            if name in catalogue and catalogue[name].applies_to(cell.standard, cell.release)
        )
        for cell in info.plan
    }
    settings = msgspec.structs.replace(info.settings, requirements=asked)
    return msgspec.structs.replace(info, settings=settings)


def _without_wrong_shares(info: RunInfo, catalogue: Catalogue) -> RunInfo:
    """Without findings that hold for cells in which what they depend on now is not the same."""
    wrong = {(cell.key, name, key) for cell, name, key in wrong_shares(info, catalogue)}
    if not wrong:
        return info
    shared = {
        cell.key: tuple(
            Share(requirements=(name,), cells=left)
            for name, keys in info.holds_for(cell).items()
            if (left := tuple(key for key in keys if (cell.key, name, key) not in wrong))
        )
        for cell in info.plan
    }
    return msgspec.structs.replace(info, settings=msgspec.structs.replace(info.settings, shared=shared))


def _wider(
    info: RunInfo, catalogue: Catalogue, known: set[tuple[str, str]], place: Mapping[str, Cell]
) -> RunInfo:
    """The same, asked as well what is new: of every cell, whichever of them shows it."""
    if info.selection.only:
        return info
    kinds = {item.id: item.kind for item in info.participants}
    any_live = "live" in kinds.values()
    answered = {
        (name, key) for cell in info.plan for name, keys in info.holds_for(cell).items() for key in keys
    }
    asked = {}
    for cell in info.plan:
        had = info.asked(cell)
        new = [
            item.id
            for item in catalogue.of_cell(cell.standard, cell.release)
            if item.decidable
            and (item.id, place[cell.key].release) not in known
            and item.id not in had
            and (item.id, cell.key) not in answered
            and not item.left_out(info.settings.intensity)
            and (not any_live or kinds.get(cell.party(item.role)) == "live")
        ]
        asked[cell.key] = (*had, *new) if had else had
    return msgspec.structs.replace(info, settings=msgspec.structs.replace(info.settings, requirements=asked))


def _shared(
    plain: RunInfo, wider: RunInfo, found: Mapping[str, list[Finding]], catalogue: Catalogue
) -> tuple[RunInfo, tuple[Finding, ...]]:
    """The findings, where what is new counts once per value of what it depends on: a cell that decided it
    holds for the others."""
    groups: dict[tuple[str, ...], list[Cell]] = {}
    for cell in plain.plan:
        had = set(plain.asked(cell))
        for name in wider.asked(cell):
            if name not in had:
                groups.setdefault((name, *_group(catalogue[name], cell)), []).append(cell)
    asked = dict(plain.settings.requirements)
    shared = dict(plain.settings.shared)
    carried: dict[str, dict[str, tuple[str, ...]]] = {}
    for (name, *_), cells in groups.items():
        carrier = next((cell for cell in cells if _decides(found.get(cell.key, ()), name)), cells[0])
        carried.setdefault(carrier.key, {})[name] = tuple(cell.key for cell in cells if cell != carrier)
    for key, names in carried.items():
        asked[key] = (*asked[key], *names)
        more = tuple(Share(requirements=(name,), cells=keys) for name, keys in names.items() if keys)
        shared[key] = (*shared.get(key, ()), *more)
    settings = msgspec.structs.replace(plain.settings, requirements=asked, shared=shared)
    final = msgspec.structs.replace(plain, settings=settings)
    kept = [
        item
        for cell in final.plan
        for item in canonical(_holding(found.get(cell.key, ()), final, cell, carried.get(cell.key, {})))
    ]
    return final, tuple(kept)


def _holding(
    findings: Iterable[Finding], final: RunInfo, cell: Cell, carried: Mapping[str, tuple[str, ...]]
) -> Iterator[Finding]:
    """The findings of a cell that are of what it is asked, with the cells that what is new holds for."""
    asked = frozenset(final.asked(cell))
    for item in findings:
        if item.requirement in asked:
            keys = carried.get(item.requirement, item.holds_for)
            yield msgspec.structs.replace(item, holds_for=keys)


def _group(requirement: Requirement, cell: Cell) -> tuple[str, ...]:
    """The cells in which a requirement has one verdict."""
    if {"cell", "standard"} & set(requirement.depends):
        return (cell.key,)
    return (cell.release, *(part(cell, name) for name in requirement.depends if name != "network"))


def _decides(findings: Iterable[Finding], name: str) -> bool:
    mine = [item for item in findings if item.requirement == name]
    return bool(mine) and not any(item.verdict in OPEN for item in mine)


def _again(findings: Sequence[Finding], before: Sequence[Finding]) -> Iterable[Again]:
    """What is open now, and was not open then for the same reason."""
    then: dict[tuple[str, str], list[Finding]] = {}
    for item in before:
        then.setdefault((item.requirement, item.cell.key), []).append(item)
    told: set[tuple[str, str]] = set()
    for item in findings:
        key = (item.requirement, item.cell.key)
        if item.verdict not in OPEN or key in told:
            continue
        had = then.get(key, [])
        if any(one.verdict in OPEN for one in had):
            continue
        told.add(key)
        yield Again(item.cell, item.requirement, item.next_step, had[0].verdict if had else None)
