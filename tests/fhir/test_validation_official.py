"""The validator on official material: fixtures conform, embedded facts and peer agree, nothing crashes."""

from __future__ import annotations

import copy
import random
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from harness.fhir.codec.documents import parse, to_json
from harness.fhir.packages.load import load_packages
from harness.fhir.profiles.books.book import collect
from harness.fhir.profiles.knowledge import Knowledge
from harness.fhir.validation import Validator

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "benchmarks"))

import mutants as mutation  # noqa: E402
import validation as bench  # noqa: E402

pytestmark = pytest.mark.official
PEER = Path(__file__).with_name("validation_peer.json")

ORDER = {
    "zib2017__Examples__pdfa-DocumentManifest-01.xml",
    "zib2017__Examples__pdfa-DocumentReference-01.xml",
    "zib2017__Examples__pdfa-DocumentReference-02.xml",
}
"""Official examples with a defect: an element out of order."""


@pytest.fixture(scope="module")
def official(material: Path) -> Validator:
    """With the official packages and without embedded facts."""
    return Validator(load_packages([material / "zib2017", material / "eafspraak"]), embedded=False)


@pytest.fixture(scope="module")
def sources(material: Path) -> dict[str, bytes]:
    """All official examples and fixtures."""
    return bench.originals(material)


@pytest.fixture(scope="module")
def record(material: Path, recorded: Callable[[Path, Path], Any]) -> Any:
    """Verdicts of HAPI recorded by ``benchmarks/validation.py --record``, with the sets they are of."""
    return recorded(material, PEER)


@pytest.fixture(scope="module")
def sample(official: Validator, material: Path, record: Any) -> list[tuple[str, str, str, Any]]:
    """``(operator, origin, path, document)`` of the sample of mutants that the peer has judged."""
    good = bench.good_resources(bench.originals(material, record["sets"]), official)
    found = []
    for mutant in mutation.mutants(good, official.model, scale=record["scale"]):
        document = parse(to_json(mutant.resource), model=official.model)
        found.append((mutant.operator, mutant.origin, mutant.path, document))
    return found


def accepts(validator: Validator, document: Any) -> bool:
    """Whether a document has no error."""
    return not any(issue.severity == "error" for issue in validator.validate(document))


def test_official_examples_and_fixtures_conform(official: Validator, sources: dict[str, bytes]) -> None:
    refused = {n for n, data in sources.items() if not accepts(official, parse(data, model=official.model))}
    assert refused == ORDER


def test_every_invariant_and_slice_can_be_evaluated(official: Validator, sources: dict[str, bytes]) -> None:
    unusable = {
        "fhir-invariant-not-checked",
        "fhir-package-defect",
        "fhir-slice-not-checked",
        "fhir-profile-unknown",
    }
    for name, data in sources.items():
        found = {i.rule for i in official.validate(parse(data, model=official.model))} & unusable
        assert not found, name


def test_fresh_install_says_the_same(
    official: Validator, sources: dict[str, bytes], sample: list[Any]
) -> None:
    fresh = Validator()
    cases = [(name, parse(data, model=fresh.model)) for name, data in sources.items()]
    cases += [(origin, document) for _, origin, _, document in sample]
    for name, document in cases:
        if any(name.startswith(standard) for standard in bench.STANDARDS):
            assert fresh.validate(document) == official.validate(document) or accepts(
                fresh, document
            ) == accepts(official, document), name


def test_embedded_facts_are_what_distill_writes(material: Path) -> None:
    from harness.cli.profiles import seeds_of_standards
    from harness.fhir.profiles.books.embedded import embedded_facts

    loaded = load_packages([material / "zib2017", material / "eafspraak"])
    chosen = seeds_of_standards()
    chosen += [row.url for _, row in loaded.rows("StructureDefinition") if row.target == "Extension"]
    book, missing = collect(Knowledge(loaded.base, loaded), chosen)
    facts = embedded_facts()
    assert facts is not None and missing == []
    assert (book.profiles, book.value_sets) == (facts.profiles, facts.value_sets)


def test_peer_agrees_on_mutants(official: Validator, record: Any, sample: list[Any]) -> None:
    """Adjudicated classes are left out of the record; further sets in the material do not count."""
    verdicts: dict[str, bool] = record["accept"]
    same = total = 0
    for number, (operator, _, path, document) in enumerate(sample):
        theirs = verdicts.get(f"{number}-{operator}-{path}")
        if theirs is None:
            continue
        total += 1
        same += theirs == accepts(official, document)
    assert total >= 0.9 * len(sample), (
        f"the mutants of {record['sets']} are not the recorded ones: benchmarks/validation.py --record"
    )
    assert same >= 0.98 * total


def test_findings_lie_where_the_defect_is(official: Validator, sample: list[Any]) -> None:
    hits = refused = 0
    for _, _, path, document in sample:
        errors = [i for i in official.validate(document) if i.severity == "error"]
        if errors:
            refused += 1
            hits += any(bench.near(path, i.path) for i in errors)
            assert all(i.line > 0 for i in errors)
    assert refused > 200 and hits >= 0.95 * refused


JUNK: list[Any] = [
    None, True, 0, -1, Decimal("1.5"), "", " ", "x", [], {}, [None], [[]], [{}], {"a": 1}, ["x", 1],
    {"extension": []}, {"resourceType": 5}, {"resourceType": ["x"]}, {"coding": "x"}, {"reference": 5},
    {"coding": [1, None, {"system": {}, "code": []}]},
    {"reference": ["#x"]}, "x" * 5000, "\ud800", 10**30,
]  # fmt: skip
KEYS = [
    "extension",
    "modifierExtension",
    "contained",
    "value",
    "id",
    "meta",
    "url",
    "_value",
    "system",
    "code",
    "coding",
    "entry",
]


def spoil(value: Any, rng: random.Random) -> None:
    """Replaces something somewhere by junk."""
    if isinstance(value, dict) and value:
        key = rng.choice(list(value))
        dice = rng.random()
        if dice < 0.3:
            value[key] = copy.deepcopy(rng.choice(JUNK))
        elif dice < 0.4:
            value[rng.choice(KEYS)] = copy.deepcopy(rng.choice(JUNK))
        elif dice < 0.45:
            value["_" + key] = copy.deepcopy(rng.choice(JUNK))
        else:
            spoil(value[key], rng)
    elif isinstance(value, list) and value:
        index = rng.randrange(len(value))
        if rng.random() < 0.3:
            value[index] = copy.deepcopy(rng.choice(JUNK))
        else:
            spoil(value[index], rng)


def test_nothing_crashes(official: Validator, sources: dict[str, bytes]) -> None:
    rng = random.Random(20260301)
    documents = [parse(d, model=official.model).resource for d in sources.values() if len(d) < 20_000]
    for _ in range(1500):
        resource = copy.deepcopy(rng.choice(documents))
        for _ in range(rng.randint(1, 4)):
            spoil(resource, rng)
        official.validate(resource)
