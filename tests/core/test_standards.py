"""The table of standards: what a folder says, what it may not share, and folders that packages bring."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.core.errors import ConfigurationError, UsageError
from harness.core.ids import check_requirement_id
from harness.core.standards.completeness import check
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


WRONG_QUERIES = """\
queries:
  - {operation: wz-wounds, method: GET, path: Condition, params: []}
  - {operation: wz-wounds, method: GET, path: Condition, params: []}
  - {operation: hg-wounds, method: GET, path: Condition, params: []}
  - {operation: wz-photo, method: GET, path: "{value}", params: [], each: [wz-wonds, "Bundle.id"], role: PDB}
"""
REQUIREMENT = """\
  - id: {id}
    title: {{nl: Wond, en: Wound}}
    source: sheet
    topic: value
    group: content
    state: {state}
    check: {check}
"""
WRONG_REQUIREMENTS = (
    "defaults: {mark: S, role: his, depends: [his, standard], strength: MUST, kind: automatic}\nrequirements:\n"
    + REQUIREMENT.format(id="HG-WND-001", state="active", check="{kind: hidden}")
    + REQUIREMENT.format(id="WZ-GEN-001", state="planned", check="{kind: empty, operation: wz-none}").replace(
        "group: content", "group: contents"
    )
)
WRONG_FAULTS = """\
of_every_standard:
  canary-leek: {kills: [WZ-GEN-001]}
faults:
  - {name: canary-leak, role: his, kills: [WZ-GEN-999], on: [wz-nothing], title: {nl: lek, en: leak}}
"""


def test_what_the_files_of_a_folder_say_about_each_other_is_checked_as_a_whole(tmp_path):
    facts = (
        FACTS.replace("plain: wz-wounds", "plain: wz-wound")
        + "judges: [wondzorg.rechters]\nfaults: [json.nope]\n"
    )
    made = folder(
        tmp_path / "w",
        standard=facts,
        queries=WRONG_QUERIES,
        requirements=WRONG_REQUIREMENTS,
        faults=WRONG_FAULTS,
    )
    with pytest.raises(ConfigurationError) as caught:
        check(read_table(own_folders(), [made]))
    text = caught.value.render("en")
    for expected in (
        "a standard is not complete (17)",
        "queries.yaml:2: 'wz-wounds' appears more than once",
        "queries.yaml:3: 'wz-wounds' appears more than once",
        "queries.yaml:4: an operation starts with 'wz-'",
        "queries.yaml:5: 'wz-wonds' does not exist",
        "no system role with this part",
        "standard.yaml: targets: 'wz-wound' does not exist",
        "judges: module 'wondzorg.rechters' does not exist",
        "faults: module 'json.nope' does not exist",
        "requirements.yaml:3: a requirement of this standard starts with 'WZ-'",
        "'WZ-GEN-001' appears more than once",
        "a planned requirement without a reason",
        "'wz-none' does not exist",
        "'contents' does not exist",
        "'canary-leek' does not exist",
        "did you mean 'canary-leak'",
        "'canary-leak' appears more than once",
        "'WZ-GEN-999' does not exist",
        "'wz-nothing' does not exist",
    ):
        assert expected in text, text
    assert str(made) in text and "profiles" not in text


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"queries": "queries:\n  - {method: GET, path: Condition, params: []}\n"},
            "queries.0 misses operation",
        ),
        ({"queries": "queries: [}"}, "is not valid YAML"),
        ({"requirements": "requirements: []\nstandaard: x\n"}, "unknown key 'standaard'"),
        ({"faults": "faults:\n  - {name: x}\n"}, "faults.0 misses role, kills, title"),
    ],
)
def test_a_file_that_does_not_follow_its_schema_is_refused(tmp_path, files, expected):
    with pytest.raises(ConfigurationError, match="a standard is not complete") as caught:
        check(read_table(own_folders(), [folder(tmp_path / "w", **files)]))
    assert expected in caught.value.render("en")


@pytest.mark.parametrize(
    ("role", "depends", "expected"),
    [
        ("his", "", "requirements.0 misses depends"),
        ("his", "depends: []", "at least 1 value"),
        ("his", "depends: [his, dva]", "unknown value at requirements.0.depends.1"),
        ("his", "depends: [his, his]", "a value appears twice"),
        ("his", "depends: [dvza]", "a requirement of a HIS depends on: his"),
        ("dvza", "depends: [his]", "a requirement of a DVZA depends on: dvza"),
        ("pgo", "depends: [dvza]", "a requirement of a PGO depends on: pgo"),
        ("stelselnode", "depends: [pgo]", "a requirement of the stelselnode depends on: network"),
        ("dvza", "depends: [dvza, cell]", "at most 1 value"),
    ],
)
def test_what_a_requirement_depends_on_is_stated_and_fits_its_role(tmp_path, role, depends, expected):
    entry = REQUIREMENT.format(id="WZ-WND-001", state="active", check="{kind: hidden}")
    text = "defaults: {mark: S, role: " + role + ", strength: MUST, kind: automatic}\nrequirements:\n" + entry
    made = folder(tmp_path / "w", requirements=text + (f"    {depends}\n" if depends else ""))
    with pytest.raises(ConfigurationError) as caught:
        check(read_table(own_folders(), [made]))
    assert expected in caught.value.render("en")


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
