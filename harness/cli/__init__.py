"""Thin commands, one module per group; ``main`` turns errors into one message and an exit code.

Command modules are imported when their command is used, so that ``harness validate`` does not pay for the
network, and a command that was never used cannot break another.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Sequence
from contextvars import ContextVar
from importlib import import_module
from typing import Annotated

import typer

from harness import __version__
from harness.cli.options import language
from harness.core.errors import HarnessError
from harness.core.exits import ExitCode

_LOADED = time.monotonic()
_LEAVING = 5.0
"""Seconds in which threads may end after the answer of a command."""
_ARENAS, _MAPPED = (-8, 2), (-3, 1024 * 1024)
"""Parameters of ``mallopt`` and their values: how many arenas, and from how many bytes memory is mapped."""
BEGAN: ContextVar[float] = ContextVar("began", default=_LOADED)
"""When the command began (monotonic): with the process, as near as it knows, or when it was called."""
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("harness.cli.begin.init", "Write a network file by asking."),
    "network": ("harness.cli.begin.network", "Say everything that is wrong with network files."),
    "qualify": ("harness.cli.qualify", "Run all HIS × DVZA × PGO × standard combinations and report."),
    "judge": ("harness.cli.evidence.judge", "Judge a recorded run again, offline."),
    "verify": ("harness.cli.evidence.verify", "Verify that a run is whole, and who signed it, offline."),
    "scan": ("harness.cli.evidence.scan", "Look for people and secrets in a run or a dossier."),
    "sign": ("harness.cli.evidence.sign", "Sign a finished run."),
    "availability": ("harness.cli.dossier.availability", "Sample whether live parties are there, over time."),
    "attest": ("harness.cli.dossier.attest", "State what no test decides, with a proof; or review it."),
    "waivers": ("harness.cli.dossier.waivers", "Waivers: findings that may stay for now."),
    "dossier": ("harness.cli.dossier.make", "Make the file that a supplier hands to a bureau."),
    "extract": ("harness.cli.dossier.extract", "Give a supplier its own rows of a run or dossier."),
    "ledger": ("harness.cli.dossier.ledger", "What is disputed, and the question about it for who can rule."),
    "keys": ("harness.cli.dossier.keys", "The register of keys of a bureau."),
    "bureau": ("harness.cli.dossier.bureau", "Verify many dossiers and say how far every supplier is."),
    "compare": ("harness.cli.dossier.compare", "Compare two runs or dossiers."),
    "retest": ("harness.cli.dossier.retest", "What a new version has to be tested for again."),
    "report": ("harness.cli.evidence.report", "Write the report of a party as PDF, signed if asked."),
    "har": ("harness.cli.evidence.har", "Export the recording of a cell as HAR."),
    "challenge": ("harness.cli.evidence.challenge", "Make a challenge that a run can be bound to."),
    "doctor": ("harness.cli.doctor", "Preflight: whose side is a problem on, before anything is tested."),
    "faults": ("harness.cli.begin.faults", "List the deliberate faults of our mocks."),
    "schema": ("harness.cli.begin.schema", "Print the JSON Schemas of files that people write, for editors."),
    "serve": (
        "harness.cli.serve.network",
        "Serve the mock network (or a FHIR server) for live parties.",
    ),
    "testscript": (
        "harness.cli.testscript.commands",
        "Run official FHIR TestScripts, both roles.",
    ),
    "validate": ("harness.cli.validate", "Validate FHIR resources against profiles, offline."),
    "fhirpath": ("harness.cli.fhirpath", "Evaluate a FHIRPath expression on a file."),
    "profiles": ("harness.cli.profiles", "Work with FHIR packages and embedded profile facts."),
    "record": ("harness.cli.record", "Reference records: import, check, export for a HIS."),
    "pdfa": ("harness.cli.pdfa", "Check PDF/A conformance."),
    "requirements": (
        "harness.cli.requirements",
        "List the catalogue of requirements; what tests them.",
    ),
}
"""Command name → (module, one-line help). The module exposes ``app``, a ``typer.Typer``."""


def build(words: Sequence[str]) -> typer.Typer:
    """The command tree; holds only the command that ``words`` start with.

    For the list of all commands their names and lines do; their options are needed to complete a line.
    """
    root = typer.Typer(
        name="harness",
        help="MedMij conformance and interoperability test harness.\n\nExit codes: 0 good, 1 product "
        "failure, 2 usage or configuration, 3 harness error, 4 nothing ran, 6 undecided, 7 evidence and "
        "result differ.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    root.callback()(_root)
    completing = any(name.endswith("_COMPLETE") for name in os.environ)
    for name, (module, help_line) in COMMANDS.items():
        if not completing and name not in words[:1]:
            root.command(name, short_help=help_line)(_not_loaded)
            continue
        sub: typer.Typer = import_module(module).app
        grouped = len(sub.registered_commands) != 1 or sub.registered_groups or sub.registered_callback
        function = None if grouped else sub.registered_commands[0].callback
        if function is not None:
            root.command(name, short_help=help_line)(function)
        else:
            root.add_typer(sub, name=name, short_help=help_line)
    return root


def _not_loaded() -> None:
    """Stand in for a command that this line does not use."""


def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)
    ] = False,
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def _give_memory_back() -> None:
    """Let what a large message took go back to the system when it is let go of.

    The allocator of glibc keeps blocks as large as the largest that was ever freed, in an arena per thread:
    after a few bodies of 20 MB that is many times what is in use.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):  # another system, another allocator
        allocator = ctypes.CDLL(None)
        for parameter, value in (_ARENAS, _MAPPED):
            allocator.mallopt(parameter, value)


def run(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code; never raises for expected problems."""
    words = list(sys.argv[1:] if argv is None else argv)
    if argv is not None:
        BEGAN.set(time.monotonic())
    lang = language(words)
    try:
        if words == ["--version"]:
            typer.echo(__version__)
            return 0
        result = typer.main.get_command(build(words)).main(args=words, prog_name="harness")
    except HarnessError as error:
        typer.echo(error.render(lang), err=True)
        return int(error.exit_code)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except KeyboardInterrupt:
        typer.echo("afgebroken" if lang == "nl" else "interrupted", err=True)
        return 130
    except BrokenPipeError:
        return 0
    except Exception:  # noqa: BLE001
        # The last line of defence: no traceback on the terminal.
        typer.echo(_unexpected(lang), err=True)
        return int(ExitCode.HARNESS_ERROR)
    return int(result) if isinstance(result, int) else 0


def _unexpected(lang: str) -> str:
    with tempfile.NamedTemporaryFile(
        "w", prefix="harness-error-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(traceback.format_exc())
    kind, value = sys.exc_info()[:2]
    name = kind.__name__ if kind else "Exception"
    if lang == "nl":
        return f"Fout in de harness zelf ({name}: {value}). Details: {file.name}. Meld dit met dat bestand."
    return f"Defect of the harness itself ({name}: {value}). Details: {file.name}. Please report it."


def main() -> None:
    """Entry point of the console script ``harness``."""
    _give_memory_back()
    code = run()
    # Its answer is given: a thread that is still busy with what somebody sent must not keep the process.
    late = threading.Timer(_LEAVING, os._exit, (code,))
    late.daemon = True
    late.start()
    raise SystemExit(code)
