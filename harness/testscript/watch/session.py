"""One script that is being watched, on its own copy of the server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.core.run.exchanges import Request
from harness.core.text import Text
from harness.core.verdicts import Verdict
from harness.fhir.server.service import FhirServer
from harness.testscript.execute.execution import Execution
from harness.testscript.execute.need import Need, Performed
from harness.testscript.execute.settings import Settings
from harness.testscript.execute.steps import NOT_MADE
from harness.testscript.outcome.results import ScriptResult, script_verdict
from harness.testscript.read.model import TestScript

SAFE = frozenset(("GET", "HEAD"))


@dataclass
class Attempt:
    """One try at a script, from the beginning on a fresh copy of the server.

    :ivar need: the operation of the client that the script waits for, ``None`` when it has ended.
    :ivar had: the operations that the client did.
    """

    execution: Execution
    server: FhirServer
    need: Need | None = None
    had: list[Need] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.need = self._settle(self.execution.start())

    def answer(self, request: Request) -> tuple[Performed, FhirServer]:
        """What the server of this try answers, and the server as it would be afterwards."""
        server = self.server if request.method in SAFE else self.server.fork()
        return Performed(request, server.handle(request)), server

    def feed(self, performed: Performed, server: FhirServer) -> None:
        """Take in what the client did; the script then waits for the next operation of the client."""
        if self.need is not None:
            self.had.append(self.need)
        self.server = server
        self.need = self._settle(self.execution.feed(performed))

    def _settle(self, need: Need | None) -> Need | None:
        """Execute the operations that are the harness's own, up to the next one of the client."""
        while need is not None and need.actor != "client":
            need = self.execution.feed(Performed(need.request, self.server.handle(need.request)))
        return need

    @property
    def verdict(self) -> Verdict:
        """The verdict as far as the try has come."""
        return script_verdict(self.execution.progress.steps)


@dataclass(frozen=True)
class Place:
    """Where in a script a request may belong.

    :ivar need: what the script describes there.
    :ivar repeat: whether the script has had this already.
    :ivar attempt: the try whose asserts come next there, ``None`` when none do.
    """

    need: Need
    attempt: Attempt | None
    repeat: bool = False


@dataclass
class Session:
    """One script that is being watched.

    :ivar fresh: the loaded server, which nobody changes.
    :ivar attempts: how often the script was (re)started; one that went wrong starts again when the client
        tries again.
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
    def next(self) -> Attempt:
        """The next try, which nobody has begun."""
        if self._next is None:
            self._next = self._attempt()
        return self._next

    @property
    def wrong(self) -> bool:
        """Whether the current try cannot pass any more, so that another one may begin."""
        return not self.passed if self.done else self.current.verdict is Verdict.FAIL

    def places(self) -> Iterator[Place]:
        """Where the client's next request may belong: what the script waits for, the start of another try
        when this one went wrong, and what it has had."""
        current, again = self.current, self.wrong
        if current.need is not None:
            yield Place(current.need, current)
        if again and self.next.need is not None:
            yield Place(self.next.need, self.next)
        for number, need in enumerate(current.had):
            if number > 0 or not again:
                yield Place(need, None if number else self.next, repeat=True)

    def feed(self, attempt: Attempt, performed: Performed, server: FhirServer) -> None:
        """Take in what the client did in the current try or in the next one."""
        if attempt is not self.current:
            self.current, self._next = attempt, None
            self.attempts += 1
        attempt.feed(performed, server)

    def end(self, next_step: Text = NOT_MADE) -> None:
        """End the script when it still waits for something, which did not come."""
        if self.current.need is not None:
            self.current.execution.abort(self.current.need, next_step)
            self.current.need = None

    def result(self) -> ScriptResult:
        """The outcome so far; a script that still waits is ended with that as its reason."""
        self.end()
        return self.current.execution.result(
            file=self.file, requirements=self.requirements, attempts=self.attempts
        )
