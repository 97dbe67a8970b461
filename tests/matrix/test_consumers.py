"""What the harness writes, read by real consumers: a JUnit schema, Chromium."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest
from lxml import etree

from harness.core.yamlfile import json_schema

pytestmark = pytest.mark.slow

HERE = Path(__file__).resolve().parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.parametrize("which", ["small_run", "defect_run"])
def test_junit_follows_its_schema(which, request):
    run, _ = request.getfixturevalue(which)
    schema = etree.XMLSchema(etree.parse(HERE / "junit.xsd"))
    document = etree.parse(run / "junit.xml")
    assert schema.validate(document), schema.error_log
    case = document.find(".//testcase")
    assert {item.get("name") for item in case.iter("property")} >= {"requirement", "party", "verdict"}
    assert (run / case.get("file")).is_file()


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
    assert re.search(rf'<a [^>]*id="{finding["where"]["exchange"]}"[^>]*aria-current="true"', opened)
    assert 'class="n bad"' in opened, "the messages came out of the file beside the page"


@pytest.mark.browser
def test_a_har_export_replays_in_a_browser(small_run, harness, tmp_path):
    """Chromium answers a page from the export alone, with the bytes that the recording holds."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    har = tmp_path / "cell.har"
    assert harness("har", small_run[0], "pdfa-3.0", "--out", har).code == 0
    document = json.loads(har.read_bytes())
    jsonschema.Draft202012Validator(json_schema("har")).validate(document)
    entry = next(
        item
        for item in document["log"]["entries"]
        if item["_interface"] == "resource"
        and item["request"]["method"] == "GET"
        and item["response"]["status"] == 200
    )
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.route_from_har(har, not_found="abort")
        answer = page.goto(entry["request"]["url"])
        assert answer.status == 200
        assert answer.body().decode() == entry["response"]["content"]["text"]
        browser.close()
