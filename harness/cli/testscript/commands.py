"""``harness testscript``: run official FHIR TestScripts, watch a live client, write the fixtures of a set."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from harness.cli.options import AtOption, JsonOption, LangOption
from harness.core.clock import SystemClock, today
from harness.core.errors import InputError, UsageError
from harness.core.exits import ExitCode, strongest
from harness.core.tdates import parse_day
from harness.core.text import Lang, Text
from harness.core.verdicts import Blame, Strength, Verdict, exit_code
from harness.testscript.execute.transport import HttpTransport
from harness.testscript.outcome.recording import RunRecord
from harness.testscript.outcome.results import ScriptResult, document
from harness.testscript.plan.validators import ProfileChecks
from harness.testscript.read.requirements import requirements_of
from harness.testscript.run.parallel import (
    Item,
    Plan,
    SelfServers,
    collect,
    fingerprint,
    run_all,
    run_self,
    run_server,
    token_rewriting,
)

app = typer.Typer(no_args_is_help=True, help="Run official FHIR TestScripts, server and client role.")

PathsArgument = Annotated[list[Path], typer.Argument(help="Folders with TestScripts, or script files.")]
OnlyOption = Annotated[
    list[str] | None, typer.Option("--only", help="Part of the path, script id, or pattern with *.")
]
PackageOption = Annotated[
    list[str] | None, typer.Option("--package", help="FHIR package for profiles: .tgz, folder, name#version.")
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Value of a script variable.")
]
TokenMapOption = Annotated[
    Path | None,
    typer.Option("--token-map", help="Your access tokens, in the shape of QualificationTokens.json."),
]


@app.command()
def run(
    paths: PathsArgument,
    self_test: Annotated[
        bool, typer.Option("--self", help="Against our own server with the set's fixtures, and our own PGO.")
    ] = False,
    server: Annotated[str | None, typer.Option("--server", metavar="URL", help="FHIR base URL.")] = None,
    network: Annotated[
        Path | None, typer.Option("--network", help="Network file; tokens come through the MedMij flow.")
    ] = None,
    dvza: Annotated[
        str | None, typer.Option("--dvza", help="DVZA of the network file that is tested.")
    ] = None,
    token_map: TokenMapOption = None,
    only: OnlyOption = None,
    formats: Annotated[str, typer.Option("--format", help="json, xml or both.")] = "both",
    variant: Annotated[
        str | None, typer.Option("--variant", help="Only this variant of a set ('default' for none).")
    ] = None,
    at: AtOption = None,
    package: PackageOption = None,
    profiles: Annotated[
        bool, typer.Option("--profiles/--no-profiles", help="Validate against profiles.")
    ] = True,
    values: SetOption = None,
    parallel: Annotated[int, typer.Option("--parallel", min=1, max=32, help="Scripts at the same time.")] = 4,
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds per request.")] = 30.0,
    trust: Annotated[Path | None, typer.Option("--trust", help="PEM with trust anchors.")] = None,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="Client certificate (PEM).")
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", help="Key of the client certificate (PEM).")] = None,
    proxy: Annotated[str | None, typer.Option("--proxy", help="Proxy URL.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for results, events and HAR.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Skip what --out already holds.")] = False,
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Run TestScripts against our own server, a FHIR server, or a DVZA known by a network file."""
    language: Lang = "en" if lang == "en" else "nl"
    targets = [
        name for name, given in (("--self", self_test), ("--server", server), ("--network", network)) if given
    ]
    if len(targets) != 1:
        raise UsageError(
            Text(
                nl="kies precies één van --self, --server URL en --network FILE",
                en="choose exactly one of --self, --server URL and --network FILE",
            ),
            received=", ".join(targets) or "-",
        )
    if resume and out is None:
        raise UsageError(Text(nl="--resume vraagt --out", en="--resume needs --out"))
    plan = make_plan(paths, formats, only, at, package, profiles, values, token_map)
    plan.keep_steps = out is not None
    items = collect(paths, plan)
    left_out: list[str] = []
    items = [item for item in items if _chosen(item, variant, left_out, external=not self_test)]
    if not items:
        raise UsageError(
            Text(nl="geen TestScripts over na de filters", en="no TestScripts left after the filters"),
            received=variant or ", ".join(left_out[:3]),
        )
    servers = SelfServers(plan)
    with _runner(
        plan, servers, self_test, server, network, dvza, timeout, trust, certificate, key, proxy
    ) as one:
        target = server or str(network or "self")
        workers = parallel if server else 1  # only waiting for a server can be done beside each other
        results = _execute(items, one, plan, out, resume, target, servers, workers)
    extra: dict[str, object] = {
        "target": server or (f"{network}:{dvza}" if network else "self"),
        "t": plan.t.isoformat(),
        "notes": list(plan.profiles.notes),
        "left_out": left_out,
    }
    finish(results, extra, as_json, language, out)


