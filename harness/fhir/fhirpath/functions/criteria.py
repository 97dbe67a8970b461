"""Functions with criteria and projections (FHIRPath N1 sections 5.1, 5.2, 5.9 and 7)."""

from __future__ import annotations

from typing import Any

from harness.fhir.fhirpath.compiler.code import (
    NONE,
    Code,
    Compiling,
    Facts,
    StepCode,
    Test,
    step_of_test,
    truth,
)
from harness.fhir.fhirpath.compiler.type_tests import is_test
from harness.fhir.fhirpath.context import Evaluation
from harness.fhir.fhirpath.errors import evaluation_error
from harness.fhir.fhirpath.functions.registry import Functions
from harness.fhir.fhirpath.functions.types import type_argument
from harness.fhir.fhirpath.nodes import Items
from harness.fhir.fhirpath.syntax import Call, Expr, Member, Path, Special, TypeTest
from harness.fhir.fhirpath.types import TypeName
from harness.fhir.fhirpath.values.equality import ItemSet
from harness.fhir.fhirpath.values.items import raw, single
from harness.fhir.phrases import NEW_NAME

FUNCTIONS = Functions()


def criterion(compiler: Compiling, tree: Expr, *, where: bool) -> tuple[Test, Facts]:
    """A criterion as test. In the strict dialect ``where`` takes any item that is not false, others only
    ``true``."""
    code = compiler.argument(tree)
    lenient = compiler.dialect.lenient_boolean
    if code.test is not None:
        return code.test, code.facts
    run = code.run
    if lenient:
        return (lambda c, this: truth(run(c, this), True)), code.facts

    def strict(c: Evaluation, this: Items) -> bool | None:
        found = run(c, this)
        if not found:
            return None
        value = raw(found[0])
        if where:
            if found[0].__class__ is tuple:
                return value is not False
            return not (value is False or value == "" or (value.__class__ is int and value == 0))
        return len(found) == 1 and value is True

    return strict, code.facts


def _loop_facts(facts: Facts) -> Facts:
    """Facts of a function around its criterion: ``$index`` of the criterion is its own."""
    return Facts(facts.pure or facts.index, facts.safe, False, False)


def _filter(test: Test, index: bool) -> Any:
    """``(evaluation, items) -> items`` for which ``test`` holds."""
    if not index:

        def run(c: Evaluation, coll: Items) -> Items:
            c.budget -= len(coll)
            if c.budget < 0:
                raise c.exhausted()
            return [item for item in coll if test(c, [item])]

        return run

    def indexed(c: Evaluation, coll: Items) -> Items:
        c.spend(len(coll))
        saved = c.index
        out: Items = []
        for c.index, item in enumerate(coll):
            if test(c, [item]):
                out.append(item)
        c.index = saved
        return out

    return indexed


@FUNCTIONS.compiled("where", 1)
def _where(compiler: Compiling, call: Call) -> StepCode:
    tree = call.args[0]
    name = _own_type(compiler, tree)
    if name is not None:
        step = _where_type(compiler, name)
        if step is not None:
            return step
    test, facts = criterion(compiler, tree, where=True)
    run = _filter(test, facts.index)
    return StepCode(lambda c, coll, this: run(c, coll), _loop_facts(facts))


def _own_type(compiler: Compiling, tree: Expr) -> TypeName | None:
    """The type that a criterion asks of its own item: ``$this is T``, ``is(T)``, ``$this.is(T)``; else
    ``None``."""
    if isinstance(tree, TypeTest) and tree.operator == "is" and tree.operand == Special("this"):
        return compiler.type_name(tree.type)
    if (
        isinstance(tree, Path)
        and tree.head == Special("this")
        and len(tree.steps) == 1
        and isinstance(tree.steps[0], Call)
    ):
        tree = tree.steps[0]
    if isinstance(tree, Call) and tree.name == "is" and len(tree.args) == 1:
        return type_argument(compiler, tree.args[0])
    return None


