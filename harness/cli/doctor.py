"""``harness doctor``: preflight of a network file, with the side and the one thing to change per problem."""

from __future__ import annotations

import sys
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from harness.cli.options import JsonOption, LangOption
from harness.core.clock import SystemClock
from harness.core.exits import ExitCode, strongest
from harness.core.text import Lang
from harness.core.verdicts import Blame
from harness.network.config import Network
from harness.network.doctor import examine
from harness.report.doctor import print_diagnosis, print_totals

app = typer.Typer()

CODES = {
    Blame.CONFIGURATION: ExitCode.USAGE,
    Blame.PRODUCT: ExitCode.FAILED,
    Blame.HARNESS: ExitCode.HARNESS_ERROR,
    Blame.SPECIFICATION: ExitCode.UNDECIDED,
}
"""Exit code per side of a problem; the strongest one wins."""


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
        loaded = Network.load(network)
        found = list(examine(loaded, SystemClock().now(), status.update))
    problems = [item for item in found if item.level == "problem"]
    code = strongest(CODES[item.blame] for item in problems if item.blame) if problems else ExitCode.OK
    if as_json:
        document = {"schema": "doctor-1", "exit": int(code), "diagnoses": found}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")
    else:
        console = Console()
        for item in found:
            if verbose or item.level != "ok":
                console.print(print_diagnosis(item, language))
        console.print(print_totals(found, language))
    raise typer.Exit(int(code))
