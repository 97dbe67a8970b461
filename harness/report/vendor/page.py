"""The facts of the report of one party, in the order in which they are told; HTML and PDF print these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import msgspec

from harness.core.algebra import Outcome, Standing
from harness.core.run.findings import Finding
from harness.core.run.info import ParticipantVersion
from harness.core.text import Text
from harness.judge.catalogue import Catalogue
from harness.report.grouping import grouped
from harness.report.headlines import counted_of
from harness.report.programme.basiseisen import EVERY_PGO, BasiseisRow, basiseis_rows
from harness.report.programme.ehds import AnnexRow, annex
from harness.report.summary import PartySummary, RunSummary
from harness.report.vendor.first import Block, blocks

TERMS: tuple[tuple[str, Text], ...] = (
    ("HIS", Text(nl="huisartsinformatiesysteem", en="information system of a general practice")),
    (
        "DVZA",
        Text(
            nl="dienstverlener zorgaanbieder: de kant van de huisarts; in nieuwere releases DVA",
            en="service provider of the care provider: the side of the practice; DVA in newer releases",
        ),
    ),
    (
        "PGO",
        Text(
            nl="persoonlijke gezondheidsomgeving, de kant van de patiënt; haar dienstverlener heet ook DVP",
            en="personal health environment, the side of the patient; its provider is also called DVP",
        ),
    ),
    (
        "T",
        Text(
            nl="peildatum: de dag waarvan alle datums in de testdossiers zijn afgeleid",
            en="the day that all dates in the test records follow from",
        ),
    ),
)
"""Words that a reader may not know, each explained once."""
_HELD_UP = Text(
    nl="{number} basiseisen houden een oordeel nog tegen; van de toetsen: {counts}.",
    en="{number} basic requirements still stand in the way of a verdict; of the tests: {counts}.",
)


@dataclass(frozen=True)
class Part:
    """One of the parties that a report answers for, with its findings by cause."""

    party: PartySummary
    findings: tuple[list[Finding], ...]


@dataclass(frozen=True)
class VendorPage:
    """The report of one party.

    :ivar name: what the outcome is about: the party, and its DVZAs where they are stated with it.
    :ivar headline: the outcome in a sentence.
    :ivar standing: its outcome, for a HIS with that of its DVZA; ``None``: the run states nothing of it.
    :ivar together: that of a HIS with its DVZA; ``None``: there is none.
    :ivar dvzas: the DVZAs of a HIS, stated or not; ``parts``: what this report answers for.
    :ivar blocks: the first page below the outcome.
    :ivar to_sign: there is a verdict that people can agree with.
    :ivar basiseisen: all of them for a HIS, else none.
    :ivar pgos: PGOs with findings of their own, listed with :data:`EVERY_PGO`.
    :ivar annex: what it fills of the technical documentation of an EHR system; of a HIS that is stated only.
    :ivar root: Merkle root over the evidence, hex; ``""``: nobody looked.
    """

    run: RunSummary
    mine: PartySummary
    name: Text
    headline: Text
    standing: Standing | None
    together: Standing | None
    dvzas: tuple[PartySummary, ...]
    parts: tuple[Part, ...]
    blocks: tuple[Block, ...]
    to_sign: bool
    basiseisen: tuple[BasiseisRow, ...]
    pgos: tuple[PartySummary, ...]
    annex: tuple[AnnexRow, ...]
    root: str

    @property
    def party(self) -> ParticipantVersion:
        """Whose report it is."""
        return self.mine.party

    def pgos_of(self, row: BasiseisRow) -> Sequence[PartySummary]:
        """The PGOs whose findings are listed with a basic requirement."""
        return self.pgos if row.basiseis.id == EVERY_PGO else ()


def vendor_page(
    run: RunSummary, party: str, catalogue: Catalogue, day: date, *, root: str = "", dossier: bool = False
) -> VendorPage:
    """The report of one party.

    :param party: id of a participant of the run.
    :param day: on which what people stated has to hold.
    :param dossier: whether it is of a dossier, where basic requirements that are open hold a verdict up.
    :raises KeyError: it took no part.
    """
    mine = run.parties[party]
    dvzas = run.dvzas_of(mine)
    parts = [mine, *(one for one in dvzas if run.stated(one))]
    together = run.together(mine)
    standing = (together or mine.standing) if run.stated(mine) else None
    basiseisen: list[BasiseisRow] = []
    if mine.party.role == "his" and run.stated(mine):
        rows = (row for part in parts for row in part.rows)
        basiseisen = basiseis_rows(rows, catalogue, run.attestations, day)
    waits = sum(row.basiseis.blocking and not row.state.good for row in basiseisen) if dossier else 0
    headline = mine.headline
    if waits and standing is not None and standing.outcome is Outcome.CONFORMS:
        standing = msgspec.structs.replace(standing, outcome=Outcome.NO_VERDICT)
        counts = counted_of(mine.result)
        headline = Text(
            nl=_HELD_UP.nl.format(number=waits, counts=counts.nl),
            en=_HELD_UP.en.format(number=waits, counts=counts.en),
        )
    pgos = [run.parties[name] for name in mine.others.get("pgo", ())]
    return VendorPage(
        run=run,
        mine=mine,
        name=_name([mine.party.name, *(one.party.name for one in dvzas if together)]),
        headline=headline,
        standing=standing,
        together=standing if together else None,
        dvzas=tuple(dvzas),
        parts=tuple(Part(one, tuple(grouped(one.findings))) for one in parts),
        blocks=tuple(blocks(run, mine, parts, basiseisen, catalogue, waits)),
        to_sign=standing is not None and not run.rehearsal and standing.outcome is not Outcome.NO_VERDICT,
        basiseisen=tuple(basiseisen),
        pgos=tuple(one for one in pgos if one.findings),
        annex=tuple(annex(run, mine)) if mine.party.role == "his" and run.stated(mine) else (),
        root=root,
    )


def _name(names: Sequence[str]) -> Text:
    first, *rest = names
    if not rest:
        return Text(nl=first, en=first)
    return Text(nl=f"{first} met {', '.join(rest)}", en=f"{first} with {', '.join(rest)}")
