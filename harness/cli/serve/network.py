"""``harness serve``: the whole mock network for live PGOs and DVZAs to talk to, recorded and judged live.

``harness serve fhir`` serves a folder of resources as a bare FHIR server.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from harness.cli.options import AtOption, JsonOption, LangOption
from harness.cli.serve.fhir import fhir
from harness.core.clock import OffsetClock, today
from harness.core.errors import UsageError
from harness.core.exits import ExitCode
from harness.core.run.events import EventStream
from harness.core.run.findings import Cell, Finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import RunInfo, Selection
from harness.core.tdates import parse_day
from harness.core.text import Text
from harness.judge.catalogue import load_catalogue
from harness.judge.cells import cell_exchanges, judge_cell
from harness.judge.result import run_result
from harness.matrix.facts import RunFacts
from harness.matrix.plan import client_requirements, plan_cells
from harness.matrix.preparation import default_folder
from harness.medmij.releases import oldest_first
from harness.network.file import read_network
from harness.network.handout import write_handout
from harness.network.person.declared import declared_persons, known_persons
from harness.network.running import RunningNetwork, start
from harness.network.twins.stelselnode import list_host
from harness.network.wire.router import SniRouter
from harness.pki import authority
from harness.record.recorder import Recorder

app = typer.Typer()
app.command("fhir", help="Serve a folder of resources as a strict FHIR server.")(fhir)
QUIET = timedelta(seconds=3)
"""A cell is judged when nothing happened in it for this long."""


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
    seconds: Annotated[
        float, typer.Option("--seconds", min=0, help="Stop after this time (0: never).")
    ] = 0.0,
    at: AtOption = None,
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Serve stelselnode, DVZAs and HISs of a network; print addresses, trust anchors and test persons."""
    if context.invoked_subcommand is not None:
        return
    clock = OffsetClock()
    loaded = read_network(network)
    t = parse_day(at) if at else today(clock)
    facts = RunFacts(
        loaded,
        load_catalogue(),
        t=t,
        now=clock.now(),
        cells=plan_cells(loaded, Selection(releases=("all",))),
        mode="serve",
    )
    folder = RunFolder.create(out or default_folder(clock.now()))
    address, port = _address(listen)
    ready = _pki(pki, clock.now())
    events = EventStream(clock, folder.events)
    recorder = Recorder(folder, events, declared_persons(loaded, t))
    running = start(loaded, recorder=recorder, clock=clock, t=t, pki=ready, observe=True)
    try:
        public: dict[str, str] | None = None
        if listen:
            port = _route(running, address, port)
            shown = "127.0.0.1" if address in ("0.0.0.0", "::") else address  # noqa: S104
            public = {
                name: f"{shown}:{port}" for name in running.hosts.connect.entries() if name.endswith(":443")
            }
        handout = write_handout(running, folder.path / "handout", public=public)
        watch = Watch(running, folder, facts)
        watch.write_info()
        document = _document(running, handout, folder, public)
        if as_json:
            sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
            sys.stdout.flush()
        else:
            _print(document, lang)
        code = watch.run(seconds)
    finally:
        running.close()
        recorder.close()
        events.close()
    raise typer.Exit(int(code))


def _address(listen: str) -> tuple[str, int]:
    if not listen:
        return "", 0
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise UsageError(
            Text(nl="--listen wil ADRES:POORT", en="--listen wants ADDRESS:PORT"),
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
    releases = oldest_first(item for participant in network.participants for item in participant.releases)
    return {
        "schema": "serve-1",
        "run": str(folder.path),
        "t": running.t.isoformat(),
        "lists": {item: f"https://{list_host(network, item)}/" for item in releases},
        "connect": public if public is not None else running.hosts.connect.entries(),
        "chromium": f'--host-resolver-rules="{running.hosts.connect.chromium_rules()}"',
        "network_file": str(handout),
        "trust": {
            "front": str(handout.parent / "trust-front.pem"),
            "back": str(handout.parent / "trust-back.pem"),
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
                "certificate": str(handout.parent / f"{running.pki.client(item.pgo_host).name}.pem"),
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
    for release, url in document["lists"].items():
        console.print(f"{'lijsten' if dutch else 'lists'} {release}: {url}")
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
    console.print("Ctrl-C " + ("stopt en beoordeelt" if dutch else "stops and judges"))


class Watch:
    """Judges cells when they fall silent, and once more at the end; keeps the run folder complete."""

    def __init__(self, running: RunningNetwork, folder: RunFolder, facts: RunFacts) -> None:
        self.running = running
        self.folder = folder
        self.facts = facts
        self.findings: dict[str, list[Finding]] = {}
        self._judged: dict[str, datetime] = {}
        self._stop = threading.Event()

    def run(self, seconds: float) -> ExitCode:
        """Until Ctrl-C, SIGTERM, or ``seconds`` have passed; returns the exit code of what was seen."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, lambda *_: self._stop.set())
        waited = 0.0
        try:
            while not self._stop.is_set() and (not seconds or waited < seconds):
                step = min(0.5, seconds - waited) if seconds else 0.5
                self._stop.wait(step)
                waited += step
                self.judge_quiet()
        except KeyboardInterrupt:
            pass
        return self.finish()

    def judge_quiet(self) -> None:
        """Judge the cells in which something happened and nothing more does."""
        observer = self.running.observer
        if observer is None:
            return
        now = self.running.clock.now()
        for cell in observer.cells:
            last = observer.last_activity.get(cell.key)
            if last is None or now - last < QUIET or self._judged.get(cell.key) == last:
                continue
            self._judged[cell.key] = last
            self._judge(cell)

    def _judge(self, cell: Cell) -> int:
        """Judge a cell; returns how many exchanges it has."""
        exchanges = cell_exchanges(self.folder, cell)
        found = judge_cell(self.write_info(), cell, exchanges, self.facts.catalogue)
        self.findings[cell.key] = found
        counts = Counter(item.verdict.value for item in found)
        text = ", ".join(f"{verdict} {count}" for verdict, count in sorted(counts.items()))
        sys.stderr.write(f"{cell.key}: {text}\n")
        sys.stderr.flush()
        return len(exchanges)

    def finish(self) -> ExitCode:
        """Judge everything once more and write ``findings.json``."""
        observer = self.running.observer
        recorded = 0
        if observer is not None:
            observer.flush()
            recorded = sum(self._judge(cell) for cell in observer.cells)
        info = self.write_info()
        findings = [item for found in self.findings.values() for item in found]
        self.folder.write_findings(findings)
        return run_result(info, findings, self.facts.catalogue).code(exchanges=recorded)

    def info(self) -> RunInfo:
        """``run.json`` of this moment."""
        cells = self.running.observer.cells if self.running.observer is not None else []
        requirements = {cell.key: client_requirements(cell, self.facts.catalogue) for cell in cells}
        return self.facts.info(self.folder.path.name, cells, requirements)

    def write_info(self) -> RunInfo:
        """Write ``run.json``."""
        info = self.info()
        self.folder.write_info(info)
        return info
