"""Verdicts, blame, strength, and how they map to exit codes (``docs/architecture.md``)."""

from __future__ import annotations

from enum import Enum

from harness.core.exits import ExitCode


class Verdict(str, Enum):
    """What a judge says about one requirement in one cell."""

    PASS = "pass"
    FAIL = "fail"
    WARNING = "warning"
    NOT_APPLICABLE = "not-applicable"
    INCONCLUSIVE = "inconclusive"
    DISPUTED = "disputed"
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
    Verdict.DISPUTED,
    Verdict.INCONCLUSIVE,
    Verdict.WARNING,
    Verdict.PASS,
    Verdict.NOT_APPLICABLE,
)
"""Worst first; used to summarise several findings as one."""


def worst(verdicts: list[Verdict]) -> Verdict:
    """The worst of several verdicts; of none, :attr:`Verdict.INCONCLUSIVE` (a gap is no pass)."""
    return min(verdicts, key=SEVERITY.index) if verdicts else Verdict.INCONCLUSIVE


def exit_code(verdict: Verdict, strength: Strength, blame: Blame | None = None) -> ExitCode:
    """Exit code that one finding asks for.

    A configuration error is :attr:`ExitCode.USAGE`; an undecided SHOULD does not count.
    """
    if verdict is Verdict.FAIL:
        return ExitCode.FAILED
    if verdict is Verdict.ERROR:
        return ExitCode.USAGE if blame is Blame.CONFIGURATION else ExitCode.HARNESS_ERROR
    if verdict in (Verdict.INCONCLUSIVE, Verdict.DISPUTED) and strength is Strength.MUST:
        return ExitCode.UNDECIDED
    return ExitCode.OK
