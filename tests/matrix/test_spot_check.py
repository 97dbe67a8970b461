"""Recorded queries, asked again of the live system of another process."""

from __future__ import annotations

import json
import re
import shutil

import pytest
import yaml
from dossierkit import AT, network
from processes import serving

pytestmark = pytest.mark.slow


@pytest.fixture
def asked(faulty_run, here, tmp_path):
    """Verifies the run with a spot check on a HIS that serves a folder; gives code and output."""

    def ask(folder, *words, change=lambda text: text):
        with serving(
            "serve", "fhir", "--fixtures", folder, "--port", "0", "--at", AT, "--fault", "total-too-high"
        ) as ready:
            file = tmp_path / "network.yaml"
            file.write_text(change(network(re.search(r"http://\S+", ready).group())))
            return here("verify", faulty_run, "--spot-check", "50", "--network", file, *words)

    return ask


def test_what_is_answered_otherwise_is_told_and_the_rest_is_as_recorded(asked, faulty_run, tmp_path):
    folder = tmp_path / "other"
    shutil.copytree(faulty_run.parent / "shared", folder)
    (patient,) = folder.glob("Patient-*.json")
    said = json.loads(patient.read_text())
    said["gender"] = "female" if said["gender"] == "male" else "male"
    patient.write_text(json.dumps(said))
    code, told = asked(folder, "--json")
    spot = json.loads(told)["spot_check"]
    other = spot["other"]
    assert spot["asked"] > 10
    assert code == 7 and {item["operation"] for item in other} == {"hg-patient-json", "hg-patient-xml"}
    assert "gender" in other[0]["differences"][0]["en"]


def test_what_a_spot_check_cannot_be_asked_of_is_said(asked, faulty_run, here):
    assert here("verify", faulty_run, "--spot-check", "3")[0] == 2

    def newer(text):
        data = yaml.safe_load(text)
        data["participants"][2]["version"] = "2.0"
        return yaml.safe_dump(data)

    code, told = asked(faulty_run.parent / "shared", "--lang", "en", change=newer)
    assert code == 2 and "another version of it" in told and "version: 2.0" in told
