"""``harness judge RUN``: recompute every verdict from the recording, offline."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from harness.cli.options import JsonOption, LangOption
from harness.core.run.findings import Finding, canonical
from harness.core.run.folder import RunFolder
from harness.core.text import Lang
from harness.judge.catalogue import Catalogue, load_catalogue
from harness.judge.cells import judge_run
from harness.report.console import print_run
from harness.report.html import write_report
from harness.report.machine import run_document
from harness.report.summary import summarise
from harness.report.words import word

app = typer.Typer()
IDENTICAL = "identical"


@app.command()
def judge(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Write findings and report here (default: only compare).")
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Judge a recorded run again; no network, no wall clock. Exit code 7: the verdicts are not the same."""
    language: Lang = "en" if lang == "en" else "nl"
    catalogue = load_catalogue()
    source = RunFolder.open(run)
    found = judge_run(source, catalogue)
    comparison = _compare(source, found.findings, catalogue)
    target = _copy(source, out, found.findings) if out else None
    summary = summarise(source.info(), found.findings, catalogue)
    code = summary.result.code(exchanges=found.exchanges, differs=comparison != IDENTICAL)
    if target is not None:
        write_report(target, catalogue)
    if as_json:
        document = {**run_document(summary, target or source, code), "evidence": comparison}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")
    else:
        console = Console()
        print_run(console, summary, catalogue, language)
        console.print(word(comparison, language), style="" if comparison == IDENTICAL else "bold red")
    raise typer.Exit(int(code))


def _copy(source: RunFolder, out: Path, findings: list[Finding]) -> RunFolder:
    if out.resolve() == source.path.resolve():
        target = source
    else:
        target = RunFolder.create(out)
        for name in ("run.json", "events.jsonl"):
            if (source.path / name).exists():
                shutil.copyfile(source.path / name, target.path / name)
        for path in source.exchanges.glob("*.har"):
            shutil.copyfile(path, target.exchanges / path.name)
    target.write_findings(findings)
    return target


def _compare(source: RunFolder, findings: list[Finding], catalogue: Catalogue) -> str:
    """How what the folder holds compares with what its recording gives (a word of the reports)."""
    if source.info().hashes.get("catalogue") != catalogue.digest:
        return "other catalogue"
    path = source.path / "findings.json"
    if not path.is_file():
        return "missing"
    return IDENTICAL if path.read_bytes() == canonical(findings) else "differs"
