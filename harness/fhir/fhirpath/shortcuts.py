"""Verdicts that follow from which elements an object has, without making a single node.

Most invariants say something of elements that are not there: ``onset.empty() or …`` of a Condition without
onset is true whatever the rest says. What names only elements that an object does not have gives what it
gives for an object without any; that is evaluated once. ``and``, ``or``, ``xor`` and ``implies`` combine what
is known as they do when evaluated; where what is not known could raise, the shortcut is not sure, and the
evaluation decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import ge, gt, le, lt
from typing import Any, NamedTuple, TypeAlias

from harness.fhir.fhirpath.compiler.code import Compiling, truth
from harness.fhir.fhirpath.compiler.logic import operand_test
from harness.fhir.fhirpath.context import BUDGET, DocumentContext, Evaluation, Services
from harness.fhir.fhirpath.errors import FHIRPathError
from harness.fhir.fhirpath.nodes import Items, NodeType
from harness.fhir.fhirpath.syntax import (
    Binary,
    Call,
    Empty,
    Expr,
    Indexer,
    Literal,
    Member,
    Path,
    Step,
    TypeTest,
    Unary,
)

Json: TypeAlias = dict[str, Any]
Settle: TypeAlias = Callable[[Json, NodeType], int]
"""What an expression says of an object of a type: one of the four below."""

FALSE, TRUE, EMPTY, UNSURE = range(4)
_OF_TEST: dict[bool | None, int] = {True: TRUE, False: FALSE, None: EMPTY}
_KEEPS_EMPTY = frozenset(
    ("where", "select", "first", "last", "tail", "extension", "ofType", "as", "resolve", "distinct", "repeat")
)
"""Functions that give nothing for nothing, without looking at their arguments."""
_UNKNOWING = ("all", "exists")
"""Functions that do not look at their argument when there is nothing."""

_COMPARE: dict[str, Callable[[int, int], bool]] = {"<=": le, "<": lt, ">=": ge, ">": gt}


class _Operand(NamedTuple):
    """An operand of a boolean operator: its shortcut, whether it cannot raise, whether it may be left out."""

    settle: Settle
    safe: bool
    skip: bool


def shortcut(compiler: Compiling, tree: Expr) -> Settle | None:
    """The shortcut of an expression; ``None`` when it would never be sure.

    :param compiler: of the dialect that the verdict is asked in.
    """
    if isinstance(tree, Binary) and tree.operator in ("and", "or"):
        return _chain(compiler, tree)
    if isinstance(tree, Binary) and tree.operator in ("implies", "xor"):
        return _pair(compiler, tree)
    present = _present(tree)
    names = frozenset(_names(tree))
    if None in names or not names:
        return present
    known = _of_nothing(compiler, tree)
    if known == UNSURE:
        return present
    elements = tuple(name for name in names if name is not None)

    def settle(value: Json, kind: NodeType) -> int:
        for name in elements:
            field = kind.fields.get(name) or kind.field(name)
            if field[4] is None:
                if field[0] in value or field[1] in value:
                    break
            elif not value.keys().isdisjoint(field[4]):
                break
        else:
            return known
        return present(value, kind) if present is not None else UNSURE

    return settle


def _of_nothing(compiler: Compiling, tree: Expr) -> int:
    """What an expression says of an object without any element."""
    code = compiler.expr(tree)
    if code.facts.scoped:
        return UNSURE
    schema = compiler.schema
    document = DocumentContext({}, model=schema.model)
    start: Items = [({}, schema.type("Element"), None, None, "", -1)]
    state = Evaluation(document, compiler.dialect, start, start, None, Services(), None, BUDGET)
    try:
        return _OF_TEST[truth(code.run(state, start), compiler.dialect.lenient_boolean)]
    except FHIRPathError:
        return UNSURE


def _names(tree: Expr) -> Iterator[str | None]:
    """Elements of the object that an expression reads; ``None`` when it may read something else."""
    if isinstance(tree, Member):
        yield tree.name if tree.name[:1].islower() else None
    elif isinstance(tree, Path):
        yield from _names(tree.head)
        yield from _names_of_steps(tree.steps)
    elif isinstance(tree, Binary):
        yield from _names(tree.left)
        yield from _names(tree.right)
    elif isinstance(tree, (TypeTest, Unary)):
        yield from _names(tree.operand)
    elif not isinstance(tree, (Literal, Empty)):
        yield None  # functions of the object itself, variables, $this


def _names_of_steps(steps: tuple[Step, ...]) -> Iterator[str | None]:
    """The same of the steps behind a head that selects nothing."""
    nothing = True
    for step in steps:
        if isinstance(step, Indexer):
            yield from _names(step.index)
        elif isinstance(step, Call):
            if nothing and step.name in _KEEPS_EMPTY:
                continue
            if not (nothing and step.name in _UNKNOWING):
                for argument in step.args:
                    yield from _names(argument)
            nothing = False
        elif not isinstance(step, Member):
            yield None


def _operand(compiler: Compiling, tree: Expr) -> _Operand:
    code = compiler.expr(tree)
    settle = shortcut(compiler, tree)
    if settle is None and isinstance(tree, Member):
        settle = _present(tree)
    lenient = compiler.dialect.lenient_boolean
    skip = operand_test(code, lenient)[1] or lenient
    return _Operand(settle or _never_sure, code.facts.safe and code.test is not None, skip)


def _never_sure(value: Json, kind: NodeType) -> int:
    return UNSURE


def _chain(compiler: Compiling, tree: Binary) -> Settle | None:
    """``and``, ``or``: one operand decides when no other can raise."""
    decided = TRUE if tree.operator == "or" else FALSE
    trees: list[Expr] = []
    left: Expr = tree
    while isinstance(left, Binary) and left.operator == tree.operator:
        trees.append(left.right)
        left = left.left
    trees.append(left)
    parts = tuple(_operand(compiler, part) for part in reversed(trees))
    if all(part.settle is _never_sure for part in parts):
        return None

    def settle(value: Json, kind: NodeType) -> int:
        result = 1 - decided
        for test, safe, skip in parts:
            answer = test(value, kind)
            if answer == decided:
                result = decided
            elif answer == UNSURE:
                if result == decided:
                    if not skip:
                        return UNSURE
                elif safe:
                    result = UNSURE
                else:
                    return UNSURE
            elif answer == EMPTY and result == 1 - decided:
                result = EMPTY
        return result

    return settle


def _pair(compiler: Compiling, tree: Binary) -> Settle | None:
    """``implies`` and ``xor``."""
    first, second = _operand(compiler, tree.left), _operand(compiler, tree.right)
    if first.settle is _never_sure and second.settle is _never_sure:
        return None
    empty_true = compiler.dialect.empty_implies_true

    def implies(value: Json, kind: NodeType) -> int:
        left = first.settle(value, kind)
        if left == EMPTY and empty_true:
            left = FALSE
        if left == FALSE and second.skip:
            return TRUE
        if left == UNSURE and not first.safe:
            return UNSURE
        right = second.settle(value, kind)
        if left == TRUE or right == UNSURE:
            return right
        if left == FALSE or right == TRUE:
            return TRUE
        return UNSURE if left == UNSURE else EMPTY

    def xor(value: Json, kind: NodeType) -> int:
        left, right = first.settle(value, kind), second.settle(value, kind)
        if UNSURE in (left, right):
            return UNSURE
        return EMPTY if EMPTY in (left, right) else (TRUE if left != right else FALSE)

    return xor if tree.operator == "xor" else implies


def _present(tree: Expr) -> Settle | None:
    """What follows from an element that is there: ``x``, ``x.exists()``, ``x.empty()``, ``x = 'text'``,
    ``x.count() <= 1``."""
    if isinstance(tree, Binary):
        return _equals(tree) if tree.operator == "=" else _counted(tree)
    if isinstance(tree, Path) and isinstance(tree.head, Member) and len(tree.steps) == 1:
        for name, answer in (("exists", TRUE), ("empty", FALSE)):
            if tree.steps[0] == Call(name, ()):
                return _there(tree.head.name, answer, single=False)
        return None
    return _there(tree.name, TRUE, single=True) if isinstance(tree, Member) else None


def _there(name: str, answer: int, *, single: bool) -> Settle | None:
    """An answer for an element with content, as far as that shows.

    :param single: only for one thing that is no boolean.
    """
    if not name[:1].islower():
        return None

    def settle(value: Json, kind: NodeType) -> int:
        field = kind.fields.get(name) or kind.field(name)
        keys = (field[0],) if field[4] is None else value.keys() & field[4].keys()
        found = value.get(*keys) if len(keys) == 1 else None
        if found is None or found == []:
            return UNSURE
        if single and found.__class__ is not str and found.__class__ is not dict:
            return UNSURE
        return answer

    return settle


def _equals(tree: Binary) -> Settle | None:
    """``element = 'text'`` for an element that is one text."""
    if not (isinstance(tree.left, Member) and isinstance(tree.right, Literal)):
        return None
    if tree.right.kind != "string" or not tree.left.name[:1].islower():
        return None
    name, text = tree.left.name, tree.right.text

    def settle(value: Json, kind: NodeType) -> int:
        field = kind.fields.get(name) or kind.field(name)
        if field[4] is not None or field[2].convert is not None or not field[2].primitive:
            return UNSURE
        found = value.get(field[0])
        if found.__class__ is not str:
            return UNSURE
        return TRUE if found == text else FALSE

    return settle


def _counted(tree: Binary) -> Settle | None:
    """``element.count() <= number`` and the like, for an element that is no choice."""
    compare = _COMPARE.get(tree.operator)
    path, limit = tree.left, tree.right
    if compare is None or not (isinstance(limit, Literal) and limit.kind == "integer"):
        return None
    if not (isinstance(path, Path) and isinstance(path.head, Member) and path.steps == (Call("count", ()),)):
        return None
    name, number = path.head.name, int(limit.text)
    if not name[:1].islower():
        return None

    def settle(value: Json, kind: NodeType) -> int:
        field = kind.fields.get(name) or kind.field(name)
        found = value.get(field[0]) if field[4] is None and field[1] not in value else None
        if found.__class__ is not list and found.__class__ is not dict:
            return UNSURE
        count = len(found) if found.__class__ is list else 1
        return TRUE if compare(count, number) else FALSE

    return settle
