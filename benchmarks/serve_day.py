"""What a day of ``harness serve`` costs: memory and disk per visit outside sessions, session, and idle connection.

A network is served in a process of its own. PGOs come outside sessions, in blocks; then sessions are opened,
visited and ended; then connections are opened and left alone. After each block the memory of the process and the
size of its run folder are read::

    python benchmarks/serve_day.py [--visits 144] [--sessions 20] [--idle 600]

What grows is what is kept, of which the oldest go above a bound (``docs/serving.md``). At all bounds together that
has to fit :data:`WHOLE`: exits 1 when it does not.
"""

from __future__ import annotations

import argparse
import contextlib
import socket
import ssl
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import sessions
from live_pgo.pgo import Pgo

WHOLE = 2000.0
"""Megabytes that all bounds together may give."""
GRANTS = 20_000
"""Grants of a kind that are kept: one per visit."""
EXCHANGES = 20_000
"""Exchanges of one combination outside sessions, which are judged together."""
SESSIONS = 2000
"""Sessions of one ``serve``."""
SILENCE = 15.0
"""Seconds after which what came outside sessions has been judged."""
BLOCKS = 6


def memory(process: int) -> float:
    """Megabytes that a process holds."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1000


def disk(folder: Path) -> float:
    """Megabytes of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def longest(folder: Path) -> int:
    """Lines of the longest recording of a cell."""
    cells = [path for path in (folder / "exchanges").glob("*.jsonl") if path.stem != "shared"]
    return max((len(path.read_bytes().splitlines()) for path in cells), default=1)


def idle(pgo: Pgo, served: dict[str, Any], count: int) -> list[ssl.SSLSocket]:
    """Connections over which nothing is said."""
    context = ssl.create_default_context(cafile=served["trust"]["both"])
    host = served["dvza"][0]["front"].removeprefix("https://")
    address, _, port = pgo.hosts[f"{host}:443"].rpartition(":")
    made = []
    for _ in range(count):
        plain = socket.create_connection((address, int(port)), timeout=30)
        made.append(context.wrap_socket(plain, server_hostname=host))
    return made


def growth(readings: list[float], each: int) -> float:
    """Megabytes per unit in the second half of a row of readings, ``each`` units apart."""
    half = len(readings) // 2
    return max(0.0, readings[-1] - readings[half - 1]) / (each * (len(readings) - half))


def main() -> int:
    """Run it; 1 when something grows too much."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visits", type=int, default=144)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--idle", type=int, default=600)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as temporary,
        sessions.serving(Path(temporary), sessions.network(["", ""])) as (served, process),
    ):

        def told(what: str) -> float:
            held = memory(process.pid)
            print(f"{what:36} {held:7.1f} MB {disk(Path(served['run'])):7.1f} MB on disk", flush=True)
            return held

        pgo = Pgo(served, 0, frozenset())
        provider, person = served["his"][0]["provider"], "hanna-wilgenkamp"
        visits, each = [], max(1, options.visits // BLOCKS)
        for block in range(BLOCKS):
            for _ in range(each):
                pgo.visit(provider, person)
            visits.append(told(f"{(block + 1) * each} visits outside sessions"))
        per_visit = growth(visits, each)
        time.sleep(SILENCE)
        judged = told("judged, when they fell silent") - visits[-1]
        full = max(1.0, EXCHANGES / longest(Path(served["run"])))
        ended, each = [], max(1, options.sessions // 4)
        for block in range(4):
            for _ in range(each):
                sessions.through(served, 1, "", ["ordinary"])
            ended.append(told(f"{(block + 1) * each} sessions ended"))
        per_session = growth(ended, each)
        connections = idle(pgo, served, options.idle)
        silent = max(0.0, told(f"{options.idle} connections that say nothing") - ended[-1])
        pgo.visit(provider, person)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.close()
        told("closed again, and one more visit")
    whole = visits[0] + GRANTS * per_visit + max(0.0, judged) * full + SESSIONS * per_session + silent
    print(
        f"visit {per_visit * 1000:.0f} kB, its judging {judged * full:.0f} MB at most, session {per_session * 1000:.0f} kB, {options.idle} silent connections "
        f"{silent:.0f} MB; at all bounds {whole:.0f} MB (bar {WHOLE:.0f})"
    )
    return int(whole > WHOLE)


if __name__ == "__main__":
    sys.exit(main())
