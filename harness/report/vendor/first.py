"""The first page: how it was tested, in which versions, with whom, and what an outcome does not cover."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from harness.core.algebra import Outcome, State
from harness.core.clock import AMSTERDAM
from harness.core.run.findings import Finding
from harness.core.run.info import Intensity, ParticipantVersion, RunInfo
from harness.core.text import Text, both
from harness.judge.catalogue import Catalogue
from harness.judge.outcome.tally import Asking
from harness.report.dossier.waived import waived_line, waiver_troubles
from harness.report.headlines import join, left_out, obstacles, per_requirement
from harness.report.programme.basiseisen import BasiseisRow
from harness.report.summary import PartySummary, RunSummary
from harness.report.words import KIND, ORIGIN, amount, more

NAMED = 4
"""Other parties that the first page names; the rest is counted."""
SHOWN_HASH = 16
"""Characters of a hash that a person compares."""
_NOBODY_SAID = Text(
    nl="niet vastgesteld; dat doet het programmabureau", en="not set; the programme office does that"
)
_EVERYTHING = Text(nl="alles wat is opgegeven", en="everything that is declared")
_DECLARED = Text(nl="zoals opgegeven", en="as declared")
_WAITS = Text(nl="{number} basiseisen nog open", en="{number} basic requirements still open")
_NONE = Text(nl="geen", en="none")
_INTENSITY: dict[Intensity, Text] = {
    "smoke": Text(nl="kort (smoke)", en="smoke"),
    "normal": Text(nl="normaal (normal)", en="normal"),
    "full": Text(nl="volledig (full)", en="full"),
}
"""How much was driven, with the word of the command line."""


@dataclass(frozen=True)
class Fact:
    """One line of a block.

    :ivar party: id of the party whose own page tells more, ``""``: none.
    :ivar evidence: what it rests on.
    """

    label: Text
    value: Text
    party: str = ""
    evidence: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Block:
    """Facts under one heading."""

    title: Text
    facts: tuple[Fact, ...]


def blocks(
    run: RunSummary,
    mine: PartySummary,
    parts: Sequence[PartySummary],
    basiseisen: Sequence[BasiseisRow],
    catalogue: Catalogue,
    waits: int,
) -> Iterator[Block]:
    """The blocks of the first page, in their order.

    :param parts: the parties that the report answers for.
    :param waits: basic requirements that a verdict has to wait for.
    """
    info = run.info
    yield Block(Text(nl="De test", en="The test"), tuple(_test(run, mine, basiseisen, waits)))
    yield Block(Text(nl="Versies", en="Versions"), tuple(_versions(info, mine)))
    yield Block(Text(nl="Soort partijen", en="Kinds of parties"), tuple(_kinds(run, mine, catalogue)))
    yield Block(Text(nl="Niet getoetst", en="Not tested"), tuple(_not_tested(run, mine, parts, basiseisen)))
    yield Block(
        Text(nl="Afwijkingen en ontheffingen", en="Deviations and waivers"),
        tuple(_deviations(run, parts, catalogue)),
    )


def _test(
    run: RunSummary, mine: PartySummary, basiseisen: Sequence[BasiseisRow], waits: int
) -> Iterator[Fact]:
    info = run.info
    yield Fact(Text(nl="Begin", en="Start"), instant(info.now))
    ended = instant(info.ended.at) if info.ended is not None else Text(nl="niet afgerond", en="not finished")
    yield Fact(Text(nl="Eind", en="End"), ended)
    missing = left_out(mine.result.shortfall)
    asked = Text(nl=f"deelrun: {missing.nl}", en=f"partial run: {missing.en}") if missing.nl else _EVERYTHING
    yield Fact(Text(nl="Gevraagd", en="Asked"), asked)
    why = obstacles(mine.standing) if mine.standing.outcome is Outcome.NO_VERDICT else []
    if waits:
        why = [*why, _WAITS.format(number=waits)]
    if why and run.stated(mine):
        yield Fact(Text(nl="Geen oordeel omdat", en="No verdict because"), join(why))
    yield Fact(Text(nl="Diepte", en="Intensity"), _INTENSITY[info.settings.intensity])
    yield Fact(Text(nl="Peildatum T", en="Reference date T"), day(info.t))
    bound = info.binding.challenge if info.binding is not None else None
    if bound is not None:
        yield Fact(Text(nl="Controlegetal van het bureau", en="Challenge of the office"), both(bound.nonce))
    yield Fact(Text(nl="Geldig tot en met", en="Valid until"), _valid_until(run, basiseisen))


def _valid_until(run: RunSummary, basiseisen: Sequence[BasiseisRow]) -> Text:
    """The day on which what an outcome rests on first expires; the office may name an earlier one."""
    ends = [item.expires for item in run.result.cover.waived.values()]
    proofs = [row.attestation for row in basiseisen if row.attestation is not None and row.state.good]
    ends += [item.until for item in proofs if item.until is not None]
    if not ends:
        return _NOBODY_SAID
    first = day(min(ends).isoformat())
    return Text(
        nl=f"uiterlijk {first.nl}: dan verloopt een ontheffing of bewijs; {_NOBODY_SAID.nl}",
        en=f"{first.en} at the latest: a waiver or proof expires then; {_NOBODY_SAID.en}",
    )


def _versions(info: RunInfo, mine: PartySummary) -> Iterator[Fact]:
    known = {item.id: item for item in info.participants}
    yield Fact(both(mine.party.role.upper()), _version(mine.party))
    for role, ids in mine.others.items():
        if role == "pgo":  # counted by kind; the table of combinations names them
            continue
        for name in ids[:NAMED]:
            yield Fact(both(role.upper()), _version(known[name]), party=name)
        if len(ids) > NAMED:
            yield Fact(both(role.upper()), more(len(ids) - NAMED))
    yield Fact(Text(nl="Standaarden", en="Standards"), both(", ".join(mine.standards) or "–"))
    yield Fact(Text(nl="MedMij-release", en="MedMij release"), both(", ".join(mine.releases) or "–"))
    yield Fact(
        Text(nl="Catalogus", en="Catalogue"), both(info.hashes.get("catalogue", "")[:SHOWN_HASH] or "–")
    )
    yield Fact(both("Harness"), both(info.harness))


def _version(party: ParticipantVersion) -> Text:
    """Vendor, product and version, which nobody but the network file vouches for."""
    found = " ".join(item for item in (party.vendor, party.product, party.version) if item)
    if not found:
        return both(party.id)
    return Text(nl=f"{found} ({_DECLARED.nl})", en=f"{found} ({_DECLARED.en})")


def _kinds(run: RunSummary, mine: PartySummary, catalogue: Catalogue) -> Iterator[Fact]:
    info = run.info
    known = {item.id: item for item in info.participants}
    groups = {mine.party.role: (mine.party.id,), **mine.others}
    for role, ids in groups.items():
        counts = {kind: sum(known[name].kind == kind for name in ids) for kind in KIND}
        found = [
            KIND[kind]
            if len(ids) == 1
            else Text(nl=f"{number} {KIND[kind].nl}", en=f"{number} {KIND[kind].en}")
            for kind, number in counts.items()
            if number
        ]
        yield Fact(both(role.upper()), join(found))
    asking = Asking(info, catalogue)
    origins = sorted({asking.origin(item.cell) for item in mine.cells})
    persons = len({info.settings.persons.get(item.cell.key, "") for item in mine.cells} - {""})
    whose = amount(persons, "person")
    told = join([ORIGIN[origin] for origin in origins])
    yield Fact(
        Text(nl="Referentiedossier", en="Reference record"),
        Text(nl=f"{told.nl}; {whose.nl}", en=f"{told.en}; {whose.en}"),
    )
    lacking = info.settings.capabilities.get(mine.party.id, ())
    if lacking:
        yield Fact(Text(nl="Opgegeven als afwezig", en="Declared as absent"), both(", ".join(lacking)))


def _not_tested(
    run: RunSummary,
    mine: PartySummary,
    parts: Sequence[PartySummary],
    basiseisen: Sequence[BasiseisRow],
) -> Iterator[Fact]:
    missing = [row.basiseis.id for row in basiseisen if row.state is State.NOT_TESTED]
    if missing:
        yield Fact(
            Text(nl="Basiseisen", en="Basic requirements"),
            Text(nl=f"{len(missing)} van {len(basiseisen)}", en=f"{len(missing)} of {len(basiseisen)}"),
        )
    undecided = {name for part in parts for group in part.open for name in group.requirements}
    if undecided:
        yield Fact(
            Text(nl="Gevraagd, niet beslist", en="Asked, not decided"),
            amount(len(undecided), "any requirement"),
        )
    beside = {requirement.id for part in parts for requirement, _ in part.not_asked}
    if beside:
        yield Fact(Text(nl="Niet gevraagd", en="Not asked"), amount(len(beside), "any requirement"))
    lost = sum(item.number for item in run.unassigned)
    if lost:
        yield Fact(Text(nl="Niet toegewezen", en="Not assigned"), amount(lost, "exchange"))
    if not (missing or undecided or beside or lost or mine.result.shortfall):
        yield Fact(both(""), Text(nl="niets", en="nothing"))


def _deviations(run: RunSummary, parts: Sequence[PartySummary], catalogue: Catalogue) -> Iterator[Fact]:
    label = Text(nl="Ontheffing", en="Waiver")
    waived = [pair for part in parts for pair in part.waived]
    for waiver, found in waived:
        yield Fact(label, waived_line(waiver, found, catalogue), evidence=found)
    troubles = waiver_troubles(run.result.cover)
    for told in troubles:
        yield Fact(label, told)
    if not (waived or troubles):
        yield Fact(Text(nl="Ontheffingen", en="Waivers"), _NONE)
    disputed = sum(per_requirement(part.result.asked)[State.DISPUTED] for part in parts)
    if disputed:
        yield Fact(Text(nl="Betwist", en="Disputed"), amount(disputed, "requirement"))


def day(iso: str) -> Text:
    """A day as people write it: ``27-11-2026``, in English ``2026-11-27``; what is no day stays as it is."""
    try:
        found = date.fromisoformat(iso)
    except ValueError:
        return both(iso)
    return Text(nl=f"{found:%d-%m-%Y}", en=found.isoformat())


def instant(iso: str) -> Text:
    """An instant in the time of Amsterdam, to the second; what is none stays as it is."""
    try:
        found = datetime.fromisoformat(iso).astimezone(AMSTERDAM)
    except (ValueError, OverflowError):
        return both(iso)
    return Text(nl=f"{found:%d-%m-%Y %H:%M:%S}", en=f"{found:%Y-%m-%d %H:%M:%S}")
