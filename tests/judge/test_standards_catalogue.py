"""The catalogue of the standards: locked ids, a judge for each, real basic requirements and official cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.core.data import data_path
from harness.core.standards.queries import load_queries
from harness.core.standards.table import standard, standards
from harness.core.yamlfile import load_yaml
from harness.judge.catalogue import load_catalogue
from harness.judge.registry import judge_of

ROOT = Path(__file__).resolve().parents[2]
OURS = [item for item in load_catalogue() if item.standard]
BASISEISEN = load_yaml(data_path("profiles", "open-programma", "basiseisen.yaml")).data["basiseisen"]


def test_ids_are_locked():
    lines = (ROOT / "profiles" / "requirements.lock").read_text(encoding="utf-8").splitlines()
    locked = [line for line in lines if line and not line.startswith("#")]
    assert locked == sorted(set(locked))
    here = {item.id for item in load_catalogue()}
    assert sorted(here - set(locked)) == [], "new ids: run python scripts/reference.py"
    assert sorted(set(locked) - here) == [], "an id that was published stays in the catalogue"


def test_every_decidable_requirement_has_a_judge():
    missing = [item.id for item in OURS if item.decidable and judge_of(item) is None]
    assert missing == [], "give it a check in requirements.yaml, or write a judge: @judge(id)"


def test_requirements_are_complete():
    ids = {item["id"] for item in BASISEISEN}
    for item in OURS:
        assert item.title.nl != item.title.en
        assert set(item.basiseis) <= ids and bool(item.basiseis) is bool(standard(item.standard).basiseis)
        assert item.mark not in ("?", "D") or item.strength.value == "SHOULD"


def test_basiseisen_that_are_tested_automatically_are_covered():
    covered = {name for item in load_catalogue() for name in item.basiseis}
    automatic = {item["id"] for item in BASISEISEN if item["class"] == "A"}
    # not yet: DigiD proof and consent expiry are uploads, availability and questionnaires come later
    later = {"OPEN-ICT-20", "OPEN-ICT-22", "OPEN-ICT-23", "OPEN-ICT-25", "OPEN-ICT-34", "OPEN-ICT-54"}
    assert automatic - later <= covered
    assert len(BASISEISEN) == 46 and len({item["id"] for item in BASISEISEN}) == 46


@pytest.mark.official
def test_official_cases_exist(material):
    names = {
        path.stem.removesuffix("-json").removesuffix("-xml")
        for path in (material / "nictiz-testscripts" / "STU3").rglob("*.xml")
    }
    for item in OURS:
        assert set(item.official) <= names, item.id
    for name in standards():
        for query in load_queries(name):
            assert set(query.official) <= names, query.operation


@pytest.mark.official
def test_every_official_case_of_the_sets_is_rehearsed(material):
    rehearsed = {name for item in load_catalogue() for name in item.official}
    missing = set()
    for folder in (name for item in standards().values() for name in item.official):
        for role in (
            "XIS-Server",
            "Serving-XIS",
            "Receiving-XIS",
            "PHR-Client",
            "Retrieving-PHR",
            "Sending-PHR",
        ):
            base = material / "nictiz-testscripts" / "STU3" / folder / "MedMij" / "Cert" / role
            for path in base.rglob("*.xml"):
                missing.add(path.stem.removesuffix("-json").removesuffix("-xml"))
    missing -= rehearsed
    sent = {name for name in missing if "phr-3-" in name}  # sending documents is not rehearsed
    assert missing == sent
