"""TestScripts from elsewhere: does each end in the right class of outcome, and how long does it take?

::

    python benchmarks/foreign_scripts.py [--version STU3|R4|both] [--resources N] [--json] [--show]

Two kinds of material that nobody wrote for this harness:

* the example scripts of HL7 (STU3 and R4), as they are;
* scripts generated from the example *resources* of HL7: each is put, read, searched and deleted, in JSON and XML,
  with asserts whose truth follows from the resource; then with a false assert, against a server with a deliberate
  fault, and with a mistake in the script.

The right class is known by construction: ``pass``, ``fail`` of the product, ``error`` of the script, of the
configuration or of the harness, ``inconclusive``, ``disputed``. Bar: >= 97 %, no failure of the product that is not
the product's, 2,500 scripts <= 150 s. The packages are fetched with ``npm pack`` (pinned, hashed) into
``benchmarks/.cache``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import msgspec

from harness.core.verdicts import Verdict
from harness.fhir.codec import documents as codec
from harness.fhir.model.types import Model, load_model
from harness.fhir.server.options import ServerOptions, open_access
from harness.fhir.server.service import FhirServer
from harness.fhir.validation import Validator
from harness.testscript.execute.execution import Execution, drive
from harness.testscript.execute.transport import in_process
from harness.testscript.outcome.results import ScriptResult
from harness.testscript.own.server import parameters_for
from harness.testscript.plan.plan import Plan
from harness.testscript.plan.validators import ProfileChecks
from harness.testscript.read.errors import ScriptError
from harness.testscript.read.script import load_script

HERE = Path(__file__).resolve().parent
CACHE = HERE / ".cache" / "hl7-examples"
PACKAGES = {
    "STU3": (
        "hl7.fhir.r3.examples",
        "3.0.2",
        "ebe6e5220a6aff2da952f3bc0fe1c83122d38dde2de0ae020a0337b45824ba78",
    ),
    "R4": (
        "hl7.fhir.r4.examples",
        "4.0.1",
        "dce87f1b5b9341867033f7d1f544fa1b5232503f6d62813887ac6b8a8b6cb682",
    ),
}
BAR, SCRIPTS, SECONDS = 97.0, 2_500, 150.0
BASE = "https://server.example/fhir"
T = date(2026, 3, 1)

HL7: dict[str, dict[str, str]] = {
    "testscript-example": {"*": "pass"},
    "testscript-example-history": {"*": "disputed/specification"},
    "testscript-example-multisystem": {"*": "pass"},
    "testscript-example-readtest": {"*": "disputed/specification"},
    "testscript-example-rule": {"*": "error/harness"},
    "testscript-example-search": {"*": "pass"},
    "testscript-example-update": {"*": "disputed/specification"},
}
"""Right class of each example script of HL7. The disputed ones are in the ledger; rules have no engine here."""
INPUT = {"PatientSearchFamilyName": "Chalmers", "PatientSearchGivenName": "Peter"}


def package(version: str) -> Path:
    """The unpacked examples of a FHIR version, fetched when they are not there yet."""
    name, number, digest = PACKAGES[version]
    folder = CACHE / f"{name}-{number}"
    if folder.is_dir():
        return folder
    if not shutil.which("npm"):
        raise SystemExit(f"{name} is not in {CACHE}, and there is no npm to fetch it with")
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["npm", "pack", "-s", f"{name}@{number}"], cwd=scratch, check=True)
        archive = next(Path(scratch).glob("*.tgz"))
        if hashlib.sha256(archive.read_bytes()).hexdigest() != digest:
            raise SystemExit(f"{archive.name} is not the one that was pinned")
        staging = Path(scratch, "unpacked")
        with tarfile.open(archive) as opened:
            opened.extractall(staging, filter="data")
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(staging / "package", folder)
    return folder


@dataclass(frozen=True)
class Made:
    """A script with what is known of it.

    :ivar text: the script as XML or JSON.
    :ivar right: the right class: a verdict, and whose side it is on where that is not plain.
    :ivar fixtures: files beside it.
    :ivar faults: deliberate faults of the server.
    """

    name: str
    text: str
    right: str
    fixtures: tuple[tuple[str, bytes], ...] = ()
    faults: frozenset[str] = frozenset()
    suffix: str = ".xml"


# -- generated scripts


def element(name: str, text: str) -> str:
    return f"<{name} value={quoteattr(text)}/>"


def operation(code: str, kind: str = "", **more: str) -> str:
    parts = [f"<type><code value={quoteattr(code)}/></type>", element("resource", kind) if kind else ""]
    return f"<action><operation>{''.join(parts)}{''.join(element(k, v) for k, v in more.items())}</operation></action>"


def check(**more: str) -> str:
    return f"<action><assert>{''.join(element(k, v) for k, v in more.items())}</assert></action>"


def script(name: str, fixture: str, blocks: str, *, extra: str = "", auto: bool = True) -> str:
    """A TestScript with one fixture."""
    flags = element("autocreate", "true") + element("autodelete", "true") if auto else ""
    return (
        f'<TestScript xmlns="http://hl7.org/fhir">{element("id", name)}{element("url", f"urn:x:{name}")}'
        f"{element('name', name)}{element('status', 'active')}"
        f'<fixture id="it">{flags}<resource>{element("reference", fixture)}</resource></fixture>'
        f'<profile id="base"><reference value="http://hl7.org/fhir/StructureDefinition/@KIND@"/></profile>'
        f"{extra}<variable>{element('name', 'id')}{element('path', '@KIND@/id')}{element('sourceId', 'it')}</variable>"
        f"{blocks}</TestScript>"
    )


def leaves(node: Any, path: str, xpath: str) -> Iterator[tuple[str, str, Any]]:
    """FHIRPath, XPath and value of the primitives of a resource that a path leads to alone."""
    if isinstance(node, dict):
        if "." in path and isinstance(node.get("resourceType"), str):
            xpath += f"/fhir:{node['resourceType']}"
        for key, value in node.items():
            if key == "id" and "resourceType" not in node:
                continue  # an attribute in XML
            if key.startswith("_") or key in (
                "resourceType",
                "div",
                "contained",
                "extension",
                "modifierExtension",
            ):
                continue
            yield from leaves(value, f"{path}.{key}", f"{xpath}/fhir:{key}")
    elif isinstance(node, list):
        for number, item in enumerate(node):
            yield from leaves(item, f"{path}[{number}]", f"{xpath}[{number + 1}]")
    elif isinstance(node, (str, bool, int, Decimal)):
        yield path, xpath, node


def shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def choice_paths(paths: list[tuple[str, str, Any]], model: Model, kind: str) -> list[tuple[str, str, Any]]:
    """Without what a FHIRPath spells otherwise than JSON does (choices), or asserts cannot quote."""
    choices = {key for facts in model.types.values() for element in facts.element_list if element.choice
               for key in element.keys}  # fmt: skip
    return [
        item
        for item in paths
        if not choices & {part.partition("[")[0] for part in item[0].split(".")[1:]}
        and (
            not isinstance(item[2], str)
            or (item[2].isprintable() and "${" not in item[2] and item[2].strip() == item[2])
        )
    ]


def generated(
    resource: dict[str, Any], model: Model, validator: Validator, form: str, rng: random.Random
) -> Iterator[Made]:
    """The scripts about one resource."""
    kind, identity = resource["resourceType"], resource["id"]
    data = codec.to_json(resource) if form == "json" else codec.to_xml(resource, model)
    again = codec.parse(data, format=form, model=model)  # type: ignore[arg-type]
    stem = f"{kind}-{identity}-{form}"
    fixture = (f"{stem}.{form}", data)
    facts = choice_paths(list(leaves(again.resource, kind, f"fhir:{kind}")), model, kind)
    facts = [item for item in facts if ".meta" not in item[0]]
    if again.fatal or not facts:
        return
    path, xpath, value = rng.choice(facts)
    text = shown(value)
    accept = {"accept": form, "contentType": form}
    read = operation("read", kind, targetId="it", responseId="got", **accept)
    found = operation("search", kind, params="?_id=${id}", **accept)
    sound = not [
        issue for issue in validator.validate(again.resource, declared=False) if issue.severity == "error"
    ]
    good = [
        check(response="okay"), check(responseCode="200,201", operator="in"), check(resource=kind),
        check(contentType=form), check(requestMethod="get", direction="request"), check(minimumId="it"),
        check(headerField="Content-Type", operator="contains", value=form),
        check(expression=path, value=text), check(path=f"{xpath}/@value", value=text),
        check(expression=f"{path}.exists()"), check(expression=f"{kind}.id", value=identity),
        check(compareToSourceId="it", compareToSourceExpression=path, operator="equals"),
        check(compareToSourceId="it", compareToSourcePath=f"{xpath}/@value", path=f"{xpath}/@value"),
        check(sourceId="got", expression=f"{kind}.id", value=identity),
    ]  # fmt: skip
    if sound and kind not in ("Bundle", "Parameters"):
        good.append(check(validateProfileId="base"))
    pages = [check(response="okay"), check(resource="Bundle"), check(navigationLinks="true"),
             check(expression="Bundle.total", value="1"), check(path="fhir:Bundle/fhir:type/@value", value="searchset"),
             check(expression=f"Bundle.entry.resource.where(is({kind})).count() = 1")]  # fmt: skip
    bad = [
        check(expression=path, value=text + "x"), check(path=f"{xpath}/@value", value=text + "x"),
        check(expression=f"{path}.empty()"), check(response="created"), check(resource="Account" if kind != "Account" else "Patient"),
        check(contentType="xml" if form == "json" else "json"), check(requestMethod="post", direction="request"),
        check(expression=path, operator="notEquals", value=text), check(headerField="Content-Type", value="text/plain"),
        check(responseCode="404"), check(expression=f"{kind}.id", operator="in", value="a,b"),
    ]  # fmt: skip

    def made(
        name: str, right: str, body: str, *, faults: str = "", extra: str = "", file: str = fixture[0]
    ) -> Made:
        whole = script(f"{stem}-{name}".lower()[:64], file, body, extra=extra).replace("@KIND@", kind)
        return Made(
            f"{stem}-{name}", whole, right, (fixture,), frozenset((faults,)) if faults else frozenset()
        )

    whole = f"<test>{read}{''.join(good)}</test><test>{found}{''.join(pages)}</test>"
    yield made("pass", "pass", whole)
    yield made("fail", "fail/product", f"<test>{read}{check(response='okay')}{rng.choice(bad)}</test>")
    fault, victim = rng.choice([
        ("status-500", check(response="okay")), ("wrong-content-type", check(contentType=form)),
        ("truncated-body", check(resource=kind)), ("no-etag", check(headerField="ETag", operator="notEmpty")),
    ])  # fmt: skip
    setup = f"<test>{operation('update', kind, targetId='it', sourceId='it', **accept)}{read}{victim}</test>"
    whole = script(f"{stem}-fault".lower()[:64], fixture[0], setup, auto=False).replace("@KIND@", kind)
    yield Made(f"{stem}-{fault}", whole, "fail/product", (fixture,), frozenset((fault,)))
    yield made(
        "total",
        "fail/product",
        f"<test>{found}{check(expression='Bundle.total', value='1')}</test>",
        faults="total-too-high",
    )
    mistakes = [
        ("error/specification", read + check(expression=f"{kind}.where(")),
        ("error/specification", read + check(expression=f"{kind}.nonsense()")),
        ("error/specification", read + check(path=f"fhir:{kind}[")),
        ("error/specification", read + check(sourceId="nobody", expression="id")),
        ("error/specification", read + check(validateProfileId="undeclared")),
        ("error/specification", read + check(minimumId="nobody")),
        ("error/specification", operation("read", kind, targetId="nobody")),
        ("error/specification", operation("update", kind, params="/${id}")),
        ("error/configuration", operation("read", kind, params="/${nobody}")),
        ("error/harness", operation("leap", kind)),
        ("error/harness", read + check(path="$.id")),
        ("error/harness", read + "<action><assert><rule><ruleId value='x'/></rule></assert></action>"),
        ("error/harness", read + check(expression=f"{kind}.id", operator="resembles", value="x")),
    ]  # fmt: skip
    right, body = rng.choice(mistakes)
    yield made("mistake", right, f"<test>{body}</test>")
    if rng.random() < 0.3:
        yield made("lost", "error/configuration", f"<test>{read}</test>", file="lost.xml")
        waits = f"<variable>{element('name', 'who')}{element('hint', 'a name')}</variable>"
        yield made(
            "waits",
            "inconclusive/configuration",
            f"<test>{operation('read', kind, params='/${who}')}</test>",
            extra=waits,
        )
    if sound and rng.random() < 0.3:
        other = read + check(validateProfileId="other")
        profile = (
            '<profile id="other"><reference value="http://unknown.example/StructureDefinition/x"/></profile>'
        )
        yield made("profile", "inconclusive/harness", f"<test>{other}</test>", extra=profile)


# -- running


class Runner:
    """Runs scripts against a fresh server each."""

    def __init__(self, version: str) -> None:
        self.model = load_model(version)
        self.plan = Plan(T, profiles=ProfileChecks(), overrides=dict(INPUT))

    def run(self, made: Made, folder: Path, store: list[dict[str, Any]]) -> ScriptResult | ScriptError:
        """The result of one script; its files are written to a folder."""
        for name, data in made.fixtures:
            (folder / name).write_bytes(data)
        file = folder / f"script{made.suffix}"
        file.write_text(made.text, encoding="utf-8")
        loaded = load_script(file)
        loaded = replace(
            loaded, info=replace(loaded.info, fhir_version="R4" if self.model.version[0] == "4" else "STU3")
        )
        options = ServerOptions(base_url=BASE, faults=made.faults, validate_writes="off")
        server = FhirServer(
            self.model, parameters_for(loaded.info.fhir_version), options=options, authorize=open_access
        )
        server.load(store)
        send = in_process(server.handle)
        execution = Execution(loaded, self.plan.settings(loaded, BASE, BASE, self.model))
        drive(execution, {"server": send, "own": send})
        return execution.result()


def class_of(result: ScriptResult) -> str:
    """Verdict, and whose side it is on where it is none of the plain ones."""
    if result.verdict is Verdict.PASS:
        return "pass"
    worst = next((item for item in result.findings if item.verdict is result.verdict), None)
    blame = worst.blame.value if worst is not None and worst.blame is not None else "-"
    return f"{result.verdict.value}/{blame}"


def examples(folder: Path) -> Iterator[dict[str, Any]]:
    """The example resources of a package that a script can put and read: with a valid id, no definitions."""
    definitions = ("StructureDefinition", "ValueSet", "CodeSystem", "SearchParameter", "DataElement", "TestScript",
                   "OperationDefinition", "ConceptMap", "CompartmentDefinition", "ImplementationGuide", "Binary",
                   "Parameters", "CapabilityStatement")  # fmt: skip
    for file in sorted(folder.glob("*.json")):
        if file.name.startswith((".", "package")) or file.stat().st_size > 200_000:
            continue
        try:
            found = msgspec.json.decode(file.read_bytes().removeprefix(b"\xef\xbb\xbf"), type=dict[str, Any])
        except msgspec.DecodeError:
            continue
        kind, identity = found.get("resourceType"), found.get("id")
        if (
            isinstance(kind, str)
            and kind not in definitions
            and isinstance(identity, str)
            and len(identity) <= 64
        ):
            yield found


PATIENTS = [
    {
        "resourceType": "Patient",
        "id": "example",
        "name": [{"family": "Chalmers", "given": ["Peter", "James"]}],
    },
    {"resourceType": "Patient", "id": "pat1", "name": [{"family": "Donald", "given": ["Duck"]}]},
]


def official(folder: Path, version: str) -> Iterator[Made]:
    """The example scripts of HL7, each with the two Patients that they name."""
    fixtures = tuple((f"Patient-{item['id']}.json", codec.to_json(item)) for item in PATIENTS)
    for file in sorted(folder.glob("TestScript-*.json")):
        text = file.read_text(encoding="utf-8-sig")
        name = json.loads(text)["id"]
        yield Made(f"hl7-{name}", text, HL7[name].get(version, HL7[name]["*"]), fixtures, suffix=".json")


def measure(version: str, limit: int) -> dict[str, Any]:
    """Run everything of one version."""
    folder, runner = package(version), Runner(version)
    validator = Validator(version=runner.model.version)
    rng = random.Random(20260301)
    chosen = list(examples(folder))
    rng.shuffle(chosen)
    scripts = list(official(folder, version))
    for resource in chosen[:limit]:
        document = codec.parse(codec.to_json(resource), format="json", model=runner.model)
        if document.fatal or any(issue.severity == "error" for issue in document.issues):
            continue
        for form in ("json", "xml"):
            scripts += generated(document.resource, runner.model, validator, form, rng)
    wrong: list[dict[str, Any]] = []
    spent, outcomes = 0.0, Counter()
    with tempfile.TemporaryDirectory() as scratch:
        for number, made in enumerate(scripts):
            place = Path(scratch, str(number))
            place.mkdir()
            started = time.process_time()
            result = runner.run(made, place, PATIENTS if made.name.startswith("hl7-") else [])
            spent += time.process_time() - started
            outcomes[got := class_of(result)] += 1
            if got != made.right:
                first = next((item for item in result.findings if item.verdict is result.verdict), None)
                wrong.append({"script": made.name, "right": made.right, "got": got,
                              "received": first.received if first else "", "action": first.where.action if first else ""})  # fmt: skip
    false = [item for item in wrong if item["got"] == "fail/product"]
    return {
        "version": version, "scripts": len(scripts), "right": round(100 * (1 - len(wrong) / len(scripts)), 2),
        "false_product_failures": len(false), "seconds_per_2500": round(spent / len(scripts) * SCRIPTS, 1),
        "outcomes": dict(sorted(outcomes.items())), "wrong": wrong,
    }  # fmt: skip


def main() -> int:
    """Run the benchmark; exit 1 when the bar is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", choices=("STU3", "R4", "both"), default="both")
    parser.add_argument("--resources", type=int, default=200, help="example resources per version")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--show", action="store_true", help="list what ended in the wrong class")
    options = parser.parse_args()
    rows = [
        measure(version, options.resources)
        for version in (("STU3", "R4") if options.version == "both" else (options.version,))
    ]
    ok = all(
        row["right"] >= BAR and not row["false_product_failures"] and row["seconds_per_2500"] <= SECONDS
        for row in rows
    )
    if options.json:
        print(json.dumps({"rows": rows, "pass": ok}))
        return 0 if ok else 1
    for row in rows:
        print(f"{row['version']:5} {row['scripts']:5} scripts, right class {row['right']} % (bar {BAR}), "
              f"product failures that are not: {row['false_product_failures']}, "
              f"2,500 scripts in {row['seconds_per_2500']} s CPU (bar {SECONDS})")  # fmt: skip
        print("      " + ", ".join(f"{name} {count}" for name, count in row["outcomes"].items()))
        for item in row["wrong"] if options.show else []:
            print(
                f"  {item['script']}: {item['got']} instead of {item['right']}: {item['action']} {item['received'][:160]}"
            )
    print("ok" if ok else "MISSED")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
