"""``testscript serve``: a live client (PGO) calls our mock server; scenarios light up as its calls arrive.

What the terminal shows comes from the event stream (``script-waiting``, ``script-matched``,
``script-finished``, ``script-extra``), so that a page can show the same. With ``--token-map`` the client
uses its own tokens: every official token in the scripts is then replaced by the client's for the same
patient, which is noted in the results.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from harness.core.errors import ConfigurationError, HarnessError
from harness.core.run.events import Event
from harness.core.run.exchanges import Request, Response, header
from harness.core.text import Lang, Text
from harness.fhir.server.asgi import AsgiApp
from harness.fhir.server.options import by_token
from harness.fhir.server.service import FhirServer
from harness.testscript.execute.execution import Settings
from harness.testscript.outcome.recording import RunRecord
from harness.testscript.outcome.results import ScriptResult
from harness.testscript.own.server import SelfServer
from harness.testscript.read.tokens import patients
from harness.testscript.run.parallel import Item, Plan, SelfServers, collect, problem_result, settings_of
from harness.testscript.watch.matching import ClientWatch, Session

MOUNT = "/fhir"


@dataclass(frozen=True)
class LiveOptions:
    """How the mock listens.

    :ivar base_url: public base URL when a proxy stands before it.
    :ivar idle: seconds without any request after which it stops; 0 never.
    """

    listen: str = "127.0.0.1"
    port: int = 8080
    base_url: str = ""
    idle: float = 0
    out: Path | None = None
    lang: Lang = "nl"


@dataclass
class Mock:
    """A watch on one mock server with everything that was loaded."""

    watch: ClientWatch
    items: list[Item]
    problems: list[ScriptResult]
    tokens: dict[str, str]
    base: str


def rewritten_tokens(loaded: SelfServer, plan: Plan) -> dict[str, str]:
    """Patients by token, with the client's tokens in the place of the official ones."""
    return {plan.tokens.get(token, token): patient for token, patient in loaded.tokens.items()}


def prepare(paths: Sequence[Path], plan: Plan, base: str, record: RunRecord) -> Mock:
    """Load the client scripts of folders and their fixtures into one mock.

    :raises HarnessError: when there is no script for a client.
    """
    servers = SelfServers(plan, base)
    sessions: list[Session] = []
    problems: list[ScriptResult] = []
    kept: list[Item] = []
    tokens: dict[str, str] = {}
    first: FhirServer | None = None
    for item in collect(paths, plan):
        if item.script is None:
            problems.append(problem_result(item))
            continue
        if item.script.side != "client":
            continue
        try:
            loaded = servers.for_script(item.script)
            settings: Settings = settings_of(item.script, plan, base, base, loaded.server.model)
        except HarnessError as error:
            problems.append(problem_result(replace(item, problem=error)))
            continue
        known = rewritten_tokens(loaded, plan)
        tokens = patients((), {**tokens, **known})
        server = loaded.server.fork(authorize=by_token(known))
        if first is None:
            first = server
        elif loaded.server.store is not first.store:
            first = _merged(first, server)
        sessions.append(
            Session(item.script, settings, server, server, item.file, plan.requirements(item.script))
        )
        kept.append(item)
    if first is None:
        raise ConfigurationError(
            Text(
                nl="in deze mappen staan geen scripts voor een client (PGO)",
                en="these folders hold no scripts for a client (PGO)",
            ),
            where=", ".join(map(str, paths)),
            expected="PHR-Client, Retrieving-PHR, Sending-PHR",
        )
    fallback = first.fork(authorize=by_token(tokens))
    return Mock(ClientWatch(sessions, fallback, base, record.events.emit), kept, problems, tokens, base)


def _merged(first: FhirServer, other: FhirServer) -> FhirServer:
    """A server with the resources of both: answers traffic that no script waits for."""
    merged = first.fork()
    for stored in other.store:
        if merged.store.find(stored.key) is None:
            merged.store.put(stored.resource)
    return merged


_MARKS = {
    "pass": "[green]●[/]",
    "fail": "[red]●[/]",
    "error": "[magenta]●[/]",
    "inconclusive": "[yellow]●[/]",
}


class Board:
    """The scenarios in the terminal, fed by the event stream only."""

    def __init__(self, mock: Mock, lang: Lang) -> None:
        self._lang = lang
        self._lock = threading.Lock()
        self._rows = {
            session.file: ["○", session.script.title or session.script.id, ""]
            for session in mock.watch.sessions
        }
        self._base = mock.base
        self._extra = 0

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        data = event.data
        with self._lock:
            if event.kind == "script-extra":
                self._extra += 1
                return
            row = self._rows.get(str(data.get("file", "")))
            if row is None:
                return
            if event.kind == "script-matched":
                row[0] = "[cyan]◐[/]"
                row[2] = (
                    f"HTTP {data.get('status')}  {str(data.get('url', '')).removeprefix(self._base)[:70]}"
                )
            elif event.kind == "script-finished":
                verdict = str(data.get("verdict", ""))
                row[0] = _MARKS.get(verdict, "[yellow]●[/]")
                row[2] = f"{verdict}" + (f" ({data['attempts']}×)" if data.get("attempts", 1) != 1 else "")

    def __rich__(self) -> Table:
        with self._lock:
            dutch = self._lang == "nl"
            title = f"{self._base}  ·  " + (
                f"{self._extra} verzoeken zonder scenario"
                if dutch
                else f"{self._extra} requests without scenario"
            )
            table = Table(title=title, show_header=False, box=None, padding=(0, 1))
            for mark, name, state in self._rows.values():
                table.add_row(mark, escape(name), escape(state))
            return table


