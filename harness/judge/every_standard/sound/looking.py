"""Looks at every resource of every searchset: one pass per answer, or what is wrong and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

from harness.core.issues import shortened
from harness.core.run.findings import Finding
from harness.core.text import Phrase, Text
from harness.judge.every_standard.answers import OFFENDERS, Answer, Json, own, searchsets
from harness.judge.view import CellView


class Wrong(NamedTuple):
    """Something wrong in an answer.

    :ivar path: FHIRPath location in the Bundle.
    :ivar weight: ``remark`` for what no text forbids, ``open`` for what leaves it undecided.
    """

    path: str
    expected: Phrase
    received: Phrase
    weight: Literal["", "remark", "open"] = ""


Look = Callable[[Answer], Iterator[Wrong]]


def each_answer(
    view: CellView, number: str, look: Look, advice: Text, *, across: bool = False
) -> Iterator[Finding]:
    """Findings of one requirement of every standard over all searchsets that hold something.

    What depends on a masked value is undecided, never wrong.

    :param across: whether what is wrong depends on other places too, so that any mask leaves it open.
    """
    requirement = own(view, number)
    for answer in searchsets(view):
        if not answer.entries:
            continue
        wrong = list(look(answer))
        for one in wrong[:OFFENDERS]:
            if answer.masks.touches(one.path) or (across and answer.masks):
                yield view.masked(requirement, answer.exchange, one.path)
                continue
            if one.weight == "open":
                yield view.inconclusive(
                    requirement, advice, exchange=answer.exchange, received=shortened(one.received)
                )
                continue
            line, column = answer.line(one.path)
            yield (view.warn if one.weight else view.fail)(
                requirement,
                exchange=answer.exchange,
                path=one.path,
                line=line,
                column=column,
                expected=shortened(one.expected),
                received=shortened(one.received),
                next_step=advice,
            )
        if not wrong:
            yield view.ok(requirement, answer.exchange)


def nodes(value: Any, path: str) -> Iterator[tuple[str, Json]]:
    """Every object in a resource with its place, parents first."""
    if isinstance(value, dict):
        yield path, value
        for name, inner in value.items():
            if isinstance(inner, dict):
                yield from nodes(inner, f"{path}.{name}")
            elif isinstance(inner, list):
                for index, item in enumerate(inner):
                    yield from nodes(item, f"{path}.{name}[{index}]")
