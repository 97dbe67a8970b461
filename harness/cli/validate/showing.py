"""What ``harness validate`` shows: text for people, JSON, OperationOutcomes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape

from harness.cli.validate.checking import MAX_SHOWN, Outcome, Result
from harness.core.text import Lang, Text, said

WORDS: dict[str, Text] = {
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
                **({"nl": msgspec.to_builtins(issue.nl)} if issue.nl is not None else {}),
            }
            for issue in result.issues
        ],
    }


def show(result: Result, console: Console, lang: Lang, *, verbose: bool = False) -> None:
    """One file for people: what is wrong, where, what was expected, the line of the source."""

    def word(name: str, **values: object) -> str:
        return WORDS[name].format(**values).of(lang) if values else WORDS[name].of(lang)

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
    shown = result.ordered
    for issue in shown[:MAX_SHOWN]:
        place = f"{word('line', line=issue.line, column=issue.column)}  " if issue.line else ""
        console.print(
            f"  [{_STYLE[issue.severity]}]{word(issue.severity)}[/]  {place}[bold]{escape(issue.path)}[/]"
        )
        console.print(f"      {escape(issue.message.of(lang))}  [dim]\\[{escape(issue.rule)}][/]")
        for label, value in (("expected", issue.wanted), ("received", issue.seen)):
            if value:
                console.print(f"      {word(label)}: {escape(said(value, lang))}")
        if text := result.excerpts.get((issue.line, issue.column)):
            console.print(f"      [dim]{issue.line:>5} | {escape(text)}[/]")
    if len(shown) > MAX_SHOWN:
        console.print("  " + word("more", count=len(shown) - MAX_SHOWN))
    unchecked = Counter(
        (i.message.of(lang), said(i.wanted, lang)) for i in result.issues if i.severity == "not-checked"
    )
    for (message, what), count in unchecked.most_common(None if verbose else 5):
        console.print(f"  [dim]{word('unchecked')} ({count}x): {escape(message)}: {escape(what)}[/]")
    if not verbose and len(unchecked) > 5:
        console.print("  [dim]" + word("more", count=len(unchecked) - 5) + "[/]")


def _show_second(objections: list[str], outcome: Outcome, console: Console, lang: Lang) -> None:
    """The second opinion, apart: it never decides."""
    agrees = bool(objections) is (outcome == "fail")
    word = WORDS["agrees" if agrees else "differs"].of(lang)
    console.print(f"  [dim]{escape(WORDS['second'].of(lang))}: {escape(word)}[/]")
    for item in objections[:MAX_SHOWN]:
        console.print(f"    [dim]{escape(item)}[/]")


def show_identity(identity: list[dict[str, Any]], console: Console, lang: Lang) -> None:
    """What decided the outcome: base specification, packages and their versions, invalid files by name."""
    names = []
    for found in identity:
        name = f"{found['name']} {found['version']}".strip()
        names.append(f"{name} ({WORDS['embedded'].of(lang)})" if found.get("embedded") else name)
    console.print(f"[dim]{WORDS['packages'].of(lang)}: {escape(', '.join(names))}[/]")
    for found in identity:
        if found.get("invalid_count"):
            files = ", ".join(found["invalid"]) + (
                " …" if found["invalid_count"] > len(found["invalid"]) else ""
            )
            words = WORDS["invalid"].format(count=found["invalid_count"], name=found["name"])
            console.print(f"[yellow]{escape(words.of(lang))}: {escape(files)}[/]")
