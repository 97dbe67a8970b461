"""Write what follows from data: pages of ``docs/``, ``profiles/requirements.lock``, which data was checked.

``python scripts/reference.py [--check]``; a test runs the check, so that the pages cannot rot. The lock holds
every requirement id that was ever published: ids are added to it, never taken away. What was checked is not
checked again at every start (:mod:`harness.core.schemas.vouched`).
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from harness.core.clock import SystemClock  # noqa: E402
from harness.core.schemas import vouched  # noqa: E402
from harness.judge.catalogue import load_catalogue  # noqa: E402
from harness.matrix.preparation import RunOptions, prepare  # noqa: E402
from harness.report.programme.pages import generated, shipped, whole_coverage  # noqa: E402
from harness.scenario import shipped_scenarios  # noqa: E402

TERMINAL = {"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1", "_TYPER_FORCE_DISABLE_TERMINAL": "1"}
"""A terminal of 100 columns without colours, for help texts."""
VOUCHED_HEAD = "# Data that was checked against its schema. Written by scripts/reference.py."
LOCK = "profiles/requirements.lock"
LOCK_HEAD = """\
# Every requirement id that was ever published. Add with scripts/reference.py; never remove,
# renumber or reuse an id: dossiers of earlier years refer to it.
"""


def lock() -> str:
    """The ids that are locked, and the new ones."""
    path = ROOT / LOCK
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    known = {line for line in lines if line and not line.startswith("#")}
    return LOCK_HEAD + "\n".join(sorted(known | {item.id for item in shipped(load_catalogue())})) + "\n"


def checked() -> str:
    """The data of a plain run that is right by its schemas; the first to read any of it."""
    with vouched.collecting() as found:
        catalogue = load_catalogue()
        prepare(RunOptions(), catalogue, SystemClock())
        whole_coverage(catalogue, shipped_scenarios())
    lines = (
        f"{key} {Path(name).relative_to(ROOT).as_posix()}"
        for key, name in sorted(found.items(), key=lambda item: (item[1], item[0]))
    )
    return (
        "# Data that was checked against its schema. Written by scripts/reference.py.\n"
        + "\n".join(lines)
        + "\n"
    )


def help_of(*words: str) -> str:
    """Help text of a command."""
    from harness.cli import run

    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = run([*words, "--help"])
    if code:
        raise SystemExit(f"harness {' '.join(words)} --help ends with {code}")
    return "\n".join(line.rstrip() for line in out.getvalue().strip().splitlines())


def commands() -> Iterator[tuple[str, ...]]:
    """Every command and subcommand, as words."""
    from harness.cli import COMMANDS

    for name, (module, _) in COMMANDS.items():
        yield from below(import_module(module).app, name)


def below(app: Any, *words: str) -> Iterator[tuple[str, ...]]:
    """A command and its subcommands, those of groups included."""
    yield words
    if len(app.registered_commands) > 1 or app.registered_callback or app.registered_groups:
        for item in app.registered_commands:
            yield (*words, item.name or item.callback.__name__.replace("_", "-"))
    for group in app.registered_groups:
        yield from below(group.typer_instance, *words, group.name)


def commands_page() -> str:
    """Every command with its help."""
    os.environ.update(TERMINAL)  # typer reads it when it is imported, so nothing above imports the commands
    lines = [
        "# Commands",
        "",
        "Generated from the program by `python scripts/reference.py`. Exit codes are in the README.",
    ]
    for words in commands():
        lines += ["", f"## harness {' '.join(words)}", "", "```text", help_of(*words), "```"]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write the files, or with ``--check`` say which are out of date."""
    known = checked()
    catalogue = load_catalogue()
    pages = generated(catalogue, whole_coverage(catalogue, shipped_scenarios()))
    files = {f"docs/{name}": text for name, text in pages.items()}
    files |= {LOCK: lock(), vouched.FILE.relative_to(ROOT).as_posix(): known}
    files |= {"docs/commands.md": commands_page()}
    stale = [
        name
        for name, text in files.items()
        if not (ROOT / name).is_file() or (ROOT / name).read_text(encoding="utf-8") != text
    ]
    if "--check" in arguments:
        for name in stale:
            print(f"{name} is out of date: run python scripts/reference.py")
        return int(bool(stale))
    for name in stale:
        (ROOT / name).write_text(files[name], encoding="utf-8")
        print(f"wrote {name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
