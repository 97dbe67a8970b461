"""The official R4 suite, and the strict dialect against recorded results of fhirpath.js."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "tests" / "fhir"), str(ROOT / "benchmarks")]

import fhirpath as benchmark  # noqa: E402
import fhirpath_corpus as corpora  # noqa: E402
import fhirpath_suite as suite  # noqa: E402
import script_sets  # noqa: E402

pytestmark = pytest.mark.official

KNOWN: dict[str, set[str]] = {
    # what the hapi dialect does not do, each with its reason in docs/fhirpath-dialects.md or here
    "hapi": {
        "testSimpleFail", "testSimpleWithWrongContext", "testPolymorphismB", "testPolymorphismAsB",
         # static type checks
        "testPolymorphicsB", "testDollarOrderNotAllowed", "testCollectionBoolean1", "testIif6",
         # static type checks
        "testMatchesWithinUrl2",  # matches() is anchored, as official scripts need
        "testPlusDate19",  # expects 0.1 s to be ignored at millisecond precision
        "testMinus5",  # expects 'month' between quotes to be a calendar word
    },
}  # fmt: skip


def test_r4_suite_hapi(material: Path) -> None:
    folder = material / "fhirpath-tests-r4"
    cases = suite.read(folder)
    runner = suite.Runner(folder, "hapi")
    failed = {case.name: reason for case in cases if (reason := runner.run(case))}
    assert len(cases) >= 900
    assert set(failed) == KNOWN["hapi"], failed
    assert len(failed) <= 0.02 * len(cases)


def test_r4_suite_strict(material: Path) -> None:
    folder = material / "fhirpath-tests-r4"
    cases = suite.read(folder)
    runner = suite.Runner(folder, "strict")
    failed = {case.name: reason for case in cases if (reason := runner.run(case))}
    assert len(failed) <= 0.04 * len(cases), failed


OBJECT_ORDER = frozenset(("low.empty() or high.empty() or (low <= high)",))
"""Quantities of different units: fhirpath.js calls two objects neither smaller nor greater, so ``<=`` true, and a
Range from 2 to 1 right."""


def test_strict_agrees_with_fhirpath_js(material: Path, recorded: Callable[[Path, Path], Any]) -> None:
    """Over the sets that the record names; other sets in the material do not count."""
    record = recorded(material, benchmark.RECORD)
    corpus = corpora.stu3_corpus(material, benchmark.RECORD_MUTANTS, record["sets"])
    jobs = benchmark.recorded_jobs(corpus)
    assert len(jobs) == len(record["results"]) > 4000, (
        f"the corpus of {record['sets']} is not the recorded one: benchmarks/fhirpath.py --record"
    )
    ours = benchmark.Ours(corpus, "strict")
    digests: dict[int, str] = {}
    different = []
    for job, line in zip(jobs, record["results"], strict=True):
        expression, document, answer = line.split()
        if job.document not in digests:
            digests[job.document] = benchmark.digest(benchmark.shape(corpus.documents[job.document]))
        text = corpus.expressions[job.expression]
        assert (benchmark.digest(text), digests[job.document]) == (expression, document), (
            "record again: --record"
        )
        kind, value = ours.run(job)
        if ("error" if kind == "error" else benchmark.digest(value)) != answer and text not in OBJECT_ORDER:
            different.append((text, job, value))
    assert not different, different[:5]


def test_official_expressions_have_no_oddities(material: Path) -> None:
    model = benchmark.suite.load_model("STU3")
    warned = {
        text: [item.en for item in expression.warnings]
        for text in corpora.script_expressions(script_sets.folders(material))
        if (expression := benchmark.compile(text, model=model)).warnings
    }
    assert not warned
