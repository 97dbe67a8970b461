"""What a profile asks of one value of an element, as functions: only those that have work to do for a type.

Compiled per element of a profile and type of the value, so that a value costs one call per constraint on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from harness.fhir.profiles.facts import TypeFact, Value
from harness.fhir.profiles.matching import Matches, equal_to, holding
from harness.fhir.profiles.slicing.items import Item
from harness.fhir.profiles.tree import Node
from harness.fhir.validation.checks.links.references import reference_check
from harness.fhir.validation.checks.values.bindings import binding_check
from harness.fhir.validation.checks.values.ranges import range_check
from harness.fhir.validation.findings import describe
from harness.fhir.validation.places import Place
from harness.fhir.validation.run import Check, Rules, Run

ItemCheck: TypeAlias = Callable[[Item, Place, Run], None]
"""A check on one value of an element."""

_ANY = ("BackboneElement", "Element", "Resource", "DomainResource")


def type_steps(node: Node, code: str, rules: Rules) -> Iterator[ItemCheck]:
    """The type of the value, and profiles and targets that go with it; not of the document itself."""
    entry = _type_of(node, code, rules)
    if entry is None:
        yield _below_root(_wrong_type(node))
        return
    if len(entry.profiles) == 1:
        yield _below_root(_profile(entry.profiles[0], rules))
    elif entry.profiles:
        yield _below_root(_one_profile(entry.profiles, rules))
    if code == "Reference" and (entry.targets or entry.aggregation):
        yield _below_root(_on_value(reference_check(entry.targets, entry.aggregation)))


def _type_of(node: Node, code: str, rules: Rules) -> TypeFact | None:
    """The type that an element of a profile has for a value."""
    typed = {entry.code: entry for entry in node.types}
    return (
        typed.get(code)
        or typed.get("")
        or next(
            (
                t
                for t in node.types
                if t.code in _ANY or rules.model.is_subtype(code, t.code) or t.code == "xhtml"
            ),
            None,
        )
    )


def _below_root(step: ItemCheck) -> ItemCheck:
    def check(item: Item, place: Place, run: Run) -> None:
        if place[0] is not None:
            step(item, place, run)

    return check


def _on_value(check: Check) -> ItemCheck:
    return lambda item, place, run: check(item.value, place, run)


def _wrong_type(node: Node) -> ItemCheck:
    expected = " | ".join(t.code for t in node.types)
    return lambda item, place, run: run.add("fhir-choice-type", place, expected=expected, received=item.code)


def _profile(profile: str, rules: Rules) -> ItemCheck:
    return lambda item, place, run: rules.apply_profile(
        profile, item.value, item.companion, item.code, place, run
    )


def _one_profile(profiles: tuple[str, ...], rules: Rules) -> ItemCheck:
    def check(item: Item, place: Place, run: Run) -> None:
        answers = [rules.conforms(item.value, item.code, url, place, run) for url in profiles]
        if True not in answers and None not in answers:
            run.add("fhir-choice-type", place, expected=" | ".join(profiles), received=item.value)

    return check


def value_steps(node: Node, code: str, rules: Rules) -> Iterator[ItemCheck]:
    """Fixed value, pattern, binding, least and greatest value, length."""
    if node.fixed is not None:
        yield _compared("fhir-fixed", node.fixed, equal_to(node.fixed.value))
    if node.pattern is not None:
        yield _compared("fhir-pattern", node.pattern, holding(node.pattern.value))
    if node.binding is not None:
        # a binding that names no value set leaves that of the base type, which the shape checks
        bound = binding_check(rules.knowledge, node.binding, code)
        if bound is not None:
            yield _on_present(bound)
    low, high, length = node.min_value, node.max_value, node.max_length
    if low is not None or high is not None:
        yield lambda item, place, run: range_check(low, high, item.value, place, run)
    if length:
        yield _length(length)


def _compared(rule: str, wanted: Value, matches: Matches) -> ItemCheck:
    def check(item: Item, place: Place, run: Run) -> None:
        value = item.value
        if not matches(value):
            received = value if value is not None else item.companion
            run.add(rule, place, expected=describe(wanted.value), received=received)

    return check


def _on_present(check: Check) -> ItemCheck:
    def present(item: Item, place: Place, run: Run) -> None:
        if item.value is not None:
            check(item.value, place, run)

    return present


def _length(most: int) -> ItemCheck:
    def check(item: Item, place: Place, run: Run) -> None:
        value = item.value
        if isinstance(value, str) and len(value) > most:
            received = f"{len(value)}: {describe(value)}"
            run.add("fhir-length", place, expected=f"<= {most}", received=received)

    return check
