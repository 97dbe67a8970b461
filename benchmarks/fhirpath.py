"""FHIRPath: agreement with fhirpath.js, the official R4 tests, and speed; one command prints the tables.

    python benchmarks/fhirpath.py [--material DIR] [--quick] [--json]

Needs Node and ``npm ci`` in ``benchmarks/fhirpath_js`` for the comparison, ``fhirpathpy`` for its column.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks"), str(ROOT / "tests" / "fhir")]

import fhirpath_corpus as corpora  # noqa: E402
import fhirpath_suite as suite  # noqa: E402
import fhirpath_variants as styles  # noqa: E402
import script_sets  # noqa: E402

from harness.fhir.fhirpath import DocumentContext, FHIRPathError, Node, Quantity, Temporal, TypeInfo, compile  # noqa: E402

JS = ROOT / "benchmarks" / "fhirpath_js"


def run_js(corpus: corpora.Corpus, jobs: list[corpora.Job], mode: str, timeout: float = 900) -> list[str]:
    """Output lines of the reference engine."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "jobs.json"
        corpus.write(path, jobs)
        done = subprocess.run(
            ["node", "--max-old-space-size=4096", str(JS / "run.js"), str(path), mode],
            capture_output=True, text=True, check=True, timeout=timeout, env={**os.environ, "TZ": "UTC"},
        )  # fmt: skip
    return done.stdout.splitlines()


def shape(value: Any) -> Any:
    """A result in the form of JSON numbers and strings, so that two engines can be compared."""
    if isinstance(value, Node):
        return shape(value.value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, Decimal, float)):
        return round(float(value), 9)
    if isinstance(value, (Temporal, Quantity)):
        return str(value)
    if isinstance(value, TypeInfo):
        return {"namespace": value.namespace, "name": value.name}
    if isinstance(value, dict):
        return {k: shape(v) for k, v in value.items()}
    return [shape(v) for v in value] if isinstance(value, list) else value


class Ours:
    """Our engine over a corpus."""

    def __init__(self, corpus: corpora.Corpus, dialect: str) -> None:
        self.corpus = corpus
        self.dialect = dialect
        self.model = corpus.model
        self._at = -1
        self._document: DocumentContext | None = None

    def document(self, number: int) -> DocumentContext:
        """Context of a document, made once while its jobs run."""
        if number != self._at or self._document is None:
            self._document = DocumentContext(self.corpus.documents[number], model=self.model)
            self._at = number
        return self._document

    def run(self, job: corpora.Job) -> tuple[str, Any]:
        """``("value", shape)`` or ``("error", message)``."""
        try:
            expression = compile(
                self.corpus.expressions[job.expression], model=self.model, dialect=self.dialect
            )
            whole = self.document(job.document)
            if job.base:
                document = DocumentContext(
                    corpora.part(whole.resource, job.steps), model=self.model, type=job.base
                )
                found = expression.evaluate(
                    document, environment={"resource": whole.node, "rootResource": whole.node}
                )
            else:
                found = expression.evaluate(whole)
        except FHIRPathError as error:
            return "error", error.message.en
        return "value", [v for v in (shape(item) for item in found) if v is not None]


def agreement(corpus: corpora.Corpus, show: int, timeout: float = 900) -> dict[str, Any]:
    """Strict dialect against fhirpath.js on every job."""
    lines = run_js(corpus, corpus.jobs, "check", timeout)
    ours = Ours(corpus, "strict")
    counts: Counter[str] = Counter()
    different: list[tuple[corpora.Job, Any, Any]] = []
    for job, line in zip(corpus.jobs, lines, strict=True):
        reference = json.loads(line)
        kind, value = ours.run(job)
        wanted = ("error", None) if "error" in reference else ("value", shape(reference["value"]))
        if kind == wanted[0] and (kind == "error" or value == wanted[1]):
            counts["error" if kind == "error" else "same"] += 1
        else:
            counts["different"] += 1
            different.append((job, reference, (kind, value)))
    by_expression = Counter(corpus.expressions[job.expression] for job, _, _ in different)
    for text, count in by_expression.most_common(show):
        job, reference, own = next(d for d in different if corpus.expressions[d[0].expression] == text)
        print(
            f"  {count:5} {text[:200]}\n        js   {str(reference)[:160]}\n"
            f"        ours {str(own)[:160]}  @ {job}",
            file=sys.stderr,
        )
    return {
        "expressions": len(corpus.expressions), "documents": len(corpus.documents),
        "evaluations": len(corpus.jobs),
        "of scripts": corpus.script_jobs, "same value": counts["same"], "error in both": counts["error"],
        "different": counts["different"], "different expressions": len(by_expression),
    }  # fmt: skip


RECORD = ROOT / "tests" / "fhir" / "fhirpath_js.json"
RECORD_MUTANTS = 1
RECORD_EVERY = 11


