"""``harness requirements``: the catalogue, for people and machines."""

from __future__ import annotations

import sys
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from harness.cli.options import JsonOption, LangOption
from harness.core.text import Lang
from harness.judge.catalogue import load_catalogue

app = typer.Typer()


@app.command()
def requirements(
    standard: Annotated[str, typer.Option("--standard", help="Only this standard ('' = framework).")] = "*",
    state: Annotated[str, typer.Option("--state", help="active, planned or all.")] = "all",
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """List every requirement with its source, strength, state and basic requirement."""
    language: Lang = "en" if lang == "en" else "nl"
    items = [
        item
        for item in sorted(load_catalogue(), key=lambda one: one.id)
        if standard in ("*", item.standard) and state in ("all", item.state)
    ]
    if as_json:
        document = {"schema": "requirements-1", "requirements": items}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")
        return
    table = Table(title=f"{len(items)} " + ("eisen" if language == "nl" else "requirements"))
    for column in ("id", "eis" if language == "nl" else "requirement", "MUST/SHOULD", "status", "OPEN-ICT"):
        table.add_column(column)
    for item in items:
        table.add_row(
            item.id, item.title.of(language), item.strength.value, item.state, " ".join(item.basiseis)
        )
    Console().print(table)
