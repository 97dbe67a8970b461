"""``harness report --format``: what programs read of a real run, long after it, and every reason to refuse it."""

from __future__ import annotations

import json

import pytest
from lxml import etree

from harness.core.run.folder import RunFolder

pytestmark = pytest.mark.slow


def test_junit_of_a_run_is_made_again_from_the_folder(copy, here):
    (copy / "junit.xml").rename(copy.parent / "before.xml")
    code, said = here("report", copy, "--format", "junit")
    path = copy / "report" / "run.nl.junit.xml"
    assert code == 0 and str(path) in said
    assert path.read_bytes() == (copy.parent / "before.xml").read_bytes()
    names = {case.get("name") for case in etree.parse(path).iter("testcase")}
    assert len(names) == sum(len(RunFolder(copy).info().asked(cell)) for cell in RunFolder(copy).info().plan)
    assert here("verify", copy)[0] != 7


def test_every_format_is_written_where_it_is_asked(defect_run, here, tmp_path):
    run, _ = defect_run
    failed = {
        item["requirement"]
        for item in json.loads((run / "findings.json").read_text())["findings"]
        if item["verdict"] == "fail"
    }
    for name, party in (("sarif", "his-eik"), ("testreport", "his-eik"), ("badge", "his-eik")):
        out = tmp_path / name
        code, _ = here("report", run, "--format", name, "--party", party, "--out", out, "--lang", "en")
        assert code == 0 and out.is_file()
    results = json.loads((tmp_path / "sarif").read_text())["runs"][0]["results"]
    assert {item["ruleId"] for item in results if item["level"] == "error"} == failed
    reports = [item["resource"] for item in json.loads((tmp_path / "testreport").read_text())["entry"]]
    assert {item["result"] for item in reports if " his-eik huisartsgegevens" in item["name"]} == {"fail"}
    assert "does not meet the requirements (rehearsal)" in (tmp_path / "badge").read_text()


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("--format", "sarrif"), "did you mean 'sarif'"),
        (("--format", "badge"), "is about one party"),
        (("--format", "badge", "--party", "his-eikk"), "did you mean 'his-eik'"),
        (("--format", "junit", "--sign", "key.pem"), "belong to a PDF"),
        (("--format", "sarif", "--attach", "a.txt"), "belong to a PDF"),
        (("--format", "sarif", "--out", "findings.json"), "among the evidence"),
        ((), "is about one party"),
    ],
)
def test_what_does_not_go_together_is_refused_in_one_message(small_run, here, words, wanted):
    run, _ = small_run
    words = [run / word if word == "findings.json" else word for word in words]
    code, said = here("report", run, "--lang", "en", *words)
    assert code == 2 and wanted in said


def test_evidence_that_was_changed_gets_no_document(copy, here, tmp_path):
    (copy / "findings.json").write_bytes((copy / "findings.json").read_bytes() + b" ")
    code, _ = here("report", copy, "--format", "sarif", "--out", tmp_path / "a.sarif")
    assert code == 7 and not (tmp_path / "a.sarif").exists()
    assert here("report", tmp_path, "--format", "sarif")[0] == 2


def test_the_pages_say_what_changed_since_an_earlier_run(defect_run, small_run, here, tmp_path):
    (run, _), (earlier, _), out = defect_run, small_run, tmp_path / "pages"
    code, said = here("report", run, "--since", earlier, "--out", out, "--lang", "en")
    assert code == 0 and str(out / "index.html") in said
    listed = (out / "compare-since.en.html").read_text(encoding="utf-8")
    assert "▼ new" in listed and "BSN" in listed and 'data-party="his-eik"' in listed
    assert "compare-since.nl.html" in (out / "index.html").read_text(encoding="utf-8")
    assert here("report", run, "--since", tmp_path, "--out", out)[0] == 2
    assert here("report", run, "--since", earlier, "--party", "his-eik")[0] == 2
