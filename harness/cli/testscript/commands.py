"""The group ``harness testscript``."""

from __future__ import annotations

import typer

from harness.cli.testscript.fixtures import fixtures
from harness.cli.testscript.grouped import grouped
from harness.cli.testscript.run import run
from harness.cli.testscript.serve import serve

app = typer.Typer(no_args_is_help=True, help="Run official FHIR TestScripts, server and client role.")
for command in (run, fixtures, serve):
    app.command()(grouped(command))
