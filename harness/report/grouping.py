"""Findings put in order for people: worst first, what says the same together, what is open by its reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.core.run.findings import Finding
from harness.core.text import Phrase, Text
from harness.core.verdicts import SEVERITY, Blame, Strength, Verdict, worst
from harness.judge.catalogue import Catalogue, Requirement
from harness.judge.evidence.assigned import Reason, Unassigned
from harness.report.words import amount

QUIET = (Verdict.PASS, Verdict.NOT_APPLICABLE)
"""Verdicts that nobody has to do anything about."""
OPEN = (Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.NOT_TESTED)
"""Verdicts that decide nothing; reports tell them by reason."""


@dataclass(frozen=True)
class OpenGroup:
    """Requirements that one reason keeps open.

    :ivar reason: why, and what to do.
    :ivar cause: the other party that failed first, ``""`` when none did.
    :ivar received: what was seen, ``""`` when it was not the same everywhere.
    :ivar evidence: one finding per cell and exchange.
    """

    verdict: Verdict
    reason: Text
    blame: Blame | None
    cause: str
    received: Phrase
    requirements: tuple[str, ...]
    evidence: tuple[Finding, ...]


@dataclass(frozen=True)
class UnassignedGroup:
    """Exchanges that end in no finding, alike in who, what and why.

    :ivar first: id of the first one.
    """

    reason: Reason
    client: str
    server: str
    what: str
    answer: str
    number: int
    first: str


def unassigned_groups(items: Iterable[Unassigned]) -> tuple[UnassignedGroup, ...]:
    """What is assigned to nothing, put together; the parties of the network first, then the largest group."""
    found: dict[tuple[Reason, str, str, str, str], list[str]] = {}
    known = set()
    for item in items:
        found.setdefault((item.reason, item.client, item.server, item.what, item.answer), []).append(
            item.exchange
        )
        if item.party:
            known.add(item.party)
    made = [UnassignedGroup(*key, number=len(ids), first=ids[0]) for key, ids in found.items()]
    return tuple(sorted(made, key=lambda item: (item.client not in known, -item.number)))


Verdicts = dict[str, dict[str, Verdict]]
"""Worst verdict per cell key and requirement id."""


def verdicts(findings: Iterable[Finding]) -> Verdicts:
    """What was found in each cell itself."""
    return _worst((item.cell.key, item) for item in findings)


def shared_verdicts(findings: Iterable[Finding]) -> Verdicts:
    """What was found elsewhere and holds for each cell too."""
    return _worst((key, item) for item in findings for key in item.holds_for)


def _worst(pairs: Iterable[tuple[str, Finding]]) -> Verdicts:
    said: dict[str, dict[str, list[Verdict]]] = {}
    for key, item in pairs:
        said.setdefault(key, {}).setdefault(item.requirement, []).append(item.verdict)
    return {cell: {name: worst(items) for name, items in found.items()} for cell, found in said.items()}


def count(values: Iterable[Verdict]) -> dict[Verdict, int]:
    """How often each verdict occurs; every verdict is a key."""
    result = dict.fromkeys(SEVERITY, 0)
    for value in values:
        result[value] += 1
    return result


def worst_first(findings: Iterable[Finding], catalogue: Catalogue) -> list[Finding]:
    """Findings that ask for attention, worst first, a MUST before a SHOULD; not the :data:`QUIET` ones."""

    def order(item: Finding) -> tuple[int, bool, str, str]:
        must = item.requirement in catalogue and catalogue[item.requirement].strength is Strength.MUST
        return SEVERITY.index(item.verdict), not must, item.requirement, item.id

    return sorted((item for item in findings if item.verdict not in QUIET), key=order)


def grouped(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings that say the same of different cells and exchanges, together; the order is kept.

    The same: requirement, verdict, side, party, path, expected, received, next step, and how it was decided.
    """
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for item in findings:
        key = (
            item.requirement,
            item.verdict,
            item.blame,
            item.party,
            item.where.path,
            item.expected,
            item.received,
            item.next_step,
            item.mode,
            item.rule,
        )
        groups.setdefault(key, []).append(item)
    return list(groups.values())


