"""What is tested by what: the catalogue that ships fits together, and every way in which one does not is named."""

from __future__ import annotations

import json

import msgspec
import pytest

from harness.cli import run
from harness.core.standards import faults as fault_table
from harness.core.text import Text
from harness.judge.catalogue import Catalogue, load_catalogue
from harness.report.programme import coverage as covering
from harness.report.programme.basiseisen import basiseisen
from harness.report.programme.coverage import By, coverage
from harness.report.programme.pages import generated, whole_coverage
from harness.scenario import Scenario, shipped_scenarios

CATALOGUE = load_catalogue()
SCENARIOS = shipped_scenarios()
ONE = "HG-EPI-001"


def changed(**fields) -> Catalogue:
    """The catalogue with one other requirement."""
    items = (msgspec.structs.replace(item, **fields) if item.id == ONE else item for item in CATALOGUE)
    return Catalogue(items, "other")


def stale(catalogue=CATALOGUE, scenarios=SCENARIOS, **pages) -> list[str]:
    return [
        item.en
        for item in coverage(
            catalogue, scenarios, {f"{n.replace('_', '-')}.md": t for n, t in pages.items()}
        ).stale
    ]


def test_what_ships_is_whole_and_every_basic_requirement_has_its_class_and_what_decides_it():
    found = whole_coverage(CATALOGUE, SCENARIOS)
    assert found.stale == ()
    assert [row.basiseis.id for row in found.basiseisen] == [item.id for item in basiseisen()]
    assert len(found.basiseisen) == 46
    for row in found.basiseisen:
        kinds = {"A": {By.TESTS, By.SAMPLE, By.NOTHING}, "S": {By.PROOF}, "M": {By.PERSON}}
        assert row.by in kinds[row.basiseis.kind]
        assert (row.why is None) == (row.by is By.TESTS)
        assert row.tests or row.by is not By.TESTS
    for item in found.requirements:
        assert (item.why is None) == item.requirement.decidable
        assert item.scenarios or not item.requirement.decidable


def test_a_requirement_names_the_scenario_of_its_group():
    found = {item.requirement.id: item for item in coverage(CATALOGUE, SCENARIOS, {}).requirements}
    assert found[ONE].scenarios == ("collecting",)
    asking = Scenario(name="own", title=Text(nl="a", en="a"), flow="collect", requirements=(ONE,))
    more = {item.requirement.id: item for item in coverage(CATALOGUE, (*SCENARIOS, asking), {}).requirements}
    assert more[ONE].scenarios == ("collecting", "own")


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"group": "no-such-group"}, f"{ONE}: no scenario asks it"),
        ({"faults": ()}, f"{ONE}: no fault proves it"),
        ({"basiseis": ("OPEN-ICT-99",)}, f"{ONE}: there is no basic requirement OPEN-ICT-99"),
        ({"state": "planned"}, f"{ONE}: not tested, and no reason is given"),
    ],
)
def test_a_requirement_that_hangs_in_the_air_is_named(fields, wanted):
    assert wanted in stale(changed(**fields))


def test_a_basic_requirement_that_nothing_tests_any_more_needs_a_reason():
    without = Catalogue([item for item in CATALOGUE if "OPEN-ICT-02" not in item.basiseis], "other")
    assert "OPEN-ICT-02: not tested, and no reason is given" in stale(without)


def test_a_scenario_that_names_or_asks_nothing_that_is_there_is_named():
    title = Text(nl="a", en="a")
    wrong = Scenario(name="wrong", title=title, flow="collect", requirements=("HG-EPI-999",))
    empty = Scenario(name="empty", title=title, flow="collect")
    assert stale(scenarios=(*SCENARIOS, wrong, empty)) == [
        "scenario wrong: there is no requirement HG-EPI-999",
        "scenario empty: asks nothing",
    ]
    fewer = [item for item in SCENARIOS if item.name != "sharing"]
    told = stale(scenarios=fewer)
    assert any("there is no scenario 'sharing'" in line for line in told)
    assert "ZM-SND-001: no scenario asks it" in told


