"""The rules of a profile, compiled from its sparse tree (:mod:`harness.fhir.profiles.differentials`).

The base shape of a value is checked elsewhere (:mod:`.shapes`); a rule only looks at what the profile adds. A
rule is compiled per FHIR type of the value it meets (a choice can be anything), on first use.
"""

from __future__ import annotations

from typing import Any

from harness.fhir.profiles.facts import BindingFact, Value
from harness.fhir.profiles.matching import contains, equal
from harness.fhir.profiles.slicing.items import Item
from harness.fhir.profiles.tree import Node, ProfileTree
from harness.fhir.validation.checks.invariants import Invariants
from harness.fhir.validation.checks.links.references import reference_check
from harness.fhir.validation.checks.values.bindings import binding_check
from harness.fhir.validation.checks.values.ranges import range_check
from harness.fhir.validation.findings import describe
from harness.fhir.validation.occurrences import Gather, gatherer
from harness.fhir.validation.places import Json, Place
from harness.fhir.validation.run import Check, Rules, Run
from harness.fhir.validation.slices import Slices


class ProfileRules:
    """Compiled rules of one profile; those of children are compiled on first use.

    :param tree: the merged tree of the profile.
    :param rules: everything else that documents are validated against.
    """

    __slots__ = ("canonical", "defects", "invariants", "missing", "root", "rules", "type", "url")

    def __init__(self, tree: ProfileTree, rules: Rules, invariants: Invariants) -> None:
        self.rules = rules
        self.invariants = invariants
        self.url = tree.facts.url
        self.canonical = tree.facts.canonical
        self.type = tree.facts.type
        self.missing = tree.missing
        self.defects = tree.defects
        self.root = NodeRule(tree.root, self)

    def apply(self, value: Any, companion: Any, code: str, place: Place, run: Run) -> None:
        """Checks a value (of type ``code``) against the profile."""
        if self.missing:
            run.once(
                "fhir-profile-unknown", self.missing, place, severity="not-checked", expected=self.missing
            )
        for defect in self.defects:
            run.once(
                "fhir-package-defect", defect, place, severity="warning", expected=self.url, received=defect
            )
        self.root.item(Item(value, companion, code, place[3], place[2]), place, run)


