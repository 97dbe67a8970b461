"""The same mutations and rewrites on the wire: through the recorder, its masks, and all judges of the HIS.

``python benchmarks/truth/truth_wire.py [--mutations 300] [--rewrites 300] [--seed 1]``. *Noticed*: a requirement that
passes on the clean answers is failed or undecided. *By topic*: a failed one is of the topic that the operator is about.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

from truth_cells import BASE, MODEL, Cell, cells, known_records
from truth_equivalent import REWRITES
from truth_mutations import OPERATORS

from harness.core.run.findings import Cell as RunCell
from harness.core.run.info import Settings
from harness.core.standards.queries import load_queries
from harness.core.standards.table import standards
from harness.core.tdates import TDates
from harness.core.verdicts import Verdict, worst
from harness.fhir.codec.documents import to_json, to_xml
from harness.judge.catalogue import load_catalogue
from harness.judge.judging import judge_requirements
from harness.judge.view import CellView
from harness.network.file import Network
from harness.network.person.declared import declared_persons
from harness.record import RawExchange, Recorder
from harness.reference.record.load import own_records
from harness.reference.records import Records

DAY = date(2026, 11, 27)
NOW = datetime(2026, 11, 27, 11, 0, tzinfo=UTC)
NOT_GREEN = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.NOT_TESTED, Verdict.ERROR)
TOPICS = {
    "foreign": {"identity"},
    "not-allowed": {"leak", "selection"},
    "not-asked": {"leak", "selection"},
    "missing": {"selection"},
    "duplicated": {"selection"},
    "unknown": {"selection"},
    "altered": {"value", "status", "document"},
    "absent": {"value", "status", "document"},
}
"""Topics of the requirements that name a kind of difference rightly."""


@cache
def records() -> Records:
    """The records of our own persons."""
    return Records(own_records(DAY))


def judged(cell: Cell, kind: str) -> dict[str, Verdict]:
    """What the judges of the HIS say of the answers of a cell, recorded in a format."""
    where = RunCell(his="his", dvza="dvza", pgo="pgo", standard=cell.standard, release="mm-2.2")
    recorder = Recorder(persons=declared_persons(Network(participants=()), DAY), cells=[where.key])
    media = f"application/fhir+{kind}"
    for query in load_queries(cell.standard):
        body = cell.bundles.get(query.operation)
        if body is None:
            continue
        body = {key: value for key, value in body.items() if value != []}  # FHIR has no empty lists
        recorder.record(
            RawExchange(
                interface="resource",
                flow="collect",
                operation=f"{query.operation}-{kind}",
                client="pgo",
                server="dvza",
                started=NOW,
                duration=0.01,
                method="GET",
                url=f"{BASE}{query.path}?{urlencode(query.resolved(TDates(DAY)))}".rstrip("?"),
                request_headers=(("Accept", media), ("Authorization", "Bearer 3f9a-benchmark-token-77aa")),
                status=200,
                response_headers=(("Content-Type", f"{media}; charset=utf-8"),),
                response_body=to_xml(body, MODEL) if kind == "xml" else to_json(body),
                cell=where.key,
                person=cell.record.person,
            )
        )
    catalogue = load_catalogue()
    view = CellView(
        where,
        recorder.exchanges(where.key),
        catalogue,
        t=DAY,
        now=NOW,
        records=records(),
        settings=Settings(persons={where.key: cell.record.person}),
    )
    ids = [item.id for item in catalogue.of_cell(where.standard, where.release)
           if item.standard and item.role == "his" and item.decidable]  # fmt: skip
    said: dict[str, list[Verdict]] = defaultdict(list)
    for found in judge_requirements(view, ids):
        said[found.requirement].append(found.verdict)
    return {name: worst(verdicts) for name, verdicts in said.items()}


def spoilt(clean: dict[str, Verdict], after: dict[str, Verdict]) -> dict[str, Verdict]:
    """Requirements that passed and are no longer green."""
    return {
        name: verdict for name, verdict in after.items()
        if verdict in NOT_GREEN and clean.get(name) in (Verdict.PASS, Verdict.WARNING)
    }  # fmt: skip


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mutations", type=int, default=300)
    parser.add_argument("--rewrites", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start = time.process_time()
    known, rng, topics = known_records(DAY), random.Random(options.seed), load_catalogue()
    clean = cells(known, list(standards()), DAY)
    before: dict[tuple[int, str], dict[str, Verdict]] = {}

    def draw() -> tuple[Cell, str, Any]:
        number, kind = rng.randrange(len(clean)), rng.choice(("json", "xml"))
        if (number, kind) not in before:
            before[number, kind] = judged(clean[number], kind)
        return clean[number].copied(), kind, before[number, kind]

    counts: dict[str, Counter[str]] = defaultdict(Counter)
    lines: list[str] = []
    while sum(item["must"] for item in counts.values()) < options.mutations:
        cell, kind, green = draw()
        name = rng.choice(list(OPERATORS))
        done = OPERATORS[name](cell, known, rng)
        if done is None or done.what != "must":
            continue
        found = spoilt(green, judged(cell, kind))
        wanted = set().union(*(TOPICS.get(item, set()) for item in done.topics))
        counts[name]["must"] += 1
        counts[name]["noticed"] += bool(found)
        counts[name]["topic"] += any(
            verdict is Verdict.FAIL and topics[item].topic in wanted for item, verdict in found.items()
        )
        if not found:
            lines.append(f"missed: {cell.record.person} {name} {done.where}")
    red: Counter[str] = Counter()
    wrong = 0
    for _ in range(options.rewrites):
        cell, kind, green = draw()
        chosen = [name for name in REWRITES if rng.random() < 0.4]
        for name in chosen:
            REWRITES[name](cell, rng)
        found = spoilt(green, judged(cell, kind))
        wrong += bool(found)
        red.update(f"{item} {verdict.value}" for item, verdict in found.items())
    total: Counter[str] = sum(counts.values(), Counter())
    print(f"{'operator':12} {'must':>6} {'noticed':>9} {'topic':>9}")
    for name, item in [*sorted(counts.items()), ("total", total)]:
        share = [f"{100 * item[key] / max(1, item['must']):7.1f} %" for key in ("noticed", "topic")]
        print(f"{name:12} {item['must']:6} {share[0]} {share[1]}")
    print(f"equivalent rewrites: {options.rewrites}, with a red or undecided requirement: {wrong}", dict(red))
    print(f"CPU {time.process_time() - start:.0f} s")
    print(*lines[:40], sep="\n")
    return int(total["noticed"] < 0.97 * total["must"] or wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
