"""Which requirements are decided by requests that must be refused, and by nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.core.run.findings import Finding
from harness.judge.registry import judge
from harness.judge.trust.refusals.findings import refusals
from harness.judge.trust.steps import trust
from harness.judge.view import CellView

REQUIREMENTS: Final = (
    "MM-AUT-002", "MM-AUT-003", "MM-AUT-004", "MM-AUT-007", "MM-AUT-008", "MM-AUT-011", "MM-AUT-012",
    "MM-AUT-013", "MM-AUT-014", "MM-CON-011", "MM-CON-012",
    "MM-LST-008",
    "MM-TOK-006", "MM-TOK-007", "MM-TOK-008", "MM-TOK-018", "MM-TOK-022", "MM-TOK-023",
    "MM-RSC-001", "MM-RSC-002", "MM-RSC-003", "MM-RSC-007", "MM-RSC-009", "MM-RSC-010", "MM-RSC-011",
    "MM-RSC-012", "MM-RSC-013", "MM-RSC-014",
)  # fmt: skip


@judge(*REQUIREMENTS)
def must_be_refused(view: CellView) -> Iterator[Finding]:
    """Every door stays shut, in the right form."""
    cell = trust(view)
    for requirement in REQUIREMENTS:
        if cell.release.id in view.catalogue[requirement].releases:
            yield from refusals(cell, requirement)