def how_often(items: Sequence[Finding]) -> Text:
    """How many times and in how many cells the same was found."""
    places = {key for item in items for key in (item.cell.key, *item.holds_for)}
    times, cells = amount(len(items), "time"), amount(len(places), "cell")
    return Text(nl=f"{times.nl} in {cells.nl}", en=f"{times.en} in {cells.en}")


def by_reason(findings: Iterable[Finding]) -> tuple[OpenGroup, ...]:
    """What is open, by the reason that is given, worst first."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    known = list(findings)
    # What somebody failed first and what others cannot show because of that is one cause.
    causes = {(item.next_step, item.cause) for item in known if item.cause}
    for item in known:
        if item.verdict in OPEN:
            own = item.party if (item.next_step, item.party) in causes else ""
            received = item.seen if item.verdict is Verdict.ERROR else ""
            key = (item.verdict, item.next_step, item.blame, item.cause or own, received)
            groups.setdefault(key, []).append(item)
    made = [
        OpenGroup(
            verdict=items[0].verdict,
            reason=items[0].next_step,
            blame=items[0].blame,
            cause=next((item.cause for item in items if item.cause), ""),
            received=items[0].seen if len({item.received for item in items}) == 1 else "",
            requirements=tuple(dict.fromkeys(item.requirement for item in items)),
            evidence=_evidence(items),
        )
        for items in groups.values()
    ]
    return tuple(sorted(made, key=lambda item: SEVERITY.index(item.verdict)))


def first_causes(findings: Iterable[Finding]) -> tuple[OpenGroup, ...]:
    """Where flows broke, so that others have nothing to show: per party the break with most consequences.

    It comes before what is wrong besides: until it is solved, nobody sees what else there is.
    """
    found: dict[str, OpenGroup] = {}
    for group in sorted(by_reason(findings), key=lambda item: -len(item.requirements)):
        if group.cause:
            found.setdefault(group.cause, group)
    return tuple(found.values())


UNREACHED = Text(
    nl="de run is gestopt voordat dit aan de beurt was; draai opnieuw",
    en="the run ended before this was reached; run again",
)


def _evidence(items: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding per cell and exchange, in their order."""
    places = {(item.cell, item.where.exchange): item for item in items}
    return tuple(places[place] for place in sorted(places))


def why_not_asked(requirement: Requirement, intensity: str, *, bystander: bool = False) -> Text:
    """Why a run did not ask a requirement of a standard that it did run.

    :param bystander: whether the party is simulated beside a live one, and nobody selected requirements.
    """
    if requirement.state == "planned":
        return requirement.reason
    if requirement.kind == "manual":
        return Text(nl="handmatig te toetsen", en="to be tested by hand")
    if requirement.kind == "semi":
        return Text(
            nl="halfautomatisch: een mens beoordeelt het bewijs", en="semi-automatic: a person reviews it"
        )
    if requirement.left_out(intensity):
        return Text(nl="draai met --intensity full", en="run with --intensity full")
    if requirement.waits_longer(intensity):
        seconds = max(requirement.waiting.values())
        return Text(
            nl=f"vraagt {seconds:.0f} s echt wachten: draai met --intensity full",
            en=f"needs {seconds:.0f} s of real waiting: run with --intensity full",
        )
    if requirement.needs_more(intensity):
        least = min(requirement.samples.values())
        return Text(
            nl=f"vraagt {least} steekproeven: draai met --intensity normal",
            en=f"needs {least} samples: run with --intensity normal",
        )
    if bystander:
        return Text(
            nl="zegt niets over een echte partij; gevraagd met --for en de naam van deze nagebootste partij",
            en="says nothing of a live party; asked with --for and the name of this simulated party",
        )
    return Text(nl="niet gekozen in deze run", en="not selected in this run")
