"""The run folder: everything that is needed to judge and report again, on any machine, any day.

::

    reports/<run>/
      run-start.json            what was going to be tested, written before the first exchange
      run.json                  the same, with what is known at the end
      cleaned.json              what became of what was written, of a run that was stopped
      events.jsonl              what happened
      exchanges/  bodies/       recordings (harness.record.chain)
      records/<person>.json     what answers are compared with
      findings/<cell>.json      written when a cell ends
      findings.json             their join in the order of the plan
      shares/<party>.json       what of it is about one party, written when the run has ended
      manifest.json  seal.json  every file with its hash; signatures
      junit.xml  allure-results/  report/  handout/     generated

A run is *finished* when its manifest stands there. A cell is finished when its recording says so and its
findings stand there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

import msgspec

from harness.core.errors import InputError
from harness.core.ids import safe_name
from harness.core.run import info as descriptions
from harness.core.run import results
from harness.core.run.findings import Cell, Finding
from harness.core.run.info import FORMAT, SCRIPTS, Cleaned, RunInfo, Trouble
from harness.core.run.manifest import NAME as MANIFEST
from harness.core.run.manifest import START, run_digest
from harness.core.run.place import disk
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.run.results import CellResult
from harness.core.text import Text

END: Final = "run.json"
CLEANED: Final = "cleaned.json"
MAX_DOCUMENT: Final = 1024 * 1024 * 1024
_T = TypeVar("_T")


_SCRIPTS: Final = Text(
    nl="is een run van TestScripts; die wordt niet opnieuw beoordeeld",
    en="is a run of TestScripts, which is not judged again",
)

_UNKNOWN: Final = Text(
    nl="heeft een indeling die deze versie niet kent", en="has a format that this version does not know"
)
_OLDER: Final = Text(
    nl="heeft de indeling van een oudere versie van de harness",
    en="has the format of an older version of the harness",
)


class RunFolder:
    """Paths and documents of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """An existing run folder of the format that this version writes.

        :raises EvidenceError: it is none; the kind of the problem is *format*.
        """
        check_format(path, FORMAT)
        return cls(path)

    @property
    def events(self) -> Path:
        """The event file."""
        return self.path / "events.jsonl"

    @property
    def report(self) -> Path:
        """Folder of the HTML pages."""
        return self.path / "report"

    @property
    def started(self) -> bool:
        """Whether a run began to record here."""
        return (self.path / START).is_file()

    @property
    def finished(self) -> bool:
        """Whether the run ended and its files are fixed."""
        return (self.path / MANIFEST).is_file()

    @cached_property
    def run(self) -> str:
        """What recordings and manifest are bound to: SHA-256 of ``run-start.json``.

        :raises EvidenceError: it cannot be read.
        """
        return run_digest(self.path)

    def findings_path(self, cell: Cell) -> Path:
        """``findings/<cell>.json``."""
        return self.path / "findings" / f"{safe_name(cell.key)}.json"

    def write_record(self, person: str, data: bytes) -> None:
        """Write what the answers about a person are compared with, before ``run-start.json`` names its hash.

        :raises HarnessError: it cannot be written.
        """
        disk.write(self._record_path(person), data)

    def read_record(self, person: str, sha256: str) -> bytes:
        """What the answers about a person were compared with.

        :param sha256: what ``run-start.json`` says of it.
        :raises EvidenceError: it is not there, or another.
        """
        name = f"records/{self._record_path(person).name}"
        try:
            data = disk.read(self._record_path(person), MAX_DOCUMENT)
        except InputError as error:
            raise EvidenceError(ProblemKind.DESCRIPTION, error.message, where=name) from None
        seen = hashlib.sha256(data).hexdigest()
        if seen != sha256:
            raise EvidenceError(
                ProblemKind.DESCRIPTION,
                Text(nl="is niet het dossier van het begin", en="is not the record of the start"),
                where=name,
                expected=f"sha256 {short(sha256)}",
                received=f"sha256 {seen}",
            )
        return data

    def _record_path(self, person: str) -> Path:
        return self.path / "records" / f"{safe_name(person)}.json"

    def write_start(self, info: RunInfo) -> None:
        """Write ``run-start.json``, once, before the first exchange.

        :raises HarnessError: it cannot be written.
        """
        disk.write(self.path / START, descriptions.encode(info))

    def write_end(self, info: RunInfo) -> None:
        """Write ``run.json``.

        :raises HarnessError: it cannot be written.
        """
        disk.write(self.path / END, descriptions.encode(info))

    def write_cleaned(self, cleaned: Sequence[Cleaned]) -> None:
        """Write what became of what a run wrote, that is left to be gone on with.

        :raises HarnessError: it cannot be written.
        """
        disk.write(self.path / CLEANED, msgspec.json.format(msgspec.json.encode(cleaned), indent=1) + b"\n")

    def start(self) -> RunInfo:
        """Read ``run-start.json``.

        :raises EvidenceError: it cannot be understood.
        """
        return self._read(START, RunInfo, ProblemKind.DESCRIPTION)

    def info(self) -> RunInfo:
        """What is known of the run: ``run.json``, or while it has not ended what the folder tells.

        :raises EvidenceError: it cannot be understood.
        """
        if (self.path / END).is_file():
            return self._read(END, RunInfo, ProblemKind.DESCRIPTION)
        start = self.start()
        cleaned: tuple[Cleaned, ...] = ()
        if (self.path / CLEANED).is_file():
            cleaned = self._read(CLEANED, tuple[Cleaned, ...], ProblemKind.DESCRIPTION)
        asked, shared = dict(start.settings.requirements), dict(start.settings.shared)
        troubles: list[Trouble] = []
        unjudged: list[str] = []
        for cell in start.plan:
            result = self.cell(cell)
            if result is not None:
                asked[cell.key], shared[cell.key] = result.requirements, result.shared
                troubles += result.troubles
            elif start.asked(cell) and start.settings.mode == "drive":
                unjudged.append(cell.key)
        return msgspec.structs.replace(
            start,
            settings=msgspec.structs.replace(start.settings, requirements=asked, shared=shared),
            troubles=tuple(troubles),
            cleaned=cleaned,
            unjudged=tuple(unjudged),
        )

    def write_cell(self, result: CellResult) -> None:
        """Write the findings of a cell.

        :raises HarnessError: they cannot be written.
        """
        disk.write(self.findings_path(result.cell), results.encode(result))

    def cell(self, cell: Cell) -> CellResult | None:
        """Read the findings of a cell; ``None`` when there are none.

        :raises EvidenceError: they cannot be understood, or are those of another cell.
        """
        path = self.findings_path(cell)
        if not path.is_file():
            return None
        name = f"findings/{path.name}"
        found = self._read(name, CellResult, ProblemKind.RESULT)
        if found.cell != cell:
            raise EvidenceError(
                ProblemKind.RESULT,
                Text(nl="is van een andere cel", en="is of another cell"),
                where=name,
                expected=cell.key,
                received=short(found.cell.key),
            )
        return found

    def results(self) -> list[CellResult]:
        """What came of every cell, by the name of its file.

        :raises EvidenceError: a file cannot be understood.
        """
        names = sorted(path.name for path in (self.path / "findings").glob("*.json"))
        return [self._read(f"findings/{name}", CellResult, ProblemKind.RESULT) for name in names]

    def join(self, cells: Iterable[Cell]) -> None:
        """Write ``findings.json`` from the findings of the cells, in this order.

        :raises EvidenceError: those of a cell cannot be understood.
        :raises HarnessError: it cannot be written.
        """
        parts = (found.findings for cell in cells if (found := self.cell(cell)))

        def content(file: BinaryIO) -> None:
            for piece in results.join(parts):
                file.write(piece)

        disk.replace(self.path / "findings.json", content)

    def findings(self) -> tuple[Finding, ...]:
        """Read ``findings.json``.

        :raises EvidenceError: it cannot be understood.
        """
        return self._decoded("findings.json", results.read_findings, ProblemKind.RESULT)

    def judged(self) -> tuple[Finding, ...]:
        """All findings that stand here, also when there was no room to join them.

        :raises EvidenceError: they cannot be understood.
        """
        if (self.path / "findings.json").is_file():
            return self.findings()
        return tuple(item for result in self.results() for item in result.findings)

    def _read(self, name: str, kind: type[_T], problem: ProblemKind) -> _T:
        return self._decoded(name, msgspec.json.Decoder(kind).decode, problem)

    def _decoded(self, name: str, decode: Callable[[bytes], _T], problem: ProblemKind) -> _T:
        try:
            return decode(_bytes(self.path, name))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise EvidenceError(
                problem,
                Text(nl="kan niet worden begrepen", en="cannot be understood"),
                where=name,
                received=short(error),
            ) from None


