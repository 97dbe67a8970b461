"""``harness record``: what people type, and what they get."""

from __future__ import annotations

import json
import re

import pytest

from harness.cli import run
from harness.core.data import data_path

RECORDS = data_path("fixtures", "records")


@pytest.fixture
def command(capsys):
    """Runs a command line; exit code and what was printed."""

    def go(*words):
        code = run([str(word) for word in words])
        seen = capsys.readouterr()
        return code, seen.out, seen.err

    return go


def test_check_says_what_must_come_back_and_until_when(command):
    code, out, _ = command("record", "check", RECORDS / "hanna-wilgenkamp", "--at", "2026-11-27", "--json")
    assert code == 0
    (record,) = json.loads(out)["records"]
    rows = {row["operation"]: row for row in record["expected"]}
    assert rows["hg-observation"]["must"] == {"Observation": 10, "Specimen": 2}
    assert rows["hg-encounter"]["may"] == {"Encounter": 1}
    assert record["withheld"] == 19 and min(item["day"] for item in record["reload"]) == "2026-11-28"


@pytest.mark.parametrize(("lang", "words"), [("nl", "blijven in het HIS"), ("en", "stay in the HIS")])
def test_check_for_people(command, lang, words):
    code, out, _ = command("record", "check", RECORDS / "lege-persoon", "--at", "2026-11-27", "--lang", lang)
    assert code == 0 and words in " ".join(out.split())


def test_check_of_something_else(command, tmp_path):
    code, _, err = command("record", "check", tmp_path, "--lang", "nl")
    assert code == 2 and "record.yaml" in err and "harness record import" in err


@pytest.mark.parametrize("form", ["json", "xml"])
def test_export_is_ready_to_load(command, tmp_path, form):
    out = tmp_path / "his"
    code, *_ = command(
        "record",
        "export",
        RECORDS / "hanna-wilgenkamp",
        "--for-his",
        "--out",
        out,
        "--at",
        "2026-11-27",
        "--format",
        form,
    )
    assert code == 0
    files = list((out / "hanna-wilgenkamp").glob(f"*.{form}"))
    assert len(files) == (117 if form == "json" else 116)  # loading.json besides
    assert not any("${" in path.read_text(encoding="utf-8") for path in files)
    loading = json.loads((out / "hanna-wilgenkamp" / "loading.json").read_text(encoding="utf-8"))
    assert loading["withheld"]["Encounter/hanna-wilgenkamp-contact-07"] == "shielded"
    for lang, title, shield in (("nl", "Laadblad", "afschermen"), ("en", "Loading sheet", "shield")):
        page = (out / "hanna-wilgenkamp" / f"loading-sheet.{lang}.html").read_text(encoding="utf-8")
        assert f'<html lang="{lang}">' in page and title in page and shield in page
        assert "metoprolol (C07AB02)" in page and "2026-11-28" in page and "<script" not in page
        assert len(re.findall("<tr", page)) > 80
    again, _, err = command("record", "export", RECORDS / "hanna-wilgenkamp", "--out", out)
    assert again == 2 and str(out) in err


def test_export_in_an_unknown_format(command, tmp_path):
    code, _, err = command(
        "record", "export", RECORDS / "bram-lisdodde", "--out", tmp_path / "x", "--format", "csv"
    )
    assert code == 2 and "json | xml" in err


@pytest.mark.official
def test_import_check_and_export_of_an_official_set(command, material, tmp_path):
    goal = material / "nictiz-testscripts" / "STU3" / "GenPractData-2-0" / "MedMij" / "Cert"
    if not goal.is_dir():
        pytest.skip("official set GenPractData-2-0 is absent")
    code, out, _ = command(
        "record",
        "import",
        goal,
        "--out",
        tmp_path / "set",
        "--at",
        "2026-11-27",
        "--person",
        "XXX_Cevat",
        "--json",
    )
    assert code == 0 and json.loads(out)["records"][0]["withheld"] == 27
    code, out, _ = command("record", "check", tmp_path / "set", "--at", "2026-11-27", "--json")
    rows = {row["operation"]: row["must"] for row in json.loads(out)["records"][0]["expected"]}
    assert rows["hg-encounter"] == {"Encounter": 18} and rows["hg-observation"]["Observation"] == 18
    code, *_ = command("record", "import", goal, "--out", tmp_path / "set2", "--person", "Nobody")
    assert code == 2
