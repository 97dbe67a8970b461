"""Write the reference pages that follow from data: ``docs/requirements.md`` and ``docs/commands.md``.

``python scripts/reference.py [--check]``; a test runs the check, so the pages cannot rot.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from harness.cli import COMMANDS
from harness.core.standards.table import standards
from harness.judge.catalogue import load_catalogue

DOCS = Path(__file__).resolve().parent.parent / "docs"


def requirements_page() -> str:
    """The table of standards and all requirements, with source, strength, state and basic requirement."""
    ours = {"", *(item.id for item in standards().values() if item.own)}
    catalogue = [item for item in load_catalogue() if item.standard in ours]
    by_standard: dict[str, list[str]] = {}
    for item in sorted(catalogue, key=lambda one: one.id):
        state = item.state if item.kind == "automatic" else f"{item.state}, {item.kind}"
        row = " | ".join(
            (
                f"`{item.id}`",
                item.title.en.replace("|", "\\|"),
                item.topic,
                item.role,
                item.strength.value,
                state,
                f"{item.source} ({item.mark})".replace("|", "\\|"),
                ", ".join(item.basiseis) or "–",
            )
        )
        by_standard.setdefault(item.standard or "Trust framework (every standard)", []).append(f"| {row} |")
    lines = [
        "# Requirements",
        "",
        "Generated from the folders below `profiles/` by `python scripts/reference.py`.",
        "Ids are never renumbered or reused. Titles in Dutch: `harness requirements`.",
        "",
        "## Standards",
        "",
        "| Standard | Folder | Ids | Letter | Services | Official sets | Default |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {item.title.en} (`{item.id}`) | `profiles/{item.folder.name}/` | `{item.prefix}-…` | "
            f"{item.letter} | {', '.join(f'{part.id} {part.name}' for part in item.services)} | "
            f"{', '.join(item.official) or '–'} | {'yes' if item.default else 'no'} |"
            for item in standards().values()
            if item.own
        ),
    ]
    head = "| Id | Requirement | Topic | Role | Strength | State | Source (mark) | Basic requirement |"
    for name, rows in by_standard.items():
        lines += ["", f"## {name}", "", head, "|---|---|---|---|---|---|---|---|", *rows]
    return "\n".join(lines) + "\n"


def help_of(*words: str) -> str:
    """Help text of a command, as a terminal of 100 columns shows it, without colours."""
    environment = {
        **os.environ,
        "COLUMNS": "100",
        "TERM": "dumb",
        "NO_COLOR": "1",
        "_TYPER_FORCE_DISABLE_TERMINAL": "1",
    }
    command = [sys.executable, "-m", "harness", *words, "--help"]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    return "\n".join(line.rstrip() for line in result.stdout.strip().splitlines())


def subcommands(name: str) -> list[tuple[str, ...]]:
    """The command and its subcommands, as words."""
    from importlib import import_module

    app = import_module(COMMANDS[name][0]).app
    grouped = len(app.registered_commands) > 1 or app.registered_callback or app.registered_groups
    names = (
        [item.name or item.callback.__name__.replace("_", "-") for item in app.registered_commands]
        if grouped
        else []
    )
    return [(name,), *((name, sub) for sub in names)]


def commands_page() -> str:
    """Every command with its help."""
    lines = [
        "# Commands",
        "",
        "Generated from the program by `python scripts/reference.py`. Exit codes are in the README.",
    ]
    for name in COMMANDS:
        for words in subcommands(name):
            lines += ["", f"## harness {' '.join(words)}", "", "```text", help_of(*words), "```"]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` say which are out of date."""
    pages = {"requirements.md": requirements_page(), "commands.md": commands_page()}
    stale = [
        name
        for name, text in pages.items()
        if not (DOCS / name).is_file() or (DOCS / name).read_text() != text
    ]
    if arguments == ["--check"]:
        for name in stale:
            print(f"docs/{name} is out of date: run python scripts/reference.py")
        return int(bool(stale))
    for name in stale:
        (DOCS / name).write_text(pages[name])
        print(f"wrote docs/{name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