def _where_type(compiler: Compiling, name: TypeName) -> StepCode | None:
    """``where($this is T)``: nearly every official expression has it."""
    if not name.known or name.namespace == "System":
        return None
    wanted, folded, fold = name.name, name.name.lower(), compiler.dialect.fold_system_names
    slow = is_test(compiler, name)
    verdicts: dict[Any, bool] = {}

    def run(c: Evaluation, coll: Items, this: Items) -> Items:
        c.spend(len(coll))
        out: Items = []
        known = verdicts.get
        for item in coll:
            if item.__class__ is tuple:
                kind = item[1]
                fits = known(kind)
                if fits is None:
                    if not kind.name:
                        fits = bool(slow(c, [item], this))  # by its value, so not to be remembered
                    else:
                        fits = wanted in kind.supers or (fold and folded in kind.supers_folded)
                        if len(verdicts) < 2000:
                            verdicts[kind] = fits
                if fits:
                    out.append(item)
            elif slow(c, [item], this):
                out.append(item)
        return out

    return StepCode(run, Facts(safe=True))


@FUNCTIONS.compiled("exists", 0, 1)
def _exists(compiler: Compiling, call: Call) -> StepCode:
    if not call.args:
        return step_of_test(lambda c, coll, this: bool(coll), Facts(safe=True))
    test, facts = criterion(compiler, call.args[0], where=True)
    if not compiler.dialect.lenient_boolean and not facts.safe:
        run = _filter(test, facts.index)  # an error in any item counts
        return step_of_test(lambda c, coll, this: bool(run(c, coll)), _loop_facts(facts))

    def found(c: Evaluation, coll: Items, this: Items) -> bool | None:
        c.spend(len(coll))
        saved = c.index
        for c.index, item in enumerate(coll):
            if test(c, [item]):
                c.index = saved
                return True
        c.index = saved
        return False

    return step_of_test(found, _loop_facts(facts))


@FUNCTIONS.compiled("all", 0, 1)
def _all(compiler: Compiling, call: Call) -> StepCode:
    if not call.args:
        if compiler.dialect.empty_not_true:  # STU3 before all() got its argument
            return step_of_test(
                lambda c, coll, this: all(raw(i) is not False for i in coll), Facts(safe=True)
            )
        return StepCode(lambda c, coll, this: NONE, Facts(safe=True))
    test, facts = criterion(compiler, call.args[0], where=False)

    def every(c: Evaluation, coll: Items, this: Items) -> bool | None:
        c.spend(len(coll))
        saved = c.index
        for c.index, item in enumerate(coll):
            if not test(c, [item]):
                c.index = saved
                return False
        c.index = saved
        return True

    return step_of_test(every, _loop_facts(facts))


def _distributes(tree: Expr) -> bool:
    """Whether a projection gives the same over all items at once: element names, ``where`` and
    ``extension`` only."""
    if isinstance(tree, Member):
        return not tree.name[:1].isupper()
    if not isinstance(tree, Path) or not isinstance(tree.head, (Member, Special)):
        return False
    if not (isinstance(tree.head, Member) and _distributes(tree.head)) and tree.head != Special("this"):
        return False
    return all(
        (isinstance(step, Member) and not step.name[:1].isupper())
        or (isinstance(step, Call) and step.name in ("where", "extension", "children", "ofType"))
        for step in tree.steps
    )


@FUNCTIONS.compiled("select", 1)
def _select(compiler: Compiling, call: Call) -> StepCode:
    code = compiler.argument(call.args[0])
    if _distributes(call.args[0]) and code.facts.pure and not code.facts.index:
        at_once = code.run

        def whole(c: Evaluation, coll: Items, this: Items) -> Items:
            out = at_once(c, coll)
            c.spend(len(coll) + len(out))
            return out

        return StepCode(whole, code.facts)
    inner = code.run

    def run(c: Evaluation, coll: Items, this: Items) -> Items:
        saved = c.index
        out: Items = []
        for c.index, item in enumerate(coll):
            out += inner(c, [item])
            if len(out) > c.budget:
                raise c.exhausted()
        c.index = saved
        c.spend(len(coll) + len(out))
        return out

    return StepCode(run, _loop_facts(code.facts))


