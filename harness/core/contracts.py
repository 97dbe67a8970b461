"""The public data contracts as JSON Schema; the shipped files are generated from the types here.

``python -m harness.core.contracts`` rewrites them; a test fails when they are out of date.
"""

from __future__ import annotations

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
