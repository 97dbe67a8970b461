"""Findings of requests that must be refused: one per hole, with how many requests showed it and which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Finding
from harness.core.text import Phrase, Text, joined
from harness.judge.phrases import OF_ANOTHER as OF_ANOTHER_PERSON
from harness.judge.phrases import REFUSED, TIMES_REFUSED
from harness.judge.trust.refusals import authorize, data, grants, steps
from harness.judge.trust.refusals.tried import Judged, Tried, controls, tried
from harness.judge.trust.steps import Trust, undecided
from harness.medmij.refusals.rows import Row, groups

MOST_NAMES: Final = 6
"""Requests of one hole that are named; the others are counted."""
OURS: Final = {"second_provider", "second_release", "share", "lists", "withdraw", "clock"}
"""Needs that our own DVZA meets as far as it serves more than one thing."""
OF_ANOTHER: Final = "MM-RSC-003"
"""A token never gives data of another person."""
OF_THE_TOKEN: Final = Text(nl="gegevens van de persoon van het token", en="data of the person of the token")
SERVER_ERROR: Final = "server-error"
NEEDS: Final[dict[str, Text]] = {
    "second_client": Text(
        nl="vraagt een tweede PGO (`second_client:` in het netwerkbestand)",
        en="needs a second PGO (`second_client:` in the network file)",
    ),
    "off_list_client": Text(
        nl="vraagt een certificaat dat niet op de whitelist staat (`off_list_client:` in het netwerkbestand)",
        en="needs a certificate that is not on the whitelist (`off_list_client:` in the network file)",
    ),
    "second_person": Text(
        nl="vraagt een tweede testpersoon met gegevens in het netwerkbestand",
        en="needs a second test person with data in the network file",
    ),
    "second_provider": Text(
        nl="vraagt een tweede HIS achter deze DVZA", en="needs a second HIS behind this DVZA"
    ),
    "second_release": Text(
        nl="vraagt een DVZA die een tweede release bedient", en="needs a DVZA that serves a second release"
    ),
    "withdraw": Text(
        nl="een toestemming intrekken kan alleen bij onze eigen mock",
        en="a consent can be withdrawn at our own mock only",
    ),
    "share": Text(nl="vraagt een deeldienst", en="needs a share service"),
    "lists": Text(
        nl="vraagt een lijst die alleen onze stelselnode publiceert; een echte DVZA leest andere.",
        en="needs a list that only our stelselnode publishes; a live DVZA reads other lists.",
    ),
    "clock": Text(
        nl="duurt langer dan een toets; kan alleen bij onze eigen mock",
        en="takes longer than a test; possible at our own mock only",
    ),
}
STOPPED: Final = Text(
    nl="de server vroeg om te stoppen (429); draai later opnieuw",
    en="the server asked to stop (429); run again later",
)
SILENT: Final = Text(
    nl="geen antwoord; of er geweigerd is, is niet te zien", en="no answer; whether it refused cannot be seen"
)
CONTROL: Final = Text(
    nl="een goed verzoek slaagde hier ook niet; dan zegt een weigering niets",
    en="a proper request did not succeed here either; a refusal then says nothing",
)


def refusals(cell: Trust, requirement: str) -> Iterator[Finding]:
    """What the requests that must be refused say of a requirement; nothing when none is about it."""
    about = {
        (group.id, row.row)
        for group in groups().values()
        for row in group.rows
        if requirement in (row.requirement, row.refresh, group.form)
        and cell.release.id in group.releases
        and cell.release.id in row.releases
    }
    if not about:
        return
    mixed = list(_mixed_up(cell, requirement)) if requirement == OF_ANOTHER else []
    yield from mixed
    flows = {groups()[name].flow for name, _ in about}
    for flow in sorted(flows):
        if not cell.view.find(flow=flow):
            yield undecided(cell, requirement)
            return
    found = [item for item in judged(cell) if (item.tried.group.id, item.tried.row.row) in about]
    mine = [item for item in found if item.tried.requirement == requirement]
    form = [item for item in found if item.tried.group.form == requirement]
    if not mine and not form and any(item.outcome == "stopped" for item in _of_groups(cell, about)):
        yield cell.view.not_tested(requirement, STOPPED)
        return
    if not mine and not form:
        yield _untested(cell, requirement, (groups()[name].row(row) for name, row in sorted(about)))
        return
    said = [
        *_holes(cell, requirement, mine),
        *_forms(cell, requirement, form),
        *_open(cell, requirement, mine),
    ]
    yield from said
    if not said and not mixed:
        shown = mine or form
        yield cell.view.ok(
            requirement, shown[0].tried.exchange, received=TIMES_REFUSED.format(number=len(shown))
        )


def _of_groups(cell: Trust, about: set[tuple[str, str]]) -> list[Judged]:
    """Everything that was tried in the groups of some rows."""
    names = {group for group, _ in about}
    return [item for item in judged(cell) if item.tried.group.id in names]


def judged(cell: Trust) -> tuple[Judged, ...]:
    """Every request with what came of it; decided once."""
    found: tuple[Judged, ...] = cell.view.memo("refusals:judged", lambda: tuple(_judge(cell)))
    return found


def _judge(cell: Trust) -> Iterator[Judged]:
    at_once: dict[str, list[Tried]] = {}
    for item in tried(cell):
        if item.row.times > 1:
            at_once.setdefault(item.on, []).append(item)
        elif item.row.wrong:
            yield Judged(item, *steps.outcome(cell, item))
        elif item.exchange.interface == "token":
            yield Judged(item, *grants.outcome(cell, item))
        elif item.exchange.interface in ("resource", "document"):
            yield Judged(item, *data.outcome(cell, item))
        else:
            yield Judged(item, *authorize.outcome(cell, item))
    for items in at_once.values():
        yield Judged(items[0], *grants.together(items, cell))


def _holes(cell: Trust, requirement: str, items: Sequence[Judged]) -> Iterator[Finding]:
    """Doors that were open, and what was taken on without harm: one finding per group."""
    for name in dict.fromkeys(item.tried.group.id for item in items):
        for outcome, say in (("open", cell.view.fail), ("accepted", cell.view.warn)):
            hole = [item for item in items if item.tried.group.id == name and item.outcome == outcome]
            if hole:
                yield say(
                    requirement,
                    exchange=hole[0].tried.exchange,
                    path=name,
                    expected=REFUSED,
                    received=_listed(hole, sum(item.tried.group.id == name for item in items)),
                )


def _mixed_up(cell: Trust, requirement: str) -> Iterator[Finding]:
    """Legal requests that were answered with data of another declared person (a cache, say)."""
    for item in cell.view.exchanges:
        note = item.notes.get("control")
        if isinstance(note, dict) and data.of_another(cell, item, declared=True):
            yield cell.view.fail(
                requirement,
                exchange=item,
                path=str(note.get("group", "")),
                expected=OF_THE_TOKEN,
                received=OF_ANOTHER_PERSON,
            )
            return


def _forms(cell: Trust, requirement: str, items: Sequence[Judged]) -> Iterator[Finding]:
    """Refusals in another form, and servers that broke: one finding per group each."""
    for name in dict.fromkeys(item.tried.group.id for item in items):
        of_group = [item for item in items if item.tried.group.id == name]
        for outcome, rule in (("form", ""), ("broken", SERVER_ERROR)):
            other = [item for item in of_group if item.outcome == outcome]
            if other:
                first = other[0].tried.row
                yield cell.view.fail(
                    requirement,
                    exchange=other[0].tried.exchange,
                    path=name,
                    expected=" | ".join(f"HTTP {code}" for code in first.expect if code) or "HTTP 4xx",
                    received=_listed(other, len(of_group)),
                    rule=rule,
                )


def _open(cell: Trust, requirement: str, items: Sequence[Judged]) -> Iterator[Finding]:
    """What could not be decided."""
    view = cell.view
    if any(item.outcome == "stopped" for item in items):
        yield view.not_tested(requirement, STOPPED)
    for outcome, reason in (("silent", SILENT), ("unclear", SILENT)):
        some = [item for item in items if item.outcome == outcome]
        if some:
            received = _listed(some, len(items))
            yield view.inconclusive(requirement, reason, exchange=some[0].tried.exchange, received=received)
    broken = [item for item in items if item.outcome == "broken" and not item.tried.group.form]
    if broken:
        yield view.fail(
            requirement,
            exchange=broken[0].tried.exchange,
            path=broken[0].tried.group.id,
            expected="HTTP 4xx",
            received=_listed(broken, len(items)),
            rule=SERVER_ERROR,
        )
    refused = [item for item in items if item.outcome in ("refused", "form")]
    failing = _failing(cell, refused)
    if failing:
        exchange, names = failing
        yield view.inconclusive(
            requirement, CONTROL, exchange=exchange, received=", ".join(names[:MOST_NAMES])
        )


def _failing(cell: Trust, items: Sequence[Judged]) -> tuple[Exchange, list[str]] | None:
    """The first legal request that failed after refusals of its kind, and those refusals."""
    last = {
        (name, on): item
        for name in dict.fromkeys(one.tried.group.id for one in items)
        for on, item in controls(cell, name)
    }
    failed = {key: item for key, item in last.items() if item.response is None or item.response.status >= 300}
    hit = [one for one in items if (one.tried.group.id, one.tried.on) in failed]
    if not hit:
        return None
    first = failed[hit[0].tried.group.id, hit[0].tried.on]
    return first, list(dict.fromkeys(one.tried.name for one in hit))


def _listed(items: Sequence[Judged], of: int) -> Phrase:
    """How many requests, which, and how the first looked."""
    names = list(dict.fromkeys(item.tried.name for item in items))
    more = f" +{len(names) - MOST_NAMES}" if len(names) > MOST_NAMES else ""
    number, listed = f"{len(items)}/{of}", f"{', '.join(names[:MOST_NAMES])}{more}"
    return joined(items[0].received, number, listed)


def _untested(cell: Trust, requirement: str, rows: Iterable[Row | None]) -> Finding:
    """Nothing was sent, because something was not declared.

    Our own DVZA serves what the network file says and nothing else: where that is one thing only, no token
    of another can exist. A live one may serve more than it was asked to declare.
    """
    needs = {need for row in rows if row is not None for need in row.needs}
    reasons = [NEEDS[need] for need in sorted(needs)]
    if not reasons:
        return undecided(cell, requirement)
    text = Text(nl="; ".join(item.nl for item in reasons), en="; ".join(item.en for item in reasons))
    if needs <= OURS and cell.view.participant("dvza").kind == "twin":
        return cell.view.not_applicable(requirement, text)
    return cell.view.not_tested(requirement, text)
