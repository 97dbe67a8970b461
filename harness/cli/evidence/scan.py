"""``harness scan PATH``: can a person or a secret still be read in it, before it leaves the building?"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from rich.console import Console

from harness.cli.options import JsonOption, LangOption
from harness.core.text import Lang, Text
from harness.network.file import read_network
from harness.network.person.declared import declared_persons
from harness.pdfa.text import texts_of
from harness.record import Looking
from harness.record.scan.folder import scan as scan_path
from harness.record.scan.sighted import KINDS, UNREADABLE, Scanned

app = typer.Typer()
SHOWN: Final = 40
CLEAN = Text(nl="{files} bestanden: niets gevonden", en="{files} files: nothing found")
FOUND = Text(
    nl="{count} plaatsen die op een persoon of een geheim lijken, {unread} bestanden die niet te lezen zijn",
    en="{count} places that look like a person or a secret, {unread} files that cannot be read",
)
SOUGHT = Text(
    nl="Gezocht: BSN's, geheimen, mailadressen, telefoonnummers, IBAN's, postcodes met huisnummer{patients}; "
    "niet naar namen in tekst{kept}.",
    en="Looked for: BSNs, secrets, mail addresses, telephone numbers, IBANs, postal codes with a house number"
    "{patients}; not for names in text{kept}.",
)
PATIENTS = Text(nl=", Patients die niemand declareerde", en=", Patients that nobody declared")
KEPT = Text(
    nl="; wat in records/ van de run staat mag er staan",
    en="; what records/ of the run holds may stand there",
)
MORE = Text(nl="… en nog {count}; alles met --json", en="… and {count} more; all of them with --json")
NEXT = Text(
    nl="Bekijk elke plaats. Wat er mag staan: noem de plaats met --accept, precies zoals hierboven.",
    en="Look at each place. What may stand there: name the place with --accept, exactly as above.",
)
AcceptOption = Annotated[
    list[str] | None,
    typer.Option("--accept", metavar="PLACE", help="A place that somebody looked at, as scan prints it."),
]


@app.command()
def scan(
    path: Annotated[Path, typer.Argument(help="Run folder, dossier, archive or file.")],
    field: Annotated[
        bool,
        typer.Option("--field", help="Of a field test: no person at all may stand there, declared or not."),
    ] = False,
    network: Annotated[
        str, typer.Option("--network", help="Network file whose persons may stand in a dossier.")
    ] = "demo",
    accept: AcceptOption = None,
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Look for BSNs, secrets, contacts and undeclared persons in all that can be read, archives and PDFs too.

    Exit code 0: clean; 1: something was found; 6: nothing was found, but not everything could be read.
    """
    language: Lang = "en" if lang == "en" else "nl"
    persons = declared_persons(read_network(network), date.today())
    done = scan_path(path, Looking(texts_of), persons, field=field).without(frozenset(accept or ()))
    if as_json:
        sys.stdout.write(
            msgspec.json.format(msgspec.json.encode(_document(path, done)), indent=2).decode() + "\n"
        )
    else:
        _print(done, language)
    raise typer.Exit(int(done.code))


def lines(done: Scanned, lang: Lang) -> list[str]:
    """What was found, for people: a place and a kind, never a value."""
    told = []
    for seen in done.found:
        ways = f" ({' > '.join(seen.ways)})" if seen.ways else ""
        told.append(f"{seen.place}: {KINDS[seen.kind].of(lang)}{ways}")
    told += [f"{item.place}: {UNREADABLE[item.why].of(lang)}" for item in done.unread]
    more = len(told) - SHOWN
    return [*told[:SHOWN], *([MORE.format(count=more).of(lang)] if more > 0 else [])]


def _document(path: Path, done: Scanned) -> dict[str, Any]:
    return {
        "schema": "scan-1",
        "path": str(path),
        "exit": int(done.code),
        "files": done.files,
        "bytes": done.size,
        "found": done.found,
        "unreadable": done.unread,
    }


def _print(done: Scanned, lang: Lang) -> None:
    console = Console(soft_wrap=True, highlight=False)
    if not done.found and not done.unread:
        console.print(CLEAN.format(files=done.files).of(lang), style="green", markup=False)
    else:
        for line in lines(done, lang):
            console.print(line, markup=False)
        told = FOUND.format(count=len(done.found), unread=len(done.unread)).of(lang)
        console.print(told, style="bold red", markup=False)
        console.print(NEXT.of(lang), markup=False)
    patients, kept = ("", KEPT.of(lang)) if done.declared else (PATIENTS.of(lang), "")
    console.print(SOUGHT.format(patients=patients, kept=kept).of(lang), markup=False)
