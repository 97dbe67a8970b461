"""``harness pdfa``: check documents for PDF/A conformance."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.bars import progress
from harness.cli.options import JobsOption, language
from harness.cli.pdfa_text import OUTCOMES, print_document
from harness.core.errors import InputError, UsageError, nearest
from harness.core.exits import ExitCode
from harness.core.run.limits import cores
from harness.core.text import Lang, Text
from harness.pdfa import Limits, check, require_flavour
from harness.pdfa.advice import tools
from harness.pdfa.batch import Checked, check_many
from harness.pdfa.formats.entries import entry
from harness.pdfa.worker import restricted

if TYPE_CHECKING:
    from rich.console import Console

app = typer.Typer(no_args_is_help=True)

_ENOUGH = 4
"""From this number of documents on it pays to start workers."""


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
    json_lines: Annotated[
        bool, typer.Option("--json-lines", help="One JSON object per document, as soon as it is checked.")
    ] = False,
    junit_file: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Also write a JUnit report.")
    ] = None,
    sarif_file: Annotated[
        Path | None, typer.Option("--sarif", metavar="FILE", help="Also write a SARIF 2.1.0 report.")
    ] = None,
    xml_file: Annotated[
        Path | None,
        typer.Option("--verapdf-xml", metavar="FILE", help="Also write a report in the XML of veraPDF."),
    ] = None,
    tool: Annotated[
        str, typer.Option(help="Advice for: word, libreoffice, itext, pdfbox, fop, ghostscript or none.")
    ] = "auto",
    jobs: JobsOption = 0,
    isolated: Annotated[bool, typer.Option(help="Check each file in a process of its own.")] = False,
    lang: Annotated[str, typer.Option(help="nl or en.")] = "",
) -> None:
    """Say for each document whether it is the PDF/A that it claims to be.

    Exit code 1: one is not. 6: none is wrong, but one could not be read or met a safety limit, or what is
    held against it is disputed, or two engines differ. 4: no documents.
    """
    chosen = language(["--lang", lang] if lang else [])
    if tool not in ("auto", "none") and tool not in tools():
        raise UsageError(
            Text(nl=f"Onbekend programma {tool!r}.", en=f"Unknown tool {tool!r}."),
            expected="auto, none, " + ", ".join(tools()),
            received=tool,
            next_step=nearest(tool, tools()),
        )
    at = datetime.now(UTC)
    files = list(documents(paths))
    console = None if json_output or json_lines else _console()
    in_order = None if console is None else _in_order(console, chosen, tool)
    found: list[Checked] = []
    label = Text(nl="PDF's getoetst", en="PDFs checked").of(chosen)
    for checked in progress(_checked(files, flavour, engine, jobs or cores(), isolated), len(files), label):
        found.append(checked)
        if json_lines:
            typer.echo(json.dumps(entry(checked, chosen), ensure_ascii=False))
        elif in_order is not None:
            in_order(checked)
    found.sort(key=lambda one: one.index)
    if json_output:
        typer.echo(json.dumps({"files": [entry(one, chosen) for one in found]}, ensure_ascii=False))
    elif console is not None and len(found) > 1:
        counts: Counter[str] = Counter(one.report.outcome for one in found)
        total = ", ".join(f"{counts[o]} {text.of(chosen)}" for o, text in OUTCOMES.items() if counts[o])
        console.print(f"\n{len(found)}: {total}")
    for file, form in ((junit_file, "junit"), (sarif_file, "sarif"), (xml_file, "verapdf_xml")):
        if file is not None:
            _save(file, import_module(f"harness.pdfa.formats.{form}").render(found, chosen, at))
    raise typer.Exit(exit_code(found))


def exit_code(found: Sequence[Checked]) -> ExitCode:
    """1 when a document is not what it must be; 6 when no more is wrong than that something is undecided."""
    if not found:
        return ExitCode.NOTHING_RAN
    if any(one.report.outcome == "invalid" and not one.report.disputed for one in found):
        return ExitCode.FAILED
    if all(one.report.valid and one.differs is None for one in found):
        return ExitCode.OK
    return ExitCode.UNDECIDED


def _save(file: Path, data: bytes) -> None:
    try:
        file.write_bytes(data)
    except OSError as error:
        raise InputError(
            Text(nl="Het rapport kan niet worden geschreven.", en="The report cannot be written."),
            where=str(file),
            received=error.strerror or "",
        ) from None


def _checked(files: list[Path], flavour: str, engine: str, jobs: int, isolated: bool) -> Iterator[Checked]:
    """Check the documents; in workers when there are many or when a process of their own is asked."""
    limits = Limits()
    if engine == "builtin":
        require_flavour(flavour)
        if isolated or (len(files) >= _ENOUGH and jobs > 1):
            yield from check_many(files, flavour, limits, jobs)
            return
    for index, path in enumerate(files):
        start = time.perf_counter()
        differs = None
        with restricted(limits):
            if engine == "builtin":
                report = check(path, flavour, limits)
            else:
                from harness.pdfa.engines import run_engine

                report, differs = run_engine(engine, path, flavour, isolated)
        yield Checked(index, path, report, (time.perf_counter() - start) * 1000, differs)


def _console() -> Console:
    from rich.console import Console

    return Console(soft_wrap=True, highlight=False)


def _in_order(console: Console, lang: Lang, tool: str) -> Callable[[Checked], None]:
    """Prints documents in the order that they were asked in, each as soon as those before it are done."""
    waiting: dict[int, Checked] = {}
    following = 0

    def take(checked: Checked) -> None:
        nonlocal following
        waiting[checked.index] = checked
        while following in waiting:
            print_document(console, waiting.pop(following), lang, tool)
            following += 1

    return take
