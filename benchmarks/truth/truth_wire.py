"""The same mutations and rewrites on the wire: through the recorder, its masks, and all judges of the HIS.

``python benchmarks/truth/truth_wire.py [--mutations 300] [--rewrites 300] [--seed 1] [--no-record] [--consistent] [--official MATERIAL]
[--standards ID…]``. A cell has every search in JSON and in XML, as our PGO asks them, built without a server and recorded by
the real recorder. A mutation spoils one answer, or, with ``--consistent``, both formats of it, as a server would that has it
wrong inside. Only what was changed is recorded anew; the other exchanges are those of the clean cell.

*Noticed*: a requirement that passes on the clean answers is failed or undecided; *remarked*: or a warning is new.
*By topic*: a failed one is of the topic that the operator is about. Without a record nothing can be green as a whole;
``judged`` is asked whether the requirements that need one say so.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
from truth import OFFICIAL
from truth_cells import BASE, MODEL, Cell, cells, known_records
from truth_equivalent import BREAK_A_MUST, REWRITES
from truth_messages import MESSAGES, Message
from truth_mutations import OPERATORS

from harness.core.algebra import Claim, Outcome, standing
from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Cell as RunCell
from harness.core.run.findings import Finding
from harness.core.run.info import Settings
from harness.core.standards.queries import load_queries
from harness.core.standards.table import standards
from harness.core.tdates import TDates
from harness.core.verdicts import Strength, Verdict, worst
from harness.fhir.codec.documents import Document, to_json, to_xml
from harness.judge.catalogue import load_catalogue
from harness.judge.judging import judge_requirements
from harness.judge.outcome.tally import key_of, tally
from harness.judge.view import CellView
from harness.network.file import Network, Participant
from harness.network.person.declared import declared_persons
from harness.network.person.looking import looking
from harness.record import DeclaredPerson, Looking, Persons, RawExchange, Recorder
from harness.reference.reconcile.known import Known
from harness.reference.record.load import load_records, own_records
from harness.reference.records import Records
from harness.testscript.own.records import import_set

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


FORMATS = ("json", "xml")
PARTIES = Network(
    participants=(
        Participant(id="his", role="his", kind="live", dvza="dvza"),
        Participant(id="dvza", role="dvza", kind="live", resource={"gegevens": BASE}),
        Participant(id="pgo", role="pgo", kind="twin"),
    )
)
"""Answers are those of a live party."""


@dataclass(frozen=True)
class World:
    """Who is known.

    :ivar records: what answers are compared with; none of anybody without a record.
    :ivar looking: what the recorder looks with.
    """

    records: Records
    persons: Persons
    looking: Looking


@cache
def own_world(known: bool) -> World:
    """Our own persons, with their records or without any."""
    loaded = own_records(DAY) if known else ()
    persons = declared_persons(Network(participants=()), DAY)
    return World(Records(loaded), persons, looking(loaded, PARTIES))


def official_world(material: Path, name: str) -> tuple[World, Known]:
    """The persons of an official set, imported as a vendor does who loads it."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "set"
        import_set(material / "nictiz-testscripts" / "STU3" / name, out, DAY)
        loaded = load_records(sorted(path.parent for path in out.glob("*/record.yaml")), t=DAY)
    records = Records(loaded)
    people = []
    for record in loaded:
        patient = record.resource(record.key) or {}
        people.append(
            DeclaredPerson(
                id=record.person,
                birth_date=str(patient.get("birthDate", "")),
                patients=(record.key.partition("/")[2],),
            )
        )
    return World(records, Persons(people), looking(loaded, PARTIES)), records.known


def run_cell(cell: Cell) -> RunCell:
    """The cell of a run that a person and a standard make."""
    return RunCell(his="his", dvza="dvza", pgo="pgo", standard=cell.standard, release="mm-2.2")


def raw(
    cell: Cell, operation: str, kind: str, change: Callable[[Message], None] | None = None
) -> RawExchange:
    """One answer as it goes over the wire.

    :param change: what another server would write differently.
    """
    query = load_queries(cell.standard)[operation]
    body = {
        key: value for key, value in cell.bundles[operation].items() if value != []
    }  # no empty lists in FHIR
    media = f"application/fhir+{kind}"
    url = f"{BASE}{query.path}?{urlencode(query.resolved(TDates(DAY)))}".rstrip("?")
    message = Message(kind, body, {"Content-Type": f"{media}; charset=utf-8"})
    if change is not None:
        change(message)
    data = message.data or (to_xml(message.body, MODEL) if kind == "xml" else to_json(message.body))
    return RawExchange(
        interface="resource",
        flow="collect",
        operation=f"{operation}-{kind}",
        client="pgo",
        server="dvza",
        started=NOW,
        duration=0.01,
        method="GET",
        url=url,
        request_headers=(("Accept", media), ("Authorization", "Bearer 3f9a-benchmark-token-77aa")),
        status=200,
        response_headers=tuple(message.headers.items()),
        response_body=data,
        cell=run_cell(cell).key,
        person=cell.record.person,
    )


