"""``testscript serve``: a live client (PGO) calls our mock server; scenarios light up as its calls arrive.

What the terminal shows comes from the event stream (``script-matched``, ``script-finished``,
``script-extra``), so that a page can show the same. With ``--token-map`` the client
uses its own tokens: every official token in the scripts is then replaced by the client's for the same
patient, which is noted in the results.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from rich.console import Console
from rich.live import Live
from rich.markup import escape

from harness.core.contracts import prepare_structs
from harness.core.errors import ConfigurationError
from harness.core.run.exchanges import Request, Response
from harness.core.run.place.claim import Mode
from harness.core.text import Lang, Text
from harness.fhir.server.asgi import AsgiApp
from harness.testscript.outcome.recording import RunRecord
from harness.testscript.outcome.results import ScriptResult
from harness.testscript.plan.plan import Plan
from harness.testscript.watch.board import Board, plain_line
from harness.testscript.watch.mock import Mock, prepare

MOUNT = "/fhir"
PATIENCE = 10.0
"""Seconds without a request after which a scenario that did not pass is not expected to be tried again."""
MAX_EXTRA = 200
"""Requests without scenario that the result lists."""


@dataclass(frozen=True)
class LiveOptions:
    """How the mock listens.

    :ivar base_url: public base URL when a proxy stands before it.
    :ivar idle: seconds without any request after which it stops; 0 never.
    :ivar mode: what happens to an unfinished run in the folder ``out``.
    """

    listen: str = "127.0.0.1"
    port: int = 8080
    base_url: str = ""
    idle: float = 0
    out: Path | None = None
    mode: Mode = "new"
    lang: Lang = "nl"


@dataclass(frozen=True)
class Served:
    """What came of serving.

    :ivar kept: the results as they may be written.
    :ivar about: what else the result says.
    """

    results: list[ScriptResult]
    kept: list[ScriptResult]
    about: dict[str, object]


def serve_client(paths: Sequence[Path], plan: Plan, options: LiveOptions) -> Served:
    """Serve until every scenario is done, the idle time-out, or Ctrl-C; then the results.

    :raises ConfigurationError: when the address cannot be listened on.
    """
    with _listener(options) as listener:
        base = options.base_url.rstrip("/") or _base(options.listen, listener.getsockname()[1])
        mock = prepare(paths, plan, base)
        people = mock.people() if options.out else None
        with RunRecord(options.out, mode=options.mode, target=base, people=people) as record:
            told = record.told()
            if told is not None:
                sys.stderr.write(f"{told.of(options.lang)}\n")
            mock.watch.notify = record.tell
            board = Board(mock, options.lang)
            record.events.subscribe(board if sys.stderr.isatty() else plain_line)
            record.events.emit("run-started", base=base, scripts=len(mock.watch.sessions))
            mock.watch.announce()
            server = _MockServer(mock, record)
            prepare_structs()
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
            thread.start()
            ended = _wait(mock, board, options)
            server.should_exit = True
            thread.join(timeout=5)
            results = [*mock.problems, *mock.watch.results()]
            kept = [record.keep("", result) for result in results]
            extra = [
                record.said({"method": request.method, "url": request.url, "status": response.status})
                for request, response in mock.watch.extra[:MAX_EXTRA]
            ]
            record.events.emit("run-finished", ended=ended)
    about = {
        "target": base,
        "ended": ended,
        "notes": _notes(plan),
        "extra_requests": extra,
        "requests": server.requests,
    }
    return Served(results, kept, about)


class _MockServer(uvicorn.Server):
    """The mock behind a socket; all traffic is recorded, whether or not a script waits for it."""

    def __init__(self, mock: Mock, record: RunRecord) -> None:
        self.requests = 0

        def handle(request: Request) -> Response:
            local = _public(request, mock.base)
            response = mock.watch.handle(local)
            self.requests += 1
            record.traffic(local, response)
            return response

        application = AsgiApp(handler=handle)
        super().__init__(
            uvicorn.Config(application, log_level="error", lifespan="off", timeout_graceful_shutdown=2)
        )


def _notes(plan: Plan) -> list[str]:
    notes = list(plan.profiles.notes)
    if plan.tokens:
        notes.append(f"token rewriting: {len(plan.tokens)} official tokens replaced by the client's own")
    return notes


def _base(address: str, port: int) -> str:
    host = f"[{address}]" if ":" in address else address
    return f"http://{host}:{port}{MOUNT}"


def _public(request: Request, base: str) -> Request:
    """The request as if sent to the public base URL (a proxy may have changed scheme and host)."""
    if request.url.startswith(base):
        return request
    path = request.url.split("/", 3)[3] if request.url.count("/") >= 3 else ""
    origin = "/".join(base.split("/", 3)[:3])
    return Request(method=request.method, url=f"{origin}/{path}", headers=request.headers, body=request.body)


def _wait(mock: Mock, board: Board, options: LiveOptions) -> str:
    """Wait for the end; what ended it."""
    console = Console(stderr=True)
    stop = "stop met Ctrl-C" if options.lang == "nl" else "stop with Ctrl-C"
    console.print(f"FHIR: {escape(mock.base)}  ·  {stop}", highlight=False)
    for patient, token in mock.tokens_to_use():
        console.print(f"  {escape(patient)}: {escape(token)}", highlight=False)
    try:
        if not console.is_terminal:
            return _until_done(mock, options)
        with Live(board, console=console, refresh_per_second=4, transient=False):
            return _until_done(mock, options)
    except KeyboardInterrupt:
        return "interrupted"


def _until_done(mock: Mock, options: LiveOptions) -> str:
    while True:
        quiet = time.monotonic() - mock.watch.last
        if mock.watch.complete and (mock.watch.passed or quiet > PATIENCE):
            return "complete"
        if options.idle and quiet > options.idle:
            return "idle"
        time.sleep(0.1)


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
