"""JUnit: one test case per document; what is not the document's own failure is an ``error``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from lxml import etree

from harness.core.text import Lang
from harness.pdfa.batch import Checked
from harness.pdfa.model import Violation

_NO_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535), "�")


def render(documents: Sequence[Checked], lang: Lang, at: datetime) -> bytes:
    """The report as XML in UTF-8.

    :param at: when the check began.
    """
    cases = [_case(one, lang) for one in documents]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "time": f"{sum(one.ms for one in documents) / 1000:.3f}",
    }
    about = {"name": "harness pdfa check", "skipped": "0", "timestamp": at.isoformat(timespec="seconds")}
    root = etree.Element("testsuites")
    suite = etree.SubElement(root, "testsuite", {**about, **counts})
    suite.extend(cases)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))


def plain(text: str) -> str:
    """Text that XML can hold: control characters and lone surrogates replaced."""
    return text.translate(_NO_XML).encode("utf-8", "replace").decode("utf-8")


def _case(one: Checked, lang: Lang) -> etree._Element:
    report = one.report
    case = etree.Element(
        "testcase",
        classname=f"PDF/A-{report.flavour}",
        name=plain(str(one.path)),
        time=f"{one.ms / 1000:.3f}",
    )
    if report.outcome in ("limit", "unreadable"):
        reason = report.reason.of(lang) if report.reason is not None else report.outcome
        etree.SubElement(case, "error", type=report.outcome, message=plain(reason))
    elif report.outcome == "invalid":
        kind, type_ = ("error", "disputed") if report.disputed else ("failure", "invalid")
        made = etree.SubElement(case, kind, type=type_, message=", ".join(report.rules))
        made.text = plain("\n".join(line(found, lang) for found in report.findings))
    return case


def line(found: Violation, lang: Lang) -> str:
    """One finding as one line: rule, place, object, both values, what the rule asks."""
    parts = [found.where, f"object {found.object}" if found.object else ""]
    parts.append(f"expected {found.expected}" if found.expected else "")
    parts.append(f"received {found.received}" if found.received else "")
    return f"{found.rule}: {' · '.join(part for part in parts if part)} · {found.message.of(lang)}"
