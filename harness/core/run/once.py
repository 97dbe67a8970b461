"""Equal values kept once: what is read back of a run says the same many times, and is held as a whole."""

from __future__ import annotations

from typing import Any, TypeVar

Value = TypeVar("Value")


class Once:
    """Gives for each value the first equal one of its type that it saw; values are immutable and hashable."""

    def __init__(self) -> None:
        self._known: dict[tuple[type, Any], Any] = {}

    def __call__(self, value: Value) -> Value:
        """The first value of the same type that equals this one."""
        return self.by(value, value)

    def by(self, key: Any, value: Value) -> Value:
        """The same for a value that cannot be hashed and is never changed; its key says what it holds."""
        first: Value = self._known.setdefault((type(value), key), value)
        return first
