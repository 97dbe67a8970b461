"""What a whole run lets through: a live HIS that shows other people everywhere, and the run folder searched.

    python benchmarks/planted_run.py [--only KIND …] [--keep FOLDER] [--json]

Each kind puts one invented value where a vendor's server has put things of the kind: in answers, headers, addresses,
letters, errors. The kinds were listed by somebody who had not read the recorder. ``harness qualify`` then drives it, and
everything that the run wrote (recordings, bodies, findings, events, reports) is read in all decodings.
Exit 1: a number, a secret or more than one value in a thousand of a person survives.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import io
import json
import random
import re
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec
from plants import readings_of
from plants_made import number, pdf

sys.path.insert(0, str(Path(__file__).parent / "truth"))

from live_his import HEADER, Answer, own_person, served

from harness.core.run.exchanges import Request, Response, media_type
from harness.fhir.codec.documents import parse, to_json, to_xml
from harness.fhir.model.types import load_model

MODEL: Final = load_model("3.0.2")
STANDARDS: Final = ("huisartsgegevens-2.0", "pdfa-3.0", "eafspraak-2.0", "zelfmetingen-2.0")
PERSON: Final = "hanna-wilgenkamp"
_SYLLABLES: Final = (
    "quor",
    "zef",
    "wylm",
    "brax",
    "jund",
    "vosk",
    "tirp",
    "gnel",
    "hask",
    "fyrd",
    "molv",
    "kesp",
)
_CHUNK: Final = 4_096
_OVER: Final = 300
Json = dict[str, Any]
Change = Callable[[Json, str], None]
"""Puts a value into a resource."""


@dataclass(frozen=True)
class Kind:
    """One kind of what a server shows that it should not.

    :ivar value: makes the value that is looked for; ``family``: number, person, place (undecidable).
    :ivar resource: puts it into a resource of an answer; ``response`` into the whole answer.
    :ivar written: how it stands there.
    :ivar whole: whether the resource is the Bundle itself.
    """

    name: str
    family: str
    value: Callable[[random.Random], str]
    resource: Change | None = None
    response: Callable[[Response, str], Response] | None = None
    written: Callable[[str], str] = str
    whole: bool = False


def name(rng: random.Random) -> str:
    """A family name that nobody has."""
    return "".join(rng.choice(_SYLLABLES) for _ in range(3)).capitalize()


def phone(rng: random.Random) -> str:
    """A mobile number."""
    return f"06{rng.randrange(10**7, 10**8)}"


def mail(rng: random.Random) -> str:
    """A mail address."""
    return f"{name(rng).lower()}@{name(rng).lower()}.nl"


def street(rng: random.Random) -> str:
    """A street with a number."""
    return f"{name(rng)}laan {rng.randrange(100, 999)}"


def birth(rng: random.Random) -> str:
    """A day of birth."""
    return f"19{rng.randrange(11, 49)}-0{rng.randrange(1, 10)}-1{rng.randrange(10)}"


def token(rng: random.Random) -> str:
    """Something random."""
    return "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789") for _ in range(32))


def coded(text: bytes | str) -> str:
    """Base64."""
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def append(key: str, make: Callable[[str], Any]) -> Change:
    """Add an item to a list of a resource."""
    return lambda resource, value: resource.setdefault(key, []).append(make(value))


def put(key: str, make: Callable[[str], Any] = str) -> Change:
    """Set an element of a resource."""
    return lambda resource, value: resource.update({key: make(value)})


def attached(media: str, make: Callable[[str], bytes]) -> Change:
    """An attachment in an extension."""
    return append(
        "extension",
        lambda value: {"url": "https://his.example/bijlage", "valueAttachment": {"contentType": media, "data": coded(make(value))}},
    )  # fmt: skip


def extension(value: str) -> Json:
    """A text of a vendor."""
    return {"url": "https://his.example/ext", "valueString": value}


def div(inner: str) -> Json:
    """A narrative."""
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{inner}</p></div>'}


def headed(header: str, around: str = "@") -> Callable[[Response, str], Response]:
    """A header."""
    return lambda response, value: msgspec.structs.replace(
        response, headers=(*response.headers, (header, around.replace("@", value)))
    )


def answered(status: int, media: str, around: str) -> Callable[[Response, str], Response]:
    """Another answer."""
    return lambda response, value: Response(
        status=status, headers=(("Content-Type", media),), body=around.replace("@", value).encode()
    )


def docx(value: str) -> bytes:
    """A text in an archive, in two pieces."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<w:p><w:t>van {value}</w:t></w:p>")
    return made.getvalue()


def related(**elements: Any) -> Json:
    """Somebody around the patient."""
    return {"resourceType": "RelatedPerson", "id": "rel", "patient": {"reference": "#"}, **elements}


