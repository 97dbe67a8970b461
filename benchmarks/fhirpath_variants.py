"""Expressions in the style of official scripts, made at random, to look for differences that no script
shows yet."""

from __future__ import annotations

import random
from typing import Any

from harness.fhir.model.types import Model

_STRINGS = (
    "final", "x", "", "http://loinc.org", "2024-01-01", "male", "urn:oid:", "Patient/", "1", "true", "mg",
    "A",
    "http://fhir.nl/fhir/NamingSystem/bsn", "http://unitsofmeasure.org",
)  # fmt: skip
_TYPES = (
    "Patient", "Observation", "Coding", "CodeableConcept", "Quantity", "Reference", "Identifier", "Period",
    "code", "string",
    "dateTime", "date", "boolean", "decimal", "integer", "Extension", "HumanName", "Resource",
    "DomainResource", "Element",
    "BackboneElement", "Composition", "Bundle", "uri", "System.String", "FHIR.string", "Boolean", "String",
    "positiveInt", "Age",
)  # fmt: skip
_PATTERNS = ("^[0-9]+$", "urn:.*", "[A-Z]{2}", ".*a.*", "^http(s)?://", "\\\\d{4}-\\\\d{2}", "x|y", "^$", ".")


class Maker:
    """Random expressions whose names come from the elements of a model, weighted to what documents hold."""

    def __init__(self, model: Model, documents: list[dict[str, Any]], seed: int) -> None:
        self.rng = random.Random(seed)
        names: dict[str, int] = {}
        for document in documents:
            _count(document, names)
        for facts in model:
            for element in facts.element_list:
                names.setdefault(element.stem, 1)
        self.names = [n for n in names if n.isidentifier() and n not in ("resourceType",)]
        self.weights = [min(names[n], 400) + 1 for n in self.names]
        self.choices = sorted({e.stem for f in model for e in f.element_list if e.choice})

    def pick(self, *options: Any) -> Any:
        """One of the options."""
        return self.rng.choice(options)

    def name(self) -> str:
        """An element name; often one that documents have, sometimes a choice."""
        if self.rng.random() < 0.12:
            return self.rng.choice(self.choices)
        return self.rng.choices(self.names, self.weights)[0]

    def text(self) -> str:
        """A string literal."""
        return "'" + self.rng.choice(_STRINGS) + "'"

    def literal(self) -> str:
        """Any literal."""
        return str(
            self.pick(
                self.text(), self.text(), "1", "0", "37.2", "2.50", "true", "false", "{}", "@2024-01-01",
                "@2024", "5 'mg'",
                "@2024-01-05T10:20:30+01:00", "10 days", "@T10:20", "-1",
            )
        )  # fmt: skip

    def path(self, depth: int) -> str:
        """A path of a few steps."""
        text = self.name()
        for _ in range(self.rng.randrange(0, 3)):
            text += "." + self.step(depth)
        return text

    def step(self, depth: int) -> str:
        """One step."""
        kind = self.rng.randrange(30)
        if kind < 13 or depth <= 0:
            return self.name()
        if kind < 18:
            return f"where({self.criterion(depth - 1)})"
        if kind == 18:
            return f"select({self.expr(depth - 1)})"
        if kind == 19:
            return str(
                self.pick(
                    "first()",
                    "last()",
                    "tail()",
                    "distinct()",
                    "children()",
                    "skip(1)",
                    "take(2)",
                    "trace('t')",
                )
            )
        if kind == 20:
            return f"ofType({self.rng.choice(_TYPES)})"
        if kind == 21:
            return f"as({self.rng.choice(_TYPES)})"
        if kind == 22:
            return f"extension({self.text()})"
        if kind == 23:
            return str(
                self.pick("resolve()", "reference.resolve()", "getValue()", "toString()", "descendants()")
            )
        if kind == 24:
            return f"combine({self.path(depth - 1)})"
        if kind == 25:
            return f"{self.pick('union', 'intersect', 'exclude')}({self.path(depth - 1)})"
        if kind == 26:
            return f"iif({self.criterion(depth - 1)}, {self.expr(depth - 1)}, {self.expr(depth - 1)})"
        if kind == 27:
            return f"repeat({self.name()})"
        if kind == 28:
            return str(
                self.pick(
                    "length()",
                    "upper()",
                    "lower()",
                    "toChars()",
                    "trim()",
                    "toInteger()",
                    "toDecimal()",
                    "toDate()",
                    "toQuantity()",
                )
            )
        return f"substring({self.rng.randrange(3)}, {self.rng.randrange(4)})"

    def test(self, depth: int) -> str:
        """A boolean function behind a path."""
        return str(
            self.pick(
                "exists()", "exists()", "empty()", "hasValue()", "not()", "exists().not()", "count() > 0",
                "count() = 1", "isDistinct()",
                f"exists({self.criterion(depth - 1)})", f"all({self.criterion(depth - 1)})",
                f"startsWith({self.text()})",
                f"endsWith({self.text()})", f"contains({self.text()})",
                f"matches('{self.rng.choice(_PATTERNS)}')",
                f"is({self.rng.choice(_TYPES)})", f"subsetOf({self.path(0)})", "allTrue()",
                "convertsToInteger()", "convertsToDate()",
            )
        )  # fmt: skip

    def criterion(self, depth: int) -> str:
        """What stands in where and all."""
        kind = self.rng.randrange(12)
        if kind < 4 or depth <= 0:
            return f"{self.path(0)} {self.pick('=', '=', '=', '!=', '~', '!~')} {self.literal()}"
        if kind == 4:
            return f"$this is {self.rng.choice(_TYPES)}"
        if kind == 5:
            return self.path(depth - 1)
        if kind < 9:
            return f"{self.path(depth - 1)}.{self.test(depth)}"
        if kind == 9:
            operator = self.pick("and", "or", "implies", "xor")
            return f"{self.criterion(depth - 1)} {operator} {self.criterion(depth - 1)}"
        if kind == 10:
            return f"({self.criterion(depth - 1)}).not()"
        return f"$this.{self.test(depth)}"

    def expr(self, depth: int) -> str:
        """Any expression."""
        kind = self.rng.randrange(16)
        if kind < 5 or depth <= 0:
            return self.path(depth)
        if kind < 8:
            return f"{self.path(depth)}.{self.test(depth)}"
        if kind == 8:
            operator = self.pick("=", "!=", "<", "<=", ">", ">=", "~")
            return f"({self.expr(depth - 1)} {operator} {self.expr(depth - 1)})"
        if kind == 9:
            return f"({self.expr(depth - 1)} | {self.expr(depth - 1)})"
        if kind == 10:
            operator = self.pick("+", "&", "-", "*", "/", "div", "mod")
            return f"({self.expr(depth - 1)} {operator} {self.expr(depth - 1)})"
        if kind == 11:
            return f"({self.expr(depth - 1)} {self.pick('in', 'contains')} {self.expr(depth - 1)})"
        if kind == 12:
            return f"({self.expr(depth - 1)} {self.pick('is', 'as')} {self.rng.choice(_TYPES)})"
        if kind == 13:
            return f"{self.path(depth)}[{self.rng.randrange(3)}]"
        if kind == 14:
            return self.literal()
        return f"({self.criterion(depth)})"

    def root(self) -> str:
        """A whole expression on a Bundle."""
        start = self.pick(
            "Bundle.entry.resource", "Bundle.entry.resource",
            f"Bundle.entry.resource.where($this is {self.rng.choice(_TYPES[:3])})",
            f"Bundle.entry.select(resource as {self.pick('Observation', 'Patient', 'Composition')})",
            "Bundle.descendants()", "entry", "Bundle.entry", "Bundle",
        )  # fmt: skip
        kind = self.rng.randrange(5)
        if kind == 0:
            return f"{start}.{self.step(2)}.{self.test(2)}"
        if kind == 1:
            return f"{start}.all({self.criterion(2)})"
        if kind == 2:
            return f"{start}.where({self.criterion(2)}).{self.path(1)}"
        if kind == 3:
            end = self.pick("count()", "first()", "exists()", "distinct().count()")
            return f"{start}.select({self.expr(2)}).{end}"
        operator = self.pick("and", "or", "implies")
        left = f"{start}.where({self.criterion(2)}).{self.path(1)}.{self.test(1)}"
        return f"{left} {operator} {start}.{self.test(2)}"


def _count(node: Any, names: dict[str, int]) -> None:
    if isinstance(node, dict):
        for key, value in node.items():
            names[key] = names.get(key, 0) + 1
            _count(value, names)
    elif isinstance(node, list):
        for item in node:
            _count(item, names)