def make_plan(
    paths: Sequence[Path],
    formats: str,
    only: list[str] | None,
    at: str | None,
    package: list[str] | None,
    profiles: bool,
    values: list[str] | None,
    token_map: Path | None,
) -> Plan:
    """The plan that the command-line options describe.

    :raises UsageError: an option that does not fit.
    """
    known = {"both": frozenset(("json", "xml")), "json": frozenset(("json",)), "xml": frozenset(("xml",))}
    if formats not in known:
        raise UsageError(
            Text(nl="onbekend formaat", en="unknown format"),
            where="--format",
            expected="json, xml, both",
            received=formats,
        )
    overrides = {}
    for pair in values or []:
        name, mark, value = pair.partition("=")
        if not mark or not name:
            raise UsageError(
                Text(nl="verwacht NAAM=WAARDE", en="expected NAME=VALUE"), where="--set", received=pair
            )
        overrides[name] = value
    clock = SystemClock()
    t = parse_day(at) if at else today(clock)
    return Plan(
        t,
        now=None if at else clock.now(),
        formats=known[formats],
        only=tuple(only or ()),
        tokens=token_rewriting(paths, token_map) if token_map else {},
        overrides=overrides,
        profiles=ProfileChecks(tuple(package or ()), enabled=profiles),
        requirements=requirements_of,
    )


def _chosen(item: Item, variant: str | None, left_out: list[str], *, external: bool) -> bool:
    """Whether a script applies to the target; says in ``left_out`` which do not and why."""
    script = item.script
    if script is None:
        return True
    if variant is not None:
        wanted = "" if variant.lower() in ("default", "none") else variant.lower()
        return script.info.variant.lower() == wanted or (
            bool(wanted) and wanted in str(item.path.parent).lower()
        )
    if external and script.side == "client":
        left_out.append(f"{item.file}: tests a client; use `harness testscript serve`")
        return False
    if external and script.side == "mixed":
        left_out.append(f"{item.file}: tests a client and a server at once")
        return False
    if external and script.info.admin_only:
        left_out.append(f"{item.file}: only for the simulator's own server")
        return False
    return True


@contextmanager
def _runner(
    plan: Plan,
    servers: SelfServers,
    self_test: bool,
    server: str | None,
    network: Path | None,
    dvza: str | None,
    timeout: float,
    trust: Path | None,
    certificate: Path | None,
    key: Path | None,
    proxy: str | None,
) -> Iterator[Callable[[Item], ScriptResult]]:
    if self_test:
        yield lambda item: run_self(item, servers)
        return
    if server is not None:
        if not server.startswith(("http://", "https://")):
            raise UsageError(
                Text(nl="geen http(s)-URL", en="not an http(s) URL"), where="--server", received=server
            )
        for path in (trust, certificate, key):
            if path is not None and not path.is_file():
                raise InputError(Text(nl="bestand bestaat niet", en="file does not exist"), where=str(path))
        transport = HttpTransport(trust=trust, certificate=certificate, key=key, proxy=proxy, timeout=timeout)
        try:
            base = server.rstrip("/")
            yield lambda item: run_server(item, plan, base, transport, servers)
        finally:
            transport.close()
        return
    assert network is not None
    from harness.testscript.run.medmij import through_network

    with through_network(network, dvza, plan, servers) as one:
        yield one


