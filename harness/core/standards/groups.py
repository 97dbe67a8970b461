"""Groups of requirements: what one item of a run asks in one cell. A requirement names its group.

Groups of the trust framework and of every standard stand in a ``groups.yaml``; a standard adds its own in its
``standard.yaml``. Each says which scenario below ``scenarios/`` asks it, and has a title for people.
"""

from __future__ import annotations

from functools import cache

import msgspec

from harness.core.data import data_path
from harness.core.standards.entries import EVERY_FOLDER, TRUST_FOLDER
from harness.core.standards.table import Group, Standard, standard
from harness.core.text import Text
from harness.core.yamlfile import load_yaml


class NamedGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group with its name and the standard whose requirements it holds (``""``: the trust framework).

    :ivar scenario: name of the scenario that asks it.
    :ivar look: where to look when one of them is broken.
    """

    name: str
    standard: str
    scenario: str
    title: Text
    look: Text


@cache
def _shipped(folder: str) -> dict[str, Group]:
    document = load_yaml(data_path("profiles", folder, "groups.yaml"), schema="groups")
    return msgspec.convert(document.data["groups"], dict[str, Group])


def trust_groups() -> tuple[NamedGroup, ...]:
    """The groups of the trust framework, in reading order."""
    return _named(_shipped(TRUST_FOLDER), "")


def groups_of(item: Standard) -> tuple[NamedGroup, ...]:
    """The groups of a standard, those of every standard first."""
    return _named({**_shipped(EVERY_FOLDER), **item.groups}, item.id)


@cache
def groups(standard_id: str) -> tuple[NamedGroup, ...]:
    """All groups of the cells of a standard: those of the trust framework, then its own.

    :raises UsageError: unknown standard id.
    """
    return (*trust_groups(), *groups_of(standard(standard_id)))


@cache
def where_to_look(standard_id: str, group: str) -> Text:
    """Where to look when a requirement of a group is broken.

    :param standard_id: ``""``: a group of the trust framework.
    """
    found = groups_of(standard(standard_id)) if standard_id else trust_groups()
    return next(item.look for item in found if item.name == group)


def _named(found: dict[str, Group], standard_id: str) -> tuple[NamedGroup, ...]:
    return tuple(
        NamedGroup(name=name, standard=standard_id, scenario=item.scenario, title=item.title, look=item.look)
        for name, item in found.items()
    )