def serve_client(
    paths: Sequence[Path], plan: Plan, options: LiveOptions
) -> tuple[list[ScriptResult], dict[str, object]]:
    """Serve until every scenario is done, the idle time-out, or Ctrl-C; then the results.

    :raises ConfigurationError: when the address cannot be listened on.
    """
    listener = _listener(options)
    port = listener.getsockname()[1]
    base = options.base_url.rstrip("/") or f"http://{options.listen}:{port}{MOUNT}"
    record = RunRecord(options.out)
    try:
        mock = prepare(paths, plan, base, record)
    except BaseException:
        listener.close()
        record.close()
        raise
    if options.out is not None:
        people = [s.resource for session in mock.watch.sessions for s in session.fresh.store.all("Patient")]
        record.close()
        record = RunRecord(options.out, persons=people)
        mock.watch.notify = record.events.emit
    board = Board(mock, options.lang)
    record.events.subscribe(board if sys.stderr.isatty() else plain_line)
    record.events.emit("run-started", base=base, scripts=len(mock.watch.sessions))
    log: list[int] = []

    def handle(request: Request) -> Response:
        local = _public(request, base)
        response = mock.watch.handle(local)
        log.append(response.status)
        record.traffic(local, response)
        return response

    server = uvicorn.Server(
        uvicorn.Config(
            AsgiApp(handler=handle), log_level="error", lifespan="off", timeout_graceful_shutdown=2
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    ended = _wait(mock, board, options, base)
    server.should_exit = True
    thread.join(timeout=5)
    results = [*mock.problems, *mock.watch.results()]
    for result in results:
        record.keep("", result)
    record.events.emit("run-finished", ended=ended)
    record.close()
    notes = list(plan.profiles.notes)
    if plan.tokens:
        notes.append(f"token rewriting: {len(plan.tokens)} official tokens replaced by the client's own")
    extra: dict[str, object] = {
        "target": base,
        "ended": ended,
        "notes": notes,
        "extra_requests": [
            {"method": request.method, "url": request.url, "status": response.status}
            for request, response in mock.watch.extra[:200]
        ],
        "requests": len(log),
    }
    return results, extra


def _public(request: Request, base: str) -> Request:
    """The request as if sent to the public base URL (a proxy may have changed scheme and host)."""
    if request.url.startswith(base):
        return request
    path = request.url.split("/", 3)[3] if request.url.count("/") >= 3 else ""
    origin = "/".join(base.split("/", 3)[:3])
    return Request(method=request.method, url=f"{origin}/{path}", headers=request.headers, body=request.body)


def _wait(mock: Mock, board: Board, options: LiveOptions, base: str) -> str:
    """Wait for the end; what ended it."""
    console = Console(stderr=True)
    dutch = options.lang == "nl"
    console.print(
        f"FHIR: {escape(base)}  ·  " + ("stop met Ctrl-C" if dutch else "stop with Ctrl-C"), highlight=False
    )
    for token, patient in sorted(mock.tokens.items(), key=lambda pair: pair[1]):
        if any(_uses(session, token) for session in mock.watch.sessions):
            console.print(f"  {escape(patient)}: {escape(token)}", highlight=False)
    if not console.is_terminal:
        return _wait_plain(mock, options)
    try:
        with Live(board, console=console, refresh_per_second=4, transient=False):
            return _until_done(mock, options)
    except KeyboardInterrupt:
        return "interrupted"


def _wait_plain(mock: Mock, options: LiveOptions) -> str:
    try:
        return _until_done(mock, options)
    except KeyboardInterrupt:
        return "interrupted"


def _until_done(mock: Mock, options: LiveOptions) -> str:
    while True:
        if mock.watch.complete:
            return "complete"
        if options.idle and time.monotonic() - mock.watch.last > options.idle:
            return "idle"
        time.sleep(0.1)


def plain_line(event: Event) -> None:
    """One line per event on stderr, where there is no terminal to draw in."""
    if event.kind in ("script-matched", "script-finished", "script-extra"):
        facts = " ".join(f"{name}={value}" for name, value in event.data.items())
        sys.stderr.write(f"{event.at[11:19]} {event.kind} {facts}\n")
        sys.stderr.flush()


def _uses(session: Session, token: str) -> bool:
    need = session.need
    return need is not None and header(need.request.headers, "authorization") == token


def _listener(options: LiveOptions) -> socket.socket:
    family = socket.AF_INET6 if ":" in options.listen else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # accepted connections inherit it
    try:
        listener.bind((options.listen, options.port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            Text(nl="op dit adres kan niet worden geluisterd", en="this address cannot be listened on"),
            where=f"{options.listen}:{options.port}",
            received=error.strerror or str(error),
            next_step=Text(nl="kies een andere --port", en="choose another --port"),
        ) from None
    return listener
