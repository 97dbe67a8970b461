"""What the harness tests, by what, and what it does not test and why: requirements and basic requirements.

Follows from the catalogue, the scenarios, the faults of the twins, and the list of the OPEN programme.
What names something that is not there, and what is tested by nothing although a judge decides it, is *stale*.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from harness.core.standards.faults import Fault, faults
from harness.core.standards.groups import groups_of, trust_groups
from harness.core.standards.table import standards
from harness.core.text import Text
from harness.judge.catalogue import Catalogue, Requirement
from harness.report.grouping import why_not_asked
from harness.report.programme.basiseisen import SUPPLIER, UNTESTED, Basiseis, basiseisen
from harness.scenario import Scenario

_ROW: Final = re.compile(r"^\| `(?P<fault>[^`]+)` \|[^|]*\|(?P<kills>[^|]*)\|(?P<also>[^|]*)\|", re.M)
_ID: Final = re.compile(r"[A-Z]{2}-[A-Z][A-Z0-9]*-\d{3}")


class By(str, Enum):
    """What decides a basic requirement."""

    TESTS = "tests"
    SAMPLE = "sample"
    PROOF = "proof"
    PERSON = "person"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Covered:
    """One requirement.

    :ivar scenarios: names of those that ask it; none: nothing does.
    :ivar why: why it is not tested, ``None``: it is.
    """

    requirement: Requirement
    scenarios: tuple[str, ...]
    why: Text | None


@dataclass(frozen=True)
class CoveredBasiseis:
    """One basic requirement.

    :ivar tests: ids of the requirements that decide it, or support who decides it; ``planned``: not yet.
    :ivar why: what a person judges, or why nothing decides it; ``None``: tests do.
    """

    basiseis: Basiseis
    by: By
    tests: tuple[str, ...]
    planned: tuple[str, ...]
    why: Text | None


@dataclass(frozen=True)
class Coverage:
    """All of it.

    :ivar stale: what does not fit together any more.
    """

    requirements: tuple[Covered, ...]
    basiseisen: tuple[CoveredBasiseis, ...]
    stale: tuple[Text, ...]


def coverage(catalogue: Catalogue, scenarios: Sequence[Scenario], pages: Mapping[str, str]) -> Coverage:
    """What is covered by what.

    :param pages: text of documentation pages by name, those that are there.
    """
    asking = _asking(catalogue, scenarios)
    found = tuple(
        Covered(item, asking.get(item.id, ()), None if item.decidable else why_not_asked(item, "full"))
        for item in sorted(catalogue, key=lambda one: one.id)
    )
    rows = tuple(_basiseis(item, catalogue) for item in basiseisen())
    stale = (
        *_stale_requirements(found),
        *_stale_scenarios(catalogue, scenarios),
        *_stale_faults(catalogue, faults().values()),
        *_stale_table(catalogue, pages.get("kill-table.md", "")),
        *_stale_basiseisen(rows, catalogue),
    )
    return Coverage(found, rows, stale)


def _groups() -> Iterator[tuple[str, str, str]]:
    """Standard, name and scenario of every group."""
    for group in trust_groups():
        yield "", group.name, group.scenario
    for item in standards().values():
        for group in groups_of(item):
            yield item.id, group.name, group.scenario


def _asking(catalogue: Catalogue, scenarios: Iterable[Scenario]) -> dict[str, tuple[str, ...]]:
    """Names of the scenarios that ask a requirement, by its id."""
    known = {item.name for item in scenarios}
    found: dict[str, list[str]] = {}
    for standard, group, scenario in _groups():
        for requirement in catalogue.in_group(standard, group) if scenario in known else ():
            found.setdefault(requirement.id, []).append(scenario)
    for item in scenarios:
        for name in item.requirements:
            found.setdefault(name, []).append(item.name)
    return {name: tuple(dict.fromkeys(names)) for name, names in found.items()}


def _basiseis(item: Basiseis, catalogue: Catalogue) -> CoveredBasiseis:
    mine = sorted(
        (one for one in catalogue if item.id in one.basiseis and one.role in SUPPLIER), key=lambda one: one.id
    )
    tests = tuple(one.id for one in mine if one.decidable)
    planned = tuple(one.id for one in mine if not one.decidable)
    by = {"S": By.PROOF, "M": By.PERSON}.get(item.kind, By.TESTS if tests else By.NOTHING)
    if item.sampled:
        by = By.SAMPLE
    return CoveredBasiseis(item, by, tests, planned, None if by is By.TESTS else item.reason)


def _stale_requirements(found: Iterable[Covered]) -> Iterator[Text]:
    for item in found:
        name = item.requirement.id
        if item.requirement.decidable and not item.scenarios:
            yield Text(nl=f"{name}: geen scenario vraagt deze eis", en=f"{name}: no scenario asks it")
        if item.requirement.decidable and not item.requirement.faults:
            yield Text(nl=f"{name}: geen fout bewijst deze eis", en=f"{name}: no fault proves it")
        if item.why is not None and not item.why.nl:
            yield Text(
                nl=f"{name}: niet getoetst, zonder reden", en=f"{name}: not tested, and no reason is given"
            )


def _stale_scenarios(catalogue: Catalogue, scenarios: Sequence[Scenario]) -> Iterator[Text]:
    known = {item.name for item in scenarios}
    asked = {scenario for _, _, scenario in _groups()}
    for standard, group, scenario in _groups():
        place = f"{standard or 'afsprakenstelsel'}/{group}"
        if scenario not in known:
            yield Text(
                nl=f"groep {place}: scenario '{scenario}' bestaat niet",
                en=f"group {place}: there is no scenario '{scenario}'",
            )
    for item in scenarios:
        yield from _unknown(f"scenario {item.name}", item.requirements, catalogue)
        if not item.requirements and item.name not in asked:
            yield Text(nl=f"scenario {item.name}: vraagt niets", en=f"scenario {item.name}: asks nothing")


def _stale_faults(catalogue: Catalogue, known: Iterable[Fault]) -> Iterator[Text]:
    for item in known:
        if not item.kills:
            yield Text(nl=f"fout {item.name}: breekt niets", en=f"fault {item.name}: breaks nothing")
        yield from _unknown(f"fault {item.name}", (*item.kills, *item.also), catalogue)


def _stale_table(catalogue: Catalogue, page: str) -> Iterator[Text]:
    """Rows of the kill table that name a fault or a requirement that is not there."""
    known = faults()
    for row in _ROW.finditer(page):
        place = f"kill-table.md: {row['fault']}"
        if row["fault"] not in known:
            yield Text(nl=f"{place}: deze fout bestaat niet", en=f"{place}: there is no such fault")
        yield from _unknown(place, _ID.findall(row["kills"] + row["also"]), catalogue)


def _stale_basiseisen(rows: Iterable[CoveredBasiseis], catalogue: Catalogue) -> Iterator[Text]:
    known = set()
    for row in rows:
        known.add(row.basiseis.id)
        if row.by is not By.TESTS and row.basiseis.reason == UNTESTED:
            yield Text(
                nl=f"{row.basiseis.id}: niet getoetst, zonder reden",
                en=f"{row.basiseis.id}: not tested, and no reason is given",
            )
    for item in catalogue:
        for name in item.basiseis:
            if name not in known:
                yield Text(
                    nl=f"{item.id}: basiseis {name} bestaat niet",
                    en=f"{item.id}: there is no basic requirement {name}",
                )


def _unknown(place: str, names: Iterable[str], catalogue: Catalogue) -> Iterator[Text]:
    for name in dict.fromkeys(names):
        if name not in catalogue:
            yield Text(nl=f"{place}: eis {name} bestaat niet", en=f"{place}: there is no requirement {name}")


def document(found: Coverage) -> dict[str, Any]:
    """The same as one JSON object; schema ``coverage-1``."""
    return {
        "schema": "coverage-1",
        "requirements": [
            {
                "id": item.requirement.id,
                "title": item.requirement.title,
                "standard": item.requirement.standard,
                "releases": item.requirement.releases,
                "tested": item.why is None,
                "scenarios": item.scenarios,
                "faults": item.requirement.faults,
                "basiseisen": item.requirement.basiseis,
                "reason": item.why,
            }
            for item in found.requirements
        ],
        "basiseisen": [
            {
                "id": item.basiseis.id,
                "title": item.basiseis.title,
                "class": item.basiseis.kind,
                "blocking": item.basiseis.blocking,
                "by": item.by.value,
                "tests": item.tests,
                "planned": item.planned,
                "reason": item.why,
            }
            for item in found.basiseisen
        ],
        "stale": found.stale,
    }
