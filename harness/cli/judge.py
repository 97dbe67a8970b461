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
from harness.core.exits import strongest
from harness.core.run.findings import Finding, canonical
from harness.core.run.folder import RunFolder
from harness.core.text import Lang
from harness.judge.catalogue import Catalogue, load_catalogue
from harness.judge.cells import judge_run
from harness.judge.judging import exit_codes
from harness.report.console import print_run
from harness.report.html import write_report
from harness.report.machine import run_document
from harness.report.summary import summarise

app = typer.Typer()


@app.command()
def judge(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Write findings and report here (default: only compare).")
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Judge a recorded run again; no network, no wall clock. Says whether the verdicts are the same."""
    language: Lang = "en" if lang == "en" else "nl"
    catalogue = load_catalogue()
    source = RunFolder.open(run)
    findings = judge_run(source, catalogue)
    target = _copy(source, out, findings) if out else None
    info = source.info()
    summary = summarise(info, findings, catalogue)
    code = strongest(exit_codes(findings, catalogue))
    if target is not None:
        write_report(target, catalogue)
    if as_json:
        document = run_document(summary, target or source, code)
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")
    else:
        console = Console()
        print_run(console, summary, catalogue, language)
        console.print(_comparison(source, findings, catalogue, language))
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


def _comparison(source: RunFolder, findings: list[Finding], catalogue: Catalogue, lang: Lang) -> str:
    dutch = lang == "nl"
    if source.info().hashes.get("catalogue") != catalogue.digest:
        return (
            "let op: de run is met een andere catalogus beoordeeld"
            if dutch
            else "note: the run was judged with another catalogue"
        )
    path = source.path / "findings.json"
    same = path.is_file() and path.read_bytes() == canonical(findings)
    if same:
        return "findings.json: byte voor byte gelijk" if dutch else "findings.json: identical, byte for byte"
    return "findings.json: VERSCHILT van deze run" if dutch else "findings.json: DIFFERS from this run"
