"""The rows of the bench: what each stub does, and everything that is said of it besides what is said anyway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

REFERENCE = "as-ours"
"""The DVZA that has no style of its own."""
NO_RUN = "no run"
"""What is said where a requirement stands when there is nothing else to say."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One stub.

    :ivar kind: ``server``: a DVZA; ``client``: a PGO.
    :ivar sheet: which kind of behaviour it stands for.
    :ivar expect: requirement → verdict, for everything that differs from the verdicts of the reference.
    :ivar situations: what a session with a client plays.
    """

    name: str
    kind: Literal["server", "client"]
    sheet: str
    does: str
    expect: Mapping[str, str]
    reason: str
    situations: tuple[str, ...] = ("all",)


def rows() -> tuple[Row, ...]:
    """All rows, the references (without a difference) first."""
    document = yaml.safe_load((Path(__file__).parent / "rows.yaml").read_text(encoding="utf-8"))
    found = []
    for kind in ("server", "client"):
        for item in document[f"{kind}s"]:
            more = {"situations": tuple(item["situations"])} if "situations" in item else {}
            found.append(
                Row(
                    name=item["name"],
                    kind=kind,  # type: ignore[arg-type]
                    sheet=item.get("sheet", ""),
                    does=item["does"],
                    expect=item.get("expect", {}),
                    reason=item["reason"],
                    **more,
                )
            )
    return tuple(found)


def difference(expected: Mapping[str, str], said: Mapping[str, str]) -> list[str]:
    """What is said and should not be, and the other way round, one line each."""
    return [
        f"{name}: expected {expected.get(name, 'pass')}, said {said.get(name, 'pass')}"
        for name in sorted({*expected, *said})
        if expected.get(name, "pass") != said.get(name, "pass")
    ]


def beside(reference: Mapping[str, str], said: Mapping[str, str]) -> dict[str, str]:
    """What is said otherwise than of the reference."""
    if NO_RUN in said:
        return dict(said)
    return {
        name: said.get(name, "absent")
        for name in sorted({*reference, *said})
        if said.get(name) != reference.get(name)
    }