class NodeRule:
    """What the profile asks of one element or slice."""

    __slots__ = (
        "_children",
        "_required",
        "_slices",
        "binding",
        "holder",
        "idle",
        "node",
        "profile",
        "stem",
        "targets",
        "typed",
    )

    def __init__(self, node: Node, profile: ProfileRules) -> None:
        self.node = node
        self.profile = profile
        self.stem = node.name.removesuffix("[x]")
        self.holder = node.name in ("contained", "resource")
        self.idle = _asks_nothing(node)
        self._children: dict[str, tuple[tuple[NodeRule, Gather, tuple[str, str] | None], ...]] = {}
        self._slices: Slices | None = None
        self._required: bool | None = None
        self.typed = {entry.code: entry for entry in node.types}
        self.binding: dict[str, Check | None] = {}
        self.targets: dict[str, Check | None] = {}

    # -- one value ------------------------------------------------------------------------------

    def item(self, item: Item, place: Place, run: Run) -> None:
        """Checks one value: type, fixed and pattern, binding, references, profiles, children, invariants."""
        if self.holder and type(item.value) is dict and not run.inside(item.value):
            outer = run.enter(item.value, place)  # here and below, %resource is this one
            self._item(item, place, run)
            run.leave(outer)
        else:
            self._item(item, place, run)

    def _item(self, item: Item, place: Place, run: Run) -> None:
        node = self.node
        before = run.errors
        value, companion, code = item.value, item.companion, item.code
        if node.types and place[0] is not None:
            self._type(item, place, run)
        if node.fixed is not None and not equal(node.fixed.value, value):
            run.add(
                "fhir-fixed",
                place,
                expected=_shown(node.fixed),
                received=value if value is not None else companion,
            )
        if node.pattern is not None and not contains(node.pattern.value, value):
            run.add(
                "fhir-pattern",
                place,
                expected=_shown(node.pattern),
                received=value if value is not None else companion,
            )
        if node.binding is not None:
            self._binding(node.binding, item, place, run)
        if node.min_value is not None or node.max_value is not None:
            range_check(node.min_value, node.max_value, value, place, run)
        if node.max_length and isinstance(value, str) and len(value) > node.max_length:
            run.add(
                "fhir-length",
                place,
                expected=f"<= {node.max_length}",
                received=f"{len(value)}: {describe(value)}",
            )
        if node.children:
            owner = value if type(value) is dict else companion
            if type(owner) is dict:
                self.children(owner, code, place, run)
            elif not isinstance(value, (dict, list)):
                self.children({}, code, place, run)
        if node.invariants and run.errors == before:
            for invariant in node.invariants:
                self.profile.invariants.check(invariant, code)(value, place, run)

    def _type(self, item: Item, place: Place, run: Run) -> None:
        node, model = self.node, self.profile.rules.model
        entry = self.typed.get(item.code)
        if entry is None:
            entry = self.typed.get("") or next(
                (
                    t
                    for t in node.types
                    if t.code in ("BackboneElement", "Element", "Resource", "DomainResource")
                    or model.is_subtype(item.code, t.code)
                    or (t.code == "xhtml")
                ),
                None,
            )
        if entry is None:
            run.add(
                "fhir-choice-type",
                place,
                expected=" | ".join(t.code for t in node.types),
                received=item.code,
            )
            return
        if entry.profiles:
            self._profiles(entry.profiles, item, place, run)
        if item.code == "Reference" and (entry.targets or entry.aggregation):
            check = self.targets.get(item.code)
            if check is None:
                check = self.targets[item.code] = reference_check(entry.targets, entry.aggregation)
            check(item.value, place, run)

    def _profiles(self, profiles: tuple[str, ...], item: Item, place: Place, run: Run) -> None:
        rules = self.profile.rules
        if len(profiles) == 1:
            rules.apply_profile(profiles[0], item.value, item.companion, item.code, place, run)
            return
        answers = [rules.conforms(item.value, item.code, url, place, run) for url in profiles]
        if True not in answers and None not in answers:
            run.add("fhir-choice-type", place, expected=" | ".join(profiles), received=item.value)

    def _binding(self, binding: BindingFact, item: Item, place: Place, run: Run) -> None:
        if item.code not in self.binding:
            # a binding that names no value set leaves that of the base type, which the shape checks
            knowledge = self.profile.rules.knowledge
            self.binding[item.code] = binding_check(knowledge, binding, item.code)
        check = self.binding[item.code]
        if check is not None:
            target = item.value
            if item.code == "Extension" and isinstance(target, dict):
                self._extension_binding(binding, target, place, run)
            elif target is not None:
                check(target, place, run)

    def _extension_binding(self, binding: BindingFact, value: Json, place: Place, run: Run) -> None:
        """A binding on an extension slice means its value."""
        for key, part in value.items():
            if key.startswith("value"):
                code = key[5:]
                name = code if code in self.profile.rules.model.types else code[:1].lower() + code[1:]
                found = binding_check(self.profile.rules.knowledge, binding, name)
                if found is not None:
                    found(part, (place, "value", -1, key), run)

    # -- children -------------------------------------------------------------------------------

    def children(self, owner: Json, code: str, place: Place, run: Run) -> None:
        """Checks everything below one object (or the extensions of a primitive)."""
        found = self._children.get(code)
        if found is None:
            found = self._children[code] = self._compile(code)
        for rule, gather, only in found:
            if only is None or only[0] in owner or only[1] in owner:
                rule.element(gather(owner), place, run)

    def _compile(self, code: str) -> tuple[tuple[NodeRule, Gather, tuple[str, str] | None], ...]:
        """Rules of the children, how to gather their values, and the two keys without which an optional one
        has no work."""
        facts = self.profile.rules.model.types.get(code)
        rules = []
        for name, child in self.node.children.items():
            element = facts.elements.get(name) if facts is not None else None
            if element is not None:
                if _counts_nothing(child) and _asks_nothing(child):
                    continue
                keys = {element.key_for(ref.code): ref.code for ref in element.types}
                rule = NodeRule(child, self.profile)
                optional = len(keys) == 1 and not child.min and not rule.slices_required
                key = next(iter(keys))
                rules.append((rule, gatherer(keys), (key, "_" + key) if optional else None))
        return tuple(rules)

    def element(self, items: list[Item], place: Place, run: Run) -> None:
        """Checks one element by its occurrences: how many, each of them, slices.

        :param place: of the object that holds it.
        """
        node = self.node
        stem = self.stem
        count = len(items)
        if not count and not node.min and not node.slices:
            return
        if count < node.min:
            run.add(
                "fhir-cardinality-min",
                place,
                name=stem,
                expected=f"{node.cardinality} ({self.profile.url})",
                received=str(count),
            )
        if node.max is not None and count > node.max:
            item = items[node.max]
            rule = "fhir-not-allowed" if node.max == 0 else "fhir-cardinality-max"
            run.add(
                rule,
                (place, stem, item.index, item.key),
                name=stem,
                expected=f"{node.cardinality} ({self.profile.url})",
                received=str(count),
            )
        for item in () if self.idle and not node.only else items:
            at = (place, stem, item.index, item.key)
            if node.only and item.key not in node.only:
                run.add("fhir-choice-type", at, expected=" | ".join(sorted(node.only)), received=item.key)
                continue
            self.item(item, at, run)
        if node.slices and (items or self.slices_required):
            self.divide(items, stem, place, run)

    @property
    def slices_required(self) -> bool:
        """Whether some slice must be present."""
        if self._required is None:
            self._required = any(part.min > 0 for part in self.node.slices.values())
        return self._required

    def divide(self, items: list[Item], stem: str, place: Place, run: Run) -> None:
        """Divides the occurrences of an element over its slices and checks each."""
        if self._slices is None:
            profile = self.profile
            self._slices = Slices(
                self.node, profile.url, profile.rules.knowledge, lambda part: NodeRule(part, profile)
            )
        self._slices.divide(items, stem, place, run)


def _asks_nothing(node: Node) -> bool:
    """Whether a profile says nothing of one value of an element (of how many there are it may)."""
    return not (
        node.types
        or node.fixed is not None
        or node.pattern is not None
        or node.binding is not None
        or node.min_value is not None
        or node.max_value is not None
        or node.max_length
        or node.children
        or node.invariants
    )


def _counts_nothing(node: Node) -> bool:
    """Whether a profile says nothing of how many values an element has, of which type, or in which slices."""
    return not (node.min or node.max is not None or node.only or node.slices)


def _shown(value: Value) -> str:
    return describe(value.value)
