"""Verdicts, blame and strength: what a judge says. What follows from it is in :mod:`harness.core.algebra`."""

from __future__ import annotations

from enum import Enum


class Verdict(str, Enum):
    """What a judge says about one requirement in one cell.

    *Inconclusive*: looked, and could not decide. *Not tested*: there was nothing to look at (not driven,
    precondition not declared, no reference record). *Not applicable*: a declaration of the party excludes it.
    """

    PASS = "pass"
    FAIL = "fail"
    WARNING = "warning"
    NOT_APPLICABLE = "not-applicable"
    INCONCLUSIVE = "inconclusive"
    DISPUTED = "disputed"
    NOT_TESTED = "not-tested"
    ERROR = "error"


class Blame(str, Enum):
    """Whose side a non-pass verdict lies on."""

    PRODUCT = "product"
    CONFIGURATION = "configuration"
    HARNESS = "harness"
    SPECIFICATION = "specification"


class Strength(str, Enum):
    """RFC 2119 strength of a requirement."""

    MUST = "MUST"
    SHOULD = "SHOULD"


SEVERITY: tuple[Verdict, ...] = (
    Verdict.FAIL,
    Verdict.ERROR,
    Verdict.INCONCLUSIVE,
    Verdict.DISPUTED,
    Verdict.NOT_TESTED,
    Verdict.WARNING,
    Verdict.PASS,
    Verdict.NOT_APPLICABLE,
)
"""Worst first; used to summarise several findings as one."""


def worst(verdicts: list[Verdict]) -> Verdict:
    """The worst of several verdicts; of none, :attr:`Verdict.INCONCLUSIVE` (a gap is no pass)."""
    return min(verdicts, key=SEVERITY.index) if verdicts else Verdict.INCONCLUSIVE
