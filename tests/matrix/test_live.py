"""Live participants: started as separate processes and known only by a network file."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import yaml
from processes import serving
from runfolders import written

from harness.fhir.codec.documents import to_json
from harness.network.person.persons import fixture_person

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


def findings(run: Path) -> list[dict]:
    """All findings, but for what a busy machine may leave undecided: only times tell MM-CON-013."""
    return [
        item
        for item in json.loads((run / "findings.json").read_text())["findings"]
        if (item["requirement"], item["verdict"]) != ("MM-CON-013", "inconclusive")
    ]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The demo network, served by another process."""
    folder = tmp_path_factory.mktemp("served")
    words = ("--pki", folder / "pki", "--out", folder / "run", "--at", "2026-03-01", "--json")
    with serving("serve", *words) as ready:
        yield json.loads(ready)


def test_his_and_dvza_known_only_by_a_network_file(served, harness, tmp_path):
    words = ("--standard", "pdfa-3.0", "--pgo", "pgo-zon", "--vendor", "his-beuk", "--at", "2026-03-01")
    done = harness("qualify", "--network", served["network_file"], "--out", tmp_path / "run", *words)
    assert done.code == 6, done.out + done.err
    verdicts = {item["verdict"] for item in findings(tmp_path / "run")}
    assert verdicts == {"pass", "not-tested"}
    content = [item for item in findings(tmp_path / "run") if item["requirement"].startswith("PD-")]
    assert content and {item["verdict"] for item in content} == {"pass"}
    waiting = [item for item in findings(tmp_path / "run") if item["verdict"] == "not-tested"]
    assert all(item["requirement"].startswith("MM-") and item["next_step"]["nl"] for item in waiting)
    asked = json.loads((tmp_path / "run" / "run.json").read_text())["settings"]["requirements"]
    assert not {"MM-RSC-007", "MM-TOK-003"} & {name for ids in asked.values() for name in ids}
    assert "Geen oordeel over Beuk Praktijk 2026.1" in done.out and "Oefening" not in done.out
    page = next((tmp_path / "run" / "report").glob("vendor-dvza-beuk*.nl.html")).read_text()
    assert "930 s echt wachten" in page


def test_what_was_shared_with_a_live_party_is_cleaned_up_or_told(served, harness, tmp_path):
    words = ("--standard", "zelfmetingen-2.0", "--pgo", "pgo-zon", "--at", "2026-03-01", "--lang", "en")
    words += ("--intensity", "smoke", "--skip-doctor", "--only", "sharing")
    out = tmp_path / "run"
    done = harness("qualify", "--network", served["network_file"], "--out", out, "--clean-up", *words)
    assert done.code in (0, 6), done.out + done.err
    cleaned = json.loads((out / "run.json").read_text())["cleaned"]
    assert cleaned and {(item["why"], item["status"]) for item in cleaned} == {("refused", 405)}
    page = (out / "report" / "index.en.html").read_text()
    for server, number in Counter(item["server"] for item in cleaned).items():
        told = f"Cleaned up at {server}: 0 of {number} resources that were written are deleted"
        kept = f"Not deleted at {server}: {number}, the server refuses it (405): https://"
        for shown in (" ".join(done.out.split()), page):
            assert told in shown and kept in shown and "cleaned up" in shown
    assert "delete" not in done.out.casefold().partition("not assigned")[2]
    assert harness("judge", out).code == done.code
    assert harness("verify", out).code in (0, 6)


def test_wrong_provider_name_is_found_before_the_run(served, harness, tmp_path):
    source = Path(served["network_file"])
    data = yaml.safe_load(source.read_text())
    data["participants"][0]["provider"] = "bestaat.niet@medmij"
    path = source.with_name("wrong.yaml")
    path.write_text(yaml.safe_dump(data))
    done = harness("qualify", "--network", path, "--out", tmp_path / "run", "--lang", "en")
    assert done.code == 2
    assert "this provider is not on the list" in done.err and "bestaat.niet" in done.err


def test_bare_fhir_server_behind_our_dvza(harness, tmp_path):
    """A HIS without OAuth: a FHIR server in a process of its own."""
    person = "bram-lisdodde"
    folder = tmp_path / "shared"
    folder.mkdir()
    for resource in fixture_person(person).resources(date(2026, 3, 1)):
        (folder / f"{resource['resourceType']}-{resource['id']}.json").write_bytes(to_json(resource))
    standards = ["huisartsgegevens-2.0"]
    with serving("serve", "fhir", "--fixtures", folder, "--port", "0", "--at", "2026-03-01") as ready:
        url = re.search(r"http://\S+", ready)
        assert url, ready
        participants = [
            {"id": "dvza-ons", "role": "dvza", "kind": "twin", "standards": standards},
            {"id": "pgo-ons", "role": "pgo", "kind": "twin", "standards": standards},
            {
                "id": "his-kaal",
                "role": "his",
                "kind": "live",
                "standards": standards,
                "dvza": "dvza-ons",
                "fhir": url.group(),
                "auth": "none",
                "patient": "header X-Patient",
            },
        ]
        network = tmp_path / "network.yaml"
        persons = [{"id": person, "patients": [person]}]
        network.write_text(yaml.safe_dump({"name": "kaal", "persons": persons, "participants": participants}))
        done = harness("qualify", "--network", network, "--out", tmp_path / "run", "--at", "2026-03-01")
    bad = {
        (item["requirement"], item["verdict"])
        for item in findings(tmp_path / "run")
        if item["verdict"] not in ("pass", "not-applicable")
    }
    assert (done.code, bad) == (0, set()), done.out + done.err
    assert "Niet toegewezen: 0 berichten" in done.out
    names = {item["requirement"] for item in findings(tmp_path / "run")}
    assert {"HG-PAT-001", "MM-RSC-003", "MM-TOK-009"} <= names
    assert "MM-TOK-006" not in names, "what only our own DVZA and PGO say to each other is not asked"
    page = next((tmp_path / "run" / "report").glob("vendor-dvza-ons*.nl.html")).read_text()
    assert "zegt niets over een echte partij" in page


RECIPE = """
name: met een echte browser
browser: true
steps:
  - page: landing
    match: {step: landing}
    press: {label: Verder naar inloggen}
  - page: login
    match: {step: login}
    fill: {person: "{person}"}
    press: {action: login}
  - page: consent
    match: {step: consent}
    check: {long_term: "{long_term}"}
    press: {yes: {action: "yes"}, no: {action: "no"}}
"""


@pytest.mark.browser
def test_login_pages_of_a_live_dvza_in_chromium(served, harness, tmp_path):
    pytest.importorskip("playwright")
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        pytest.skip("Chromium is not installed")
    source = Path(served["network_file"])
    data = yaml.safe_load(source.read_text())
    source.with_name("recipe.yaml").write_text(RECIPE)
    for item in data["participants"]:
        if item["role"] == "dvza":
            item["login"] = "recipe.yaml"
    path = source.with_name("browser.yaml")
    path.write_text(yaml.safe_dump(data))
    words = ("--standard", "eafspraak-2.0", "--pgo", "pgo-zon", "--vendor", "his-beuk", "--at", "2026-03-01")
    done = harness("qualify", "--network", path, "--out", tmp_path / "run", "--only", "EA-GEN-001", *words)
    assert done.code == 0, done.out + done.err
    assert [item["verdict"] for item in findings(tmp_path / "run")] == ["pass"]
    text = written(tmp_path / "run").decode(errors="replace")
    for operation in ("landing", "login", "consent"):
        assert f'"operation":"{operation}"' in text
