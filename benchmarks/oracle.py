"""Does the oracle expect what the official scripts count, and does our search select what HAPI's matcher selects?

``python benchmarks/oracle.py counts --material DIR``: every count that an official script asserts, on the answer that
the oracle expects. ``python benchmarks/oracle.py hapi [--queries 3000] [--seed 1]``: random queries on our records, with
HAPI's in-memory matcher (Maven Central, ``benchmarks/hapi_search``) as referee. Exit 1 for what is not explained.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from harness.core.tdates import TDates
from harness.fhir.codec.documents import to_json
from harness.fhir.model.types import load_model
from harness.fhir.search.query import SearchError, parse_query
from harness.fhir.search.scope import Scope
from harness.fhir.search.searcher import Searcher
from harness.fhir.store import Store
from harness.reference.oracle.expect import expect_search
from harness.reference.oracle.selection import search_registry
from harness.reference.record.load import load_records, own_records
from harness.testscript.judge.bodies import parsed
from harness.testscript.own.records import import_set
from harness.testscript.read.model import Assert, Operation
from harness.testscript.read.script import load_script
from harness.testscript.read.sets import find_scripts, read_info
from harness.testscript.read.tokens import find_token_map, read_token_map, token_of

DAY = date(2026, 11, 27)
ROOT = Path(__file__).resolve().parent
SETS = {
    "GenPractData-2-0": "huisartsgegevens-2.0",
    "PDFA-3-0": "pdfa-3.0",
    "eAppointment-2-0": "eafspraak-2.0",
    "SelfMeasurements-2-0": "zelfmetingen-2.0",
    "LaboratoryResults-2-0": "laboratoriumresultaten-2.0",
    "AllergyIntolerance-3-0": "overgevoeligheden-3.0",
}

# -- counts of official scripts ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Count:
    """One assert that counts, on the answer with all that must, and with all that must or may, be in it."""

    script: str
    expression: str
    holds: bool


def counts(material: Path, day: date, out: Path) -> Iterator[Count]:
    """Every count that a server script of the known sets asserts about a search."""
    for goal in sorted(material.glob("nictiz-testscripts/STU3/*/MedMij/*")):
        standard = SETS.get(goal.parents[1].name)
        if standard is None or not (goal / "_reference").is_dir():
            continue
        place = out / f"{goal.parents[1].name}-{goal.name}"
        import_set(goal, place, day)
        records = {
            item.patient: item
            for item in load_records(sorted(p.parent for p in place.glob("*/record.yaml")), t=day)
        }
        tokens = {item.token: item.patient for item in read_token_map(find_token_map(goal))}
        for path in find_scripts([goal]):
            script = load_script(path, read_info(path.parent))
            if script.side != "server" or "intern" in path.as_posix() or "NoManifest" in path.as_posix():
                continue
            yield from _script_counts(script, path, standard, records, tokens, day)


def _script_counts(script, path, standard, records, tokens, day) -> Iterator[Count]:
    for test in script.tests:
        last = None
        for action in test.actions:
            if isinstance(action, Operation):
                last = (
                    action
                    if action.code in ("search", "lastn") or "$lastn" in (action.params or "")
                    else None
                )
            elif last is not None and isinstance(action, Assert) and _counts(action):
                record = records.get(tokens.get(token_of(last, script), ""))
                if record is not None:
                    yield from _judged(path, action, last, standard, record, day)


def _counts(action: Assert) -> bool:
    text = action.subject
    return (
        action.criterion == "expression" and "count()" in text and not action.warning_only
        and re.search(r"entry\.(?:where\(resource\.is|resource\.where\(is)", text) is not None
    )  # fmt: skip


def _judged(path, action, operation, standard, record, day) -> Iterator[Count]:
    query = TDates(day).resolve(operation.params or "")
    kind, _, search = (operation.resource + query).partition("?")
    if kind.endswith("$lastn"):
        kind = kind if "/" in kind else kind.replace("$lastn", "/$lastn")
    encoded = "&".join(
        "=".join(quote(part, safe="") for part in pair.split("=", 1)) for pair in search.split("&") if pair
    )
    expected = expect_search(standard, kind, encoded, record, day)
    model = load_model("3.0.2")
    verdicts = []
    for items in (
        expected.must.values(),
        [*expected.must.values(), *(i for i in expected.may.values() if i.part == "match")],
    ):
        bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
        entry = [{"resource": item.resource, "search": {"mode": item.part}} for item in items]
        if entry:
            bundle["entry"] = entry
        body = parsed(to_json(bundle), "json", model)
        verdicts.append(body.evaluate(action.subject, None) in (True, [True]))
    yield Count(path.stem, action.subject, any(verdicts))


def run_counts(material: Path) -> int:
    """Print what does not hold; 1 when there is something."""
    with tempfile.TemporaryDirectory() as folder:
        found = list(counts(material, DAY, Path(folder)))
    wrong = [item for item in found if not item.holds]
    scripts = {item.script for item in found}
    print(f"{len(found)} counts in {len(scripts)} scripts; {len(wrong)} differ")
    for item in wrong:
        print("  ", item.script, item.expression[:160])
    return int(bool(wrong))


# -- HAPI as referee ---------------------------------------------------------------------------------------------

CACHE = Path(os.environ.get("HAPI_SEARCH_CACHE", Path.home() / ".cache" / "harness-hapi-search"))
PARAMETERS = {
    "Observation": ["code", "date", "category", "status", "subject", "value-quantity", "specimen", "context"],
    "EpisodeOfCare": ["status", "date", "patient", "organization", "condition"],
    "Encounter": ["status", "date", "class", "patient", "type", "episodeofcare"],
    "Composition": ["type", "date", "status", "subject", "encounter", "title"],
    "MedicationRequest": ["status", "authoredon", "category", "intent", "medication", "periodofuse"],
    "AllergyIntolerance": [
        "category",
        "code",
        "clinical-status",
        "verification-status",
        "onset",
        "criticality",
    ],
    "DocumentReference": ["status", "indexed", "type", "class", "description", "securitylabel"],
    "DocumentManifest": ["status", "created", "type"],
    "Appointment": ["date", "status", "actor", "patient", "appointment-type"],
    "Patient": ["birthdate", "family", "given", "gender", "identifier"],
    "Condition": ["code", "clinical-status", "onset-date", "category"],
    "Flag": ["date", "subject"],
}
BOUNDS = ("ge", "le", "gt", "lt", "eq", "")


def _tokens(value: Any, rng: random.Random) -> str | None:
    system, code = value.system or "", value.code
    if not code or any(char in f"{system}{code}" for char in ",$\\"):
        return None
    return rng.choice(
        (
            code,
            code,
            *[f"{system}|{code}"] * 3,
            f"{system}|" if system else code,
            f"|{code}" if rng.random() < 0.2 else code,
        )
    )


def _value(kind: str, value: Any, rng: random.Random) -> str | None:
    """A search value that this index value suggests."""
    if kind == "token":
        return _tokens(value, rng)
    if kind == "date":
        if not 0 < value.low < 4 * 10**15:
            return None
        day = date(1970, 1, 1) + timedelta(microseconds=value.low) + timedelta(days=rng.choice((-1, 0, 0, 1)))
        text = day.isoformat()
        return rng.choice(BOUNDS) + rng.choice((*[text] * 12, text[:7], text[:4]))
    if kind == "reference":
        return f"{value.type}/{value.id}" if value.type and value.id else None
    if kind == "string":
        return str(value)[: rng.randint(3, 12)] if isinstance(value, str) else None
    return None


def queries(store: Store, amount: int, seed: int) -> Iterator[tuple[str, str]]:
    """Random queries; all parameters of one come from one resource, so that most find something."""
    rng = random.Random(seed)
    held = [stored for stored in store if stored.type in PARAMETERS]
    known = search_registry()
    made = 0
    while made < amount:
        stored = rng.choice(held)
        pairs = []
        for code in rng.sample(PARAMETERS[stored.type], min(rng.randint(1, 3), len(PARAMETERS[stored.type]))):
            bound = known.bind(stored.type, code)
            values = bound.values(stored) if bound else []
            if not values:
                continue
            texts = [
                _value(bound.parameter.kind, rng.choice(values), rng) for _ in range(rng.choice((1, 1, 1, 2)))
            ]
            joined = ",".join(text for text in texts if text)
            if joined:
                pairs.append(f"{code}={quote(joined, safe='|,/:-.')}")
        if pairs:
            made += 1
            yield stored.type, "&".join(pairs)


EXPLAINED = {
    "open period": lambda kind, query: (
        kind in ("Flag", "EpisodeOfCare", "Encounter") and re.search(r"\bdate=", query)
    ),
    "month or year": lambda kind, query: (
        re.search(r"=(?:[a-z]{2})?\d{4}(?:-\d\d)?(?:&|,|$)", query)
        or re.search(r",(?:[a-z]{2})?\d{4}(?:-\d\d)?(?:&|,|$)", query)
    ),
    "no system": lambda kind, query: re.search(r"[=,]\|", query),
    "periodofuse": lambda kind, query: "periodofuse=" in query,
    "context through the extension": lambda kind, query: "context=" in query,
    "system on a code": lambda kind, query: re.search(
        r"(?:status|gender|category|intent|criticality)=[^&]*\|", query
    ),
    "blank in a string": lambda kind, query: re.search(
        r"(?:title|description)=[^&]*(?:%20|\+)(?:&|$)", query
    ),
}
"""Kinds of query on which HAPI's matcher is known to differ, by a look at the query; the reasons: docs/reference-record.md."""


