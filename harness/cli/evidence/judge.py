"""``harness judge RUN``: recompute every verdict from the recording, offline."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from harness.cli.dossier.otherwise import INSTALLED, judged_otherwise
from harness.cli.evidence.shown import RunArgument, evidence_document, problem_text, refuse_unreadable
from harness.cli.options import JsonOption, LangOption
from harness.core.errors import InputError, UsageError
from harness.core.run import results
from harness.core.run.folder import RunFolder
from harness.core.run.place import contents, disk
from harness.core.text import Lang, Text
from harness.judge.catalogue import Catalogue, load_catalogue
from harness.judge.evidence.verification import Rejudged, rejudge
from harness.report.console import print_run
from harness.report.html import write_report
from harness.report.machine.summary import run_document
from harness.report.summary import summarise
from harness.report.words import word

app = typer.Typer()


@app.command()
def judge(
    run: RunArgument,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write findings.json and report/ here (default: only compare)."),
    ] = None,
    other: Annotated[
        str,
        typer.Option(
            "--catalogue",
            metavar="installed|FILE",
            help="By another catalogue than then: that of this version, or with changes (YAML).",
        ),
    ] = "",
    release: Annotated[str, typer.Option("--release", help="In this release, whatever was driven.")] = "",
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Judge a recorded run again; no network, no wall clock. Exit code 7: evidence and result differ.

    With --catalogue or --release a run or dossier is judged as it would be tomorrow: what changes, and what
    has to be driven again since the recordings do not hold what is asked.
    """
    language: Lang = "en" if lang == "en" else "nl"
    if other or release:
        if out is not None:
            raise UsageError(
                Text(
                    nl="kan niet met --catalogue of --release", en="cannot be with --catalogue or --release"
                ),
                where="--out",
            )
        code = judged_otherwise(run, other or INSTALLED, release, language, as_json=as_json)
        raise typer.Exit(code)
    catalogue = load_catalogue()
    with refuse_unreadable(run, as_json=as_json, lang=language):
        found = rejudge(run, catalogue)
    if out is not None:
        _write(run, out, found, catalogue)
    summary = summarise(found.info, found.findings, catalogue, RunFolder(run))
    code = summary.result.code(exchanges=found.exchanges, differs=found.problem is not None)
    if as_json:
        document = {
            **run_document(summary, RunFolder(run), code, catalogue),
            "evidence": evidence_document(found.problem),
        }
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")
    else:
        console = Console()
        print_run(console, summary, catalogue, language)
        if found.problem is None and RunFolder(run).finished:  # else there is nothing whole to compare with
            console.print(word("identical", language))
        elif found.problem is not None:
            console.print(
                problem_text(found.problem, language), style="bold red", markup=False, soft_wrap=True
            )
    raise typer.Exit(int(code))


def _write(run: Path, out: Path, found: Rejudged, catalogue: Catalogue) -> None:
    """Write what the run gives now, somewhere else than where it stands.

    :raises InputError: the folder holds a run, or something that is not ours.
    """
    if out.exists() and (RunFolder(out).started or contents.foreign(out)):
        raise InputError(
            Text(
                nl="bevat een run, of iets dat niet van de harness is",
                en="holds a run, or something that is not the harness's",
            ),
            where=str(out),
            next_step=Text(nl="kies een andere map met --out", en="choose another folder with --out"),
        )
    data = results.encode(results.Findings(findings=found.findings))
    disk.write(out / "findings.json", data, durable=False)
    write_report(RunFolder(run), found.info, found.findings, catalogue, out / "report")
