"""Which of our requirements an official script rehearses: the field ``official`` of the requirement
catalogue.

An entry of that field names scripts by a part of their path, or by a pattern with ``*``, for example
``GenPractData-2-0/*/XIS-Server/*-serve-patient-*``.
"""

from __future__ import annotations

import fnmatch
from functools import cache

from harness.judge.catalogue import load_catalogue
from harness.testscript.read.model import TestScript


@cache
def _patterns() -> tuple[tuple[str, str], ...]:
    """``(pattern, requirement id)`` of the whole catalogue."""
    return tuple(
        (pattern.replace("\\", "/").lower(), requirement.id)
        for requirement in load_catalogue()
        for pattern in requirement.official
    )


def fits(pattern: str, path: str) -> bool:
    """Whether an ``official`` entry names a script path (both with ``/``, lower case)."""
    if "*" in pattern:
        return fnmatch.fnmatch(path, pattern) or fnmatch.fnmatch(path, f"*{pattern}")
    return pattern in path


def requirements_of(script: TestScript) -> tuple[str, ...]:
    """Ids of the requirements that name this script, sorted."""
    path = str(script.path).replace("\\", "/").lower()
    return tuple(sorted({identity for pattern, identity in _patterns() if fits(pattern, path)}))
