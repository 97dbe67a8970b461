"""Clean answers: what an ideal server that holds the records answers to every search of a standard."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from harness.core.standards.queries import load_queries
from harness.fhir.model.types import load_model
from harness.reference.oracle.expect import Expectation, expect
from harness.reference.reconcile.answers import answer_of
from harness.reference.reconcile.cell import Reconciliation
from harness.reference.reconcile.differences import Difference
from harness.reference.reconcile.known import Known, index_records
from harness.reference.record.load import own_records
from harness.reference.record.model import Record

Json = dict[str, Any]
MODEL = load_model("3.0.2")
BASE = "https://his.example/fhir/"


@dataclass
class Cell:
    """All answers of one person in one standard.

    :ivar bundles: searchset by operation.
    """

    record: Record
    standard: str
    bundles: dict[str, Json]
    expected: dict[str, Expectation]

    def copied(self) -> Cell:
        """The same cell with answers of its own."""
        return Cell(self.record, self.standard, copy.deepcopy(self.bundles), self.expected)


def bundle(expected: Expectation, base: str = BASE) -> Json:
    """A searchset with everything that must be in the answer."""
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": sum(1 for item in expected.must.values() if item.part == "match"),
        "link": [{"relation": "self", "url": base}],
        "entry": [
            {
                "fullUrl": base + item.stored.key,
                "resource": copy.deepcopy(item.resource),
                "search": {"mode": item.part},
            }
            for item in expected.must.values()
        ],
    }


@cache
def known_records(day: date) -> Known:
    """Our own persons on a day."""
    return index_records(own_records(day))


def cells(known: Known, standards: list[str], day: date) -> list[Cell]:
    """The cells of all persons that have something in a standard."""
    made = []
    for record in known.records:
        for standard in standards:
            expected = {
                query.operation: expect(standard, query, record, day)
                for query in load_queries(standard)
                if query.search
            }
            bundles = {name: bundle(item) for name, item in expected.items()}
            if sum(len(item["entry"]) for item in bundles.values()) > 2:
                made.append(Cell(record, standard, bundles, expected))
    return made


def reconcile(known: Known, cell: Cell) -> list[Difference]:
    """What the reconciliation finds in a cell, without remarks and what cannot be verified."""
    answers = [(answer_of(name, [item]), cell.expected[name]) for name, item in cell.bundles.items()]
    found = Reconciliation(known, cell.record).run(answers)
    return [item for item in found if item.kind not in ("remark", "unverified")]


def walk(node: Any, kind: str, path: str = "", element: str = "") -> Any:
    """Every value below a node: ``(parent, key, value, type, path)``; lists are walked through."""
    facts = MODEL.types.get(kind)
    for name, value in list(node.items()):
        known = facts.key(name) if facts else None
        if known is None:
            continue
        below = f"{path}.{known.element.stem}" if path else known.element.stem
        many = isinstance(value, list)
        for index, item in enumerate(value if many else [value]):
            place = (value, index) if many else (node, name)
            yield (*place, item, known.type.code, below)
            if isinstance(item, dict):
                inner = (
                    item.get("resourceType", known.type.code)
                    if known.type.code == "Resource"
                    else known.type.code
                )
                yield from walk(item, inner, below)


def resources(cell: Cell) -> list[tuple[str, int, Json]]:
    """Every resource in the answers: operation, number of its entry, resource."""
    return [
        (name, index, entry["resource"])
        for name, item in cell.bundles.items()
        for index, entry in enumerate(item["entry"])
    ]


def shuffled(items: list[Any], rng: random.Random) -> list[Any]:
    """A list in another order."""
    made = list(items)
    rng.shuffle(made)
    return made
