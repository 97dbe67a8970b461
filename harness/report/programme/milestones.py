"""The milestones (*mijlpalen*) from contract to verdict, as data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from harness.core.data import data_path
from harness.core.text import Text
from harness.core.yamlfile import load_yaml


@dataclass(frozen=True)
class Milestone:
    """One milestone.

    :ivar by: what shows it: ``attest``, ``tests``, ``basiseisen``, ``field-test`` or ``all``.
    :ivar ids: the basic requirements that show it.
    """

    id: str
    title: Text
    by: str
    ids: tuple[str, ...] = ()


@cache
def milestones() -> tuple[Milestone, ...]:
    """All milestones, in order."""
    document = load_yaml(data_path("profiles", "open-programma", "mijlpalen.yaml"))
    return tuple(
        Milestone(str(raw["id"]), Text(**raw["title"]), str(raw["by"]), tuple(raw.get("ids", ())))
        for raw in document.data["milestones"]
    )
