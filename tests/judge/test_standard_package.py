"""A standard that a package outside this repository brings: queries, requirements, judges and faults of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "__init__.py": "",
    "standard.yaml": """\
id: wondzorg-1.0
prefix: WZ
short: wz
letter: W
title: {nl: "Wondzorg 1.0", en: "Wound care 1.0"}
name: {nl: Wondzorg, en: Wound care}
fhir_version: "3.0"
collect: {id: "970", name: "Wondzorg", roles: [WZ-1.0-WZB-FHIR]}
official: []
targets: {plain: wz-wounds}
judges: [wondzorg.judges]
faults: [wondzorg.defects]
default: false
groups: {wounds: {scenario: collecting, title: {nl: Wonden, en: Wounds}}}
profiles: ["http://nictiz.nl/fhir/StructureDefinition/zib-Problem"]
""",
    "queries.yaml": "queries:\n  - {operation: wz-wounds, method: GET, path: Condition, params: []}\n",
    "requirements.yaml": """\
defaults: {source: "own sheet", topic: value, group: wounds, mark: S, role: his, depends: [his, standard], strength: MUST, kind: automatic, state: active}
requirements:
  - {id: WZ-WND-001, title: {nl: Elke wond heeft een plaats, en: Every wound has a place}}
  - id: WZ-WND-002
    title: {nl: Elke wond heeft een code, en: Every wound has a code}
    check: {kind: present, operations: [wz-wounds], elements: [code]}
""",
    "faults.yaml": """\
faults:
  - {name: wound-nowhere, role: his, kills: [WZ-WND-001], on: [wz-wounds], title: {nl: geen plaats, en: no place}}
  - {name: wound-uncoded, role: his, kills: [WZ-WND-002], on: [wz-wounds], change: {set: {code: null}},
     title: {nl: geen code, en: no code}}
""",
    "judges.py": """\
from harness.judge.every_standard.content import each_match, lacks
from harness.judge.registry import judge


@judge("WZ-WND-001")
def place(view):
    return each_match(view, "WZ-WND-001", "wz-wounds", lacks("bodySite"), "Condition.bodySite")
""",
    "defects.py": """\
from harness.network.faults.registry import his_fault


@his_fault("wound-nowhere")
def nowhere(answer):
    answer.matches()[0].pop("bodySite", None)
""",
}
PROGRAM = """
import json
from harness.core.standards.faults import faults
from harness.core.standards.table import default_standards
from harness.judge.catalogue import load_catalogue
from harness.judge.registry import judge_of
from harness.network.faults import his
mine = [item for item in load_catalogue() if item.standard == "wondzorg-1.0"]
print(json.dumps({
    "ids": [item.id for item in mine],
    "unjudged": [item.id for item in mine if judge_of(item) is None],
    "killers": {item.id: item.faults for item in mine},
    "known": sorted({"wound-nowhere", "wound-uncoded"} & his.names()),
    "default": "wondzorg-1.0" in default_standards(),
}))
"""


def test_a_package_brings_a_whole_standard(tmp_path):
    package = tmp_path / "wondzorg"
    package.mkdir()
    for name, text in FILES.items():
        (package / name).write_text(text, encoding="utf-8")
    info = tmp_path / "wondzorg-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wondzorg\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[medmij_harness.standards]\nwondzorg = wondzorg\n")
    path = f"import sys; sys.path[:0] = {[str(ROOT), str(tmp_path)]!r}\n"
    done = subprocess.run([sys.executable, "-c", path + PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["unjudged"] == []
    assert {"WZ-GEN-001", "WZ-GEN-022", "WZ-REQ-003", "WZ-WND-001", "WZ-WND-002"} <= set(said["ids"])
    assert said["killers"]["WZ-GEN-001"] == ["search-status-500"]
    assert said["killers"]["WZ-WND-001"] == ["wound-nowhere"]
    assert said["known"] == ["wound-nowhere", "wound-uncoded"]
    assert said["default"] is False
