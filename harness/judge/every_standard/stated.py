"""Judges of the checks that requirements state as data (:mod:`harness.judge.checks`), one per kind."""

from __future__ import annotations

from collections.abc import Iterator

from harness.core.run.findings import Finding
from harness.core.text import Phrase, Text
from harness.judge.checks import Code, Empty, Hidden, Includes, Measured, Present, Selection, Window
from harness.judge.every_standard.answers import Json, codings, queries
from harness.judge.every_standard.content import each_match, included, lacks
from harness.judge.every_standard.filters import empty_answer, within_window
from harness.judge.every_standard.record import kept_inside, selected
from harness.judge.every_standard.sound.values import measured
from harness.judge.phrases import NO_CODE
from harness.judge.registry import judge_check
from harness.judge.view import CellView

WITH_UNIT = Text(nl="een waarde met haar eenheid", en="a value with its unit")


@judge_check(Selection)
def selection(view: CellView, requirement: str, check: Selection) -> Iterator[Finding]:
    """What the record holds under the query, once, and nothing else."""
    return selected(view, requirement, check.operation)


@judge_check(Empty)
def empty(view: CellView, requirement: str, check: Empty) -> Iterator[Finding]:
    """Nothing found is an empty searchset."""
    return empty_answer(view, requirement, check.operation)


@judge_check(Window)
def window(view: CellView, requirement: str, check: Window) -> Iterator[Finding]:
    """Only the period that was asked for."""
    for operation in check.operations:
        yield from within_window(view, requirement, operation, check.parameter, check.element)


@judge_check(Present)
def present(view: CellView, requirement: str, check: Present) -> Iterator[Finding]:
    """Elements that every match must have."""
    for operation in check.operations:
        expected = f"{queries(view)[operation].resource_type}.{' + '.join(check.elements)}"
        yield from each_match(view, requirement, operation, lacks(*check.elements), expected)


@judge_check(Includes)
def includes(view: CellView, requirement: str, check: Includes) -> Iterator[Finding]:
    """What an ``_include`` asks for comes along."""
    return included(view, requirement, check.operation, check.references, check.types)


@judge_check(Code)
def code(view: CellView, requirement: str, check: Code) -> Iterator[Finding]:
    """The code that every match must have."""

    def other_codes(resource: Json) -> Phrase:
        found = codings(resource.get(check.element))
        if (check.system, check.code) in found:
            return ""
        return ", ".join(f"{system}|{value}" for system, value in found) or NO_CODE

    expected = f"{check.element} {check.system}|{check.code}"
    for operation in check.operations:
        yield from each_match(view, requirement, operation, other_codes, expected, check.element)


@judge_check(Measured)
def has_value(view: CellView, requirement: str, check: Measured) -> Iterator[Finding]:
    """Every match says what was measured, with its unit."""
    for operation in check.operations:
        yield from each_match(
            view, requirement, operation, measured, WITH_UNIT, compares=("value", "component")
        )


@judge_check(Hidden)
def hidden(view: CellView, requirement: str, check: Hidden) -> Iterator[Finding]:
    """What may be in no answer at all."""
    return kept_inside(view, requirement)
