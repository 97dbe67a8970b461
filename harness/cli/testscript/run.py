"""``harness testscript run``: scripts against our own server, a FHIR server, or a DVZA."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from harness.cli.options import ReplaceOption, ResumeOption
from harness.cli.testscript.options import (
    Conditions,
    FormatOption,
    OnlyOption,
    OutOption,
    PathsArgument,
    Printing,
    TokenMapOption,
    make_plan,
)
from harness.cli.testscript.outcome import Written, finish
from harness.core.errors import InputError, UsageError
from harness.core.run.place.claim import Mode, chosen_mode
from harness.core.text import Lang, Text
from harness.testscript.beyond.compare import RecordComparison
from harness.testscript.execute.transport import HttpTransport
from harness.testscript.outcome.recording import RunRecord
from harness.testscript.outcome.results import ScriptResult
from harness.testscript.own.server import OwnServers
from harness.testscript.plan.items import Item, collect, fingerprint
from harness.testscript.plan.plan import Plan
from harness.testscript.run.own import run_self
from harness.testscript.run.parallel import run_all
from harness.testscript.run.server import run_server

Runner = Callable[[Item], ScriptResult]


@dataclass(frozen=True)
class Target:
    """Whom the scripts are run against: exactly one of three."""

    self_test: Annotated[
        bool, typer.Option("--self", help="Against our own server with the set's fixtures, and our own PGO.")
    ] = False
    server: Annotated[str | None, typer.Option("--server", metavar="URL", help="FHIR base URL.")] = None
    network: Annotated[
        Path | None, typer.Option("--network", help="Network file; tokens come through the MedMij flow.")
    ] = None
    dvza: Annotated[str | None, typer.Option("--dvza", help="DVZA of the network file that is tested.")] = (
        None
    )

    def check(self) -> None:
        """Refuse none or several.

        :raises UsageError: see above.
        """
        named = (("--self", self.self_test), ("--server", self.server), ("--network", self.network))
        chosen = [name for name, given in named if given]
        if len(chosen) != 1:
            raise UsageError(
                Text(
                    nl="kies precies één van --self, --server URL en --network FILE",
                    en="choose exactly one of --self, --server URL and --network FILE",
                ),
                received=", ".join(chosen) or "-",
            )

    @property
    def label(self) -> str:
        """The target in results."""
        return self.server or (f"{self.network}:{self.dvza}" if self.network else "self")


@dataclass(frozen=True)
class Selection:
    """Which scripts of the folders."""

    only: OnlyOption = None
    formats: FormatOption = "both"
    variant: Annotated[
        str | None, typer.Option("--variant", help="Only this variant of a set ('default' for none).")
    ] = None


@dataclass(frozen=True)
class Connection:
    """How a server under test is reached."""

    parallel: Annotated[int, typer.Option("--parallel", min=1, max=32, help="Scripts at the same time.")] = 4
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds per request.")] = 30.0
    trust: Annotated[Path | None, typer.Option("--trust", help="PEM with trust anchors.")] = None
    certificate: Annotated[Path | None, typer.Option("--certificate", help="Client certificate (PEM).")] = (
        None
    )
    key: Annotated[Path | None, typer.Option("--key", help="Key of the client certificate (PEM).")] = None
    proxy: Annotated[str | None, typer.Option("--proxy", help="Proxy URL.")] = None

    def transport(self, server: str) -> HttpTransport:
        """The connection to a server.

        :raises UserError: no http(s) URL, or a file that does not exist.
        """
        if not server.startswith(("http://", "https://")):
            raise UsageError(
                Text(nl="geen http(s)-URL", en="not an http(s) URL"), where="--server", received=server
            )
        for path in (self.trust, self.certificate, self.key):
            if path is not None and not path.is_file():
                raise InputError(Text(nl="bestand bestaat niet", en="file does not exist"), where=str(path))
        return HttpTransport(
            trust=self.trust,
            certificate=self.certificate,
            key=self.key,
            proxy=self.proxy,
            timeout=self.timeout,
        )


@dataclass(frozen=True)
class Keeping:
    """What is kept of the run."""

    out: OutOption = None
    resume: ResumeOption = False
    replace: ReplaceOption = False

    @property
    def mode(self) -> Mode:
        """What happens to an unfinished run in the folder.

        :raises UsageError: both options, or one without a folder.
        """
        if self.out is None and (self.resume or self.replace):
            raise UsageError(
                Text(nl="--resume en --replace vragen --out", en="--resume and --replace need --out")
            )
        return chosen_mode(resume=self.resume, replace=self.replace)


@dataclass(frozen=True)
class Extra:
    """What is looked at beyond what scripts ask."""

    record: Annotated[
        list[Path] | None,
        typer.Option(
            "--record",
            metavar="DIR",
            help="Reference record, or a folder of them: answers are compared with it, and reported apart.",
        ),
    ] = None

    def comparison(self, plan: Plan) -> RecordComparison | None:
        """The comparison with the records; ``None`` without any.

        :raises UserError: a record is wrong, or not there.
        """
        return RecordComparison(self.record, plan.t) if self.record else None


def run(
    paths: PathsArgument,
    *,
    target: Target,
    token_map: TokenMapOption = None,
    selection: Selection,
    conditions: Conditions,
    connection: Connection,
    extra: Extra,
    keeping: Keeping,
    printing: Printing,
) -> None:
    """Run TestScripts against our own server, a FHIR server, or a DVZA known by a network file."""
    target.check()
    _ = keeping.mode  # refuses before anything is read
    plan = make_plan(paths, conditions, formats=selection.formats, only=selection.only, token_map=token_map)
    comparison = extra.comparison(plan)
    plan.keep_steps = keeping.out is not None or comparison is not None
    items, left_out = _chosen(collect(paths, plan), selection.variant, external=not target.self_test)
    servers = OwnServers(plan.t, plan.now)
    with _runner(plan, servers, target, connection) as one:
        # only waiting for a server can be done beside each other
        parallel = connection.parallel if target.server else 1
        results, kept = _execute(items, one, plan, keeping, target, servers, parallel, printing.language)
    about: dict[str, object] = {
        "target": target.label,
        "t": plan.t.isoformat(),
        "notes": list(plan.profiles.notes),
        "left_out": left_out,
    }
    beyond = None
    if comparison is not None:
        beyond = [comparison.of(*pair) for pair in zip((i.script for i in items), results, strict=True)]
    finish(results, about, printing, Written(keeping.out, kept), beyond)


def _chosen(items: Sequence[Item], variant: str | None, *, external: bool) -> tuple[list[Item], list[str]]:
    """The scripts that apply to the target, and which do not and why.

    :raises UsageError: when none does.
    """
    chosen: list[Item] = []
    left_out: list[str] = []
    for item in items:
        if variant is not None:
            if item.of_variant(variant):
                chosen.append(item)
        elif external and (reason := item.not_for_a_server()):
            left_out.append(f"{item.file}: {reason}")
        else:
            chosen.append(item)
    if not chosen:
        raise UsageError(
            Text(nl="geen TestScripts over na de filters", en="no TestScripts left after the filters"),
            received=variant or ", ".join(left_out[:3]),
        )
    return chosen, left_out


@contextmanager
def _runner(plan: Plan, servers: OwnServers, target: Target, connection: Connection) -> Iterator[Runner]:
    """What runs one script against the target."""
    if target.server is not None:
        base = target.server.rstrip("/")
        transport = connection.transport(target.server)
        try:
            yield lambda item: run_server(item, plan, base, transport, servers)
        finally:
            transport.close()
    elif target.network is not None:
        from harness.testscript.run.medmij import through_network  # the network costs a second

        with through_network(target.network, target.dvza, plan, servers) as one:
            yield one
    else:
        yield lambda item: run_self(item, plan, servers)


def _execute(
    items: Sequence[Item],
    one: Runner,
    plan: Plan,
    keeping: Keeping,
    target: Target,
    servers: OwnServers,
    parallel: int,
    lang: Lang,
) -> tuple[list[ScriptResult], list[ScriptResult]]:
    """Run what an earlier run does not hold, keep each result, show the progress.

    :return: the results, and the results as they may be written.
    """
    people = servers.people((item.script for item in items), plan.tokens) if keeping.out else None
    name = target.server or str(target.network or "self")
    prints = {id(item): fingerprint(item, plan, name) for item in items}
    with (
        RunRecord(keeping.out, mode=keeping.mode, target=name, people=people) as record,
        _progress() as bar,
    ):
        told = record.told()
        if told is not None:
            bar.console.print(told.of(lang), markup=False, soft_wrap=True)
        earlier = record.earlier()
        todo = [item for item in items if prints[id(item)] not in earlier]
        done = {id(item): earlier[prints[id(item)]] for item in items if prints[id(item)] in earlier}
        kept = dict(done)
        task = bar.add_task("", total=len(items), completed=len(done))
        record.events.emit("run-started", scripts=len(items), target=name)
        for item, result in run_all(todo, one, parallel=parallel):
            record.events.emit("script-finished", file=item.file, verdict=result.verdict.value)
            kept[id(item)] = record.keep(prints[id(item)], result)
            done[id(item)] = result
            bar.update(task, advance=1, description=Path(item.file).stem[:50])
        record.events.emit("run-finished")
    return [done[id(item)] for item in items], [kept[id(item)] for item in items]


def _progress() -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
