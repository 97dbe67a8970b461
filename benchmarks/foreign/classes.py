"""Classes of disagreement with HAPI in which the text of the standard decides for us, each with its reason."""

from __future__ import annotations

from collections.abc import Callable

from validation import Verdict

REASONS: dict[str, str] = {}
TESTS: dict[str, Callable[[Verdict, Verdict], bool]] = {}


def of(ours: Verdict, theirs: Verdict) -> str:
    """The class of a disagreement, ``""`` when it is none."""
    return next((name for name, test in TESTS.items() if test(ours, theirs)), "")
