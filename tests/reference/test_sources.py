"""Where records come from: a vendor's export, a run, a bureau's challenge; and what is refused."""

from __future__ import annotations

import base64
import json
import re
import shutil
import time
from datetime import date

import pytest

from harness.cli import run
from harness.core.data import data_path
from harness.core.errors import ConfigurationError, InputError
from harness.core.normal.texts import document_text
from harness.core.standards.queries import load_queries
from harness.fhir.codec.documents import to_json, to_xml
from harness.fhir.model.types import load_model
from harness.fhir.typed import constructed, opinions
from harness.network.person.persons import fixture_persons
from harness.pdfa import check
from harness.pdfa.text import text_of
from harness.reference.oracle.expect import expect
from harness.reference.record import given
from harness.reference.record.fresh import write_fresh
from harness.reference.record.load import load_record, load_records, own_records

T = date(2026, 3, 1)
RECORDS = data_path("fixtures", "records")


@pytest.fixture
def command(capsys):
    """Runs a command line; exit code and what was printed."""

    def go(*words):
        code = run([str(word) for word in words])
        seen = capsys.readouterr()
        return code, seen.out, seen.err

    return go


def observation(number, patient="p1"):
    return {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": "2026-02-01",
        "valueQuantity": {
            "value": 70 + number % 40,
            "unit": "kg",
            "system": "http://unitsofmeasure.org",
            "code": "kg",
        },
    }


def patient(name, family, bsn=""):
    number = [{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": bsn}] if bsn else []
    return {
        "resourceType": "Patient",
        "id": name,
        **({"identifier": number} if number else {}),
        "name": [{"family": family, "given": ["Ada"]}],
    }


# -- a vendor's own export -------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_bundle_is_divided_over_its_persons(command, tmp_path, form):
    resources = [
        patient("p1", "Linde", "999990019"),
        patient("p2", "Berk"),
        observation(1),
        observation(2, "p2"),
    ]
    resources.append({"resourceType": "Organization", "id": "praktijk", "name": "Praktijk"})
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": one} for one in resources],
    }
    data = to_json(bundle) if form == "json" else to_xml(bundle, load_model("3.0.2"))
    (tmp_path / f"export.{form}").write_bytes(data)
    code, out, _ = command(
        "record",
        "import",
        tmp_path / f"export.{form}",
        "--out",
        tmp_path / "out",
        "--at",
        "2026-03-01",
        "--json",
    )
    assert code == 0 and [item["person"] for item in json.loads(out)["records"]] == ["ada-linde", "ada-berk"]
    first, second = load_records([tmp_path / "out" / "ada-linde", tmp_path / "out" / "ada-berk"], t=T)
    assert first.origin == "vendor" and not first.complete and first.bsn == "999990019" and second.bsn == ""
    assert first.resource("Observation/o1") and not first.resource("Observation/o2")
    assert first.resource("Organization/praktijk") and second.resource("Organization/praktijk")
    assert first.loaded == T


def test_a_folder_of_resources_and_one_person_of_it(command, tmp_path):
    place = tmp_path / "export"
    place.mkdir()
    for one in (patient("p1", "Linde"), patient("p2", "Berk"), observation(1), observation(2, "p2")):
        (place / f"{one['resourceType']}-{one['id']}.json").write_bytes(to_json(one))
    (place / "stuk.json").write_text("{", encoding="utf-8")
    code, out, _ = command(
        "record", "import", place, "--out", tmp_path / "out", "--person", "Berk", "--lang", "en"
    )
    assert code == 0 and "1 files are no part of it" in out
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["ada-berk"]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"resourceType":"Bundle","entry":[null,3]}', "<x/>"])
def test_an_export_without_a_person(command, tmp_path, content):
    (tmp_path / "export.json").write_text(content, encoding="utf-8")
    code, _, err = command("record", "import", tmp_path / "export.json", "--out", tmp_path / "out")
    assert code == 2 and "export.json" in err and "Traceback" not in err


