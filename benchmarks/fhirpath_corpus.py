"""Expressions and documents to compare FHIRPath engines on: official scripts, fixtures, invariants, and
mutants."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import script_sets
from lxml import etree

from harness.core.tdates import TDates
from harness.fhir.codec import documents as codec
from harness.fhir.model.definitions import embedded
from harness.fhir.model.types import Model, load_model

T = date(2026, 3, 1)
_PLACEHOLDER = re.compile(r"\$\{([A-Za-z]+)-([^}]*?)-(?:id|url)\}")
Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class Job:
    """One evaluation: expression and document by number; ``base`` and ``steps`` for an invariant at an
    element."""

    expression: int
    document: int
    base: str = ""
    steps: Steps = ()


@dataclass
class Corpus:
    """What is compared."""

    version: str
    expressions: list[str] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    script_jobs: int = 0

    @property
    def model(self) -> Model:
        """Model of the FHIR version."""
        return load_model(self.version)

    def number(self, expression: str) -> int:
        """Number of an expression, added when it is new."""
        if expression not in self._numbers:
            self._numbers[expression] = len(self.expressions)
            self.expressions.append(expression)
        return self._numbers[expression]

    def __post_init__(self) -> None:
        self._numbers = {text: at for at, text in enumerate(self.expressions)}

    def write(self, path: Path, jobs: list[Job]) -> None:
        """The file that ``fhirpath_js/run.js`` reads."""
        data = {
            "version": self.version,
            "expressions": self.expressions,
            "documents": self.documents,
            "jobs": [(j.expression, j.document, j.base or None, list(j.steps) or None) for j in jobs],
        }
        path.write_bytes(msgspec.json.Encoder(decimal_format="number").encode(data))


def script_expressions(folders: Iterable[Path]) -> list[str]:
    """All distinct assert and variable expressions of the scripts below ``folders``, id placeholders filled
    in."""
    found: dict[str, None] = {}
    for path in (path for folder in folders for path in sorted(folder.rglob("*.xml"))):
        if "_reference" in path.parts:
            continue
        tree = etree.parse(str(path), etree.XMLParser(resolve_entities=False, no_network=True))
        for element in tree.iter("{http://hl7.org/fhir}expression"):
            text = element.get("value") or ""
            found[_PLACEHOLDER.sub(lambda m: m.group(2), TDates(T).resolve(text))] = None
    return list(found)


def fixtures(folder: Path, model: Model) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every readable resource below ``folder``, dates filled in."""
    dates = TDates(T)
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".xml", ".json") or not path.is_file():
            continue
        text = dates.resolve(path.read_bytes().decode("utf-8-sig"))
        document = codec.parse(text.encode(), model=model)
        if document.resource.get("resourceType") in model.resource_types:
            yield path, document.resource


def searchset(resources: list[dict[str, Any]]) -> dict[str, Any]:
    """A searchset Bundle of resources, as a server would answer."""
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(resources),
        "link": [{"relation": "self", "url": "https://example.org/fhir/Observation?code=a"}],
        "entry": [
            {"fullUrl": f"https://example.org/fhir/{r['resourceType']}/{r.get('id', at)}", "resource": r}
            for at, r in enumerate(resources)
        ],
    }


_STRINGS = (
    "",
    "x",
    "true",
    "2024-01-01",
    "urn:oid:2.16.840.1.113883.2.4.3.11.60.40.2.1",
    "http://loinc.org",
    "120",
    "Binary/1",
    "male",
)
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, 37, Decimal("37.2"), Decimal("1.0"), "", "x", "2024-01", [], {}, ["a", "b"],
    {"a": 1},
    {"extension": [{"url": "u", "valueString": "v"}]}, {"system": "http://unitsofmeasure.org", "code": "kg",
    "value": 5},
)  # fmt: skip


def mutate(document: dict[str, Any], seed: int, share: float) -> dict[str, Any]:
    """A copy with about ``share`` of its elements damaged, the same for the same seed."""
    rng = random.Random(seed)
    mutant: dict[str, Any] = copy.deepcopy(document)
    stack: list[Any] = [mutant]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            if node and rng.random() < share:
                _mutate_list(node, rng)
            stack += [item for item in node if isinstance(item, (dict, list))]
            continue
        for key in list(node):
            if rng.random() < share:
                _mutate_key(node, key, rng)
        stack += [item for item in node.values() if isinstance(item, (dict, list))]
    return mutant


def _mutate_list(node: list[Any], rng: random.Random) -> None:
    at = rng.randrange(len(node))
    kind = rng.randrange(5)
    if kind == 0:
        del node[at]
    elif kind == 1:
        node.insert(at, copy.deepcopy(node[at]))
    elif kind == 2:
        node.reverse()
    elif kind == 3:
        node[at] = None
    else:
        node.append(copy.deepcopy(rng.choice(_VALUES)))


