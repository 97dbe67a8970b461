"""Code of the infix and prefix operators."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from harness.fhir.fhirpath.compiler.code import NONE, Code, Compiling, Facts, Test, code_of_test, merged
from harness.fhir.fhirpath.compiler.logic import logic, logic_pair
from harness.fhir.fhirpath.context import Evaluation
from harness.fhir.fhirpath.dialect import Dialect
from harness.fhir.fhirpath.errors import evaluation_error
from harness.fhir.fhirpath.nodes import Item, Items, Long
from harness.fhir.fhirpath.syntax import Binary, Expr, Literal, Member, Unary
from harness.fhir.fhirpath.values.arithmetic import calculate
from harness.fhir.fhirpath.values.equality import (
    collection_equal,
    collection_equivalent,
    distinct,
    item_equal,
)
from harness.fhir.fhirpath.values.items import MAX_STRING, is_number, plain, raw, single, text_of
from harness.fhir.fhirpath.values.order import order_of
from harness.fhir.fhirpath.values.quantity import Quantity
from harness.fhir.phrases import NUMBER_OR_QUANTITY


def flatten(tree: Binary, operators: tuple[str, ...]) -> list[Expr]:
    """Operands of a left-nested chain of one operator, in order."""
    parts: list[Expr] = []
    step: Expr = tree
    while isinstance(step, Binary) and step.operator in operators:
        parts.append(step.right)
        step = step.left
    parts.append(step)
    parts.reverse()
    return parts


def binary(compiler: Compiling, tree: Binary) -> Code:
    """Code of an infix operator."""
    operator = tree.operator
    if operator in ("and", "or"):
        return logic(compiler.dialect, operator, [compiler.operand(t) for t in flatten(tree, (operator,))])
    if operator == "|":
        return union(compiler.dialect, [compiler.operand(t) for t in flatten(tree, ("|",))])
    if operator in ("=", "!="):
        return equality(compiler, tree)
    if operator in ("+", "&"):
        codes = [compiler.operand(t) for t in flatten(tree, (operator,))]
        total = codes[0]
        for code in codes[1:]:
            total = (
                arithmetic(operator, total, code)
                if operator == "+"
                else concatenate(compiler.dialect, total, code)
            )
        return total
    left, right = compiler.operand(tree.left), compiler.operand(tree.right)
    if operator in ("xor", "implies"):
        return logic_pair(compiler.dialect, operator, left, right)
    if operator in ("<", "<=", ">", ">="):
        return order(compiler.dialect, operator, left, right)
    if operator in ("~", "!~"):
        return equivalence(operator == "!~", left, right)
    if operator in ("in", "contains"):
        return membership(compiler.dialect, operator, left, right)
    strict_numbers = operator in ("div", "mod") and not compiler.dialect.lenient_boolean
    return arithmetic(operator, left, right, numbers=strict_numbers)


def union(dialect: Dialect, codes: list[Code]) -> Code:
    """``|``: all items without duplicates; a union of literals is made once."""
    if all(code.constant is not None for code in codes):
        items = distinct([i for code in codes for i in code.constant or ()], dialect, None)
        return Code(lambda c, this: items, Facts(safe=True), None, items)
    runs = tuple(code.run for code in codes)

    def run(c: Evaluation, this: Items) -> Items:
        items: Items = []
        for part in runs:
            items = items + part(c, this)
        c.spend(len(items))
        return distinct(items, dialect, c.zone)

    return Code(run, merged(codes))


def equality(compiler: Compiling, tree: Binary) -> Code:
    """``=`` and ``!=``; comparing with a string literal has a path of its own, most official expressions
    do."""
    left, right = compiler.operand(tree.left), compiler.operand(tree.right)
    dialect = compiler.dialect
    negate = tree.operator == "!="
    if isinstance(tree.right, Literal) and tree.right.kind == "string":
        equal = equals_text(dialect, tree.left, left, tree.right.text, right)
        if not negate:
            return code_of_test(equal, left.facts)

        def differs(c: Evaluation, this: Items) -> bool | None:
            value = equal(c, this)
            return None if value is None else not value

        return code_of_test(differs, left.facts)
    first, second = left.run, right.run

    def test(c: Evaluation, this: Items) -> bool | None:
        value = collection_equal(first(c, this), second(c, this), dialect, c.zone)
        return value if value is None or not negate else not value

    facts = left.facts | right.facts
    literal = isinstance(tree.right, Literal) and tree.right.kind in ("boolean", "integer", "decimal")
    return code_of_test(test, facts if literal else facts.raising())


def equals_text(dialect: Dialect, tree: Expr, left: Code, text: str, right: Code) -> Test:
    """``x = 'text'``."""
    as_text = dialect.text_equality
    run = left.run
    constant = right.constant or NONE
    none = False if dialect.empty_equality else None

    def same(item: Item) -> bool:
        value, kind = item[0], item[1]
        if value != text:
            return False
        # in the strict dialect a date is no string
        return as_text or kind.convert is None or kind.convert(value).__class__ is str

    def test(c: Evaluation, this: Items) -> bool | None:
        items = run(c, this)
        if not items:
            return none
        if len(items) == 1:
            item = items[0]
            if item.__class__ is tuple and item[0].__class__ is str:
                return same(item)
        return collection_equal(items, constant, dialect, c.zone)

    if not isinstance(tree, Member) or tree.name[:1].isupper():
        return test
    name = tree.name

    def direct(c: Evaluation, this: Items) -> bool | None:
        if len(this) == 1:
            node = this[0]
            if node.__class__ is tuple and node[0].__class__ is dict:
                field = node[1].fields.get(name) or node[1].field(name)
                if field[4] is None:
                    value = node[0].get(field[0])
                    if value.__class__ is str:
                        if value != text:
                            return False
                        convert = field[2].convert
                        return as_text or convert is None or convert(value).__class__ is str
        return test(c, this)

    return direct


def equivalence(negate: bool, left: Code, right: Code) -> Code:
    """``~`` and ``!~``: never empty."""
    first, second = left.run, right.run

    def test(c: Evaluation, this: Items) -> bool | None:
        a, b = first(c, this), second(c, this)
        c.spend(len(a) * len(b) // 64)
        return collection_equivalent(a, b, c.zone) is not negate

    facts = left.facts | right.facts
    return code_of_test(test, facts.raising())


def order(dialect: Dialect, operator: str, left: Code, right: Code) -> Code:
    """``< <= > >=``."""
    first, second = left.run, right.run
    want = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1)}[operator]
    lenient = dialect.lenient_order

    def test(c: Evaluation, this: Items) -> bool | None:
        a, b = first(c, this), second(c, this)
        if not a or not b:
            return None
        if lenient and (len(a) > 1 or len(b) > 1):
            return None
        found = order_of(plain(single(a, operator)), plain(single(b, operator)), dialect, c.zone, operator)
        return None if found is None else found in want

    facts = left.facts | right.facts
    return code_of_test(test, facts.raising())


def membership(dialect: Dialect, operator: str, left: Code, right: Code) -> Code:
    """``in`` and ``contains``; a set of string literals is looked up."""
    one, many = (left.run, right.run) if operator == "in" else (right.run, left.run)
    lenient = dialect.lenient_boolean
    none = True if dialect.empty_equality else None
    literals = right.constant if operator == "in" else None
    texts: frozenset[str] | None = None
    if literals and all(item.__class__ is str for item in literals):
        texts = frozenset(literals)

    def test(c: Evaluation, this: Items) -> bool | None:
        items = one(c, this)
        if texts is not None and len(items) == 1:
            value = items[0][0] if items[0].__class__ is tuple else items[0]
            if value.__class__ is str and (items[0].__class__ is str or items[0][1].convert is None):
                return value in texts
        pool = many(c, this)
        if not items:
            return none
        if not pool:
            return False
        if len(items) > 1 and not lenient:
            single(items, f"'{operator}'")
        c.spend(len(items) * len(pool) // 8)
        zone = c.zone
        return all(any(item_equal(p, item, dialect, zone) for p in pool) for item in items)

    facts = left.facts | right.facts
    return code_of_test(test, facts.raising())


def arithmetic(operator: str, left: Code, right: Code, *, numbers: bool = False) -> Code:
    """``+ - * / div mod``.

    :param numbers: refuse an operand that is no number also when the other one is empty.
    """
    first, second = left.run, right.run

    def run(c: Evaluation, this: Items) -> Items:
        a, b = first(c, this), second(c, this)
        if not a or not b:
            if numbers and (a or b):
                calculate(operator, *[plain(single(a or b, operator))] * 2)
            return NONE
        result = calculate(operator, plain(single(a, operator)), plain(single(b, operator)))
        if result.__class__ is str:
            c.spend(len(result) >> 6)
        return NONE if result is None else [result]

    facts = left.facts | right.facts
    return Code(run, facts.raising())


def concatenate(dialect: Dialect, left: Code, right: Code) -> Code:
    """``&``: empty counts as ``''``."""
    first, second = left.run, right.run

    def text(items: Items) -> str:
        if not items:
            return ""
        value = raw(single(items, "&"))
        if value is None:
            return ""
        if value.__class__ is str:
            return str(value)
        shown = text_of(value) if dialect.lenient_boolean else None
        if shown is None:
            raise evaluation_error("& verbindt teksten", "& joins strings", expected="string", received=value)
        return shown

    def run(c: Evaluation, this: Items) -> Items:
        joined = text(first(c, this)) + text(second(c, this))
        c.spend(len(joined) >> 6)
        if len(joined) > MAX_STRING:
            raise c.exhausted()
        return [joined]

    facts = left.facts | right.facts
    return Code(run, facts.raising())


def unary(compiler: Compiling, tree: Unary) -> Code:
    """``+x`` and ``-x``."""
    code = compiler.operand(tree.operand)
    inner = code.run
    negate = tree.operator == "-"

    def turn(value: Any) -> Any:
        if value.__class__ is not bool and is_number(value):
            if not negate:
                return value
            return Long(-value) if value.__class__ is Long else -value
        if value.__class__ is Quantity:
            return Quantity(-value.value, value.unit, value.calendar, value.from_fhir) if negate else value
        raise evaluation_error(
            f"een '{tree.operator}' hoort bij een getal of hoeveelheid",
            f"'{tree.operator}' takes a number or quantity",
            expected=NUMBER_OR_QUANTITY,
            received=value,
        )

    if (
        code.constant is not None
        and len(code.constant) == 1
        and isinstance(code.constant[0], (int, Decimal, Quantity))
    ):
        items = [turn(code.constant[0])] if code.constant[0].__class__ is not bool else None
        if items is not None:
            return Code(lambda c, this: items, Facts(safe=True), None, items)

    def run(c: Evaluation, this: Items) -> Items:
        return [turn(plain(single(inner(c, this), f"'{tree.operator}'")))]

    return Code(run, code.facts.raising())
