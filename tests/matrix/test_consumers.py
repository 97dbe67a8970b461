"""What the harness writes, read by real consumers: a JUnit schema, Allure 3, Chromium."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from lxml import etree

HERE = Path(__file__).resolve().parent
ALLURE = HERE.parent / "node" / "node_modules" / ".bin" / "allure"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.parametrize("which", ["small_run", "defect_run"])
def test_junit_follows_its_schema(which, request):
    run, _ = request.getfixturevalue(which)
    schema = etree.XMLSchema(etree.parse(HERE / "junit.xsd"))
    document = etree.parse(run / "junit.xml")
    assert schema.validate(document), schema.error_log
    case = document.find(".//testcase")
    assert {item.get("name") for item in case.iter("property")} >= {"requirement"}


@pytest.mark.node
def test_allure_3_reads_the_results(defect_run, tmp_path):
    if not ALLURE.exists() or not shutil.which("node"):
        pytest.skip("Allure 3 is not installed (npm ci in tests/node)")
    run, _ = defect_run
    out = tmp_path / "report"
    subprocess.run(
        [ALLURE, "generate", run / "allure-results", "-o", out], check=True, timeout=120, capture_output=True
    )
    summary = json.loads((out / "summary.json").read_text())
    results = list((run / "allure-results").glob("*-result.json"))
    assert summary["stats"]["total"] == len(results)
    assert summary["stats"]["failed"] == 1


def chromium(*words: str | Path, profile: Path) -> str:
    """Run headless Chromium and give its output."""
    command = [
        *(CHROMIUM or "", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        *("--enable-logging=stderr", f"--user-data-dir={profile}", *words),
    ]
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120, check=True)
    return result.stdout + "\n".join(line for line in result.stderr.splitlines() if "CONSOLE" in line)


@pytest.mark.browser
def test_pages_work_from_file_in_a_browser(defect_run, tmp_path):
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    report = defect_run[0] / "report"
    vendor = next(report.glob("vendor-his-eik*.nl.html"))
    shown = chromium("--dump-dom", vendor.as_uri(), profile=tmp_path / "p1")
    assert "voldoet niet" in shown and "CONSOLE" not in shown
    finding = next(
        item
        for item in json.loads((defect_run[0] / "findings.json").read_text())["findings"]
        if item["verdict"] == "fail"
    )
    cell = next(
        page
        for page in report.glob("cell-his-eik*.nl.html")
        if f'id="{finding["where"]["exchange"]}"' in page.read_text()
    )
    opened = chromium(
        "--virtual-time-budget=10000",
        "--dump-dom",
        f"{cell.as_uri()}#{finding['where']['exchange']}",
        profile=tmp_path / "p2",
    )
    cited = re.search(
        rf'<details id="{finding["where"]["exchange"]}" class="cited"([^>]*)>(.*?)</details>', opened, re.S
    )
    assert cited and "open" in cited[1] and "CONSOLE" not in opened
    assert cited[2].count("<h3>") == 2, "the whole messages came out of the file beside the page"
