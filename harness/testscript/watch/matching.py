"""Watches a client under test: matches what it does to the operations that scripts wait for, and judges it.

Every request is answered by our server. A request belongs to the script whose active operation has the same
method, resource type and operation (``$lastn``) and the same access token; not the parameters, because a
client with wrong parameters must fail that script and not be ignored. Among several scripts that wait for
the same kind of request the one whose described parameters are most like the request gets it. Traffic that
no script waits for is answered and logged. Requests of one token are handled one at a time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from harness.core.run.exchanges import Request, Response, header
from harness.core.text import Text
from harness.core.verdicts import Verdict
from harness.fhir.server.service import FhirServer
from harness.testscript.execute.execution import Execution, Need, Performed, Settings
from harness.testscript.execute.transport import Transport
from harness.testscript.judge.rules import pairs
from harness.testscript.outcome.results import ScriptResult
from harness.testscript.read.model import TestScript

Notify = Callable[..., object]


@dataclass
class Session:
    """One script that is being watched.

    :ivar server: its own copy of the server, so that what a client sends for one script does not change
        another.
    :ivar attempts: how often the script was (re)started; a failed one starts again when the client tries
        again.
    """

    script: TestScript
    settings: Settings
    server: FhirServer
    fresh: FhirServer
    file: str = ""
    requirements: tuple[str, ...] = ()
    execution: Execution = field(init=False)
    need: Need | None = None
    attempts: int = 1
    touched: bool = False
    own: Transport | None = None

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Start the script from the beginning on a fresh copy of the server."""
        self.server = self.fresh.fork()
        self.execution = Execution(self.script, self.settings)
        self.need = self.settle(self.execution.start())
        self.touched = False

    def settle(self, need: Need | None) -> Need | None:
        """Execute the operations that are the harness's own, up to the next one of the client."""
        while need is not None and need.actor != "client":
            request = need.request
            performed = (
                self.own(request) if self.own is not None else Performed(request, self.server.handle(request))
            )
            need = self.execution.feed(performed)
        return need

    def result(self) -> ScriptResult:
        """The outcome so far; a script that still waits is ended with that as its reason."""
        if not self.execution.done:
            operation = self.need.operation if self.need else None
            what = (
                f"{self.need.request.method} {operation.resource}{operation.params}"
                if self.need and operation
                else ""
            )
            self.execution.abort(
                Text(
                    nl=f"de client deed het verwachte verzoek niet: {what}",
                    en=f"the client did not make the expected request: {what}",
                )
            )
            self.need = None
        return self.execution.result(file=self.file, requirements=self.requirements, attempts=self.attempts)


def shape(method: str, url: str, base: str) -> tuple[str, str, str]:
    """What a request is matched on: method, resource type, operation name (``id`` for one instance)."""
    path = urlsplit(url).path
    root = urlsplit(base).path.rstrip("/")
    if path.startswith(root):
        path = path[len(root) :]
    parts = [part for part in path.split("/") if part]
    if method == "POST" and parts and parts[-1] == "_search":
        method, parts = "GET", parts[:-1]
    operation = next((part for part in parts if part.startswith("$")), "")
    if not operation and len(parts) > 1:
        operation = "id"
    return method, parts[0] if parts else "", operation


class ClientWatch:
    """All sessions of one run; ``handle`` is what the mock server answers with.

    :param base: base URL of the mock server.
    :param fallback: answers traffic that no script waits for.
    :param notify: called with an event kind and facts (``script-matched``, ``script-finished`` …).
    """

    def __init__(
        self, sessions: Iterable[Session], fallback: FhirServer, base: str, notify: Notify | None = None
    ) -> None:
        self.sessions = list(sessions)
        self.fallback = fallback
        self.base = base
        self.extra: list[tuple[Request, Response]] = []
        self.last = time.monotonic()
        self.notify = notify or (lambda *args, **kwargs: None)
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def handle(self, request: Request) -> Response:
        """Answer one request of the client and judge it when a script waits for it."""
        self.last = time.monotonic()
        token = header(request.headers, "authorization") or ""
        with self._guard:
            lock = self._locks.setdefault(token, threading.Lock())
        with lock:
            session = self.match(request)
            if session is None:
                response = self.fallback.handle(request)
                self.extra.append((request, response))
                self.notify("script-extra", method=request.method, url=request.url, status=response.status)
                return response
            started = time.perf_counter()
            response = session.server.handle(request)
            self._feed(session, request, response, time.perf_counter() - started)
            return response

    def _feed(self, session: Session, request: Request, response: Response, duration: float) -> None:
        need = session.need
        assert need is not None
        session.touched = True
        self.notify(
            "script-matched",
            file=session.file,
            action=need.operation.key,
            url=request.url,
            status=response.status,
        )
        session.need = session.settle(session.execution.feed(Performed(request, response, duration=duration)))
        if session.execution.done:
            result = session.result()
            self.notify(
                "script-finished", file=session.file, verdict=result.verdict.value, attempts=session.attempts
            )

    def match(self, request: Request) -> Session | None:
        """The session that a request belongs to; restarts a failed script that the client tries again."""
        wanted = shape(request.method, request.url, self.base)
        token = header(request.headers, "authorization") or ""
        best: tuple[tuple[int, int, int], Session] | None = None
        for order, session in enumerate(self.sessions):
            need = session.need
            if need is None or shape(need.request.method, need.request.url, self.base) != wanted:
                continue
            if (header(need.request.headers, "authorization") or token) != token:
                continue
            score = (self.likeness(need.request, request), 1 if session.touched else 0, -order)
            if best is None or score > best[0]:
                best = (score, session)
        if best is not None and best[0][0] >= 0:
            return best[1]
        again = self._retry(wanted, token, request)
        return again or (best[1] if best else None)

    def _retry(self, wanted: tuple[str, str, str], token: str, request: Request) -> Session | None:
        """A finished script that did not pass and whose first operation this request repeats."""
        for session in self.sessions:
            if not session.execution.done or session.execution.result().verdict is Verdict.PASS:
                continue
            attempt = Execution(session.script, session.settings).start()
            if attempt is None or shape(attempt.request.method, attempt.request.url, self.base) != wanted:
                continue
            if (header(attempt.request.headers, "authorization") or token) == token and (
                self.likeness(attempt.request, request) > 0
            ):
                session.attempts += 1
                session.restart()
                return session if session.need is not None else None
        return None

    @staticmethod
    def likeness(described: Request, actual: Request) -> int:
        """How much the parameters and path agree; negative when the path names another instance."""
        left, right = set(pairs(described.url)), set(pairs(actual.url))
        score = 2 * len(left & right) - len(left ^ right)
        if left == right:
            score += 100
        if urlsplit(described.url).path == urlsplit(actual.url).path:
            score += 10
        if described.body and described.body == actual.body:
            score += 1000
        return max(score, 0) if described.method == "GET" else score

    @property
    def complete(self) -> bool:
        """Whether every script has ended."""
        return all(session.execution.done for session in self.sessions)

    def results(self) -> list[ScriptResult]:
        """Outcome of every script, in order."""
        return [session.result() for session in self.sessions]
