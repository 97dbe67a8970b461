"""From a chain of differentials to one tree of constraints.

All profiles in practice are differential-only. A classic snapshot repeats the whole base type for each of
them; here the base type is checked once from the model (:mod:`harness.fhir.validation.shapes`) and a profile
is the *sparse* tree of what its chain of differentials adds, which is what :func:`merge` makes::

    tree = merge("http://nictiz.nl/fhir/StructureDefinition/gp-JournalEntry", lookup, model)
    tree.root.children["status"].fixed          # Value('code', 'final')
    tree.root.children["component"].slices      # {'ICPC_S': Node, 'ICPC_E': Node}

A derived profile can only add constraints, so the levels of the chain are laid over each other: cardinalities
narrow, invariants add up, types, fixed values and patterns are replaced, bindings are only replaced by a
value set (never by nothing). Slices are merged by name because a derived profile constrains the slices of
its parent.

What the differentials of real packages need (and get): ids with slice names next to paths with
``valueQuantity``; old-style type-slice ids (``valueQuantity:valueQuantity``) next to new ones
(``value[x]:valueQuantity``); slice names in ids that differ from ``sliceName``; definitions without ids at
all; re-slices (``a/b``).
"""

from __future__ import annotations

from collections.abc import Callable

from harness.core.errors import ConfigurationError
from harness.core.text import Text
from harness.fhir.model.types import Model
from harness.fhir.phrases import NO_ELEMENT
from harness.fhir.profiles.facts import CORE, BindingFact, ElementFact, ProfileFacts, SlicingFact
from harness.fhir.profiles.tree import Node, ProfileTree

Lookup = Callable[[str], ProfileFacts | None]

MAX_CHAIN = 32
"""Longest chain of parent profiles; a longer one is a defect of the package."""

_STRENGTHS = {"example": 0, "preferred": 1, "extensible": 2, "required": 3}


def merge(url: str, lookup: Lookup, model: Model) -> ProfileTree | None:
    """The tree of the profile ``url``; ``None`` when ``lookup`` does not know it.

    :param lookup: canonical URL -> facts, ``None`` when unknown.
    :raises ConfigurationError: when the chain of parents has a cycle or the type is not in the model.
    """
    facts = lookup(url)
    if facts is None:
        return None
    chain: list[ProfileFacts] = []
    missing = ""
    step: ProfileFacts | None = facts
    while step is not None and step.derivation != "specialization":
        if len(chain) >= MAX_CHAIN or any(step.url == seen.url for seen in chain):
            raise ConfigurationError(
                Text(nl="profiel verwijst naar zichzelf als ouder", en="profile has itself as a parent"),
                where=url,
                received=" -> ".join([*(seen.url for seen in chain), step.url]),
            )
        chain.append(step)
        base = step.base
        if not base or (base.startswith(CORE) and base[len(CORE) :] in model.types):
            break
        step = lookup(base)
        if step is None:
            missing = base
    if facts.type not in model.types:
        raise ConfigurationError(
            Text(
                nl=f"profiel beperkt het onbekende type {facts.type}",
                en=f"profile constrains unknown type {facts.type}",
            ),
            where=url,
        )
    root = Node(facts.type, facts.type, (facts.type,))
    overlay = _Overlay(root, model, lookup)
    for level in reversed(chain):
        overlay.apply(level)
    return ProfileTree(facts, tuple(level.url for level in chain), root, missing, tuple(overlay.defects))


