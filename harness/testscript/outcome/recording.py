"""What a run leaves behind: a folder with results that can be resumed, events, and the recorded exchanges.

::

    DIR/
      run-start.json      what the scripts are run against, written first
      results.jsonl       one line per finished script, for ``--resume``
      events.jsonl        script-started, script-finished …
      exchanges/<script>.jsonl  bodies/     as of every run (harness.record.chain)
      manifest.json       every file of the above with its hash
      testscript.json     the ``--json`` object

Exchanges go through the recorder, which replaces secrets and the data of anyone who is not a test person of
the set before the first byte is written.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal

import msgspec

from harness import __version__
from harness.core.clock import Clock, SystemClock
from harness.core.errors import HarnessError
from harness.core.run import manifest
from harness.core.run.events import EventStream
from harness.core.run.exchanges import Request, Response
from harness.core.run.info import SCRIPTS
from harness.core.run.place import disk
from harness.core.run.place.claim import Claim, Mode, claim
from harness.core.text import Text
from harness.record import RawExchange, Recorder
from harness.record.chain.read import judged_unit
from harness.record.chain.write import settle
from harness.testscript.outcome.people import People
from harness.testscript.outcome.quoting import quotable
from harness.testscript.outcome.results import ScriptResult, Step


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One line of ``results.jsonl``."""

    fingerprint: str
    result: ScriptResult


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """``run-start.json`` of a run of TestScripts."""

    schema: Literal["testscript-1"] = SCRIPTS
    harness: str
    now: str
    target: str


@dataclass
class _Kept:
    """What is open while a run is kept in a folder."""

    claim: Claim
    recorder: Recorder
    results: IO[bytes]


