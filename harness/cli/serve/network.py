"""``harness serve``: the whole mock network for live PGOs and DVZAs to talk to, recorded and judged live.

``harness serve fhir`` serves a folder of resources as a bare FHIR server.
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from harness.cli import BEGAN
from harness.cli.options import AtOption, BudgetOption, JsonOption, LangOption, ReplaceOption, ResumeOption
from harness.cli.serve.bounds import GIGABYTES, Bounds
from harness.cli.serve.ending import Ending
from harness.cli.serve.fhir import fhir
from harness.cli.serve.outside import list_addresses, open_proxy, read_secret, settings, shown_address
from harness.cli.serve.sessions.api import BODY, Api
from harness.cli.serve.sessions.commands import app as session_app
from harness.cli.serve.watch import Watch
from harness.core.clock import AMSTERDAM, OffsetClock
from harness.core.errors import UsageError
from harness.core.run.folder import RunFolder
from harness.core.run.info import Selection
from harness.core.run.limits import Limits
from harness.core.run.place.claim import chosen_mode, claim
from harness.core.text import Text
from harness.judge.catalogue import load_catalogue
from harness.matrix.cells import plan_cells
from harness.matrix.facts import RunFacts
from harness.matrix.preparation import begun, day_and_moment, default_folder
from harness.matrix.sessions.desk import Desk
from harness.matrix.sessions.held import Held
from harness.network.file import read_network
from harness.network.handout import client_files, write_handout
from harness.network.limits.duration import seconds_of
from harness.network.person.declared import declared_persons, known_persons
from harness.network.person.looking import looking
from harness.network.running import RunningNetwork, start
from harness.network.wire.connect import is_loopback
from harness.network.wire.router import SniRouter
from harness.network.wire.serving import HandlerApp
from harness.pki import authority
from harness.record.keeper import RunKeeper
from harness.record.recorder import Recorder
from harness.report.sheet import sheet_page

app = typer.Typer()
app.add_typer(session_app, name="session")
app.command("fhir", help="Serve a folder of resources as a strict FHIR server.")(fhir)


@app.callback(invoke_without_command=True)
def serve(
    context: typer.Context,
    network: Annotated[
        str, typer.Option("--network", help="Network file; default: the demo network.")
    ] = "demo",
    listen: Annotated[
        str, typer.Option("--listen", metavar="ADDR:PORT", help="One public port for all hosts (by SNI).")
    ] = "",
    pki: Annotated[
        Path | None, typer.Option("--pki", help="Folder that keeps the test CAs between runs.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Run folder.")] = None,
    resume: ResumeOption = False,
    replace: ReplaceOption = False,
    seconds: Annotated[
        float, typer.Option("--seconds", min=0, help="Stop after this time (0: never).")
    ] = 0.0,
    proxy: Annotated[
        str,
        typer.Option(
            "--proxy",
            metavar="ADDR:PORT",
            help="Forward proxy (CONNECT) for the public names of the network, and for nothing else.",
        ),
    ] = "127.0.0.1:0",
    public_host: Annotated[
        str,
        typer.Option("--public-host", metavar="NAME", help="What others call this machine."),
    ] = "",
    behind: Annotated[
        str,
        typer.Option(
            "--behind",
            metavar="ADDR:PORT",
            help="Plain HTTP for a reverse proxy that ends TLS.",
        ),
    ] = "",
    behind_secret: Annotated[
        Path | None,
        typer.Option("--behind-secret", help="File with the secret of the reverse proxy."),
    ] = None,
    behind_peer: Annotated[
        str, typer.Option("--behind-peer", metavar="ADDR", help="Address that the reverse proxy comes from.")
    ] = "127.0.0.1",
    api: Annotated[
        str,
        typer.Option(
            "--api", metavar="ADDR:PORT", help="Where sessions are opened; beyond this machine with a key."
        ),
    ] = "127.0.0.1:0",
    max_gigabytes: Annotated[
        float,
        typer.Option("--max-gigabytes", min=0, help="Stop when the run folder is larger (0: never)."),
    ] = GIGABYTES,
    budget: BudgetOption = None,
    at: AtOption = None,
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Serve stelselnode, DVZAs and HISs of a network; print addresses, trust anchors and test persons."""
    if context.invoked_subcommand is not None:
        return
    clock = OffsetClock()
    loaded = read_network(network)
    address, port = _address(listen)
    mode = chosen_mode(resume=resume, replace=replace)
    moment = clock.now()
    t, now = day_and_moment(begun(mode, str(out) if out else None, moment), at, moment.astimezone(AMSTERDAM))
    cells = plan_cells(loaded, Selection(releases=("all",)))
    limits = Limits(run=seconds_of(budget) if budget is not None else 0.0)
    facts = RunFacts(loaded, load_catalogue(), t=t, now=now, cells=cells, mode="serve", limits=limits)
    claimed = claim(out or default_folder(moment), mode)
    moved = claimed.told()
    if moved is not None:
        sys.stderr.write(moved.of("en" if lang == "en" else "nl") + "\n")
    keeper = RunKeeper(claimed, clock)
    with ExitStack() as stack:
        stack.callback(keeper.leave)
        persons = declared_persons(loaded, t)
        keys = [cell.key for cell in cells]
        seen = looking(facts.records, loaded, observed=True)
        recorder = Recorder(keeper.folder.path, keeper.events, persons, keys, seen)
        ready = _pki(pki, moment)
        running = start(loaded, recorder=recorder, clock=clock, t=t, pki=ready, observe=True)
        stack.callback(running.close)
        watch = Watch(running, keeper, facts)
        watch.lang = "en" if lang == "en" else "nl"
        watch.bounds = Bounds(keeper.folder.path, max_gigabytes)
        watch.ending = Ending(limits, time.monotonic() - BEGAN.get())
        desk = watch.begin(recorder)
        sessions = _sessions(api, desk, running, facts)
        public: dict[str, str] | None = None
        if listen:
            port = _route(running, address, port)
            shown = shown_address(address, public_host)
            public = {
                name: f"{shown}:{port}" for name in running.hosts.connect.entries() if name.endswith(":443")
            }
        handout = write_handout(running, keeper.folder.path / "handout", public=public)
        document = {**_document(running, handout, keeper.folder, public), "sessions": sessions}
        if behind:
            place, number = _address(behind, "--behind")
            known = read_secret(behind_secret)
            running.hosts.behind(known, [behind_peer], place, number, clock.now)
        through, number = _address(proxy, "--proxy")
        number = open_proxy(running, through, number)
        document["reach"] = settings(
            running,
            f"http://{shown_address(through, public_host)}:{number}",
            document["trust"]["both"],
            shown_address(address, public_host) if port == 443 else "",
        )
        if as_json:
            sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
            sys.stdout.flush()
        else:
            _print(document, lang)
        code = watch.run(seconds)
    raise typer.Exit(int(code))


