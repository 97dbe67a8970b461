"""Shapes of data: the public contracts as JSON Schema, and all of them made ready for threads.

The shipped schemas are generated from the types here:

``python -m harness.core.contracts`` rewrites them; a test fails when they are out of date.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from harness.core.issues import Issue
from harness.core.run.events import Event
from harness.core.run.info import RunInfo
from harness.core.run.results import CellResult, Findings

FOLDER = Path(__file__).parent / "schemas"


CONTRACTS: dict[str, Any] = {
    "findings": Findings,
    "cell": CellResult,
    "run": RunInfo,
    "event": Event,
    "issue": Issue,
}


def prepare_structs() -> int:
    """Make every Struct class that is loaded ready for reading; call it before a thread starts.

    msgspec works out what a class looks like when it first reads one, and without a lock: two threads that
    read the same class for the first time at the same moment end the process (seen in 0.22).

    :return: how many classes are ready; one whose annotations cannot be read is left out.
    """
    ready = 0
    for kind in _below(msgspec.Struct):
        try:
            msgspec.json.Decoder(kind)
        except (NameError, TypeError):
            continue
        ready += 1
    return ready


def _below(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def schemas() -> dict[str, bytes]:
    """File name → JSON Schema document of every generated contract."""
    result = {}
    for name, kind in CONTRACTS.items():
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(kind)}
        text = msgspec.json.format(msgspec.json.encode(schema, order="deterministic"), indent=2) + b"\n"
        result[f"{name}.schema.json"] = text
    return result


def main() -> None:
    """Write the schema files."""
    for name, text in schemas().items():
        (FOLDER / name).write_bytes(text)


if __name__ == "__main__":
    main()
