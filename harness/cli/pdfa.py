"""``harness pdfa``: check documents for PDF/A conformance."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from harness.cli.options import language
from harness.core.errors import InputError
from harness.core.text import Lang, Text
from harness.pdfa import Report, check
from harness.pdfa.engines import run_engine
from harness.pdfa.policy import refusal

app = typer.Typer(no_args_is_help=True)

_OUTCOME = {
    "valid": Text(nl="geldig", en="valid"),
    "invalid": Text(nl="ongeldig", en="invalid"),
    "unreadable": Text(nl="onleesbaar", en="unreadable"),
    "limit": Text(nl="veiligheidsgrens", en="safety limit"),
}


@app.callback()
def _group() -> None:
    """Check PDF/A conformance (1b, 1a, 2b, 2u, 2a, 3b, 3u, 3a)."""


def documents(paths: list[Path]) -> Iterator[Path]:
    """The named files, and all ``*.pdf`` below the named folders, sorted."""
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix.lower() == ".pdf" and p.is_file())
        elif path.is_file():
            yield path
        else:
            raise InputError(
                Text(nl="Bestand of map bestaat niet.", en="File or folder does not exist."), where=str(path)
            )


def as_json(path: Path, report: Report, ms: float, lang: Lang) -> dict[str, Any]:
    """One entry of ``files`` in the JSON output."""
    entry: dict[str, Any] = {
        "file": str(path),
        "flavour": report.flavour,
        "claimed": report.claimed,
        "outcome": report.outcome,
        "rules": list(report.rules),
        "findings": [
            {
                "rule": v.rule, "message": v.message.of(lang), "where": v.where, "page": v.page,
                "received": v.received, "count": v.count,
            }
            for v in report.findings
        ],
        "ms": round(ms, 2),
        "engine": report.engine,
        "pages": report.pages,
    }  # fmt: skip
    if report.reason is not None:
        entry["reason"] = report.reason.of(lang)
    return entry


@app.command("check")
def check_command(
    paths: Annotated[
        list[Path], typer.Argument(metavar="FILE-OR-FOLDER...", help="Documents, or folders with documents.")
    ],
    flavour: Annotated[
        str, typer.Option(help="auto (as claimed), 1b, 1a, 2b, 2u, 2a, 3b, 3u or 3a.")
    ] = "auto",
    engine: Annotated[
        str, typer.Option(help="builtin, verapdf (needs an installation) or both.")
    ] = "builtin",
    json_output: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
    isolated: Annotated[bool, typer.Option(help="Check each file in a process of its own.")] = False,
    lang: Annotated[str, typer.Option(help="nl or en.")] = "",
) -> None:
    """Say for each document whether it is the PDF/A that it claims to be; exit 1 when one is not."""
    chosen = language(["--lang", lang] if lang else [])
    entries: list[dict[str, Any]] = []
    console = Console(soft_wrap=True, highlight=False)
    worst = 0
    counts: Counter[str] = Counter()
    files = list(documents(paths))
    for path in files:
        start = time.perf_counter()
        if engine == "builtin":
            report = check(path, flavour, isolated=isolated)
            differs: str | None = None
        else:
            report, differs = run_engine(engine, path, flavour, isolated)
        ms = (time.perf_counter() - start) * 1000
        counts[report.outcome] += 1
        if not report.valid or differs:
            worst = 1
        entry = as_json(path, report, ms, chosen)
        if differs is not None:
            entry["disagreement"] = differs
        if json_output:
            entries.append(entry)
        else:
            _print(console, path, report, differs, chosen)
    if json_output:
        typer.echo(json.dumps({"files": entries}, ensure_ascii=False))
    elif len(files) > 1:
        total = ", ".join(f"{counts[o]} {t.of(chosen)}" for o, t in _OUTCOME.items() if counts[o])
        console.print(f"\n{len(files)}: {total}")
    if not files:
        raise typer.Exit(4)
    raise typer.Exit(worst)


def _print(console: Console, path: Path, report: Report, differs: str | None, lang: Lang) -> None:
    style = "green" if report.valid else "red" if report.outcome == "invalid" else "yellow"
    dutch = lang == "nl"
    claimed = report.claimed or ("geen" if dutch else "none")
    says = "zegt" if dutch else "claims"
    checked = "getoetst als" if dutch else "checked as"
    console.print(
        f"[{style}]{_OUTCOME[report.outcome].of(lang):<10}[/] {path}  ({says}: {claimed}; {checked} {report.flavour})"  # noqa: E501
    )
    if report.reason is not None:
        console.print(f"    {report.reason.of(lang)}", markup=False)
    refused = refusal(report)
    if refused is not None and report.outcome in ("valid", "invalid"):
        console.print(f"    MedMij: {refused.of(lang)}", markup=False)
    shown: set[str] = set()
    for violation in report.findings:
        if violation.rule in shown:
            continue
        shown.add(violation.rule)
        times = f" ({violation.count}×)" if violation.count > 1 else ""
        console.print(f"    {violation.rule:<14} {violation.message.of(lang)}{times}", markup=False)
        where = " · ".join(part for part in (violation.where, violation.received) if part)
        if where:
            console.print(f"    {'':<14} {where}", markup=False)
    if differs:
        console.print(f"    [yellow]{differs}[/]")
