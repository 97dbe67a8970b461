"""One script that is being watched, on its own copy of the server."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.core.text import Text
from harness.fhir.server.service import FhirServer
from harness.testscript.execute.execution import Execution
from harness.testscript.execute.need import Need, Performed
from harness.testscript.execute.settings import Settings
from harness.testscript.outcome.results import ScriptResult
from harness.testscript.read.model import TestScript


@dataclass
class Session:
    """One script that is being watched.

    :ivar fresh: the loaded server, which nobody changes.
    :ivar server: a copy of it for this attempt, so that what a client sends for one script does not change
        another.
    :ivar need: the operation of the client that the script waits for.
    :ivar attempts: how often the script was (re)started; a failed one starts again when the client tries
        again.
    :ivar touched: whether the client has begun with it.
    """

    script: TestScript
    settings: Settings
    fresh: FhirServer
    file: str = ""
    requirements: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    server: FhirServer = field(init=False)
    execution: Execution = field(init=False)
    need: Need | None = field(init=False)
    attempts: int = field(init=False, default=1)
    touched: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._begin()

    def restart(self) -> None:
        """Start the script from the beginning on a fresh copy of the server."""
        self.attempts += 1
        self._begin()

    def _begin(self) -> None:
        self.server = self.fresh.fork()
        self.execution = Execution(self.script, self.settings, notes=self.notes)
        self.need = self._settle(self.execution.start())
        self.touched = False

    def feed(self, performed: Performed) -> None:
        """Give what the client did to the script; it then waits for the next operation of the client."""
        self.touched = True
        self.need = self._settle(self.execution.feed(performed))

    def _settle(self, need: Need | None) -> Need | None:
        """Execute the operations that are the harness's own, up to the next one of the client."""
        while need is not None and need.actor != "client":
            need = self.execution.feed(Performed(need.request, self.server.handle(need.request)))
        return need

    def result(self) -> ScriptResult:
        """The outcome so far; a script that still waits is ended with that as its reason."""
        if not self.execution.done:
            what = ""
            if self.need is not None:
                operation = self.need.operation
                what = f"{self.need.request.method} {operation.resource}{operation.params}"
            self.execution.abort(
                Text(
                    nl=f"de client deed het verwachte verzoek niet: {what}",
                    en=f"the client did not make the expected request: {what}",
                )
            )
            self.need = None
        return self.execution.result(file=self.file, requirements=self.requirements, attempts=self.attempts)
