"""Structural defects against an independent judge: the STU3 XSD, on mutated official resources.

The codec must report a structural mutation exactly when the XSD refuses it. What the XSD refuses for the text
of a value (formats, codes) or for a missing element is the validator's business, not the codec's.
"""

from __future__ import annotations

import copy
import importlib.util
import random
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from lxml import etree

from harness.fhir.codec.documents import parse
from harness.fhir.model.types import load_model

MODEL = load_model("3.0.2")
FHIR = "{http://hl7.org/fhir}"
BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "codec.py"
MUTANTS = 600

Nodes = list[Any]


def load_benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_codec", BENCHMARK)
    assert spec is not None and spec.loader is not None
    module = sys.modules["benchmark_codec"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def move_within(pick: random.Random, nodes: Nodes) -> None:
    parent = pick.choice([n for n in nodes if len(n) > 1 and n[0].tag.startswith(FHIR)])
    child = parent[pick.randrange(len(parent))]
    parent.remove(child)
    parent.insert(pick.randrange(len(parent) + 1), child)


def repeat_here(pick: random.Random, nodes: Nodes) -> None:
    node = pick.choice(nodes[1:])
    node.addnext(copy.deepcopy(node))


def repeat_elsewhere(pick: random.Random, nodes: Nodes) -> None:
    node, parent = pick.choice(nodes[1:]), pick.choice(nodes)
    parent.insert(pick.randrange(len(parent) + 1), copy.deepcopy(node))


def rename(pick: random.Random, nodes: Nodes) -> None:
    pick.choice(nodes[1:]).tag = pick.choice(nodes).tag


def change_namespace(pick: random.Random, nodes: Nodes) -> None:
    node = pick.choice(nodes[1:])
    node.tag = "{urn:x}" + node.tag.removeprefix(FHIR)


def add_attribute(pick: random.Random, nodes: Nodes) -> None:
    pick.choice(nodes).set(pick.choice(["value", "id", "url", "use", "code"]), "x")


def add_text(pick: random.Random, nodes: Nodes) -> None:
    node = pick.choice(nodes[1:])
    if pick.random() < 0.5:
        node.text = "abc"
    else:
        node.tail = "abc"


MUTATIONS: list[Callable[[random.Random, Nodes], None]] = [
    *(move_within, repeat_here, repeat_elsewhere, rename, change_namespace, add_attribute, add_text),
]


def about_content(message: str) -> bool:
    """Whether an XSD error is about the text of a value or something missing: not about structure."""
    value = "attribute 'value'" in message and "is not allowed" not in message
    return value or "Missing child" in message


@pytest.mark.official
def test_structural_defects_agree_with_the_xsd(material: Path, t: date) -> None:
    bench = load_benchmark()
    xsd = bench.schema(material)
    sources = [s for s in bench.sources(material, t) if ".zip/" not in s.name and s.version == "3.0.2"]
    pick = random.Random(20260301)
    sources = pick.sample([s for s in sources if len(s.data) < 60_000], 150)
    clean = [s for s in sources if not parse(s.data, model=MODEL).issues and xsd.validate(bench.tree(s.data))]
    outcomes: Counter[tuple[str, bool, bool]] = Counter()
    for number in range(MUTANTS):
        mutate = MUTATIONS[number % len(MUTATIONS)]
        root = bench.tree(pick.choice(clean).data)
        mutate(pick, [n for n in root.iter() if str(n.tag).startswith(FHIR)])
        data = etree.tostring(root)
        refused = not xsd.validate(etree.fromstring(data))
        issues = parse(data, model=MODEL).issues
        outcomes[mutate.__name__, refused, bool(issues)] += 1
        assert refused or not issues, (issues, data[:2000])
        assert issues or not refused or about_content(xsd.error_log[0].message), (
            xsd.error_log[0],
            data[:2000],
        )
    for mutate in MUTATIONS:
        assert outcomes[mutate.__name__, True, True] > MUTANTS // 20, outcomes
