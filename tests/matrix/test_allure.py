"""What coordinators see: the results of a run in Allure 3 and Allure 2, and what stays the same in the next run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.report.allure.categories import CATEGORIES, SIDES

pytestmark = pytest.mark.slow

MODULES = Path(__file__).resolve().parent.parent / "node" / "node_modules"
MACHINE = {"host", "thread", "framework", "language", "package"}


def read(folder: Path) -> list[dict]:
    return [json.loads(path.read_text()) for path in folder.glob("*-result.json")]


def labels(result: dict, name: str) -> list[str]:
    return [item["value"] for item in result["labels"] if item["name"] == name]


@pytest.fixture
def results(defect_run) -> list[dict]:
    return read(defect_run[0] / "allure-results")


@pytest.fixture
def failed(results) -> dict:
    (found,) = (item for item in results if item["status"] == "failed")
    return found


def test_names_are_unique_and_say_title_and_cell(results, failed):
    assert len({item["name"] for item in results}) == len(results)
    assert failed["name"] == (
        "Huisartsgegevens: Antwoorden zijn een nette searchset · his-eik × dvza-eik × pgo-zon · "
        "huisartsgegevens-2.0 · mm-2.2"
    )
    assert failed["description"].startswith("1. De persoon kiest")


def test_labels_are_those_of_people(results, failed):
    assert not any(labels(item, name) for item in results for name in MACHINE)
    assert labels(failed, "parentSuite") == ["Eikenblad HIS 7.2 (his-eik)"]
    assert labels(failed, "feature") == ["Huisartsgegevens 2.0"]
    assert labels(failed, "story") == ["De persoon haalt gegevens op"]
    assert labels(failed, "severity") == ["critical"] and labels(failed, "side") == ["HIS"]
    assert labels(failed, "release") == ["mm-2.2"] and "HG-GEN-015" in labels(failed, "requirement")
    assert all(labels(item, "severity") for item in results)


def test_a_message_is_one_line_without_ids_or_places_and_the_rest_is_in_the_trace(failed):
    details = failed["statusDetails"]
    assert details["message"].startswith("HG-GEN-015 niet voldaan: ") and "\n" not in details["message"]
    assert not re.search(r"\.hg\.\d{4}|\[\d+\]|Exception|ProductFailure|his-eik", details["message"])
    assert details["trace"].startswith("Kant: HIS\n") and ".hg.0" in details["trace"]
    assert not any("trace" in step.get("statusDetails", {}) for step in failed["steps"]), "none of our code"


def test_links_lead_to_the_cell_and_to_requirements_and_official_scripts(defect_run, results, failed):
    made = defect_run[0].parent / "run-allure"
    for item in results:
        for link in item["links"]:
            path, _, anchor = link["url"].partition("#")
            page = (made / path).resolve()
            assert page.is_file(), link
            assert not anchor or f'id="{anchor}"' in page.read_text(), link
    kinds = {link["type"] for item in results for link in item["links"]}
    assert kinds == {"link", "tms", "test_case"}


def test_the_next_run_has_the_same_history(small_run, door_run):
    """Of another day and through the other door: nothing that changes is in the identity."""
    first = {item["historyId"]: item["name"] for item in read(small_run[0] / "allure-results")}
    second = {item["historyId"]: item["name"] for item in read(door_run[1])}
    assert first == second and len(first) > 1
    values = [item for result in read(door_run[1]) for item in result["parameters"]]
    assert all(re.fullmatch(r"[\w.-]*", item["value"]) for item in values)


def test_both_versions_get_the_same_categories(defect_run):
    folder = defect_run[0] / "allure-results"
    old = json.loads((folder / "categories.json").read_text())
    assert [item["name"] for item in old] == [item.name.nl for item in CATEGORIES]
    assert f'"name": "{CATEGORIES[0].name.nl}"' in (folder / "allurerc.mjs").read_text()
    assert {item.side for item in CATEGORIES if item.side} <= SIDES.keys()


@pytest.mark.node
def test_allure_3_makes_a_dutch_report_in_the_order_of_the_coordinator(defect_run, results, failed):
    cli = MODULES / "allure" / "cli.js"
    if not cli.exists() or not shutil.which("node"):
        pytest.skip("Allure 3 is not installed (npm ci in tests/node)")
    folder = defect_run[0] / "allure-results"
    for _ in range(2):
        subprocess.run(
            ["node", cli, "generate", "--config", "allurerc.mjs", "."],
            cwd=folder, check=True, timeout=120, capture_output=True,
        )  # fmt: skip
    out = defect_run[0].parent / "run-allure"
    summary = json.loads((out / "summary.json").read_text())
    assert summary["name"] == "Kwalificatierapport (oefening)"
    assert summary["stats"]["total"] == len(results) and summary["stats"]["failed"] == 1
    tree = json.loads((out / "widgets" / "tree.json").read_text())
    groups = tree["groupsById"]
    (top,) = (groups[name] for name in tree["root"]["groups"] if "his-eik" in groups[name]["name"])
    below = [groups[name]["name"] for name in top["groups"]]
    assert below == ["Huisartsgegevens 2.0"]
    history = (out.parent / "allure-history.jsonl").read_text().splitlines()
    assert len(history) == 2 and all(len(json.loads(line)["testResults"]) == len(results) for line in history)
    nodes = json.loads((out / "widgets" / "categories.json").read_text())["nodes"]
    assert any(item["name"] == "Niet voldaan: HIS" for item in nodes.values())
    assert any(item.get("value") == failed["statusDetails"]["message"] for item in nodes.values())


@pytest.mark.java
@pytest.mark.node
def test_allure_2_puts_the_failure_in_the_same_category(defect_run, tmp_path):
    cli = MODULES / "allure-commandline" / "dist" / "bin" / "allure"
    if not cli.exists() or not shutil.which("java"):
        pytest.skip("Allure 2 is not installed (npm ci in tests/node, and Java)")
    out = tmp_path / "report"
    command = ["sh", cli, "generate", defect_run[0] / "allure-results", "-o", out]
    subprocess.run(command, check=True, timeout=120, capture_output=True)
    tree = json.loads((out / "data" / "categories.json").read_text())
    assert [item["name"] for item in tree["children"]] == ["Niet voldaan: HIS"]


def test_the_tree_of_all_statuses_is_covered() -> None:
    """Every red item falls in some category, whatever its side."""

    def last(status: str) -> Iterator[str]:
        return (item.side for item in CATEGORIES if item.status == status)

    assert all([*last(status)][-1] == "" for status in ("failed", "broken", "skipped"))
