"""Faults of a HIS that takes over what a person sent: another value, unit, time, person, too little or too
much.

What was sent is known by its id: the server made it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from decimal import Decimal

from harness.core.tdates import shift
from harness.network.faults.answer import Answer, Json
from harness.network.faults.registry import his_fault


def _sent(answer: Answer) -> list[Json]:
    return [item for item in answer.matches() if not str(item.get("id")).startswith(answer.patient)]


def _quantities(resource: Json) -> Iterator[Json]:
    for part in (resource, *resource.get("component", ())):
        if isinstance(part.get("valueQuantity"), dict):
            yield part["valueQuantity"]


def _each(name: str, change: Callable[[Answer, Json], None]) -> None:
    """Register a change of everything that was sent."""

    @his_fault(name)
    def make(answer: Answer) -> None:
        for resource in _sent(answer):
            change(answer, resource)


def _value(answer: Answer, resource: Json) -> None:
    for quantity in _quantities(resource):
        quantity["value"] = Decimal(str(quantity["value"])) + 1


def _unit(answer: Answer, resource: Json) -> None:
    for quantity in _quantities(resource):
        quantity |= {"unit": "[lb_av]", "code": "[lb_av]"}


def _time(answer: Answer, resource: Json) -> None:
    moment = str(resource.get("effectiveDateTime"))
    hour = (int(moment[11:13]) + 1) % 24
    resource["effectiveDateTime"] = f"{moment[:11]}{hour:02d}{moment[13:]}"


def _person(answer: Answer, resource: Json) -> None:
    resource["subject"] = {"reference": "Patient/iemand-anders", "display": "Iemand Anders"}


_each("stored-other-value", _value)
_each("stored-other-unit", _unit)
_each("stored-other-time", _time)
_each("stored-other-person", _person)


@his_fault("stored-one-less")
def one_less(answer: Answer) -> None:
    """Of a series the newest measurement that was sent is not there."""
    sent = _sent(answer)
    newest = max((str(item.get("effectiveDateTime")) for item in sent), default="")
    for index in reversed(range(len(answer.entries))):
        resource = answer.entries[index].get("resource", {})
        if any(resource is item for item in sent) and str(resource.get("effectiveDateTime")) == newest:
            del answer.entries[index]
            answer.count(-1)


@his_fault("stored-twice")
def twice(answer: Answer) -> None:
    """Everything that was sent is there twice."""
    for resource in _sent(answer):
        answer.add({**copy.deepcopy(resource), "id": f"{resource['id']}-2"})


@his_fault("stored-something-else")
def something_else(answer: Answer) -> None:
    """A measurement that nobody sent is there too."""
    for resource in _sent(answer)[:1]:
        made = copy.deepcopy(resource)
        _value(answer, made)
        made |= {
            "id": "van-niemand",
            "effectiveDateTime": f"{shift(answer.t, 'D', -3).isoformat()}T03:03:00+01:00",
        }
        answer.add(made)