def _mutate_key(node: dict[str, Any], key: str, rng: random.Random) -> None:
    value = node[key]
    kind = rng.randrange(11)
    if kind <= 2:
        del node[key]
    elif kind == 3 and key != "resourceType":
        node[key] = copy.deepcopy(rng.choice(_VALUES))
    elif kind == 4 and isinstance(value, str) and key != "resourceType":
        node[key] = rng.choice(_STRINGS)
    elif kind == 5 and isinstance(value, str):
        node[key] = value + " " if rng.random() < 0.5 else value.upper()
    elif kind == 6:
        node[key] = (
            [copy.deepcopy(value), value] if not isinstance(value, list) else value[0] if value else None
        )
    elif kind == 7 and not isinstance(value, (dict, list)) and not key.startswith("_"):
        node["_" + key] = {"id": "i", "extension": [{"url": "http://x", "valueCode": "y"}]}
        if rng.random() < 0.5:
            del node[key]
    elif kind == 8:
        other = rng.choice(
            (
                "valueString",
                "valueCode",
                "valueQuantity",
                "display",
                "text",
                "extension",
                "code",
                "identifier",
            )
        )
        node[other] = node.pop(key)
    elif kind == 9 and isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        node[key] = value + 1
    elif kind == 10 and isinstance(value, list):
        node["_" + key] = [{"id": "j"}, None, {"extension": [{"url": "u", "valueString": "v"}]}]


_SAMPLES: dict[str, tuple[Any, ...]] = {
    "boolean": (True, False), "integer": (0, 1, 7), "unsignedInt": (0, 3), "positiveInt": (1, 5),
    "decimal": (Decimal("1.50"), 3, Decimal("-0.1")),
    "date": ("2024", "2024-02", "2024-02-29"), "dateTime": ("2024", "2024-01-05",
    "2024-01-05T10:20:30+01:00", "2024-01-05T10:20:30.5Z"),
    "instant": ("2024-01-05T10:20:30Z",), "time": ("10:20:30", "23:59:59"), "base64Binary": ("AAAA",),
    "oid": ("urn:oid:1.2.3",),
    "uuid": ("urn:uuid:c757873d-ec9a-4326-a141-556f43239520",), "id": ("a1", "b-2"),
    "xhtml": ('<div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div>', "<div>x</div>"),
}  # fmt: skip
_TEXTS = (
    "a", "text", "http://loinc.org", "http://unitsofmeasure.org", "mg", "Patient/a1", "#a1", "active",
    "final", "transaction", "batch",
    "searchset", "history", "current", "http://example.org/x|1", "group", "display", "choice", "value",
    "Patient.name", "a.b", "0..1", "*", "1",
    "PUT", "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
    "http://hl7.org/fhir/StructureDefinition/Patient", "complex-type", "constraint",
)  # fmt: skip


def synthesize(model: Model, name: str, rng: random.Random, depth: int = 0) -> Any:
    """A random instance of a type: every element of the model can occur, values need not make sense
    together."""
    facts = model.types[name]
    if facts.primitive:
        return rng.choice(_SAMPLES.get(name, _TEXTS))
    made: dict[str, Any] = {"resourceType": name} if facts.resource else {}
    chance = (0.75, 0.6, 0.45, 0.3, 0.15)[min(depth, 4)]
    for element in facts.element_list:
        if (
            element.name
            in ("contained", "extension", "modifierExtension", "meta", "implicitRules", "language")
            and rng.random() < 0.8
        ):
            continue
        if element.max == "0" or rng.random() > chance or depth > 6:
            continue
        ref = rng.choice(element.types)
        code = ref.code
        if code in ("Resource", "DomainResource"):
            if depth > 2:
                continue
            code = rng.choice(("Patient", "Observation", "Basic"))
        if code not in model.types:
            continue
        items = [
            synthesize(model, code, rng, depth + 1)
            for _ in range(rng.choice((1, 1, 2, 3)) if element.many else 1)
        ]
        made[element.key_for(ref.code)] = items if element.many else items[0]
    return made


