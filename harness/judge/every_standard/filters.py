"""Checks that a search really filtered: matches of the window that was asked for, and empty answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from harness.core.run.findings import Finding
from harness.core.text import Text, counted, joined
from harness.judge.every_standard.answers import (
    OFFENDERS,
    answers,
    dates,
    searchsets,
    text,
    unsupported_manifest,
)
from harness.judge.every_standard.periods import day_bounds, text_bounds
from harness.judge.phrases import MATCHES, ending
from harness.judge.view import CellView


def asked_window(view: CellView, operation: str, parameter: str) -> tuple[date | None, date | None]:
    """First and last day that a query asks for with ``ge`` and ``le`` values of one parameter."""
    first: date | None = None
    last: date | None = None
    for answer in answers(view, operation)[:1]:
        for name, value in answer.query.resolved(dates(view)):
            if name == parameter and value.startswith("ge"):
                first = text_bounds(value[2:])[0]
            elif name == parameter and value.startswith("le"):
                last = text_bounds(value[2:])[1]
    return first, last


def within_window(
    view: CellView, requirement: str, operation: str, parameter: str, element: str
) -> Iterator[Finding]:
    """Every match overlaps the window of the query (day precision, boundary days included).

    :param parameter: search parameter of the query (``date``); ``element``: what it searches (``start``).
    """
    first, last = asked_window(view, operation, parameter)
    for answer in searchsets(view):
        if answer.query.operation != operation:
            continue
        wrong = []
        hidden = [path for path, _ in answer.matches if answer.masks.hides(f"{path}.{element}")]
        for path, resource in answer.matches:
            if path in hidden:
                continue
            low, high = day_bounds(resource, element)
            if (first and high and high < first) or (last and low and low > last):
                wrong.append((path, (low or high)))
        if hidden:
            yield view.masked(requirement, answer.exchange, f"{hidden[0]}.{element}")
        elif not wrong:
            yield view.ok(requirement, answer.exchange, received=f"{len(answer.matches)}x")
        for path, day in wrong[:OFFENDERS]:
            line, column = answer.line(f"{path}.{element}")
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path=f"{path}.{element}",
                line=line,
                column=column,
                expected=f"{first or '…'} .. {last or '…'}",
                received=str(day),
            )


def empty_answer(view: CellView, requirement: str, operation: str) -> Iterator[Finding]:
    """A search that finds nothing is answered with 200 and a searchset without matches.

    Matches, if there are any, are no objection here: they are judged against window and record.
    """
    for answer in answers(view, operation):
        if unsupported_manifest(answer):
            continue
        if answer.status == 200 and answer.bundle:
            yield view.ok(requirement, answer.exchange, received=counted(len(answer.matches), *MATCHES))
        else:
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path="status",
                expected="200, Bundle searchset",
                received=joined(
                    ending(answer.exchange), text(answer.resource.get("resourceType")), separator=" "
                ),
                next_step=Text(
                    nl="Niets gevonden is geen fout: antwoord 200 met een lege searchset (eventueel met een "
                    "OperationOutcome als entry).",
                    en="Finding nothing is no error: answer 200 with an empty searchset (possibly with an "
                    "OperationOutcome as entry).",
                ),
            )
