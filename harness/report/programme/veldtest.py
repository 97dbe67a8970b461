"""The checklist of a field test (*veldtest*): steps that people attest, and what they stated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

from harness.core.data import data_path
from harness.core.run.agreed.attestations import Attestation
from harness.core.text import Text
from harness.core.yamlfile import load_yaml


@dataclass(frozen=True)
class Step:
    """One step.

    :ivar phase: ``before``, ``during`` or ``after``.
    """

    id: str
    phase: str
    title: Text


@cache
def steps() -> tuple[Step, ...]:
    """All steps, in order."""
    document = load_yaml(data_path("profiles", "open-programma", "veldtest.yaml"))
    return tuple(
        Step(id=str(raw["id"]), phase=str(raw["phase"]), title=Text(**raw["title"]))
        for raw in document.data["steps"]
    )


def step_rows(stated: Iterable[Attestation], day: date) -> list[tuple[Step, tuple[Attestation, ...]]]:
    """Every step with what was stated of it and holds; some are stated per patient and PGO."""
    found: dict[str, list[Attestation]] = {}
    for item in stated:
        if item.holds(day):
            found.setdefault(item.item, []).append(item)
    return [(step, tuple(found.get(step.id, ()))) for step in steps()]
