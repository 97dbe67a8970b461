"""``harness requirements``: the catalogue, and what of it is tested by what, for people and machines."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from harness.cli.options import JsonOption, LangOption
from harness.core.errors import UsageError, nearest
from harness.core.exits import ExitCode
from harness.core.standards.table import standards
from harness.core.text import Lang, Text
from harness.judge.catalogue import load_catalogue
from harness.report.programme.coverage import Coverage, Covered, document
from harness.report.programme.pages import BY, named, whole_coverage
from harness.scenario import shipped_scenarios

app = typer.Typer()
ANY = "*"
StandardOption = Annotated[str, typer.Option("--standard", help="Only this standard ('' = framework).")]
_EIS = Text(nl="eis", en="requirement")
_TESTED = Text(nl="Wat waarmee wordt getoetst", en="What is tested by what")
_UNTESTED = Text(nl="Wat niet wordt getoetst, en waarom", en="What is not tested, and why")
_FAULTS = Text(nl="fouten die het bewijzen", en="faults that prove it")
_STANDARD = Text(nl="standaard", en="standard")
_BASISEISEN = Text(nl="Basiseisen van OPEN", en="Basic requirements of OPEN")
_BASISEIS = Text(nl="basiseis", en="basic requirement")
_CLASS = Text(nl="klasse", en="class")
_BY = Text(nl="wat beslist", en="decided by")
_WHY = Text(nl="waarom", en="why")
_COUNTED = Text(
    nl="{tested} van {all} eisen getoetst, {proven} fouten bewijzen dat; basiseisen: {rows}",
    en="{tested} of {all} requirements tested, {proven} faults prove it; basic requirements: {rows}",
)


@app.callback(invoke_without_command=True)
def requirements(
    context: typer.Context,
    standard: StandardOption = ANY,
    state: Annotated[str, typer.Option("--state", help="active, planned or all.")] = "all",
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """List every requirement with its source, strength, state and basic requirement."""
    if context.invoked_subcommand is not None:
        return
    language: Lang = "en" if lang == "en" else "nl"
    items = [
        item
        for item in sorted(load_catalogue(), key=lambda one: one.id)
        if standard in (ANY, item.standard) and state in ("all", item.state)
    ]
    if as_json:
        _print_json({"schema": "requirements-1", "requirements": items})
        return
    title = f"{len(items)} " + ("eisen" if language == "nl" else "requirements")
    table = _table(title, "id", _EIS.of(language), "MUST/SHOULD", "status", "OPEN-ICT")
    for item in items:
        table.add_row(
            item.id, item.title.of(language), item.strength.value, item.state, " ".join(item.basiseis)
        )
    Console().print(table)


@app.command()
def coverage(standard: StandardOption = ANY, as_json: JsonOption = False, lang: LangOption = "nl") -> None:
    """Say what is tested by what, which basic requirements are covered, what is not tested and why.

    Exit code 1: something is stale: a requirement that no scenario asks or no fault proves, a scenario, a
    fault or a row of the kill table that names what is not there, a page that is out of date.
    """
    language: Lang = "en" if lang == "en" else "nl"
    _check_standard(standard)
    found = whole_coverage(load_catalogue(), shipped_scenarios())
    mine = [item for item in found.requirements if standard in (ANY, item.requirement.standard)]
    if as_json:
        _print_json(document(replace(found, requirements=tuple(mine))))
    else:
        _show(Console(), mine, found, language)
    raise typer.Exit(int(ExitCode.FAILED if found.stale else ExitCode.OK))


def _check_standard(name: str) -> None:
    """Whether there is such a standard.

    :raises UsageError: there is not.
    """
    if name in (ANY, "", *standards()):
        return
    hint = nearest(name, standards())
    raise UsageError(
        Text(nl="is geen standaard", en="is no standard"),
        where="--standard",
        expected=", ".join(standards()),
        received=name,
        next_step=Text(nl=f"bedoelde u '{hint}'?", en=f"did you mean '{hint}'?") if hint else "",
    )


def _show(console: Console, mine: list[Covered], found: Coverage, lang: Lang) -> None:
    tested = [item for item in mine if item.why is None]
    table = _table(
        _TESTED.of(lang), "id", _EIS.of(lang), "scenario", _FAULTS.of(lang), _STANDARD.of(lang), "releases"
    )
    for item in tested:
        one = item.requirement
        table.add_row(
            one.id,
            one.title.of(lang),
            ", ".join(item.scenarios),
            ", ".join(one.faults),
            one.standard or "–",
            " ".join(one.releases),
        )
    console.print(table)
    columns = ("id", *(item.of(lang) for item in (_BASISEIS, _CLASS, _BY, _WHY)))
    rows = _table(_BASISEISEN.of(lang), *columns)
    for row in found.basiseisen:
        by = BY[row.by].of(lang)
        if row.tests:
            by += f" ({named(row.tests).of(lang)})"
        why = row.why.of(lang) if row.why is not None else ""
        rows.add_row(row.basiseis.id, row.basiseis.title.of(lang), row.basiseis.kind, by, why)
    console.print(rows)
    left = _table(_UNTESTED.of(lang), "id", _EIS.of(lang), _WHY.of(lang))
    for item in mine:
        if item.why is not None:
            left.add_row(item.requirement.id, item.requirement.title.of(lang), item.why.of(lang))
    console.print(left)
    for text in found.stale:
        console.print(f"✗ {text.of(lang)}", style="bold red", markup=False, soft_wrap=True)
    counts = Counter(row.by for row in found.basiseisen)
    told = ", ".join(f"{counts[by]} {BY[by].of(lang)}" for by in BY if counts[by])
    proven = len({name for item in tested for name in item.requirement.faults})
    line = _COUNTED.format(tested=len(tested), all=len(mine), proven=proven, rows=told)
    console.print(line.of(lang), soft_wrap=True)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title)
    for column in columns:
        table.add_column(column)
    return table


def _print_json(found: dict[str, Any]) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
