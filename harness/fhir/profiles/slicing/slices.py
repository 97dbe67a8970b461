"""The predicate of a slice: all its discriminators together."""

from __future__ import annotations

from harness.fhir.profiles.facts import SlicingFact
from harness.fhir.profiles.slicing.discriminators import by_existence, by_profile, by_type, by_value
from harness.fhir.profiles.slicing.fixed import test_of
from harness.fhir.profiles.slicing.items import Context, Item, Predicate, Resolver
from harness.fhir.profiles.slicing.paths import parse_path
from harness.fhir.profiles.tree import Node


def compile_slice(node: Node, slicing: SlicingFact | None, context: Context) -> Predicate | None:
    """The predicate of one slice; ``None`` when nothing tells it apart.

    :param slicing: discriminators of the slicing it belongs to; without any, a choice slice is told by its
        type.
    """
    if node.type_key:
        key = node.type_key
        return lambda item, resolver: item.key == key
    discriminators = slicing.discriminators if slicing is not None else ()
    if not discriminators and node.name.endswith("[x]"):
        discriminators = (("type", "$this"),)
    if not discriminators:
        test = test_of(node, context)
        return None if test is None else (lambda item, resolver: test(item.value))
    predicates: list[Predicate] = []
    for kind, path in discriminators:
        steps = parse_path(path)
        if steps is None:
            continue
        if kind == "exists":
            found = by_existence(node, steps)
        elif kind == "type":
            found = by_type(node, steps, context)
        elif kind == "profile":
            found = by_profile(node, steps, context)
        else:
            found = by_value(node, steps, context)
        if found is not None:
            predicates.append(found)
    if not predicates:
        return None
    if len(predicates) == 1:
        return predicates[0]
    several = tuple(predicates)

    def predicate(item: Item, resolver: Resolver) -> bool | None:
        undecided = False
        for part in several:
            answer = part(item, resolver)
            if answer is False:
                return False
            undecided = undecided or answer is None
        return None if undecided else True

    return predicate
