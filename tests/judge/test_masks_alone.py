"""One mask in one answer: a judge that compares two answers sees it on one side only.

The recorder masks by value and by document, so the same thing may be masked in JSON and not in XML, under one query
and not under the next. Nobody is accused for that, and what a fault breaks does not become green by it.
"""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import pytest
from standard_cell import StandardCell
from test_masks import STANDARDS, accusations, element, elements, judged, masked, reference

from harness.core.run.exchanges import Exchange
from harness.core.standards.faults import faults
from harness.core.verdicts import Verdict
from harness.judge.catalogue import load_catalogue
from harness.network.faults import his as his_faults
from harness.record.redact.documents.read import read_document

pytestmark = pytest.mark.slow

SAMPLE = 25
"""Kinds of elements of a standard that are masked, by a fixed seed: each judges the whole cell again."""


def places(exchange: Exchange, name: str) -> list[str]:
    """The places of a kind of element in an answer."""
    found: list[str] = []
    masked(exchange, lambda path: bool(element(path) == name and found.append(path)))  # type: ignore[func-returns-value]
    return found


@pytest.mark.parametrize("standard", STANDARDS)
def test_no_judge_accuses_for_a_mask_in_one_answer(standard: str) -> None:
    cell = reference(standard)
    chosen = random.Random(standard)
    wrong: dict[str, list[str]] = {}
    kinds = sorted(elements(cell).items(), key=lambda item: item[0])
    for name, holders in chosen.sample(kinds, min(SAMPLE, len(kinds))):
        able = [item for item in holders if places(item, name)]
        one = chosen.choice(able)
        path = chosen.choice(places(one, name))
        changed = [
            masked(item, lambda at, path=path: at == path) if item is one else item  # type: ignore[misc]
            for item in cell.exchanges
        ]
        found = accusations(judged(cell, changed))
        if found:
            wrong[f"{one.operation} {path}"] = found
    assert wrong == {}


@cache
def leaves(body: bytes, kind: str) -> dict[str, str]:
    """Value by place."""
    document = read_document(body, kind)
    return {leaf.path: leaf.value for leaf in document.leaves()} if document is not None else {}


def differing(cell: StandardCell, other: StandardCell) -> dict[str, set[str]]:
    """Places by exchange at which the answers of two cells differ in a value, resource by resource as they stand."""
    found: dict[str, set[str]] = {}
    for one, two in zip(cell.exchanges, other.exchanges, strict=False):
        if one.response is None or two.response is None or one.operation != two.operation:
            continue
        kind = dict(one.response.headers).get("Content-Type", "")
        mine, theirs = leaves(one.response.body, kind), leaves(two.response.body, kind)
        found[one.id] = {path for path, value in mine.items() if path in theirs and theirs[path] != value}
    return {key: paths for key, paths in found.items() if paths}


CHANGING = sorted(
    (item for item in faults().values() if item.name in his_faults.names() and item.flow != "search"),
    key=lambda item: item.name,
)


def cases() -> list[Any]:
    """Every fault of a HIS in one of the standards in which it kills something."""
    catalogue = load_catalogue()
    found = []
    for number, item in enumerate(CHANGING):
        killed = {catalogue[name].standard for name in item.kills if catalogue[name].decidable}
        standards = sorted(killed & set(STANDARDS))
        if standards:
            standard = standards[number % len(standards)]
            found.append(pytest.param(item, standard, id=f"{item.name}-{standard}"))
    return found


@pytest.mark.parametrize(("item", "standard"), cases())
def test_what_a_fault_breaks_is_not_green_when_the_place_is_masked(item: Any, standard: str) -> None:
    cell = StandardCell(standard, faults=[item.name])
    where = differing(cell, reference(standard))
    if not where:
        return  # it adds or takes something: no value to mask
    changed = [masked(one, lambda at, id=one.id: at in where.get(id, ())) for one in cell.exchanges]  # type: ignore[misc]
    found = judged(cell, changed)
    catalogue = load_catalogue()
    for name in item.kills:
        if catalogue[name].standard == standard and catalogue[name].decidable:
            said = {one.verdict for one in found if one.requirement == name}
            assert not said <= {Verdict.PASS, Verdict.NOT_APPLICABLE}, name
