"""``harness ledger``: what is disputed, and the question about it for who can rule."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from harness.cli.evidence.shown import refuse_unreadable
from harness.cli.options import JsonOption, LangOption
from harness.core.errors import UsageError
from harness.core.run.place import disk
from harness.core.standards.ledger import Entry, entry_of, ledger
from harness.core.text import Lang, Text
from harness.report.programme.question import example_in, question

app = typer.Typer(no_args_is_help=True)
_OPEN = Text(nl="betwist", en="disputed")
_RULED = Text(nl="lezing {reading} op {date} door {owner}", en="reading {reading} on {date} by {owner}")


@app.callback()
def entries() -> None:
    """Known faults of official material, and texts with two readings."""


@app.command("list")
def list_entries(as_json: JsonOption = False, lang: LangOption = "nl") -> None:
    """List the entries, and what was ruled of them."""
    language: Lang = "en" if lang == "en" else "nl"
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(ledger()), indent=2).decode() + "\n")
        return
    for item in ledger():
        typer.echo(f"{item.id} {item.title.of(language)} ({item.owner}): {_standing(item).of(language)}")


@app.command()
def export(
    entry: Annotated[str, typer.Argument(metavar="ID", help="Entry of the ledger.")],
    run: Annotated[
        Path | None, typer.Option("--run", help="Run in which it occurs: its exchange is the example.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write (default: standard output).")
    ] = None,
    lang: LangOption = "nl",
) -> None:
    """Write the question for the owner of the text: both readings, the clause, an example, as Markdown."""
    language: Lang = "en" if lang == "en" else "nl"
    found = entry_of(entry)
    if out is not None and out.exists():
        raise UsageError(Text(nl="bestaat al", en="exists already"), where=str(out))
    example = None
    if run is not None:
        with refuse_unreadable(run, as_json=False, lang=language):
            example = example_in(run, found)
        if example is None:
            message = Text(
                nl=f"in deze run komt {found.id} niet voor", en=f"{found.id} does not occur in this run"
            )
            raise UsageError(message, where=str(run))
    text = question(found, example, language)
    if out is None:
        sys.stdout.write(text)
    else:
        disk.write(out, text.encode(), durable=False)


def _standing(item: Entry) -> Text:
    if item.ruling is None:
        return _OPEN
    return _RULED.format(reading=item.ruling.reading, date=item.ruling.date, owner=item.ruling.owner)