CDA: Final = '<ClinicalDocument xmlns="urn:hl7-org:v3"><recordTarget><patientRole><id extension="@"/></patientRole></recordTarget></ClinicalDocument>'
KINDS: Final = (
    Kind("partner in contained", "person", name, append("contained", lambda v: related(name=[{"family": v}]))),
    Kind("birth date of partner", "person", birth, append("contained", lambda v: related(birthDate=v))),
    Kind("telephone of partner", "person", phone, append("contained", lambda v: related(telecom=[{"system": "phone", "value": v}]))),
    Kind("address of partner", "person", street, append("contained", lambda v: related(address=[{"line": [v], "city": "Verzonnendam"}]))),
    Kind("doctor who is displayed", "person", name, append("extension", lambda v: {"url": "https://his.example/arts", "valueReference": {"display": f"dr. {v}"}})),
    Kind("author of a note", "person", name, append("extension", lambda v: {"url": "https://his.example/note", "valueAnnotation": {"authorString": v, "text": "Gezien."}})),
    Kind("street in a note", "person", street, append("extension", lambda v: {"url": "https://his.example/note", "valueAnnotation": {"text": f"Woont nu aan de {v}."}})),
    Kind("mail in an extension", "person", mail, append("extension", extension)),
    Kind("name in a narrative", "person", name, put("text", lambda v: div(f"van <b>{v[:4]}</b>{v[4:]}"))),
    Kind("name in an attribute of a narrative", "person", name, put("text", lambda v: div(f'zie <a href="https://his.example/p/{v}" title="{v}">brief</a>'))),
    Kind("name as title of an attachment", "person", name, append("extension", lambda v: {"url": "https://his.example/b", "valueAttachment": {"title": f"verwijzing {v}.pdf"}})),
    Kind("mail as address", "person", mail, append("extension", lambda v: {"url": "https://his.example/m", "valueUri": f"mailto:{v}"})),
    Kind("assigner of an identifier", "person", name, append("extension", lambda v: {"url": "https://his.example/i", "valueIdentifier": {"system": "https://his.example/n", "value": "12", "assigner": {"display": v}}})),
    Kind("identifier with a name", "person", name, append("extension", lambda v: {"url": "https://his.example/i", "valueIdentifier": {"system": "https://his.example/n", "value": f"{v}-12"}})),
    Kind("name of a concept", "person", name, append("extension", lambda v: {"url": "https://his.example/c", "valueCodeableConcept": {"text": f"nicht van {v}"}})),
    Kind("rtf letter", "person", name, attached("application/rtf", lambda v: rb"{\rtf1 van " + v.encode() + b"}")),
    Kind("docx letter", "person", name, attached("application/octet-stream", docx)),
    Kind("vcard", "person", phone, attached("text/vcard", lambda v: f"BEGIN:VCARD\nTEL:{v}\nEND:VCARD".encode())),
    Kind("svg", "person", name, attached("image/svg+xml", lambda v: f"<svg><text>{v}</text></svg>".encode())),
    Kind("comment of a jpeg", "person", name, attached("image/jpeg", lambda v: b"\xff\xd8\xff\xfe\x00\x20" + v.encode() + b"\xff\xd9")),
    Kind("hl7v2 message", "number", number, attached("text/plain", lambda v: f"PID|1||{v}^^^NLMINBIZA^NNNLD".encode())),
    Kind("cda document", "number", number, attached("application/xml", lambda v: CDA.replace("@", v).encode())),
    Kind("gzipped attachment", "number", number, attached("application/gzip", lambda v: gzip.compress(f"bsn {v}".encode()))),
    Kind("number in a pdf attachment", "number", number, attached("application/pdf", lambda v: pdf(f"bsn {v}".encode()))),
    Kind("number in an identifier", "number", number, append("extension", lambda v: {"url": "https://his.example/i", "valueIdentifier": {"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": v}})),
    Kind("number in a note", "number", number, append("extension", lambda v: {"url": "https://his.example/note", "valueAnnotation": {"text": f"bsn {v[:3]}.{v[3:6]}.{v[6:]}"}})),
    Kind("number cut by tags", "number", number, put("text", lambda v: div(f"bsn {v[:4]}<wbr/>{v[4:]}"))),
    Kind("number in base32", "person", number, append("extension", lambda v: extension(base64.b32encode(v.encode()).decode())), written=lambda v: base64.b32encode(v.encode()).decode()),
    Kind("number in base85", "person", number, append("extension", lambda v: extension(base64.b85encode(v.encode()).decode())), written=lambda v: base64.b85encode(v.encode()).decode()),
    Kind("number in circles", "number", number, append("extension", lambda v: extension("".join(chr(0x2460 + int(d) - 1) if d != "0" else "\u24ea" for d in v)))),
    Kind("number as an id", "number", number, append("contained", lambda v: {"resourceType": "Basic", "id": f"bsn-{v}", "code": {"text": "x"}})),
    Kind("number in a reference", "number", number, append("extension", lambda v: {"url": "https://his.example/r", "valueReference": {"reference": f"https://his.example/fhir/Patient/{v}"}})),
    Kind("number in a cursor", "number", number, append("link", lambda v: {"relation": "alternate", "url": f"https://his.example/fhir?cursor={quote(coded(json.dumps({'bsn': v})))}"}), whole=True),
    Kind("number in an etag", "number", number, response=headed("ETag", 'W/"@"')),
    Kind("number in a timing header", "number", number, response=headed("Server-Timing", 'db;desc="select bsn @"')),
    Kind("number in a warning header", "number", number, response=headed("Warning", '199 his "bsn=@ onbekend"')),
    Kind("number in a header of a vendor", "number", number, response=headed("X-Patient-Bsn")),
    Kind("number in a path of a cookie", "number", number, response=headed("Set-Cookie", "x=1; Path=/fhir/p@")),
    Kind("number in a link header", "number", number, response=headed("Link", '<https://his.example/fhir/Patient/@>; rel="self"')),
    Kind("token in a header of a vendor", "secret", token, response=headed("X-Api-Key")),
    Kind("session in a cookie", "secret", token, response=headed("Set-Cookie", "JSESSIONID=@; Path=/; HttpOnly")),
    Kind("token in a redirect", "secret", token, response=headed("Content-Location", "https://his.example/fhir?access_token=@")),
    Kind("stack trace", "number", number, response=answered(500, "text/plain", "NullReference at Patient(bsn=@)\n at Fhir.Get()")),
    Kind("page of an error", "person", name, response=answered(500, "text/html", "<html><body><h1>Fout</h1><p>Geen gegevens van @</p></body></html>")),
    Kind("problem in json", "person", name, response=answered(400, "application/problem+json", '{"title":"Fout","detail":"Patient @ niet gevonden"}')),
    Kind("outcome with a query", "person", name, response=answered(400, "application/fhir+json", '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"exception","diagnostics":"select * from patient where naam=\'@\'"}]}')),
    Kind("soap fault", "person", name, response=answered(500, "text/xml", "<Envelope><Body><Fault><faultstring>@ onbekend</faultstring></Fault></Body></Envelope>")),
    Kind("answer that was cut", "person", name, response=answered(200, "application/fhir+json", '{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","name":[{"family":"@"')),
    Kind("somebody else's record", "person", name, append("entry", lambda v: {"resource": {"resourceType": "Patient", "id": "vreemd", "birthDate": "1931-07-08", "name": [{"family": v, "given": ["Q"]}]}}), whole=True),
    Kind("number of somebody else's record", "number", number, append("entry", lambda v: {"resource": {"resourceType": "Patient", "id": "vreemd", "birthDate": "1931-07-08", "identifier": [{"system": "urn:oid:2.16.840.1.113883.2.4.6.3", "value": v}]}}), whole=True),
    Kind("day of birth in a text", "person", birth, append("extension", lambda v: extension(f"dochter geboren {v[8:]}-{v[5:7]}-{v[:4]}")), written=lambda v: f"{v[8:]}-{v[5:7]}-{v[:4]}"),
    Kind("name with accents", "person", lambda rng: f"{name(rng)}\u00eb", append("extension", lambda v: extension(f"van {v}"))),
    Kind("postal code in a text", "person", lambda rng: f"{rng.randrange(1100, 9999)} QX", append("extension", lambda v: extension(f"verhuisd naar {v}"))),
    Kind("iban", "person", lambda rng: f"NL20INGB000{rng.randrange(10**6, 10**7)}", append("extension", lambda v: extension(f"rekening {v}"))),
)  # fmt: skip


