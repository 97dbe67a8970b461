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

    __slots__ = ("name", "predicate", "rule", "url")

    def __init__(self, name: str, rule: SliceRule, predicate: Predicate | None, url: str) -> None:
        self.name = name
        self.rule = rule
        self.predicate = predicate
        self.url = url


class Slices:
    """The slices of one element of a profile.

    :param node: constraints on the element.
    :param profile: canonical URL of the profile, for findings.
    :param make_rule: the rule of one slice.
    """

    __slots__ = ("ordered", "parts", "profile", "rules")

    def __init__(
        self, node: Node, profile: str, knowledge: Knowledge, make_rule: Callable[[Node], SliceRule]
    ) -> None:
        self.profile = profile
        self.rules = node.slicing.rules if node.slicing is not None else "open"
        self.ordered = node.slicing is not None and node.slicing.ordered
        self.parts = tuple(
            _compile(name, node, part, knowledge, make_rule) for name, part in node.slices.items()
        )

    def divide(self, items: list[Item], stem: str, place: Place, run: Run) -> None:
        """Divides the occurrences of the element over its slices and checks each.

        :param place: of the object that holds the element.
        """
        parts = self.parts
        resolver = DocumentResolver(run, place)
        counts = [0] * len(parts)
        unsure = [False] * len(parts)
        last = -1
        open_seen = False
        for item in items:
            at = (place, stem, item.index, item.key)
            match, undecided = self._find(item, resolver, unsure)
            if match < 0:
                open_seen = True
                if self.rules == "closed" and not undecided:
                    names = " | ".join(part.name for part in parts)
                    run.add("fhir-slice-closed", at, expected=names, received=item.value)
                continue
            part = parts[match]
            counts[match] += 1
            self._most(part, counts[match], at, run)
            if self.ordered and match < last:
                run.add("fhir-slice-order", at, name=part.name, expected=parts[last].name)
            last = max(last, match)
            if self.rules == "openAtEnd" and open_seen:
                run.add("fhir-slice-order", at, name=part.name, expected="openAtEnd")
            part.rule.item(item, at, run)
            if part.rule.node.slices:
                part.rule.divide([item], stem, place, run)
        for number, part in enumerate(parts):
            self._least(part, counts[number], unsure[number], stem, place, run)

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

    def _most(self, part: Slice, count: int, at: Place, run: Run) -> None:
        """Reports an item beyond the greatest number of its slice."""
        high = part.rule.node.max
        if high is not None and count > high:
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
