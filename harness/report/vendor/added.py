"""What people add to what a run says: waivers, proofs, until when it holds, what it is sealed with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Waiver:
    """A deviation that somebody answers for.

    :ivar issue: where it is followed, ``""``: nowhere.
    :ivar approver: who approved it, ``""``: nobody did.
    :ivar valid: whether it counts: approved, and not expired.
    """

    requirement: str
    reason: str
    owner: str
    expires: date
    issue: str = ""
    approver: str = ""
    valid: bool = False


@dataclass(frozen=True)
class Proof:
    """A proof of a basic requirement.

    :ivar what: what it is, as its reader names it.
    :ivar reviewer: who reviewed it, ``""``: nobody did.
    :ivar until: the last day on which it holds, ``None``: it has none.
    """

    basiseis: str
    what: str
    reviewer: str = ""
    until: date | None = None


@dataclass(frozen=True)
class Added:
    """What stands beside the findings of a run.

    :ivar valid_until: the last day on which the outcome holds, ``None``: nobody said so.
    :ivar root: Merkle root over the evidence, hex; ``""``: the run was not finished yet.
    """

    waivers: tuple[Waiver, ...] = ()
    proofs: tuple[Proof, ...] = ()
    valid_until: date | None = None
    root: str = ""


NOTHING = Added()
"""A run by itself."""
