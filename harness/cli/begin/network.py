"""``harness network check FILE``: everything that is wrong with network files, at once."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import msgspec
import typer

from harness.cli.options import JsonOption, LangOption
from harness.core.errors import ConfigurationError
from harness.core.exits import ExitCode
from harness.core.run.info import Selection
from harness.core.text import Lang, Text, counted
from harness.matrix.cells import plan_cells
from harness.network.file import Network, read_network

app = typer.Typer()
_RIGHT = Text(nl="{file}: in orde; {parties}, {cells}", en="{file}: all right; {parties}, {cells}")


@app.callback()
def network() -> None:
    """Network files: who takes part in a run."""


@app.command()
def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Network files.")],
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Say everything that is wrong with network files, with line and nearest known word.

    Nothing is contacted; `harness doctor` looks at what the file names. Exit code 2: something is wrong.
    """
    language: Lang = "en" if lang == "en" else "nl"
    told: list[dict[str, Any]] = []
    for file in files:
        row: dict[str, Any] = {"file": file, "right": True}
        try:
            found = read_network(file)
        except ConfigurationError as error:
            row = {"file": file, "right": False, "message": error.render(language)}
        else:
            row |= {"participants": len(found.participants), "cells": _cells(found)}
        told.append(row)
        if not as_json:
            typer.echo(row["message"] if "message" in row else _right(row).of(language), err=not row["right"])
    if as_json:
        data = msgspec.json.encode({"schema": "network-check-1", "files": told})
        sys.stdout.write(msgspec.json.format(data, indent=2).decode() + "\n")
    raise typer.Exit(int(ExitCode.OK if all(row["right"] for row in told) else ExitCode.USAGE))


def _cells(found: Network) -> int:
    return len(plan_cells(found, Selection()))


def _right(row: dict[str, Any]) -> Text:
    parties = Text(nl="deelnemer", en="participant"), Text(nl="deelnemers", en="participants")
    cells = Text(nl="cel", en="cell"), Text(nl="cellen", en="cells")
    return _RIGHT.format(
        file=row["file"],
        parties=counted(row["participants"], *parties),
        cells=counted(row["cells"], *cells),
    )
