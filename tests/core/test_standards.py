"""The table of standards: what a folder says, what it may not share, and folders that packages bring."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.core.errors import ConfigurationError, UsageError
from harness.core.ids import check_requirement_id
from harness.core.standards.table import (
    default_standards,
    own_folders,
    read_table,
    service_standard,
    standard,
    standards,
)

FACTS = """\
id: wondzorg-1.0
prefix: WZ
short: wz
letter: W
title: {nl: "Wondzorg 1.0", en: "Wound care 1.0"}
name: {nl: Wondzorg, en: Wound care}
fhir_version: "3.0"
collect: {id: "970", name: "Wondzorg", roles: [WZ-1.0-WZB-FHIR]}
official: []
targets: {plain: wz-wounds}
default: false
profiles: ["http://nictiz.nl/fhir/StructureDefinition/zib-Problem"]
"""
CONTENTS = {
    "queries.yaml": "queries:\n  - {operation: wz-wounds, method: GET, path: Condition, params: []}\n",
    "requirements.yaml": "requirements: []\n",
    "faults.yaml": "faults: []\n",
}


def folder(base: Path, **files: str) -> Path:
    """A folder of a standard; ``files`` (name without suffix) replace the sound ones, ``""`` leaves one out."""
    base.mkdir(parents=True)
    for name, text in {"standard.yaml": FACTS, **CONTENTS}.items():
        text = files.get(name.removesuffix(".yaml"), text)
        if text:
            (base / name).write_text(text, encoding="utf-8")
    return base


def test_every_folder_of_ours_is_a_standard():
    assert {item.folder for item in standards().values()} == set(own_folders())
    assert all(item.own for item in standards().values())
    assert set(default_standards()) <= set(standards())
    assert standard("zelfmetingen-2.0").services[1].id == "53"
    found = service_standard("53")
    assert found is not None and found.short == "zm"
    assert service_standard("9") is None


def test_an_unknown_standard_gets_the_nearest_name():
    with pytest.raises(UsageError, match=r"did you mean 'pdfa-3\.0'"):
        standard("pdfa-3")


def test_the_form_of_an_id_follows_the_table():
    for item in standards().values():
        assert check_requirement_id(f"{item.prefix}-GEN-001")
    with pytest.raises(ConfigurationError, match=r"HG-.*MM-<TOPIC>-nnn"):
        check_requirement_id("XX-GEN-001", "here")


def test_a_sound_folder_is_read(tmp_path):
    found = read_table([], [folder(tmp_path / "wondzorg")])["wondzorg-1.0"]
    assert (found.prefix, found.default, found.own) == ("WZ", False, False)


def test_every_problem_of_every_folder_is_in_one_message(tmp_path):
    ours = standard("pdfa-3.0").folder
    twice = FACTS.replace("prefix: WZ", "prefix: PD").replace('id: "970"', 'id: "51"')
    wrong = FACTS.replace("letter: W", "lettre: W").replace('fhir_version: "3.0"', 'fhir_version: "3.1"')
    with pytest.raises(ConfigurationError) as caught:
        read_table(
            [ours],
            [
                folder(tmp_path / "a", standard=twice, faults=""),
                folder(tmp_path / "b", standard=wrong, queries=""),
            ],
        )
    text = caught.value.render("en")
    for expected in (
        "prefix 'PD' belongs to another standard",
        "gegevensdienst '51' belongs to another standard",
        f"{tmp_path / 'a' / 'faults.yaml'}: file of the standard is missing",
        "unknown key 'lettre'",
        "did you mean 'letter'",
        "unknown value at fhir_version",
        f"{tmp_path / 'b' / 'queries.yaml'}: file of the standard is missing",
    ):
        assert expected in text
    assert "is van een andere standaard" in caught.value.render("nl")


def test_a_package_brings_a_standard(tmp_path):
    """An entry point in a ``.dist-info`` on the path is all it takes."""
    package = folder(tmp_path / "wondzorg_standaard")
    (package / "__init__.py").write_text("raise RuntimeError('must not be executed')\n")
    info = tmp_path / "wondzorg_standaard-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wondzorg-standaard\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[medmij_harness.standards]\nwondzorg = wondzorg_standaard\n")
    code = "from harness.core.standards.table import standards as s; print(*s(), s()['wondzorg-1.0'].folder)"
    done = in_process(tmp_path, code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [*standards(), "wondzorg-1.0", str(package)]
    (info / "entry_points.txt").write_text("[medmij_harness.standards]\nwondzorg = nergens\n")
    done = in_process(tmp_path, code)
    assert "brings a standard that is not there" in done.stderr and "wondzorg" in done.stderr


def in_process(extra: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a new Python that sees a folder of packages."""
    path = f"import sys; sys.path[:0] = {[str(Path(__file__).resolve().parents[2]), str(extra)]!r}; "
    return subprocess.run([sys.executable, "-c", path + code], capture_output=True, text=True, check=False)
