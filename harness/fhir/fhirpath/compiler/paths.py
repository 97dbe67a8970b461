"""Code of paths: a head, its steps, and the prefixes that a document remembers."""

from __future__ import annotations

from decimal import Decimal

from harness.fhir.fhirpath import navigation
from harness.fhir.fhirpath.compiler.code import (
    NONE,
    Code,
    Compiling,
    Facts,
    Run,
    StepCode,
    StepRun,
    Test,
    apply,
    code_of_test,
)
from harness.fhir.fhirpath.compiler.literals import special
from harness.fhir.fhirpath.context import Evaluation
from harness.fhir.fhirpath.errors import evaluation_error
from harness.fhir.fhirpath.nodes import Items
from harness.fhir.fhirpath.syntax import Call, Indexer, Member, Path, Special, Step, unparse
from harness.fhir.fhirpath.values.items import raw

REMEMBERED = 12
"""Prefixes of one path that a document remembers; longer ones are rare and their texts add up."""


def path(compiler: Compiling, tree: Path) -> Code:
    """Code of a head and its steps."""
    steps: list[StepCode] = []
    texts: list[str] = []
    if isinstance(tree.head, Member):
        steps.append(_member(compiler, tree.head, head=True))
        texts.append(unparse(tree.head))
    elif isinstance(tree.head, Call):
        steps.append(compiler.call(tree.head))
        texts.append(unparse(tree.head))
    on_this = tree.head == Special("this")
    if on_this:
        texts.append("$this")
    head = None if steps or on_this else compiler.expr(tree.head)
    for step in tree.steps:
        steps.append(_step(compiler, step))
        if head is None and len(texts) <= REMEMBERED:
            texts.append(texts[-1] + ("" if isinstance(step, Indexer) else ".") + unparse(step))
    facts = head.facts if head is not None else Facts(safe=True)
    for piece in steps:
        facts = facts | piece.facts
    if head is not None:
        return _chain(head, steps, facts)
    if on_this:
        del texts[0]
    if (
        len(steps) == 2
        and isinstance(tree.head, Member)
        and tree.steps[0] in (Call("exists", ()), Call("empty", ()))
    ):
        negate = tree.steps[0] == Call("empty", ())
        quick = _member_exists(tree.head.name, steps[0].run, negate=negate)
        if quick is not None:
            return code_of_test(quick, facts)
    # remembering the last step of a boolean path would only cost memory
    test = steps[-1].test
    lists = len(steps) - (1 if test is not None else 0)
    remembered = 0
    while (
        remembered < min(lists, REMEMBERED)
        and steps[remembered].facts.pure
        and not steps[remembered].facts.scoped
    ):
        remembered += 1
    leading = _leading([s.run for s in steps[:lists]], texts[:remembered])
    if test is None:
        return Code(leading, facts)
    if lists == 0:
        return code_of_test(lambda c, this: test(c, this, this), facts)
    return code_of_test(lambda c, this: test(c, leading(c, this), this), facts)


def _leading(runs: list[StepRun], keys: list[str]) -> Run:
    """The list-valued part of a path that starts at ``$this``; ``keys`` are the texts of the prefixes
    to remember."""
    count = len(keys)
    if not runs:
        return lambda c, this: this
    plain = tuple(runs)
    if len(runs) == 1:
        only = runs[0]

        def short(c: Evaluation, this: Items) -> Items:
            return only(c, this, this)

    elif len(runs) == 2:
        first, second = runs

        def short(c: Evaluation, this: Items) -> Items:
            return second(c, first(c, this, this), this)

    else:

        def short(c: Evaluation, this: Items) -> Items:
            coll = this
            for step in plain:
                coll = step(c, coll, this)
            return coll

    if not count:
        return short
    backwards = tuple((at + 1, keys[at]) for at in range(count - 1, -1, -1))
    forwards = tuple(keys)

    def run(c: Evaluation, this: Items) -> Items:
        memo = c.memo
        if memo is None or this is not c.root:
            return short(c, this)
        at, coll = 0, this
        for done, key in backwards:
            found = memo.get(key)
            if found is not None:
                at, coll = done, found
                break
        for position in range(at, len(plain)):
            coll = plain[position](c, coll, this)
            if position < count:
                memo[forwards[position]] = coll
        return coll

    return run


def _chain(head: Code, steps: list[StepCode], facts: Facts) -> Code:
    """Code of steps behind a head that is no member or function."""
    code = head
    for step in steps:
        code = apply(code, step)
    return Code(code.run, facts, code.test, code.constant)


def _step(compiler: Compiling, tree: Step) -> StepCode:
    """Code of one step."""
    if isinstance(tree, Member):
        return _member(compiler, tree, head=False)
    if isinstance(tree, Call):
        return compiler.call(tree)
    if isinstance(tree, Indexer):
        return _indexer(compiler, tree)
    run = special(tree).run
    return StepCode(lambda c, coll, this: run(c, this), Facts(pure=False, safe=True))


def _member(compiler: Compiling, tree: Member, *, head: bool) -> StepCode:
    """Code of an element name."""
    name = tree.name
    get = navigation.member
    if name == "value" and compiler.dialect.primitive_value:
        get = navigation.member_or_value
    if not name[:1].isupper():
        return StepCode(lambda c, coll, this: get(coll, name), Facts(safe=True))
    typed = navigation.typed_member
    fold = compiler.dialect.fold_type_names
    if not head or (compiler.nested and not compiler.dialect.lenient_boolean):
        strict_head = head

        def run(c: Evaluation, coll: Items, this: Items) -> Items:
            at_root = strict_head and len(this) == 1 and bool(c.root) and this[0] is c.root[0]
            return typed(coll, name, at_root, fold)

        return StepCode(run, Facts(safe=True, pure=not strict_head or not compiler.nested))
    return StepCode(lambda c, coll, this: typed(coll, name, True, fold), Facts(safe=True))


def _indexer(compiler: Compiling, tree: Indexer) -> StepCode:
    """Code of ``[n]``."""
    code = compiler.operand(tree.index)
    index = code.run
    if code.constant is not None and len(code.constant) == 1 and code.constant[0].__class__ is int:
        at = int(code.constant[0])
        return StepCode(lambda c, coll, this: [coll[at]] if at < len(coll) else NONE, Facts(safe=True))

    def run(c: Evaluation, coll: Items, this: Items) -> Items:
        found = index(c, this)
        if not found:
            return NONE
        number = raw(found[0])
        if number.__class__ is bool or not isinstance(number, (int, Decimal)):
            raise evaluation_error(
                "een index is een getal", "an index is a number", expected="integer", received=number
            )
        return [coll[int(number)]] if 0 <= number < len(coll) else NONE

    return StepCode(run, Facts() | code.facts)


def _member_exists(name: str, slow: StepRun, *, negate: bool) -> Test | None:
    """``name.exists()`` (or ``empty()``) without making nodes; ``None`` for a name that may be a type."""
    if name[:1].isupper():
        return None

    def test(c: Evaluation, this: Items) -> bool | None:
        if len(this) == 1:
            node = this[0]
            if node.__class__ is tuple and node[0].__class__ is dict:
                field = node[1].fields.get(name) or node[1].field(name)
                if field[4] is None:
                    value = node[0].get(field[0])
                    if value is not None and value != []:
                        return not negate
        return bool(slow(c, this, this)) is not negate

    return test
