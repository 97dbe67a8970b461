"""``harness testscript fixtures``: the resources of a set for a vendor to load."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape

from harness.cli.options import AtOption
from harness.cli.testscript.options import Conditions, FormatOption, PathsArgument, Printing, make_plan
from harness.testscript.own.handout import write_fixtures


def fixtures(
    paths: PathsArgument,
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder for the resources.")],
    at: AtOption = None,
    formats: FormatOption = "both",
    printing: Printing,
) -> None:
    """Write the resources of a set with T filled in, and say per script what must be loaded."""
    plan = make_plan(paths, Conditions(at=at, profiles=False), formats=formats)
    made = write_fixtures(paths, out, replace(plan, formats=frozenset(("json", "xml"))), plan.formats)
    if printing.as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(made), indent=2).decode() + "\n")
        return
    dutch = printing.language == "nl"
    console = Console()
    for item in made["sets"]:
        console.print(
            f"{escape(item['folder'])}: {item['resources']} resources, {len(item['patients'])} "
            + ("patiënten" if dutch else "patients")
        )
        for problem in item["problems"]:
            console.print(f"  [yellow]{escape(problem)}[/]")
    console.print(
        f"→ {escape(str(out))} (loading.json: "
        + ("wat per script geladen moet zijn)" if dutch else "what each script needs)")
    )
