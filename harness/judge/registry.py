"""Which judge decides which requirement.

A judge is a generator function ``(CellView) -> findings``; ``@judge(ids…)`` registers it for the requirement
ids that it decides. Judges of one room are found by importing every module of :mod:`harness.judge`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from functools import cache

from harness.core.errors import HarnessError
from harness.core.run.findings import Finding
from harness.judge.view import CellView

Judge = Callable[[CellView], Iterable[Finding]]

_JUDGES: dict[str, Judge] = {}


def judge(*requirement_ids: str) -> Callable[[Judge], Judge]:
    """Register a judge for requirement ids.

    :raises HarnessError: when another judge already decides one of them.
    """

    def register(function: Judge) -> Judge:
        for requirement_id in requirement_ids:
            other = _JUDGES.get(requirement_id)
            if other is not None and _name(other) != _name(function):
                raise HarnessError(f"{requirement_id} has two judges: {_name(other)} and {_name(function)}")
            _JUDGES[requirement_id] = function
        return function

    return register


def _name(function: Judge) -> str:
    return f"{function.__module__}.{getattr(function, '__qualname__', function)}"


@cache
def _load_all() -> None:
    package = importlib.import_module("harness.judge")
    for module in pkgutil.walk_packages(package.__path__, "harness.judge."):
        importlib.import_module(module.name)


def judges() -> dict[str, Judge]:
    """All judges by requirement id."""
    _load_all()
    return dict(_JUDGES)
