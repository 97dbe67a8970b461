"""Round trips over the official material: a sample in CI, everything in ``benchmarks/codec.py``."""

from __future__ import annotations

import importlib.util
import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "codec.py"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    """The benchmark as a module: one definition of "round trip" for both."""
    spec = importlib.util.spec_from_file_location("benchmark_codec", BENCHMARK)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["benchmark_codec"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.official
def test_official_resources_round_trip(bench: ModuleType, material: Path, t: date) -> None:
    outcome = bench.Outcome()
    found = [s for s in bench.sources(material, t) if ".zip/" not in s.name]
    assert len(found) > 1000
    clean = bench.round_trips(found[::4], bench.schema(material), outcome)
    assert outcome.lost == [] and outcome.findings_not_refused_by_xsd == []
    assert len(clean) > 200 and outcome.findings > 50


def test_benchmark_sees_what_is_lost(bench: ModuleType) -> None:
    a = b'<Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>'
    assert bench.meaning(bench.tree(a)) == bench.meaning(
        bench.tree(b"<!-- c -->" + a.replace(b"><a", b">\n <a"))
    )
    assert bench.meaning(bench.tree(a)) != bench.meaning(bench.tree(a.replace(b"true", b"false")))
    assert bench.meaning(bench.tree(a)) != bench.meaning(bench.tree(a.replace(b"active", b"id")))
