"""The benchmark on foreign material: generic mutants are reproducible, and every class of disagreement has its reason."""

from __future__ import annotations

import copy
import importlib
import random
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def modules() -> dict[str, Any]:
    """Modules of the benchmark by name."""
    sys.path[:0] = [str(ROOT / "foreign"), str(ROOT)]
    try:
        return {name: importlib.import_module(name) for name in ("mutate", "classes", "validation")}
    finally:
        del sys.path[:2]


SOURCES = {
    "a": {"resourceType": "Patient", "name": [{"family": "x", "given": ["y", "z"]}], "active": True, "multipleBirthInteger": 2},
    "b": {"resourceType": "Observation", "status": "final", "code": {"coding": [{"system": "s", "code": "c"}]}},
}  # fmt: skip


def test_a_seed_gives_the_same_mutants_and_leaves_the_sources_alone(modules: dict[str, Any]) -> None:
    mutate = modules["mutate"]
    before = copy.deepcopy(SOURCES)
    first = list(mutate.mutants(SOURCES, 90, 1))
    assert first == list(mutate.mutants(SOURCES, 90, 1)) != list(mutate.mutants(SOURCES, 90, 2))
    assert before == SOURCES and len(first) == 90
    assert {m.operator for m in first} == set(mutate.OPERATORS)


def test_every_operator_changes_a_document(modules: dict[str, Any]) -> None:
    mutate = modules["mutate"]
    for name, operator in mutate.OPERATORS.items():
        changed = 0
        for seed in range(40):
            document = copy.deepcopy(SOURCES["a"])
            if operator(random.Random(seed), list(mutate.slots(document))):
                changed += document != SOURCES["a"]
        assert changed, name


def test_a_class_holds_only_when_every_error_belongs_to_it(modules: dict[str, Any]) -> None:
    classes, verdict = modules["classes"], modules["validation"].Verdict
    good = verdict(True, [])
    policy, other = ("VALIDATION_HL7_WG_NEEDED", "", ""), ("other", "", "")
    assert classes.of(good, verdict(False, [policy])) == "publisher"
    assert classes.of(good, verdict(False, [policy, other])) == ""
    assert classes.of(verdict(False, [("fhir-system-relative", "", "")]), good) == "relative system"
    assert classes.of(verdict(False, [("fhir-unknown-element", "", "")]), good) == ""
    assert all(len(reason) > 20 for reason in classes.REASONS.values())


def test_sources_are_pinned() -> None:
    sources = yaml.safe_load((ROOT / "foreign" / "sources.yaml").read_text(encoding="utf-8"))["sources"]
    for source in sources:
        assert (
            len(source["sha256"]) == 64
            and source["version"]
            and source["registry"] in ("maven", "npm", "pypi")
        )