class _Overlay:
    """Lays the differentials of one chain over a tree."""

    def __init__(self, root: Node, model: Model, lookup: Lookup) -> None:
        self.root = root
        self.model = model
        self.lookup = lookup
        self.defects: list[Text] = []
        self._donors: dict[str, Node | None] = {}

    def _donor_of(self, node: Node) -> Node | None:
        """Root of the profile that the values of ``node`` conform to: slices below it may be constrained by
        name."""
        profiles = [profile for entry in node.types for profile in entry.profiles]
        if len(profiles) != 1:
            return None
        url = profiles[0]
        if url not in self._donors:
            self._donors[url] = None  # also ends a circle of profiles
            try:
                tree = merge(url, self.lookup, self.model) if len(self._donors) < MAX_CHAIN else None
            except RecursionError:
                tree = None
            self._donors[url] = tree.root if tree is not None else None
        return self._donors[url]

    def apply(self, facts: ProfileFacts) -> None:
        """One differential."""
        aliases: dict[tuple[str, ...], str] = {}
        for element in facts.elements:
            segments = _segments(element, aliases)
            node = self._find(segments, element, facts.url)
            if node is not None:
                _constrain(node, element)

    def _find(self, segments: list[tuple[str, str, str]], element: ElementFact, url: str) -> Node | None:
        node = self.root
        donor: Node | None = None
        last = len(segments) - 1
        for index, (path_name, id_name, slice_name) in enumerate(segments):
            if index == 0:
                continue
            child = self._child(node, id_name) or self._child(node, path_name)
            if child is None:
                where = f"{url}: {element.id or element.path}"
                self.defects.append(NO_ELEMENT.format(where=where, name=repr(path_name)))
                return None
            target, key = child
            donor = self._donor_of(node) or donor
            if donor is not None:
                donor = donor.children.get(target.name)
                if donor is not None and target.slicing is None:
                    target.slicing = donor.slicing
            names = slice_name.split("/") if slice_name else []
            if not key and target.name.endswith("[x]") and path_name != target.name:
                key = self._type_of(node, path_name)
            if (key and not names) or (key and names and names[0] == id_name):
                names = [key]
            if key and path_name != target.name and target.slicing is None:
                target.only = target.only | {key}
            for name in names:
                found = target.slices.get(name)
                if found is None:
                    if index != last and not key:
                        found = _nearest_slice(target, name)
                    if found is None:
                        found = Node(target.name, f"{target.ident}:{name}", target.codes, name)
                        target.slices[name] = found
                        _type_slice(found, key, name, self.model)
                        if donor is not None and name in donor.slices:
                            _inherit(found, donor.slices[name])
                target = found
                donor = donor.slices.get(name) if donor is not None else None
            node = target
        return node

    def _child(self, node: Node, name: str) -> tuple[Node, str] | None:
        """The child element called ``name`` (created when new), and the JSON key when ``name`` is a choice
        shortcut."""
        found = node.children.get(name)
        if found is not None:
            return found, ""
        stem = name[:-3] if name.endswith("[x]") else name
        for code in node.codes:
            facts = self.model.types.get(code)
            if facts is None:
                continue
            element = facts.stems.get(stem)
            key = ""
            if element is None:
                hit = facts.key(name)
                if hit is None:
                    continue
                element, key = hit.element, name
            child = node.children.get(element.name)
            if child is None:
                codes = tuple(ref.code for ref in element.types)
                child = node.children[element.name] = Node(
                    element.name, f"{node.ident}.{element.name}", codes
                )
            return child, key
        return None

    def _type_of(self, node: Node, name: str) -> str:
        """``name`` when it is the JSON key of a typed choice below ``node``."""
        for code in node.codes:
            facts = self.model.types.get(code)
            hit = facts.key(name) if facts is not None else None
            if hit is not None and hit.element.choice:
                return name
        return ""


def _inherit(node: Node, donor: Node) -> None:
    """Takes over what tells a slice apart from the profile that defines it; its other rules are checked
    there."""
    node.types = node.types or donor.types
    node.fixed = node.fixed or donor.fixed
    node.pattern = node.pattern or donor.pattern
    node.codes = donor.codes
    node.slicing = node.slicing or donor.slicing
    for name, child in donor.children.items():
        if name not in node.children and name not in ("extension", "modifierExtension"):
            copy = node.children[name] = Node(child.name, f"{node.ident}.{name}", child.codes)
            _inherit(copy, child)


