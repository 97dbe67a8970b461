"""``harness challenge new``: what a bureau gives out, so that a run can prove that it was made afterwards."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from harness.cli.options import AtOption
from harness.core.clock import SystemClock, today
from harness.core.errors import UsageError
from harness.core.run.challenge import LIFETIME, new_challenge
from harness.core.run.place import disk
from harness.core.tdates import parse_day
from harness.core.text import Text

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
    persons: Annotated[
        int,
        typer.Option(
            "--persons", min=0, max=20, help="Also records of so many fresh persons, for the HIS to load."
        ),
    ] = 0,
    records: Annotated[
        Path | None, typer.Option("--records", help="Folder for these records; has to be new or empty.")
    ] = None,
    at: AtOption = None,
) -> None:
    """Make a challenge. Keep it: a bureau accepts each of them once.

    With --persons every name, number and text of a record follows from the nonce: nobody could know it
    before. --at is the day on which the HIS is filled.
    """
    if persons and records is None:
        raise UsageError(
            Text(nl="waar komen de dossiers?", en="where do the records go?"), expected="--records DIR"
        )
    made = new_challenge(SystemClock().now(), lifetime=timedelta(days=days), issuer=issuer)
    data = msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"
    if out is None:
        sys.stdout.write(data.decode())
    else:
        disk.write(out, data)
    if persons and records is not None:
        from harness.reference.record.fresh import write_fresh

        day = parse_day(at) if at else today(SystemClock())
        for item in write_fresh(made.nonce_bytes, persons, records, day):
            typer.echo(f"{records / item.person}: {item.resources} resources", err=True)
