"""Faults that the catalogue describes: a match that is missing or occurs twice, elements that are changed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from harness.core.standards.faults import Change
from harness.core.tdates import TDates
from harness.network.faults.answer import Answer, Json


def described(change: Change) -> Callable[[Answer], None]:
    """The function that makes a described change."""

    def make(answer: Answer) -> None:
        if change.lose:
            answer.drop_last_match()
        elif change.twice:
            duplicate(answer)
        else:
            found = answer.matches()
            for resource in found if change.every else found[:1]:
                _set(resource, change.set, TDates(answer.t))

    return make


def duplicate(answer: Answer) -> None:
    """The first match occurs twice."""
    for resource in answer.matches()[:1]:
        answer.add(copy.deepcopy(resource))


def _set(resource: Json, values: Mapping[str, Any], dates: TDates) -> None:
    for key, value in values.items():
        if value is None:
            resource.pop(key, None)
        else:
            resource[key] = _resolved(value, dates)


def _resolved(value: Any, dates: TDates) -> Any:
    if isinstance(value, str):
        return dates.resolve(value, strict=True)
    if isinstance(value, Mapping):
        return {key: _resolved(child, dates) for key, child in value.items()}
    return [_resolved(child, dates) for child in value] if isinstance(value, Iterable) else value
