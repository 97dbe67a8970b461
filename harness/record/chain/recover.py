"""What is done with a recording of a killed process: cut back to its last good line, and told."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from harness.core.run.place import disk
from harness.core.run.problems import EvidenceError, Problem
from harness.core.text import Text
from harness.record.chain.bodies import BodyStore
from harness.record.chain.read import ChainReader
from harness.record.chain.units import FOLDER


@dataclass(frozen=True)
class Cut:
    """What was cut off a recording.

    :ivar place: the file, relative to the run folder.
    :ivar size: bytes that were cut off.
    :ivar problem: why, when it was more than a torn last line.
    """

    place: str
    size: int
    problem: Problem | None = None

    def sentence(self) -> Text:
        """What happened, for the events and the console."""
        if self.problem is None:
            return Text(
                nl=f"{self.place}: {self.size} bytes van een afgebroken laatste regel zijn weggehaald",
                en=f"{self.place}: {self.size} bytes of a torn last line were cut off",
            )
        return Text(
            nl=f"{self.place}: {self.size} bytes zijn weggehaald, want {self.problem.sentence('nl')}",
            en=f"{self.place}: {self.size} bytes were cut off, for {self.problem.sentence('en')}",
        )


def recover(path: Path, bodies: BodyStore) -> tuple[ChainReader, Cut | None]:
    """Read a recording up to its last good line and cut off what follows.

    A power cut can also damage complete lines, or bodies that lines refer to: those are cut off too.

    :returns: the reader, with how far it came (``head`` is ``None``: there is no complete line), and the cut.
    :raises EvidenceError: the first line is complete but not the head of this recording: nothing is cut.
    :raises HarnessError: the file cannot be written.
    """
    reader, problem = ChainReader(path, bodies), None
    try:
        for _ in reader:
            pass
    except EvidenceError as error:
        if reader.head is None:
            raise
        problem = error.problem
    try:
        size = path.stat().st_size - reader.offset
        if size:
            with path.open("r+b") as file:
                file.truncate(reader.offset)
                os.fsync(file.fileno())
    except OSError as error:
        raise disk.not_written(path, error) from None
    return reader, Cut(f"{FOLDER}/{path.name}", size, problem) if size else None