def _execute(
    items: Sequence[Item],
    one: Callable[[Item], ScriptResult],
    plan: Plan,
    out: Path | None,
    resume: bool,
    target: str,
    servers: SelfServers,
    parallel: int,
) -> list[ScriptResult]:
    record = RunRecord(out, persons=_patients(items, servers) if out else ())
    earlier = record.earlier() if resume else {}
    prints = {id(item): fingerprint(item, plan, target) for item in items}
    todo = [item for item in items if prints[id(item)] not in earlier]
    done = {id(item): earlier[prints[id(item)]] for item in items if prints[id(item)] in earlier}
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=len(items), completed=len(done))
        record.events.emit("run-started", scripts=len(items), target=target)
        for item, result in run_all(todo, one, parallel=parallel):
            record.events.emit("script-finished", file=item.file, verdict=result.verdict.value)
            record.keep(prints[id(item)], result)
            done[id(item)] = result
            bar.update(task, advance=1, description=Path(item.file).stem[:50])
        record.events.emit("run-finished")
    record.close()
    return [done[id(item)] for item in items]


def _patients(items: Sequence[Item], servers: SelfServers) -> list[dict[str, Any]]:
    """The Patients of the sets, who are the declared test persons of a recording."""
    found: dict[str, dict[str, Any]] = {}
    for item in items:
        if item.script is None:
            continue
        try:
            loaded = servers.for_script(item.script)
        except Exception:  # noqa: BLE001, S112 - without fixtures nobody is declared and everything is masked
            continue
        found.update({stored.id: stored.resource for stored in loaded.server.store.all("Patient")})
    return list(found.values())


def finish(
    results: Sequence[ScriptResult], extra: dict[str, object], as_json: bool, lang: Lang, out: Path | None
) -> None:
    """Print and write the outcome, and exit with its code."""
    whole = document(results, **extra)
    if out is not None:
        from harness.core.run.folder import write_atomic

        data = msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"
        write_atomic(out / "testscript.json", data)
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(whole), indent=2).decode() + "\n")
    else:
        show(results, extra, lang, out)
    raise typer.Exit(int(exit_of(results)))


def exit_of(results: Sequence[ScriptResult]) -> ExitCode:
    """Exit code of a run: precedence 2, 1, 3, 6, 4, 0."""
    codes = []
    for result in results:
        blame = next((f.blame for f in result.findings if f.verdict is result.verdict), None)
        if result.verdict is Verdict.ERROR and blame is Blame.SPECIFICATION:
            blame = None
        codes.append(exit_code(result.verdict, Strength.MUST, blame))
    return strongest(codes)


_STYLE = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.ERROR: "bold magenta",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.DISPUTED: "yellow",
    Verdict.WARNING: "yellow",
    Verdict.NOT_APPLICABLE: "dim",
}
MAX_SHOWN = 40


