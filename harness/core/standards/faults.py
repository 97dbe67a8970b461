"""The fault catalogue: every deliberate defect a twin can be switched to, and what must catch it.

Read from ``faults.yaml`` of the trust framework, of each standard, and of every standard. A fault *kills* its
requirements: their verdict leaves ``pass``. ``also`` names requirements that it unavoidably takes along, with
the reason; anything else that changes is a false alarm. A fault with a ``flow`` is switched on only while
that flow runs, so that a defect that would stop every flow shows up in one of them.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import msgspec

from harness.core.errors import UsageError, nearest
from harness.core.standards.completeness import require_complete
from harness.core.standards.entries import every_fault, own_entries, trust_entries
from harness.core.standards.table import standards
from harness.core.text import Text


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a fault does to the matches of an answer, where data can say it.

    :ivar set: element → value (T-relative; ``None`` leaves it out), of the first match.
    :ivar lose: the last match is missing; ``twice``: the first occurs twice.
    :ivar every: every match, not one.
    """

    set: dict[str, Any] = {}
    lose: bool = False
    twice: bool = False
    every: bool = False


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One switch of a twin.

    :ivar kills: requirement ids whose verdict must leave ``pass``.
    :ivar also: requirement id → reason why it is taken along.
    :ivar flow: flow in which it is switched on; ``""``: always.
    :ivar releases: families in which it exists; empty: all.
    :ivar on: queries that it acts on; empty: every search.
    :ivar change: what it does to an answer; ``None``: code says it.
    """

    name: str
    role: Literal["his", "dvza", "pgo", "stelselnode"]
    kills: tuple[str, ...]
    title: Text
    also: dict[str, str] = {}
    flow: str = ""
    releases: tuple[str, ...] = ()
    standard: str = ""
    on: tuple[str, ...] = ()
    change: Change | None = None


@cache
def faults() -> dict[str, Fault]:
    """All faults by name.

    :raises ConfigurationError: a folder of a standard is not whole.
    """
    require_complete()
    table = standards().values()
    entries = [
        *trust_entries("faults"),
        *(entry for item in table for entry in own_entries(item, "faults")),
        *every_fault(table),
    ]
    return {
        entry.data["name"]: msgspec.convert({**entry.data, "standard": entry.standard}, Fault)
        for entry in entries
    }


def fault(name: str) -> Fault:
    """One fault.

    :raises UsageError: unknown name, with the nearest known one.
    """
    if name not in faults():
        hint = nearest(name, faults())
        raise UsageError(
            Text(nl=f"onbekende fout-schakelaar '{name}'", en=f"unknown fault '{name}'"),
            next_step=Text(nl=f"bedoelde u '{hint}'?", en=f"did you mean '{hint}'?") if hint else "",
        )
    return faults()[name]


def active(names: tuple[str, ...], flow: str) -> frozenset[str]:
    """Of the faults that a twin was given, those that are on while ``flow`` runs."""
    known = faults()
    return frozenset(name for name in names if name not in known or known[name].flow in ("", flow))
