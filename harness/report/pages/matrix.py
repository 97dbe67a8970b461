"""The matrix: a row per HIS with its DVZA, a column per PGO, a token per standard; and the causes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from harness.core.algebra import State
from harness.core.run.findings import Cell, Finding
from harness.core.run.info import ParticipantVersion
from harness.core.standards.table import standard
from harness.core.text import Text
from harness.judge.catalogue import Catalogue
from harness.judge.outcome.progress import Progress
from harness.report.dossier.compare import Change
from harness.report.grouping import OPEN, grouped
from harness.report.pages.since import Since, counted, told
from harness.report.summary import ROLES, CellSummary, RunSummary
from harness.report.words import (
    LOOK,
    PROGRESS,
    PROGRESS_LOOK,
    PROGRESS_SYMBOL,
    STATE,
    STATE_SYMBOL,
    SYMBOL,
    VERDICT,
    WAIVED,
    amount,
)

SHOWN_CAUSES = 60
"""Causes that the page lists; the pages of the parties list all."""
ORDER = "feoakdnliwpx"
"""Looks, worst first."""
LOOK_SYMBOL: Mapping[str, str] = {
    **{LOOK[verdict]: SYMBOL[verdict] for verdict in LOOK},
    **{PROGRESS_LOOK[one]: PROGRESS_SYMBOL[one] for one in Progress},
    WAIVED: STATE_SYMBOL[State.WAIVED],
}
LOOK_NAME: Mapping[str, Text] = {
    **{LOOK[verdict]: VERDICT[verdict] for verdict in LOOK},
    **{PROGRESS_LOOK[one]: PROGRESS[one] for one in Progress},
    WAIVED: STATE[State.WAIVED],
}
_NOT_SEEN = "eon"
"""Looks that say less than how far a cell came."""
_ROLE: Mapping[str, str] = {role: role.upper() for role in ROLES}


@dataclass(frozen=True)
class Token:
    """One standard of a pair.

    :ivar look: its state, a key of :data:`LOOK_NAME`.
    :ivar sides: roles whose requirements are in that state; empty when nobody has to act.
    :ivar changes: what changed there since an earlier run.
    """

    cell: Cell
    letter: str
    look: str
    sides: tuple[str, ...]
    changes: tuple[Change, ...] = ()

    @property
    def text(self) -> str:
        """What stands in the matrix: silence is good news, so the letter alone when all is met."""
        return self.letter if self.look == "p" else self.letter + LOOK_SYMBOL[self.look]

    @property
    def side(self) -> str:
        """Whose side, in the width of a cell."""
        first = [_ROLE.get(role, role) for role in self.sides]
        return f"{first[0]}+" if len(first) > 1 else "".join(first)

    @property
    def told(self) -> Text:
        """It in words: ``Huisartsgegevens niet voldaan (HIS)``."""
        name, state = standard(self.cell.standard).name, LOOK_NAME[self.look]
        whose = f" ({' + '.join(_ROLE.get(role, role) for role in self.sides)})" if self.sides else ""
        said = Text(nl=f"{name.nl} {state.nl}{whose}", en=f"{name.en} {state.en}{whose}")
        if not self.changes:
            return said
        new = told(self.changes)
        return Text(nl=f"{said.nl} [{new.nl}]", en=f"{said.en} [{new.en}]")


@dataclass(frozen=True)
class Pair:
    """A HIS with its DVZA, and a PGO.

    :ivar worst: the token that its link leads to.
    """

    id: str
    pgo: str
    tokens: tuple[Token, ...]
    worst: Token

    @property
    def changes(self) -> tuple[Change, ...]:
        """What changed in any of its standards."""
        found = {change for token in self.tokens for change in token.changes}
        return tuple(change for change in Change if change in found)

    @property
    def told(self) -> Text:
        """Its tokens in words."""
        said = [token.told for token in self.tokens]
        return Text(nl=", ".join(item.nl for item in said), en=", ".join(item.en for item in said))


@dataclass(frozen=True)
class Row:
    """A HIS with its DVZA in one release.

    :ivar counts: tokens per look, worst first.
    """

    his: ParticipantVersion
    dvza: ParticipantVersion
    release: str
    pairs: Mapping[str, Pair]
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Matrix:
    """The whole of it.

    :ivar broken: cells that are not met, per PGO.
    :ivar changes: in how many cells something changed since an earlier run.
    :ivar causes: what was found, put together where it says the same; ``more`` how many are not listed.
    """

    rows: tuple[Row, ...]
    pgos: tuple[ParticipantVersion, ...]
    standards: tuple[tuple[str, Text], ...]
    releases: tuple[str, ...]
    counts: Mapping[str, int]
    broken: Mapping[str, int]
    causes: tuple[list[Finding], ...]
    more: int
    changes: Mapping[Change, int]

    @property
    def size(self) -> Text:
        """How many HISs and PGOs."""
        his = amount(len({row.his.id for row in self.rows}), "his")
        pgo = amount(len(self.pgos), "pgo")
        return Text(nl=f"{his.nl} × {pgo.nl}", en=f"{his.en} × {pgo.en}")


def matrix(run: RunSummary, catalogue: Catalogue, since: Since | None = None) -> Matrix:
    """The matrix of a run.

    :param since: marks what changed since an earlier one.
    """
    waived = run.result.cover.waived
    said: dict[str, list[Finding]] = {}
    for item in run.findings:
        for key in (item.cell.key, *item.holds_for):
            said.setdefault(key, []).append(item)
    parties = {item.id: item for item in run.info.participants}
    found: dict[tuple[str, str, str], dict[str, list[Token]]] = {}
    for one in run.cells:
        cell = one.cell
        row = found.setdefault((cell.his, cell.dvza, cell.release), {})
        token = _token(one, said.get(cell.key, ()), waived.keys(), catalogue)
        if since is not None:
            token = replace(token, changes=since.of(cell))
        row.setdefault(cell.pgo, []).append(token)
    rows = tuple(
        Row(parties[his], parties[dvza], release, dict(_pairs((his, dvza, release), row)), _count(row))
        for (his, dvza, release), row in found.items()
    )
    groups = grouped(item for item in run.findings if item.verdict not in OPEN and item.id not in waived)
    names = sorted({cell.standard for cell in run.info.plan})
    return Matrix(
        rows=rows,
        pgos=tuple(parties[name] for name in dict.fromkeys(cell.pgo for cell in run.info.plan)),
        standards=tuple((standard(name).letter, standard(name).name) for name in names),
        releases=tuple(dict.fromkeys(row.release for row in rows)),
        counts=_ordered(Counter(look for row in rows for look in _looks(row))),
        broken=Counter(
            pair.pgo
            for row in rows
            for pair in row.pairs.values()
            for token in pair.tokens
            if token.look == "f"
        ),
        causes=tuple(groups[:SHOWN_CAUSES]),
        more=len(groups) - len(groups[:SHOWN_CAUSES]),
        changes=counted(
            token.changes for row in found.values() for tokens in row.values() for token in tokens
        ),
    )


def _token(
    found: CellSummary, said: Sequence[Finding], waived: AbstractSet[str], catalogue: Catalogue
) -> Token:
    """The token of a cell; what a waiver covers is no failure of it."""
    look, sides = LOOK[found.verdict], found.sides
    covered = [item for item in said if item.id in waived]
    if covered:
        rest = [item for item in said if item.id not in waived]
        look = min([*(LOOK[item.verdict] for item in rest), WAIVED], key=ORDER.index)
        acting = [item for item in rest if LOOK[item.verdict] == look] or covered
        roles = {catalogue[item.requirement].role for item in acting if item.requirement in catalogue}
        sides = tuple(role for role in ROLES if role in roles)
    if found.progress is not None and look in _NOT_SEEN:
        look = PROGRESS_LOOK[found.progress]
    return Token(found.cell, standard(found.cell.standard).letter, look, () if look in "pxl" else sides)


def _pairs(key: Sequence[str], row: Mapping[str, Iterable[Token]]) -> Iterator[tuple[str, Pair]]:
    his, dvza, release = key
    for pgo, tokens in row.items():
        kept = tuple(sorted(tokens, key=lambda token: token.letter))
        worst = min(kept, key=lambda token: ORDER.index(token.look))
        yield pgo, Pair(f"{his}.{dvza}.{pgo}.{release}", pgo, kept, worst)


def _looks(row: Row) -> Iterator[str]:
    return (token.look for pair in row.pairs.values() for token in pair.tokens)


def _count(row: Mapping[str, Iterable[Token]]) -> Mapping[str, int]:
    return _ordered(Counter(token.look for tokens in row.values() for token in tokens))


def _ordered(counts: Counter[str]) -> Mapping[str, int]:
    return {look: counts[look] for look in ORDER if counts[look]}