def _sessions(api: str, desk: Desk, running: RunningNetwork, facts: RunFacts) -> dict[str, str]:
    """Open the API of sessions; gives its address, and the key when it needs one."""
    address, port = _address(api, "--api")
    key = "" if is_loopback(address) else secrets.token_urlsafe(24)

    def sheet(held: Held, lang: str) -> str:
        return sheet_page(held, running.network, "en" if lang == "en" else "nl")

    handler = Api(desk, running, facts.catalogue, key=key, sheet=sheet)
    hosting = running.hosts.hosting
    app = HandlerApp(handler.handle, limit=BODY, on_error=running.hosts.errors.append)
    real = hosting.listen(app, None, address=address, port=port)
    shown = f"[{address}]" if ":" in address else address
    return {"api": f"http://{shown}:{real}", "key": key}


def _address(listen: str, option: str = "--listen") -> tuple[str, int]:
    if not listen:
        return "", 0
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise UsageError(
            Text(nl=f"{option} wil ADRES:POORT", en=f"{option} wants ADDRESS:PORT"),
            expected="0.0.0.0:443",
            received=listen,
        )
    return host.strip("[]"), int(port)


def _pki(folder: Path | None, now: datetime) -> authority.TestPki | None:
    if folder is None:
        return None
    if (folder / "back-root.pem").is_file():
        return authority.load(folder, now)
    made = authority.TestPki(now)
    authority.save(made, folder)
    return made


