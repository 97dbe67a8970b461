"""The pages of the documentation that follow from the catalogue: requirements, basic requirements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from harness.core.data import data_root
from harness.core.standards.table import standards
from harness.core.text import Text, both
from harness.judge.catalogue import Catalogue, Requirement
from harness.report.programme.coverage import By, Coverage, coverage
from harness.report.words import more
from harness.scenario import Scenario

NAMED: Final = 6
"""Ids of tests that a row names; the rest is counted."""
BY: Final[Mapping[By, Text]] = {
    By.TESTS: Text(nl="toetsen", en="tests"),
    By.SAMPLE: Text(
        nl="een steekproef over de tijd, door een tweede beoordeeld",
        en="a sample over time that a second person reviewed",
    ),
    By.PROOF: Text(nl="bewijs, door een tweede beoordeeld", en="a proof that a second person reviewed"),
    By.PERSON: Text(
        nl="een oordeel, door een tweede beoordeeld", en="a judgement that a second person reviewed"
    ),
    By.NOTHING: Text(nl="nog niets", en="nothing yet"),
}


def shipped(catalogue: Catalogue) -> list[Requirement]:
    """The requirements of this repository, in id order; not those of standards that other packages bring."""
    ours = {"", *(item.id for item in standards().values() if item.own)}
    return sorted((item for item in catalogue if item.standard in ours), key=lambda item: item.id)


def requirements_page(catalogue: Catalogue) -> str:
    """The table of standards and all requirements, with source, strength, state and basic requirement."""
    by_standard: dict[str, list[str]] = {}
    for item in shipped(catalogue):
        state = item.state if item.kind == "automatic" else f"{item.state}, {item.kind}"
        row = " | ".join(
            (
                f"`{item.id}`",
                item.title.en.replace("|", "\\|"),
                item.topic,
                item.role,
                ", ".join(item.depends),
                item.strength.value,
                state,
                f"{item.source} ({item.mark})".replace("|", "\\|"),
                ", ".join(item.basiseis) or "–",
            )
        )
        by_standard.setdefault(item.standard or "Trust framework (every standard)", []).append(f"| {row} |")
    lines = [
        "# Requirements",
        "",
        "Generated from the folders below `profiles/` by `python scripts/reference.py`.",
        "Ids are never renumbered or reused. Titles in Dutch: `harness requirements`.",
        "",
        "## Standards",
        "",
        "| Standard | Folder | Ids | Letter | Services | Official sets | Default |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {item.title.en} (`{item.id}`) | `profiles/{item.folder.name}/` | `{item.prefix}-…` | "
            f"{item.letter} | {', '.join(f'{part.id} {part.name}' for part in item.services)} | "
            f"{', '.join(item.official) or '–'} | {'yes' if item.default else 'no'} |"
            for item in standards().values()
            if item.own
        ),
    ]
    columns = "Id, Requirement, Topic, Role, Depends on, Strength, State, Source (mark), Basic requirement"
    head = f"| {columns.replace(', ', ' | ')} |"
    for name, rows in by_standard.items():
        lines += ["", f"## {name}", "", head, "|---|---|---|---|---|---|---|---|---|", *rows]
    return "\n".join(lines) + "\n"


def basiseisen_page(found: Coverage) -> str:
    """The basic requirements of the programme: class, what decides each, by which tests, and why not."""
    lines = [
        "# Basic requirements",
        "",
        "Generated from `profiles/open-programma/basiseisen.yaml` and the catalogue by",
        "`python scripts/reference.py`; `harness requirements coverage` prints the same.",
        "The ids are ours: the list is reconstructed from what the programme published. Class A: tests",
        "decide; S: a proof, or a scripted step of a person; M: a judgement. What a person decides is stated",
        "with `harness attest` and counts when somebody else reviewed it; tests that are named support it.",
        "What came of it stands in the report of a party and in a dossier.",
        "",
        "| Id | Basic requirement | Class | Decided by | Tests | Otherwise |",
        "|---|---|---|---|---|---|",
    ]
    for row in found.basiseisen:
        item = row.basiseis
        title = item.title.en if item.blocking else f"{item.title.en} (does not hold a verdict up)"
        why = row.why.en if row.why is not None else "–"
        lines.append(
            f"| {item.id} | {title} | {item.kind} | {BY[row.by].en} | {named(row.tests).en or '–'} | {why} |"
        )
    return "\n".join(lines) + "\n"


def named(names: Sequence[str]) -> Text:
    """The first of some names, and how many there are more; ``""``: none."""
    first = ", ".join(names[:NAMED])
    if len(names) <= NAMED:
        return both(first)
    rest = more(len(names) - NAMED)
    return Text(nl=f"{first}, {rest.nl}", en=f"{first}, {rest.en}")


def generated(catalogue: Catalogue, found: Coverage) -> dict[str, str]:
    """Every page by its name in ``docs/``."""
    return {"requirements.md": requirements_page(catalogue), "basiseisen.md": basiseisen_page(found)}


def whole_coverage(catalogue: Catalogue, scenarios: Sequence[Scenario]) -> Coverage:
    """What is covered by what, with the pages of this checkout; an installation has none."""
    folder = data_root() / "docs"
    pages = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md"))}
    found = coverage(catalogue, scenarios, pages)
    old = [
        Text(
            nl=f"docs/{name} is niet bijgewerkt: draai python scripts/reference.py",
            en=f"docs/{name} is out of date: run python scripts/reference.py",
        )
        for name, text in generated(catalogue, found).items()
        if pages and pages.get(name) != text
    ]
    return replace(found, stale=(*found.stale, *old))
