"""What a slice fixes: the test on a value that its constraints amount to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.fhir.profiles.facts import Value
from harness.fhir.profiles.matching import codings, equal_to, holding
from harness.fhir.profiles.slicing.items import Context
from harness.fhir.profiles.slicing.paths import Step, values_below
from harness.fhir.profiles.terminology import Answer, Members
from harness.fhir.profiles.tree import Node

ValueTest = Callable[[Any], bool | None]
"""Whether a value is what a slice asks; ``None`` when that cannot be decided here."""


def part_at(value: Any, steps: tuple[Step, ...]) -> Any:
    """The part of a fixed or pattern value that a path selects, ``None`` when it has no such part."""
    for step in steps:
        if isinstance(value, list):
            value = value[0] if len(value) == 1 else None
        if step.kind != "child" or not isinstance(value, dict):
            return None
        value = next(values_below(value, step.name), None)
    return value


def child_at(node: Node, step: Step) -> Node | None:
    """Constraints on what one step of a path selects, ``None`` when the profile says nothing of it."""
    if step.kind == "child":
        found = node.children.get(step.name) or node.children.get(step.name + "[x]")
        if found is not None and not _bare(found):
            return found
        if found is not None and len(found.slices) == 1:
            return next(iter(found.slices.values()))
        return found
    if step.kind == "type":
        for part in node.slices.values():
            if step.name in part.codes:
                return part
        return node
    if step.kind == "extension":
        extensions = node.children.get("extension")
        if extensions is not None:
            for part in extensions.slices.values():
                if extension_url(part) == step.name:
                    return part
    return None


def _bare(node: Node) -> bool:
    return node.fixed is None and node.pattern is None and node.binding is None and not node.children


def extension_url(node: Node) -> str:
    """The URL of the extension that a slice of ``extension`` stands for: its profile, else a fixed
    ``url``."""
    for entry in node.types:
        for profile in entry.profiles:
            return profile.partition("|")[0]
    url = node.children.get("url")
    fixed: Value | None = url.fixed if url is not None else None
    return fixed.value if fixed is not None and isinstance(fixed.value, str) else ""


def _members_test(members: Members) -> ValueTest:
    def test(value: Any) -> bool | None:
        unknown = False
        for system, code in codings(value):
            answer = members.decide(system, code) if system is not None else members.decide_bare(code)
            if answer is Answer.IN:
                return True
            unknown = unknown or answer is Answer.UNKNOWN
        return None if unknown else False

    return test


def test_of(node: Node, context: Context, depth: int = 0) -> ValueTest | None:
    """A test on a value from what ``node`` fixes: itself, below it, or by a required binding."""
    if node.fixed is not None:
        return equal_to(node.fixed.value)
    if node.pattern is not None:
        return holding(node.pattern.value)
    nested: list[tuple[str, ValueTest]] = []
    if depth < 6:
        for name, child in node.children.items():
            if name in ("extension", "modifierExtension"):
                continue
            inner = test_of(child, context, depth + 1)
            if inner is None and len(child.slices) == 1:
                inner = test_of(next(iter(child.slices.values())), context, depth + 1)
            if inner is not None:
                nested.append((name.removesuffix("[x]"), inner))
    if nested:
        return lambda value: _all_nested(value, nested)
    if node.binding is not None and node.binding.strength == "required" and node.binding.value_set:
        members = context.members(node.binding.value_set)
        if members.usable:
            return _members_test(members)
    return None


def _all_nested(value: Any, nested: list[tuple[str, ValueTest]]) -> bool | None:
    if not isinstance(value, dict):
        return False
    undecided = False
    for name, test in nested:
        answers = [test(part) for part in values_below(value, name)]
        if True not in answers:
            if None not in answers:
                return False
            undecided = True
    return None if undecided else True
