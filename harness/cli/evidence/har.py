"""``harness har RUN CELL``: the recording of one cell as HAR 1.2, for the tools that people have."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from harness.cli.evidence.shown import RunArgument
from harness.core.errors import UsageError, nearest
from harness.core.run import manifest
from harness.core.run.folder import check_format
from harness.core.run.place import disk
from harness.core.text import Text
from harness.record.chain.bodies import BodyStore
from harness.record.chain.read import Unit, read_unit, unit_name
from harness.record.chain.units import stem_of, units_in
from harness.record.har import to_har

app = typer.Typer()
MAX_NAMED = 20


@app.command()
def har(
    run: RunArgument,
    cell: Annotated[
        str,
        typer.Argument(help="Cell key, script, 'shared', or a part of its name that no other one has."),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write (default: standard output).")
    ] = None,
) -> None:
    """Write the recording of one cell as HAR; of several attempts the last one."""
    data = msgspec.json.encode(to_har(_unit(run, cell).exchanges)) + b"\n"
    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        disk.write(out, data, durable=False)


def _unit(run: Path, wanted: str) -> Unit:
    """The recording with a name, or with the only name that holds it.

    :raises UsageError: there is none, or there are several.
    :raises EvidenceError: it cannot be read.
    """
    check_format(run)
    digest, bodies = manifest.run_digest(run), BodyStore(run)
    files = {item.stem: item for item in units_in(run)}  # of several attempts the last one
    exact = files.get(stem_of(wanted))
    if exact is not None:
        return read_unit(exact.path, bodies, run=digest)
    named = {unit_name(item): item for item in files.values()}
    found = [name for name in named if wanted in name]
    if len(found) == 1:
        return read_unit(named[found[0]].path, bodies, run=digest)
    hint = nearest(wanted, named)
    raise UsageError(
        Text(nl="is niet de naam van één opname", en="is not the name of one recording"),
        where=str(run),
        expected=", ".join(sorted(found or named)[:MAX_NAMED]),
        received=wanted,
        next_step=Text(nl=f"bedoelde u '{hint}'?", en=f"did you mean '{hint}'?") if hint else "",
    )
