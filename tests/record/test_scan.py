"""The scan finds what can be read, wherever it stands, says where, and never what; what is clean is clean."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import uuid
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
from rawkit import BSN, CELL, PERSONS, pdf, raw
from typer.testing import CliRunner

from harness.cli.evidence.scan import app
from harness.core.errors import InputError
from harness.core.exits import ExitCode
from harness.core.run.exchanges import Exchange, Request, Response
from harness.core.run.manifest import START, run_digest
from harness.pdfa.text import texts_of
from harness.record import Looking, Persons, Recorder
from harness.record.chain.write import UnitWriter
from harness.record.scan.folder import scan
from harness.record.scan.sighted import KINDS, UNREADABLE, Scanned

NUMBER = "111222333"
SECRET = "q7Zk1vXw9TbRn4Lm2HsYc8Jd"
LOOKING = Looking(texts_of)


def scanned(path: Path, persons: Persons = PERSONS, *, field: bool = False) -> Scanned:
    done = scan(path, LOOKING, persons, field=field)
    told = repr(done)
    assert NUMBER not in told and SECRET not in told and "Plantnaam" not in told
    return done


def zipped(name: str, data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return made.getvalue()


def fhir(**resource: object) -> bytes:
    return json.dumps({"resourceType": "Patient", "id": "x-1", **resource}).encode()


TEXT = f"Regel een\nBrief over bsn {NUMBER}.\n".encode()
PLANTS: dict[str, tuple[bytes, str, tuple[str, ...]]] = {
    "text": (TEXT, "bsn", ()),
    "percent": (f"x=bsn%7C{NUMBER}".encode(), "bsn", ()),
    "percent twice": (quote(quote("bsn " + "-".join(NUMBER))).encode(), "bsn", ("escaped", "escaped")),
    "entities": ("".join(f"&#{ord(char)};" for char in f"bsn {NUMBER}").encode(), "bsn", ("escaped",)),
    "base64": (base64.b64encode(TEXT), "bsn", ("base64",)),
    "utf-16": (TEXT.decode().encode("utf-16"), "bsn", ("utf-16",)),
    "gzip": (gzip.compress(TEXT), "bsn", ("gzip",)),
    "archive in an archive": (zipped("a.zip", zipped("b.txt", TEXT)), "bsn", ("zip", "zip")),
    "pdf": (pdf(f"Brief over bsn {NUMBER}"), "bsn", ("pdf",)),
    "title of a pdf": (pdf("Brief", info=f"bsn {NUMBER}"), "bsn", ("pdf",)),
    "pdf in an archive": (zipped("brief.pdf", pdf(f"bsn {NUMBER}")), "bsn", ("zip", "pdf")),
    "digits alone": (f"Brief over {NUMBER}".encode(), "bsn-possible", ()),
    "token": (f"<a href='https://a.example/cb?code={SECRET}'>x</a>".encode(), "secret", ()),
    "bearer in a har": (json.dumps({"name": "authorization", "access_token": SECRET}).encode(), "secret", ()),
    "private key": (
        b"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n", "secret", (),
    ),
    "patient": (fhir(name=[{"family": "Plantnaam"}], birthDate="1931-07-08"), "patient", ()),
    "patient in xml": (
        b'<Patient xmlns="http://hl7.org/fhir"><name><family value="Plantnaam"/></name></Patient>', "patient", (),
    ),
    "mail": (b"Schrijf naar j.plantnaam@praktijk.nl voor vragen", "mail", ()),
    "phone": (b"Bel 06-12345678 of kom langs", "phone", ()),
    "phone from abroad": (b"Bel +31 (0)30 123 45 67.", "phone", ()),
    "account": (b"IBAN NL65 RABO 3982 5979 19 t.n.v. X", "iban", ()),
    "account in one": (b"nl65rabo3982597919", "iban", ()),
    "account in base64": (base64.b64encode(b"rekening NL65RABO3982597919"), "iban", ("base64",)),
    "account before a year": (b"BE71 0961 2345 6769 2024", "iban", ()),
    "address": (b"Woont Dorpsstraat 12a, 1234 AB Utrecht", "address", ()),
    "address turned": (b"te vinden via 1234AB 12", "address", ()),
    "address in a query": (b"/zoek?postcode=1234AB&huisnummer=12", "address", ()),
    "address in json": (b'{"line":["Dorpsstraat 12"],"city":"Utrecht","postalCode":"1234AB"}', "address", ()),
    "address in xml": (b'<line value="Dorpsstraat 12"/><postalCode value="1234 AB"/>', "address", ()),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTS)
def test_what_stands_in_a_dossier_is_found_with_its_place(name: str, tmp_path: Path) -> None:
    data, kind, ways = PLANTS[name]
    (tmp_path / "map").mkdir()
    (tmp_path / "map" / "stuk").write_bytes(data)
    (seen,) = scanned(tmp_path).found
    assert (seen.kind, seen.ways) == (kind, ways)
    assert seen.place.startswith("map/stuk") and scanned(tmp_path).code is ExitCode.FAILED
    assert seen.kind in KINDS


def test_the_place_is_a_line_or_an_element(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(TEXT)
    identifier = {"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": NUMBER}
    (tmp_path / "b.json").write_bytes(fhir(identifier=[identifier]))
    assert [seen.place for seen in scanned(tmp_path).found] == [
        "a.txt, line 2",
        "b.json:Patient.identifier[0].value",
    ]


def test_a_name_of_a_file_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / f"brief-bsn-{NUMBER}.txt").write_bytes(b"leeg")
    (seen,) = scanned(tmp_path).found
    assert (seen.kind, seen.place) == ("bsn", "brief-bsn-[bsn].txt (name)")


def test_each_copy_is_told(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(TEXT)
    assert [seen.place for seen in scanned(tmp_path).found] == ["a, line 2", "b, line 2"]


def test_a_long_text_is_looked_at_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "lang.txt").write_bytes(b"woord " * 200_000 + b"\nbsn 111222333\n")
    assert [seen.place for seen in scanned(tmp_path).found] == ["lang.txt, line 2"]


CLEAN: dict[str, bytes] = {
    "the declared person": fhir(birthDate="1970-01-02", name=[{"family": "Voorbeeld"}]),
    "masked": fhir(birthDate="mask-person-bcdfghjklmcd", name=[{"family": "mask-person-cdfghjkldbcd"}]),
    "code": json.dumps(
        {
            "resourceType": "Condition",
            "code": {"coding": [{"system": "http://snomed.info/sct", "code": "123456782"}]},
        }
    ).encode(),
    "hashes": f"{'0f' * 10}{NUMBER}{'ab' * 12} {uuid.UUID(int=111222333)}".encode(),
    "words": b'{"status":"active","session":"patient","code":"completed","state":"not-tested"}',
    "example": b"Schrijf naar info@praktijk.example, bel niet",
    "own number": f"bsn {BSN}".encode(),
    "stamps": b"2026-02-03T10:15:30.123456782Z, 1732724672, +31 is Nederland",
    "doses and days": b"METFORMINE TABLET 1000 MG, 2 maal; op 12 maart 2024 om 10 uur, 1500 IE per dag",
    "a postal code alone": b'{"city":"Utrecht","postalCode":"1234AB"}',
    "a masked address": b'{"line":["mask-person-bcdfghjklmcd 0"],"postalCode":"0000BC"}',
    "no account": b"NL66 RABO 3982 5979 19, DE65RABO3982597919, BE65RABO3982597919",
    "a fraction": b"0.0612345678 1-0612345678 0612345678,5 0612345678.5",
    "page": b"<p>Catalogus <code>e4d85300d88f6c58</code></p>",
}


@pytest.mark.parametrize("name", CLEAN)
def test_what_only_looks_like_it_is_clean(name: str, tmp_path: Path) -> None:
    (tmp_path / "stuk").write_bytes(CLEAN[name])
    done = scanned(tmp_path)
    assert (done.found, done.unread, done.code) == ([], [], ExitCode.OK)


def page(shown: str, *, packed: bool = True) -> bytes:
    """A page of a report that shows a body: as its data, or as text."""
    data = json.dumps({"b": [shown]}).encode()
    return (b'cellData("' + base64.b64encode(gzip.compress(data)) + b'")') if packed else data


SNOMED, OID = "http://snomed.info/sct", "urn:oid:2.16.840.1.113883.2.4.4.31"
CODED: dict[str, str] = {
    "json": json.dumps({"coding": [{"system": SNOMED, "code": NUMBER, "display": "uitslag"}]}),
    "with a version": json.dumps({"system": SNOMED, "version": "http://snomed.info/sct/1", "code": NUMBER}),
    "code first": json.dumps({"code": NUMBER, "display": "uitslag", "system": OID}, indent=2),
    "xml": f'<coding><system value="{SNOMED}"/><code value="{NUMBER}"/></coding>',
}


@pytest.mark.parametrize("name", CODED)
@pytest.mark.parametrize("packed", [True, False])
def test_a_number_beside_its_code_system_is_a_code_in_a_page(name: str, packed: bool, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(f"<p>ontvangen: {NUMBER}</p>")
    (tmp_path / "cell.js").write_bytes(page(CODED[name], packed=packed))
    assert not scanned(tmp_path).found


@pytest.mark.parametrize(
    "shown",
    [
        json.dumps({"system": "https://his.example/nummers", "code": NUMBER}),
        json.dumps({"system": SNOMED, "code": "419511003"}) + f" {NUMBER}",
        json.dumps({"system": SNOMED, "value": NUMBER}),
        json.dumps({"system": SNOMED, "code": "419511003", "text": NUMBER}),
    ],
    ids=["another system", "after a code", "no code", "another element"],
)
def test_a_number_that_is_no_code_is_found_in_a_page(shown: str, tmp_path: Path) -> None:
    (tmp_path / "cell.js").write_bytes(page(shown))
    assert [item.kind for item in scanned(tmp_path).found] == ["bsn-possible"]


def test_a_bsn_is_found_in_a_page_with_codes(tmp_path: Path) -> None:
    called = json.dumps({"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": NUMBER})
    (tmp_path / "cell.js").write_bytes(page(CODED["json"] + called))
    assert [item.kind for item in scanned(tmp_path).found] == ["bsn"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"PK\x03\x04 en dan niets", "damaged"),
        (b"\x1f\x8b en dan niets", "damaged"),
        (pdf(""), "image"),
        (lzma.compress(b"x"), "packed"),
        (bz2.compress(b"x"), "packed"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
    ],
)
def test_what_cannot_be_read_is_said(data: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "stuk").write_bytes(data)
    done = scanned(tmp_path)
    assert [(item.place, item.why) for item in done.unread] == [("stuk", why)] and why in UNREADABLE
    assert done.code is ExitCode.UNDECIDED
    assert done.without(frozenset({"stuk"})).code is ExitCode.OK


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "buiten").write_bytes(TEXT)
    (tmp_path / "map").mkdir()
    (tmp_path / "map" / "link").symlink_to(tmp_path / "buiten")
    assert [(item.place, item.why) for item in scanned(tmp_path / "map").unread] == [("link", "link")]


def test_what_is_not_there_is_no_clean_scan(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        scan(tmp_path / "weg", LOOKING, PERSONS)


# -- run folders ---------------------------------------------------------------------------------

FHIR_JSON = (("Content-Type", "application/fhir+json"),)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run in which a declared person's own number, mail and a code were kept."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / START).write_text('{"id":"run"}')
    body = fhir(
        birthDate="1970-01-02",
        identifier=[{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": BSN}],
        telecom=[{"system": "email", "value": "anna@voorbeeld.nl"}],
        maritalStatus={"coding": [{"system": "http://snomed.info/sct", "code": "123456782"}]},
    )
    (folder / "records").mkdir()
    (folder / "records" / "anna.json").write_bytes(b'{"telecom":"anna@voorbeeld.nl","tel":"030-1234567"}')
    recorder = Recorder(folder, persons=PERSONS, cells=[CELL])
    token = (("Authorization", f"Bearer {SECRET}"),)
    recorder.record(
        raw(person="anna", status=200, request_headers=token, response_headers=FHIR_JSON, response_body=body)
    )
    recorder.close()
    (folder / "report").mkdir()
    (folder / "report" / "index.html").write_text(
        f"<td>{BSN}</td><td>123456782</td><td>anna@voorbeeld.nl</td><td>+31301234567</td>"
    )
    return folder


def test_what_was_kept_knowingly_is_clean_also_where_a_report_repeats_it(run: Path) -> None:
    done = scanned(run, Persons())
    assert (done.found, done.unread) == ([], [])


def test_in_a_field_test_nobody_may_stand_there(run: Path) -> None:
    done = scanned(run, PERSONS, field=True)
    assert {"bsn", "mail"} <= {seen.kind for seen in done.found}


@pytest.mark.parametrize(
    ("change", "kind", "place"),
    [
        ({"url": f"https://a.example/fhir/Patient?identifier=bsn%7C{NUMBER}"}, "bsn", "request.url"),
        ({"headers": (("Authorization", f"Bearer {SECRET}"),)}, "secret", "request.header.authorization"),
    ],
)
def test_what_a_recorder_let_through_is_found_with_its_exchange(
    run: Path, change: dict[str, str], kind: str, place: str
) -> None:
    writer = UnitWriter.start(run, "shared", run_digest(run))
    writer.write(_exchange(Request(**{"method": "GET", "url": "https://a.example/", **change})))  # type: ignore[arg-type]
    writer.end("finished")
    (seen,) = scanned(run).found
    assert seen.kind == kind and seen.place.endswith(f"shared.0001 {place}")


CONTACTS = {
    "mail": b'{"resourceType":"Basic","id":"j.plantnaam@praktijk.nl"}',
    "phone": b'{"resourceType":"Basic","id":"06-12345678"}',
    "iban": b'{"resourceType":"Basic","id":"NL65RABO3982597919"}',
    "address": b'{"resourceType":"Basic","text":"Dorpsstraat 12, 1234 AB Utrecht"}',
}


@pytest.mark.parametrize("kind", CONTACTS)
@pytest.mark.parametrize("where", ["body", "header", "page"])
def test_what_no_record_holds_is_found_in_a_run_too(run: Path, kind: str, where: str) -> None:
    if where == "page":
        (run / "report" / "index.html").write_bytes(CONTACTS[kind])
    else:
        writer = UnitWriter.start(run, "shared", run_digest(run))
        request = Request(method="GET", url="https://a.example/")
        headers = FHIR_JSON if where == "body" else (("X-Said", CONTACTS[kind].decode()),)
        answer = Response(status=200, headers=headers, body=CONTACTS[kind] if where == "body" else b"")
        writer.write(_exchange(request, answer))
        writer.end("finished")
    assert [seen.kind for seen in scanned(run).found] == [kind]
    (run / "records" / "x.json").write_bytes(CONTACTS[kind])
    assert scanned(run).found == []


def test_it_ends_with_what_it_looked_for(run: Path) -> None:
    told = {}
    for lang in ("nl", "en"):
        for more in ((), ("--field",)):
            done = CliRunner().invoke(app, [str(run), "--lang", lang, *more])
            told[lang, *more] = " ".join(done.output.split())
    assert "IBAN's" in told["nl",] and "postcodes met huisnummer" in told["nl",]
    assert "IBANs" in told["en",] and "records/ of the run" in told["en",]
    assert "nobody declared" in told["en", "--field"] and "records/ of" not in told["en", "--field"]


def test_a_number_in_a_body_is_found_with_its_element(run: Path) -> None:
    body = fhir(identifier=[{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": NUMBER}])
    writer = UnitWriter.start(run, "shared", run_digest(run))
    answer = Response(status=200, headers=FHIR_JSON, body=body)
    writer.write(_exchange(Request(method="GET", url="https://a.example/"), answer))
    writer.end("finished")
    (seen,) = scanned(run).found
    assert seen.place.endswith("shared.0001 response.body:Patient.identifier[0].value")


def test_a_recording_that_cannot_be_read_is_said(run: Path) -> None:
    (unit,) = (run / "exchanges").iterdir()
    unit.write_bytes(unit.read_bytes()[:-40])
    assert [item.why for item in scanned(run).unread] == ["damaged"]


def _exchange(request: Request, response: Response | None = None) -> Exchange:
    return Exchange(
        id="shared.0001",
        interface="resource",
        flow="collect",
        operation="x",
        client="pgo",
        server="dvza",
        started="2026-03-01T12:00:00+00:00",
        request=request,
        response=response,
    )
