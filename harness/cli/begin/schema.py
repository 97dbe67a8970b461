"""``harness schema NAME``: the JSON Schemas of the files that people write, for editors."""

from __future__ import annotations

import sys
from typing import Annotated

import msgspec
import typer

from harness.core.contracts import FOLDER
from harness.core.errors import UsageError, nearest
from harness.core.standards.table import standards
from harness.core.text import Text
from harness.core.yamlfile import filled_schema

app = typer.Typer()
SUFFIX = ".schema.json"


@app.command()
def schema(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="network, record, waivers …")] = "",
) -> None:
    """Print a JSON Schema, or the names of all.

    An editor checks a file while it is written when its first line says
    `# yaml-language-server: $schema=network.schema.json` and the schema stands beside it.
    """
    known = sorted(path.name.removesuffix(SUFFIX) for path in FOLDER.glob(f"*{SUFFIX}"))
    if not name:
        typer.echo("\n".join(known))
        return
    if name not in known:
        hint = nearest(name, known)
        raise UsageError(
            Text(nl=f"er is geen schema '{name}'", en=f"there is no schema '{name}'"),
            expected=", ".join(known),
            next_step=Text(nl=f"bedoelde u '{hint}'?", en=f"did you mean '{hint}'?") if hint else "",
        )
    data = msgspec.json.encode(filled_schema(name, {"standard": standards()}))
    sys.stdout.write(msgspec.json.format(data, indent=2).decode() + "\n")
