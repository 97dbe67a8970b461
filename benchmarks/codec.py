"""Codec bars: lossless round trips over all official XML, and speed against fhir.resources in one run.

``python benchmarks/codec.py [--material DIR] [--at DATE] [--limit N] [--json]``. Exit 1 when a bar is missed.

* Every XML resource of the material, placeholders resolved, goes XML -> JSON -> XML and JSON -> XML -> JSON
  and keeps its meaning (element tree, attributes, narrative in canonical form; JSON byte for byte).
* A file may give a finding instead only if the STU3 XSD refuses it too (R4: only listed, no XSD here).
* Reading XML is at least ten times as fast as fhir.resources: mean over all resources that both read
  (examples, fixtures, profiles; not TestScripts, which are no clean STU3, nor HL7's bundles of megabytes).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from lxml import etree

from harness.core.tdates import TDates
from harness.fhir.codec.documents import Limits, parse, to_json, to_xml
from harness.fhir.model.types import Model, load_model

LIMITS = Limits(size=256 * 1024 * 1024)
XHTML = "{http://www.w3.org/1999/xhtml}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


@dataclass(frozen=True)
class Source:
    """One XML resource of the material: its name, bytes with placeholders resolved, and FHIR version."""

    name: str
    data: bytes
    version: str


@dataclass
class Outcome:
    """Counts and times of a run. Times are mean milliseconds per resource."""

    files: int = 0
    round_trips: int = 0
    findings: int = 0
    findings_r4: list[str] = field(default_factory=list)
    findings_not_refused_by_xsd: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    speed_files: int = 0
    read_xml_ms: float = 0.0
    write_xml_ms: float = 0.0
    read_json_ms: float = 0.0
    write_json_ms: float = 0.0
    fhir_resources_read_xml_ms: float = 0.0
    fhir_resources_refused: int = 0
    ratio: float = 0.0

    def passed(self) -> bool:
        """Whether all bars are met."""
        return not self.lost and not self.findings_not_refused_by_xsd and (not self.ratio or self.ratio >= 10)


def sources(material: Path, at: date) -> Iterator[Source]:
    """All XML resources of the material, also those inside HL7's archive."""
    dates = TDates(at)
    for path in sorted(material.rglob("*.xml")):
        parts = path.relative_to(material).parts
        if path.name == "tests-fhir-r4.xml":
            continue  # a list of FHIRPath tests, not a resource
        data = path.read_bytes()
        if b"${" in data:
            data = dates.resolve(data.decode("utf-8-sig")).encode()
        yield Source("/".join(parts), data, "4.0.1" if parts[0] == "fhirpath-tests-r4" else "3.0.2")
    for path in sorted(material.glob("hl7-stu3/*.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".xml"):
                    yield Source(f"{path.name}/{name}", archive.read(name), "3.0.2")


def meaning(node: Any) -> Any:
    """What an XML element says: tag, attributes without ``xsi:``, children in order, canonical narrative."""
    if node.tag.startswith(XHTML):
        return etree.tostring(node, method="c14n2", with_tail=False)
    attributes = tuple(sorted((k, v) for k, v in node.attrib.items() if not k.startswith(XSI)))
    return node.tag, attributes, (node.text or "").strip(), tuple(meaning(child) for child in node)


def tree(data: bytes) -> Any:
    """Parsed XML without comments and processing instructions."""
    return etree.fromstring(data, etree.XMLParser(remove_comments=True, remove_pis=True, huge_tree=True))


def lost_in_round_trip(data: bytes, model: Model) -> str:
    """What a round trip loses, ``""`` when nothing; only for documents without defects."""
    document = parse(data, model=model, limits=LIMITS)
    xml = to_xml(document.resource, model)
    if meaning(tree(xml)) != meaning(tree(data)):
        return "XML -> JSON -> XML"
    text = to_json(document.resource)
    back = parse(text, model=model, limits=LIMITS)
    if back.issues or to_json(back.resource) != text:
        return "JSON -> JSON"
    again = parse(to_xml(back.resource, model), model=model, limits=LIMITS)
    if again.issues or to_json(again.resource) != text:
        return "JSON -> XML -> JSON"
    pretty = parse(to_xml(back.resource, model, pretty=True), model=model, limits=LIMITS)
    return "" if not pretty.issues and to_json(pretty.resource) == text else "pretty XML"


def schema(material: Path) -> Any:
    """The STU3 XSD of HL7's archive."""
    with (
        tempfile.TemporaryDirectory() as folder,
        zipfile.ZipFile(next(material.glob("hl7-stu3/*.zip"))) as archive,
    ):
        for name in ("fhir-single.xsd", "fhir-xhtml.xsd", "xml.xsd"):
            archive.extract(name, folder)
        return etree.XMLSchema(
            etree.parse(str(Path(folder) / "fhir-single.xsd"), etree.XMLParser(huge_tree=True))
        )


def round_trips(found: list[Source], xsd: Any, outcome: Outcome) -> list[Source]:
    """Round trip of every source; returns those without defects."""
    clean = []
    for source in found:
        outcome.files += 1
        model = load_model(source.version)
        document = parse(source.data, model=model, limits=LIMITS)
        if document.issues:
            line = f"{source.name}: {document.issues[0].rule} {document.issues[0].path}"
            if source.version != "3.0.2":
                outcome.findings_r4.append(line)
                continue
            outcome.findings += 1
            if xsd.validate(tree(source.data)):
                outcome.findings_not_refused_by_xsd.append(line)
            continue
        what = lost_in_round_trip(source.data, model)
        if what:
            outcome.lost.append(f"{source.name}: {what}")
            continue
        outcome.round_trips += 1
        clean.append(source)
    return clean


def timed(work: Callable[[Any], Any], items: list[Any], rounds: int) -> float:
    """Mean milliseconds per item, best of ``rounds`` passes."""
    passes = []
    for _ in range(rounds):
        start = time.perf_counter()
        for item in items:
            work(item)
        passes.append(time.perf_counter() - start)
    return min(passes) / max(len(items), 1) * 1000


def speed(found: list[Source], outcome: Outcome, rounds: int) -> None:
    """Times of the codec and of fhir.resources over the fixtures that both can read."""
    from fhir.resources.STU3 import get_fhir_model_class

    model = load_model("3.0.2")
    cases = []
    for source in found:
        kind = parse(source.data, model=model).resource["resourceType"]
        try:
            get_fhir_model_class(kind).model_validate_xml(source.data)
        except Exception:
            outcome.fhir_resources_refused += 1
            continue
        cases.append((get_fhir_model_class(kind), source.data))
    outcome.speed_files = len(cases)
    data = [body for _, body in cases]
    resources = [parse(body, model=model).resource for body in data]
    texts = [to_json(resource) for resource in resources]
    outcome.read_xml_ms = timed(lambda body: parse(body, model=model), data, rounds)
    outcome.write_xml_ms = timed(lambda resource: to_xml(resource, model), resources, rounds)
    outcome.read_json_ms = timed(lambda body: parse(body, model=model), texts, rounds)
    outcome.write_json_ms = timed(to_json, resources, rounds)
    outcome.fhir_resources_read_xml_ms = timed(
        lambda case: case[0].model_validate_xml(case[1]), cases, rounds
    )
    outcome.ratio = outcome.fhir_resources_read_xml_ms / outcome.read_xml_ms


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    default = Path(
        os.environ.get("HARNESS_MATERIAL", Path(__file__).resolve().parent.parent.parent / "shared/material")
    )
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--material", type=Path, default=default)
    parser.add_argument("--at", type=date.fromisoformat, default=date(2026, 3, 1))
    parser.add_argument(
        "--limit", type=int, default=0, help="take every n-th fixture so that about N are timed"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    outcome = Outcome()
    found = list(sources(options.material, options.at))
    clean = round_trips(found, schema(options.material), outcome)
    fixtures = [s for s in clean if s.version == "3.0.2" and ".zip/" not in s.name]
    step = max(1, len(fixtures) // options.limit) if options.limit else 1
    speed(fixtures[::step], outcome, options.rounds)
    if options.json:
        print(json.dumps(asdict(outcome)))
        return 0 if outcome.passed() else 1
    size = statistics.mean(len(s.data) for s in fixtures) / 1024
    print(f"XML resources                          {outcome.files:>8}")
    print(f"  round trip without loss              {outcome.round_trips:>8}")
    print(f"  finding instead (XSD refuses too)    {outcome.findings:>8}")
    print(f"  finding that the XSD does not share  {len(outcome.findings_not_refused_by_xsd):>8}   bar 0")
    print(f"  lost something                       {len(outcome.lost):>8}   bar 0")
    print(f"timed fixtures (mean {size:.1f} kB)         {outcome.speed_files:>8}")
    print(f"  read XML                             {outcome.read_xml_ms:>8.3f} ms")
    print(f"  fhir.resources reads XML             {outcome.fhir_resources_read_xml_ms:>8.3f} ms")
    print(f"  ratio                                {outcome.ratio:>8.1f}   bar 10")
    print(f"  write XML                            {outcome.write_xml_ms:>8.3f} ms")
    print(f"  read JSON                            {outcome.read_json_ms:>8.3f} ms")
    print(f"  write JSON                           {outcome.write_json_ms:>8.3f} ms")
    print(f"R4 findings (no XSD here)              {len(outcome.findings_r4):>8}")
    for line in [*outcome.findings_r4, *outcome.findings_not_refused_by_xsd, *outcome.lost][:20]:
        print("  -", line)
    return 0 if outcome.passed() else 1


if __name__ == "__main__":
    sys.exit(main())