def _nearest_slice(target: Node, name: str) -> Node | None:
    """A slice whose name differs from ``name`` only as authors let them differ (case, an infix)."""
    wanted = name.lower()
    matches = [node for key, node in target.slices.items() if key.lower() == wanted]
    return matches[0] if len(matches) == 1 else None


def _type_slice(node: Node, key: str, name: str, model: Model) -> None:
    """Marks a slice of a choice with the type that its key stands for, and narrows its model types."""
    if not node.name.endswith("[x]"):
        return
    stem = node.name[:-3]
    for code in node.codes:
        if stem + code[:1].upper() + code[1:] == (key or name):
            node.type_key = key or name
            node.shortcut = bool(key)
            node.codes = (code,)


def _segments(element: ElementFact, aliases: dict[tuple[str, ...], str]) -> list[tuple[str, str, str]]:
    """``(path name, id name, slice name)`` per step. Without a usable id the slices opened last are meant."""
    names = element.path.split(".")
    parts = _split_id(element.id or element.path)
    if len(parts) == len(names) and (element.id or not element.slice_name):
        result = []
        for name, part in zip(names, parts, strict=True):
            id_name, _, slice_name = part.partition(":")
            result.append((name, id_name, slice_name))
        if element.slice_name and not result[-1][2]:
            result[-1] = (result[-1][0], result[-1][1], element.slice_name)
        if element.id:
            return result
    result = []
    for index, name in enumerate(names):
        at = tuple(names[: index + 1])
        if index == len(names) - 1:
            slice_name = element.slice_name
            if slice_name:
                aliases[at] = slice_name
            else:
                aliases.pop(at, None)
            for other in [key for key in aliases if len(key) > len(at) and key[: len(at)] == at]:
                del aliases[other]
        else:
            slice_name = aliases.get(at, "")
        result.append((name, name, slice_name))
    return result


def _split_id(ident: str) -> list[str]:
    """``Patient.name:a.b.family`` is ambiguous in theory; slice names with dots do not occur."""
    return ident.split(".")


def _constrain(node: Node, element: ElementFact) -> None:
    """Adds what ``element`` says to ``node``."""
    if element.min is not None:
        node.min = max(node.min, element.min)
    if element.max and element.max != "*" and element.max.isdecimal():
        high = int(element.max)
        node.max = high if node.max is None else min(node.max, high)
    if element.types:
        node.types = element.types
        codes = tuple(t.code for t in element.types if t.code not in ("", "BackboneElement", "Element"))
        if codes and not any("." in code for code in node.codes) and node.ident.count("."):
            node.codes = codes
    node.fixed = element.fixed or node.fixed
    node.pattern = element.pattern or node.pattern
    node.min_value = element.min_value or node.min_value
    node.max_value = element.max_value or node.max_value
    node.max_length = element.max_length or node.max_length
    node.modifier = node.modifier or element.modifier
    if element.binding is not None:
        node.binding = _merge_binding(node.binding, element.binding)
    if element.invariants:
        known = {(i.key, i.expression) for i in node.invariants}
        node.invariants += tuple(i for i in element.invariants if (i.key, i.expression) not in known)
    if element.slicing is not None and (element.slicing.discriminators or node.slicing is None):
        node.slicing = element.slicing
    elif element.slicing is not None and node.slicing is not None and element.slicing.rules == "closed":
        node.slicing = SlicingFact(node.slicing.discriminators, "closed", node.slicing.ordered)


def _merge_binding(old: BindingFact | None, new: BindingFact) -> BindingFact:
    if old is None:
        return new
    stronger = max(old.strength, new.strength, key=lambda s: _STRENGTHS.get(s, 0))
    return BindingFact(stronger if not new.value_set else new.strength, new.value_set or old.value_set)
