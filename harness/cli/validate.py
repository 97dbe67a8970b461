"""``harness validate``: FHIR resources and Bundles against the base specification and profiles, offline."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
import typer
from rich.console import Console
from rich.markup import escape

from harness.cli.options import AtOption, JsonOption, LangOption
from harness.core.clock import AMSTERDAM
from harness.core.errors import HarnessError, InputError
from harness.core.exits import ExitCode
from harness.core.issues import Issue, shorten
from harness.core.tdates import TDates, parse_day
from harness.core.text import Lang, Text, both
from harness.fhir.codec.documents import Document, parse
from harness.fhir.model.types import load_model
from harness.fhir.outcomes import operation_outcome
from harness.fhir.validation import Validator

app = typer.Typer(no_args_is_help=True)

Outcome = Literal["pass", "fail", "error"]
SUFFIXES = (".xml", ".json")
MAX_SHOWN = 50
"""Findings shown per file in the text output; ``--json`` has all."""

_WORDS: dict[str, Text] = {
    "error": Text(nl="FOUT", en="ERROR"),
    "warning": Text(nl="let op", en="warning"),
    "information": Text(nl="info", en="info"),
    "expected": Text(nl="verwacht", en="expected"),
    "received": Text(nl="gekregen", en="received"),
    "line": Text(nl="regel {line}, kolom {column}", en="line {line}, column {column}"),
    "good": Text(nl="voldoet", en="conforms"),
    "bad": Text(nl="voldoet niet", en="does not conform"),
    "unread": Text(nl="niet te controleren", en="cannot be checked"),
    "unchecked": Text(nl="niet gecontroleerd", en="not checked"),
    "more": Text(nl="en nog {count} (zie --json)", en="and {count} more (see --json)"),
    "total": Text(
        nl="{files} bestanden: {good} voldoen, {bad} voldoen niet, {error} niet te controleren",
        en="{files} files: {good} conform, {bad} do not conform, {error} cannot be checked",
    ),
    "packages": Text(nl="getoetst met", en="checked with"),
    "embedded": Text(nl="ingebouwd", en="embedded"),
    "invalid": Text(
        nl="{count} ongeldige bestand(en) in pakket {name}, niet gebruikt of met gebreken",
        en="{count} invalid file(s) in package {name}, not used or with defects",
    ),
    "second": Text(nl="tweede mening (fhir.resources)", en="second opinion (fhir.resources)"),
    "agrees": Text(nl="hetzelfde", en="the same"),
    "differs": Text(nl="anders; beslist niet mee", en="another one; does not decide"),
    "errors": Text(nl="{count} fout(en)", en="{count} error(s)"),
    "warnings": Text(nl="{count} waarschuwing(en)", en="{count} warning(s)"),
}
_STYLE = {"error": "bold red", "warning": "yellow", "information": "cyan"}


class Result(NamedTuple):
    """Outcome of one file.

    :ivar second: objections of the second opinion as ``path: message``; ``None`` when it was not asked.
    """

    file: str
    outcome: Outcome
    issues: list[Issue]
    source: bytes
    second: list[str] | None = None


def opinion(result: Result) -> list[str] | None:
    """What ``fhir.resources`` objects to; ``None`` for a file that cannot be read."""
    from harness.fhir.typed import opinions

    if result.outcome == "error":
        return None
    document = parse(result.source, model=load_model("3.0.2"))
    return [f"{item.path}: {item.message}" for item in opinions(document.resource)]


def resources(paths: Iterable[Path]) -> Iterator[Path]:
    """The named files, and all XML and JSON files below the named folders, sorted.

    :raises InputError: when a path does not exist, or nothing is found.
    """
    found = False
    for path in paths:
        if path.is_dir():
            for inner in sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file()):
                found = True
                yield inner
        elif path.exists():
            found = True
            yield path
        else:
            raise InputError(Text(nl="bestand bestaat niet", en="file does not exist"), where=str(path))
    if not found:
        raise InputError(
            Text(nl="geen XML- of JSON-bestanden gevonden", en="no XML or JSON files found"),
            where=", ".join(map(str, paths)),
        )


def check_file(path: Path, validator: Validator, profiles: tuple[str, ...], dates: TDates) -> Result:
    """Validates one file; a file that cannot be read is an ``error``, one with defects a ``fail``."""
    try:
        source = path.read_bytes()
        if b"${" in source:
            source = dates.resolve(source.decode("utf-8"), strict=True, where=str(path)).encode()
    except HarnessError as error:
        return _unreadable(path, error.message, error.expected, error.received)
    except UnicodeDecodeError:
        pass  # the codec says where
    except OSError as error:
        return _unreadable(path, both(error.strerror or str(error)), "", "")
    document = parse(source, model=validator.model)
    issues = [_located(issue, document) for issue in validator.validate(document, profiles)]
    failed = any(issue.severity == "error" for issue in issues)
    return Result(str(path), "fail" if failed else "pass", issues, source)


def _located(issue: Issue, document: Document) -> Issue:
    """An issue with its place; the validator itself does not look it up for what was not checked."""
    if issue.line or not issue.path:
        return issue
    line, column = document.locate(issue.path)
    return msgspec.structs.replace(issue, line=line, column=column)


def _unreadable(path: Path, message: Text, expected: str, received: str) -> Result:
    issue = Issue(rule="file", severity="error", message=message, expected=expected, received=received)
    return Result(str(path), "error", [issue], b"")


def as_json(result: Result, lang: Lang) -> dict[str, Any]:
    """One entry of ``files`` in the JSON output."""
    agrees = result.second is None or bool(result.second) is (result.outcome == "fail")
    extra = (
        {"second_opinion": {"agrees": agrees, "objections": result.second}}
        if result.second is not None
        else {}
    )
    return {
        "file": result.file,
        "outcome": result.outcome,
        **extra,
        "not_checked": sum(issue.severity == "not-checked" for issue in result.issues),
        "findings": [
            {
                "rule": issue.rule,
                "severity": issue.severity,
                "path": issue.path,
                "line": issue.line,
                "column": issue.column,
                "expected": issue.expected,
                "received": issue.received,
                "message": issue.message.of(lang),
            }
            for issue in result.issues
        ],
    }


def show(result: Result, console: Console, lang: Lang, *, verbose: bool = False) -> None:
    """One file for people: what is wrong, where, what was expected, the line of the source."""

    def word(name: str, **values: object) -> str:
        return _WORDS[name].format(**values).of(lang) if values else _WORDS[name].of(lang)

    counts = Counter(issue.severity for issue in result.issues)
    mark, style, verdict = {
        "pass": ("✓", "green", word("good")),
        "fail": ("✗", "bold red", word("bad")),
        "error": ("!", "bold magenta", word("unread")),
    }[result.outcome]
    parts = [word(f"{name}s", count=counts[name]) for name in ("error", "warning") if counts[name]]
    if counts["not-checked"]:
        parts.append(f"{counts['not-checked']} {word('unchecked')}")
    tail = f" ({', '.join(parts)})" if parts else ""
    console.print(f"[{style}]{mark} {escape(result.file)}[/]: {verdict}{tail}")
    if result.second is not None:
        _show_second(result.second, result.outcome, console, lang)
    lines = result.source.splitlines()
    order = {"error": 0, "warning": 1, "information": 2}
    shown = sorted((i for i in result.issues if i.severity in order), key=lambda i: order[i.severity])
    for issue in shown[:MAX_SHOWN]:
        place = f"{word('line', line=issue.line, column=issue.column)}  " if issue.line else ""
        console.print(
            f"  [{_STYLE[issue.severity]}]{word(issue.severity)}[/]  {place}[bold]{escape(issue.path)}[/]"
        )
        console.print(f"      {escape(issue.message.of(lang))}  [dim]\\[{escape(issue.rule)}][/]")
        for label, value in (("expected", issue.expected), ("received", issue.received)):
            if value:
                console.print(f"      {word(label)}: {escape(value)}")
        if 0 < issue.line <= len(lines):
            text = excerpt(lines[issue.line - 1].decode("utf-8", "replace"), issue.column)
            console.print(f"      [dim]{issue.line:>5} | {escape(text)}[/]")
    if len(shown) > MAX_SHOWN:
        console.print("  " + word("more", count=len(shown) - MAX_SHOWN))
    unchecked = Counter(
        (i.message.of(lang), i.expected) for i in result.issues if i.severity == "not-checked"
    )
    for (message, what), count in unchecked.most_common(None if verbose else 5):
        console.print(f"  [dim]{word('unchecked')} ({count}x): {escape(message)}: {escape(what)}[/]")
    if not verbose and len(unchecked) > 5:
        console.print("  [dim]" + word("more", count=len(unchecked) - 5) + "[/]")


def _show_second(objections: list[str], outcome: Outcome, console: Console, lang: Lang) -> None:
    """The second opinion, apart: it never decides."""
    agrees = bool(objections) is (outcome == "fail")
    word = _WORDS["agrees" if agrees else "differs"].of(lang)
    console.print(f"  [dim]{escape(_WORDS['second'].of(lang))}: {escape(word)}[/]")
    for item in objections[:MAX_SHOWN]:
        console.print(f"    [dim]{escape(item)}[/]")


def show_identity(identity: list[dict[str, Any]], console: Console, lang: Lang) -> None:
    """What decided the outcome: base specification, packages and their versions, invalid files by name."""
    names = []
    for found in identity:
        name = f"{found['name']} {found['version']}".strip()
        names.append(f"{name} ({_WORDS['embedded'].of(lang)})" if found.get("embedded") else name)
    console.print(f"[dim]{_WORDS['packages'].of(lang)}: {escape(', '.join(names))}[/]")
    for found in identity:
        if found.get("invalid_count"):
            files = ", ".join(found["invalid"]) + (
                " …" if found["invalid_count"] > len(found["invalid"]) else ""
            )
            words = _WORDS["invalid"].format(count=found["invalid_count"], name=found["name"])
            console.print(f"[yellow]{escape(words.of(lang))}: {escape(files)}[/]")


def excerpt(line: str, column: int, width: int = 110) -> str:
    """The part of a source line around a column (1-based), trimmed, ends marked with an ellipsis."""
    start = max(0, column - 1 - width // 4) if len(line.strip()) > width else 0
    text = line[start : start + width].strip()
    return ("…" if start else "") + shorten(text, width) + ("…" if start + width < len(line.rstrip()) else "")


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
    lang: LangOption = "nl",
) -> None:
    """Validate FHIR resources and Bundles, offline. Exit 1 when a file does not conform, 2 when one cannot
    be read.

    Each resource is checked against the base specification, against the profiles in its meta.profile, and
    against --profile. Placeholders such as ${DATE, T, D, -30} are filled in; T is today unless --at says
    otherwise.
    """
    chosen: Lang = "en" if lang == "en" else "nl"
    packages = None
    notes: list[Issue] = []
    loaded: list[dict[str, Any]] = []
    if package:
        from harness.fhir.packages.load import load_packages

        packages = load_packages(package, version=fhir_version)
        notes = packages.notes
        loaded = [msgspec.to_builtins(found) for found in packages.identity()]
    validator = Validator(packages, embedded=embedded, version=fhir_version or "STU3")
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
    dates = TDates(parse_day(at) if at else today())
    results: list[Result] = []
    out = Console(highlight=False, soft_wrap=True)
    err = Console(stderr=True, highlight=False, soft_wrap=True)
    for note in notes:
        if note.severity != "information" or verbose:
            err.print(f"[dim]{escape(note.message.of(chosen))}[/]")
    for path in resources(files):
        result = check_file(path, validator, tuple(profile or ()), dates)
        if second:
            result = result._replace(second=opinion(result))
        results.append(result if json_output else result._replace(source=b""))
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
            "at": dates.t.isoformat(),
            "fhir": validator.knowledge.base.version,
            "packages": identity,
            "notes": [note.message.of(chosen) for note in notes],
        }
        sys.stdout.write(json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
    elif not outcome:
        show_identity(identity, out, chosen)
    if not json_output and not outcome and len(results) > 1:
        total = _WORDS["total"].format(
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
