"""Existence and sets: ``empty``, ``not``, ``count``, ``distinct`` and the like (FHIRPath N1 section 5.1)."""

from __future__ import annotations

from typing import Any

from harness.fhir.fhirpath.compiler.code import (
    Compiling,
    Facts,
    StepCode,
    step_of_test,
    truth,
)
from harness.fhir.fhirpath.context import Evaluation
from harness.fhir.fhirpath.errors import evaluation_error
from harness.fhir.fhirpath.functions.registry import Functions
from harness.fhir.fhirpath.nodes import Items
from harness.fhir.fhirpath.syntax import Call
from harness.fhir.fhirpath.values.equality import ItemSet, distinct
from harness.fhir.fhirpath.values.items import raw

FUNCTIONS = Functions()


@FUNCTIONS.boolean("empty", safe=True)
def _empty(c: Evaluation, coll: Items) -> bool | None:
    return not coll


@FUNCTIONS.compiled("not")
def _not(compiler: Compiling, call: Call) -> StepCode:
    lenient, none = compiler.dialect.lenient_boolean, True if compiler.dialect.empty_not_true else None
    raises = compiler.dialect.name != "hapi-stu3"

    def test(c: Evaluation, coll: Items, this: Items) -> bool | None:
        value = truth(coll, lenient and not (raises and len(coll) > 1))
        return none if value is None else not value

    # the input may be several items only when it is a list; that error counts in the strict dialect
    return step_of_test(test, Facts(safe=not raises))


def _booleans(name: str, ok: Any) -> None:
    def test(c: Evaluation, coll: Items) -> bool | None:
        found: list[bool] = []
        for item in coll:
            value = raw(item)
            if value.__class__ is not bool:
                raise evaluation_error(
                    f"{name}() werkt op ja/nee-waarden",
                    f"{name}() works on booleans",
                    expected="boolean",
                    received=value,
                )
            found.append(value)
        return bool(ok(found))

    FUNCTIONS.boolean(name)(test)


_booleans("allTrue", all)
_booleans("anyTrue", any)
_booleans("allFalse", lambda found: not any(found))
_booleans("anyFalse", lambda found: not all(found))


@FUNCTIONS.scalar("count", safe=True)
def _count(c: Evaluation, coll: Items) -> int:
    return len(coll)


@FUNCTIONS.collection("distinct")
def _distinct(c: Evaluation, coll: Items) -> Items:
    return distinct(coll, c.dialect, c.zone)


@FUNCTIONS.boolean("isDistinct")
def _is_distinct(c: Evaluation, coll: Items) -> bool | None:
    return len(distinct(coll, c.dialect, c.zone)) == len(coll)


@FUNCTIONS.boolean("subsetOf", 1)
def _subset(c: Evaluation, coll: Items, other: Items) -> bool | None:
    known = ItemSet(c.dialect, c.zone, other)
    return all(item in known for item in coll)


@FUNCTIONS.boolean("supersetOf", 1)
def _superset(c: Evaluation, coll: Items, other: Items) -> bool | None:
    return _subset(c, other, coll)
