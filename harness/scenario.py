"""The vocabulary of scenario files: what happens, step by step, and in which flow.

A scenario is a pytest function. It tells what is exercised and leaves driving, recording, judging and
reporting to the rooms behind it::

    @scenario(
        flow="collect",
        title=Text(nl="De persoon haalt gegevens op", en="The person collects data"),
        steps=(Text(nl="De persoon kiest een praktijk.", en="The person chooses a practice."),),
    )
    def test_collecting(cell: CellRun) -> None:
        cell.judge()

What it asks follows from the catalogue: the groups of requirements that name the scenario. One pytest item is
one group in one cell (HIS × DVZA × PGO × standard × release). A scenario that names ``requirements`` itself
asks those, in one item per cell. What does not depend on the whole cell is asked in one of the cells in which
it is the same (:mod:`harness.matrix.carriers`).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol, TypeVar

from harness.core.data import scenarios_path
from harness.core.run.findings import Cell, Finding
from harness.core.text import Text

__all__ = [
    "CellRun",
    "ProductFailure",
    "Scenario",
    "Text",
    "Undecided",
    "Unsound",
    "scenario",
    "scenario_of",
    "shipped_scenarios",
]

F = TypeVar("F", bound=Callable[..., object])
_ATTRIBUTE = "__harness_scenario__"


@dataclass(frozen=True)
class Scenario:
    """What one scenario function declares.

    :ivar name: function name without ``test_``; stable, used by ``--only``.
    :ivar requirements: ids that it asks; empty: those of the groups that name it.
    :ivar steps: what happens, for people.
    :ivar standard: standard id, or ``None`` when it runs in cells of every standard.
    :ivar flow: the flow whose recording it needs; further ones in ``flows``.
    :ivar group: the group that this part of it asks, ``""``: it is no part.
    :ivar story: title of the whole, when ``title`` is that of a group.
    """

    name: str
    title: Text
    flow: str
    requirements: tuple[str, ...] = ()
    steps: tuple[Text, ...] = ()
    standard: str | None = None
    flows: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    group: str = ""
    story: Text | None = None

    @property
    def all_flows(self) -> tuple[str, ...]:
        """Every flow that must have been driven before this scenario is judged."""
        return tuple(dict.fromkeys((self.flow, *self.flows)))

    def fits(self, cell: Cell) -> bool:
        """Whether the scenario is about the standard and release of a cell."""
        return self.standard in (None, cell.standard) and (not self.releases or cell.release in self.releases)


class CellRun(Protocol):
    """What a scenario function gets as ``cell``."""

    cell: Cell

    def judge(self) -> list[Finding]:
        """Drive what is not yet driven, judge the scenario's requirements, and raise what they ask for.

        :raises ProductFailure: a requirement failed.
        :raises Undecided: a MUST is inconclusive, disputed or not tested.
        :raises Unsound: the harness or the configuration is at fault.
        """
        ...


class Told(Exception):
    """A verdict that an item ends with.

    :ivar message: what was found, a line per requirement; the same fault has the same in every cell and run.
    :ivar details: all of it: where, whose side, what to do.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.details = details or message


class ProductFailure(Told, AssertionError):
    """A product breaks a requirement (Allure: failed)."""


class Undecided(Told):
    """A MUST requirement was not decided or not tested (JUnit: error; Allure: broken)."""


class Unsound(Told):
    """The harness or the configuration is at fault (JUnit: error; Allure: broken)."""


def scenario(
    *,
    title: Text,
    flow: str,
    requirements: tuple[str, ...] = (),
    steps: tuple[Text, ...] = (),
    standard: str | None = None,
    flows: tuple[str, ...] = (),
    releases: tuple[str, ...] = (),
) -> Callable[[F], F]:
    """Declare a scenario function (see the module docstring)."""

    def declare(function: F) -> F:
        declared = Scenario(
            name=function.__name__.removeprefix("test_"),
            title=title,
            requirements=requirements,
            flow=flow,
            steps=steps,
            standard=standard,
            flows=flows,
            releases=releases,
        )
        setattr(function, _ATTRIBUTE, declared)
        return function

    return declare


def scenario_of(function: object) -> Scenario | None:
    """The declaration of a scenario function, or ``None``."""
    found = getattr(function, _ATTRIBUTE, None)
    return found if isinstance(found, Scenario) else None


@cache
def shipped_scenarios() -> tuple[Scenario, ...]:
    """Every scenario that ships with the harness."""
    found: list[Scenario] = []
    for path in sorted(scenarios_path().rglob("test_*.py")):
        spec = importlib.util.spec_from_file_location(f"scenario_{path.stem}", path)
        if spec is None or spec.loader is None:
            continue
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found += [item for item in map(scenario_of, vars(module).values()) if item is not None]
    return tuple(found)