def recorded(
    world: World, cell: Cell, asked: list[tuple[str, str]], change: Any = None
) -> dict[tuple[str, str], Exchange]:
    """These answers as the recorder writes them, in one unit."""
    recorder = Recorder(persons=world.persons, cells=[run_cell(cell).key], looking=world.looking)
    return {(name, kind): recorder.record(raw(cell, name, kind, change)) for name, kind in asked}


@dataclass
class Clean:
    """A clean cell: its exchanges, what they say parsed, and what the judges say of them."""

    cell: Cell
    exchanges: dict[tuple[str, str], Exchange]
    parsed: dict[int, Document | None]
    said: dict[str, Verdict]
    findings: list[Finding]

    @property
    def asked(self) -> list[tuple[str, str]]:
        """Its questions in the order of the driver."""
        return list(self.exchanges)


class View(CellView):
    """A view that remembers how clean answers read."""

    parsed: dict[int, Document | None]

    def document(self, exchange: Exchange) -> Document | None:
        """As of the view; each clean exchange once."""
        if id(exchange) not in self.parsed:
            return super().document(exchange)
        if self.parsed[id(exchange)] is None:
            self.parsed[id(exchange)] = super().document(exchange)
        return self.parsed[id(exchange)]


def findings(
    world: World, cell: Cell, exchanges: list[Exchange], parsed: dict[int, Document | None]
) -> list[Finding]:
    """What the judges of the HIS say of a cell."""
    where, catalogue = run_cell(cell), load_catalogue()
    view = View(
        where,
        exchanges,
        catalogue,
        t=DAY,
        now=NOW,
        records=world.records,
        settings=Settings(persons={where.key: cell.record.person}),
    )
    view.parsed = parsed
    ids = [item.id for item in catalogue.of_cell(where.standard, where.release)
           if item.standard and item.role == "his" and item.decidable]  # fmt: skip
    return list(judge_requirements(view, ids))


def verdicts(found: list[Finding]) -> dict[str, Verdict]:
    """The worst verdict of each requirement."""
    said: dict[str, list[Verdict]] = defaultdict(list)
    for one in found:
        said[one.requirement].append(one.verdict)
    return {name: worst(all_) for name, all_ in said.items()}


def clean_cell(world: World, cell: Cell) -> Clean:
    """A cell as an ideal server answers it."""
    asked = [(query.operation, kind) for query in load_queries(cell.standard) if query.operation in cell.bundles
             for kind in FORMATS]  # fmt: skip
    exchanges = recorded(world, cell, asked)
    parsed: dict[int, Document | None] = dict.fromkeys(map(id, exchanges.values()))
    found = findings(world, cell, list(exchanges.values()), parsed)
    return Clean(cell, exchanges, parsed, verdicts(found), found)


def judged(
    world: World, clean: Clean, cell: Cell, where: list[tuple[str, str]], change: Any = None
) -> list[Finding]:
    """What the judges say when these answers of a cell are others."""
    fresh = recorded(world, cell, where, change)
    exchanges = [
        msgspec.structs.replace(fresh[key], id=old.id) if key in fresh else old
        for key, old in clean.exchanges.items()
    ]
    return findings(world, cell, exchanges, clean.parsed)


def spoilt(clean: dict[str, Verdict], after: dict[str, Verdict]) -> dict[str, Verdict]:
    """Requirements that passed and are no longer green."""
    return {
        name: verdict for name, verdict in after.items()
        if verdict in NOT_GREEN and clean.get(name) in (Verdict.PASS, Verdict.WARNING)
    }  # fmt: skip


def remarked(clean: dict[str, Verdict], after: dict[str, Verdict]) -> bool:
    """Whether a requirement that passed is no longer a plain pass."""
    return any(verdict is not clean[name] and clean.get(name) is Verdict.PASS for name, verdict in after.items()
               if name in clean)  # fmt: skip


def headline(cell: Cell, found: list[Finding]) -> Outcome:
    """What a report would say of the HIS on its first line, if everything else of it were good."""
    catalogue, where = load_catalogue(), run_cell(cell)
    tallies = tally(found, catalogue)
    demanded = frozenset(
        key_of(item, where)
        for item in (catalogue[one.requirement] for one in found)
        if item.strength is Strength.MUST and item.group != "searching"
    )
    claim = Claim(
        standards=frozenset({where.standard}), demanded=demanded, whole=True, record=True, live=True
    )
    return standing(tallies, claim).outcome


