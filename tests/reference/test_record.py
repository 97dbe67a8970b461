"""Record folders: what is read, and what is refused with its place and the next step."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from harness.core.data import data_path
from harness.core.errors import ConfigurationError, HarnessError, InputError
from harness.fhir.codec.documents import to_xml
from harness.fhir.model.types import load_model
from harness.reference.record import load
from harness.reference.record.load import load_record, load_records, own_records

T = date(2026, 11, 27)


@pytest.fixture
def hanna(tmp_path) -> Path:
    """A copy of a full record that a test may spoil."""
    folder = tmp_path / "hanna-wilgenkamp"
    shutil.copytree(data_path("fixtures", "records") / "hanna-wilgenkamp", folder)
    return folder


def about(folder: Path, **changes: object) -> None:
    """Change ``record.yaml``; ``None`` removes a key."""
    path = folder / "record.yaml"
    data = yaml.safe_load(path.read_text(encoding="utf-8")) | changes
    path.write_text(
        yaml.safe_dump({key: item for key, item in data.items() if item is not None}), encoding="utf-8"
    )


def edit(folder: Path, name: str, change) -> None:
    """Change a resource."""
    path = folder / "resources" / f"{name}.json"
    resource = json.loads(path.read_text(encoding="utf-8"))
    change(resource)
    path.write_text(json.dumps(resource), encoding="utf-8")


def refused(folder: Path, kind: type[HarnessError] = ConfigurationError) -> HarnessError:
    with pytest.raises(kind) as caught:
        load_record(folder, t=T)
    assert caught.value.where
    assert caught.value.message.nl != caught.value.message.en or "ref" in caught.value.message.en
    return caught.value


def test_our_own_persons_are_records():
    records = {item.person: item for item in own_records(T)}
    hanna = records["hanna-wilgenkamp"]
    assert hanna.origin == "own" and hanna.complete and hanna.loaded == T
    assert hanna.online_since == date(2025, 7, 15) and hanna.birth == date(1964, 5, 17)
    assert hanna.withheld["DocumentReference/hanna-wilgenkamp-document-werknotitie"] == "working-note"
    assert len({item.bsn for item in records.values()}) == len(records)


def test_a_record_that_was_loaded_once_keeps_its_dates(hanna):
    about(hanna, loaded="2026-01-15")
    record = load_record(hanna, t=T)
    assert record.loaded == date(2026, 1, 15)
    assert record.resource("Appointment/hanna-wilgenkamp-afspraak-vandaag")["start"].startswith("2026-01-15")


def test_json_and_xml_are_the_same_record(hanna):
    model = load_model("3.0.2")
    plain = load_record(hanna, t=T)
    for stored in plain:
        path = next(hanna.glob(f"resources/{stored.id.removeprefix('hanna-wilgenkamp-')}.json"), None)
        if path is not None:
            path.with_suffix(".xml").write_bytes(to_xml(stored.resource, model))
            path.unlink()
    again = load_record(hanna, t=T)
    assert {item.key: item.resource for item in again} == {item.key: item.resource for item in plain}
    assert list(hanna.glob("resources/*.xml"))


def test_what_hangs_on_a_withheld_contact_is_withheld_too(hanna):
    about(
        hanna,
        withheld=[{"ref": "Encounter/hanna-wilgenkamp-contact-07", "why": "shielded", "also": "references"}],
    )
    for name in ("contact-08-e", "contact-08-p", "contact-08", "verslag-08"):
        (hanna / "resources" / f"{name}.json").unlink()
    record = load_record(hanna, t=T)
    assert record.withheld["Composition/hanna-wilgenkamp-verslag-07"] == "shielded"
    assert record.withheld["Observation/hanna-wilgenkamp-afgeschermd-gewicht"] == "shielded"
    assert "Patient/hanna-wilgenkamp" not in record.withheld


def test_documents_beside_the_record_become_binaries(hanna):
    (hanna / "documents").mkdir()
    (hanna / "documents" / "brief.pdf").write_bytes(b"%PDF-1.7 brief")
    about(hanna, documents=[{"ref": "Binary/los", "file": "documents/brief.pdf", "text": ["brief"]}])
    assert load_record(hanna, t=T).resource("Binary/los")["contentType"] == "application/pdf"


def test_two_persons_with_one_bsn_or_one_patient(hanna, tmp_path):
    other = tmp_path / "bram-lisdodde"
    shutil.copytree(data_path("fixtures", "records") / "bram-lisdodde", other)
    about(other, bsn="999990007")
    with pytest.raises(ConfigurationError) as caught:
        load_records([hanna, other], t=T)
    assert "999990007" not in caught.value.render("nl") and "hanna-wilgenkamp" in caught.value.message.nl
    about(other, bsn=None)
    twin = tmp_path / "tweede"
    shutil.copytree(hanna, twin)
    about(twin, person="tweede", bsn=None)
    with pytest.raises(ConfigurationError, match="patient"):
        load_records([hanna, twin], t=T)


def test_a_reference_to_nothing(hanna):
    edit(hanna, "contact-01", lambda one: one["episodeOfCare"].append({"reference": "EpisodeOfCare/weg"}))
    assert "EpisodeOfCare/weg" in refused(hanna).message.nl
    about(hanna, dangling=["EpisodeOfCare/weg"])
    assert load_record(hanna, t=T).dangling == {"EpisodeOfCare/weg"}


def test_a_date_that_cannot_be_resolved(hanna):
    edit(hanna, "gewicht-1", lambda one: one.update(effectiveDateTime="${DATE, LADING, D, 1}"))
    error = refused(hanna, InputError)
    assert "LADING" in error.message.nl
    about(hanna, online_since="${DATE, LADING, D, 1}")
    edit(hanna, "gewicht-1", lambda one: one.update(effectiveDateTime="2026-01-01"))
    assert "LADING" in refused(hanna, InputError).message.nl


def test_a_date_that_does_not_exist(hanna):
    about(hanna, loaded="2026-02-31")
    assert "record.yaml:" in refused(hanna).where


def test_a_placeholder_that_is_left(hanna):
    edit(hanna, "gewicht-1", lambda one: one.update(comment="${iets}"))
    assert "${iets}" in refused(hanna, InputError).message.nl


def test_a_closed_episode_without_an_end(hanna):
    edit(hanna, "episode-r76", lambda one: one["period"].pop("end"))
    assert refused(hanna).expected == "period.end"


def test_a_report_from_before_the_start_of_online_access(hanna):
    edit(hanna, "verslag-01", lambda one: one.update(date="2025-01-01"))
    error = refused(hanna)
    assert error.received == "2025-01-01" and "online_since" in error.expected


def test_something_shared_that_quotes_what_is_withheld(hanna):
    line = json.loads((hanna / "resources" / "contact-07-e.json").read_text(encoding="utf-8"))["valueString"]
    edit(hanna, "contact-01", lambda one: one["subject"].update(display=line))
    assert "contact-01" in refused(hanna).message.nl


def test_a_record_of_two_persons(hanna):
    other = data_path("fixtures", "records") / "bram-lisdodde" / "resources"
    for name in ("patient", "practitioner", "practitionerrole", "organization"):
        shutil.copy(other / f"{name}.json", hanna / "resources" / f"bram-{name}.json")
    assert "Patient/bram-lisdodde" in refused(hanna).received


def test_one_key_with_two_contents(hanna):
    shutil.copy(hanna / "resources" / "gewicht-1.json", hanna / "resources" / "gewicht-9.json")
    load_record(hanna, t=T)  # the same twice is the same
    edit(hanna, "gewicht-9", lambda one: one["valueQuantity"].update(value=1))
    assert "gewicht-1" in refused(hanna).message.nl


def test_what_record_yaml_names_is_there(hanna):
    about(hanna, withheld=[{"ref": "Observation/bestaat-niet", "why": "shielded"}])
    error = refused(hanna)
    assert "Observation/bestaat-niet" in error.message.nl and "record.yaml:" in error.where
    about(hanna, withheld=None, patient="Patient/iemand")
    assert "Patient/iemand" in refused(hanna).message.nl


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"origin": "ergens"}, "bureau"),
        ({"witheld": []}, "withheld"),
        ({"patient": None}, "patient"),
        ({"online_since": "1 juli"}, ""),
        ({"bsn": 999990007}, ""),
    ],
)
def test_a_mistake_in_record_yaml(hanna, changes, words):
    about(hanna, **changes)
    assert words in refused(hanna).render("nl")


@pytest.mark.parametrize("content", ["{", "[]", '{"resourceType": "Observation"}', "\x00", "<Observation/>"])
def test_a_file_that_is_no_resource(hanna, content):
    (hanna / "resources" / "x.json").write_text(content, encoding="utf-8")
    with pytest.raises(HarnessError) as caught:
        load_record(hanna, t=T)
    assert "x.json" in caught.value.where


def test_twenty_thousand_resources_and_one_too_many(hanna, monkeypatch):
    assert load.MAX_RESOURCES == 20_000
    monkeypatch.setattr(load, "MAX_RESOURCES", 116)
    load_record(hanna, t=T)
    monkeypatch.setattr(load, "MAX_RESOURCES", 115)
    error = refused(hanna, InputError)
    assert "116" in error.received and error.next_step.nl


def test_no_folder_and_no_resources(tmp_path, hanna):
    with pytest.raises(ConfigurationError):
        load_record(tmp_path / "nergens", t=T)
    shutil.rmtree(hanna / "resources")
    assert "resources" in refused(hanna, InputError).where
