"""``harness faults``: the deliberate defects that a twin can be given, and what each must make fail."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from harness.cli.options import JsonOption, LangOption
from harness.core.errors import UsageError
from harness.core.standards.faults import faults as catalogue
from harness.core.text import Lang, Text
from harness.medmij.lists.faults import NAMES, TRANSPORT

app = typer.Typer()
_LIST = Text(nl="maakt de lijsten onbruikbaar", en="makes the lists useless")
_HEADINGS = (
    Text(nl="fout", en="fault"),
    Text(nl="rol", en="role"),
    Text(nl="wat de twin doet", en="what the twin does"),
    Text(nl="eisen die dan niet worden voldaan", en="requirements that are not met then"),
)


@app.command()
def faults(
    role: Annotated[str, typer.Option("--role", help="his, dvza, pgo or stelselnode.")] = "",
    standard: Annotated[str, typer.Option("--standard", help="Only of this standard.")] = "",
    kills: Annotated[str, typer.Option("--kills", help="Only those that this requirement must catch.")] = "",
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """List the faults for `faults: [...]` of a twin in a network file."""
    language: Lang = "en" if lang == "en" else "nl"
    rows = [
        row
        for row in _rows()
        if role in ("", row["role"])
        and standard in ("", row["standard"])
        and (not kills or kills in row["kills"])
    ]
    if not rows:
        raise UsageError(
            Text(nl="geen fout past bij deze keuze", en="no fault fits this selection"),
            expected="--role his|dvza|pgo|stelselnode",
        )
    if as_json:
        data = msgspec.json.encode({"schema": "faults-list-1", "faults": rows})
        sys.stdout.write(msgspec.json.format(data, indent=2).decode() + "\n")
        return
    table = Table(*(heading.of(language) for heading in _HEADINGS))
    for row in rows:
        table.add_row(row["name"], row["role"], row["title"].of(language), " ".join(row["kills"]))
    Console(highlight=False, markup=False, emoji=False).print(table)


def _rows() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "name": item.name,
            "role": item.role,
            "standard": item.standard,
            "title": item.title,
            "kills": item.kills,
        }
        for item in sorted(catalogue().values(), key=lambda one: (one.role, one.name))
    ]
    named = {row["name"] for row in found}
    return found + [
        {
            "name": name,
            "role": "stelselnode",
            "standard": "",
            "title": TRANSPORT.get(name, _LIST),
            "kills": (),
        }
        for name in NAMES
        if name not in named
    ]
