"""Code of what stands for itself: literals, ``$this`` and its like, ``%variables``."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from harness.fhir.fhirpath.compiler.code import NONE, Code, Facts, Test
from harness.fhir.fhirpath.context import Evaluation
from harness.fhir.fhirpath.errors import FHIRPathError, evaluation_error
from harness.fhir.fhirpath.nodes import Items, Long, unwrap
from harness.fhir.fhirpath.syntax import Literal, Special
from harness.fhir.fhirpath.values import temporal
from harness.fhir.phrases import DEFINED_VARIABLE

_TEMPORAL: dict[str, Callable[[str], temporal.Temporal | None]] = {
    "date": temporal.parse_date, "dateTime": temporal.parse_datetime, "time": temporal.parse_time,
}  # fmt: skip
WELL_KNOWN = {
    "sct": "http://snomed.info/sct", "loinc": "http://loinc.org", "ucum": "http://unitsofmeasure.org",
    "us-zip": "[0-9]{5}(-[0-9]{4}){0,1}",
}  # fmt: skip
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


def literal(tree: Literal) -> Code:
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


def special(tree: Special) -> Code:
    """Code of ``$this``, ``$index``, ``$total``."""
    if tree.name == "this":
        return Code(lambda c, this: this, Facts(safe=True))
    if tree.name == "index":
        return Code(
            lambda c, this: [c.index] if c.index >= 0 else NONE, Facts(pure=False, safe=True, index=True)
        )
    return Code(lambda c, this: c.total, Facts(pure=False, safe=True))


def variable(name: str) -> Code:
    """Code of ``%name``: given by the caller, defined by the expression, or one of the standard ones."""
    fixed = WELL_KNOWN.get(name)
    for prefix, base in _CANONICAL.items():
        if name.startswith(prefix):
            fixed = base + name[len(prefix) :]

    def run(c: Evaluation, this: Items) -> Items:
        if c.environment is not None and name in c.environment:
            return unwrap(c.environment[name])
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
            expected=DEFINED_VARIABLE,
            received=name,
        )

    return Code(run, Facts(pure=False))