class RunRecord:
    """The folder of one run, as a context manager; ``path=None`` keeps nothing.

    Left without an error, the run is finished.

    :param mode: what happens to a run in the folder that did not finish.
    :param target: what the scripts are run against.
    :param people: the test persons of the set, whose data may be written as they are.
    :raises UserError: the folder cannot be used.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        mode: Mode = "new",
        target: str = "",
        clock: Clock | None = None,
        people: People | None = None,
    ) -> None:
        self.path = path
        self._people = people or People()
        self._clock = clock or SystemClock()
        self._kept: _Kept | None = None
        self.events = EventStream(self._clock)
        if path is not None:
            self._kept = self._open(claim(path, mode), target)

    def _open(self, claimed: Claim, target: str) -> _Kept:
        path = claimed.folder.path
        self.events = EventStream(self._clock, claimed.folder.events)
        if claimed.resumed:
            for cut in settle(path):
                self.events.emit("recording-cut", message=cut.sentence().en)
        else:
            start = Start(harness=__version__, now=self._clock.now().isoformat(), target=target)
            disk.write(path / manifest.START, msgspec.json.format(msgspec.json.encode(start), indent=1))
        file = path / "results.jsonl"
        try:
            results = file.open("ab", buffering=0)
            _cut_torn(file)
        except OSError as error:
            raise disk.not_written(file, error) from None
        return _Kept(claimed, Recorder(path, None, self._people.declared()), results)

    def __enter__(self) -> RunRecord:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        kept, self._kept = self._kept, None
        if kept is None:
            return
        try:
            with contextlib.suppress(*(() if error is None else (HarnessError,))):
                kept.recorder.close("finished" if error is None else "aborted")
                kept.results.close()
                self.events.close()
                if error is None:
                    manifest.write_manifest(kept.claim.folder.path)
        finally:
            kept.claim.release()

    def told(self) -> Text | None:
        """What the user has to know of the folder."""
        return self._kept.claim.told() if self._kept is not None else None

    def earlier(self) -> dict[str, ScriptResult]:
        """Results of an earlier process in the same folder whose recordings are whole, by fingerprint."""
        found: dict[str, ScriptResult] = {}
        if self._kept is None or not self._kept.claim.resumed:
            return found
        folder = self._kept.claim.folder
        for line in (folder.path / "results.jsonl").read_bytes().splitlines():
            try:
                kept = msgspec.json.decode(line, type=Kept)
            except msgspec.MsgspecError:
                continue
            unit = judged_unit(folder.path, unit_name(kept.result, kept.fingerprint), run=folder.run)
            if unit is not None and unit.finished:
                found[kept.fingerprint] = kept.result
        return found

    def tell(self, kind: str, **facts: Any) -> None:
        """Emit an event whose facts quote what a client sent; in a folder they are redacted."""
        self.events.emit(kind, **self.said(facts))

    def said(self, facts: dict[str, Any]) -> dict[str, Any]:
        """What may be written of facts that quote exchanges; they themselves when nothing is kept."""
        return facts if self._kept is None else self._kept.recorder.said(facts) or {}

    def traffic(self, request: Request, response: Response) -> None:
        """Write one exchange of a live client at once, whether or not a script waits for it."""
        if self._kept is None:
            return
        self._kept.recorder.record(
            RawExchange(
                interface="resource",
                flow="testscript",
                operation="traffic",
                client="client-under-test",
                server="harness",
                started=self._clock.now().astimezone(UTC),
                duration=0.0,
                method=request.method,
                url=request.url,
                request_headers=request.headers,
                request_body=request.body,
                status=response.status,
                response_headers=response.headers,
                response_body=response.body,
                person=self._people.of(request),
            )
        )

    def keep(self, fingerprint: str, result: ScriptResult) -> ScriptResult:
        """Write one finished script: its result as a line, its exchanges as a recording that ends.

        :return: what was written of the result: what its findings quote is redacted as the exchanges are.
        :raises HarnessError: something cannot be written.
        """
        kept = self._kept
        if kept is None:
            return result
        unit = unit_name(result, fingerprint)
        kept.recorder.begin(unit)
        raw = raw_exchanges(result, self._people, self._clock, unit)
        pairs = [(exchange, kept.recorder.record(exchange)) for exchange in raw]
        bare = msgspec.structs.replace(quotable(result, kept.recorder, unit, pairs), steps=())
        line = msgspec.json.encode(Kept(fingerprint=fingerprint, result=bare)) + b"\n"
        try:
            kept.results.write(line)
        except OSError as error:
            raise disk.not_written(kept.claim.folder.path / "results.jsonl", error) from None
        kept.recorder.end(unit, "finished")
        return bare


def _cut_torn(path: Path) -> None:
    """Cut off half a line that a killed process left."""
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        with path.open("r+b") as file:
            file.truncate(whole)


def write_document(folder: Path, document: dict[str, object]) -> None:
    """Write ``testscript.json`` of a run."""
    disk.write(
        folder / "testscript.json", msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
    )


def unit_name(result: ScriptResult, fingerprint: str = "") -> str:
    """A short, unique name for the recording of a script.

    :param fingerprint: of the script and its circumstances; another one is another recording.
    """
    digest = hashlib.sha256(f"{result.file}{fingerprint}".encode()).hexdigest()[:8]
    return f"{Path(result.file).stem[:60]}-{digest}"


def raw_exchanges(result: ScriptResult, people: People, clock: Clock, unit: str) -> Iterator[RawExchange]:
    """The operations of a script as raw exchanges for the recorder."""
    for step in result.steps:
        if step.request is not None:
            person = people.of(step.request)
            yield _raw_exchange(result, step, step.request, person, clock.now(), unit)


def _raw_exchange(
    result: ScriptResult, step: Step, request: Request, person: str, at: datetime, unit: str
) -> RawExchange:
    response = step.response
    client_side = result.side == "client"
    return RawExchange(
        interface="resource",
        flow="testscript",
        operation=step.action,
        client="client-under-test" if client_side else "harness",
        server="harness" if client_side else "server-under-test",
        started=at.astimezone(UTC),
        duration=step.duration,
        method=request.method,
        url=request.url,
        request_headers=request.headers,
        request_body=request.body,
        status=response.status if response else 0,
        response_headers=response.headers if response else (),
        response_body=response.body if response else b"",
        error="" if response else step.finding.received if step.finding else "",
        cell=unit,
        person=person,
        notes={"script": result.file},
    )