def test_two_persons_with_one_bsn_in_an_export(command, tmp_path):
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"resource": patient("p1", "Linde", "999990019")},
            {"resource": patient("p2", "Berk", "999990019")},
        ],
    }
    (tmp_path / "export.json").write_bytes(to_json(bundle))
    assert command("record", "import", tmp_path / "export.json", "--out", tmp_path / "out")[0] == 0
    code, _, err = command("record", "check", tmp_path / "out", "--lang", "en")
    assert code == 2 and "two test persons with one bsn" in err and "999990019" not in err


def test_twenty_thousand_resources_are_read_in_bounded_time(tmp_path, monkeypatch):
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"resource": patient("p1", "Linde")},
            *({"resource": observation(n)} for n in range(5_000)),
        ],
    }
    (tmp_path / "export.json").write_bytes(to_json(bundle))
    started = time.process_time()
    store, problems = given.read_export(tmp_path / "export.json")
    assert len(store) == 5_001 and not problems
    assert time.process_time() - started < 15
    monkeypatch.setattr(given, "MAX_RESOURCES", 5_000)
    with pytest.raises(InputError, match="5000 resources"):
        given.read_export(tmp_path / "export.json")


# -- a bureau's challenge --------------------------------------------------------------------------


def test_a_challenge_with_fresh_persons(command, tmp_path):
    code, out, err = command(
        "challenge",
        "new",
        "--persons",
        "2",
        "--records",
        tmp_path / "r",
        "--at",
        "2026-03-01",
        "--out",
        tmp_path / "c.json",
    )
    assert code == 0 and not out and err.count("resources") == 2
    records = load_records(sorted(path.parent for path in (tmp_path / "r").glob("*/record.yaml")), t=T)
    assert {item.origin for item in records} == {"bureau"} and all(item.complete for item in records)
    assert len({item.bsn for item in records}) == 2 and all(
        re.fullmatch("9999[0-9]{5}", item.bsn) for item in records
    )
    for record in records:
        text = "".join(path.read_text(encoding="utf-8").lower() for path in record.folder.rglob("*.json"))
        assert "wilgenkamp" not in text and "hanna" not in text and "${" not in text
        for query in load_queries("huisartsgegevens-2.0"):
            if query.search:
                assert expect("huisartsgegevens-2.0", query, record, T).must, query.operation
    code, *_ = command("challenge", "new", "--persons", "1")
    assert code == 2


def test_fresh_values_follow_from_the_nonce_alone(tmp_path):
    def texts(nonce, name):
        (written,) = write_fresh(nonce, 1, tmp_path / name, T)
        return written.person, {path.name: path.read_bytes() for path in (tmp_path / name).rglob("*.json")}

    first, again, other = texts(b"a" * 32, "1"), texts(b"a" * 32, "2"), texts(b"b" * 32, "3")
    assert first == again and first[0] != other[0]
    record, rival = (
        load_record(tmp_path / name / who, t=T) for name, who in (("1", first[0]), ("3", other[0]))
    )
    mine = {stored.resource["valueString"] for stored in record if "valueString" in stored.resource}
    theirs = {stored.resource["valueString"] for stored in rival if "valueString" in stored.resource}
    assert mine and not mine & theirs


def test_fresh_persons_have_letters_of_their_own(tmp_path):
    """PDF/A whose text is what the record says, of nobody else, with the size and hash that are stated."""
    pytest.importorskip("typst")
    written = write_fresh(b"c" * 32, 2, tmp_path, T)
    records = [load_record(tmp_path / item.person, t=T) for item in written]
    phrases = [{text for item in record.documents.values() for text in item.text} for record in records]
    assert phrases[0] and not phrases[0] & phrases[1]
    for record in records:
        assert "pdfa-3.0" in record.standards
        for key, item in record.documents.items():
            data = base64.b64decode(record.resource(key)["content"])
            assert check(data).valid
            said = document_text(text_of(data) or "")
            assert all(document_text(text) in said for text in item.text)
            for stored in record:
                for part in stored.resource.get("content", []) if stored.type == "DocumentReference" else []:
                    if part["attachment"].get("url") == key and "size" in part["attachment"]:
                        assert part["attachment"]["size"] == len(data)


