"""What is fuzzed: one function a parser, each with the inputs that it begins with.

A target takes any bytes and returns. What a parser documents (a :class:`~harness.core.errors.HarnessError`) is taken
here; whatever else is raised is a crash, and so is what the harness's own nets caught: a judge that broke, an exchange
that could not be redacted, an expression that broke the engine.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parent.parent / "truth"))

from junk import Json, spoilt
from truth_cells import Cell, cells, known_records
from truth_messages import Message
from truth_wire import DAY, FORMATS, Clean, World, clean_cell, judged, own_world

from harness.core.errors import HarnessError
from harness.core.run.exchanges import Exchange, Request
from harness.core.run.findings import Finding
from harness.core.standards.table import standards
from harness.core.verdicts import Blame, Verdict
from harness.fhir import fhirpath
from harness.fhir.codec import documents as codec
from harness.fhir.model.types import load_model
from harness.fhir.packages.load import load_packages
from harness.fhir.server.options import ServerOptions
from harness.fhir.server.service import FhirServer
from harness.fhir.validation.validator import Validator
from harness.judge.catalogue import load_catalogue
from harness.judge.evidence.verification import rejudge
from harness.medmij import authorization, forms, lists, scope, token
from harness.medmij.lists import reading
from harness.medmij.releases import release, release_ids
from harness.network.file.reading import demo_path, read_network
from harness.pdfa.checking import check_document
from harness.pdfa.file.limits import Limits
from harness.pdfa.text import texts_of
from harness.record import RawExchange, Recorder
from harness.record import recorder as recording
from harness.testscript.judge.bodies import as_text, body_of
from harness.testscript.read.script import load_script

ROOT: Final = Path(__file__).parents[2]
STU3, R4 = load_model("STU3"), load_model("R4")
MAX_INPUT: Final = 40_000
NOW = datetime(2026, 11, 27, 11, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Target:
    """One parser.

    :ivar run: reads bytes.
    :ivar seeds: inputs to begin with.
    :ivar tree: whether an input is a JSON document of which parts are exchanged for junk, beside its bytes.
    :ivar words: words that such inputs are made of.
    """

    run: Callable[[bytes], object]
    seeds: Callable[[], Iterator[bytes]]
    tree: bool = False
    words: tuple[bytes, ...] = ()


@cache
def _scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix="harness-fuzz-"))


@cache
def _resources() -> tuple[Json, ...]:
    """Of each type and standard the resource that says most, and a searchset."""
    best: dict[str, Json] = {}
    for record in known_records(DAY).records:
        for stored in record:
            if len(str(stored.resource)) > len(str(best.get(stored.type, ""))):
                best[stored.type] = stored.resource
    entries = [{"fullUrl": f"https://his.example/{kind}/1", "resource": best[kind]} for kind in sorted(best)]
    return (
        *best.values(),
        {"resourceType": "Bundle", "type": "searchset", "total": 3, "entry": entries[:4]},
    )


# --- documents ----------------------------------------------------------------------------------------------


@cache
def _validators() -> tuple[Validator, ...]:
    return Validator(), Validator(version="4.0.1")


def _document(data: bytes) -> None:
    for validator in _validators():
        document = codec.parse(data, model=validator.model)
        validator.validate(document)
        if not document.fatal:
            codec.to_json(document.resource)
            with suppress(HarnessError):  # what has no form in XML
                codec.to_xml(document.resource, validator.model)
        for issue in document.issues[:5]:
            document.locate(issue.path)


def _json_seeds() -> Iterator[bytes]:
    for resource in _resources():
        yield codec.to_json(resource)


def _xml_seeds() -> Iterator[bytes]:
    for resource in _resources():
        yield codec.to_xml(resource, STU3)


def _package(data: bytes) -> None:
    """A conformance resource that a vendor supplies, and a document that claims it."""
    place = _scratch() / "package"
    place.mkdir(exist_ok=True)
    (place / "one.json").write_bytes(data)
    with suppress(HarnessError):
        packages = load_packages([place])
        Validator(packages).validate(dict(_resources()[0]), ["https://his.example/profile"])


def _package_seeds() -> Iterator[bytes]:
    kind = _resources()[0]["resourceType"]
    element = {
        "id": f"{kind}.identifier",
        "path": f"{kind}.identifier",
        "min": 1,
        "max": "3",
        "slicing": {"discriminator": [{"type": "value", "path": "system"}], "rules": "open"},
    }
    part = {
        "id": f"{kind}.identifier:bsn",
        "path": f"{kind}.identifier",
        "sliceName": "bsn",
        "max": "1",
        "type": [{"code": "Identifier"}],
        "constraint": [
            {"key": "x-1", "severity": "error", "human": "x", "expression": "value.length() < 10"}
        ],
        "patternIdentifier": {"system": "http://fhir.nl/fhir/NamingSystem/bsn"},
        "binding": {"strength": "required", "valueSetUri": "https://his.example/set"},
    }
    yield json.dumps(
        {
            "resourceType": "StructureDefinition",
            "url": "https://his.example/profile",
            "name": "x",
            "status": "draft",
            "kind": "resource",
            "abstract": False,
            "type": kind,
            "baseDefinition": f"http://hl7.org/fhir/StructureDefinition/{kind}",
            "derivation": "constraint",
            "fhirVersion": "3.0.2",
            "snapshot": {"element": [{"id": kind, "path": kind, "min": 0, "max": "*"}, element, part]},
            "differential": {"element": [element, part]},
        }
    ).encode()
    yield json.dumps(
        {
            "resourceType": "ValueSet",
            "url": "https://his.example/set",
            "status": "draft",
            "compose": {
                "include": [
                    {
                        "system": "http://snomed.info/sct",
                        "concept": [{"code": "1", "display": "x"}],
                        "filter": [{"property": "concept", "op": "is-a", "value": "1"}],
                    },
                    {"valueSet": ["https://his.example/set"]},
                ]
            },
            "expansion": {"contains": [{"system": "x", "code": "1", "contains": [{"code": "2"}]}]},
        }
    ).encode()


# --- expressions and questions ------------------------------------------------------------------------------


def _fhirpath(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for dialect, model in (("strict", STU3), ("hapi-stu3", STU3), ("hapi-r4", R4)):
        try:
            for item in fhirpath.compile(text, model=model, dialect=dialect).evaluate(
                _resources()[-1], budget=100_000
            ):
                as_text(item)
        except HarnessError as error:
            if isinstance(error.__cause__, (AttributeError, LookupError, TypeError, AssertionError)):
                raise error.__cause__ from None


def _fhirpath_seeds() -> Iterator[bytes]:
    for text in (
        "Bundle.entry.resource.where($this is Observation and value > 5 'mg').code.coding.first().code",
        "entry.resource.descendants().where(matches('^[a-z]+$')).count() + 2.5 div 1 mod 2",
        "iif(entry.exists(), @2024-01-01T10:00:00+01:00 + 3 days, {}) | @T10:00 | today() | 1 'wk'",
        "entry.select(fullUrl & '-' & resource.id).distinct().join(',').substring(1,5).replace('a','b').upper()",
        "entry.resource.ofType(Patient).name.given.aggregate($total & $this, '').toChars().skip(1).take(2)",
        "repeat(entry.resource).resolve().conformsTo('x') and %resource.id in ('a'|'b') implies `x`.not()",
        "1.toDecimal().power(2).round(1).toString().toQuantity('mg').lowBoundary().precision() xor true as Boolean",
        "name.all($index > 1) = ~name !~ 'x\\u00e9\\'' contains 'x'",
    ):
        yield text.encode()


_FHIRPATH_WORDS: Final = (
    b"where(", b"exists()", b"all(", b"select(", b"repeat(", b"ofType(", b"as ", b"is ", b"in ", b"contains ",
    b"and ", b"or ", b"xor ", b"implies ", b"div ", b"mod ", b"$this", b"$index", b"$total", b"%resource", b"%context",
    b"@2024-01-01", b"@T10:00", b"T10:00Z", b"1e999", b"99999999999999999999", b"0.0000000001", b"'mg'", b"'10*3/L'",
    b"days", b"matches(", b"replaceMatches(", b"toQuantity()", b"toDateTime()", b"toString()", b"trace('x')", b"{}",
    b"descendants()", b"children()", b"resolve()", b"extension('x')", b"power(", b"sqrt()", b"ln()", b"log(", b"exp()",
    b"lowBoundary(", b"highBoundary(", b"precision()", b"encode('base64')", b"decode('hex')", b"escape('html')", b"sort(",
    b"aggregate(", b"combine(", b"union(", b"subsetOf(", b"comparable(", b"memberOf('x')", b"type()", b"getValue()", b"iif(",
)  # fmt: skip


@cache
def _server() -> FhirServer:
    server = FhirServer.create("3.0.2", options=ServerOptions(base_url="https://his.example/fhir"))
    server.load(dict(item, id="1") for item in _resources()[:-1])
    return server


def _query(data: bytes) -> None:
    url = "https://his.example/fhir/" + data.decode("utf-8", "replace")
    _server().fork().handle(
        Request(method="GET", url=url, headers=(("Accept", "application/fhir+json"),), body=b"")
    )


def _query_seeds() -> Iterator[bytes]:
    for text in (
        "Observation?code=http://loinc.org|8480-6,|x&date=ge2024-01-01T10:00:00%2B01:00&_sort=-date&_count=2",
        "Patient/1/$everything?start=2024",
        "Observation?subject:Patient.name:exact=x&value-quantity=gt5.4|http://unitsofmeasure.org|mg&_has:Provenance:target:agent=x",
        "Observation/$lastn?code:in=http://x&_include=Observation:subject&_revinclude:iterate=*:*&_elements=id,code&_summary=true",
        "Patient/1/_history/1?_format=xml&_pretty=true",
        "Composition/1/$document?persist=false",
        "Appointment?date=lt2024&status:not=booked&_total=accurate&_lastUpdated=sa2020",
    ):
        yield text.encode()


def _write(data: bytes) -> None:
    server = _server().fork()
    for kind, media in (("Observation", "application/fhir+json"), ("Patient", "application/fhir+xml")):
        server.handle(
            Request(
                method="POST",
                url=f"https://his.example/fhir/{kind}",
                headers=(("Content-Type", media),),
                body=data,
            )
        )
    server.handle(
        Request(
            method="POST",
            url="https://his.example/fhir",
            headers=(("Content-Type", "application/fhir+json"),),
            body=data,
        )
    )
    server.handle(
        Request(
            method="GET",
            url="https://his.example/fhir/Observation?_sort=date&value-quantity=5",
            headers=(),
            body=b"",
        )
    )


# --- the network --------------------------------------------------------------------------------------------


def _lists(data: bytes) -> None:
    for name in release_ids():
        family = release(name)
        for kind in family.lists:
            reading.parse(kind, data, family)


def _list_seeds() -> Iterator[bytes]:
    """Lists as our register writes them, in each family."""
    stamp = "2026-11-27T10:00:00+01:00"
    role = lists.SystemRole(code="MM-1.0-HGB-FHIR", resource_endpoint="https://dvza.example/fhir")
    service = lists.Service(
        id="48",
        authorization_endpoint="https://dvza.example/authorize",
        token_endpoint="https://dvza.example/token",
        roles=(role,),
    )
    provider = lists.Provider(
        name="praktijk@medmij", versions=(lists.InterfaceVersion(id="2", services=(service,)),)
    )
    documents: tuple[lists.AnyList, ...] = (
        lists.Zal(timestamp=stamp, sequence=1, providers=(provider,)),
        lists.Ocl(
            timestamp=stamp, sequence=1, clients=(lists.Client(hostname="pgo.example", organisation="PGO"),)
        ),
        lists.ServiceNames(
            timestamp=stamp, sequence=1, services=(lists.ServiceName(id="48", name="Huisarts"),)
        ),
        lists.Whitelist(timestamp=stamp, sequence=1, hostnames=("pgo.example",)),
    )
    for name in release_ids():
        for document in documents:
            with suppress(HarnessError, KeyError):
                yield lists.build(document, release(name), validate=False)


def _messages(data: bytes) -> None:
    """What is sent to an authorization server, what it answers, and where it sends people."""
    text = data.decode("latin-1")
    head = (("Content-Type", "application/x-www-form-urlencoded"),)
    answer = (("Content-Type", "application/json"), ("Cache-Control", text))
    for name in ("mm-1.4", "mm-2.2"):
        family = release(name)
        authorization.check(
            text, family, client=lambda _: "x", names={"x"}, services={"48"}, client_services=lambda _: {"48"}
        )
        authorization.parse_redirect(text, "https://pgo.example/cb")
        token.parse_request("POST", "", head, data, family)
        token.parse_response(200, answer, data, family)
        with suppress(HarnessError, forms.FormError):
            forms.parse(text)
        scope.parse(text, family)


def _message_seeds() -> Iterator[bytes]:
    yield b"response_type=code&client_id=pgo.example&redirect_uri=https%3A%2F%2Fpgo.example%2Fcb&scope=huisarts~48&state=abc"
    yield b"grant_type=authorization_code&code=x&client_id=pgo.example&redirect_uri=https%3A%2F%2Fpgo.example%2Fcb"
    yield b'{"access_token": "x", "token_type": "Bearer", "expires_in": 900, "scope": "48", "refresh_token": "y"}'
    yield b"https://pgo.example/cb?code=abc&state=x&error=access_denied&error_description=x"


def _yaml(data: bytes) -> None:
    place = _scratch() / "network.yaml"
    place.write_bytes(data)
    with suppress(HarnessError):
        read_network(place)


def _yaml_seeds() -> Iterator[bytes]:
    yield demo_path().read_bytes()
    for path in sorted((ROOT / "fixtures" / "networks").glob("*.yaml")):
        yield path.read_bytes()


# --- recorder and judges ------------------------------------------------------------------------------------


@cache
def _world() -> World:
    return own_world(True)


@cache
def _clean() -> tuple[Clean, ...]:
    """The largest clean cell of each standard."""
    made: dict[str, Cell] = {}
    for cell in cells(known_records(DAY), list(standards()), DAY):
        known = made.get(cell.standard)
        if known is None or len(str(cell.bundles)) > len(str(known.bundles)):
            made[cell.standard] = cell
    return tuple(clean_cell(_world(), made[name]) for name in sorted(made))


def _unbroken(found: list[Finding]) -> None:
    for one in found:
        if one.verdict is Verdict.ERROR and one.blame is Blame.HARNESS:
            raise RuntimeError(f"{one.requirement}: {one.received}")


def _raise(raw: RawExchange, error: Exception) -> Exchange:
    """Stands for what is written of an exchange that breaks the redactor."""
    raise error


def _answer(data: bytes) -> None:
    """One answer of a cell is these bytes; the cell is recorded and judged."""
    number = zlib.crc32(data)
    clean = _clean()[number % len(_clean())]
    operation, kind = clean.asked[number // 7 % len(clean.asked)]

    def change(message: Message) -> None:
        message.data = data

    _unbroken(judged(_world(), clean, clean.cell, [(operation, kind)], change))


def _answer_seeds() -> Iterator[bytes]:
    for clean in _clean():
        for bundle in clean.cell.bundles.values():
            if bundle["entry"]:
                yield codec.to_json(bundle)
                yield codec.to_xml(bundle, STU3)


def _spoilt_answer(data: bytes) -> None:
    """One answer of a cell, both formats, of which some places hold junk; the bytes are the dice."""
    dice = random.Random(data)
    clean = dice.choice(_clean())
    cell = clean.cell.copied()
    operation = dice.choice(sorted(cell.bundles))
    cell.bundles[operation] = spoilt(cell.bundles[operation], dice)
    formats = FORMATS if dice.random() < 0.5 else ("json",)
    with suppress(HarnessError):  # what has no form in XML
        _unbroken(judged(_world(), clean, cell, [(operation, kind) for kind in formats]))


def _dice_seeds() -> Iterator[bytes]:
    for number in range(8):
        yield str(number).encode()


def _recorder(data: bytes) -> None:
    world = _world()
    text = data.decode("latin-1")
    for interface, person in (("resource", "anna"), ("token", None), ("authorization", "")):
        recorder = Recorder(persons=world.persons, looking=world.looking)
        recorder.record(
            RawExchange(
                interface=interface,
                flow="collect",
                operation="x",
                client="pgo",
                server="dvza",
                started=NOW,
                duration=0.1,
                method="POST",
                url="https://dvza.example/x?" + text[:300],
                request_headers=(("Cookie", text[:200]), ("Authorization", text[200:300])),
                request_body=data,
                status=200,
                response_headers=(
                    ("Set-Cookie", text[:200]),
                    ("Content-Type", text[:40]),
                    ("Location", text[:99]),
                ),
                response_body=data,
                error=text[:100],
                person=person,
            )
        )


def _recorder_seeds() -> Iterator[bytes]:
    yield from _message_seeds()
    yield from (item for number, item in enumerate(_answer_seeds()) if number % 9 == 0)
    yield b'<!doctype html><html><body><form action="/login?sid=1"><input name="bsn" value="999990019"></form><script>var t = {"token": "abc"};</script>'
    yield (
        zlib.compress(b"111222333")
        + b"%31%31 MTExMjIyMzMz eyJzdWIiOiIxMTEyMjIzMzMifQ 2.16.840.1.113883.2.4.6.3.111222333"
    )


def _script(data: bytes) -> None:
    place = _scratch() / ("script.json" if data[:1] == b"{" else "script.xml")
    place.write_bytes(data)
    with suppress(HarnessError):
        load_script(place)
    body_of(data, "", STU3)


def _script_seeds() -> Iterator[bytes]:
    yield b"""<TestScript xmlns="http://hl7.org/fhir"><url value="x"/><name value="x"/><status value="draft"/>
