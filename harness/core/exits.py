"""Process exit codes: a public, documented enumeration, never a count."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit status of every ``harness`` command and of pytest runs with the plugin.

    For a run the order in which they apply is 2, 7, 1, 3, 4, 6, 0 (:func:`harness.core.algebra.exit_code`).
    """

    OK = 0
    """Everything that was asked is good (warnings allowed)."""
    FAILED = 1
    """A mandatory requirement that was asked is not met."""
    USAGE = 2
    """Wrong usage or configuration: refused before anything was tested."""
    HARNESS_ERROR = 3
    """The harness itself failed."""
    NOTHING_RAN = 4
    """No exchange was recorded."""
    UNDECIDED = 6
    """A mandatory requirement that was asked is undecided, disputed or not tested, or a required verdict is
    missing."""
    DIFFERS = 7
    """Evidence and result differ: what is stored is not what the recording gives, or a seal is broken."""
