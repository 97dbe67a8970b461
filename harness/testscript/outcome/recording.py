"""What a run leaves behind: a folder with results that can be resumed, events, and the exchanges as HAR.

::

    DIR/
      testscript.json     the ``--json`` object
      results.jsonl       one line per finished script, for ``--resume``
      events.jsonl        script-started, script-finished …
      exchanges/<script>.har

Exchanges go through the recorder, which replaces secrets and the data of anyone who is not a test person of
the set before the first byte is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from harness.core.clock import Clock, SystemClock
from harness.core.run.events import EventStream
from harness.core.run.exchanges import Request, Response
from harness.core.run.folder import RunFolder, write_atomic
from harness.record import DeclaredPerson, Persons, RawExchange, Recorder
from harness.testscript.outcome.results import ScriptResult, Step


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One line of ``results.jsonl``."""

    fingerprint: str
    result: ScriptResult


class RunRecord:
    """The folder of one run; ``path=None`` keeps nothing.

    :param persons: resources of the set's test persons (Patients), which may be written as they are.
    """

    def __init__(
        self, path: Path | None, *, clock: Clock | None = None, persons: Iterable[dict[str, Any]] = ()
    ) -> None:
        self.path = path
        self._clock = clock or SystemClock()
        self._folder: RunFolder | None = None
        self._recorder: Recorder | None = None
        self.events = EventStream(self._clock)
        if path is not None:
            path.mkdir(parents=True, exist_ok=True)
            self._folder = RunFolder(path)
            self._folder.exchanges.mkdir(exist_ok=True)
            self.events = EventStream(self._clock, self._folder.events)
            self._recorder = Recorder(self._folder, None, Persons(declared(persons)))

    def earlier(self) -> dict[str, ScriptResult]:
        """Results of an earlier run in the same folder, by fingerprint."""
        found: dict[str, ScriptResult] = {}
        file = self.path / "results.jsonl" if self.path else None
        if file is None or not file.is_file():
            return found
        for line in file.read_bytes().splitlines():
            try:
                kept = msgspec.json.decode(line, type=Kept)
            except msgspec.MsgspecError:
                continue  # the torn last line of a killed run
            found[kept.fingerprint] = kept.result
        return found

    def traffic(self, request: Request, response: Response) -> None:
        """Write one exchange of a live client at once, whether or not a script waits for it."""
        if self._recorder is None:
            return
        self._recorder.record(
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
                cell="traffic",
                person="",
            )
        )

    def keep(self, fingerprint: str, result: ScriptResult) -> None:
        """Write one finished script: its exchanges as HAR, its result as a line."""
        if self.path is None:
            return
        if self._recorder is not None:
            for exchange in raw_exchanges(result, self._clock):
                self._recorder.record(exchange)
        bare = msgspec.structs.replace(result, steps=())
        with (self.path / "results.jsonl").open("a+b") as file:
            line = msgspec.json.encode(Kept(fingerprint=fingerprint, result=bare)) + b"\n"
            if file.tell():
                file.seek(-1, 2)
                line = line if file.read(1) == b"\n" else b"\n" + line  # a killed run tore its last line
            file.write(line)

    def close(self) -> None:
        """Close the files."""
        if self._recorder is not None:
            self._recorder.close()
        self.events.close()


def write_document(folder: Path, document: dict[str, object]) -> None:
    """Write ``testscript.json`` of a run."""
    write_atomic(
        folder / "testscript.json", msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
    )


def cell_name(result: ScriptResult) -> str:
    """A short, unique name for the HAR file of a script."""
    digest = hashlib.sha256(result.file.encode()).hexdigest()[:8]
    return f"{Path(result.file).stem[:60]}-{digest}"


def raw_exchanges(result: ScriptResult, clock: Clock) -> Iterator[RawExchange]:
    """The operations of a script as raw exchanges for the recorder."""
    for step in result.steps:
        if step.request is not None:
            yield _raw_exchange(result, step, step.request, clock.now())


def _raw_exchange(result: ScriptResult, step: Step, request: Request, at: datetime) -> RawExchange:
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
        cell=cell_name(result),
        person="",
        notes={"script": result.file},
    )


def declared(patients: Iterable[dict[str, Any]]) -> list[DeclaredPerson]:
    """The Patients of a set as declared test persons."""
    found = []
    for patient in patients:
        names = [name for name in patient.get("name", []) if isinstance(name, dict)]
        numbers = [
            str(item["value"])
            for item in patient.get("identifier", [])
            if isinstance(item, dict) and "value" in item and str(item.get("system", "")).endswith("/bsn")
        ]
        found.append(
            DeclaredPerson(
                id=str(patient.get("id", "")),
                bsn=numbers[0] if numbers else "",
                birth_date=str(patient.get("birthDate", "")),
                family=tuple(str(name["family"]).lower() for name in names if "family" in name),
                patients=(str(patient.get("id", "")),),
            )
        )
    return found
