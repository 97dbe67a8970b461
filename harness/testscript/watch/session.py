"""One script that is being watched, on its own copy of the server."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from harness.core.run.exchanges import Request
from harness.core.text import Text
from harness.core.verdicts import Verdict
from harness.fhir.server.service import FhirServer
from harness.testscript.execute.execution import Execution
from harness.testscript.execute.need import Need, Performed
from harness.testscript.execute.settings import Settings
from harness.testscript.outcome.results import ScriptResult, script_verdict
from harness.testscript.read.model import TestScript

SAFE = frozenset(("GET", "HEAD"))


@dataclass
class Attempt:
    """One try at a script, from the beginning on a fresh copy of the server.

    :ivar need: the operation of the client that the script waits for, ``None`` when it has ended.
    :ivar begun: whether the client has begun with it.
    """

    execution: Execution
    server: FhirServer
    need: Need | None = None
    begun: bool = False

    def __post_init__(self) -> None:
        self.need = self._settle(self.execution.start())

    def answer(self, request: Request) -> tuple[Performed, FhirServer]:
        """What the server of this try answers, and the server as it would be afterwards."""
        server = self.server if request.method in SAFE else self.server.fork()
        return Performed(request, server.handle(request)), server

    def feed(self, performed: Performed, server: FhirServer) -> None:
        """Take in what the client did; the script then waits for the next operation of the client."""
        self.begun = True
        self.server = server
        self.need = self._settle(self.execution.feed(performed))

    def _settle(self, need: Need | None) -> Need | None:
        """Execute the operations that are the harness's own, up to the next one of the client."""
        while need is not None and need.actor != "client":
            need = self.execution.feed(Performed(need.request, self.server.handle(need.request)))
        return need

    @cached_property
    def verdict(self) -> Verdict:
        """The verdict of a try that has ended."""
        return script_verdict(self.execution.progress.steps)


@dataclass
class Session:
    """One script that is being watched.

    :ivar fresh: the loaded server, which nobody changes.
    :ivar attempts: how often the script was (re)started; an ended one starts again when the client tries
        again.
    """

    script: TestScript
    settings: Settings
    fresh: FhirServer
    file: str = ""
    requirements: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    attempts: int = field(init=False, default=1)
    current: Attempt = field(init=False)
    _next: Attempt | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.current = self._attempt()

    def _attempt(self) -> Attempt:
        return Attempt(Execution(self.script, self.settings, notes=self.notes), self.fresh.fork())

    @property
    def done(self) -> bool:
        """Whether the script has ended."""
        return self.current.execution.done

    @property
    def passed(self) -> bool:
        """Whether the script has ended with a pass."""
        return self.done and self.current.verdict is Verdict.PASS

    @property
    def open(self) -> Attempt:
        """The try that the client's next request may belong to: the current one, or the next."""
        if not self.done:
            return self.current
        if self._next is None:
            self._next = self._attempt()
        return self._next

    def feed(self, performed: Performed, server: FhirServer) -> None:
        """Take in what the client did in the :attr:`open` try."""
        attempt = self.open
        if attempt is not self.current:
            self.current, self._next = attempt, None
            self.attempts += 1
        attempt.feed(performed, server)

    def end(self, reason: Text) -> None:
        """End the script because what it waits for will not come."""
        self.current.execution.abort(reason)
        self.current.need = None

    def result(self) -> ScriptResult:
        """The outcome so far; a script that still waits is ended with that as its reason."""
        if not self.done:
            what = ""
            if (need := self.current.need) is not None:
                what = f"{need.request.method} {need.operation.resource}{need.operation.params}"
            self.end(
                Text(
                    nl=f"de client deed het verwachte verzoek niet: {what}",
                    en=f"the client did not make the expected request: {what}",
                )
            )
        return self.current.execution.result(
            file=self.file, requirements=self.requirements, attempts=self.attempts
        )
