"""What comes of the cells, as documents: ``findings/<cell>.json``, and ``findings.json``, their join.

The first is written when a cell ends, the second when the run has ended: the findings of all cells in the
order of the plan. Both have one form, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from harness.core.run.findings import Cell, Finding, canonical
from harness.core.run.info import Trouble


class CellResult(msgspec.Struct, frozen=True, kw_only=True):
    """``findings/<cell>.json``.

    :ivar exchanges: how many were recorded.
    :ivar troubles: what went wrong outside the products while the cell was driven or judged.
    :ivar findings: sorted, without duplicates.
    """

    schema: Literal["cell-1"] = "cell-1"
    cell: Cell
    exchanges: int
    troubles: tuple[Trouble, ...] = ()
    findings: tuple[Finding, ...]


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """``findings.json``."""

    schema: Literal["findings-1"] = "findings-1"
    findings: tuple[Finding, ...]


def cell_result(
    cell: Cell, findings: Iterable[Finding], *, exchanges: int, troubles: Iterable[Trouble] = ()
) -> CellResult:
    """What came of a cell, with its findings in the one order."""
    return CellResult(cell=cell, exchanges=exchanges, troubles=tuple(troubles), findings=canonical(findings))


def encode(document: CellResult | Findings) -> bytes:
    """The one form in which a document is written."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def join(parts: Iterable[Iterable[Finding]]) -> Iterator[bytes]:
    """``findings.json`` of the findings of each cell, in the order of the plan, piece by piece.

    The pieces together are :func:`encode` of all findings; so no run has to be in memory as a whole.
    """
    yield b'{\n "schema": "findings-1",\n "findings": ['
    separator = b"\n  "
    for part in parts:
        for item in part:
            text = msgspec.json.format(msgspec.json.encode(item), indent=1)
            yield separator + text.replace(b"\n", b"\n  ")
            separator = b",\n  "
    yield b"]\n}\n" if separator == b"\n  " else b"\n ]\n}\n"
