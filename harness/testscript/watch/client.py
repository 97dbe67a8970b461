"""Watches a client under test: matches what it does to the operations that scripts wait for, and judges it.

Every request is answered by our server and, where it belongs to a script, judged by that script's asserts
(:mod:`.matching`). What a script has had already, and what resembles nothing that is described,
is answered and logged. Requests are handled one at a time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from harness.core.run.exchanges import Request, Response
from harness.fhir.server.service import FhirServer
from harness.testscript.execute.need import Performed
from harness.testscript.outcome.results import ScriptResult
from harness.testscript.watch.matching import (
    REFUSED,
    REPEATED,
    Fit,
    is_try,
    judged,
    likeness,
    shape,
    shared_content,
)
from harness.testscript.watch.session import Attempt, Place, Session

Notify = Callable[..., object]


@dataclass(frozen=True)
class Candidate:
    """A place in a script that a request may belong to, with what its server answers and how well it fits."""

    session: Session
    place: Place
    performed: Performed
    response: Response
    server: FhirServer
    fit: Fit


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
        self._lock = threading.Lock()

    def handle(self, request: Request) -> Response:
        """Answer one request of the client and judge it when a script waits for it."""
        self.last = time.monotonic()
        with self._lock:
            started = time.perf_counter()
            found = self._match(request)
            if found is None or found.place.attempt is None or found.place.repeat:
                response = self.fallback.handle(request) if found is None else found.response
                self.extra.append((request, response))
                self.notify("script-extra", method=request.method, url=request.url, status=response.status)
                return response
            duration = time.perf_counter() - started
            self._feed(found, found.place.attempt, replace(found.performed, duration=duration))
            return found.response

    def _feed(self, found: Candidate, attempt: Attempt, performed: Performed) -> None:
        session = found.session
        self.notify(
            "script-matched",
            file=session.file,
            action=found.place.need.operation.key,
            url=performed.request.url,
            status=found.response.status,
        )
        session.feed(attempt, performed, found.server)
        if session.done:
            self._finished(session)

    def _match(self, request: Request) -> Candidate | None:
        """The place in a script that a request belongs to; ``None`` for other traffic."""
        candidates = self._candidates(request)
        best = max(candidates, key=lambda one: one.fit, default=None)
        if best is None or not is_try(best.place.need.request, request, best.response, best.fit.points):
            return None
        return best

    def _candidates(self, request: Request) -> list[Candidate]:
        """The places of the request's kind that no other one can beat by points alone."""
        wanted = shape(request.method, request.url, self.base)
        alike: list[tuple[int, int, Session, Place]] = []
        for order, session in enumerate(self.sessions):
            for place in session.places():
                described = place.need.request
                if shape(described.method, described.url, self.base) == wanted:
                    points = likeness(described, request) + (REPEATED if place.repeat else 0)
                    alike.append((points, order, session, place))
        bar = max((points for points, *_ in alike), default=0) + REFUSED
        kept = [one for one in alike if one[0] >= bar]
        return [
            candidate
            for points, order, session, place in kept
            if (candidate := _candidate(session, place, request, points, order, alone=len(kept) == 1))
        ]

    def announce(self) -> None:
        """Tell which scripts have ended before the client did anything (they wait for input)."""
        for session in self.sessions:
            if session.done:
                self._finished(session)

    def _finished(self, session: Session) -> None:
        verdict = session.current.verdict.value
        self.notify("script-finished", file=session.file, verdict=verdict, attempts=session.attempts)

    @property
    def complete(self) -> bool:
        """Whether every script has ended."""
        return all(session.done for session in self.sessions)

    @property
    def passed(self) -> bool:
        """Whether every script has passed."""
        return all(session.passed for session in self.sessions)

    def results(self) -> list[ScriptResult]:
        """Outcome of every script, in order."""
        return [session.result() for session in self.sessions]


def _candidate(
    session: Session, place: Place, request: Request, points: int, order: int, *, alone: bool
) -> Candidate | None:
    """A place in a script with what it says about a request; ``alone`` saves asking its asserts."""
    attempt = place.attempt
    answering = session.current if attempt is None or place.repeat else attempt
    performed, server = answering.answer(request)
    if performed.response is None:
        return None
    asked = [] if alone or attempt is None else attempt.execution.preview(place.need, performed)
    refused, unmet = judged(asked)
    content = shared_content(place.need.request, request)
    fit = Fit(points + refused, content, unmet, attempt is session.current, bool(answering.had), -order)
    return Candidate(session, place, performed, performed.response, server, fit)