def _referee(work: Path) -> dict[int, list[str] | None]:
    """Runs HAPI's matcher over ``work/resources`` and ``work/queries.tsv``."""
    project = ROOT / "hapi_search"
    classes = CACHE / "classes"
    if not (CACHE / "lib").is_dir():
        command = ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={CACHE / 'lib'}"]
        subprocess.run(command, cwd=project, check=True)
    classes.mkdir(parents=True, exist_ok=True)
    path = f"{CACHE / 'lib'}/*"
    sources = [str(item) for item in (project / "src").rglob("*.java")]
    subprocess.run(["javac", "-nowarn", "-cp", path, "-d", str(classes), *sources], check=True)
    done = subprocess.run(
        ["java", "-cp", f"{classes}:{path}", "SearchReferee", str(work / "resources"), str(work / "queries.tsv")],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    found: dict[int, list[str] | None] = {}
    for line in done.stdout.splitlines():
        number, _, keys = line.partition("\t")
        if number.isdigit():
            found[int(number)] = None if keys == "REFUSED" else [key for key in keys.split() if key]
    return found


def run_hapi(amount: int, seed: int) -> int:
    """Compare; 1 when a difference is of no known kind."""
    store = Store()
    for record in own_records(DAY):
        store.load(stored.resource for stored in record if stored.type != "Binary")
    asked = list(queries(store, amount, seed))
    searcher = Searcher(search_registry())
    ours: list[list[str] | None] = []
    for kind, query in asked:
        try:
            ours.append(
                sorted(item.key for item in searcher.find([kind], parse_query(query), Scope(store)).matches)
            )
        except SearchError:
            ours.append(None)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "resources").mkdir()
        for stored in store:
            (work / "resources" / f"{stored.type}-{stored.id}.json").write_bytes(to_json(stored.resource))
        lines = [f"{number}\t{kind}\t{query}" for number, (kind, query) in enumerate(asked)]
        (work / "queries.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        theirs = _referee(work)
    kinds: Counter[str] = Counter()
    unknown = []
    for number, (kind, query) in enumerate(asked):
        left, right = ours[number], theirs.get(number)
        if left is None or right is None:
            kinds["refused"] += 1
        elif left == sorted(right):
            kinds["equal"] += 1
            kinds["not empty"] += bool(left)
        else:
            name = next((name for name, fits in EXPLAINED.items() if fits(kind, query)), "")
            kinds[name or "unexplained"] += 1
            if not name:
                unknown.append((kind, query, sorted(set(left) ^ set(right))[:4]))
    print(json.dumps(kinds, indent=2))
    for item in unknown[:20]:
        print("  ", *item)
    return int(bool(unknown))


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("counts", "hapi"))
    parser.add_argument("--material", type=Path, default=Path(os.environ.get("HARNESS_MATERIAL", ".")))
    parser.add_argument("--queries", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.what == "counts":
        return run_counts(options.material)
    return run_hapi(options.queries, options.seed)


if __name__ == "__main__":
    sys.exit(main())