def test_without_a_typesetter_fresh_persons_have_no_documents(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.reference.record.fresh.can_typeset", lambda: False)
    (written,) = write_fresh(b"c" * 32, 1, tmp_path, T)
    record = load_record(tmp_path / written.person, t=T)
    assert not record.documents and "pdfa-3.0" not in record.standards
    assert not [stored for stored in record if stored.type == "Binary"]


# -- a second opinion ------------------------------------------------------------------------------


def test_our_persons_and_what_they_send_can_be_constructed():
    for record in own_records(T):
        for stored in record:
            assert opinions(stored.resource) == [], stored.key
    for person in fixture_persons():
        for path in sorted((person.folder / "sent").glob("*.json")):
            assert opinions(person.bundle(path.stem, T)) == [], path


def test_what_cannot_be_constructed_is_refused():
    assert constructed(patient("p1", "Linde"))["id"] == "p1"
    with pytest.raises(InputError) as caught:
        constructed({**observation(1), "status": 3})
    assert "Observation/o1" in caught.value.where and "status" in caught.value.where
    assert opinions({"resourceType": "Onzin"})[0].path == "resourceType"
    assert opinions({})[0].path == "resourceType"


def test_the_second_opinion_never_decides(command, tmp_path):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(to_json(patient("p1", "Linde")))
    bad.write_bytes(to_json({**patient("p2", "Berk"), "active": "misschien"}))
    code, out, _ = command("validate", "--second-opinion", "--json", good)
    (file,) = json.loads(out)["files"]
    assert code == 0 and file["second_opinion"] == {"agrees": True, "objections": []}
    code, out, _ = command("validate", "--second-opinion", "--lang", "en", bad)
    assert code == 1 and "second opinion (fhir.resources): the same" in out and "Patient.active" in out
    plain, *_ = command("validate", bad)
    assert plain == 1
    code, out, _ = command("validate", "--json", good)
    assert '"second_opinion"' not in out


# -- what is refused, with file and line -----------------------------------------------------------


@pytest.fixture
def hanna(tmp_path):
    folder = tmp_path / "hanna-wilgenkamp"
    shutil.copytree(RECORDS / "hanna-wilgenkamp", folder)
    return folder


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        ("contact-01", '"EpisodeOfCare/', '"EpisodeOfCare/weg-', "contact-01.json:"),
        ("verslag-01", '"date": "', '"date": "2020-01-01", "_x": "', "verslag-01.json:"),
    ],
)
def test_a_contradiction_has_file_and_line(hanna, name, old, new, place):
    path = hanna / "resources" / f"{name}.json"
    text = path.read_text(encoding="utf-8")
    assert old in text
    changed = text.replace(old, new, 1)
    if name == "verslag-01":
        changed = re.sub(r'"date": "[^"]*"', '"date": "2020-01-01"', text)
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_record(hanna, t=T)
    where = caught.value.where
    assert place in where and where.rpartition(":")[2].isdigit()
    assert int(where.rpartition(":")[2]) > 1


def test_a_record_that_is_too_old_says_so(command, hanna):
    path = hanna / "record.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "loaded: 2025-06-01\n", encoding="utf-8")
    code, out, _ = command("record", "check", hanna, "--at", "2026-03-01", "--lang", "en")
    assert code == 0 and "TOO OLD, load again: since 2025-06-02" in out
    code, out, _ = command("record", "check", hanna, "--at", "2025-06-01", "--lang", "en")
    assert code == 0 and "load again before 2025-06-02" in out
