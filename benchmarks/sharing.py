"""Sharing: does a run that asks each thing where it depends on something new say the same as one that asks all?

    python benchmarks/sharing.py [--fault NAME …] [--role ROLE …] [--from N] [--count N] [--intensity smoke] [--json]

Drives the demo network with and without sharing, clean and with each fault of the kill table planted in one party.
Exit 0: no difference.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import date

from rich.console import Console

from harness.core.standards.faults import Fault, fault, faults
from harness.judge.catalogue import load_catalogue
from harness.matrix.sharing import differences, planted, run
from harness.network.file import Network, read_network

T = date(2026, 3, 1)


def standards_of(item: Fault, network: Network) -> tuple[str, ...]:
    """The standards in whose cells a fault is run: those that it kills in, else the first one of the network."""
    declared = network.of_role("his")[0].standards
    catalogue = load_catalogue()
    named = {item.standard, *(catalogue[name].standard for name in item.kills if name in catalogue)}
    return tuple(name for name in declared if name in named)[:1] or declared[:1]


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fault", action="append")
    parser.add_argument("--role", action="append", choices=("his", "dvza", "pgo", "stelselnode"))
    parser.add_argument("--from", type=int, default=0, dest="start", help="skip this many faults")
    parser.add_argument("--count", type=int, help="at most this many faults")
    parser.add_argument("--intensity", choices=("smoke", "normal", "full"), default="smoke")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    network, catalogue, console = read_network("demo"), load_catalogue(), Console(stderr=True)
    chosen = [fault(name) for name in options.fault] if options.fault else list(faults().values())
    if options.role:
        chosen = [item for item in chosen if item.role in options.role]
    end = None if options.count is None else options.start + options.count
    rows = []
    for item in [None, *chosen][options.start : end]:
        name = item.name if item is not None else "(clean)"
        made = network if item is None else planted(network, item)
        wanted = network.of_role("his")[0].standards if item is None else standards_of(item, network)
        spent = []
        said = []
        for sharing in (True, False):
            started = time.process_time()
            said.append(
                run(made, catalogue, t=T, sharing=sharing, standards=wanted, intensity=options.intensity)
            )
            spent.append(round(time.process_time() - started, 1))
        found = {"/".join(key): list(pair) for key, pair in differences(*said).items()}
        rows.append(
            {
                "fault": name,
                "differences": found,
                "exchanges": [one.exchanges for one in said],
                "cpu": spent,
            }
        )
        console.print(
            f"{'SAME' if not found else 'DIFFERS'} {name}: {said[0].exchanges} of {said[1].exchanges} exchanges, "
            f"{spent[0]} of {spent[1]} CPU-s {found or ''}",
            highlight=False,
            soft_wrap=True,
        )
    wrong = sum(bool(row["differences"]) for row in rows)
    summary = {
        "runs": len(rows),
        "differ": wrong,
        "exchanges": [sum(row["exchanges"][index] for row in rows) for index in (0, 1)],  # type: ignore[index]
        "cpu": [round(sum(row["cpu"][index] for row in rows), 1) for index in (0, 1)],  # type: ignore[index]
    }
    print(json.dumps({"summary": summary, "rows": rows} if options.json else summary, indent=1))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
