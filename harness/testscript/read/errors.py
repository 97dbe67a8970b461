"""What can be wrong with a script or with what it needs, told apart by who must act."""

from __future__ import annotations

from harness.core.errors import HarnessError


class ScriptError(HarnessError):
    """The script itself is wrong, whatever it is run against; its publisher must act."""


class PlaceholderError(HarnessError):
    """A placeholder that cannot be filled in: unknown, circular, without value; or a fixture that cannot be
    read."""


class InputNeeded(PlaceholderError):
    """A variable waits for a value that only the operator can give."""


class NoValue(PlaceholderError):
    """A variable has no value because the response that it looks at does not hold one."""
