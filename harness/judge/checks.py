"""Checks that a requirement states as data: what is looked at, so that a standard needs no code for it.

The judges are in :mod:`harness.judge.every_standard.stated`; the shapes are those of the requirement schema.
"""

from __future__ import annotations

import msgspec


class Selection(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="selection"):
    """What the reference record holds under a query comes back: all of it, once, and nothing else."""

    operation: str


class Empty(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="empty"):
    """A search that finds nothing is answered with an empty searchset."""

    operation: str


class Window(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="window"):
    """Every match lies in the period that the query asks for.

    :ivar parameter: search parameter of the query; ``element``: what it searches.
    """

    operations: tuple[str, ...]
    parameter: str
    element: str


class Present(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="present"):
    """Every match has these elements."""

    operations: tuple[str, ...]
    elements: tuple[str, ...]


class Includes(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="includes"):
    """What these references of a match point at is in the Bundle; those to other ``types`` are ignored."""

    operation: str
    references: tuple[str, ...]
    types: tuple[str, ...]


class Code(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="code"):
    """This element of every match has this code."""

    operations: tuple[str, ...]
    element: str
    system: str
    code: str


class Measured(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="measured"):
    """Every match has a value (a quantity: a number and a unit), parts, members or the reason why not."""

    operations: tuple[str, ...]


class Hidden(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="hidden"):
    """What the reference record keeps in the HIS is in no answer."""


Check = Selection | Empty | Window | Present | Includes | Code | Measured | Hidden
