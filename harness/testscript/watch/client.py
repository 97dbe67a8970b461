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

from harness.core.run.exchanges import Request, Response, header
from harness.core.verdicts import Verdict
from harness.fhir.server.service import FhirServer
from harness.testscript.execute.execution import Execution
from harness.testscript.execute.need import Performed
from harness.testscript.outcome.results import ScriptResult
from harness.testscript.watch.matching import likeness, shape
from harness.testscript.watch.session import Session

Notify = Callable[..., object]


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
            if session is None or session.need is None:
                response = self.fallback.handle(request)
                self.extra.append((request, response))
                self.notify("script-extra", method=request.method, url=request.url, status=response.status)
                return response
            started = time.perf_counter()
            response = session.server.handle(request)
            performed = Performed(request, response, duration=time.perf_counter() - started)
            self._feed(session, session.need.operation.key, performed)
            return response

    def _feed(self, session: Session, action: str, performed: Performed) -> None:
        request, response = performed.request, performed.response
        status = response.status if response is not None else 0
        self.notify("script-matched", file=session.file, action=action, url=request.url, status=status)
        session.feed(performed)
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
            score = (likeness(need.request, request), 1 if session.touched else 0, -order)
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
                likeness(attempt.request, request) > 0
            ):
                session.restart()
                return session if session.need is not None else None
        return None

    @property
    def complete(self) -> bool:
        """Whether every script has ended."""
        return all(session.execution.done for session in self.sessions)

    def results(self) -> list[ScriptResult]:
        """Outcome of every script, in order."""
        return [session.result() for session in self.sessions]