def _route(running: RunningNetwork, address: str, port: int) -> int:
    def resolve(host: str) -> tuple[str, int] | None:
        return running.hosts.connect.resolve(host, 443) if running.hosts.connect.mapped(host, 443) else None

    router = SniRouter(resolve)
    try:
        return int(running.hosts.hosting.call(router.start(address, port)))
    except OSError as error:
        raise UsageError(
            Text(nl="hier kan niet worden geluisterd", en="cannot listen here"),
            where=f"{address}:{port}",
            received=error.strerror or str(error),
            next_step=Text(
                nl="poorten onder 1024 vragen om beheerrechten; kies een andere poort of geef het recht",
                en="ports below 1024 need privileges; choose another port or grant them",
            )
            if port < 1024
            else "",
        ) from None


def _document(
    running: RunningNetwork, handout: Path, folder: RunFolder, public: dict[str, str] | None
) -> dict[str, Any]:
    network = running.network
    return {
        "schema": "serve-1",
        "run": str(folder.path),
        "t": running.t.isoformat(),
        "lists": list_addresses(running),
        "connect": public if public is not None else running.hosts.connect.entries(),
        "chromium": f'--host-resolver-rules="{running.hosts.connect.chromium_rules()}"',
        "network_file": str(handout),
        "trust": {
            "front": str(handout.parent / "trust-front.pem"),
            "back": str(handout.parent / "trust-back.pem"),
            "both": str(handout.parent / "trust.pem"),
        },
        "dvza": [
            {"id": item.id, "front": f"https://{item.front_host}", "back": f"https://{item.back_host}"}
            for item in network.of_role("dvza")
            if item.kind == "twin"
        ],
        "his": [
            {"id": item.id, "provider": item.provider_name, "standards": list(item.standards)}
            for item in network.of_role("his")
        ],
        "pgo": [
            {
                "id": item.id,
                "client_id": item.pgo_host,
                "redirect_uri": item.redirect,
                "certificate": str(client_files(running, item, handout.parent)[0]),
            }
            for item in network.of_role("pgo")
        ],
        "persons": [
            {"id": item.id, "display": item.display, "birth": item.birth.isoformat() if item.birth else ""}
            for item in known_persons(network, running.t)
        ],
    }


def _print(document: dict[str, Any], lang: str) -> None:
    console = Console(stderr=True, soft_wrap=True)
    dutch = lang != "en"
    console.print(
        f"[bold]{'Het nagebootste netwerk draait' if dutch else 'The mock network is running'}[/bold]"
    )
    for release, addresses in document["lists"].items():
        console.print(f"{'lijsten' if dutch else 'lists'} {release}:")
        for address in addresses.values():
            console.print(f"  {address}", highlight=False)
    reach = document["reach"]
    console.print("van buiten, één instelling:" if dutch else "from outside, one setting:")
    for setting in reach["one_setting"].values():
        console.print(f"  {setting}", highlight=False)
    console.print("vertrouwen:" if dutch else "trust:")
    for setting in reach["trust_setting"].values():
        console.print(f"  {setting}", highlight=False)
    if reach["hosts_file"]:
        console.print("of regels in het hosts-bestand:" if dutch else "or lines in the hosts file:")
        for line in reach["hosts_file"]:
            console.print(f"  {line}", highlight=False)
    table = Table("host", "127.0.0.1" if dutch else "listens at")
    for public, real in document["connect"].items():
        table.add_row(public, real)
    console.print(table)
    console.print(f"trust: {document['trust']['front']}\n       {document['trust']['back']}")
    for item in document["pgo"]:
        console.print(f"PGO {item['id']}: client_id {item['client_id']}, {item['certificate']} (+ .key)")
    names = ", ".join(f"{item['display']} ({item['id']})" for item in document["persons"])
    console.print(f"{'testpersonen' if dutch else 'test persons'}: {names}")
    console.print(
        f"{'netwerkbestand voor de andere kant' if dutch else 'network file for the other side'}: "
        f"{document['network_file']}"
    )
    found = document["sessions"]
    console.print(
        f"{'sessies' if dutch else 'sessions'}: {found['api']}" + (found["key"] and f" key {found['key']}")
    )
    console.print("Ctrl-C " + ("stopt en beoordeelt" if dutch else "stops and judges"))
