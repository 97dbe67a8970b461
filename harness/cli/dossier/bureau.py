"""``harness bureau DIR``: verify many dossiers, and say how far every supplier is."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from harness.cli.bars import progress
from harness.cli.options import JsonOption, LangOption
from harness.core.clock import SystemClock
from harness.core.errors import InputError
from harness.core.exits import ExitCode
from harness.core.ids import safe_name
from harness.core.run.challenge import read_challenge
from harness.core.run.place import disk
from harness.core.run.problems import short
from harness.core.text import LANGUAGES, Lang, Text
from harness.judge.catalogue import load_catalogue
from harness.record.seal.trust import load_trust
from harness.report.dossier.bureau import Overview, dossiers_in, look, once, receipt, write_csv, write_page
from harness.report.dossier.milestones import SYMBOL
from harness.report.dossier.pack import SUFFIX
from harness.report.headlines import outcome_name
from harness.report.programme.milestones import milestones
from harness.report.words import title

app = typer.Typer()
_WRITTEN = Text(nl="overzicht: {path}", en="overview: {path}")
_UNTRUSTED = Text(
    nl="zonder --trust wordt elk ondertekend dossier geweigerd: niemand kan zeggen wie tekende",
    en="without --trust every signed dossier is refused: nobody can tell who signed",
)
_LONGEST = 200
"""Bytes of the name of a file that takes a suffix."""


@app.command()
def bureau(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=f"Folder with dossiers (*{SUFFIX}).")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for page, CSV and receipts (default: only look).")
    ] = None,
    trust: Annotated[
        list[Path] | None,
        typer.Option("--trust", help="Key register: PEM files, or a folder (with revoked.txt)."),
    ] = None,
    challenge: Annotated[
        list[Path] | None,
        typer.Option("--challenge", help="Challenge that was given; then every run is bound to one, once."),
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Verify the dossiers of a folder and write the overview, a CSV per milestone, and a receipt each.

    Exit code 7: a dossier was refused; 6: somebody does not conform yet; 0: everybody conforms.
    """
    language: Lang = "en" if lang == "en" else "nl"
    paths = dossiers_in(folder) if folder.is_dir() else []
    if not paths:
        raise InputError(
            Text(nl="hier staan geen dossiers", en="there are no dossiers here"),
            where=str(folder),
            expected=f"*{SUFFIX}",
        )
    if not trust:
        typer.echo(_UNTRUSTED.of(language), err=True)
    known = load_trust(trust) if trust else None
    catalogue, now = load_catalogue(), SystemClock().now()
    label = Text(nl="Dossiers getoetst", en="Dossiers verified").of(language)
    given = [read_challenge(path) for path in challenge or ()]
    rows = (look(path, catalogue, known, now, given) for path in paths)
    found = tuple(progress(rows, len(paths), label))
    overview = Overview(now, once(found) if given else found)
    if out is not None:
        _write(out, overview)
    if as_json:
        told = [
            {
                **receipt(row, now),
                "milestones": {item.milestone.id: item.reached.value for item in row.milestones},
                "missing": {item.milestone.id: item.missing for item in row.milestones if item.missing},
            }
            for row in overview.rows
        ]
        data = msgspec.json.encode({"schema": "bureau-1", "at": now, "dossiers": told})
        sys.stdout.write(msgspec.json.format(data, indent=2).decode() + "\n")
    else:
        _print(overview, language)
        if out is not None:
            typer.echo(_WRITTEN.format(path=out / f"index.{language}.html").of(language))
    raise typer.Exit(int(_code(overview)))


def _code(overview: Overview) -> ExitCode:
    if overview.refused:
        return ExitCode.DIFFERS
    good = all(row.found is not None and row.found.code is ExitCode.OK for row in overview.rows)
    return ExitCode.OK if good else ExitCode.UNDECIDED


def _write(out: Path, overview: Overview) -> None:
    for lang in LANGUAGES:
        disk.write(out / f"index.{lang}.html", write_page(overview, lang))
    disk.write(out / "bureau.csv", write_csv(overview))
    for row in overview.rows:
        data = msgspec.json.format(msgspec.json.encode(receipt(row, overview.at)), indent=1)
        disk.write(out / "receipts" / f"{_short_name(row.file)}.json", data + b"\n")


def _short_name(name: str) -> str:
    """A name that leaves room for a suffix."""
    return name if len(name.encode()) <= _LONGEST else safe_name(name, _LONGEST)


def _print(overview: Overview, lang: Lang) -> None:
    console = Console(highlight=False, markup=False, emoji=False)
    table = Table(title=title("bureau", lang), title_justify="left")
    for heading in (title("vendor", lang), title("outcome", lang), *(item.id for item in milestones())):
        table.add_column(heading)
    for row in overview.accepted:
        if row.found is not None:
            marks = [SYMBOL[item.reached] for item in row.milestones]
            table.add_row(row.vendor, outcome_name(row.found.outcome).of(lang), *marks)
    console.print(table)
    for row in overview.refused:
        told = row.problem.of(lang) if row.problem is not None else ""
        line = f"✗ {short(row.file, _LONGEST)}: {title('refused', lang).lower()}: {told}"
        console.print(line, style="bold red", soft_wrap=True)
