"""Which code makes which fault: changes of one answer of a HIS, or of one request of a PGO, by name.

The fault catalogue (``faults.yaml``) says on which queries a fault acts and what it kills. What it does is
said there too where data can (``change``); else a function registered here does it. Those of one standard
stand in the modules that its ``standard.yaml`` names.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache

from harness.core.run.exchanges import Request
from harness.core.standards.faults import faults
from harness.core.standards.table import standards
from harness.network.faults.answer import Answer
from harness.network.faults.described import described

AnswerChange = Callable[[Answer], None]
RequestChange = Callable[[Request], Request]

_ANSWERS: dict[str, AnswerChange] = {}
_REQUESTS: dict[str, RequestChange] = {}


def his_fault(name: str) -> Callable[[AnswerChange], AnswerChange]:
    """Register what a fault of a HIS does to an answer."""

    def register(change: AnswerChange) -> AnswerChange:
        _ANSWERS[name] = change
        return change

    return register


def pgo_fault(name: str) -> Callable[[RequestChange], RequestChange]:
    """Register what a fault of a PGO does to a request."""

    def register(change: RequestChange) -> RequestChange:
        _REQUESTS[name] = change
        return change

    return register


@cache
def _load() -> None:
    importlib.import_module("harness.network.faults.every_standard")
    importlib.import_module("harness.network.faults.paging")
    importlib.import_module("harness.network.faults.record.searching")
    importlib.import_module("harness.network.faults.record.boundaries")
    for item in standards().values():
        for name in item.faults:
            importlib.import_module(name)


@cache
def answer_changes() -> dict[str, AnswerChange]:
    """What every fault of a HIS does, by name: registered or described in the catalogue."""
    _load()
    stated = {name: item.change for name, item in faults().items() if item.change is not None}
    return {**_ANSWERS, **{name: described(change) for name, change in stated.items()}}


@cache
def request_changes() -> dict[str, RequestChange]:
    """What every fault of a PGO does to a request, by name."""
    _load()
    return dict(_REQUESTS)
