"""Writes ``harness/fhir/data/*/summary.json``: which elements of each resource type are in its summary.

::

    python scripts/summary_facts.py 3.0.2 DEFINITIONS.zip        # HL7's definitions archive
    python scripts/summary_facts.py 4.0.1 ARCHIVE                # any archive with profiles-resources.xml

Per type: the paths below the type that are marked ``isSummary``, and the top elements marked ``isModifier``,
which a server leaves in whatever a client asks for. From the snapshots of the base definitions.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from harness.fhir.model.types import DATA, FOLDERS, load_model

NS = "{http://hl7.org/fhir}"
FILE = "profiles-resources.xml"


def value(element: etree._Element, name: str) -> str:
    """The ``value`` of a FHIR child element."""
    child = element.find(NS + name)
    return "" if child is None else child.get("value", "")


def definitions(archive: Path) -> Iterator[etree._Element]:
    """The StructureDefinitions of an archive."""
    with zipfile.ZipFile(archive) as opened:
        name = next(item for item in opened.namelist() if item.rpartition("/")[2] == FILE)
        with opened.open(name) as file:
            yield from etree.parse(file).iter(NS + "StructureDefinition")


def facts(archive: Path, version: str) -> dict[str, dict[str, list[str]]]:
    """Summary and modifier elements by resource type."""
    known = load_model(version).resource_types
    found: dict[str, dict[str, list[str]]] = {}
    for definition in definitions(archive):
        kind = value(definition, "type")
        if kind not in known or value(definition, "derivation") == "constraint":
            continue
        snapshot = definition.find(NS + "snapshot")
        if snapshot is None:
            continue
        elements = [(value(item, "path").partition(".")[2], item) for item in snapshot.iter(NS + "element")]
        found[kind] = {
            "summary": [
                path
                for path, item in elements
                if path and value(item, "isSummary") == "true" and not path.endswith(".modifierExtension")
            ],
            "modifier": [
                path
                for path, item in elements
                if path and "." not in path and value(item, "isModifier") == "true"
            ],
        }
    return dict(sorted(found.items()))


def main() -> None:
    """Write the facts of one version."""
    version, archive = sys.argv[1], Path(sys.argv[2])
    found = facts(archive, version)
    lines = (f"{json.dumps(kind)}:{json.dumps(item, separators=(',', ':'))}" for kind, item in found.items())
    target = DATA / FOLDERS[version] / "summary.json"
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{target}: {len(found)} types")


if __name__ == "__main__":
    main()
