"""``harness doctor``: preflight of a network file, with the side and the one thing to change per problem."""

from __future__ import annotations

import sys
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from harness.cli.options import JsonOption, LangOption
from harness.core.clock import SystemClock
from harness.core.text import Lang
from harness.network.doctor import examine
from harness.network.file import read_network
from harness.report.doctor import alike, diagnosis_block, doctor_code, totals_line

app = typer.Typer()


@app.command()
def doctor(
    network: Annotated[
        str, typer.Option("--network", help="Network file; default: the demo network.")
    ] = "demo",
    verbose: Annotated[bool, typer.Option("--verbose", help="Also show what is in order.")] = False,
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Look at the network file, certificates, endpoints, lists and FHIR metadata before testing."""
    language: Lang = "en" if lang == "en" else "nl"
    errors = Console(stderr=True)
    with errors.status("") as status:
        loaded = read_network(network)
        found = list(examine(loaded, SystemClock().now(), status.update))
    code = doctor_code(found)
    if as_json:
        document = {"schema": "doctor-1", "exit": int(code), "diagnoses": found}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")
    else:
        console = Console()
        for items in alike(item for item in found if verbose or item.level != "ok"):
            console.print(diagnosis_block(items, language), soft_wrap=True)
        console.print(totals_line(found, language))
    raise typer.Exit(int(code))
