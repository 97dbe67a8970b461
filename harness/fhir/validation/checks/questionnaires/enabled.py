"""Whether a question is asked: ``enableWhen`` (STU3 and R4 questionnaire.html).

STU3: one condition that holds is enough. R4: ``enableBehavior`` says all or any. An answer is looked for in
the whole response; where a question was answered differently in repeats of a group, nobody can tell:
``None``.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from harness.fhir.profiles.matching import holding
from harness.fhir.validation.checks.questionnaires.find import items, value_of
from harness.fhir.validation.places import Json

Answers = dict[str, list[Any]]
"""linkId -> values of its answers."""

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
}


def collect(response: Json) -> Answers:
    """All answers of a response."""
    found: Answers = {}
    stack = items(response)
    while stack:
        item = stack.pop()
        link = item.get("linkId")
        for answer in items(item, "answer"):
            if type(link) is str:
                found.setdefault(link, []).append(value_of(answer, "value")[1])
            stack += items(answer)
        stack += items(item)
    return found


def enabled(definition: Json, answers: Answers) -> bool | None:
    """Whether an item of a Questionnaire is enabled; ``None`` when it cannot be told."""
    conditions = items(definition, "enableWhen")
    if not conditions:
        return True
    found = [_holds(condition, answers) for condition in conditions]
    if definition.get("enableBehavior") == "all":
        return False if False in found else None if None in found else True
    return True if True in found else None if None in found else False


def _holds(condition: Json, answers: Answers) -> bool | None:
    values = answers.get(str(condition.get("question")), [])
    key, wanted = value_of(condition, "answer")
    if "hasAnswer" in condition:  # STU3
        return bool(values) is condition["hasAnswer"]
    operator = condition.get("operator", "=")
    if operator == "exists":
        return bool(values) is wanted
    if not key:
        return None
    if operator == "=":
        return any(same(wanted, value) for value in values)
    if operator == "!=":
        return not any(same(wanted, value) for value in values)
    found = [_ordered(operator, value, wanted) for value in values]
    return True if True in found else None if None in found else False


def same(wanted: Any, value: Any) -> bool:
    """Whether an answer is the one that is meant: of a Coding its system and code count."""
    if type(wanted) is dict and type(value) is dict and "code" in wanted and "value" not in wanted:
        return wanted.get("code") == value.get("code") and wanted.get("system") == value.get("system")
    return holding(wanted)(value)


def _ordered(operator: str, value: Any, wanted: Any) -> bool | None:
    if type(value) is dict and type(wanted) is dict:
        if value.get("code", value.get("unit")) != wanted.get("code", wanted.get("unit")):
            return None
        value, wanted = value.get("value"), wanted.get("value")
    numbers = isinstance(value, (int, Decimal)) and isinstance(wanted, (int, Decimal))
    texts = isinstance(value, str) and isinstance(wanted, str) and len(value) == len(wanted)
    order = _ORDERS.get(operator)
    return order(value, wanted) if order is not None and (numbers or texts) else None
