"""The fault catalogue: every deliberate defect a twin can be switched to, and what must catch it.

Read from ``profiles/*/faults.yaml``. A fault *kills* its requirements: their verdict leaves ``pass``.
``also`` names at most three requirements that it unavoidably takes along, with the reason; anything else that
changes is a false alarm. A fault with a ``flow`` is switched on only while that flow runs, so that a defect
that would stop every flow shows up in one of them.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import msgspec

from harness.core.data import data_path
from harness.core.errors import ConfigurationError, UsageError, nearest
from harness.core.text import Text
from harness.core.yamlfile import load_yaml


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One switch of a twin.

    :ivar kills: requirement ids whose verdict must leave ``pass``.
    :ivar also: requirement id → reason why it is taken along.
    :ivar flow: flow in which it is switched on; ``""``: always.
    :ivar releases: families in which it exists; empty: all.
    """

    name: str
    role: Literal["his", "dvza", "pgo", "stelselnode"]
    kills: tuple[str, ...]
    title: Text
    also: dict[str, str] = {}
    flow: str = ""
    releases: tuple[str, ...] = ()
    standard: str = ""


@cache
def faults() -> dict[str, Fault]:
    """All faults by name.

    :raises ConfigurationError: a file is wrong or two faults share a name.
    """
    found: dict[str, Fault] = {}
    for path in sorted(data_path("profiles").glob("*/faults.yaml")):
        document = load_yaml(path, schema="faults")
        for index, raw in enumerate(document.data["faults"]):
            item = msgspec.convert({**raw, "standard": document.data.get("standard", "")}, Fault)
            if item.name in found:
                raise ConfigurationError(
                    Text(nl=f"fout '{item.name}' bestaat al", en=f"fault '{item.name}' exists already"),
                    where=document.where("faults", index),
                )
            found[item.name] = item
    return found


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
