"""What is divided over slices, and what dividing asks of its surroundings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from harness.fhir.profiles.terminology import Members
from harness.fhir.profiles.tree import Node


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