class _Version(msgspec.Struct):
    schema: str = ""


def check_format(path: Path, *formats: str) -> None:
    """Whether a folder holds a run of a format that this version writes, finished or not.

    :param formats: the formats that will do; default all of them.
    :raises EvidenceError: of kind *format*: no run, or one of an older or a newer version.
    """
    if (path / START).is_file():
        received = _schema(path, START)
        if received is None or received in (formats or (FORMAT, SCRIPTS)):
            return  # a damaged one is another problem
        message = _SCRIPTS if received == SCRIPTS else _UNKNOWN
    elif (path / MANIFEST).is_file():
        return  # incomplete, which is another problem
    elif (path / END).is_file():
        received, message = _schema(path, END), _OLDER
    else:
        received, message = "", Text(nl="is geen run-map", en="is not a run folder")
    raise EvidenceError(
        ProblemKind.FORMAT, message, where=str(path), expected=FORMAT, received=short(received or "")
    )


def _schema(folder: Path, name: str) -> str | None:
    """The format that a document names; ``None``: it is damaged."""
    try:
        return msgspec.json.decode(_bytes(folder, name), type=_Version).schema
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _bytes(folder: Path, name: str) -> bytes:
    try:
        return disk.read(folder / name, MAX_DOCUMENT)
    except InputError as error:
        raise EvidenceError(
            ProblemKind.MISSING, error.message, where=name, expected=error.expected, received=error.received
        ) from None
