"""The rules of a profile, compiled from its sparse tree (:mod:`harness.fhir.profiles.differentials`).

The base shape of a value is checked elsewhere (:mod:`.shapes`); a rule only looks at what the profile adds. A
rule is compiled per FHIR type of the value it meets (a choice can be anything), on first use.
"""

from __future__ import annotations

from typing import Any

from harness.fhir.profiles.slicing.items import Item
from harness.fhir.profiles.tree import Node, ProfileTree
from harness.fhir.validation.checks.invariants import Invariants
from harness.fhir.validation.item_checks import ItemCheck, type_steps, value_steps
from harness.fhir.validation.occurrences import Gather, gatherer
from harness.fhir.validation.places import Place
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
                "fhir-package-defect",
                defect.en,
                place,
                severity="warning",
                expected=self.url,
                received=defect,
            )
        self.root.item(Item(value, companion, code, place[3], place[2]), place, run)


class NodeRule:
    """What the profile asks of one element or slice."""

    __slots__ = ("_required", "_slices", "_steps", "holder", "idle", "node", "profile", "stem")

    def __init__(self, node: Node, profile: ProfileRules) -> None:
        self.node = node
        self.profile = profile
        self.stem = node.name.removesuffix("[x]")
        self.holder = node.name in ("contained", "resource")
        self.idle = _asks_nothing(node)
        self._slices: Slices | None = None
        self._required: bool | None = None
        self._steps: dict[str, tuple[tuple[ItemCheck, ...], tuple[Check, ...]]] = {}

    # -- one value ------------------------------------------------------------------------------

    def item(self, item: Item, place: Place, run: Run) -> None:
        """Checks one value: type, fixed and pattern, binding, references, profiles, children; when nothing of
        these is wrong, invariants."""
        found = self._steps.get(item.code)
        if found is None:
            found = self._steps[item.code] = self._compile(item.code)
        steps, invariants = found
        if self.holder and type(item.value) is dict and not run.inside(item.value):
            outer = run.enter(item.value, place)  # here and below, %resource is this one
            self._check(steps, invariants, item, place, run)
            run.leave(outer)
        elif invariants:
            self._check(steps, invariants, item, place, run)
        else:
            for step in steps:
                step(item, place, run)

    @staticmethod
    def _check(
        steps: tuple[ItemCheck, ...], invariants: tuple[Check, ...], item: Item, place: Place, run: Run
    ) -> None:
        before = run.errors
        for step in steps:
            step(item, place, run)
        if run.errors == before:
            for invariant in invariants:
                invariant(item.value, place, run)

    def _compile(self, code: str) -> tuple[tuple[ItemCheck, ...], tuple[Check, ...]]:
        """What is checked of values of one type."""
        node, profile = self.node, self.profile
        found = [
            *(type_steps(node, code, profile.rules) if node.types else ()),
            *value_steps(node, code, profile.rules),
        ]
        if node.children:
            found.append(self._children(code))
        return tuple(found), tuple(profile.invariants.check(fact, code) for fact in node.invariants)

    # -- children -------------------------------------------------------------------------------

    def _children(self, code: str) -> ItemCheck:
        """The check of everything below an object, or of the extensions of a primitive; what it consists of
        is compiled with the first one."""
        rules: tuple[tuple[NodeRule, Gather, str, str], ...] | None = None

        def children(item: Item, place: Place, run: Run) -> None:
            nonlocal rules
            owner = item.value
            if type(owner) is not dict:
                owner = item.companion
                if type(owner) is not dict:
                    if isinstance(item.value, (dict, list)):
                        return
                    owner = {}
            if rules is None:
                rules = self._rules_below(code)
            for rule, gather, key, companion in rules:
                if not key or key in owner or companion in owner:
                    rule.element(gather(owner), place, run)

        return children

    def _rules_below(self, code: str) -> tuple[tuple[NodeRule, Gather, str, str], ...]:
        """Rules of the children, how to gather their values, and the two keys without which an optional one
        has no work (of any other ``""``)."""
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
                key = next(iter(keys)) if optional else ""
                rules.append((rule, gatherer(keys), key, "_" + key))
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
        if node.only:
            self._choice(items, place, run)
        elif not self.idle:
            for item in items:
                self.item(item, (place, stem, item.index, item.key), run)
        if node.slices and (items or self.slices_required):
            self.divide(items, stem, place, run)

    def _choice(self, items: list[Item], place: Place, run: Run) -> None:
        """Checks the values of a choice that is narrowed to some types."""
        only = self.node.only
        for item in items:
            at = (place, self.stem, item.index, item.key)
            if item.key not in only:
                run.add("fhir-choice-type", at, expected=" | ".join(sorted(only)), received=item.key)
            elif not self.idle:
                self.item(item, at, run)

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