def show(results: Sequence[ScriptResult], extra: dict[str, object], lang: Lang, out: Path | None) -> None:
    """The outcome for people: what did not pass and why, then a table per set."""
    console = Console(soft_wrap=True)
    dutch = lang == "nl"
    words = ("verwacht", "gekregen", "volgende stap") if dutch else ("expected", "received", "next step")
    trouble = [result for result in results if result.verdict is not Verdict.PASS]
    for result in trouble[:MAX_SHOWN]:
        style = _STYLE[result.verdict]
        console.print(f"[{style}]{result.verdict.value}[/] {escape(result.file)}  {escape(result.title)}")
        shown = [f for f in result.findings if f.verdict not in (Verdict.NOT_APPLICABLE, Verdict.WARNING)]
        for finding in shown[:5]:
            place = (
                f"{finding.where.action} (regel {finding.where.line})"
                if dutch
                else (f"{finding.where.action} (line {finding.where.line})")
            )
            console.print(f"    {escape(place)} {escape(finding.description[:110])}")
            lines = (finding.expected, finding.received, finding.next_step.of(lang))
            for label, text in zip(words, lines, strict=True):
                if text:
                    console.print(f"      {label}: {escape(text)}")
            for issue in finding.issues[:3]:
                console.print(
                    f"        {escape(issue.path)} (line {issue.line}): {escape(issue.message.of(lang))}"
                )
        if len(shown) > 5:
            console.print(f"      … +{len(shown) - 5}")
    if len(trouble) > MAX_SHOWN:
        console.print(f"… +{len(trouble) - MAX_SHOWN}")
    table = Table(title=f"T = {extra.get('t')}, {escape(str(extra.get('target')))}")
    table.add_column("set", overflow="fold")
    opened = "open" if dutch else "undecided"
    for column in ("pass", "fail", "error", opened, "asserts", "warning"):
        table.add_column(column, justify="right", no_wrap=True)
    rows: dict[str, list[ScriptResult]] = {}
    for result in results:
        name = " · ".join(
            part for part in (result.standard, result.goal, result.role, result.variant) if part
        )
        rows.setdefault(name or Path(result.file).parent.name, []).append(result)
    for name, group in rows.items():
        verdicts = [result.verdict for result in group]
        amounts = [
            verdicts.count(Verdict.PASS),
            verdicts.count(Verdict.FAIL),
            verdicts.count(Verdict.ERROR),
            verdicts.count(Verdict.INCONCLUSIVE) + verdicts.count(Verdict.DISPUTED),
            sum(sum(result.asserts.values()) for result in group),
            sum(result.asserts.get("warning", 0) for result in group),
        ]
        table.add_row(escape(name), *(str(amount) if amount else "·" for amount in amounts))
    console.print(table)
    notes = extra.get("notes")
    for note in notes if isinstance(notes, list) else []:
        console.print(f"[dim]{escape(str(note))}[/]")
    left_out = extra.get("left_out")
    if isinstance(left_out, list) and left_out:
        text = "scripts niet van toepassing" if dutch else "scripts do not apply"
        console.print(f"[dim]{len(left_out)} {text}: {escape(left_out[0])} …[/]")
    if out is not None:
        console.print(f"→ {escape(str(out))}")


@app.command()
def fixtures(
    paths: PathsArgument,
    out: Annotated[Path, typer.Option("--out", help="Folder for the resources.")],
    at: AtOption = None,
    formats: Annotated[str, typer.Option("--format", help="json, xml or both.")] = "both",
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Write the resources of a set with T filled in, and say per script what must be loaded."""
    from harness.testscript.own.handout import write_fixtures

    plan = make_plan(paths, formats, None, at, None, False, None, None)
    made = write_fixtures(paths, out, replace(plan, formats=frozenset(("json", "xml"))), plan.formats)
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(made), indent=2).decode() + "\n")
        return
    dutch = lang != "en"
    console = Console()
    for item in made["sets"]:
        console.print(
            f"{escape(item['folder'])}: {item['resources']} resources, {len(item['patients'])} "
            + ("patiënten" if dutch else "patients")
        )
        for problem in item["problems"]:
            console.print(f"  [yellow]{escape(problem)}[/]")
    console.print(
        f"→ {escape(str(out))} (loading.json: "
        + ("wat per script geladen moet zijn)" if dutch else "what each script needs)")
    )


@app.command()
def serve(
    paths: PathsArgument,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port (0: any free one).")] = 8080,
    listen: Annotated[str, typer.Option("--listen", help="Address to listen on.")] = "127.0.0.1",
    base_url: Annotated[
        str | None, typer.Option("--base-url", help="Public base URL when behind a proxy.")
    ] = None,
    token_map: TokenMapOption = None,
    only: OnlyOption = None,
    at: AtOption = None,
    package: PackageOption = None,
    profiles: Annotated[
        bool, typer.Option("--profiles/--no-profiles", help="Validate against profiles.")
    ] = True,
    values: SetOption = None,
    idle: Annotated[
        float, typer.Option("--idle", min=0, help="Stop after so many idle seconds (0: never).")
    ] = 0,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for results, events and HAR.")] = None,
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Serve the mock for a PGO under test and judge its calls, until completion, idle time-out or Ctrl-C."""
    from harness.testscript.watch.live import LiveOptions, serve_client

    language: Lang = "en" if lang == "en" else "nl"
    plan = make_plan(paths, "both", only, at, package, profiles, values, token_map)
    plan.keep_steps = True
    options = LiveOptions(
        listen=listen, port=port, base_url=base_url or "", idle=idle, out=out, lang=language
    )
    results, extra = serve_client(paths, plan, options)
    finish(results, {"t": plan.t.isoformat(), **extra}, as_json, language, out)
