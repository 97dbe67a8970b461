"""Divides the occurrences of an element over the slices of a profile; says what is missing or too much."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from harness.fhir.profiles.facts import CORE
from harness.fhir.profiles.knowledge import Knowledge
from harness.fhir.profiles.slicing.fixed import extension_url
from harness.fhir.profiles.slicing.items import Item, Predicate
from harness.fhir.profiles.slicing.slices import compile_slice
from harness.fhir.profiles.tree import Node
from harness.fhir.validation.checks.links.references import DocumentResolver
from harness.fhir.validation.places import Place
from harness.fhir.validation.run import Run

_LISTS = ("extension", "modifierExtension")


class SliceRule(Protocol):
    """What a profile asks of the items of one slice."""

    @property
    def node(self) -> Node:
        """Constraints on the slice."""

    def item(self, item: Item, place: Place, run: Run) -> None:
        """Checks one item."""

    def divide(self, items: list[Item], stem: str, place: Place, run: Run) -> None:
        """Divides items over the slices inside the slice."""


class Slice:
    """One slice: its rule, and how an item of it is known: by a predicate, or as extension by its URL."""

    __slots__ = ("max", "name", "nested", "predicate", "rule", "url")

    def __init__(self, name: str, rule: SliceRule, predicate: Predicate | None, url: str) -> None:
        self.name = name
        self.rule = rule
        self.predicate = predicate
        self.url = url
        self.max = rule.node.max
        self.nested = bool(rule.node.slices)


class Slices:
    """The slices of one element of a profile.

    :param node: constraints on the element.
    :param profile: canonical URL of the profile, for findings.
    :param make_rule: the rule of one slice.
    """

    __slots__ = ("free", "keys", "ordered", "parts", "profile", "rules", "urls", "wanting")

    def __init__(
        self, node: Node, profile: str, knowledge: Knowledge, make_rule: Callable[[Node], SliceRule]
    ) -> None:
        self.profile = profile
        self.rules = node.slicing.rules if node.slicing is not None else "open"
        self.ordered = node.slicing is not None and node.slicing.ordered
        self.parts = tuple(
            _compile(name, node, part, knowledge, make_rule) for name, part in node.slices.items()
        )
        self.free = self.rules == "open" and not self.ordered
        self.wanting = tuple(
            (number, part)
            for number, part in enumerate(self.parts)
            if part.rule.node.min or (part.predicate is None and not part.url)
        )
        self.urls = _table([part.url for part in self.parts])
        self.keys = _table([part.rule.node.type_key for part in self.parts])

    def divide(self, items: list[Item], stem: str, place: Place, run: Run) -> None:
        """Divides the occurrences of the element over its slices and checks each.

        :param place: of the object that holds the element.
        """
        parts = self.parts
        counts = [0] * len(parts)
        unsure = [False] * len(parts)
        resolver = None if self.urls or self.keys else DocumentResolver(run, place)
        last = -1
        open_seen = False
        for item in items:
            at = (place, stem, item.index, item.key)
            if resolver is None:
                match, undecided = self._look_up(item), False
            else:
                match, undecided = self._find(item, resolver, unsure)
            if match < 0:
                open_seen = True
                if self.rules == "closed" and not undecided:
                    names = " | ".join(part.name for part in parts)
                    run.add("fhir-slice-closed", at, expected=names, received=item.value)
                continue
            part = parts[match]
            counts[match] += 1
            if part.max is not None and counts[match] > part.max:
                self._too_many(part, counts[match], at, run)
            if not self.free:
                if self.ordered and match < last:
                    run.add("fhir-slice-order", at, name=part.name, expected=parts[last].name)
                last = max(last, match)
                if self.rules == "openAtEnd" and open_seen:
                    run.add("fhir-slice-order", at, name=part.name, expected="openAtEnd")
            part.rule.item(item, at, run)
            if part.nested:
                part.rule.divide([item], stem, place, run)
        for number, part in self.wanting:
            self._least(part, counts[number], unsure[number], stem, place, run)

    def _look_up(self, item: Item) -> int:
        """The number of the slice of an item, -1 for none, where all are known by URL or by key."""
        if self.keys:
            return self.keys.get(item.key, -1)
        url = item.value.get("url") if type(item.value) is dict else None
        return self.urls.get(url, -1) if type(url) is str else -1

    def _find(self, item: Item, resolver: DocumentResolver, unsure: list[bool]) -> tuple[int, bool]:
        """The number of the slice of an item, -1 for none, and whether a slice before it could not be told;
        such slices are marked in ``unsure``."""
        undecided = False
        for number, part in enumerate(self.parts):
            if part.url:
                answer: bool | None = type(item.value) is dict and item.value.get("url") == part.url
            elif part.predicate is None:
                answer = None
            else:
                answer = part.predicate(item, resolver)
            if answer:
                return number, undecided
            if answer is None:
                unsure[number] = undecided = True
        return -1, undecided

    def _too_many(self, part: Slice, count: int, at: Place, run: Run) -> None:
        """Reports an item beyond the greatest number of its slice."""
        run.add(
            "fhir-slice-max",
            at,
            name=part.name,
            expected=f"{part.rule.node.cardinality} ({self.profile})",
            received=str(count),
        )

    def _least(self, part: Slice, count: int, unsure: bool, stem: str, place: Place, run: Run) -> None:
        """Reports a slice of which too few items are there, or that cannot be told apart at all."""
        node = part.rule.node
        if part.predicate is None and not part.url:
            run.once(
                "fhir-slice-not-checked",
                node.ident,
                place,
                severity="not-checked",
                name=part.name,
                expected=self.profile,
            )
        elif count < node.min and unsure:
            run.add(
                "fhir-slice-not-checked",
                place,
                severity="not-checked",
                name=part.name,
                expected=self.profile,
            )
        elif count < node.min:
            run.add(
                "fhir-slice-min",
                (place, stem, -1, stem),
                name=f"{stem}:{part.name}",
                expected=f"{node.cardinality} ({self.profile})",
                received=str(count),
            )


def _compile(
    name: str, node: Node, part: Node, knowledge: Knowledge, make_rule: Callable[[Node], SliceRule]
) -> Slice:
    """One slice of ``node``."""
    url = ""
    if node.name in _LISTS:
        url = extension_url(part)
        if url and part.max is None and not url.startswith(CORE):
            # Without an own maximum the root cardinality of the extension's definition holds; that of
            # HL7's own definitions is no more than documentation (the peer sees it the same way).
            tree = knowledge.tree(url)
            part.max = tree.root.max if tree is not None else None
    predicate = None if url else compile_slice(part, node.slicing, knowledge)
    return Slice(name, make_rule(part), predicate, url)


def _table(names: list[str]) -> dict[str, int]:
    """Number of the first slice with a name, when each has one; else nothing."""
    return {name: number for number, name in reversed(list(enumerate(names)))} if all(names) else {}
