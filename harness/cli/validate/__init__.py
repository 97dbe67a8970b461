"""``harness validate``: FHIR resources and Bundles against the base specification and profiles, offline."""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.markup import escape

from harness.cli.bars import progress
from harness.cli.options import AtOption, JobsOption, JsonOption, LangOption
from harness.cli.validate.checking import Result, Task, check_files, packages_of, resources, validator_of
from harness.cli.validate.showing import WORDS, as_json, show, show_identity
from harness.core.clock import AMSTERDAM
from harness.core.errors import InputError
from harness.core.exits import ExitCode
from harness.core.issues import Issue
from harness.core.run.limits import cores
from harness.core.tdates import parse_day
from harness.core.text import Lang, Text
from harness.fhir.outcomes import operation_outcome
from harness.fhir.validation import Validator

app = typer.Typer(no_args_is_help=True)


def today() -> date:
    """Today in Europe/Amsterdam."""
    return datetime.now(AMSTERDAM).date()


@app.command()
def validate(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Resources or Bundles (XML, JSON), or folders.")
    ],
    package: Annotated[
        list[str] | None,
        typer.Option("--package", metavar="PACKAGE", help="FHIR package: .tgz, folder, or name#version."),
    ] = None,
    profile: Annotated[
        list[str] | None, typer.Option("--profile", metavar="URL", help="Also validate against this profile.")
    ] = None,
    at: AtOption = None,
    fhir_version: Annotated[
        str | None,
        typer.Option(
            "--fhir-version", help="STU3 or R4; by default that of the first package, without packages STU3."
        ),
    ] = None,
    json_output: JsonOption = False,
    outcome: Annotated[
        bool, typer.Option("--operation-outcome", help="Print a FHIR OperationOutcome per line.")
    ] = False,
    embedded: Annotated[bool, typer.Option(help="Use the embedded facts of the MedMij standards.")] = True,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show everything that was not checked.")
    ] = False,
    second: Annotated[
        bool,
        typer.Option("--second-opinion", help="Also what fhir.resources says (STU3); it never decides."),
    ] = False,
    jobs: JobsOption = 0,
    lang: LangOption = "nl",
) -> None:
    """Validate FHIR resources and Bundles, offline. Exit 1 when a file does not conform, 2 when one cannot
    be read.

    Each resource is checked against the base specification, against the profiles in its meta.profile, and
    against --profile. Placeholders such as ${DATE, T, D, -30} are filled in; T is today unless --at says
    otherwise.
    """
    chosen: Lang = "en" if lang == "en" else "nl"
    task = Task(
        tuple(package or ()),
        fhir_version,
        embedded,
        tuple(profile or ()),
        parse_day(at) if at else today(),
        second,
        places=json_output or outcome,
    )
    packages = packages_of(task)
    notes: list[Issue] = packages.notes if packages is not None else []
    loaded: list[dict[str, Any]] = (
        [msgspec.to_builtins(found) for found in packages.identity()] if packages else []
    )
    validator = validator_of(task)
    identity = _identity(validator, loaded)
    for url in profile or ():
        if validator.engine.rules(url) is None:
            known = validator.knowledge.type_of_profile(url)
            if not known:
                raise InputError(
                    Text(nl="dit profiel is niet beschikbaar", en="this profile is not available"),
                    where=url,
                    next_step=Text(
                        nl="geef het pakket mee met --package", en="name its package with --package"
                    ),
                )
    results: list[Result] = []
    out = Console(highlight=False, soft_wrap=True)
    err = Console(stderr=True, highlight=False, soft_wrap=True)
    for note in notes:
        if note.severity != "information" or verbose:
            err.print(f"[dim]{escape(note.message.of(chosen))}[/]")
    paths = list(resources(files))
    label = Text(nl="Bestanden getoetst", en="Files checked").of(chosen)
    for result in progress(check_files(paths, task, jobs or cores()), len(paths), label):
        results.append(result)
        if outcome:
            sys.stdout.write(
                json.dumps(
                    {
                        "file": result.file,
                        "outcome": operation_outcome(result.issues),
                        "packages": [f"{p['name']}#{p['version']}" for p in identity],
                    },
                    ensure_ascii=False,
                )
                + "\n"
            )
        elif not json_output:
            show(result, out, chosen, verbose=verbose)
    tally = Counter(result.outcome for result in results)
    if json_output:
        summary = {
            "files": [as_json(result, chosen) for result in results],
            "at": task.day.isoformat(),
            "fhir": validator.knowledge.base.version,
            "packages": identity,
            "notes": [note.message.of(chosen) for note in notes],
        }
        sys.stdout.write(json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
    elif not outcome:
        show_identity(identity, out, chosen)
    if not json_output and not outcome and len(results) > 1:
        total = WORDS["total"].format(
            files=len(results), good=tally["pass"], bad=tally["fail"], error=tally["error"]
        )
        out.print(f"[bold]{total.of(chosen)}[/]")
    found = {result.outcome for result in results}
    codes = {"error": ExitCode.USAGE, "fail": ExitCode.FAILED, "pass": ExitCode.OK}  # the first that occurs
    raise typer.Exit(int(next((code for name, code in codes.items() if name in found), ExitCode.NOTHING_RAN)))


def _identity(validator: Validator, loaded: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What decided the outcome: base specification, packages, embedded facts, each with version and hash.

    :param loaded: identities of the base specification and the packages that the user gave, if any.
    """
    found = loaded or [
        {"name": "hl7.fhir", "version": validator.knowledge.base.version, "hash": "", "embedded": True}
    ]
    facts = validator.facts
    known = {(p["name"], p["version"]) for p in found}
    for origin in facts.origins if facts is not None else ():
        if (origin.name, origin.version) not in known:
            found.append(
                {"name": origin.name, "version": origin.version, "hash": origin.hash, "embedded": True}
            )
    return found