class Planting:
    """A server that plants each kind in some of its answers.

    :ivar planted: how often each kind was given.
    """

    def __init__(self, values: dict[str, str], kinds: tuple[Kind, ...]) -> None:
        self._values, self._kinds = values, kinds
        self.planted = dict.fromkeys(values, 0)

    def __call__(self, request: Request, patient: str, answer: Answer) -> Response:
        response = answer(request, patient)
        if request.url.partition("?")[0].endswith("/metadata"):
            return response
        for kind in sorted(self._kinds, key=lambda one: self.planted[one.name]):
            changed = self._changed(kind, response)
            if changed is not None:
                self.planted[kind.name] += 1
                return changed
        return response

    def _changed(self, kind: Kind, response: Response) -> Response | None:
        """The answer with a value of this kind; ``None`` when it has no place for it."""
        value = self._values[kind.name]
        if kind.response is not None:
            return kind.response(response, value)
        document = parse(response.body, model=MODEL)
        resource = document.resource
        if document.fatal or kind.resource is None or not resource:
            return None
        bundled = resource.get("resourceType") == "Bundle"
        inside = (
            [item["resource"] for item in resource.get("entry", ()) if "resource" in item] if bundled else []
        )
        target = resource if kind.whole else inside[0] if inside else None
        if target is None or kind.whole > bundled or resource.get("resourceType") == "OperationOutcome":
            return None
        kind.resource(target, value)
        try:
            xml = "xml" in media_type(response.headers)
            body = to_xml(resource, MODEL) if xml else to_json(resource)
        except ValueError:
            return None
        return msgspec.structs.replace(response, body=body)


