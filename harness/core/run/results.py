"""What comes of the cells, as documents: ``findings/<cell>.json``, and ``findings.json``, their join.

The first is written when a cell ends, the second when the run has ended: the findings of all cells in the
order of the plan. Both have one form, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal

import msgspec

from harness.core.run.findings import Cell, Finding, canonical
from harness.core.run.info import RunInfo, Share, Trouble
from harness.core.run.once import Once

_REPEATED: Final = ("requirement", "party", "mode", "expected", "rule", "holds_for", "nl")


class CellResult(msgspec.Struct, frozen=True, kw_only=True):
    """``findings/<cell>.json``.

    :ivar exchanges: how many were recorded.
    :ivar requirements: what it was asked in the end; ``shared`` for which other cells too.
    :ivar elsewhere: requirements that another cell decided in the place of this one, with that cell's key.
    :ivar troubles: what went wrong outside the products while the cell was driven or judged.
    :ivar findings: sorted, without duplicates.
    """

    schema: Literal["cell-1"] = "cell-1"
    cell: Cell
    exchanges: int
    requirements: tuple[str, ...] = ()
    shared: tuple[Share, ...] = ()
    elsewhere: dict[str, str] = {}
    troubles: tuple[Trouble, ...] = ()
    findings: tuple[Finding, ...]


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """``findings.json``."""

    schema: Literal["findings-1"] = "findings-1"
    findings: tuple[Finding, ...]


def cell_result(
    info: RunInfo,
    cell: Cell,
    findings: Iterable[Finding],
    *,
    exchanges: int,
    elsewhere: Mapping[str, str] | None = None,
) -> CellResult:
    """What came of a cell, with its findings in the one order.

    :param info: what the cell was judged with.
    """
    return CellResult(
        cell=cell,
        exchanges=exchanges,
        requirements=info.asked(cell),
        shared=info.settings.shared.get(cell.key, ()),
        elsewhere=dict(elsewhere or {}),
        troubles=tuple(item for item in info.troubles if item.cell == cell.key),
        findings=canonical(findings),
    )


class _Unread(msgspec.Struct, frozen=True, kw_only=True):
    """``findings.json`` whose findings are still bytes."""

    schema: Literal["findings-1"]
    findings: tuple[msgspec.Raw, ...]


def read_findings(data: bytes) -> tuple[Finding, ...]:
    """The findings of ``findings.json``; what many of them say the same is held once.

    :raises msgspec.MsgspecError: it is something else.
    """
    once, decoder = Once(), msgspec.json.Decoder(Finding)
    return tuple(
        msgspec.structs.replace(
            item,
            cell=once(item.cell),
            next_step=once(item.next_step),
            **{name: once(getattr(item, name)) for name in _REPEATED},
        )
        for item in map(decoder.decode, msgspec.json.decode(data, type=_Unread).findings)
    )


def encode(document: CellResult | Findings) -> bytes:
    """The one form in which a document is written: JSON with one finding per line."""
    head = msgspec.json.encode(msgspec.structs.replace(document, findings=()))
    return b"".join(_listed(head, [document.findings]))


def join(parts: Iterable[Iterable[Finding]]) -> Iterator[bytes]:
    """``findings.json`` of the findings of each cell, in the order of the plan, piece by piece.

    The pieces together are :func:`encode` of all findings; so no run has to be in memory as a whole.
    """
    return _listed(msgspec.json.encode(Findings(findings=())), parts)


def _listed(document: bytes, parts: Iterable[Iterable[Finding]]) -> Iterator[bytes]:
    """A document that ends with an empty list of findings, with these findings in it."""
    yield document.removesuffix(b"]}")
    separator = b"\n"
    for part in parts:
        for item in part:
            yield separator + msgspec.json.encode(item)
            separator = b",\n"
    yield b"\n]}\n"
