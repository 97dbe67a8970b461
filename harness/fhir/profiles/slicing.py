"""Which slice does an item belong to: discriminators compiled to predicates.

FHIR STU3 profiling.html#discriminator. For each slice the discriminators of the slicing give one predicate
on an item: ``value`` and ``pattern`` (fixed or pattern value at the path, nested ones, or a required
binding), ``exists``, ``type`` (``$this``, a path, ``resolve()``), ``profile``. All discriminators have to
agree. A slice of which nothing can be told apart has predicate ``None``: the validator then says that the
slice was not checked.

Predicates answer ``True``, ``False`` or ``None`` (cannot be told here, e.g. a reference that does not
resolve or a code of a code system that is not available).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from harness.fhir.profiles.facts import CORE, SlicingFact, Value
from harness.fhir.profiles.snapshot import Node
from harness.fhir.profiles.terminology import Answer, Members


class Item(NamedTuple):
    """One item to place in a slice.

    :ivar value: JSON value, ``None`` for a primitive with only extensions.
    :ivar companion: id and extensions of a primitive, ``None`` when absent.
    :ivar code: its FHIR type.
    :ivar key: JSON key it stands under.
    :ivar index: position in the list, -1 when not in a list.
    """

    value: Any
    companion: Any
    code: str
    key: str
    index: int  # type: ignore[assignment]  # the position; tuple.index is never used on it


class Resolver(Protocol):
    """What predicates ask of the running validation."""

    def resolve(self, reference: Any) -> dict[str, Any] | None:
        """The resource that a Reference points to, when it is in the document."""

    def conforms(self, value: Any, code: str, profile: str) -> bool | None:
        """Whether a value conforms to a profile."""

    def target_type(self, reference: Any) -> str:
        """Resource type a Reference points to, as far as its text tells; ``""`` when not."""


Predicate = Callable[[Item, Resolver], bool | None]
"""Whether an item belongs to a slice."""


class Context(Protocol):
    """What compiling needs to know."""

    def root_of(self, profile: str) -> Node | None:
        """Root of the merged tree of a profile."""

    def members(self, value_set: str) -> Members:
        """Members of a value set."""

    def type_of_profile(self, profile: str) -> str:
        """Base type that a canonical URL stands for, ``""`` when unknown."""


# -- comparing values -----------------------------------------------------------------------------


def equal(expected: Any, received: Any) -> bool:
    """Deep equality as ``fixed[x]`` asks: the same properties, lists in the same order."""
    if isinstance(expected, bool) or isinstance(received, bool):
        return expected is received
    if isinstance(expected, dict):
        return (
            isinstance(received, dict)
            and expected.keys() == received.keys()
            and all(equal(value, received[key]) for key, value in expected.items())
        )
    if isinstance(expected, list):
        return (
            isinstance(received, list)
            and len(expected) == len(received)
            and all(equal(a, b) for a, b in zip(expected, received, strict=True))
        )
    if isinstance(expected, (int, Decimal, float)) and isinstance(received, (int, Decimal, float)):
        return Decimal(str(expected)) == Decimal(str(received))
    return type(expected) is type(received) and bool(expected == received)


def contains(pattern: Any, received: Any) -> bool:
    """Whether ``received`` has at least what ``pattern`` has; list items in any order."""
    if isinstance(pattern, dict):
        return isinstance(received, dict) and all(
            key in received and contains(value, received[key]) for key, value in pattern.items()
        )
    if isinstance(pattern, list):
        return isinstance(received, list) and all(
            any(contains(part, item) for item in received) for part in pattern
        )
    return equal(pattern, received)


# -- paths ----------------------------------------------------------------------------------------


class Step(NamedTuple):
    """One step of a discriminator path: an element name, ``resolve()``, or an extension by URL."""

    kind: str
    name: str


def parse_path(path: str) -> tuple[Step, ...] | None:
    """Steps of a discriminator path (the restricted FHIRPath subset); ``None`` when it uses something
    else."""
    steps: list[Step] = []
    rest = path.strip()
    while rest:
        if rest.startswith("extension("):
            inner, _, rest = rest[len("extension(") :].partition(")")
            steps.append(Step("extension", inner.strip().strip("'\"")))
        elif rest.startswith("resolve()"):
            steps.append(Step("resolve", ""))
            rest = rest[len("resolve()") :]
        elif rest.startswith(("ofType(", "as(")):
            _, _, tail = rest.partition("(")
            inner, _, rest = tail.partition(")")
            steps.append(Step("type", inner.strip()))
        else:
            name, dot, tail = rest.partition(".")
            if not name.replace("$", "").replace("[x]", "").replace("_", "").isalnum():
                return None
            if name != "$this":
                steps.append(Step("child", name.removesuffix("[x]")))
            rest = dot + tail
        if rest:
            if not rest.startswith("."):
                return None
            rest = rest[1:]
    return tuple(steps)


def _stem_values(owner: dict[str, Any], name: str) -> Iterator[Any]:
    found = owner.get(name)
    if found is None and name not in owner:
        size = len(name)
        for key, value in owner.items():
            if key.startswith(name) and key[size : size + 1].isupper():
                found = value
                break
        else:
            return
    if isinstance(found, list):
        yield from found
    elif found is not None:
        yield found


def values_at(item: Item, steps: Iterable[Step], resolver: Resolver) -> list[Any] | None:
    """Values that a path selects from an item; ``None`` when a reference on the way does not resolve."""
    current: list[Any] = [item.value if item.value is not None else item.companion]
    first = True
    for step in steps:
        following: list[Any] = []
        for value in current:
            if step.kind == "resolve":
                target = resolver.resolve(value)
                if target is None:
                    return None
                following.append(target)
            elif step.kind == "extension":
                holder = item.companion if first and not isinstance(value, dict) else value
                if isinstance(holder, dict):
                    following += [e for e in _stem_values(holder, "extension") if _url(e) == step.name]
            elif step.kind == "type":
                following.append(value)
            elif isinstance(value, dict):
                following += _stem_values(value, step.name)
        current = following
        first = False
    return current


def _url(value: Any) -> str:
    url = value.get("url") if isinstance(value, dict) else None
    return url if isinstance(url, str) else ""


# -- what a slice fixes ---------------------------------------------------------------------------

_Test = Callable[[Any], bool | None]


def _at(value: Any, steps: tuple[Step, ...]) -> Any:
    """The part of a fixed or pattern value that a path selects, ``None`` when it has no such part."""
    for step in steps:
        if isinstance(value, list):
            value = value[0] if len(value) == 1 else None
        if step.kind != "child" or not isinstance(value, dict):
            return None
        value = next(_stem_values(value, step.name), None)
    return value


def _child(node: Node, step: Step) -> Node | None:
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


def _members_test(members: Members) -> _Test:
    def test(value: Any) -> bool | None:
        unknown = False
        for system, code in codings(value):
            answer = members.decide(system, code) if system is not None else members.decide_bare(code)
            if answer is Answer.IN:
                return True
            unknown = unknown or answer is Answer.UNKNOWN
        return None if unknown else False

    return test


def codings(value: Any) -> list[tuple[str | None, str]]:
    """``(system, code)`` of a CodeableConcept, Coding, Quantity or code (system ``None`` for a bare code)."""
    if isinstance(value, str):
        return [(None, value)]
    if not isinstance(value, dict):
        return []
    inner = value.get("coding")
    if isinstance(inner, list):
        return [pair for coding in inner for pair in codings(coding)]
    code, system = value.get("code"), value.get("system")
    if isinstance(code, str):
        return [(system if isinstance(system, str) else "", code)]
    return []


def test_of(node: Node, context: Context, depth: int = 0) -> _Test | None:
    """A test on a value from what ``node`` fixes: itself, below it, or by a required binding."""
    if node.fixed is not None:
        wanted = node.fixed.value
        return lambda value: equal(wanted, value)
    if node.pattern is not None:
        shape = node.pattern.value
        return lambda value: contains(shape, value)
    nested: list[tuple[str, _Test]] = []
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


def _all_nested(value: Any, nested: list[tuple[str, _Test]]) -> bool | None:
    if not isinstance(value, dict):
        return False
    undecided = False
    for name, test in nested:
        answers = [test(part) for part in _stem_values(value, name)]
        if True not in answers:
            if None not in answers:
                return False
            undecided = True
    return None if undecided else True


def _value_predicate(
    node: Node, steps: tuple[Step, ...], context: Context, seen: tuple[str, ...] = ()
) -> Predicate | None:
    """The predicate of a ``value`` or ``pattern`` discriminator."""
    current: Node | None = node
    test: _Test | None = None
    for index in range(len(steps) + 1):
        if current is None:
            break
        rest = steps[index:]
        for fixed in (current.fixed, current.pattern):
            if fixed is not None and rest:
                part = _at(fixed.value, rest)
                if part is not None:
                    wanted = part
                    test = lambda value, wanted=wanted: contains(wanted, value)  # noqa: E731
        if not rest:
            test = test_of(current, context) or test
        else:
            following = _child(current, rest[0])
            if following is None or (len(rest) == 1 and test_of(following, context) is None):
                for entry in current.types:
                    for profile in entry.profiles:
                        root = context.root_of(profile) if profile not in seen else None
                        if root is not None and len(seen) < 5:
                            inner = _value_predicate(root, rest, context, (*seen, profile))
                            if inner is not None:
                                return _below(steps[:index], inner)
            current = following
            continue
        if test is None:
            for entry in current.types:
                for profile in entry.profiles:
                    root = context.root_of(profile) if profile not in seen else None
                    if root is not None and len(seen) < 5:
                        test = test_of(root, context)
    if test is None:
        return None
    decided = test

    def predicate(item: Item, resolver: Resolver) -> bool | None:
        values = values_at(item, steps, resolver)
        if values is None:
            return None
        answers = [decided(value) for value in values]
        return True if True in answers else None if None in answers else False

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


def _exists_predicate(node: Node, steps: tuple[Step, ...]) -> Predicate | None:
    current: Node | None = node
    for step in steps:
        current = _child(current, step) if current is not None else None
    if current is None or (current.min == 0 and current.max != 0):
        return None
    wanted = current.max != 0

    def predicate(item: Item, resolver: Resolver) -> bool | None:
        values = values_at(item, steps, resolver)
        return None if values is None else bool(values) == wanted

    return predicate


def _type_predicate(node: Node, steps: tuple[Step, ...], context: Context) -> Predicate | None:
    """``type`` discriminators: of the item itself, of an element below it, or of what a reference points
    to."""
    resolving = bool(steps) and steps[-1].kind == "resolve"
    current: Node | None = node
    for step in steps[:-1] if resolving else steps:
        current = _child(current, step) if current is not None else None
    if current is None:
        return None
    if resolving:
        targets = {context.type_of_profile(t) for entry in current.types for t in entry.targets} - {""}
        if not targets:
            return None

        def by_target(item: Item, resolver: Resolver) -> bool | None:
            references = values_at(item, steps[:-1], resolver)
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

        return by_target
    wanted = (
        set(current.codes)
        if current.type_key or not current.types
        else {t.code or context.type_of_profile(t.profiles[0] if t.profiles else "") for t in current.types}
    )
    wanted |= {context.type_of_profile(p) for t in current.types for p in t.profiles} - {""}
    if not wanted:
        return None
    if not steps:
        return lambda item, resolver: _type_name(item) in wanted

    def by_type(item: Item, resolver: Resolver) -> bool | None:
        values = values_at(item, steps, resolver)
        if values is None:
            return None
        if not values:
            return False
        name = steps[-1].name
        for value in values:
            found = value.get("resourceType") if isinstance(value, dict) else None
            if found is None and isinstance(item.value, dict):
                found = next(
                    (
                        k[len(name) :]
                        for k in item.value
                        if k.startswith(name) and k[len(name) : len(name) + 1].isupper()
                    ),
                    None,
                )
                wanted_folded = {w[:1].upper() + w[1:] for w in wanted}
                if found in wanted_folded:
                    return True
            elif found in wanted:
                return True
        return False

    return by_type


def _type_name(item: Item) -> str:
    if isinstance(item.value, dict) and isinstance(item.value.get("resourceType"), str):
        return str(item.value["resourceType"])
    return item.code


def _profile_predicate(node: Node, steps: tuple[Step, ...], context: Context) -> Predicate | None:
    resolving = bool(steps) and steps[-1].kind == "resolve"
    current: Node | None = node
    for step in steps[:-1] if resolving else steps:
        current = _child(current, step) if current is not None else None
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
            found = _exists_predicate(node, steps)
        elif kind == "type":
            found = _type_predicate(node, steps, context)
        elif kind == "profile":
            found = _profile_predicate(node, steps, context)
        else:
            found = _value_predicate(node, steps, context)
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


def core_type(url: str) -> str:
    """Type name in a core canonical URL (``…/StructureDefinition/Patient``), ``""`` for another URL."""
    return url[len(CORE) :].partition("|")[0] if url.startswith(CORE) else ""
