"""``harness fhirpath EXPR FILE``: what an expression gives on a resource, and where it found it."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.cli.options import AtOption, JsonOption, LangOption
from harness.core.clock import AMSTERDAM, SystemClock
from harness.core.errors import InputError
from harness.core.tdates import TDates, parse_day
from harness.core.text import Text
from harness.fhir.codec import documents as codec
from harness.fhir.fhirpath import DocumentContext, Expression, Node, Quantity, Temporal, TypeInfo, compile
from harness.fhir.fhirpath.errors import FHIRPathError
from harness.fhir.fhirpath.types import system_name
from harness.fhir.model.types import load_model

_ENCODER = msgspec.json.Encoder(decimal_format="number")

app = typer.Typer()


@app.command()
def fhirpath(
    expression: Annotated[str, typer.Argument(metavar="EXPR", help="FHIRPath expression.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Resource in JSON or XML; - for stdin.")],
    dialect: Annotated[
        str, typer.Option("--dialect", help="hapi (as official scripts expect) or strict (as fhirpath.js).")
    ] = "hapi",
    fhir_version: Annotated[str, typer.Option("--fhir-version", help="STU3 or R4.")] = "STU3",
    at: AtOption = None,
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Evaluate a FHIRPath expression on a file; --json gives a JSON list of the results."""
    model = load_model(fhir_version)
    compiled = compile(expression, model=model, dialect=dialect)
    now = SystemClock().now() if at is None else _midnight(at)
    data = _read(file)
    if b"${" in data:
        text = data.decode("utf-8", "replace")
        data = TDates(now.astimezone(AMSTERDAM).date(), now).resolve(text, where=str(file)).encode()
    document = codec.parse(data, model=model)
    if document.fatal:
        problem = document.issues[-1]
        raise InputError(
            problem.message,
            where=f"{file}:{problem.line}:{problem.column}",
            expected=problem.wanted,
            received=problem.seen,
        )
    context = DocumentContext(document.resource, model=model)
    found = compiled.evaluate(context, now=now)
    if as_json:
        sys.stdout.write(_ENCODER.encode([_plain(item) for item in found]).decode() + "\n")
        return
    _print(found, compiled, document, lang == "nl")
    _print_difference(found, compiled, context, now, lang == "nl")


def _midnight(at: str) -> datetime:
    day = parse_day(at)
    return datetime(day.year, day.month, day.day, tzinfo=AMSTERDAM)


def _read(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(
            Text(nl="het bestand kan niet worden gelezen", en="the file cannot be read"),
            where=str(file),
            received=error.strerror or str(error),
        ) from error


def _plain(item: Any) -> Any:
    """A result as JSON: the content of an element, dates and quantities as text."""
    if isinstance(item, Node):
        return item.value
    return str(item) if isinstance(item, (Temporal, Quantity, TypeInfo)) else item


def _shown(item: Any) -> str:
    value = _plain(item)
    if isinstance(value, str):
        return value
    text = _ENCODER.encode(value).decode()
    return text if len(text) <= 300 else text[:299] + "…"


def _print(found: list[Any], compiled: Expression, document: codec.Document, dutch: bool) -> None:
    console = Console()
    for warning in compiled.warnings:
        told = f"let op:[/] {escape(warning.nl)}" if dutch else f"warning:[/] {escape(warning.en)}"
        Console(stderr=True).print(f"[yellow]{told}")
    if not found:
        console.print("leeg: geen resultaten" if dutch else "empty: no results")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("waarde", "type", "plaats") if dutch else ("value", "type", "place"):
        table.add_column(title, overflow="fold")
    for item in found:
        if isinstance(item, Node):
            line, column = document.locate(item.location)
            table.add_row(
                escape(_shown(item)),
                item.type,
                escape(f"{item.location} ({line}:{column})" if line else item.location),
            )
        else:
            table.add_row(escape(_shown(item)), f"System.{system_name(item)}", "")
    console.print(table)


def _print_difference(
    found: list[Any], compiled: Expression, context: DocumentContext, now: datetime, dutch: bool
) -> None:
    """Say so when the strict dialect gives something else: an author should know that the reading decides."""
    if compiled.dialect.name == "strict":
        return
    try:
        other: list[Any] | None = compile(compiled.text, model=compiled.model, dialect="strict").evaluate(
            context, now=now
        )
    except FHIRPathError as error:
        other, why = None, error.message.nl if dutch else error.message.en
    if other is not None and [_plain(i) for i in other] == [_plain(i) for i in found]:
        return
    shown = why if other is None else ", ".join(_shown(i) for i in other) or ("leeg" if dutch else "empty")
    label = (
        "let op: in dialect strict is de uitkomst anders"
        if dutch
        else "note: the strict dialect gives something else"
    )
    Console(stderr=True).print(f"[yellow]{label}:[/] {escape(shown)}")
