"""``harness retest A [B]``: what has to be tested again when something has a new version."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from harness.cli.dossier.verified import dossier_folder
from harness.cli.evidence.shown import refuse_unreadable
from harness.cli.options import JsonOption, LangOption
from harness.core.errors import UsageError, nearest
from harness.core.exits import ExitCode
from harness.core.run import manifest
from harness.core.run.findings import Finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import RunInfo
from harness.core.text import Lang, Text
from harness.judge.catalogue import Catalogue, load_catalogue
from harness.report.dossier.combine import combined
from harness.report.dossier.document import read_dossier
from harness.report.programme.retest import WHY, Plan, retest_plan, versions_changed
from harness.report.words import amount, more

app = typer.Typer()
_NOTHING = Text(
    nl="er is geen nieuwe versie, dus er hoeft niets opnieuw",
    en="nothing has a new version, so that nothing has to be tested again",
)
_CELLS = Text(nl="opnieuw te toetsen: {count}", en="to be tested again: {count}")
_REOPENED = Text(
    nl="{count} weer open (hun oordeel hangt af van wat veranderde), {kept} blijven staan",
    en="{count} open again (their verdict depends on what changed), {kept} stay",
)
_WAITING = Text(
    nl="{count} voldoen niet, maar wachten op een nieuwe versie",
    en="{count} not met, which wait for a new version",
)
_BY = Text(nl="{cell}: {why} (door {by})", en="{cell}: {why} (by {by})")


@app.command()
def retest(
    before: Annotated[Path, typer.Argument(metavar="A", help="Run folder or dossier that was tested.")],
    after: Annotated[
        Path | None,
        typer.Argument(metavar="[B]", help="A newer one: what has another version there has changed."),
    ] = None,
    changed: Annotated[
        list[str] | None,
        typer.Option("--changed", metavar="ID", help="Party or standard that has a new version."),
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Every line of every list.")] = False,
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Say which cells and requirements have to be tested again since a party or a standard has a new version.

    Exit code 6: something has to be; 0: nothing.
    """
    language: Lang = "en" if lang == "en" else "nl"
    catalogue = load_catalogue()
    with ExitStack() as stack:
        infos: list[RunInfo] = []
        found: list[Finding] = []
        for path in (before, *([after] if after is not None else [])):
            stack.enter_context(refuse_unreadable(path, as_json=as_json, lang=language))
            info, findings = _read(stack.enter_context(dossier_folder(path)))
            infos.append(info)
            found = found or findings
    names = [*_known(changed or [], infos[0])]
    if after is not None:
        names += versions_changed(infos[0].participants, infos[1].participants)
    plan = retest_plan(infos[0], found, catalogue, names)
    if as_json:
        told = msgspec.json.format(msgspec.json.encode(_document(plan, names)), indent=2).decode()
        sys.stdout.write(told + "\n")
    else:
        _print(plan, catalogue, language, limit=None if show_all else 20)
    raise typer.Exit(int(ExitCode.UNDECIDED if plan.cells or plan.requirements else ExitCode.OK))


def _read(folder: Path) -> tuple[RunInfo, list[Finding]]:
    """What a run folder or an unpacked dossier says of itself; nothing is verified.

    :raises EvidenceError: it is neither.
    """
    places, subject = [folder], None
    if (folder / manifest.DOSSIER.start).is_file():
        dossier = read_dossier(folder)
        places, subject = [folder / run.folder for run in dossier.runs], dossier.subject
    folders = [RunFolder.open(place) for place in places]
    infos = [one.info() for one in folders]
    findings = [item for one in folders for item in one.judged()]
    return (infos[0] if subject is None else combined(infos, subject)), findings


def _known(names: Sequence[str], info: RunInfo) -> Sequence[str]:
    """The ids of what is said to have changed.

    :raises UsageError: the run knows no party or standard of that name.
    """
    known = {*(item.id for item in info.participants), *(cell.standard for cell in info.plan)}
    for name in names:
        if name not in known:
            hint = nearest(name, known)
            raise UsageError(
                Text(nl=f"'{name}' is niet in deze run", en=f"'{name}' is not in this run"),
                where="--changed",
                expected=", ".join(sorted(known)),
                next_step=Text(nl=f"bedoelde u {hint}?", en=f"did you mean {hint}?") if hint else "",
            )
    return names


def _print(plan: Plan, catalogue: Catalogue, lang: Lang, limit: int | None) -> None:
    console = Console(soft_wrap=True, highlight=False)

    def listed(head: Text, lines: Sequence[Text]) -> None:
        console.print(head.of(lang), style="bold", markup=False)
        for line in lines[:limit]:
            console.print(f"  {line.of(lang)}", markup=False)
        if limit is not None and len(lines) > limit:
            console.print(f"  … {more(len(lines) - limit).of(lang)} (--all)", markup=False)

    if not plan.cells and not plan.requirements:
        console.print(_NOTHING.of(lang), markup=False)
    else:
        listed(
            _CELLS.format(count=amount(len(plan.cells), "cell")),
            [_BY.format(cell=item.cell.name, why=WHY[item.why], by=item.by) for item in plan.cells],
        )
        listed(
            _REOPENED.format(count=amount(len(plan.requirements), "any requirement"), kept=plan.kept),
            [
                Text(
                    nl=f"{item.party} {item.requirement} {catalogue[item.requirement].title.nl}",
                    en=f"{item.party} {item.requirement} {catalogue[item.requirement].title.en}",
                )
                for item in plan.requirements
            ],
        )
    if plan.waiting:
        names = [Text(nl=cell.name, en=cell.name) for cell in plan.waiting]
        listed(_WAITING.format(count=amount(len(plan.waiting), "cell")), names)


def _document(plan: Plan, changed: Sequence[str]) -> dict[str, Any]:
    return {
        "schema": "retest-1",
        "changed": list(dict.fromkeys(changed)),
        "cells": [{"cell": item.cell.key, "why": item.why.value, "by": item.by} for item in plan.cells],
        "requirements": [
            {"party": item.party, "requirement": item.requirement, "by": item.by}
            for item in plan.requirements
        ],
        "kept": plan.kept,
        "waiting": [cell.key for cell in plan.waiting],
    }
