"""``harness challenge new``: what a bureau gives out, so that a run can prove that it was made afterwards."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from harness.core.clock import SystemClock
from harness.core.run.challenge import LIFETIME, new_challenge
from harness.core.run.place import disk

app = typer.Typer()


@app.callback()
def challenges() -> None:
    """Challenges that runs are bound to."""


@app.command()
def new(
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write (default: standard output).")
    ] = None,
    days: Annotated[
        float, typer.Option("--days", min=0.01, max=366, help="A run must start within this time.")
    ] = LIFETIME / timedelta(days=1),
    issuer: Annotated[str, typer.Option("--issuer", help="Who gives it out.")] = "",
) -> None:
    """Make a challenge. Keep it: a bureau accepts each of them once."""
    made = new_challenge(SystemClock().now(), lifetime=timedelta(days=days), issuer=issuer)
    data = msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"
    if out is None:
        sys.stdout.write(data.decode())
    else:
        disk.write(out, data)