@FUNCTIONS.compiled("repeat", 1)
def _repeat(compiler: Compiling, call: Call) -> StepCode:
    code = compiler.argument(call.args[0])
    inner, dialect = code.run, compiler.dialect

    def run(c: Evaluation, coll: Items, this: Items) -> Items:
        seen = ItemSet(dialect, c.zone)
        out: Items = []
        level = coll
        while level:
            fresh: Items = []
            for item in level:
                for found in inner(c, [item]):
                    c.spend(4)
                    if seen.add(found):
                        fresh.append(found)
            out += fresh
            level = fresh
        return out

    return StepCode(run, _loop_facts(code.facts))


@FUNCTIONS.compiled("aggregate", 1, 2)
def _aggregate(compiler: Compiling, call: Call) -> StepCode:
    code = compiler.argument(call.args[0])
    inner = code.run
    start = compiler.argument(call.args[1]).run if len(call.args) > 1 else None

    def run(c: Evaluation, coll: Items, this: Items) -> Items:
        saved = c.total, c.index
        total = start(c, this) if start is not None else NONE
        for at, item in enumerate(coll):
            c.index, c.total = at, total
            total = inner(c, [item])
            c.spend(1 + len(total))
        c.total, c.index = saved
        return total

    return StepCode(run, Facts(pure=False))


@FUNCTIONS.compiled("iif", 2, 3)
def _iif(compiler: Compiling, call: Call) -> StepCode:
    test, facts = criterion(compiler, call.args[0], where=False)
    yes = compiler.argument(call.args[1])
    no = compiler.argument(call.args[2]) if len(call.args) > 2 else None
    one_item = compiler.dialect.name == "hapi-r4"
    facts = facts | yes.facts | (no.facts if no is not None else Facts(safe=True))

    def run(c: Evaluation, coll: Items, this: Items) -> Items:
        if one_item and len(coll) > 1:
            single(coll, "iif()")
        if test(c, coll):
            return yes.run(c, coll)
        return no.run(c, coll) if no is not None else NONE

    return StepCode(run, facts)


@FUNCTIONS.compiled("coalesce", 1, 99)
def _coalesce(compiler: Compiling, call: Call) -> StepCode:
    codes = [compiler.argument(a) for a in call.args]

    def run(c: Evaluation, coll: Items, this: Items) -> Items:
        for code in codes:
            found = code.run(c, this)
            if found:
                return found
        return NONE

    return StepCode(run, Facts(pure=all(code.facts.pure for code in codes)))


@FUNCTIONS.compiled("trace", 1, 2)
def _trace(compiler: Compiling, call: Call) -> StepCode:
    name = compiler.argument(call.args[0]).run
    shown: Code | None = compiler.argument(call.args[1]) if len(call.args) > 1 else None

    def run(c: Evaluation, coll: Items, this: Items) -> Items:
        label = name(c, this)
        if c.services.trace is not None:
            found = shown.run(c, coll) if shown is not None else coll
            c.services.trace(str(raw(label[0])) if label else "", list(found))
        return coll

    return StepCode(run, Facts(pure=False))


@FUNCTIONS.compiled("defineVariable", 1, 2)
def _define(compiler: Compiling, call: Call) -> StepCode:
    label = compiler.argument(call.args[0]).run
    value = compiler.argument(call.args[1]).run if len(call.args) > 1 else None

    def run(c: Evaluation, coll: Items, this: Items) -> Items:
        found = raw(single(label(c, this), "defineVariable()"))
        taken = found in ("context", "resource", "rootResource", "ucum") or (
            c.environment is not None and found in c.environment
        )
        if not isinstance(found, str) or taken or (c.variables is not None and found in c.variables):
            raise evaluation_error(
                f"variabele %{found} bestaat al",
                f"variable %{found} already exists",
                expected=NEW_NAME,
                received=found,
            )
        content = value(c, coll) if value is not None else coll
        c.variables = {**(c.variables or {}), found: content}
        return coll

    return StepCode(run, Facts(pure=False, scoped=True))
