"""Traceability from the basic requirements (*basiseisen*) of the OPEN programme to requirements.

The list is data: ``profiles/open-programma/basiseisen.yaml``. They are demands on the supplier of a HIS: only
requirements of its HIS and its DVZA decide one. Those of a PGO are listed with :data:`EVERY_PGO` and never
change it. A basic requirement that is no automatic one (class S or M) is decided by a person; tests support.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from harness.core.algebra import State
from harness.core.data import data_path
from harness.core.run.agreed.attestations import Attestation
from harness.core.text import Text
from harness.core.verdicts import Strength
from harness.core.yamlfile import load_yaml
from harness.judge.catalogue import Catalogue, Requirement
from harness.report.headlines import worst
from harness.report.programme.sampled import sampled
from harness.report.summary import Row
from harness.report.words import more

EVERY_PGO = "OPEN-ICT-37"
"""Works with every labelled PGO: the basic requirement that findings of PGOs are listed with."""
NAMED = 5
"""Tests that are open and named; the rest is counted."""
SUPPLIER = ("his", "dvza")
"""Roles whose requirements decide."""
UNTESTED = Text(nl="geen toets in deze run", en="no test in this run")
_OTHER_PARTY = Text(
    nl="hangt ook af van {names}: die is in deze run nagebootst",
    en="depends on the {names} as well, which is simulated in this run",
)
_OTHER_STANDARD = Text(nl="hoort bij {names}: niet opgegeven", en="belongs to {names}: not declared")
_UNREVIEWED = Text(
    nl="verklaring van {name}: nog door niemand beoordeeld", en="stated by {name}: nobody reviewed it yet"
)
_REJECTED = Text(nl="verklaring afgewezen door {name}", en="statement refused by {name}")
_EXPIRED = Text(nl="verklaring verlopen op {day}", en="the statement expired on {day}")
_STATED = Text(nl="verklaard door {name}", en="stated by {name}")
_OPEN = Text(nl="niet getoetst: {names}", en="not tested: {names}")


@dataclass(frozen=True)
class Basiseis:
    """One basic requirement as the programme lists it.

    :ivar kind: ``A`` automatic, ``S`` semi-automatic, ``M`` manual.
    :ivar reason: why it is not tested when no requirement of a run covers it.
    :ivar blocking: whether a verdict of the bureau has to wait for it.
    :ivar sampled: a statement about it needs a sample of availability as its proof, which decides.
    """

    id: str
    title: Text
    kind: str
    reason: Text
    blocking: bool = True
    sampled: bool = False

    @property
    def stated(self) -> bool:
        """Whether people state something of it: all but what tests alone decide."""
        return self.kind != "A" or self.sampled


@dataclass(frozen=True)
class BasiseisRow:
    """One basic requirement in a report.

    :ivar state: *not tested* when a person decides it, or nothing in the run covers it.
    :ivar support: the worst state of the tests behind one that a person decides, ``None`` without tests.
    :ivar requirements: ids of the tests.
    :ivar attestation: what a person stated of it, the one that decides.
    """

    basiseis: Basiseis
    state: State
    support: State | None
    requirements: tuple[str, ...]
    reason: Text
    attestation: Attestation | None = None


@cache
def basiseisen() -> tuple[Basiseis, ...]:
    """All basic requirements, in id order."""
    document = load_yaml(data_path("profiles", "open-programma", "basiseisen.yaml"))
    return tuple(
        Basiseis(
            id=str(raw["id"]),
            title=Text(**raw["title"]),
            kind=str(raw["class"]),
            reason=Text(**raw["reason"]) if "reason" in raw else UNTESTED,
            blocking=bool(raw.get("blocking", True)),
            sampled=bool(raw.get("sampled", False)),
        )
        for raw in document.data["basiseisen"]
    )


def basiseis_rows(
    rows: Iterable[Row],
    catalogue: Catalogue,
    attestations: Iterable[Attestation] = (),
    day: date = date.max,
) -> list[BasiseisRow]:
    """A row for every basic requirement.

    :param attestations: what people stated; those of others than basic requirements do not matter.
    :param day: on which they have to hold.
    :param rows: the requirements of the supplier's HIS, and of its DVZA unless that is simulated beside a
        live HIS; MUSTs decide, SHOULDs only where there is none.
    """
    covering: dict[str, list[Row]] = {}
    roles: set[str] = set()
    for row in rows:
        roles.add(row.requirement.role)
        if row.requirement.role in SUPPLIER:
            for identifier in row.requirement.basiseis:
                covering.setdefault(identifier, []).append(row)
    stated: dict[str, list[Attestation]] = {}
    for one in attestations:
        stated.setdefault(one.item, []).append(one)
    return [
        _attested(
            _row(item, covering.get(item.id, []), _tests(item, catalogue), roles),
            stated.get(item.id, ()),
            day,
        )
        for item in basiseisen()
    ]


def _attested(row: BasiseisRow, stated: Sequence[Attestation], day: date) -> BasiseisRow:
    """The row of something that a person decides, as decided; tests that say *not met* are never overruled.

    The last one that holds counts: unfavourable at once, favourable when somebody else agreed.
    """
    if not row.basiseis.stated or not stated:
        return row
    holding = [item for item in stated if item.holds(day)]
    if not holding:
        last = stated[-1]
        return replace(row, reason=_EXPIRED.format(day=(last.until or last.at).isoformat()), attestation=last)
    found = holding[-1]
    if found.result == "not-met" or row.support is State.NOT_MET:
        return replace(row, state=State.NOT_MET, reason=_STATED.format(name=found.by), attestation=found)
    if row.basiseis.sampled and found.result == "met":
        told, why = sampled(found.measured, accepted=found.accepted(day))
        return replace(row, state=told, reason=why, attestation=found)
    review = found.reviewed(day)
    if review is None or not review.accepted:
        reason = _UNREVIEWED if review is None else _REJECTED
        by = found.by if review is None else review.by
        return replace(row, reason=reason.format(name=by), attestation=found)
    state = State.MET if found.result == "met" else State.NOT_APPLICABLE
    return replace(row, state=state, reason=_STATED.format(name=found.by), attestation=found)


def _named(names: Sequence[str]) -> Text:
    """That tests are open, the first of them by name."""
    first, rest = ", ".join(names[:NAMED]), more(len(names) - NAMED)
    if len(names) <= NAMED:
        return _OPEN.format(names=first)
    return Text(
        nl=_OPEN.nl.format(names=f"{first}, {rest.nl}"), en=_OPEN.en.format(names=f"{first}, {rest.en}")
    )


def _tests(item: Basiseis, catalogue: Catalogue) -> list[Requirement]:
    return [one for one in catalogue if item.id in one.basiseis and one.role in SUPPLIER]


def _row(item: Basiseis, covering: list[Row], tests: list[Requirement], roles: set[str]) -> BasiseisRow:
    deciding = [row for row in covering if row.requirement.strength is Strength.MUST] or covering
    found = worst(row.state for row in deciding)
    simulated = sorted({one.role for one in tests} - roles)
    state, reason = found, item.reason
    if item.kind != "A":
        state = State.NOT_TESTED
    elif simulated:
        state = worst((found, State.NOT_TESTED))
        reason = _OTHER_PARTY.format(names=" + ".join(simulated).upper())
    elif tests and not covering:
        reason = _OTHER_STANDARD.format(names=", ".join(sorted({one.standard for one in tests})))
    elif found is State.NOT_TESTED and covering:
        open_ = sorted({row.requirement.id for row in deciding if row.state is State.NOT_TESTED})
        reason = _named(open_)
    return BasiseisRow(
        basiseis=item,
        state=state,
        support=found if covering and item.kind != "A" else None,
        requirements=tuple(sorted({row.requirement.id for row in covering})),
        reason=reason,
    )
