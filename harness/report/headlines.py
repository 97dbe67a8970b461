"""What a reader may quote of a party: one sentence, one word, and why a run was only a part.

Data with tests; nothing here decides. The outcome is that of :mod:`harness.core.algebra`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from harness.core.algebra import Key, Obstacle, Outcome, Standing, State
from harness.core.run.info import RunInfo, WhyKept
from harness.core.run.limits import shown_seconds
from harness.core.text import Text, both
from harness.judge.outcome.result import PartyResult
from harness.judge.outcome.tally import Shortfall
from harness.report.words import STATE, amount

NO_EVIDENCE = Text(
    nl="Oefening met nagebootste partijen: dit zegt niets over een product.",
    en="Rehearsal with simulated parties: this says nothing about any product.",
)
WORST: Sequence[State] = (
    State.NOT_MET,
    State.UNDECIDED,
    State.DISPUTED,
    State.NOT_TESTED,
    State.WAIVED,
    State.MET,
    State.NOT_APPLICABLE,
)
"""States, worst first."""
_WORD: Mapping[Outcome, Text] = {
    Outcome.CONFORMS: Text(nl="voldoet", en="meets the requirements"),
    Outcome.FAILS: Text(nl="voldoet niet", en="does not meet the requirements"),
    Outcome.NO_VERDICT: Text(nl="geen oordeel", en="no verdict"),
}
_WHY: Mapping[Obstacle, Text] = {
    Obstacle.PARTIAL: Text(nl="deelrun", en="partial run"),
    Obstacle.RECORD: Text(
        nl="geen referentiedossier van het bureau of officieel materiaal",
        en="no reference record of the bureau or of official material",
    ),
    Obstacle.STAND_IN: Text(nl="oefening", en="rehearsal"),
    Obstacle.NOTHING_MET: Text(
        nl="niet in elke standaard is iets aangetoond", en="not every standard has something shown"
    ),
}
_SENTENCE: Mapping[Outcome, Text] = {
    Outcome.CONFORMS: Text(
        nl="{name} voldoet: {counts} ({scope}).", en="{name} meets the requirements: {counts} ({scope})."
    ),
    Outcome.FAILS: Text(
        nl="{name} voldoet niet: {counts} ({scope}).",
        en="{name} does not meet the requirements: {counts} ({scope}).",
    ),
    Outcome.NO_VERDICT: Text(
        nl="Geen oordeel over {name}: {counts} ({scope}).", en="No verdict on {name}: {counts} ({scope})."
    ),
}
_REHEARSED: Mapping[Outcome, Text] = {
    Outcome.FAILS: Text(
        nl="Oefening met nagebootste partijen: {name} voldoet niet: {counts} ({scope}).",
        en="Rehearsal with simulated parties: {name} does not meet the requirements: {counts} ({scope}).",
    ),
    Outcome.NO_VERDICT: Text(
        nl="Oefening met nagebootste partijen, geen oordeel over {name}: {counts} ({scope}).",
        en="Rehearsal with simulated parties, no verdict on {name}: {counts} ({scope}).",
    ),
}
_STAND_IN = Text(
    nl="{name} is nagebootst en krijgt geen oordeel.", en="{name} is simulated and gets no verdict."
)


def worst(states: Iterable[State]) -> State:
    """The worst of several states; of none, *not tested*."""
    return min(states, key=WORST.index, default=State.NOT_TESTED)


def per_requirement(states: Mapping[Key, State]) -> dict[State, int]:
    """How many requirements are in each state, the worst over releases; every state is a key."""
    by_id: dict[str, list[State]] = {}
    for key, state in states.items():
        by_id.setdefault(key.requirement, []).append(state)
    counts = dict.fromkeys(WORST, 0)
    for found in by_id.values():
        counts[worst(found)] += 1
    return counts


def counted_of(result: PartyResult) -> Text:
    """What was asked of a party, counted: ``94 van 96 verplichte eisen voldaan, 2 niet getoetst``.

    In a failure the failed ones come first.
    """
    counts = per_requirement(result.asked)
    first = State.NOT_MET if result.standing.outcome is Outcome.FAILS else State.MET
    total = amount(sum(counts.values()), "requirement")
    rest = [state for state in WORST if counts[state] and state is not first]
    return join(
        [
            Text(
                nl=f"{counts[first]} van {total.nl} {STATE[first].nl}",
                en=f"{counts[first]} of {total.en} {STATE[first].en}",
            ),
            *(Text(nl=f"{counts[s]} {STATE[s].nl}", en=f"{counts[s]} {STATE[s].en}") for s in rest),
        ]
    )


def join(parts: Sequence[Text], separator: str = ", ") -> Text:
    """Texts after each other."""
    return Text(nl=separator.join(item.nl for item in parts), en=separator.join(item.en for item in parts))


def headline(result: PartyResult, scope: Text, *, rehearsal: bool) -> Text:
    """One sentence about a party, and one more when the run was a part.

    A stand-in among live parties is not stated.

    :param scope: what was run (:func:`scope`).
    """
    name = result.party.name
    outcome = result.standing.outcome
    if result.party.kind != "live" and not rehearsal:
        return _STAND_IN.format(name=name)
    found = counted_of(result)
    shown = found
    if outcome is Outcome.NO_VERDICT and not rehearsal and Obstacle.RECORD in result.standing.obstacles:
        shown = join([found, _WHY[Obstacle.RECORD]])
    template = (_REHEARSED if rehearsal else _SENTENCE)[outcome]
    sentence = Text(
        nl=template.nl.format(name=name, counts=shown.nl, scope=scope.nl),
        en=template.en.format(name=name, counts=shown.en, scope=scope.en),
    )
    part = partial(result.shortfall)
    return join([sentence, part], " ") if part.nl else sentence


def partial(shortfall: Shortfall) -> Text:
    """Why a run is only a part, as a sentence; empty when it is whole."""
    shown = left_out(shortfall)
    if not shown.nl:
        return shown
    return Text(nl=f"Deelrun: {shown.nl}.", en=f"Partial run: {shown.en}.")


def left_out(shortfall: Shortfall) -> Text:
    """What a run left out of a party, ``niet gedraaid: pdfa-3.0; zonder: pgo-2``; empty when it is whole."""
    reasons = [
        _listed(Text(nl="niet gedraaid", en="not run"), (*shortfall.standards, *shortfall.releases)),
        _listed(Text(nl="zonder", en="without"), shortfall.parties),
    ]
    if shortfall.requirements:
        number = amount(len(shortfall.requirements), "requirement")
        reasons.append(Text(nl=f"{number.nl} niet overal gevraagd", en=f"{number.en} not asked everywhere"))
    return join([item for item in reasons if item.nl], "; ")


def _listed(label: Text, names: Sequence[str]) -> Text:
    if not names:
        return both("")
    return Text(nl=f"{label.nl}: {', '.join(names)}", en=f"{label.en}: {', '.join(names)}")


def outcome_name(outcome: Outcome) -> Text:
    """An outcome in two words."""
    return _WORD[outcome]


def outcome_word(standing: Standing, *, rehearsal: bool) -> Text:
    """The outcome in a few words, for tables and tiles."""
    word = _WORD[standing.outcome]
    if rehearsal and standing.outcome is Outcome.FAILS:
        return Text(nl=f"{word.nl} (oefening)", en=f"{word.en} (rehearsal)")
    if standing.outcome is not Outcome.NO_VERDICT:
        return word
    order = (Obstacle.STAND_IN, Obstacle.PARTIAL)
    why = next((_WHY[item] for item in order if item in standing.obstacles), None)
    return Text(nl=f"{word.nl}: {why.nl}", en=f"{word.en}: {why.en}") if why is not None else word


def obstacles(standing: Standing) -> list[Text]:
    """What stands in the way of a verdict, each in a few words."""
    return [_WHY.get(item) or STATE[State(item.value)] for item in standing.obstacles]


def scope(standards: Sequence[str], releases: Sequence[str], others: Mapping[str, int]) -> Text:
    """What a headline is about: ``pdfa-3.0 in mm-2.2, met 2 PGO's``.

    :param others: how many other parties per role.
    """
    told = [amount(number, role) for role, number in others.items()]
    what, where = ", ".join(standards) or "-", ", ".join(releases) or "-"
    with_ = Text(nl=" en ".join(item.nl for item in told), en=" and ".join(item.en for item in told))
    return Text(nl=f"{what} in {where}, met {with_.nl}", en=f"{what} in {where}, with {with_.en}")


def budgets(info: RunInfo) -> Text:
    """The budgets of a run on one line."""
    limits = info.limits
    reads = Text(nl="; er wordt alleen gelezen", en="; nothing is written") if limits.read_only else both("")
    request, body = shown_seconds(limits.request), f"{limits.body // (1024 * 1024)} MiB"
    cleans = Text(nl="; opruimen", en="; cleaned up") if limits.clean_up else both("")
    cell, run = (shown_seconds(item) if item else "–" for item in (limits.cell, limits.run))
    return Text(
        nl=f"Grenzen: verzoek {request}, antwoord {body}, cel {cell}, run {run}{reads.nl}{cleans.nl}.",
        en=f"Limits: request {request}, answer {body}, cell {cell}, run {run}{reads.en}{cleans.en}.",
    )


def cleaned(info: RunInfo) -> list[Text]:
    """What became of what was written, per party: what was deleted, and what is still there."""
    if not info.limits.clean_up:
        return []
    told = []
    for server in dict.fromkeys(item.server for item in info.cleaned):
        mine = [item for item in info.cleaned if item.server == server]
        gone = sum(not item.why for item in mine)
        told.append(
            Text(
                nl=f"Opgeruimd bij {server}: {gone} van {len(mine)} geschreven resources verwijderd",
                en=f"Cleaned up at {server}: {gone} of {len(mine)} resources that were written are deleted",
            )
        )
        reasons: dict[tuple[WhyKept, int], list[str]] = {}
        for item in mine:
            if item.why:
                reasons.setdefault((item.why, item.status), []).append(item.where)
        for (why, status), places in reasons.items():
            shown = ", ".join(dict.fromkeys(places[:_PLACES])) + (", …" if len(places) > _PLACES else "")
            answer = f" ({status})" if status else ""
            told.append(
                Text(
                    nl=f"Niet verwijderd bij {server}: {len(places)}, {_KEPT[why].nl}{answer}: {shown}",
                    en=f"Not deleted at {server}: {len(places)}, {_KEPT[why].en}{answer}: {shown}",
                )
            )
    return told or [
        Text(
            nl="Opruimen: deze run schreef niets bij een live partij",
            en="Clean-up: this run wrote nothing to a live party",
        )
    ]


_PLACES: Final = 4
"""Addresses that are told of what is still there; all of them stand in ``run.json``."""
_KEPT: Final[dict[WhyKept, Text]] = {
    "refused": Text(nl="de server weigert het", en="the server refuses it"),
    "no-answer": Text(nl="de server antwoordde niet", en="the server did not answer"),
    "unknown": Text(nl="de server noemde geen adres", en="the server told no address"),
    "changed": Text(nl="dit kan er al geweest zijn", en="this may have been there before"),
    "unanswered": Text(
        nl="het schrijven bleef zonder antwoord, dus of er iets staat is niet bekend",
        en="writing it was not answered, so nobody knows whether anything is there",
    ),
    "no-access": Text(nl="geen toegang meer om te verwijderen", en="no access any more to delete it"),
    "no-time": Text(nl="er was geen tijd meer", en="there was no time left"),
}


def reached(info: RunInfo) -> list[Text]:
    """The limits that ended something, each once, with the number of flows and cells; the largest first."""
    found: dict[Text, set[tuple[str, str]]] = {}
    for trouble in info.troubles:
        if trouble.limit is not None:
            found.setdefault(trouble.what, set()).add((trouble.cell, trouble.flow))
    told = []
    for what in dict.fromkeys(trouble.what for trouble in info.troubles if trouble.limit == "recording"):
        del found[what]
        told.append(what)
    for what, places in sorted(found.items(), key=lambda item: -len(item[1])):
        cells = amount(len({cell for cell, _ in places}), "cell")
        flows = amount(len(places), "flow")
        told.append(
            Text(
                nl=f"{what.nl} ({flows.nl} niet of niet geheel gedraaid, in {cells.nl})",
                en=f"{what.en} ({flows.en} not run, or not wholly, in {cells.en})",
            )
        )
    return told
