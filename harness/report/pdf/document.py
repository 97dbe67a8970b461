"""From the facts of a report to what the template prints, in one language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from harness.core.algebra import Outcome, Standing, State
from harness.core.run.findings import Finding as Found
from harness.core.text import Lang, Phrase, Text, both, said
from harness.core.verdicts import Verdict
from harness.judge.catalogue import Catalogue
from harness.report.grouping import OpenGroup, how_often
from harness.report.headlines import NO_EVIDENCE, counted_of, outcome_word
from harness.report.pdf.content import (
    Block,
    Content,
    Document,
    Fact,
    Finding,
    Line,
    Piece,
    Section,
    Tile,
)
from harness.report.programme import ehds
from harness.report.programme.basiseisen import BasiseisRow
from harness.report.summary import CellSummary, PartySummary, Row
from harness.report.vendor.first import SHOWN_HASH, day
from harness.report.vendor.page import TERMS, VendorPage
from harness.report.words import (
    FOUND,
    KIND,
    LIKE,
    SHARED,
    SIDE,
    STATE,
    STATE_SYMBOL,
    SYMBOL,
    VERDICT,
    amount,
    more,
    title,
    told,
    word,
)

EVIDENCE = 6
"""Pieces of evidence that are named; the rest is counted."""
NAMED = 5
"""Tests of a basic requirement that are named; of more their families are counted. The table of requirements
says of each of them which basic requirements it belongs to."""
_OUTCOME: dict[Outcome, State] = {
    Outcome.CONFORMS: State.MET,
    Outcome.FAILS: State.NOT_MET,
    Outcome.NO_VERDICT: State.UNDECIDED,
}
"""The state whose symbol an outcome has."""
_SEAL = Text(
    nl="Merkle-wortel van het bewijs: {root}. Controleer de run met harness verify.",
    en="Merkle root of the evidence: {root}. Check the run with harness verify.",
)


def document(page: VendorPage, catalogue: Catalogue, lang: Lang) -> Document:
    """The report of a party in a language."""
    return _Writer(page, catalogue, lang).document()


class _Writer:
    """Says one report in one language."""

    def __init__(self, page: VendorPage, catalogue: Catalogue, lang: Lang) -> None:
        self.page = page
        self.catalogue = catalogue
        self.lang: Lang = lang

    def document(self) -> Document:
        page, info = self.page, self.page.run.info
        party = page.party
        standing = page.standing
        return Document(
            lang=self.lang,
            title=f"{title('qualification report', self.lang)}: {party.name}",
            subtitle=f"{party.role.upper()} · {self.of(KIND.get(party.kind, both(party.kind)))}",
            words={
                "page": word("page", self.lang),
                "of": word("of", self.lang),
                "name": word("name and date", self.lang),
            },
            band=self.of(NO_EVIDENCE) if page.run.rehearsal else "",
            mark=word("rehearsal", self.lang) if page.run.rehearsal else "",
            footer=f"{word('run', self.lang)} {info.id} · T = {info.t} · harness {info.harness} · "
            f"{word('catalogue', self.lang)} {info.hashes.get('catalogue', '')[:SHOWN_HASH]}",
            look=standing.outcome.value if standing else "unstated",
            symbol=STATE_SYMBOL[_OUTCOME[standing.outcome]] if standing else "",
            name=self.of(page.name),
            outcome=self._outcome(standing) if standing else "",
            headline=self.of(page.headline),
            tiles=tuple(self._tiles()),
            blocks=tuple(
                Block(
                    title=self.of(block.title),
                    facts=tuple(
                        Fact(label=self.of(one.label), lines=(Line(text=self.of(one.value)),))
                        for one in block.facts
                    ),
                )
                for block in page.blocks
            ),
            sign_title=title("signature", self.lang),
            sign_note=self._sign_note(),
            sign_here=tuple(title(one, self.lang) for one in ("vendor", "office")) if page.to_sign else (),
            sections=tuple(self._sections()),
        )

    def of(self, text: Text) -> str:
        return text.of(self.lang)

    def _outcome(self, standing: Standing) -> str:
        found = self.of(outcome_word(standing, rehearsal=self.page.run.rehearsal))
        return found[0].upper() + found[1:]

    def _tiles(self) -> Iterator[Tile]:
        run, page = self.page.run, self.page
        if not page.dvzas:
            return
        for one in (page.mine, *page.dvzas):
            stated = run.stated(one)
            yield Tile(
                who=one.party.role.upper(),
                name=one.party.name,
                look=one.standing.outcome.value if stated else "unstated",
                word=self._outcome(one.standing) if stated else self.of(KIND[one.party.kind]),
                counted=self.of(counted_of(one.result)) if stated else "",
            )
        yield Tile(
            who=title("together", self.lang),
            name="",
            look=page.together.outcome.value if page.together else "unstated",
            word=self._outcome(page.together) if page.together else word("not together", self.lang),
        )

    def _sign_note(self) -> str:
        parts = [word("decision" if self.page.to_sign else self._unsigned(), self.lang)]
        if self.page.root:
            parts.append(self.of(_SEAL).format(root=self.page.root))
        return " ".join(parts)

    def _unsigned(self) -> str:
        return "rehearsal not signed" if self.page.run.rehearsal else "nothing to sign"

    def _sections(self) -> Iterator[Section]:
        if self.page.basiseisen:
            yield self._section("basic requirements", [self._basiseisen()])
        yield self._section("findings by cause", self._findings())
        yield self._section("undecided and not tested", self._open())
        yield self._section("per combination", [self._cells()])
        yield self._section("requirements", self._requirements())
        yield self._section("not asked", self._not_asked())
        if self.page.annex:
            yield Section(title=self.of(ehds.TITLE), pieces=(self._annex(),))
        yield self._section("terms", [self._terms()])

    def _section(self, name: str, pieces: Iterable[Piece]) -> Section:
        return Section(title=title(name, self.lang), pieces=tuple(pieces))

    def _heading(self, one: PartySummary) -> str:
        return f"{one.party.role.upper()}: {one.party.name}" if len(self.page.parts) > 1 else ""

    def _heads(self, *names: str) -> tuple[str, ...]:
        return tuple(title(name, self.lang) for name in names)

    def _state(self, state: State) -> Line:
        look = LIKE[state].value if state in LIKE else "waived"
        return Line(kind="state", text=f"{STATE_SYMBOL[state]} {self.of(STATE[state])}", look=look)

    def _verdict(self, verdict: Verdict) -> Line:
        return Line(kind="state", text=f"{SYMBOL[verdict]} {self.of(VERDICT[verdict])}", look=verdict.value)

    def _basiseisen(self) -> Piece:
        return Piece(
            text=f"{word('basic requirements caption', self.lang)} {word('classes', self.lang)}",
            columns=self._heads("number sign", "basic requirement", "class", "decided by", "state"),
            widths=(0, 5, 0, 4, 4),
            rows=tuple(
                (
                    _ids(row.basiseis.id),
                    _text(self.of(row.basiseis.title)),
                    _text(row.basiseis.kind),
                    tuple(self._deciders(row)),
                    tuple(self._basiseis_state(row)),
                )
                for row in self.page.basiseisen
            ),
        )

    def _deciders(self, row: BasiseisRow) -> Iterator[Line]:
        if len(row.requirements) <= NAMED:
            yield from _ids(*row.requirements) if row.requirements else ()
        else:
            total = self.of(amount(len(row.requirements), "any requirement"))
            yield Line(text=f"{total}: {_families(row.requirements)}")
        for pgo in self.page.pgos_of(row):
            yield Line(text=f"{pgo.party.name}: {self.of(amount(len(pgo.findings), 'finding'))}")

    def _basiseis_state(self, row: BasiseisRow) -> Iterator[Line]:
        yield self._state(row.state)
        if row.state is State.NOT_TESTED or row.attestation is not None:
            yield Line(kind="muted", text=self.of(row.reason))
        if row.attestation is not None and row.attestation.until is not None:
            until = f"{word('valid until', self.lang)} {self.of(day(row.attestation.until.isoformat()))}"
            yield Line(kind="muted", text=until)
        if row.support is not None:
            found = f"{STATE_SYMBOL[row.support]} {self.of(STATE[row.support])}"
            yield Line(kind="muted", text=f"{word('tests behind it', self.lang)}: {found}")

    def _findings(self) -> Iterator[Piece]:
        for part in self.page.parts:
            yield Piece(
                heading=self._heading(part.party),
                text="" if part.findings else word("nothing found", self.lang),
                findings=tuple(self._finding(items) for items in part.findings),
            )

    def _finding(self, items: list[Found]) -> Finding:
        item = items[0]
        name = item.requirement
        known = next((one for one in self.catalogue if one.id == name), None)
        return Finding(
            state=Line(
                kind="state",
                text=f"{SYMBOL[item.verdict]} {self.of(FOUND[item.verdict])}",
                look=item.verdict.value,
            ),
            title=f"{name} – {self.of(known.title)}" if known else name,
            facts=tuple(self._finding_facts(items, known.source if known else "–")),
        )

    def _finding_facts(self, items: list[Found], source: str) -> Iterator[Fact]:
        item = items[0]
        if item.blame:
            whose = f" ({item.party})" if item.party else ""
            yield self._fact("side", f"{self.of(SIDE[item.blame])}{whose}")
        if item.cause:
            yield self._fact("first cause", item.cause)
        yield self._fact("count", self.of(how_often(items)))
        for label, phrase in (("expected", item.wanted), ("received", item.seen)):
            if phrase:
                yield Fact(label=title(label, self.lang), lines=(self._phrase(phrase),))
        if item.where.path:
            line = f" ({word('line', self.lang)} {item.where.line})" if item.where.line else ""
            yield self._fact("place", f"{item.where.path}{line}", kind="code")
        if self.of(item.next_step):
            yield self._fact("next step", self.of(item.next_step), kind="strong")
        yield self._fact("source", " · ".join(part for part in (source, item.rule) if part))
        yield self._fact("evidence", self._evidence(items))

    def _fact(self, name: str, text: str, kind: str = "text") -> Fact:
        return Fact(label=title(name, self.lang), lines=(Line(kind=kind, text=text),))

    def _evidence(self, items: Sequence[Found]) -> str:
        named = [_place(one) for one in items[:EVIDENCE]]
        if len(items) > EVIDENCE:
            named.append(self.of(more(len(items) - EVIDENCE)))
        return ", ".join(named) or "–"

    def _phrase(self, phrase: Phrase) -> Line:
        """A literal as code, words as words."""
        return Line(kind="text" if isinstance(phrase, Text) else "code", text=said(phrase, self.lang))

    def _open(self) -> Iterator[Piece]:
        for part in self.page.parts:
            groups = part.party.open
            yield Piece(
                heading=self._heading(part.party),
                text=word("open caption" if groups else "nothing open", self.lang),
                columns=self._heads("verdict", "reason and next step", "side", "requirements", "evidence"),
                widths=(0, 4, 2, 3, 3),
                rows=tuple(self._open_row(group) for group in groups),
            )

    def _open_row(self, group: OpenGroup) -> tuple[Content, ...]:
        side = self.of(SIDE[group.blame]) if group.blame else "–"
        if group.cause:
            side = f"{word('first cause', self.lang)}: {group.cause}"
        reason = [Line(text=self.of(group.reason))]
        if group.received:
            reason.append(self._phrase(group.received))
        return (
            (self._verdict(group.verdict),),
            tuple(reason),
            _text(side),
            _ids(*group.requirements),
            _text(self._evidence(group.evidence)),
        )

    def _cells(self) -> Piece:
        roles = tuple(self.page.mine.others)
        return Piece(
            text=word("combination caption", self.lang),
            columns=(
                *(role.upper() for role in roles),
                *self._heads("standard", "release", "verdict", "requirements"),
            ),
            widths=(*(3 for _ in roles), 3, 0, 0, 4),
            rows=tuple(self._cell(item, roles) for item in self.page.mine.cells),
        )

    def _cell(self, item: CellSummary, roles: Sequence[str]) -> tuple[Content, ...]:
        kinds = {one.id: one.kind for one in self.page.run.info.participants}
        counted = [f"{number} {self.of(VERDICT[one])}" for one, number in item.counts.items() if number]
        counted += [
            f"{SHARED} {number} {self.of(VERDICT[one])}" for one, number in item.shared.items() if number
        ]
        others = (item.cell.party(role) for role in roles)
        return (
            *((Line(text=name), Line(kind="muted", text=self.of(KIND[kinds[name]]))) for name in others),
            _text(item.cell.standard),
            _text(item.cell.release),
            (self._verdict(item.verdict),),
            _text(", ".join(counted) or "–"),
        )

    def _requirements(self) -> Iterator[Piece]:
        for part in self.page.parts:
            several = len(part.party.releases) > 1
            yield Piece(
                heading=self._heading(part.party),
                text=word("requirements caption", self.lang),
                columns=self._heads("number sign", "requirement", "strength", "state", "cells"),
                widths=(0, 8, 0, 0, 3),
                rows=tuple(self._row(row, several) for row in part.party.rows),
            )

    def _row(self, row: Row, several: bool) -> tuple[Content, ...]:
        one = row.requirement
        named = [*_ids(one.id)]
        if several:
            named.append(Line(kind="muted", text=row.release))
        source = " · ".join(part for part in (one.source, ", ".join(one.basiseis)) if part)
        about = (Line(text=self.of(one.title)), Line(kind="muted", text=source))
        return (
            tuple(named),
            about,
            _text(one.strength.value),
            (self._state(row.state),),
            _text(self.of(told(row.tally))),
        )

    def _not_asked(self) -> Iterator[Piece]:
        for part in self.page.parts:
            listed = part.party.not_asked
            yield Piece(
                heading=self._heading(part.party),
                text="" if listed else word("all asked", self.lang),
                columns=self._heads("number sign", "requirement", "strength", "reason and next step"),
                widths=(0, 5, 0, 4),
                rows=tuple(
                    (
                        _ids(one.id),
                        _text(self.of(one.title)),
                        _text(one.strength.value),
                        _text(self.of(reason)),
                    )
                    for one, reason in listed
                ),
            )

    def _annex(self) -> Piece:
        return Piece(
            text=self.of(ehds.CAPTION),
            columns=tuple(self.of(head) for head in ehds.HEADS),
            widths=(0, 4, 4, 4),
            rows=tuple(
                (_ids(row.item.id), *(_text(self.of(text)) for text in (row.item.title, row.here, row.open)))
                for row in self.page.annex
            ),
        )

    def _terms(self) -> Piece:
        return Piece(
            columns=self._heads("term", "meaning"),
            widths=(0, 1),
            rows=tuple((_text(name), _text(self.of(meaning))) for name, meaning in TERMS),
        )


def _text(text: str) -> Content:
    return (Line(text=text),)


def _ids(*names: str) -> Content:
    return (Line(kind="ids", ids=names),)


def _families(names: Sequence[str]) -> str:
    """Requirements by the beginning of their ids: ``HG-EXP 7, HG-GEN 34``."""
    counts = Counter(name.rpartition("-")[0] for name in names)
    return ", ".join(f"{family} {number}" for family, number in sorted(counts.items()))


def _place(one: Found) -> str:
    cell = f"{one.cell.his} × {one.cell.pgo} · {one.cell.standard}"
    return f"{one.where.exchange} ({cell})" if one.where.exchange else cell