def network(port: int, folder: Path) -> Path:
    """A network file with this server as a live HIS behind our DVZA and our PGO."""
    both = {"kind": "twin", "standards": list(STANDARDS), "releases": ["mm-2.2"]}
    person = own_person(PERSON)
    parties = [
        {
            **both, "id": "his", "role": "his", "kind": "live", "dvza": "dvza", "auth": "none",
            "vendor": "Buiten", "product": "Buiten HIS", "version": "1",
            "fhir": f"http://127.0.0.1:{port}/fhir", "patient": f"header {HEADER}",
            "id_map": {PERSON: person.patients[0]}, "person": dict.fromkeys(STANDARDS, PERSON),
        },
        {**both, "id": "dvza", "role": "dvza"},
        {**both, "id": "pgo", "role": "pgo"},
    ]  # fmt: skip
    declared = {key: value for key, value in msgspec.to_builtins(person).items() if value}
    file = folder / "network.yaml"
    file.write_text(json.dumps({"name": "live", "persons": [declared], "participants": parties}))
    return file


def pieces(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Everything that the run wrote, in pieces that overlap, with their file."""
    seen: set[int] = set()
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        place = str(path.relative_to(folder))
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        elif place.startswith("bodies/"):
            data = zlib.decompress(data)
        yield place, place.encode()
        for start in range(0, len(data), _CHUNK):
            piece = data[start : start + _CHUNK + _OVER]
            if hash(piece) not in seen:
                seen.add(hash(piece))
                yield place, piece


def survivors(folder: Path, wanted: dict[str, tuple[str, ...]]) -> dict[str, set[str]]:
    """Where values can still be read, by kind."""
    found: dict[str, set[str]] = {}
    plain = re.compile("|".join(re.escape(one) for many in wanted.values() for one in many), re.I)
    owner = {one.casefold(): kind for kind, many in wanted.items() for one in many}
    for place, piece in pieces(folder):
        for text in readings_of([piece]):
            bare = re.sub(r"(?<=[0-9])[^0-9A-Za-z]{1,3}(?=[0-9])", "", text)
            for said in (text, bare):
                for match in plain.finditer(said):
                    found.setdefault(owner[match.group().casefold()], set()).add(place)
    return found


def main() -> int:
    """Plant, drive, search; exit 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=14)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    kinds = tuple(kind for kind in KINDS if not options.only or kind.name in options.only)
    values = {kind.name: kind.value(rng) for kind in kinds}
    with tempfile.TemporaryDirectory() as scratch, served() as his:
        base = options.keep or Path(scratch)
        base.mkdir(parents=True, exist_ok=True)
        planting = Planting(values, kinds)
        his.behaviour = planting
        command = [sys.executable, "-m", "harness", "qualify", "--network", str(network(his.port, base))]
        done = subprocess.run(
            [*command, "--out", str(base / "run"), "--intensity", "normal"], capture_output=True, text=True, check=False
        )  # fmt: skip
        found = survivors(
            base / "run",
            {kind.name: tuple({values[kind.name], kind.written(values[kind.name])}) for kind in kinds},
        )
        scanned = subprocess.run(
            [sys.executable, "-m", "harness", "scan", str(base / "run"), "--json"], capture_output=True, text=True, check=False
        )  # fmt: skip
    families = {kind.name: kind.family for kind in kinds}
    missed = [name for name in found if families[name] != "person"] or (
        len(found) > 0.001 * sum(planting.planted.values())
    )
    told = {
        "exit": done.returncode,
        "scan": scanned.returncode,
        "kinds": {kind.name: {"family": kind.family, "planted": planting.planted[kind.name], "survives in": sorted(found.get(kind.name, ()))[:5]} for kind in kinds},
    }  # fmt: skip
    if options.json:
        print(json.dumps(told, indent=1, ensure_ascii=False))
    else:
        for one, row in told["kinds"].items():
            print(f"{one:40} {row['family']:8} {row['planted']:4} {', '.join(row['survives in'])}")
        print(
            f"run ended with {told['exit']}, scan with {told['scan']}; {len(found)} of {len(kinds)} kinds survive"
        )
    return 1 if missed or not all(planting.planted.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
