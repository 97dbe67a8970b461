"""``harness compare A B``: what is fixed, new, still there, and no longer tested."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import replace
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
from harness.core.text import Lang, Text
from harness.core.verdicts import Verdict
from harness.judge.catalogue import Catalogue, load_catalogue
from harness.report.dossier.compare import TITLES, Change, Changed, Comparison, Side, side
from harness.report.dossier.compare import compare as compared
from harness.report.words import VERDICT, amount, more

app = typer.Typer()
_NOTHING = Text(nl="niets veranderd", en="nothing changed")
_ABSENT = Text(nl="niet gevraagd", en="not asked")
_VERSION = Text(nl="{id}: {old} → {new}", en="{id}: {old} → {new}")


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(metavar="A", help="Run folder or dossier, the older one.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Run folder or dossier, the newer one.")],
    party: Annotated[
        list[str] | None, typer.Option("--party", help="Only this party, by id or vendor.")
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Every line of every list.")] = False,
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Compare two runs or dossiers, per party, requirement and cell.

    Exit code 1: something is broken that was not broken before; 6: something is no longer tested; 0: neither.
    """
    language: Lang = "en" if lang == "en" else "nl"
    catalogue = load_catalogue()
    with ExitStack() as stack:
        sides = []
        for path in (before, after):
            stack.enter_context(refuse_unreadable(path, as_json=as_json, lang=language))
            sides.append(replace(side(stack.enter_context(dossier_folder(path)), catalogue), name=str(path)))
    old, new = sides
    found = compared(old, new, _parties(party or [], old, new))
    code = (
        ExitCode.FAILED
        if found.count(Change.NEW)
        else ExitCode.UNDECIDED
        if found.count(Change.NO_LONGER)
        else ExitCode.OK
    )
    if as_json:
        told = msgspec.json.format(msgspec.json.encode(_document(found, code)), indent=2).decode()
        sys.stdout.write(told + "\n")
    else:
        console = Console(soft_wrap=True, highlight=False)
        print_changes(console, found, catalogue, language, limit=None if show_all else 12)
    raise typer.Exit(int(code))


def _parties(names: list[str], *sides: Side) -> list[str]:
    """The ids of the parties that are named by id or vendor.

    :raises UsageError: nobody has that name.
    """
    known = [item for one in sides for item in one.parties.values()]
    for name in names:
        if not any(name in (item.id, item.vendor) for item in known):
            hint = nearest(name, [word for item in known for word in (item.id, item.vendor) if word])
            raise UsageError(
                Text(nl=f"onbekende partij '{name}'", en=f"unknown party '{name}'"),
                next_step=Text(nl=f"bedoelde u {hint}?", en=f"did you mean {hint}?") if hint else "",
            )
    return [item.id for item in known if {item.id, item.vendor} & set(names)]


def _document(found: Comparison, code: ExitCode) -> dict[str, Any]:
    return {
        "schema": "compare-1",
        "exit": int(code),
        "before": {"path": found.before.name, "at": found.before.when},
        "after": {"path": found.after.name, "at": found.after.when},
        "versions": [{"before": old, "after": new} for old, new in found.versions],
        **changes_document(found),
    }


def changes_document(found: Comparison) -> dict[str, Any]:
    """What became of the judgements, for machines."""
    return {
        "counts": {change.value: found.count(change) for change in Change},
        "changes": [
            {
                "change": item.change.value,
                **item.about._asdict(),
                "before": item.before,
                "after": item.after,
            }
            for item in found.changes
        ],
    }


def print_changes(
    console: Console, found: Comparison, catalogue: Catalogue, lang: Lang, limit: int | None
) -> None:
    """Which versions changed, and what became of the judgements; at most ``limit`` lines of each list."""
    for old, new in found.versions:
        told = _VERSION.format(id=old.id, old=old.name, new=new.name)
        console.print(told.of(lang), style="yellow", markup=False)
    if not found.changes:
        console.print(_NOTHING.of(lang), markup=False)
    for change in Change:
        items = [item for item in found.changes if item.change is change]
        if not items:
            continue
        number = amount(len(items), "any requirement").of(lang)
        console.print(f"{TITLES[change].of(lang)}: {number}", style="bold", markup=False)
        for item in items[:limit]:
            console.print(f"  {_line(item, catalogue, lang)}", markup=False)
        if limit is not None and len(items) > limit:
            console.print(f"  … {more(len(items) - limit).of(lang)} (--all)", markup=False)


def _line(item: Changed, catalogue: Catalogue, lang: Lang) -> str:
    def word(verdict: Verdict | None) -> str:
        return _ABSENT.of(lang) if verdict is None else VERDICT[verdict].of(lang)

    about = item.about
    title = catalogue[about.requirement].title.of(lang)
    return (
        f"{about.party} {about.requirement} {title} [{about.cell}]: {word(item.before)} → {word(item.after)}"
    )
