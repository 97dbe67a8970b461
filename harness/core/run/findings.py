"""Findings: what a judge says about one requirement in one cell. The central contract.

A finding is data; text, colours and exit codes are derived from it. The documents in which they are written
(:mod:`harness.core.run.results`) hold no time and no chance, so that re-judging a run gives the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from harness.core.text import Dutch, Phrase, Text, Told, dutch, said
from harness.core.verdicts import Blame, Verdict


class Cell(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One combination: HIS × DVZA × PGO × standard × release (ids from the network file)."""

    his: str
    dvza: str
    pgo: str
    standard: str
    release: str

    @property
    def key(self) -> str:
        """Readable identity, e.g. ``his-a+dvza-a+pgo-1+huisartsgegevens-2.0+mm-2.2``."""
        return "+".join((self.his, self.dvza, self.pgo, self.standard, self.release))

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.his} × {self.dvza} × {self.pgo} · {self.standard} · {self.release}"

    def party(self, role: str) -> str:
        """Id of the participant in a role; the role itself when the cell has none of it (the stelselnode)."""
        return {"his": self.his, "dvza": self.dvza, "pgo": self.pgo}.get(role, role)


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """The place a finding points at.

    :ivar exchange: id of the recorded exchange, ``""`` when the finding is about their absence.
    :ivar path: FHIRPath/XPath/object path, header name, or query parameter.
    """

    exchange: str = ""
    path: str = ""
    line: int = 0
    column: int = 0


class Finding(msgspec.Struct, Told, frozen=True, kw_only=True):
    """One verdict with everything a vendor needs at 2 a.m.

    :ivar id: stable within a run, derived from content (:func:`finding`).
    :ivar requirement: requirement id.
    :ivar cell: where it was found.
    :ivar holds_for: keys of the other cells that it holds for, because what the requirement depends on is the
        same there. It counts once; it is no part of the id.
    :ivar blame: whose side; ``None`` for pass, not-applicable and not-tested.
    :ivar party: participant id that has to act, ``""`` when nobody.
    :ivar expected: what the requirement asks, short: a literal, or English words.
    :ivar received: what was seen, short (redacted already); likewise.
    :ivar next_step: what to do now; for not-applicable, not-tested and inconclusive: the reason.
    :ivar mode: how the verdict was decided, e.g. ``fhirpath:hapi``, ``rule``, ``pdfa:builtin``.
    :ivar rule: lower-level rule id (FHIR, PDF/A, list XML) when one decided it.
    :ivar cause: participant whose failure came first, ``""`` when it is that of the judged party itself or
        of nobody. It is no part of the id.
    :ivar nl: Dutch for what is words; ``None``: there are literals only. It is no part of the id.
    """

    id: str
    requirement: str
    cell: Cell
    verdict: Verdict
    blame: Blame | None = None
    party: str = ""
    where: Where = Where()
    expected: str = ""
    received: str = ""
    next_step: Text = Text(nl="", en="")
    mode: str = "rule"
    rule: str = ""
    cause: str = ""
    holds_for: tuple[str, ...] = ()
    nl: Dutch | None = None


def finding(
    requirement: str,
    cell: Cell,
    verdict: Verdict,
    *,
    blame: Blame | None = None,
    party: str = "",
    where: Where | None = None,
    expected: Phrase = "",
    received: Phrase = "",
    next_step: Text | None = None,
    mode: str = "rule",
    rule: str = "",
    cause: str = "",
) -> Finding:
    """A finding with an id derived from its content (same content, same id); of words the English ones."""
    asked, got = said(expected, "en"), said(received, "en")
    place = where or Where()
    step = next_step or Text(nl="", en="")
    parts = (
        requirement,
        cell.key,
        verdict.value,
        party,
        place.exchange,
        place.path,
        asked,
        got,
        rule,
    )
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]
    return Finding(
        id=f"{requirement}-{digest}",
        requirement=requirement,
        cell=cell,
        verdict=verdict,
        blame=blame,
        party=party,
        where=place,
        expected=asked,
        received=got,
        next_step=step,
        mode=mode,
        rule=rule,
        cause=cause,
        nl=dutch(expected, received),
    )


def _order(item: Finding) -> tuple[str, Cell, str, str, int, int, str]:
    return (
        item.requirement,
        item.cell,
        item.where.exchange,
        item.where.path,
        item.where.line,
        item.where.column,
        item.id,
    )


def canonical(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings sorted and without duplicates."""
    unique = {item.id: item for item in findings}
    return tuple(sorted(unique.values(), key=_order))