def stu3_corpus(material: Path, mutants: int = 20, sets: Iterable[str] | None = None) -> Corpus:
    """Script expressions and invariants for STU3 over the fixtures, with ``mutants`` per Bundle.

    :param sets: official sets to use, by folder name; all that are there when ``None``.
    :raises script_sets.MissingSets: when one of ``sets`` is absent.
    """
    corpus = Corpus("3.0.2")
    model = corpus.model
    homes = script_sets.folders(material, sets)
    scripts = [corpus.number(text) for text in script_expressions(homes)]
    bundles: list[dict[str, Any]] = []
    singles: list[dict[str, Any]] = []
    for folder in (folder for home in homes for folder in sorted(home.rglob("_reference"))):
        resources = [resource for _, resource in fixtures(folder, model)]
        if resources:
            bundles.append(searchset([r for r in resources if r["resourceType"] != "Bundle"]))
            seen: set[str] = set()
            for resource in resources:
                if resource["resourceType"] not in seen:
                    seen.add(resource["resourceType"])
                    singles.append(resource)
    originals = bundles + singles
    for at, document in enumerate(originals):
        numbers = [len(corpus.documents)]
        corpus.documents.append(document)
        for seed in range(mutants if at < len(bundles) else 3):
            numbers.append(len(corpus.documents))
            share = (0.002, 0.01, 0.03, 0.08, 0.2)[seed % 5]
            corpus.documents.append(mutate(document, 1000 * at + seed, share))
        corpus.jobs += [Job(e, d) for d in numbers for e in scripts]
    corpus.script_jobs = len(corpus.jobs)
    _add_invariants(corpus, material, model)
    return corpus


def _add_invariants(corpus: Corpus, material: Path, model: Model) -> None:
    """Invariants of the base specification and zib2017 at the elements of examples, fixtures and their
    mutants."""
    wanted: dict[str, list[str]] = {}
    for path, constraints in embedded("3.0.2").constraints.items():
        wanted[path] = [c.expression for c in constraints if c.expression]
    for path, _ in ((p, 0) for p in sorted((material / "zib2017").rglob("*.xml"))):
        for place, expression in _profile_constraints(path):
            wanted.setdefault(place, []).append(expression)
    documents = [
        d for d in range(len(corpus.documents)) if corpus.documents[d].get("resourceType") != "Bundle"
    ]
    examples = [resource for _, resource in fixtures(material / "zib2017" / "Examples", model)]
    for at, resource in enumerate(examples):
        for seed in (None, 1, 2):
            documents.append(len(corpus.documents))
            corpus.documents.append(
                resource if seed is None else mutate(resource, 77000 + 10 * at + seed, 0.05)
            )
    for at, name in enumerate(sorted(model.resource_types)):
        for seed in range(12):
            made = synthesize(model, name, random.Random(500_000 + 100 * at + seed))
            documents.append(len(corpus.documents))
            corpus.documents.append(made if seed < 8 else mutate(made, seed, 0.03))
    limit = 100
    done: dict[tuple[str, str], int] = {}
    for number in documents:
        document = corpus.documents[number]
        name = document.get("resourceType")
        if not isinstance(name, str) or name not in model.types:
            continue
        for steps, place in elements(document, name, model):
            for key in dict.fromkeys((place, *model.ancestors(place))):
                for expression in wanted.get(key, ()):
                    count = done.get((key, expression), 0)
                    if count < limit:
                        done[key, expression] = count + 1
                        corpus.jobs.append(Job(corpus.number(expression), number, place, steps))


def _profile_constraints(path: Path) -> Iterator[tuple[str, str]]:
    """``(element path, expression)`` of each constraint in a StructureDefinition."""
    tree = etree.parse(str(path), etree.XMLParser(resolve_entities=False, no_network=True))
    space = {"f": "http://hl7.org/fhir"}
    if tree.getroot().tag != "{http://hl7.org/fhir}StructureDefinition":
        return
    for element in tree.iterfind(".//f:differential/f:element", space):
        place = element.find("f:path", space)
        for expression in element.iterfind("f:constraint/f:expression", space):
            if place is not None:
                yield place.get("value") or "", expression.get("value") or ""


def elements(document: Any, name: str, model: Model, steps: Steps = ()) -> Iterator[tuple[Steps, str]]:
    """Every complex element of a resource with its type name (the path for a backbone element)."""
    if not isinstance(document, dict):
        return
    if isinstance(document.get("resourceType"), str) and document["resourceType"] in model.types:
        name = document["resourceType"]
    yield steps, name
    facts = model.types.get(name)
    if facts is None:
        return
    for key, value in document.items():
        known = facts.key(key)
        if known is None:
            continue
        for at, item in enumerate(value) if isinstance(value, list) else ((None, value),):
            below = (*steps, key) if at is None else (*steps, key, at)
            if isinstance(item, dict):
                yield from elements(item, known.type.code, model, below)


def part(document: Any, steps: Steps) -> Any:
    """The element of a document at ``steps``."""
    for step in steps:
        document = document[step]
    return document
