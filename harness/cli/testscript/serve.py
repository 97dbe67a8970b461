"""``harness testscript serve``: the mock for a PGO under test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from harness.cli.options import ReplaceOption
from harness.cli.testscript.options import (
    Conditions,
    OnlyOption,
    OutOption,
    PathsArgument,
    Printing,
    TokenMapOption,
    make_plan,
)
from harness.cli.testscript.outcome import Written, finish
from harness.core.run.place.claim import chosen_mode


@dataclass(frozen=True)
class Listening:
    """Where the mock listens."""

    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port (0: any free one).")] = 8080
    listen: Annotated[str, typer.Option("--listen", help="Address to listen on.")] = "127.0.0.1"
    base_url: Annotated[
        str | None, typer.Option("--base-url", help="Public base URL when behind a proxy.")
    ] = None


def serve(
    paths: PathsArgument,
    *,
    listening: Listening,
    token_map: TokenMapOption = None,
    only: OnlyOption = None,
    conditions: Conditions,
    idle: Annotated[
        float, typer.Option("--idle", min=0, help="Stop after so many idle seconds (0: never).")
    ] = 0,
    out: OutOption = None,
    replace: ReplaceOption = False,
    printing: Printing,
) -> None:
    """Serve the mock for a PGO under test and judge its calls, until completion, idle time-out or Ctrl-C."""
    from harness.testscript.watch.live import LiveOptions, serve_client  # the web server costs time to load

    plan = make_plan(paths, conditions, only=only, token_map=token_map)
    plan.keep_steps = True
    options = LiveOptions(
        listen=listening.listen,
        port=listening.port,
        base_url=listening.base_url or "",
        idle=idle,
        out=out,
        mode=chosen_mode(resume=False, replace=replace),
        lang=printing.language,
    )
    served = serve_client(paths, plan, options)
    about = {"t": plan.t.isoformat(), **served.about}
    finish(served.results, about, printing, Written(out, served.kept))
