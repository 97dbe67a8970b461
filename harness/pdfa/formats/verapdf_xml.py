"""veraPDF's machine-readable report (XML), for programs that read that.

Counts of passed checks are not kept by the built-in engine, so ``passedChecks`` is 0; rules that pass are
counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from lxml import etree

from harness import __version__
from harness.core.formats.junit import plain
from harness.core.text import Lang
from harness.pdfa.batch import Checked
from harness.pdfa.model import FLAVOURS, Report, Violation
from harness.pdfa.rules.profile import rule_ids

_PUBLISHED = {"1": "ISO 19005-1:2005", "2": "ISO 19005-2:2011", "3": "ISO 19005-3:2012"}


def render(documents: Sequence[Checked], lang: Lang, at: datetime) -> bytes:
    """The report as XML in UTF-8.

    :param at: when the check began, with time zone.
    """
    root = etree.Element("report")
    build = etree.SubElement(root, "buildInformation")
    etree.SubElement(build, "releaseDetails", id="harness-pdfa", version=__version__)
    jobs = etree.SubElement(root, "jobs")
    for one in documents:
        _job(jobs, one, lang)
    checked = [one.report for one in documents if one.report.outcome in ("valid", "invalid")]
    failed = len(documents) - len(checked)
    counts = {"totalJobs": len(documents), "failedToParse": failed, "encrypted": 0, "outOfMemory": 0}
    summary = _element(root, "batchSummary", {**counts, "veraExceptions": 0})
    valid = sum(report.valid for report in checked)
    counts = {"compliant": valid, "nonCompliant": len(checked) - valid, "failedJobs": failed}
    reports = _element(summary, "validationReports", counts)
    reports.text = str(len(checked))
    start = {"start": round(at.timestamp() * 1000)}
    _element(summary, "duration", start).text = _duration(sum(one.ms for one in documents))
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True))


def _element(parent: etree._Element, name: str, attributes: Mapping[str, object]) -> etree._Element:
    return etree.SubElement(parent, name, {key: str(value) for key, value in attributes.items()})


def _duration(ms: float) -> str:
    seconds, rest = divmod(round(ms), 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"


def _job(jobs: etree._Element, one: Checked, lang: Lang) -> None:
    report = one.report
    job = etree.SubElement(jobs, "job")
    size = one.path.stat().st_size if one.path.is_file() else 0
    etree.SubElement(etree.SubElement(job, "item", size=str(size)), "name").text = plain(str(one.path))
    if report.outcome in ("valid", "invalid"):
        for flavour in report.flavour.split("+"):
            _validation(job, report, flavour, lang)
    else:
        failure = etree.SubElement(job, "taskException", type="PARSE", isExecuted="true", isSuccess="false")
        reason = report.reason.of(lang) if report.reason is not None else report.outcome
        etree.SubElement(failure, "exceptionMessage").text = plain(reason)
    etree.SubElement(job, "duration").text = _duration(one.ms)


def _validation(job: etree._Element, report: Report, flavour: str, lang: Lang) -> None:
    """One report per flavour that the document was checked as."""
    mark = f"{flavour}:" if "+" in report.flavour else ""
    broken: dict[str, list[Violation]] = {}
    for one in report.findings:
        if one.rule.startswith(mark):
            broken.setdefault(one.rule.removeprefix(mark), []).append(one)
    compliant = not broken and report.valid
    verdict = "compliant" if compliant else "not compliant"
    about = {
        "jobEndStatus": "normal",
        "profileName": f"PDF/A-{flavour.upper()} validation profile",
        "statement": f"PDF file is {verdict} with Validation Profile requirements.",
        "isCompliant": str(compliant).lower(),
    }
    made = _element(job, "validationReport", about)
    known = rule_ids(FLAVOURS[flavour]) if flavour in FLAVOURS else {}
    details = etree.SubElement(
        made, "details", passedRules=str(len(known.keys() - broken.keys())), failedRules=str(len(broken)),
        passedChecks="0", failedChecks=str(sum(found[0].count for found in broken.values())),
    )  # fmt: skip
    for id_, found in sorted(broken.items()):
        _rule(details, id_, found, flavour, lang)


def _rule(details: etree._Element, id_: str, found: list[Violation], flavour: str, lang: Lang) -> None:
    clause, _, number = id_.rpartition("-")
    rule = etree.SubElement(
        details, "rule", specification=_PUBLISHED.get(flavour[:1], "MedMij"), clause=clause or id_,
        testNumber=number if clause else "1", status="failed", failedChecks=str(found[0].count),
    )  # fmt: skip
    etree.SubElement(rule, "description").text = plain(found[0].message.of(lang))
    known = rule_ids(FLAVOURS[flavour]).get(id_) if flavour in FLAVOURS else None
    etree.SubElement(rule, "object").text = known.on if known is not None else "PDDocument"
    for one in found:
        check = etree.SubElement(rule, "check", status="failed")
        place = f"{one.where} ({one.object} 0 obj)" if one.object else one.where
        etree.SubElement(check, "context").text = plain(place)
        values = [f"expected {one.expected}" if one.expected else "", one.received]
        etree.SubElement(check, "errorMessage").text = plain("; ".join(value for value in values if value))