<extension url="http://x/Interoplab-CL-ext-variable-regex-mapper"><extension url="a"><valueString value="b"/></extension></extension>
<origin><index value="1"/><profile><code value="FHIR-Client"/></profile></origin><fixture id="f"><resource><reference value="f.xml"/></resource></fixture>
<variable><name value="t"/><defaultValue value="Bearer x"/><sourceId value="f"/><expression value="Patient.id"/><path value="//a"/></variable>
<setup><action><operation><type><code value="search"/></type><resource value="Patient"/><accept value="xml"/><params value="?a=${t}"/>
<requestHeader><field value="Authorization"/><value value="${t}"/></requestHeader><responseId value="r"/></operation></action></setup>
<test id="1"><action><assert><direction value="response"/><headerField value="x"/><operator value="contains"/><value value="y"/><warningOnly value="false"/></assert></action></test>
</TestScript>"""
    yield json.dumps(
        {
            "resourceType": "TestScript",
            "url": "x",
            "status": "draft",
            "variable": [{"name": "t", "defaultValue": "x"}],
            "test": [
                {
                    "action": [
                        {
                            "assert": {
                                "expression": "Patient.id",
                                "operator": "equals",
                                "value": "1",
                                "warningOnly": True,
                            }
                        }
                    ]
                }
            ],
        }
    ).encode()


def _pdf(data: bytes) -> None:
    limits = Limits()
    check_document(data, "auto", limits)
    for _ in texts_of(data, limits):
        pass


def _pdf_seeds() -> Iterator[bytes]:
    for path in sorted((ROOT / "fixtures" / "documenten").rglob("*.pdf")):
        yield path.read_bytes()


# --- run folders --------------------------------------------------------------------------------------------


@cache
def _run_folder() -> Path:
    """A small run, made as a user makes it."""
    place = _scratch() / "run"
    words = ("--standard", "pdfa-3.0", "--vendor", "his-eik", "--at", "2026-03-01", "--skip-doctor")
    made = subprocess.run(
        [sys.executable, "-m", "harness", "qualify", "--network", "demo", "--out", str(place), *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode in (0, 1, 6), made.stderr
    return place


def _judge_folder(data: bytes) -> None:
    """A run folder in which one file has other bytes: the dice say which and how."""
    whole = _run_folder()
    files = sorted(path.relative_to(whole) for path in whole.rglob("*") if path.is_file())
    files = [path for path in files if path.parts[0] != "report"]
    dice = random.Random(data)
    name = dice.choice(files)
    place = whole / name
    kept = place.read_bytes()
    try:
        place.write_bytes(_edited(kept, data, dice))
        with suppress(HarnessError):
            rejudge(whole, load_catalogue())
    finally:
        place.write_bytes(kept)


def _edited(kept: bytes, data: bytes, dice: random.Random) -> bytes:
    way = dice.randrange(4)
    if way == 0:
        return data
    if way == 1:
        return kept[: dice.randrange(len(kept) + 1)]
    lines = kept.split(b"\n")
    at = dice.randrange(len(lines))
    if way == 2 or not lines[at].startswith((b"{", b"[")):
        cut = dice.randrange(len(kept) + 1)
        return kept[:cut] + data[:50] + kept[cut + dice.randrange(50) :]
    with suppress(ValueError):
        lines[at] = json.dumps(spoilt(json.loads(lines[at]), dice), default=str).encode()
    return b"\n".join(lines)


def clear() -> None:
    """Remove what the targets wrote."""
    shutil.rmtree(_scratch(), ignore_errors=True)


_HOSTILE: Final = (b"1e999999999", b"-1e-999999999", b"99999999999999999999", b"null", b"{}", b"[]", b"true", b'""',
    b'"resourceType"', b'"extension"', b'"contained"', b'"reference":"#x"', b'"id"', b'"_id"', b"\\u0000", b"\\ud800",
    b'"0000-00-00"', b'"2024-02-30T25:61:61+99:99"')  # fmt: skip
_XML: Final = (b"<!DOCTYPE x [<!ENTITY a 'x'>]>", b"&a;", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?x?>", b'xmlns="x"',
    b'xmlns:x="y"', b'value="1e999999999"', b"<extension url=''>", b"<contained>", b"&#0;", b"&#x10FFFF;", b"xml:lang")  # fmt: skip
_PDF: Final = (b"obj", b"endobj", b"stream\n", b"endstream", b"xref", b"trailer", b"startxref", b"/Type", b"/Length 99999999",
    b"/Filter/FlateDecode", b"/ObjStm", b"/XRef", b"/Prev 0", b"/Kids[1 0 R]", b"/Parent 1 0 R", b"<<", b">>", b"1 0 R",
    b"/DecodeParms<</Predictor 15/Columns 999999999>>", b"/W[9 9 9]", b"/Index[0 99999999]", b"BT", b"Tj", b"Do", b"/F1 1 Tf",
    b"/Subtype/Type0", b"/ToUnicode 9 0 R", b"q", b"Q", b"cm", b"BI ID EI", b"/N 4294967295")  # fmt: skip

TARGETS: Final[dict[str, Target]] = {
    "json": Target(_document, _json_seeds, tree=True, words=_HOSTILE),
    "xml": Target(_document, _xml_seeds, words=_XML),
    "package": Target(_package, _package_seeds, tree=True, words=_HOSTILE),
    "fhirpath": Target(_fhirpath, _fhirpath_seeds, words=_FHIRPATH_WORDS),
    "query": Target(_query, _query_seeds),
    "write": Target(_write, _json_seeds, tree=True, words=_HOSTILE),
    "yaml": Target(_yaml, _yaml_seeds),
    "lists": Target(_lists, _list_seeds, words=_XML),
    "messages": Target(_messages, _message_seeds, words=_HOSTILE),
    "pdf": Target(_pdf, _pdf_seeds, words=_PDF),
    "testscript": Target(_script, _script_seeds, words=_XML),
    "recorder": Target(_recorder, _recorder_seeds, tree=True, words=_HOSTILE),
    "answer": Target(_answer, _answer_seeds, tree=True, words=_HOSTILE),
    "spoilt-answer": Target(_spoilt_answer, _dice_seeds),
    "run-folder": Target(_judge_folder, _dice_seeds),
}
"""Every parser by name."""


def read(name: str, data: bytes) -> Any:
    """One input through its target."""
    with patch.object(recording, "hidden", _raise):
        return TARGETS[name].run(data[:MAX_INPUT])