@dataclass
class Bench:
    """What is counted, and over what.

    :ivar known: what operators take from others.
    :ivar compared: whether the judges have records.
    """

    world: World
    known: Known
    clean: list[Clean]
    compared: bool
    consistent: bool
    rng: random.Random

    def mutations(self, amount: int, names: Sequence[str]) -> tuple[dict[str, Counter[str]], list[str]]:
        """Counts by operator of so many mutations that must be noticed, and which were not."""
        topics = load_catalogue()
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        missed: list[str] = []
        while sum(item["must"] for item in counts.values()) < amount:
            one = self.rng.choice(self.clean)
            cell, name = one.cell.copied(), self.rng.choice(names)
            done = OPERATORS[name](cell, self.known, self.rng)
            if done is None:
                continue
            counts[name]["drawn"] += 1
            if done.what != "must":
                counts[name][done.what] += 1
                continue
            changed = [key for key in one.asked if cell.bundles[key[0]] != one.cell.bundles[key[0]]]
            if not self.consistent and changed:
                changed = [self.rng.choice(changed)]
            found = judged(self.world, one, cell, changed)
            after = verdicts(found)
            bad = spoilt(one.said, after)
            wanted = set().union(*(TOPICS.get(item, set()) for item in done.topics))
            counts[name]["must"] += 1
            counts[name]["noticed"] += bool(bad)
            counts[name]["remarked"] += bool(bad) or remarked(one.said, after)
            counts[name]["topic"] += any(
                verdict is Verdict.FAIL and topics[item].topic in wanted for item, verdict in bad.items()
            )
            if not self.compared and headline(one.cell, found) is Outcome.CONFORMS:
                missed.append(f"a verdict without a record: {one.cell.record.person} {one.cell.standard}")
            if not bad and not (not self.compared and remarked(one.said, after)):
                missed.append(f"missed: {one.cell.record.person} {name} {done.where}")
        return counts, missed

    def rewrites(self, amount: int) -> tuple[int, Counter[str]]:
        """How many cells that say the same another way got a red or undecided requirement, and which."""
        wrong, red = 0, Counter[str]()
        names = [name for name in REWRITES if name not in BREAK_A_MUST]
        for _ in range(amount):
            one = self.rng.choice(self.clean)
            cell = one.cell.copied()
            for name in names:
                if self.rng.random() < 0.4:
                    REWRITES[name](cell, self.rng)
            chosen = [change for change in MESSAGES.values() if self.rng.random() < 0.3]

            def change(message: Message, chosen: list[Any] = chosen) -> None:
                for one_change in chosen:
                    one_change(message, self.rng)

            after = verdicts(judged(self.world, one, cell, one.asked, change))
            bad = spoilt(one.said, after)
            wrong += bool(bad)
            red.update(f"{item} {verdict.value}" for item, verdict in bad.items())
        return wrong, red


def official(material: Path, amount: int, seed: int) -> bool:
    """Single edits of what tells the patient something, in the answers of a server that holds an official set; whether
    the bar holds: nothing red without an edit, 99 % of the edits found.
    """
    held = True
    for standard, name in OFFICIAL.items():
        world, known = official_world(material, name)
        made = [clean_cell(world, cell) for cell in cells(known, [standard], DAY)]
        red = sorted({item for one in made for item, verdict in one.said.items() if verdict is Verdict.FAIL})
        counts, missed = Bench(world, known, made, True, False, random.Random(seed)).mutations(
            amount, ["perturb"]
        )
        found = counts["perturb"]
        print(
            f"{name}: {len(made)} cells, red {red}, single edits {found['must']}, "
            f"found {100 * found['noticed'] / found['must']:.2f} %, by topic {found['topic']}",
            *missed,
            sep="\n  ",
        )
        held = held and not red and found["noticed"] >= 0.99 * found["must"]
    return held


def main() -> int:
    """Print the table; exit 1 when a bar is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mutations", type=int, default=300)
    parser.add_argument("--rewrites", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-record", action="store_true")
    parser.add_argument("--consistent", action="store_true")
    parser.add_argument("--official", type=Path, metavar="MATERIAL", help="single edits of the official sets")
    parser.add_argument("--standards", nargs="*", default=list(standards()))
    options = parser.parse_args()
    start = time.process_time()
    if options.official is not None:
        return int(not official(options.official, options.mutations, options.seed))
    known = not options.no_record
    world, everybody = own_world(known), known_records(DAY)
    made = [clean_cell(world, cell) for cell in cells(everybody, options.standards, DAY)]
    bench = Bench(world, everybody, made, known, options.consistent, random.Random(options.seed))
    counts, missed = bench.mutations(options.mutations, list(OPERATORS))
    wrong, red = bench.rewrites(options.rewrites)
    total: Counter[str] = sum(counts.values(), Counter())
    print(f"{'operator':12} {'must':>6} {'not green':>9} {'remarked':>9} {'topic':>9} {'unclassified':>13}")
    for name, item in [*sorted(counts.items()), ("total", total)]:
        share = [
            f"{100 * item[key] / max(1, item['must']):7.1f} %" for key in ("noticed", "remarked", "topic")
        ]
        odd = 100 * item["unclassified"] / max(1, item["drawn"])
        print(f"{name:12} {item['must']:6} {' '.join(share)} {odd:11.1f} %")
    print(f"equivalent rewrites: {options.rewrites}, with a red or undecided requirement: {wrong}", dict(red))
    if not known:
        said = Counter(headline(one.cell, one.findings).value for one in made)
        print(f"headline of the clean cells without a record: {dict(said)}")
    print(f"CPU {time.process_time() - start:.0f} s, {len(made)} cells, seed {options.seed}")
    print(*missed[:40], sep="\n")
    enough = total["noticed"] >= 0.97 * total["must"] if known else total["remarked"] >= 0.6 * total["must"]
    return int(not enough or wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
