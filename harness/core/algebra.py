"""The verdict algebra: from counts to the state of a requirement, the outcome of a party, an exit code.

Pure and small, so that its laws can be tested by themselves (``tests/core/test_algebra.py``). What is stored
and merged are *counts*, never states: the counts of two cells, processes or runs add up, while the worse of
two states is wrong (a pass beside a cell that another party blocked is *met*).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from enum import Enum
from typing import NamedTuple

import msgspec

from harness.core.exits import ExitCode
from harness.core.verdicts import Strength


class State(str, Enum):
    """What is known of one requirement of one party, over all its cells."""

    MET = "met"
    NOT_MET = "not-met"
    UNDECIDED = "undecided"
    DISPUTED = "disputed"
    NOT_TESTED = "not-tested"
    WAIVED = "waived"
    NOT_APPLICABLE = "not-applicable"

    @property
    def good(self) -> bool:
        """Whether it does not stand in the way of a green outcome (met, or neutral)."""
        return self in (State.MET, State.WAIVED, State.NOT_APPLICABLE)


class Tally(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How often each kind of verdict was given for one key.

    :ivar waived: fails that a valid waiver covers; they are not in ``failed``.
    :ivar undecided: undecided by a cause of this party, or by a cause that nobody else owns.
    :ivar blocked: undecided because another party was the first cause.
    """

    passed: int = 0
    warned: int = 0
    failed: int = 0
    waived: int = 0
    undecided: int = 0
    blocked: int = 0
    disputed: int = 0
    not_tested: int = 0
    not_applicable: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__})

    @property
    def state(self) -> State:
        """The state that these counts mean: the first row of the table that matches wins.

        A waived fail is a counter of its own: on top of the table it would hide what is undecided.
        """
        rows = (
            (self.failed, State.NOT_MET),
            (self.undecided, State.UNDECIDED),
            (self.disputed, State.DISPUTED),
            (self.not_tested, State.NOT_TESTED),
            (self.passed + self.warned, State.WAIVED if self.waived else State.MET),
            (self.blocked, State.UNDECIDED),
            (self.waived, State.WAIVED),
            (self.not_applicable, State.NOT_APPLICABLE),
        )
        return next((state for count, state in rows if count), State.NOT_TESTED)


class Key(NamedTuple):
    """What a tally is about.

    The standard belongs to it: else a pass in one standard would excuse an undecided in another. It is ``""``
    for requirements of the trust framework, which hold whatever is exchanged.
    """

    party: str
    requirement: str
    standard: str
    release: str


Tallies = Mapping[Key, Tally]


def merge(parts: Iterable[Tallies]) -> dict[Key, Tally]:
    """The tallies of several cells, processes or runs as one; the order does not matter."""
    total: dict[Key, Tally] = {}
    for part in parts:
        for key, tally in part.items():
            total[key] = total.get(key, Tally()) + tally
    return total


class Outcome(str, Enum):
    """What a report says of a party on its first line."""

    CONFORMS = "conforms"
    FAILS = "fails"
    NO_VERDICT = "no-verdict"


class Obstacle(str, Enum):
    """Why an outcome is *no verdict* although nothing failed. The order is that of the report."""

    UNDECIDED = "undecided"
    DISPUTED = "disputed"
    NOT_TESTED = "not-tested"
    NOTHING_MET = "nothing-met"
    PARTIAL = "partial"
    RECORD = "record"
    STAND_IN = "stand-in"


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What a run may say of one party besides its tallies.

    :ivar standards: of each of these at least one MUST has to be met: the declared standards, and ``""`` (the
        framework) for a declared standard in which the catalogue demands nothing else of the role.
    :ivar demanded: every MUST that the catalogue demands of the party in what it declares; a key without a
        tally was not tested.
    :ivar whole: everything declared and demanded was asked; ``False`` for a *deelrun*.
    :ivar record: the reference record is of origin ``bureau`` or ``official``.
    :ivar live: a live party; twins and recordings earn nothing.
    """

    standards: frozenset[str]
    demanded: frozenset[Key]
    whole: bool
    record: bool
    live: bool


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one party, with what stands in the way of a verdict.

    :ivar states: how many demanded requirements are in each state.
    """

    outcome: Outcome
    obstacles: tuple[Obstacle, ...]
    states: Mapping[State, int]


_OBSTACLE = {
    State.UNDECIDED: Obstacle.UNDECIDED,
    State.DISPUTED: Obstacle.DISPUTED,
    State.NOT_TESTED: Obstacle.NOT_TESTED,
}


def standing(tallies: Tallies, claim: Claim) -> Standing:
    """What may be said of a party.

    :param tallies: tallies of all parties; keys outside ``claim.demanded`` (SHOULD, other parties) do not
    count.
    """
    states = {key: tallies.get(key, Tally()).state for key in claim.demanded}
    counts = dict.fromkeys(State, 0)
    for state in states.values():
        counts[state] += 1
    met = {key.standard for key, state in states.items() if state is State.MET}
    found = {_OBSTACLE[state] for state in states.values() if state in _OBSTACLE}
    if not claim.standards <= met or not claim.standards:
        found.add(Obstacle.NOTHING_MET)
    if not claim.whole:
        found.add(Obstacle.PARTIAL)
    if not claim.record:
        found.add(Obstacle.RECORD)
    if not claim.live:
        found.add(Obstacle.STAND_IN)
    outcome = Outcome.NO_VERDICT if found else Outcome.CONFORMS
    if counts[State.NOT_MET]:
        outcome = Outcome.FAILS
    return Standing(
        outcome=outcome, obstacles=tuple(item for item in Obstacle if item in found), states=counts
    )


def together(parts: Iterable[Standing]) -> Standing:
    """What may be said of several parties that answer as one (a HIS with its DVZA): the worst of them.

    :raises ValueError: there are none.
    """
    found = list(parts)
    order = (Outcome.FAILS, Outcome.NO_VERDICT, Outcome.CONFORMS)
    return Standing(
        outcome=min((item.outcome for item in found), key=order.index),
        obstacles=tuple(item for item in Obstacle if any(item in part.obstacles for part in found)),
        states={state: sum(part.states.get(state, 0) for part in found) for state in State},
    )


def exit_code(
    asked: Mapping[Key, Strength],
    tallies: Tallies,
    *,
    subject: Set[str],
    exchanges: int,
    differs: bool = False,
    harness_defect: bool = False,
    waiver_stale: bool = False,
    verdict_missing: bool = False,
) -> ExitCode:
    """The exit code of a run that was not refused; the same at every door.

    :param asked: what the run was told to test, with its strength.
    :param subject: the parties whose result decides (``--for``; default the live ones, in a rehearsal all).
    :param exchanges: exchanges that were recorded; one that failed in transport counts.
    :param differs: what is stored with the evidence is not what the evidence gives.
    :param harness_defect: an ``error`` with blame *harness* occurred anywhere.
    :param waiver_stale: a waiver covers a fault that is not there any more: an unexpected pass.
    :param verdict_missing: a verdict was required (``--require-verdict``) and a party of the subject does
    not conform.
    """
    states = {
        tallies.get(key, Tally()).state
        for key, strength in asked.items()
        if key.party in subject and strength is Strength.MUST
    }
    if differs:
        return ExitCode.DIFFERS
    if State.NOT_MET in states or waiver_stale:
        return ExitCode.FAILED
    if harness_defect:
        return ExitCode.HARNESS_ERROR
    if not exchanges:
        return ExitCode.NOTHING_RAN
    if verdict_missing or any(not state.good for state in states):
        return ExitCode.UNDECIDED
    return ExitCode.OK