def test_a_fault_that_names_nothing_that_is_there_is_named(monkeypatch):
    name, known = next(iter(fault_table.faults().items()))
    for fields, wanted in (
        ({"kills": ()}, "breaks nothing"),
        ({"kills": ("HG-EPI-999",)}, "there is no requirement HG-EPI-999"),
        ({"also": {"HG-EPI-998": "why"}}, "there is no requirement HG-EPI-998"),
    ):
        table = {name: msgspec.structs.replace(known, **fields)}
        monkeypatch.setattr(covering, "faults", lambda table=table: table)
        assert stale() == [f"fault {name}: {wanted}"]


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ("| `no-such-fault` | dvza | MM-RSC-014 (fail) |  | mm-2.2 |", "no-such-fault: there is no such fault"),
        ("| `access-after-withdrawal` | dvza | MM-RSC-999 (fail) |  | mm-2.2 |", "there is no requirement MM-RSC-999"),
        ("| `access-after-withdrawal` | dvza | MM-RSC-014 (fail) | XX-ABC-001 | mm-2.2 |", "there is no requirement XX-ABC-001"),
    ],
)  # fmt: skip
def test_a_row_of_the_kill_table_that_names_nothing_is_named(row, wanted):
    head = "| Fault | Mock | Kills | Takes along | Release families |\n|---|---|---|---|---|\n"
    (told,) = stale(kill_table=head + row + "\n")
    assert told.startswith("kill-table.md: ") and told.endswith(wanted)


def test_a_page_that_is_out_of_date_is_named_and_an_installation_without_pages_is_fine(monkeypatch, tmp_path):
    from harness.report.programme import pages

    monkeypatch.setattr(pages, "data_root", lambda: tmp_path)
    assert whole_coverage(CATALOGUE, SCENARIOS).stale == ()
    (tmp_path / "docs").mkdir()
    for name, text in generated(CATALOGUE, coverage(CATALOGUE, SCENARIOS, {})).items():
        (tmp_path / "docs" / name).write_text(text)
    assert whole_coverage(CATALOGUE, SCENARIOS).stale == ()
    (tmp_path / "docs" / "basiseisen.md").write_text("old")
    (told,) = whole_coverage(CATALOGUE, SCENARIOS).stale
    assert told.en == "docs/basiseisen.md is out of date: run python scripts/reference.py"


def test_the_command_prints_it_and_fails_when_it_is_stale(capsys, monkeypatch):
    assert run(["requirements", "coverage", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "coverage-1" and told["stale"] == [] and len(told["basiseisen"]) == 46
    one = next(item for item in told["requirements"] if item["id"] == ONE)
    assert one["tested"] and one["faults"] and one["scenarios"] == ["collecting"] and one["releases"]
    monkeypatch.setenv("COLUMNS", "200")
    assert run(["requirements", "coverage", "--standard", "pdfa-3.0", "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert "OPEN-ICT-54" in out and "a sample over time" in out and "PD-SND-001" in out and ONE in out
    assert run(["requirements", "coverage", "--standard", "pdfa-3", "--lang", "en"]) == 2
    assert "did you mean 'pdfa-3.0'" in capsys.readouterr().err
    monkeypatch.setattr("harness.cli.requirements.load_catalogue", lambda: changed(faults=()))
    assert run(["requirements", "coverage", "--lang", "en"]) == 1
    assert f"✗ {ONE}: no fault proves it" in capsys.readouterr().out


def test_the_list_of_requirements_is_what_it_was(capsys):
    assert run(["requirements", "--json", "--standard", "pdfa-3.0", "--state", "planned"]) == 0
    assert [item["id"] for item in json.loads(capsys.readouterr().out)["requirements"]] == [
        "PD-SND-001",
        "PD-SND-002",
    ]
    assert run(["requirements", "--standard", "pdfa-3.0", "--lang", "en"]) == 0
    assert "PD-GEN-001" in capsys.readouterr().out
