"""The official sets of the standards, both roles, against our own server and PGO, with profile validation."""

from __future__ import annotations

import json
import shutil
from datetime import date

import pytest
from lxml import etree

from harness.core.standards.table import standards
from harness.core.verdicts import Verdict
from harness.testscript.own.server import OwnServers
from harness.testscript.plan.items import collect
from harness.testscript.plan.plan import Plan
from harness.testscript.plan.validators import ProfileChecks
from harness.testscript.read.requirements import requirements_of
from harness.testscript.read.sets import is_reference
from harness.testscript.run.own import run_self

pytestmark = pytest.mark.official

SETS = [name for item in standards().values() for name in item.official]


def execute(folder, t, packages=()):
    plan = Plan(t, profiles=ProfileChecks(packages), requirements=requirements_of)
    servers = OwnServers(plan.t)
    return [run_self(item, plan, servers) for item in collect([folder], plan)]


@pytest.mark.parametrize("name", SETS)
def test_all_scripts_pass_with_the_official_packages(material, t, name):
    packages = (str(material / "zib2017"), str(material / "eafspraak"))
    folder = material / "nictiz-testscripts" / "STU3" / name
    results = execute(folder, t, packages)
    files = [path.relative_to(folder) for path in folder.rglob("*.xml")]
    assert len(results) == sum(not any(part.startswith("_") for part in file.parts) for file in files) > 0
    wrong = [(r.file, r.verdict.value, r.findings[:1]) for r in results if r.verdict is not Verdict.PASS]
    assert not wrong


def test_the_test_data_is_invariant_in_t(material):
    for t in (date(2024, 2, 29), date(2025, 12, 31), date(2031, 8, 31)):
        plan = Plan(t, profiles=ProfileChecks(enabled=False))
        servers = OwnServers(plan.t)
        items = collect([material / "nictiz-testscripts" / "STU3" / "GenPractData-2-0"], plan)
        items += collect([material / "nictiz-testscripts" / "STU3" / "eAppointment-2-0"], plan)
        bad = [
            r
            for item in items
            for r in [run_self(item, plan, servers)]
            if r.asserts["fail"] or r.asserts["error"]
        ]
        assert not bad, (t, bad[0].findings)


def test_official_scripts_are_mapped_to_requirements(material, t):
    plan = Plan(t)
    items = collect([material / "nictiz-testscripts" / "STU3" / "GenPractData-2-0"], plan)
    without = [item.file for item in items if not requirements_of(item.script)]
    assert not without


def in_json(element):
    """An element as FHIR JSON has it: ids beside primitives in ``_name``."""
    node = {name: element.get(name) for name in ("id", "url") if element.get(name) is not None}
    for child in element.iterchildren("*"):
        name, stated = etree.QName(child).localname, child.get("value")
        values, beside = node.setdefault(name, []), node.setdefault(f"_{name}", [])
        plain = stated is not None and not len(child)
        values.append(stated if plain else in_json(child))
        beside.append({"id": child.get("id")} if plain and child.get("id") else None)
    return {key: value for key, value in node.items() if not key.startswith("_") or any(value)}


def of_2026(script):
    """The script as newer publishers write it: parties by profile code, rules by Conformancelab's names, no
    tokens of its own."""
    text = json.dumps(script).replace(TOUCHSTONE, CONFORMANCELAB)
    script = json.loads(text)
    for variable in script.get("variable", []):
        if "token" in variable["name"][0]:
            variable.pop("defaultValue", None)
    server = "Server" in script["path"]
    codes = ("Conformancelab-Client", "FHIR-Server") if server else ("FHIR-Client", "Conformancelab-Server")
    for kind, code in zip(("origin", "destination"), codes, strict=True):
        script[kind][0].pop("extension", None)
        script[kind][0]["profile"] = [{"code": [code]}]
    return script


TOUCHSTONE = "http://touchstone.aegis.net/touchstone/fhir/testing/StructureDefinition/testscript-"
CONFORMANCELAB = "http://fhir.interoplab.eu/fhir/StructureDefinition/Interoplab-CL-ext-"


@pytest.mark.parametrize("change", [None, of_2026], ids=["as it is", "of 2026"])
def test_official_scripts_say_the_same_in_json(material, t, tmp_path, change):
    source = material / "nictiz-testscripts" / "STU3" / "eAppointment-2-0"
    folder = tmp_path / "STU3" / source.name
    shutil.copytree(source, folder)
    shutil.copy(material / "nictiz-testscripts" / "QualificationTokens.json", tmp_path)
    for file in [path for path in folder.rglob("*.xml") if not is_reference(path, folder)]:
        script = {"resourceType": "TestScript", **in_json(etree.parse(file).getroot())}
        if change is not None:
            script = change({**script, "path": str(file)})
            del script["path"]
        file.with_suffix(".json").write_text(json.dumps(script))
        file.unlink()

    def said(place):
        return {r.file.rpartition(".")[0]: (r.verdict, r.asserts, r.title, r.side) for r in execute(place, t)}

    assert said(folder) == said(source)
