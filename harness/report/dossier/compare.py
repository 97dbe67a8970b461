"""Two runs, or two dossiers, side by side: what is fixed, new, still there, and no longer tested."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Final, NamedTuple

from harness.core.run import manifest
from harness.core.run.findings import Finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import ParticipantVersion
from harness.core.text import Text
from harness.core.verdicts import Verdict, worst
from harness.judge.catalogue import Catalogue
from harness.judge.outcome.tally import key_of
from harness.report.dossier.document import read_dossier

_GOOD: Final = (Verdict.PASS, Verdict.WARNING, Verdict.NOT_APPLICABLE)
_OPEN: Final = (Verdict.INCONCLUSIVE, Verdict.NOT_TESTED, Verdict.ERROR)


class Change(str, Enum):
    """What became of a judgement. The order is that of the report."""

    NEW = "new"
    """Broken or disputed now, and not before."""
    STILL = "still"
    """Broken or disputed, as before."""
    NO_LONGER = "no-longer-tested"
    """Decided before; now open, or not asked."""
    FIXED = "fixed"
    """Broken, disputed or open before, and good now."""


class Judged(NamedTuple):
    """What a judgement is about: the party, the requirement, and the cell that carries it."""

    party: str
    requirement: str
    cell: str


@dataclass(frozen=True)
class Side:
    """One of the two.

    :ivar name: its path.
    :ivar when: ISO 8601 instant of its first run.
    :ivar parties: who took part, by id.
    :ivar verdicts: the worst verdict per judgement.
    :ivar held: by which judgement one in another cell is decided, where it holds there too.
    """

    name: str
    when: str
    parties: Mapping[str, ParticipantVersion]
    verdicts: Mapping[Judged, Verdict]
    held: Mapping[Judged, Judged] = field(default_factory=dict)

    def carrier(self, about: Judged) -> Judged | None:
        """The judgement that decides one: itself, or that of the cell that was driven for it."""
        return about if about in self.verdicts else self.held.get(about)

    def verdict(self, about: Judged) -> Verdict | None:
        """What was judged; ``None``: it was not asked."""
        carrier = self.carrier(about)
        return self.verdicts[carrier] if carrier is not None else None


@dataclass(frozen=True)
class Changed:
    """One judgement that says something else, or is still bad.

    :ivar before: ``None``: it was not asked; ``after`` the same.
    """

    change: Change
    about: Judged
    before: Verdict | None
    after: Verdict | None


@dataclass(frozen=True)
class Comparison:
    """Two sides.

    :ivar changes: in the order of :class:`Change`, then party, requirement, cell.
    :ivar versions: parties that are in both with another version: what then differs may be the product.
    """

    before: Side
    after: Side
    changes: tuple[Changed, ...]

    @property
    def versions(self) -> list[tuple[ParticipantVersion, ParticipantVersion]]:
        """Parties that are not the same in both."""
        old, new = self.before.parties, self.after.parties
        return [(old[name], new[name]) for name in old if name in new and old[name] != new[name]]

    def count(self, change: Change) -> int:
        """How many judgements changed so."""
        return sum(item.change is change for item in self.changes)


def side(path: Path, catalogue: Catalogue) -> Side:
    """What a run folder, or an unpacked dossier, holds; nothing is verified.

    :raises EvidenceError: it is neither.
    """
    places = [path]
    if (path / manifest.DOSSIER.start).is_file():
        places = [path / run.folder for run in read_dossier(path).runs]
    folders = [RunFolder.open(place) for place in places]
    infos = [folder.info() for folder in folders]
    findings = [item for folder in folders for item in folder.judged()]
    return Side(
        name=str(path),
        held=_held(findings, catalogue),
        when=min(info.now for info in infos),
        parties={item.id: item for info in infos for item in info.participants},
        verdicts=verdicts(findings, catalogue),
    )


def verdicts(findings: Iterable[Finding], catalogue: Catalogue) -> dict[Judged, Verdict]:
    """The worst verdict per judgement."""
    found: dict[Judged, list[Verdict]] = {}
    for item in findings:
        if item.requirement in catalogue:
            party = key_of(catalogue[item.requirement], item.cell).party
            found.setdefault(Judged(party, item.requirement, item.cell.key), []).append(item.verdict)
    return {about: worst(said) for about, said in found.items()}


def _held(findings: Iterable[Finding], catalogue: Catalogue) -> dict[Judged, Judged]:
    """What is decided in another cell: which cell of several is driven for all may differ from run to run."""
    found = {}
    for item in findings:
        if item.requirement in catalogue:
            party = key_of(catalogue[item.requirement], item.cell).party
            carrier = Judged(party, item.requirement, item.cell.key)
            found.update({Judged(party, item.requirement, cell): carrier for cell in item.holds_for})
    return found


def compare(before: Side, after: Side, parties: Sequence[str] = ()) -> Comparison:
    """What changed.

    :param parties: only these, ids; empty: all.
    """
    order = list(Change)
    found = [
        changed
        for about in {*before.verdicts, *after.verdicts}
        if (not parties or about.party in parties)
        and not _told_elsewhere(about, before, after)
        and (changed := _changed(about, before.verdict(about), after.verdict(about)))
    ]
    return Comparison(before, after, tuple(sorted(found, key=lambda i: (order.index(i.change), i.about))))


def _told_elsewhere(about: Judged, before: Side, after: Side) -> bool:
    """Whether another cell carries a judgement now, and it is compared there."""
    carrier = after.carrier(about)
    return carrier is not None and carrier != about and before.carrier(carrier) is not None


def _changed(about: Judged, before: Verdict | None, after: Verdict | None) -> Changed | None:
    change: Change | None = None
    was_bad = before is not None and before not in _GOOD and before not in _OPEN
    if after is None or after in _OPEN:
        change = Change.NO_LONGER if before is not None and before not in _OPEN else None
    elif after not in _GOOD:
        change = Change.STILL if was_bad else Change.NEW
    elif was_bad or before in _OPEN:
        change = Change.FIXED
    return Changed(change, about, before, after) if change is not None else None


TITLES: Final[Mapping[Change, Text]] = {
    Change.NEW: Text(nl="nieuw", en="new"),
    Change.STILL: Text(nl="nog steeds", en="still"),
    Change.NO_LONGER: Text(nl="niet meer getoetst", en="no longer tested"),
    Change.FIXED: Text(nl="hersteld", en="fixed"),
}
