"""``harness availability``: ask live parties lightly over time, and say how often somebody was there."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from harness import __version__
from harness.cli.options import JsonOption, LangOption
from harness.core.clock import Clock, SystemClock
from harness.core.errors import UsageError
from harness.core.exits import ExitCode
from harness.core.run.agreed.attestations import MAX_PROOF
from harness.core.run.agreed.sampling import FORMAT, Head, Measured, encode, measure, read_head
from harness.core.run.place import disk
from harness.core.text import Lang, Text
from harness.network.file import read_network
from harness.network.limits.duration import seconds_of
from harness.network.probes.availability import ask, places
from harness.report.programme.sampled import measured_line

app = typer.Typer()
_NEXT: Final = Text(
    nl="Leg haar voor: harness attest RUN OPEN-ICT-54 --by NAAM --file {path}",
    en="Put it forward: harness attest RUN OPEN-ICT-54 --by NAME --file {path}",
)
_OTHER: Final = Text(
    nl="is een steekproef van iets anders, of met een andere tussentijd",
    en="is a sample of something else, or with another interval",
)


@app.command()
def availability(
    network: Annotated[str, typer.Option("--network", help="Network file with live parties.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write; one that is there goes on.")],
    every: Annotated[str, typer.Option("--every", metavar="TIME", help="Between two rounds.")] = "15m",
    lasting: Annotated[str, typer.Option("--for", metavar="TIME", help="How long.")] = "24h",
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Sample whether live parties are there: a light question each, without login or data, again and again.

    It says how often, from when to when, and where nobody asked. A sample is no monitoring. Interrupted, it
    is gone on with by the same command. Exit code 0: every question was answered; 6: not every one; 1: none.
    """
    language: Lang = "en" if lang == "en" else "nl"
    asked = read_network(network)
    found = places(asked)
    seconds = round(seconds_of(every))
    head = Head(harness=__version__, every=seconds, targets=tuple(place.target for place in found))
    _begin(out, head)
    with suppress(KeyboardInterrupt):
        for _ in rounds(seconds, seconds_of(lasting), SystemClock(), time.sleep):
            now = SystemClock().now()
            lines = [encode(ask(asked, place, number, now)) for number, place in enumerate(found)]
            with out.open("ab") as file:
                file.write(b"".join(lines))
            typer.echo(measured_line(measure(disk.read(out, MAX_PROOF), str(out))).of(language), err=True)
    told = measure(disk.read(out, MAX_PROOF), str(out))
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n")
    else:
        typer.echo(measured_line(told).of(language))
        typer.echo(_NEXT.format(path=out).of(language))
    raise typer.Exit(int(_code(told)))


def rounds(every: float, lasting: float, clock: Clock, sleep: Callable[[float], None]) -> Iterator[int]:
    """The turns of a sample, each when its time has come; one that took too long costs those it missed."""
    begin = clock.monotonic()
    turn = 0
    while turn * every <= lasting:
        sleep(max(0.0, begin + turn * every - clock.monotonic()))
        yield turn
        turn = max(turn + 1, int((clock.monotonic() - begin) // every))


def _begin(out: Path, head: Head) -> None:
    """Write the head, or see that the file is one to go on with.

    :raises UserError: it is something else.
    """
    if not out.exists():
        disk.write(out, encode(head))
        return
    data = disk.read(out, MAX_PROOF)
    there = read_head(data, str(out))
    if (there.targets, there.every) != (head.targets, head.every):
        raise UsageError(_OTHER, where=str(out), expected=FORMAT)
    if not data.endswith(b"\n"):  # a line that a killed process left
        disk.write(out, data[: data.rfind(b"\n") + 1])


def _code(told: Measured) -> ExitCode:
    if not told.answered:
        return ExitCode.FAILED
    return ExitCode.OK if told.answered == told.samples else ExitCode.UNDECIDED
