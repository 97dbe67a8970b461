"""Functions on collections: subsetting, combining, order and sums (N1 sections 5.3, 5.4, STU additions)."""

from __future__ import annotations

from decimal import (
    Decimal,
)
from typing import Any

from harness.fhir.fhirpath import navigation
from harness.fhir.fhirpath.compiler.code import (
    NONE,
    Compiling,
    Facts,
    StepCode,
)
from harness.fhir.fhirpath.context import Evaluation
from harness.fhir.fhirpath.errors import evaluation_error
from harness.fhir.fhirpath.functions.registry import Functions, integer_of
from harness.fhir.fhirpath.nodes import Item, Items
from harness.fhir.fhirpath.syntax import Call, Descending, Unary
from harness.fhir.fhirpath.values.arithmetic import calculate
from harness.fhir.fhirpath.values.equality import ItemSet, distinct
from harness.fhir.fhirpath.values.items import plain, single
from harness.fhir.fhirpath.values.order import order_of

FUNCTIONS = Functions()


# -- subsetting and combining


@FUNCTIONS.collection("first", safe=True)
def _first(c: Evaluation, coll: Items) -> Items:
    return coll[:1]


@FUNCTIONS.collection("last", safe=True)
def _last(c: Evaluation, coll: Items) -> Items:
    return coll[-1:]


@FUNCTIONS.collection("tail", safe=True)
def _tail(c: Evaluation, coll: Items) -> Items:
    return coll[1:]


@FUNCTIONS.collection("single")
def _single(c: Evaluation, coll: Items) -> Items:
    if len(coll) > 1:
        single(coll, "single()")
    return coll


@FUNCTIONS.collection("skip", 1)
def _skip(c: Evaluation, coll: Items, count: Items) -> Items:
    return coll[max(0, integer_of(count, "skip()") or 0) :]


@FUNCTIONS.collection("take", 1)
def _take(c: Evaluation, coll: Items, count: Items) -> Items:
    return coll[: max(0, integer_of(count, "take()") or 0)]


@FUNCTIONS.collection("union", 1)
def _union(c: Evaluation, coll: Items, other: Items) -> Items:
    c.spend(len(coll) + len(other))
    return distinct(coll + other, c.dialect, c.zone)


@FUNCTIONS.collection("combine", 1, 2, safe=True)
def _combine(c: Evaluation, coll: Items, other: Items, order: Items = NONE) -> Items:
    c.spend(len(coll) + len(other))
    return coll + other


@FUNCTIONS.collection("intersect", 1)
def _intersect(c: Evaluation, coll: Items, other: Items) -> Items:
    known = ItemSet(c.dialect, c.zone, other)
    return [item for item in distinct(coll, c.dialect, c.zone) if item in known]


@FUNCTIONS.collection("exclude", 1)
def _exclude(c: Evaluation, coll: Items, other: Items) -> Items:
    known = ItemSet(c.dialect, c.zone, other)
    return [item for item in coll if item not in known]


@FUNCTIONS.collection("children", safe=True)
def _children(c: Evaluation, coll: Items) -> Items:
    out = navigation.children(coll)
    c.spend(len(out))
    return out


@FUNCTIONS.collection("descendants", safe=True)
def _descendants(c: Evaluation, coll: Items) -> Items:
    out = navigation.descendants(coll, c.budget)
    c.spend(len(out))
    return out


# -- order and sums


class _Key:
    """A sort key: empty first, then by the order of FHIRPath."""

    __slots__ = ("c", "value")

    def __init__(self, value: Any, c: Evaluation) -> None:
        self.value = value
        self.c = c

    def __lt__(self, other: _Key) -> bool:
        if self.value is None or other.value is None:
            return self.value is None and other.value is not None
        found = order_of(self.value, other.value, self.c.dialect, self.c.zone, "sort()")
        if found is None:
            raise evaluation_error(
                "sort() kan deze waarden niet ordenen",
                "sort() cannot order these values",
                received=[self.value, other.value],
            )
        return found < 0


@FUNCTIONS.compiled("sort", 0, 20)
def _sort(compiler: Compiling, call: Call) -> StepCode:
    keys: list[tuple[Any, bool]] = []
    for tree in call.args:
        down = False
        while isinstance(tree, Descending) or (isinstance(tree, Unary) and tree.operator == "-"):
            down, tree = not down, tree.operand
        keys.append((compiler.argument(tree).run, down))

    def key_of(c: Evaluation, run: Any, item: Item) -> _Key:
        found = run(c, [item])
        return _Key(plain(single(found, "sort()")) if found else None, c)

    def run(c: Evaluation, coll: Items, this: Items) -> Items:
        c.spend(len(coll) * max(1, len(keys)))
        if not keys:
            return sorted(coll, key=lambda item: _Key(plain(item), c))
        out = coll
        for key, down in reversed(keys):
            keyed = [(key_of(c, key, item), item) for item in out]
            if down and compiler.dialect.lenient_boolean:
                # HAPI puts what has no key first, also when descending
                out = [item for k, item in keyed if k.value is None]
                keyed = [pair for pair in keyed if pair[0].value is not None]
            else:
                out = []
            out = out + [item for _, item in sorted(keyed, key=lambda pair: pair[0], reverse=down)]
        return out

    return StepCode(run, Facts())


def _fold(coll: Items, operator: str) -> Any:
    total = plain(coll[0])
    for item in coll[1:]:
        total = calculate(operator, total, plain(item))
        if total is None:
            return None
    return total


@FUNCTIONS.scalar("sum")
def _sum(c: Evaluation, coll: Items) -> Any:
    return _fold(coll, "+") if coll else None


@FUNCTIONS.scalar("avg")
def _avg(c: Evaluation, coll: Items) -> Any:
    total = _fold(coll, "+") if coll else None
    return None if total is None else calculate("/", total, Decimal(len(coll)))


def _extreme(c: Evaluation, coll: Items, want: int) -> Items:
    best = coll[:1]
    for item in coll[1:]:
        found = order_of(plain(item), plain(best[0]), c.dialect, c.zone, "min()/max()")
        if found == want:
            best = [item]
    return best


@FUNCTIONS.collection("min")
def _min(c: Evaluation, coll: Items) -> Items:
    return _extreme(c, coll, -1)


@FUNCTIONS.collection("max")
def _max(c: Evaluation, coll: Items) -> Items:
    return _extreme(c, coll, 1)
