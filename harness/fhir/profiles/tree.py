"""The constraints of a profile as a sparse tree, which :mod:`.differentials` makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from harness.core.text import Text
from harness.fhir.profiles.facts import BindingFact, InvariantFact, ProfileFacts, SlicingFact, TypeFact, Value


class Node:
    """Constraints on one element (or slice) of a profile; mutable while merging, then left alone.

    :ivar name: element name as in the model (``value[x]``), the type name for the root.
    :ivar ident: element id, for messages (``Observation.component:systolic``).
    :ivar codes: model types that the element can have here.
    :ivar min: least number that the profile asks, 0 when it adds nothing to the base.
    :ivar max: greatest number, ``None`` when it adds nothing to the base.
    :ivar types: allowed types with profiles and targets, ``()`` when not constrained.
    :ivar slices: by name; each holds only what the slice adds to the unsliced element.
    :ivar only: JSON keys that a choice is narrowed to by shortcut paths (``valueQuantity``); empty is any.
    :ivar type_key: for a slice of a choice: its JSON key (``valueQuantity``), else ``""``.
    """

    __slots__ = (
        "binding",
        "children",
        "codes",
        "fixed",
        "ident",
        "invariants",
        "max",
        "max_length",
        "max_value",
        "min",
        "min_value",
        "modifier",
        "name",
        "only",
        "pattern",
        "shortcut",
        "slice_name",
        "slices",
        "slicing",
        "type_key",
        "types",
    )

    def __init__(self, name: str, ident: str, codes: tuple[str, ...], slice_name: str = "") -> None:
        self.name = name
        self.ident = ident
        self.codes = codes
        self.slice_name = slice_name
        self.min = 0
        self.max: int | None = None
        self.types: tuple[TypeFact, ...] = ()
        self.fixed: Value | None = None
        self.pattern: Value | None = None
        self.min_value: Value | None = None
        self.max_value: Value | None = None
        self.max_length = 0
        self.binding: BindingFact | None = None
        self.invariants: tuple[InvariantFact, ...] = ()
        self.slicing: SlicingFact | None = None
        self.slices: dict[str, Node] = {}
        self.children: dict[str, Node] = {}
        self.type_key = ""
        self.shortcut = False
        self.only: frozenset[str] = frozenset()
        self.modifier = False

    def __repr__(self) -> str:
        return f"Node({self.ident!r})"

    @property
    def cardinality(self) -> str:
        """How often it may occur, for messages (``component:systolic 1..1``)."""
        high = "*" if self.max is None else str(self.max)
        return f"{self.ident.rpartition('.')[2]} {self.min}..{high}"

    def walk(self) -> Iterator[Node]:
        """The node, its slices and everything below, in order."""
        yield self
        for node in self.slices.values():
            yield from node.walk()
        for node in self.children.values():
            yield from node.walk()


class ProfileTree(NamedTuple):
    """The merged constraints of a profile.

    :ivar facts: the profile itself (the last of the chain).
    :ivar chain: canonical URLs from the profile up to the last parent that is not a base type.
    :ivar root: constraints at and below the root.
    :ivar missing: canonical URL of a parent that is not available, ``""`` when all are.
    :ivar defects: things in the package that could not be used, for a warning.
    """

    facts: ProfileFacts
    chain: tuple[str, ...]
    root: Node
    missing: str
    defects: tuple[Text, ...]
