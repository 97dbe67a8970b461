"""Syntax tree -> closures.

An operand of an operator and an argument of a function are evaluated against ``$this``, a step against the
output of the step before it. Paths that start at the document are remembered per document, prefix by prefix
(:class:`DocumentContext`).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from harness.fhir.fhirpath import navigation
from harness.fhir.fhirpath.code import NONE, Code, Facts, Run, StepCode, StepRun, Test, code_of_test
from harness.fhir.fhirpath.context import Evaluation
from harness.fhir.fhirpath.dialect import Dialect
from harness.fhir.fhirpath.errors import FHIRPathError, evaluation_error
from harness.fhir.fhirpath.functions import criteria as functions
from harness.fhir.fhirpath.functions.types import TypeName, as_code, is_code
from harness.fhir.fhirpath.nodes import SYSTEM_TYPES, Items, Long, Node, Schema
from harness.fhir.fhirpath.operators import binary, unary
from harness.fhir.fhirpath.syntax import (
    Binary,
    Call,
    Descending,
    Empty,
    Expr,
    Indexer,
    Literal,
    Member,
    Path,
    QuantityLiteral,
    Special,
    Step,
    TypeTest,
    Unary,
    Variable,
    unparse,
)
from harness.fhir.fhirpath.values import temporal
from harness.fhir.fhirpath.values.comparison import raw
from harness.fhir.fhirpath.values.quantity import Quantity

__all__ = ["Compiler"]

_TEMPORAL: dict[str, Callable[[str], temporal.Temporal | None]] = {
    "date": temporal.parse_date, "dateTime": temporal.parse_datetime, "time": temporal.parse_time,
}  # fmt: skip
WELL_KNOWN = {
    "sct": "http://snomed.info/sct", "loinc": "http://loinc.org", "ucum": "http://unitsofmeasure.org",
    "us-zip": "[0-9]{5}(-[0-9]{4}){0,1}",
}  # fmt: skip
REMEMBERED = 12
"""Prefixes of one path that a document remembers; longer ones are rare and their texts add up."""
_CANONICAL = {"vs-": "http://hl7.org/fhir/ValueSet/", "ext-": "http://hl7.org/fhir/StructureDefinition/"}


def constant(items: Items) -> Code:
    """Code that always gives ``items``."""
    test: Test | None = None
    if len(items) == 1 and items[0].__class__ is bool:
        value: bool = items[0]

        def test(c: Evaluation, this: Items) -> bool | None:
            return value

    return Code(lambda c, this: items, Facts(safe=True), test, items)


def failing(error: Callable[[], FHIRPathError]) -> Code:
    """Code that raises when it is reached, as the reference engines do; the text of an expression stays
    usable."""

    def run(c: Evaluation, this: Items) -> Items:
        raise error()

    return Code(run, Facts(pure=False))


class Compiler:
    """Turns one tree into code for one dialect and one model.

    :ivar warnings: what is odd but no error until it is reached (unknown function, wrong number of
        arguments).
    """

    def __init__(self, dialect: Dialect, schema: Schema) -> None:
        self.dialect = dialect
        self.schema = schema
        self.warnings: list[str] = []
        self.nested = 0

    # -- expressions

    def expr(self, tree: Expr) -> Code:
        """Code of an expression."""
        if isinstance(tree, Path):
            return self.path(tree)
        if isinstance(tree, Literal):
            return self.literal(tree)
        if isinstance(tree, Binary):
            return binary(self, tree)
        if isinstance(tree, (Member, Call)):
            return self.path(Path(tree, ()))
        if isinstance(tree, Special):
            return self.special(tree)
        if isinstance(tree, TypeTest):
            name = self.type_name(tree.type)
            make = is_code if tree.operator == "is" else as_code
            return self.apply(self.operand(tree.operand), make(self, name, function=False))
        if isinstance(tree, Unary):
            return unary(self, tree)
        if isinstance(tree, Variable):
            return self.variable(tree.name)
        if isinstance(tree, QuantityLiteral):
            return constant([Quantity(tree.value, tree.unit, tree.calendar)])
        if isinstance(tree, Empty):
            return constant(NONE)
        assert isinstance(tree, Descending)
        return self.expr(tree.operand)

    def operand(self, tree: Expr) -> Code:
        """Code of an operand or argument: variables that it defines do not leave it."""
        code = self.expr(tree)
        if not code.facts.scoped:
            return code
        inner = code.run

        def run(c: Evaluation, this: Items) -> Items:
            saved = c.variables
            c.variables = dict(saved) if saved is not None else None
            try:
                return inner(c, this)
            finally:
                c.variables = saved

        return Code(run, Facts(pure=False, index=code.facts.index))

    def argument(self, tree: Expr) -> Code:
        """Code of an argument of a function; a type name at its start only counts where it is the
        document."""
        self.nested += 1
        try:
            return self.operand(tree)
        finally:
            self.nested -= 1

    @staticmethod
    def apply(code: Code, step: StepCode) -> Code:
        """A step behind an expression."""
        facts = code.facts | step.facts
        first = code.run
        if step.test is not None:
            test = step.test
            return code_of_test(lambda c, this: test(c, first(c, this), this), facts)
        second = step.run
        return Code(lambda c, this: second(c, first(c, this), this), facts)

    def literal(self, tree: Literal) -> Code:
        """Code of a literal; an impossible date is an error when it is reached."""
        value: Any
        if tree.kind == "string":
            value = tree.text
        elif tree.kind == "boolean":
            value = tree.text == "true"
        elif tree.kind == "decimal":
            value = Decimal(tree.text)
        elif tree.kind in ("integer", "long"):
            if len(tree.text) > 100:
                return failing(lambda: evaluation_error("het getal is te groot", "the number is too large"))
            value = Long(tree.text) if tree.kind == "long" else int(tree.text)
        else:
            value = _TEMPORAL[tree.kind](tree.text)
            if value is None:
                return failing(
                    lambda: evaluation_error(
                        "dit is geen bestaande datum of tijd",
                        "this is no existing date or time",
                        received=tree.text,
                    )
                )
        return constant([value])

    @staticmethod
    def special(tree: Special) -> Code:
        """Code of ``$this``, ``$index``, ``$total``."""
        if tree.name == "this":
            return Code(lambda c, this: this, Facts(safe=True))
        if tree.name == "index":
            return Code(
                lambda c, this: [c.index] if c.index >= 0 else NONE, Facts(pure=False, safe=True, index=True)
            )
        return Code(lambda c, this: c.total, Facts(pure=False, safe=True))

    def variable(self, name: str) -> Code:
        """Code of ``%name``: given by the caller, defined by the expression, or one of the standard ones."""
        fixed = WELL_KNOWN.get(name)
        for prefix, base in _CANONICAL.items():
            if name.startswith(prefix):
                fixed = base + name[len(prefix) :]

        def run(c: Evaluation, this: Items) -> Items:
            if c.environment is not None and name in c.environment:
                return given(c.environment[name])
            if c.variables is not None and name in c.variables:
                return c.variables[name]
            if name == "context":
                return c.context
            if name == "resource":
                return c.resource
            if name == "rootResource":
                return c.document.root_items
            if fixed is not None:
                return [fixed]
            raise evaluation_error(
                f"onbekende variabele %{name}",
                f"unknown variable %{name}",
                expected="a defined variable",
                received=name,
            )

        return Code(run, Facts(pure=False))

    # -- paths

    def path(self, tree: Path) -> Code:
        """Code of a head and its steps."""
        steps: list[StepCode] = []
        texts: list[str] = []
        if isinstance(tree.head, Member):
            steps.append(self.member(tree.head, head=True))
            texts.append(unparse(tree.head))
        elif isinstance(tree.head, Call):
            steps.append(self.call(tree.head))
            texts.append(unparse(tree.head))
        on_this = tree.head == Special("this")
        if on_this:
            texts.append("$this")
        head = None if steps or on_this else self.expr(tree.head)
        for step in tree.steps:
            steps.append(self.step(step))
            if head is None and len(texts) <= REMEMBERED:
                texts.append(texts[-1] + ("" if isinstance(step, Indexer) else ".") + unparse(step))
        facts = head.facts if head is not None else Facts(safe=True)
        for piece in steps:
            facts = facts | piece.facts
        if head is not None:
            return self.chain(head, steps, facts)
        if on_this:
            del texts[0]
        if (
            len(steps) == 2
            and isinstance(tree.head, Member)
            and tree.steps[0] in (Call("exists", ()), Call("empty", ()))
        ):
            assert steps[1].test is not None and isinstance(tree.steps[0], Call)
            quick = member_exists(tree.head.name, steps[0].run, negate=tree.steps[0].name == "empty")
            if quick is not None:
                return code_of_test(quick, facts)
        # remembering the last step of a boolean path would only cost memory
        lists = len(steps) - (1 if steps[-1].test is not None else 0)
        remembered = 0
        while (
            remembered < min(lists, REMEMBERED)
            and steps[remembered].facts.pure
            and not steps[remembered].facts.scoped
        ):
            remembered += 1
        lead = self.lead([s.run for s in steps[:lists]], texts[:remembered])
        if lists == len(steps):
            return Code(lead, facts)
        test = steps[-1].test
        assert test is not None
        if lists == 0:
            return code_of_test(lambda c, this: test(c, this, this), facts)
        return code_of_test(lambda c, this: test(c, lead(c, this), this), facts)

    @staticmethod
    def lead(runs: list[StepRun], keys: list[str]) -> Run:
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

    def chain(self, head: Code, steps: list[StepCode], facts: Facts) -> Code:
        """Code of steps behind a head that is no member or function."""
        code = head
        for step in steps:
            code = self.apply(code, step)
        return Code(code.run, facts, code.test, code.constant)

    def step(self, tree: Step) -> StepCode:
        """Code of one step."""
        if isinstance(tree, Member):
            return self.member(tree, head=False)
        if isinstance(tree, Call):
            return self.call(tree)
        if isinstance(tree, Indexer):
            return self.indexer(tree)
        special = self.special(tree).run
        return StepCode(lambda c, coll, this: special(c, this), Facts(pure=False, safe=True))

    def member(self, tree: Member, *, head: bool) -> StepCode:
        """Code of an element name."""
        name = tree.name
        get = navigation.member
        if name == "value" and self.dialect.primitive_value:
            get = navigation.member_or_value
        if not name[:1].isupper():
            return StepCode(lambda c, coll, this: get(coll, name), Facts(safe=True))
        typed = navigation.typed_member
        fold = self.dialect.fold_type_names
        if not head or (self.nested and not self.dialect.lenient_boolean):
            strict_head = head

            def run(c: Evaluation, coll: Items, this: Items) -> Items:
                at_root = strict_head and len(this) == 1 and bool(c.root) and this[0] is c.root[0]
                return typed(coll, name, at_root, fold)

            return StepCode(run, Facts(safe=True, pure=not strict_head or not self.nested))
        return StepCode(lambda c, coll, this: typed(coll, name, True, fold), Facts(safe=True))

    def indexer(self, tree: Indexer) -> StepCode:
        """Code of ``[n]``."""
        code = self.operand(tree.index)
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

    def call(self, tree: Call) -> StepCode:
        """Code of a function."""
        builder = functions.FUNCTIONS.get(tree.name)
        if builder is None:
            self.warnings.append(f"unknown function {tree.name}()")
            name = tree.name

            def unknown(c: Evaluation, coll: Items, this: Items) -> Items:
                raise evaluation_error(
                    f"onbekende functie {name}()",
                    f"unknown function {name}()",
                    expected=functions.closest(name),
                    received=name,
                )

            return StepCode(unknown, Facts(pure=False))
        least, most = builder.arity
        if not least <= len(tree.args) <= most:
            return self.wrong_arity(tree, least, most)
        return builder.build(self, tree)

    def wrong_arity(self, tree: Call, least: int, most: int) -> StepCode:
        """A call with the wrong number of arguments: empty, as in fhirpath.js; an error for a function that
        takes none."""
        self.warnings.append(f"{tree.name}() takes {least}..{most} arguments, not {len(tree.args)}")
        if most:
            return StepCode(lambda c, coll, this: NONE, Facts(safe=True))

        def refuse(c: Evaluation, coll: Items, this: Items) -> Items:
            raise evaluation_error(
                f"{tree.name}() heeft geen argumenten",
                f"{tree.name}() takes no arguments",
                received=unparse(tree),
            )

        return StepCode(refuse, Facts(pure=False))

    # -- types

    def type_name(self, text: str) -> TypeName:
        """A type specifier as it was written; whether it exists is decided when it is used."""
        parts = text.split(".")
        namespace = parts[0] if len(parts) == 2 else ""
        name = parts[-1]
        model = self.schema.model
        in_fhir = name in model.types and "." not in name
        if namespace == "System":
            known = name in SYSTEM_TYPES
        elif namespace == "FHIR":
            known = in_fhir
        else:
            known = len(parts) == 1 and (name in SYSTEM_TYPES or in_fhir)
        if not known and self.dialect.fold_type_names and len(parts) <= 2:
            # HAPI takes no notice of case: `is(coding)`
            for candidate in model.types:
                if candidate.lower() == name.lower() and namespace != "System":
                    return TypeName(namespace, candidate, text, known=True)
        if not known:
            self.warnings.append(f"unknown type {text}")
        return TypeName(namespace, name, text, known)


def member_exists(name: str, slow: StepRun, *, negate: bool) -> Test | None:
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


def given(value: Any) -> Items:
    """A value from the caller (or a service) as collection: nodes unwrapped, lists flattened, ``None``
    empty."""
    if value is None:
        return NONE
    if isinstance(value, (list, tuple)):
        return [item.raw if isinstance(item, Node) else item for item in value if item is not None]
    return [value.raw if isinstance(value, Node) else value]
