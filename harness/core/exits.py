"""Process exit codes: a public, documented enumeration, never a count."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit status of every ``harness`` command and of pytest runs with the plugin."""

    OK = 0
    """Every decided requirement passed (warnings allowed)."""
    FAILED = 1
    """At least one product failure."""
    USAGE = 2
    """Wrong usage or configuration: nothing about the product was decided."""
    HARNESS_ERROR = 3
    """The harness itself failed."""
    NOTHING_RAN = 4
    """No item was selected or executed."""
    UNDECIDED = 6
    """A MUST requirement is inconclusive or disputed."""


PRECEDENCE: tuple[ExitCode, ...] = (
    ExitCode.USAGE,
    ExitCode.FAILED,
    ExitCode.HARNESS_ERROR,
    ExitCode.UNDECIDED,
    ExitCode.NOTHING_RAN,
    ExitCode.OK,
)


def strongest(codes: Iterable[ExitCode]) -> ExitCode:
    """The code that decides when several apply (precedence 2, 1, 3, 6, 4, 0).

    An empty iterable means that nothing ran.
    """
    seen = set(codes)
    return next((code for code in PRECEDENCE if code in seen), ExitCode.NOTHING_RAN)
