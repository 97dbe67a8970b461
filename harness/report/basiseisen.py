"""Traceability from the basic requirements (*basiseisen*) of the OPEN programme to verdicts.

The list is data: ``profiles/open-programma/basiseisen.yaml``. A basic requirement has a verdict when at least
one requirement that covers it was decided in this run; otherwise the reason why not is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from harness.core.data import data_path
from harness.core.text import Text
from harness.core.verdicts import Verdict, worst
from harness.core.yamlfile import load_yaml
from harness.judge.catalogue import Requirement


@dataclass(frozen=True)
class Basiseis:
    """One basic requirement in a report.

    :ivar verdict: worst verdict of the requirements that cover it, ``None`` when none was decided.
    """

    id: str
    title: Text
    verdict: Verdict | None
    requirements: tuple[str, ...]
    reason: Text


@cache
def _catalogue() -> tuple[tuple[str, Text, Text], ...]:
    document = load_yaml(data_path("profiles", "open-programma", "basiseisen.yaml"))
    rows = []
    for raw in document.data["basiseisen"]:
        reason = raw.get("reason") or {"nl": "geen toets in deze run", "en": "no test in this run"}
        rows.append((str(raw["id"]), Text(**raw["title"]), Text(**reason)))
    return tuple(rows)


def basiseis_rows(verdicts: Iterable[tuple[Requirement, Verdict]]) -> list[Basiseis]:
    """A row for every basic requirement, in id order."""
    covering: dict[str, list[tuple[str, Verdict]]] = {}
    for requirement, verdict in verdicts:
        for basiseis in requirement.basiseis:
            covering.setdefault(basiseis, []).append((requirement.id, verdict))
    return [
        Basiseis(
            id=identifier,
            title=title,
            verdict=worst([verdict for _, verdict in covering[identifier]])
            if identifier in covering
            else None,
            requirements=tuple(sorted(name for name, _ in covering.get(identifier, []))),
            reason=reason,
        )
        for identifier, title, reason in _catalogue()
    ]
