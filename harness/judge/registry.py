"""Which judge decides which requirement.

A judge is a generator function ``(CellView) -> findings``. It is registered in one of three ways:

* ``@judge("HG-PAT-001")`` for ids of the trust framework or of one standard;
* ``@judge_every("GEN-001")`` for a requirement of every standard, whatever its prefix;
* ``@judge_check(Selection)`` for every requirement that states such a check as data; the function gets the
  requirement id and the check as well.

Judges of the trust framework and of every standard are found by importing those packages; those of one
standard in the modules that its ``standard.yaml`` names.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from harness.core.errors import HarnessError
from harness.core.run.findings import Finding
from harness.core.standards.table import standards
from harness.judge.catalogue import Requirement
from harness.judge.checks import Check
from harness.judge.view import CellView

Judge = Callable[[CellView], Iterable[Finding]]
CheckJudge = Callable[[CellView, str, Any], Iterable[Finding]]

K = TypeVar("K", bound=Hashable)
F = TypeVar("F", bound=Callable[..., Iterable[Finding]])

_ROOMS = ("harness.judge.trust", "harness.judge.every_standard")
_BY_ID: dict[str, Judge] = {}
_BY_NUMBER: dict[str, Judge] = {}
_BY_CHECK: dict[type, CheckJudge] = {}


@dataclass(frozen=True)
class Stated:
    """The judge of one requirement that states its check as data."""

    function: CheckJudge
    requirement: str
    check: Check

    def __call__(self, view: CellView) -> Iterable[Finding]:
        """Findings of the requirement."""
        return self.function(view, self.requirement, self.check)


def judge(*requirement_ids: str) -> Callable[[Judge], Judge]:
    """Register a judge for requirement ids.

    :raises HarnessError: when another judge already decides one of them.
    """
    return _register(_BY_ID, requirement_ids)


def judge_every(*numbers: str) -> Callable[[Judge], Judge]:
    """Register a judge for requirements of every standard, by topic and number (``GEN-001``).

    :raises HarnessError: when another judge already decides one of them.
    """
    return _register(_BY_NUMBER, numbers)


def judge_check(kind: type) -> Callable[[CheckJudge], CheckJudge]:
    """Register a judge for the requirements that state a check of this kind.

    :raises HarnessError: when another judge already does.
    """
    return _register(_BY_CHECK, (kind,))


def _register(table: dict[K, F], keys: Iterable[K]) -> Callable[[F], F]:
    def register(function: F) -> F:
        for key in keys:
            other = table.get(key)
            if other is not None and name_of(other) != name_of(function):
                raise HarnessError(f"{key} has two judges: {name_of(other)} and {name_of(function)}")
            table[key] = function
        return function

    return register


def name_of(judge: Judge | CheckJudge) -> str:
    """A name that no other judge has."""
    if isinstance(judge, Stated):
        return f"{name_of(judge.function)}({judge.requirement})"
    return f"{judge.__module__}.{getattr(judge, '__qualname__', judge)}"


@cache
def _load_all() -> None:
    for room in _ROOMS:
        package = importlib.import_module(room)
        for module in pkgutil.walk_packages(package.__path__, f"{room}."):
            importlib.import_module(module.name)
    for item in standards().values():
        for name in item.judges:
            importlib.import_module(name)


def judge_of(requirement: Requirement) -> Judge | None:
    """The judge that decides a requirement, ``None`` when there is none.

    A judge that was registered for the id itself goes before what the requirement states as data.
    """
    _load_all()
    if requirement.id in _BY_ID:
        return _BY_ID[requirement.id]
    if requirement.check is not None:
        function = _BY_CHECK.get(type(requirement.check))
        return Stated(function, requirement.id, requirement.check) if function is not None else None
    return _BY_NUMBER.get(requirement.id.partition("-")[2]) if requirement.standard else None
