"""The predicate that one discriminator of a slicing gives for one slice, by kind of discriminator.

FHIR STU3 profiling.html#discriminator: ``value`` and ``pattern`` (fixed or pattern value at the path, nested
ones, or a required binding), ``exists``, ``type`` (``$this``, a path, ``resolve()``), ``profile``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.fhir.profiles.matching import holding
from harness.fhir.profiles.slicing.fixed import ValueTest, child_at, part_at, test_of
from harness.fhir.profiles.slicing.items import Context, Item, Predicate, Resolver
from harness.fhir.profiles.slicing.paths import Step, values_at
from harness.fhir.profiles.tree import Node

_MAX_PROFILES = 5
"""Profiles of types that are followed into each other on one path."""


def by_value(
    node: Node, steps: tuple[Step, ...], context: Context, seen: tuple[str, ...] = ()
) -> Predicate | None:
    """The predicate of a ``value`` or ``pattern`` discriminator.

    What a path selects may be constrained along the way by a fixed value that contains it, or by the profile
    of a type on the path.
    """
    current = node
    test: ValueTest | None = None
    for index, step in enumerate(steps):
        rest = steps[index:]
        test = _part_test(current, rest) or test
        following = child_at(current, step)
        if following is None or (len(rest) == 1 and test_of(following, context) is None):
            for profile, root in _roots(current, context, seen):
                inner = by_value(root, rest, context, (*seen, profile))
                if inner is not None:
                    return _below(steps[:index], inner)
        if following is None:
            break
        current = following
    else:
        test = test_of(current, context) or test
        if test is None:
            for _, root in _roots(current, context, seen):
                test = test_of(root, context)
    return None if test is None else _any_value(steps, test)


def _part_test(node: Node, rest: tuple[Step, ...]) -> ValueTest | None:
    """The test on what ``rest`` selects from the fixed or pattern value of ``node`` itself."""
    found = None
    for fixed in (node.fixed, node.pattern):
        part = part_at(fixed.value, rest) if fixed is not None else None
        if part is not None:
            found = part
    return None if found is None else holding(found)


def _roots(node: Node, context: Context, seen: tuple[str, ...]) -> Iterator[tuple[str, Node]]:
    """Profiles of the types of an element with the roots of their trees; those on the way here left out."""
    for entry in node.types:
        for profile in entry.profiles:
            root = context.root_of(profile) if profile not in seen else None
            if root is not None and len(seen) < _MAX_PROFILES:
                yield profile, root


def _any_value(steps: tuple[Step, ...], test: ValueTest) -> Predicate:
    """Whether some value at a path passes a test."""

    def predicate(item: Item, resolver: Resolver) -> bool | None:
        values = values_at(item, steps, resolver)
        if values is None:
            return None
        undecided = False
        for value in values:
            answer = test(value)
            if answer:
                return True
            undecided = undecided or answer is None
        return None if undecided else False

    return predicate


def _below(prefix: tuple[Step, ...], inner: Predicate) -> Predicate:
    if not prefix:
        return inner

    def predicate(item: Item, resolver: Resolver) -> bool | None:
        values = values_at(item, prefix, resolver)
        if values is None:
            return None
        answers = [inner(Item(value, None, "", "", -1), resolver) for value in values]
        return True if True in answers else None if None in answers else False

    return predicate


def by_existence(node: Node, steps: tuple[Step, ...]) -> Predicate | None:
    """The predicate of an ``exists`` discriminator."""
    current: Node | None = node
    for step in steps:
        current = child_at(current, step) if current is not None else None
    if current is None or (current.min == 0 and current.max != 0):
        return None
    wanted = current.max != 0

    def predicate(item: Item, resolver: Resolver) -> bool | None:
        values = values_at(item, steps, resolver)
        return None if values is None else bool(values) == wanted

    return predicate


def by_type(node: Node, steps: tuple[Step, ...], context: Context) -> Predicate | None:
    """The predicate of a ``type`` discriminator: the type of the item itself, of an element below it, or of
    what a reference points to."""
    resolving = bool(steps) and steps[-1].kind == "resolve"
    current: Node | None = node
    for step in steps[:-1] if resolving else steps:
        current = child_at(current, step) if current is not None else None
    if current is None:
        return None
    if resolving:
        targets = {context.type_of_profile(t) for entry in current.types for t in entry.targets} - {""}
        return _target_has(targets, steps[:-1]) if targets else None
    wanted = _types_of(current, context)
    if not wanted:
        return None
    if not steps:
        return lambda item, resolver: _type_name(item) in wanted
    return _value_has(wanted, steps)


def _types_of(node: Node, context: Context) -> set[str]:
    """Types that an element can have, those that its profiles constrain included."""
    if node.type_key or not node.types:
        found = set(node.codes)
    else:
        found = {t.code or context.type_of_profile(t.profiles[0] if t.profiles else "") for t in node.types}
    return found | ({context.type_of_profile(p) for t in node.types for p in t.profiles} - {""})


def _target_has(targets: set[str], steps: tuple[Step, ...]) -> Predicate:
    """Whether a reference at a path points to one of some resource types."""

    def predicate(item: Item, resolver: Resolver) -> bool | None:
        references = values_at(item, steps, resolver)
        if not references:
            return None if references is None else False
        for reference in references:
            target = resolver.resolve(reference)
            found = target.get("resourceType") if target is not None else resolver.target_type(reference)
            if not found:
                return None
            if found in targets:
                return True
        return False

    return predicate


def _value_has(wanted: set[str], steps: tuple[Step, ...]) -> Predicate:
    """Whether a value at a path has one of some types: a resource says its own, a choice in its key."""
    stem = steps[-1].name
    suffixes = {name[:1].upper() + name[1:] for name in wanted}

    def predicate(item: Item, resolver: Resolver) -> bool | None:
        values = values_at(item, steps, resolver)
        if values is None:
            return None
        for value in values:
            found = value.get("resourceType") if isinstance(value, dict) else None
            if found is None:
                if _suffix(item.value, stem) in suffixes:
                    return True
            elif found in wanted:
                return True
        return False

    return predicate


def _suffix(owner: Any, stem: str) -> str | None:
    """The type in the first key of a choice (``Quantity`` of ``valueQuantity``)."""
    if not isinstance(owner, dict):
        return None
    size = len(stem)
    return next((k[size:] for k in owner if k.startswith(stem) and k[size : size + 1].isupper()), None)


def _type_name(item: Item) -> str:
    if isinstance(item.value, dict) and isinstance(item.value.get("resourceType"), str):
        return str(item.value["resourceType"])
    return item.code


def by_profile(node: Node, steps: tuple[Step, ...], context: Context) -> Predicate | None:
    """The predicate of a ``profile`` discriminator: of the item, of a value below it, or of what a reference
    points to."""
    resolving = bool(steps) and steps[-1].kind == "resolve"
    current: Node | None = node
    for step in steps[:-1] if resolving else steps:
        current = child_at(current, step) if current is not None else None
    if current is None:
        return None
    profiles = [p for t in current.types for p in (t.targets if resolving else t.profiles)]
    if not profiles:
        return None

    def predicate(item: Item, resolver: Resolver) -> bool | None:
        values = values_at(item, steps, resolver)
        if values is None:
            reference = values_at(item, steps[:-1], resolver)
            known = resolver.target_type(reference[0]) if reference else ""
            types = {context.type_of_profile(p) for p in profiles}
            return False if known and "" not in types and known not in types else None
        answers: list[bool | None] = []
        for value in values:
            code = value.get("resourceType", item.code) if isinstance(value, dict) else item.code
            answers += [resolver.conforms(value, code, profile) for profile in profiles]
        return True if True in answers else None if None in answers else False

    return predicate
