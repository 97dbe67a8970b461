"""Official sets as records: clean answers are green, single edits are found, scripts count what is expected."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest

from harness.core.errors import HarnessError, UsageError
from harness.reference.oracle.reload import reload_advice
from harness.reference.reconcile.known import index_records
from harness.reference.record.load import load_records
from harness.testscript.own.records import import_set

from oracle import SETS, counts  # isort: skip
from truth_cells import cells, reconcile  # isort: skip
from truth_equivalent import REWRITES  # isort: skip
from truth_mutations import perturb  # isort: skip

T = date(2026, 11, 27)
pytestmark = [pytest.mark.official, pytest.mark.slow]
GOALS = {
    "huisartsgegevens-2.0": "GenPractData-2-0/MedMij/Cert",
    "zelfmetingen-2.0": "SelfMeasurements-2-0/MedMij/Cert",
    "pdfa-3.0": "PDFA-3-0/MedMij/Cert",
    "eafspraak-2.0": "eAppointment-2-0/MedMij/Cert",
}


def goal(material: Path, name: str) -> Path:
    found = material / "nictiz-testscripts" / "STU3" / name
    if not found.is_dir():
        pytest.skip(f"official set {name} is absent")
    return found


def imported(material: Path, name: str, out: Path):
    import_set(goal(material, name), out, T)
    return load_records(sorted(path.parent for path in out.glob("*/record.yaml")), t=T)


def test_what_was_not_loaded_is_held_only_when_a_rule_keeps_it_in(material, tmp_path):
    (record,) = imported(material, GOALS["huisartsgegevens-2.0"], tmp_path / "hg")
    assert record.origin == "official" and record.online_since is None and record.bsn
    assert len(record.withheld) == 27 and set(record.withheld.values()) == {"rule"}
    records = imported(material, GOALS["zelfmetingen-2.0"], tmp_path / "zm")
    sender = next(item for item in records if "bergzoon" in item.person)
    assert len(list((sender.folder / "sent").iterdir())) == 6
    assert [
        stored.type for stored in sender.store.compartment(sender.patient).members.get("Observation", ())
    ] == []


def test_one_person_of_a_set_and_a_name_that_is_nobodys(material, tmp_path):
    written, _ = import_set(goal(material, GOALS["eafspraak-2.0"]), tmp_path / "a", T, ["XXX_Verweij"])
    assert [item.person for item in written] == ["xxx-verweij"]
    with pytest.raises(UsageError) as caught:
        import_set(goal(material, GOALS["eafspraak-2.0"]), tmp_path / "b", T, ["Verwey"])
    assert "XXX_Verweij" in caught.value.expected
    with pytest.raises(UsageError):
        import_set(goal(material, GOALS["eafspraak-2.0"]), tmp_path / "a", T)
    with pytest.raises(HarnessError):
        import_set(material, tmp_path / "c", T)


@pytest.mark.parametrize("standard", GOALS)
def test_a_server_loaded_with_the_set_is_green_and_every_edit_is_found(material, tmp_path, standard):
    known = index_records(imported(material, GOALS[standard], tmp_path / "set"))
    clean = cells(known, [standard], T)
    assert clean
    rng = random.Random(5)
    for cell in clean:
        assert reconcile(known, cell) == [], cell.record.person
        for rewrite in REWRITES.values():
            rewrite(other := cell.copied(), rng)
            assert reconcile(known, other) == [], cell.record.person
    found, missed = 0, []
    while found + len(missed) < 150:
        cell = rng.choice(clean).copied()
        done = perturb(cell, known, rng)
        if done is not None and done.what == "must":
            if any(item.broken for item in reconcile(known, cell)):
                found += 1
            else:
                missed.append(done.where)
    assert found >= 0.99 * 150, missed


def test_every_count_of_an_official_script_follows_from_its_set(material, tmp_path):
    if any(not (material / "nictiz-testscripts" / "STU3" / name).is_dir() for name in SETS):
        pytest.skip("an official set is absent")
    found = list(counts(material, T, tmp_path))
    assert len(found) >= 170
    assert [(item.script, item.expression) for item in found if not item.holds] == []


def test_an_official_set_says_when_to_load_it_again(material, tmp_path):
    records = imported(material, GOALS["eafspraak-2.0"], tmp_path / "ea")
    advice = [item for record in records for item in reload_advice("eafspraak-2.0", record, horizon=5)]
    assert min(item.day for item in advice) == date(2026, 11, 28)
