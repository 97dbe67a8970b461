"""Reports that other programs read: each is valid against its schema and says what the check found; exit codes say whose failure it is."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from lxml import etree

from harness.cli.pdfa import exit_code
from harness.core.text import LANGUAGES, Lang
from harness.network.person.looking import examined
from harness.pdfa import Limits, Report, check
from harness.pdfa.batch import Checked
from harness.pdfa.engines import from_xml
from harness.pdfa.formats import junit, sarif, verapdf_xml
from harness.pdfa.formats.entries import entry
from tests.pdfa.builders import document, stream
from tests.pdfa.pdfa_fixtures.builder import Doc, Raw

HERE = Path(__file__).resolve().parent
SARIF = json.loads((HERE / "schemas" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
JUNIT = etree.XMLSchema(etree.parse(str(HERE.parent / "matrix" / "junit.xsd")))
VERAPDF = etree.XMLSchema(etree.parse(str(HERE / "schemas" / "verapdf-report.xsd")))
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def broken() -> bytes:
    d = Doc(2, "b")
    d.annot(F=0)
    font, _ = d.font("F2")
    font["Widths"] = [500, 600]
    d.show("F2")
    return d.write()


def disputed() -> bytes:
    d = Doc(2, "b")
    number = d.add(Raw(b"")).num
    d.heads[number] = b"%d 0 obj" % number
    return d.write()


def no_claim() -> bytes:
    d = Doc(2, "b")
    d.id_xml = ""
    return d.write()


DOCUMENTS = {
    "good": Doc(1, "b").write(), "broken": broken(), "disputed": disputed(), "unclaimed": no_claim(),
    "unreadable\x01&<": b"no pdf", "limit": Doc(2, "b").write(),
}  # fmt: skip


def checked() -> list[Checked]:
    return [
        Checked(index, Path(f"letters/{name}.pdf"), check(data, limits=Limits(tokens=3) if name == "limit" else None), 12.5)
        for index, (name, data) in enumerate(DOCUMENTS.items())
    ]  # fmt: skip


@pytest.mark.parametrize("lang", LANGUAGES)
def test_sarif(lang: Lang) -> None:
    log: dict[str, Any] = json.loads(sarif.render(checked(), lang, AT))
    jsonschema.Draft4Validator(SARIF).validate(log)
    run = log["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    widths = next(r for r in run["results"] if r["ruleId"] == "2b:6.2.11.5-1")
    assert (widths["properties"]["page"], widths["properties"]["expected"]) == (1, "600")
    assert widths["properties"]["object"] > 0
    assert "pdfbox: " in run["tool"]["driver"]["rules"][rules.index("2b:6.6.4-1")]["help"]["text"]
    assert {r["level"] for r in run["results"] if r["ruleId"] == "2b:6.1.9-1"} == {"note"}
    assert "1b:6.7.11-1" in rules
    stopped = run["invocations"][0]["toolExecutionNotifications"]
    assert sorted(n["descriptor"]["id"] for n in stopped) == ["limit", "unreadable"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_junit(lang: Lang) -> None:
    root = etree.fromstring(junit.render(checked(), lang, AT))
    JUNIT.assertValid(root)
    suite = root[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("6", "2", "3")
    kinds = [[child.tag for child in case] for case in suite]
    assert kinds == [[], ["failure"], ["error"], ["failure"], ["error"], ["error"]]
    assert "expected 600" in (suite[1][0].text or "")


def test_verapdf_xml_is_read_back_by_our_own_reader() -> None:
    for one in checked():
        data = verapdf_xml.render([one], "en", AT)
        if "+" in one.report.flavour and one.report.outcome == "invalid":
            assert len(etree.fromstring(data).findall("jobs/job/validationReport")) == 2
            continue
        read = from_xml(data, one.report.flavour)
        expected = "unreadable" if one.report.outcome == "limit" else one.report.outcome
        assert (read.outcome, read.rules) == (expected, one.report.rules)
    whole = etree.fromstring(verapdf_xml.render(checked(), "nl", AT))
    VERAPDF.assertValid(whole)
    summary = whole.find("batchSummary/validationReports")
    assert summary is not None
    assert dict(summary.attrib) == {"compliant": "1", "nonCompliant": "3", "failedJobs": "2"}


RECORDED = b"""<?xml version="1.0" encoding="utf-8"?>
<report><buildInformation><releaseDetails id="core" version="1.22.3" buildDate="2022-12-20T11:00:00Z"></releaseDetails>
</buildInformation><jobs><job><item size="1"><name>a.pdf</name></item><validationReport profileName="PDF/A-2B validation
profile" statement="PDF file is not compliant with Validation Profile requirements." isCompliant="false"><details
passedRules="143" failedRules="1" passedChecks="99" failedChecks="3"><rule specification="ISO 19005-2:2011" clause="6.2.2"
testNumber="1" status="failed" passedChecks="0" failedChecks="3"><description>text</description><object>Op_Undefined</object>
<test>false</test><check status="failed"><context>root/x</context></check></rule></details></validationReport></job></jobs>
</report>"""


def test_a_recorded_xml_report_of_verapdf_is_mapped() -> None:
    report = from_xml(RECORDED, "2b")
    assert (report.outcome, report.rules, report.findings[0].count) == ("invalid", ("6.2.2-1",), 3)
    with pytest.raises(ValueError):
        from_xml(b"<report/>", "2b")
    with pytest.raises(ValueError):
        from_xml(b"<report", "2b")


def test_json_carries_object_values_advice_and_readings() -> None:
    good, bad, doubt, *_ = (entry(one, "nl") for one in checked())
    assert good["advice"] == {}
    found = next(f for f in bad["findings"] if f["rule"] == "6.2.11.5-1")
    assert (found["page"], found["expected"], found["received"]) == (1, "600", "Test, code 65: 500")
    assert bad["advice"]["6.2.11.5-1"]["tools"]["word"]
    assert doubt["disputed_rules"] == ["6.1.9-1"]
    assert "veraPDF" in doubt["findings"][0]["disputed"]


# -- exit codes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ([], 4), (["good"], 0), (["good", "broken"], 1), (["limit"], 6), (["unreadable\x01&<"], 6), (["disputed"], 6),
        (["good", "limit"], 6), (["limit", "broken"], 1), (["unclaimed"], 1),
    ],
)  # fmt: skip
def test_only_a_document_that_is_wrong_is_the_products_failure(names: list[str], code: int) -> None:
    by_name = dict(zip(DOCUMENTS, checked(), strict=True))
    assert exit_code([by_name[name] for name in names]) == code


# -- the command --------------------------------------------------------------------------------------


def command(*words: object) -> subprocess.CompletedProcess[str]:
    start = [
        sys.executable,
        "-c",
        "import sys; from harness.cli import main; sys.exit(main())",
        "pdfa",
        "check",
    ]
    return subprocess.run(
        [*start, *map(str, words)], capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for index in range(8):
        (tmp_path / f"{index}.pdf").write_bytes([DOCUMENTS["good"], broken(), b"no pdf"][index % 3])
    return tmp_path


def test_many_documents_in_order_with_reports(folder: Path) -> None:
    files = {"--sarif": folder / "a.sarif", "--junit": folder / "a.xml", "--verapdf-xml": folder / "v.xml"}
    done = command(
        folder, "--lang", "en", "--jobs", 2, "--tool", "word", *(w for pair in files.items() for w in pair)
    )
    assert done.returncode == 1, done.stderr
    names = [
        line.split(".pdf")[0].rsplit("/", 1)[-1] for line in done.stdout.splitlines() if ".pdf  (" in line
    ]
    assert names == [str(index) for index in range(8)]
    assert "Microsoft Word: " in done.stdout
    assert "2.pdf  (claims: none; not checked)" in done.stdout, "what cannot be read"
    assert "expected 600 · found Test, code 65: 500" in done.stdout
    jsonschema.Draft4Validator(SARIF).validate(json.loads(files["--sarif"].read_bytes()))
    JUNIT.assertValid(etree.parse(str(files["--junit"])))
    assert len(etree.parse(str(files["--verapdf-xml"])).findall("jobs/job")) == 8
    assert done.stderr == ""


def test_json_lines_come_while_it_runs(folder: Path) -> None:
    start = [
        sys.executable,
        "-c",
        "import sys; from harness.cli import main; sys.exit(main())",
        "pdfa",
        "check",
    ]
    with subprocess.Popen([*start, str(folder), "--json-lines", "--jobs", "2"], stdout=subprocess.PIPE, text=True) as run:  # fmt: skip
        assert run.stdout is not None
        first = json.loads(run.stdout.readline())
        assert run.poll() is None
        others = [json.loads(line) for line in run.stdout]
    assert {Path(one["file"]).name for one in [first, *others]} == {f"{index}.pdf" for index in range(8)}
    assert run.returncode == 1


def test_one_core_and_two_say_the_same(folder: Path) -> None:
    def said(jobs: int) -> list[Any]:
        files = json.loads(command(folder, "--json", "--jobs", jobs).stdout)["files"]
        return [{k: v for k, v in one.items() if k != "ms"} for one in files]

    assert said(1) == said(2)


def test_unknown_words_are_usage(folder: Path) -> None:
    assert command(folder, "--tool", "wordt").returncode == 2
    assert command(folder, "--flavour", "9z").returncode == 2
    assert command(folder / "0.pdf", "--sarif", folder / "no" / "a.sarif").returncode == 2


def test_what_a_recorder_keeps_of_a_document_holds_no_name_of_its_author() -> None:
    """A file specification is named by whoever attached it; in a recording of the document it is a number."""
    names = b"/Names<</EmbeddedFiles<</Names[(Brief van Jan Plantnaam) 20 0 R]>>>>"
    spec = b"<</Type/Filespec/F(Brief van Jan Plantnaam.docx)/EF<</F 21 0 R>>>>"
    inside = stream(b"/Type/EmbeddedFile", b"no PDF")
    data = document("2b", catalog=names, objects={20: spec, 21: inside})
    report = check(data)
    assert any("Plantnaam" in found.where for found in report.findings)
    told = examined(data)
    assert "Plantnaam" not in str(told)
    kept = msgspec.convert(told, Report)
    assert (kept.outcome, kept.rules, kept.claimed) == (report.outcome, report.rules, report.claimed)
    claim = document("2b").replace(b"<pdfaid:part>2<", b"<pdfaid:part>J<")
    assert examined(claim)["claimed"] is None
