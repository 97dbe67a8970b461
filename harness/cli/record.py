"""``harness record``: reference records, from an official set to the HIS and back."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from harness.cli.options import AtOption, JsonOption, LangOption
from harness.core.clock import SystemClock, today
from harness.core.errors import UsageError
from harness.core.run.place import disk
from harness.core.tdates import parse_day
from harness.core.text import Lang, Text

app = typer.Typer(no_args_is_help=True)
OutOption = Annotated[Path, typer.Option("--out", help="Folder to write to; has to be new or empty.")]
FolderArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="A record (with record.yaml), or a folder of them.")
]


@app.callback()
def _group() -> None:
    """What a test person's file in the HIS holds, and what must come of it."""


def _language(lang: str) -> Lang:
    return "en" if lang == "en" else "nl"


def _day(at: str | None) -> date:
    return parse_day(at) if at else today(SystemClock())


@app.command("import")
def import_(
    folder: Annotated[
        Path, typer.Argument(metavar="SET", help="Goal folder of an official set (…/Cert), or an export.")
    ],
    out: OutOption,
    person: Annotated[
        list[str] | None,
        typer.Option("--person", help="Family name or Patient id; default: everyone in the set."),
    ] = None,
    tokens: Annotated[
        Path | None, typer.Option("--tokens", help="The official token map; default: looked for above SET.")
    ] = None,
    at: AtOption = None,
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Write the records of an official set: what its load script makes a HIS hold, per person.

    Any other folder, or a Bundle, is taken for a vendor's own export: resources are divided over the
    persons in it. --at is the day on which the HIS was (or will be) filled.
    """
    from harness.reference.record.given import read_export, write_given
    from harness.testscript.own.records import import_set

    dutch = _language(lang) == "nl"
    written: Sequence[Any]
    if (folder / "_reference").is_dir():
        written, problems = import_set(folder, out, _day(at), person or (), tokens)
    else:
        store, problems = read_export(folder)
        source = {"set": folder.name, "version": "", "hash": ""}
        written = write_given(
            store, out, about={"origin": "vendor", "source": source}, loaded=_day(at), wanted=person or ()
        )
    if as_json:
        _print({"schema": "record-import-1", "records": written, "problems": problems})
        return
    for item in written:
        withheld = getattr(item, "withheld", 0)
        inside = f"{withheld} blijven in het HIS" if dutch else f"{withheld} stay in the HIS"
        typer.echo(f"{out / item.person}: {item.resources} resources, {inside}")
    if problems:
        typer.echo(
            f"{len(problems)} bestanden horen er niet bij"
            if dutch
            else f"{len(problems)} files are no part of it"
        )


@app.command("draft")
def draft(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
    out: OutOption,
    red: Annotated[
        bool, typer.Option("--red", help="Also of a run in which the HIS failed; the record says so.")
    ] = False,
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Write draft records from the answers of a run, for people to read and complete.

    A draft never gives a verdict: what it does not hold stays undecided. Values that the recorder masked
    are left out.
    """
    from harness.matrix.drafting import draft as write_draft

    written, left_out = write_draft(run, out, red=red)
    if as_json:
        _print({"schema": "record-draft-1", "records": written, "left_out": left_out})
        return
    for item in written:
        typer.echo(f"{out / item.person}: {item.resources} resources")
    if left_out:
        dutch = _language(lang) == "nl"
        typer.echo(
            f"{len(left_out)} gemaskeerd en weggelaten" if dutch else f"{len(left_out)} masked and left out"
        )
    typer.echo(
        "concept: lees het na, vul aan wat niet mag worden getoond, en pas origin aan"
        if _language(lang) == "nl"
        else "draft: read it, add what must not be shown, and change origin"
    )


@app.command("export")
def export(
    folder: FolderArgument,
    out: OutOption,
    for_his: Annotated[
        bool, typer.Option("--for-his", help="Also the printable loading sheet, in Dutch and English.")
    ] = False,
    form: Annotated[str, typer.Option("--format", help="json or xml.")] = "json",
    at: AtOption = None,
    lang: LangOption = "nl",
) -> None:
    """Write the resources of a record with dates filled in, and which of them have to stay in the HIS."""
    from harness.fhir.codec.documents import to_json, to_xml
    from harness.fhir.model.types import load_model
    from harness.reference.record.load import load_records, record_folders
    from harness.reference.record.sheet import loading_sheet
    from harness.reference.record.write import file_name

    if form not in ("json", "xml"):
        raise UsageError(
            Text(nl="onbekend formaat", en="unknown format"), expected="json | xml", received=form
        )
    if out.exists() and any(out.iterdir()):
        raise UsageError(
            Text(nl="de map bestaat al en is niet leeg", en="the folder exists and is not empty"),
            where=str(out),
        )
    model = load_model("3.0.2")
    for record in load_records(record_folders(folder), t=_day(at)):
        place = out / record.person
        place.mkdir(parents=True)
        for stored in record:
            data = to_json(stored.resource, pretty=True) if form == "json" else to_xml(stored.resource, model)
            (place / file_name(stored.resource)).with_suffix(f".{form}").write_bytes(data + b"\n")
        loading = {
            "schema": "record-loading-1",
            "person": record.person,
            "loaded": record.loaded,
            "withheld": dict(sorted(record.withheld.items())),
        }
        (place / "loading.json").write_bytes(
            msgspec.json.format(msgspec.json.encode(loading), indent=2) + b"\n"
        )
        if for_his:
            until = min((item.day.isoformat() for item in _advice(record)), default="")
            for one in ("nl", "en"):
                text = loading_sheet(record, _language(one), until)
                (place / f"loading-sheet.{one}.html").write_text(text, encoding="utf-8")
        typer.echo(str(place))


@app.command("check")
def check(
    folder: FolderArgument, at: AtOption = None, as_json: JsonOption = False, lang: LangOption = "nl"
) -> None:
    """Read records, refuse what contradicts itself, and say what each query must bring and until when.

    Counts are of the day that --at names; a record that was loaded earlier is asked as on that day.
    """
    from harness.core.standards.queries import load_queries
    from harness.reference.oracle.expect import expect
    from harness.reference.record.load import load_records, record_folders

    day = _day(at)
    found: list[dict[str, Any]] = []
    for record in load_records(record_folders(folder), t=day):
        rows = []
        for standard in _standards(record):
            for query in load_queries(standard):
                if query.search:
                    expected = expect(standard, query, record, day)
                    rows.append(
                        {
                            "standard": standard,
                            "operation": query.operation,
                            "must": Counter(item.stored.type for item in expected.must.values()),
                            "may": Counter(
                                item.stored.type for item in expected.may.values() if item.part == "match"
                            ),
                        }
                    )
        advice = [
            {"operation": item.operation, "day": item.day, "empty": item.empty} for item in _advice(record)
        ]
        found.append(
            {
                "person": record.person,
                "origin": record.origin,
                "loaded": record.loaded,
                "asked": day,
                "resources": len(record.store),
                "withheld": len(record.withheld),
                "expected": rows,
                "reload": advice,
            }
        )
    if as_json:
        _print({"schema": "record-check-1", "day": day, "records": found})
        return
    for item in found:
        _show(item, _language(lang))


@app.command("copy")
def copy(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The copy (elektronisch afschrift), a PDF.")],
    folder: FolderArgument,
    person: Annotated[
        str, typer.Option("--person", help="Whose copy it is; not needed when DIR is one record.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="Write what was found as a proof for harness attest.")
    ] = None,
    at: AtOption = None,
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Judge a copy on paper (OPEN-ICT-40) by the record of its person: all of it, and nothing of others.

    DIR holds the records of everybody who may not be in it. Exit code 1: something is missing, shielded, a
    working note, or of somebody else; 6: the PDF has no text that can be read.
    """
    from harness.cli.record_copy import judge_copy, proof, show_copy

    judged = judge_copy(file, folder, person, _day(at))
    if out is not None:
        disk.write(out, proof(judged, _language(lang)))
    if as_json:
        _print(judged.document())
    else:
        show_copy(Console(), judged, _language(lang))
    raise typer.Exit(int(judged.code))


def _standards(record: Any) -> list[str]:
    from harness.core.standards.table import standards

    return [name for name in (record.standards or standards()) if name in standards()]


def _advice(record: Any) -> list[Any]:
    from harness.reference.oracle.reload import reload_advice

    return [item for name in _standards(record) for item in reload_advice(name, record)]


def _show(item: dict[str, Any], lang: Lang) -> None:
    dutch = lang == "nl"
    origin = f"{'herkomst' if dutch else 'origin'} {item['origin']}"
    inside = f"{item['withheld']} {'blijven in het HIS' if dutch else 'stay in the HIS'}"
    table = Table(
        title=f"{item['person']} ({origin}): {item['resources']} resources, {inside}", title_justify="left"
    )
    for column in ("vraag" if dutch else "query", "moet" if dutch else "must", "mag" if dutch else "may"):
        table.add_column(column)
    for row in item["expected"]:
        must, may = (
            ", ".join(f"{amount} {kind}" for kind, amount in row[name].items()) for name in ("must", "may")
        )
        table.add_row(row["operation"], must or "0", may)
    console = Console()
    console.print(table)
    if item["reload"]:
        first = min(item["reload"], key=lambda one: one["day"])
        words = "opnieuw laden voor" if dutch else "load again before"
        if first["day"] <= item["asked"]:
            words = "TE OUD, opnieuw laden: sinds" if dutch else "TOO OLD, load again: since"
        console.print(f"{words} {first['day']} ({first['operation']})")


def _print(document: dict[str, Any]) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")