def digest(value: Any) -> str:
    """Eight characters that stand for a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:8]


def recorded_jobs(corpus: corpora.Corpus) -> list[corpora.Job]:
    """The sample that is recorded for the test suite, which runs without Node."""
    return corpus.jobs[::RECORD_EVERY]


def record(material: Path) -> int:
    """Write what fhirpath.js says of the sample, over all sets that are there; the number of results."""
    sets = script_sets.present(material)
    corpus = corpora.stu3_corpus(material, RECORD_MUTANTS, sets)
    jobs = recorded_jobs(corpus)
    rows: list[list[str]] = []
    for job, line in zip(jobs, run_js(corpus, jobs, "check"), strict=True):
        found = json.loads(line)
        answer = "error" if "error" in found else digest(shape(found["value"]))
        document = digest(shape(corpus.documents[job.document]))
        rows.append([digest(corpus.expressions[job.expression]), document, answer])
    package = json.loads((JS / "node_modules" / "fhirpath" / "package.json").read_text())
    RECORD.write_text(
        json.dumps(
            {
                "engine": f"fhirpath.js {package['version']}",
                "sets": sets,
                "results": [" ".join(row) for row in rows],
            },
            indent=0,
        )
        + "\n"
    )
    return len(rows)


def variants(corpus: corpora.Corpus, count: int, show: int, seed: int) -> dict[str, Any]:
    """Strict dialect against fhirpath.js on random expressions in the style of the scripts."""
    documents = [d for d in corpus.documents if d.get("resourceType") == "Bundle"]
    maker = styles.Maker(corpus.model, documents[:40], seed=seed)
    made = corpora.Corpus(corpus.version)
    small = [shortened(d) for d in documents if isinstance(d.get("entry"), list)][:60]
    made.documents = small
    for number in range(count):
        expression = made.number(maker.root())
        for step in range(3):
            made.jobs.append(corpora.Job(expression, (number * 7 + step * 11) % len(small)))
    total: Counter[str] = Counter()
    jobs = made.jobs
    for start in range(
        0, len(jobs), 150
    ):  # the reference has no budget: a chunk that takes too long is left out
        made.jobs = jobs[start : start + 150]
        try:
            total.update(agreement(made, show, timeout=12))
        except subprocess.TimeoutExpired:
            total["left out: the reference took too long"] += len(made.jobs)
    return {k: v for k, v in total.items() if k not in ("documents", "of scripts", "expressions")}


def shortened(bundle: dict[str, Any]) -> dict[str, Any]:
    """A Bundle with at most eight of its entries, spread over the whole."""
    entries = bundle["entry"]
    return {**bundle, "entry": entries[:: max(1, len(entries) // 8)][:8]}


def dialects(corpus: corpora.Corpus) -> dict[str, Any]:
    """Verdicts of hapi and strict on the undamaged documents."""
    jobs = corpus.jobs[: corpus.script_jobs]
    hapi, strict = Ours(corpus, "hapi"), Ours(corpus, "strict")
    expressions: set[str] = set()
    differ = 0
    for job in jobs:
        if hapi.run(job)[1] != strict.run(job)[1]:
            differ += 1
            expressions.add(corpus.expressions[job.expression])
    return {"evaluations": len(jobs), "different results": differ, "of expressions": len(expressions)}


def r4_suite(material: Path) -> dict[str, Any]:
    """Score on the official R4 tests, per dialect."""
    folder = material / "fhirpath-tests-r4"
    cases = suite.read(folder)
    result: dict[str, Any] = {"tests": len(cases)}
    for dialect in ("hapi", "strict"):
        runner = suite.Runner(folder, dialect)
        failed = [case.name for case in cases if runner.run(case)]
        result[f"{dialect} passed"] = len(cases) - len(failed)
        result[f"{dialect} %"] = round(100 * (len(cases) - len(failed)) / len(cases), 2)
    return result


def speed(corpus: corpora.Corpus, bundles: int, slow_sample: int) -> dict[str, Any]:
    """Microseconds per evaluation, every script expression over the undamaged Bundles, same run."""
    numbers = [n for n, d in enumerate(corpus.documents) if d.get("resourceType") == "Bundle"]
    originals = [
        n for n in dict.fromkeys(j.document for j in corpus.jobs[: corpus.script_jobs]) if n in numbers
    ]
    originals = originals[:: corpus_step(corpus)][:bundles]
    scripts = sorted({j.expression for j in corpus.jobs[: corpus.script_jobs]})
    jobs = [corpora.Job(e, d) for d in originals for e in scripts]
    result: dict[str, Any] = {"bundles": len(originals), "evaluations": len(jobs)}
    result["resources per bundle"] = [len(corpus.documents[n]["entry"]) for n in originals]
    times = [float(line) for line in run_js(corpus, jobs, "time")]
    result["fhirpath.js us"] = round(statistics.mean(times), 1)
    model = corpus.model
    start = time.perf_counter()
    compiled = {e: compile(corpus.expressions[e], model=model) for e in scripts}
    result["ours compile us"] = round((time.perf_counter() - start) / len(scripts) * 1e6, 1)
    gc.collect()
    gc.freeze()
    for name, shared in (("ours us", True), ("ours without memo us", False)):
        spent: list[float] = []
        for number in originals:
            document = corpus.documents[number]
            context = DocumentContext(document, model=model)
            for e in scripts:
                start = time.perf_counter()
                with contextlib.suppress(FHIRPathError):
                    compiled[e].evaluate(context if shared else document)
                spent.append((time.perf_counter() - start) * 1e6)
        result[name] = round(statistics.mean(spent), 1)
        result[name.replace(" us", " median us")] = round(statistics.median(spent), 1)
    result["x fhirpath.js"] = round(result["fhirpath.js us"] / result["ours us"], 1)
    slow = fhirpathpy_us(corpus, jobs, slow_sample)
    if slow is not None:
        result["fhirpathpy us"] = slow
        result["x fhirpathpy"] = round(slow / result["ours us"], 1)
    return result


def corpus_step(corpus: corpora.Corpus) -> int:
    """Every how manieth Bundle document is an original, as :func:`fhirpath_corpus.stu3_corpus` lays them
    out."""
    return getattr(corpus, "mutants_per_bundle", 20) + 1


def fhirpathpy_us(corpus: corpora.Corpus, jobs: list[corpora.Job], sample: int) -> float | None:
    """Mean of every ``n``-th job in fhirpathpy, ``None`` when it is not installed; refused expressions
    count too."""
    try:
        import fhirpathpy
        from fhirpathpy.models import models
    except ImportError:
        return None
    compiled: dict[int, Any] = {}
    spent: list[float] = []
    plain = {n: json.loads(suite_json(corpus.documents[n])) for n in {j.document for j in jobs}}
    for job in jobs[:: max(1, len(jobs) // sample)]:
        if job.expression not in compiled:
            try:
                compiled[job.expression] = fhirpathpy.compile(
                    corpus.expressions[job.expression], model=models["stu3"]
                )
            except Exception:  # it raises plain exceptions of many kinds
                continue
        start = time.perf_counter()
        try:
            compiled[job.expression](plain[job.document])
        except Exception:
            continue  # an expression that it refuses early would flatter it
        spent.append((time.perf_counter() - start) * 1e6)
    return round(statistics.mean(spent), 1) if spent else None


def suite_json(document: Any) -> bytes:
    """A document as JSON bytes with numbers as they are."""
    import msgspec

    return msgspec.json.Encoder(decimal_format="number").encode(document)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--material",
        type=Path,
        default=Path(os.environ.get("HARNESS_MATERIAL", ROOT.parent / "shared" / "material")),
    )
    parser.add_argument("--quick", action="store_true", help="3 mutants per Bundle")
    parser.add_argument("--mutants", type=int, default=20)
    parser.add_argument("--variants", type=int, default=10_000, help="random expressions")
    parser.add_argument("--seed", type=int, default=2026, help="of the random expressions")
    parser.add_argument("--show", type=int, default=15, help="differing expressions to print on stderr")
    parser.add_argument("--only", choices=("suite", "agreement", "variants", "dialects", "speed"))
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--record", action="store_true", help="rewrite the sample that the tests compare with"
    )
    options = parser.parse_args()
    if options.record:
        print(f"{record(options.material)} results in {RECORD.relative_to(ROOT)}")
        return
    report: dict[str, Any] = {}
    if options.only in (None, "suite"):
        report["official R4 tests"] = r4_suite(options.material)
    if options.only != "suite":
        mutants = 3 if options.quick else options.mutants
        corpus = corpora.stu3_corpus(options.material, mutants)
        corpus.mutants_per_bundle = mutants  # type: ignore[attr-defined]
        if options.only in (None, "agreement"):
            report["strict against fhirpath.js"] = agreement(corpus, options.show)
        if options.only in (None, "variants"):
            title = "strict against fhirpath.js, random expressions"
            report[title] = variants(corpus, options.variants, options.show, options.seed)
        if options.only in (None, "dialects"):
            report["hapi against strict"] = dialects(corpus)
        if options.only in (None, "speed"):
            report["speed"] = speed(corpus, 7, 60 if options.quick else 250)
    if options.json:
        print(json.dumps(report))
        return
    for title, rows in report.items():
        print(f"\n{title}")
        for name, value in rows.items():
            print(f"  {name:28} {value}")


if __name__ == "__main__":
    main()
