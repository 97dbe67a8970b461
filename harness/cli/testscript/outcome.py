"""What the commands print of their results, and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.cli.testscript.options import Printing
from harness.core.text import Lang, said
from harness.core.verdicts import Verdict
from harness.testscript.beyond.told import TITLE, ScriptBeside, headline, lines, section, stored
from harness.testscript.outcome.recording import write_document
from harness.testscript.outcome.results import ScriptFinding, ScriptResult, document, exit_code_of

_STYLE = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.ERROR: "bold magenta",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.NOT_TESTED: "yellow",
    Verdict.DISPUTED: "yellow",
    Verdict.WARNING: "yellow",
    Verdict.NOT_APPLICABLE: "dim",
}
MAX_SHOWN = 40
MAX_OTHER = 10


@dataclass(frozen=True)
class Written:
    """The folder of a run, if any, and its results as they may be written."""

    folder: Path | None
    results: Sequence[ScriptResult]


def finish(
    results: Sequence[ScriptResult],
    extra: Mapping[str, object],
    printing: Printing,
    written: Written,
    beyond: Sequence[ScriptBeside] | None = None,
) -> None:
    """Print and write the outcome, and exit with its code.

    :param beyond: the scripts beside the reference records; never part of the code.
    """
    if written.folder is not None:
        kept = {} if beyond is None else {"beyond": section(map(stored, beyond))}
        write_document(written.folder, document(written.results, **extra, **kept))
    if printing.as_json:
        apart = {} if beyond is None else {"beyond": section(beyond)}
        whole = document(results, **extra, **apart)
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(whole), indent=2).decode() + "\n")
    else:
        show(results, extra, printing.language, written.folder)
        if beyond is not None:
            _show_beyond(Console(soft_wrap=True), beyond, printing.language)
    raise typer.Exit(int(exit_code_of(results)))


def show(results: Sequence[ScriptResult], extra: Mapping[str, object], lang: Lang, out: Path | None) -> None:
    """The outcome for people: what did not pass and why, then a table per set."""
    console = Console(soft_wrap=True)
    dutch = lang == "nl"
    trouble = [result for result in results if result.verdict is not Verdict.PASS]
    for result in trouble[:MAX_SHOWN]:
        _show_trouble(console, result, lang)
    if len(trouble) > MAX_SHOWN:
        console.print(f"… +{len(trouble) - MAX_SHOWN}")
    console.print(_table(results, f"T = {extra.get('t')}, {escape(str(extra.get('target')))}", lang))
    notes = extra.get("notes")
    for note in notes if isinstance(notes, list) else []:
        console.print(f"[dim]{escape(str(note))}[/]")
    _show_other(console, extra.get("extra_requests"), lang)
    left_out = extra.get("left_out")
    if isinstance(left_out, list) and left_out:
        text = "scripts niet van toepassing" if dutch else "scripts do not apply"
        console.print(f"[dim]{len(left_out)} {text}: {escape(left_out[0])} …[/]")
    if out is not None:
        console.print(f"→ {escape(str(out))}")


def _show_other(console: Console, requests: object, lang: Lang) -> None:
    """What a watched client did besides: a request that was meant for a scenario may be among it."""
    other = requests if isinstance(requests, list) else []
    if other:
        console.print(
            f"{len(other)} {'verzoeken zonder scenario' if lang == 'nl' else 'requests without scenario'}:"
        )
    for request in other[:MAX_OTHER]:
        line = f"{request['method']} {request['url']} → {request['status']}"
        console.print(f"[dim]  {escape(line)}[/]")
    if len(other) > MAX_OTHER:
        console.print(f"[dim]  … +{len(other) - MAX_OTHER}[/]")


def _show_trouble(console: Console, result: ScriptResult, lang: Lang) -> None:
    style = _STYLE[result.verdict]
    console.print(f"[{style}]{result.verdict.value}[/] {escape(result.file)}  {escape(result.title)}")
    shown = [f for f in result.findings if f.verdict not in (Verdict.NOT_APPLICABLE, Verdict.WARNING)]
    for finding in shown[:5]:
        _show_finding(console, finding, lang)
    if len(shown) > 5:
        console.print(f"      … +{len(shown) - 5}")


def _show_beyond(console: Console, beyond: Sequence[ScriptBeside], lang: Lang) -> None:
    """What the records say beyond the scripts, apart from the table."""
    console.print(f"\n[bold]{TITLE.of(lang)}[/]\n{headline(beyond).of(lang)}")
    shown = 0
    for item in beyond:
        for note in item.left_out:
            console.print(f"  [dim]{escape(item.file)}: {note.of(lang)}[/]")
        if item.differences and shown < MAX_SHOWN:
            console.print(f"  [yellow]{escape(item.file)}[/] ({item.verdict})")
        for one in item.differences:
            shown += 1
            if shown <= MAX_SHOWN:
                first, *rest = lines(one, lang)
                console.print(f"    [{'yellow' if one.broken else 'dim'}]{escape(first)}[/]")
                for line in rest:
                    console.print(f"    {escape(line)}")
    if shown > MAX_SHOWN:
        console.print(f"    … +{shown - MAX_SHOWN}")


def _show_finding(console: Console, finding: ScriptFinding, lang: Lang) -> None:
    dutch = lang == "nl"
    words = ("verwacht", "gekregen", "volgende stap") if dutch else ("expected", "received", "next step")
    line = "regel" if dutch else "line"
    place = f"{finding.where.action} ({line} {finding.where.line})"
    console.print(f"    {escape(place)} {escape(finding.description[:110])}")
    lines = (said(finding.wanted, lang), said(finding.seen, lang), finding.next_step.of(lang))
    for label, text in zip(words, lines, strict=True):
        if text:
            console.print(f"      {label}: {escape(text)}")
    for issue in finding.issues[:3]:
        console.print(f"        {escape(issue.path)} ({line} {issue.line}): {escape(issue.message.of(lang))}")


def _table(results: Sequence[ScriptResult], title: str, lang: Lang) -> Table:
    """A row per set: scripts per verdict, asserts and warnings."""
    table = Table(title=title)
    table.add_column("set", overflow="fold")
    for column in ("pass", "fail", "error", "open" if lang == "nl" else "undecided", "asserts", "warning"):
        table.add_column(column, justify="right", no_wrap=True)
    rows: dict[str, list[ScriptResult]] = {}
    for result in results:
        parts = (result.standard, result.goal, result.role, result.variant)
        name = " · ".join(part for part in parts if part)
        rows.setdefault(name or Path(result.file).parent.name, []).append(result)
    for name, group in rows.items():
        verdicts = [result.verdict for result in group]
        amounts = [
            verdicts.count(Verdict.PASS),
            verdicts.count(Verdict.FAIL),
            verdicts.count(Verdict.ERROR),
            verdicts.count(Verdict.INCONCLUSIVE) + verdicts.count(Verdict.DISPUTED),
            sum(sum(result.asserts.values()) for result in group),
            sum(result.asserts.get("warning", 0) for result in group),
        ]
        table.add_row(escape(name), *(str(amount) if amount else "·" for amount in amounts))
    return table
