"""Sessions with PGOs of somebody else, and what is said at their end."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import sessions

from foreign_behaviour.clients import STYLES
from foreign_behaviour.rows import Row


def network(chosen: Sequence[Row]) -> dict[str, Any]:
    """One HIS and DVZA, and a PGO per row."""
    document = sessions.network([row.name for row in chosen])
    pgos = [item for item in document["participants"] if item["role"] == "pgo"]
    for item, row in zip(pgos, chosen, strict=True):
        item.update(STYLES[row.name].declares)
    return document


def through(served: dict[str, Any], number: int, row: Row) -> dict[str, str]:
    """The whole session of one PGO; gives what does not pass."""
    api = served["sessions"]["api"]
    pgo = STYLES[row.name](served, number)
    wish = {"pgo": f"pgo-{number}", "standard": "hg", "situations": list(row.situations)}
    session = sessions.call(api, "POST", "/sessions", wish)
    pgo.hosts.update(session["reach"]["hosts"])
    provider, person = session["reach"]["provider"], session["person"]
    while session["now"]:
        now = session["now"]["id"]
        sessions.play(pgo, now, provider, person)
        # Only if it is still played: on a slow machine it has made way by itself, and the next one would be skipped.
        session = sessions.call(api, "POST", f"/sessions/{session['id']}/next", {"after": now})
    return sessions.said(sessions.call(api, "POST", f"/sessions/{session['id']}/end", {}))


def all_through(chosen: Sequence[Row], workers: int) -> Iterator[tuple[Row, dict[str, str]]]:
    """The sessions of all rows, side by side at one ``harness serve``."""
    with (
        tempfile.TemporaryDirectory() as folder,
        sessions.serving(Path(folder), network(chosen)) as (served, _),
        ThreadPoolExecutor(workers) as pool,
    ):
        jobs = [(row, pool.submit(_caught, served, number, row)) for number, row in enumerate(chosen)]
        for row, job in jobs:
            yield row, job.result()


def _caught(served: dict[str, Any], number: int, row: Row) -> dict[str, str]:
    try:
        return through(served, number, row)
    except (OSError, ValueError, KeyError, SystemExit) as error:
        return {"no session": f"{type(error).__name__}: {error}"}
