"""The JSON form of one checked document: one entry of ``files``, or one line of ``--json-lines``."""

from __future__ import annotations

from typing import Any

import msgspec

from harness.core.text import Lang
from harness.pdfa.advice import advice
from harness.pdfa.batch import Checked
from harness.pdfa.model import Report, Violation


def entry(checked: Checked, lang: Lang) -> dict[str, Any]:
    """Everything that is known of one document; texts in ``lang``."""
    report = checked.report
    made: dict[str, Any] = {
        "file": str(checked.path),
        "flavour": report.flavour,
        "claimed": report.claimed,
        "also_claimed": list(report.also),
        "outcome": report.outcome,
        "rules": list(report.rules),
        "disputed_rules": list(report.disputed_rules),
        "findings": [_finding(found, lang) for found in report.findings],
        "advice": _advice(report, lang),
        "producer": report.producer,
        "ms": round(checked.ms, 2),
        "engine": report.engine,
        "pages": report.pages,
    }
    if report.reason is not None:
        made["reason"] = report.reason.of(lang)
    if checked.differs is not None:
        made["disagreement"] = checked.differs
    return made


def _finding(found: Violation, lang: Lang) -> dict[str, Any]:
    made: dict[str, Any] = {
        "rule": found.rule, "message": found.message.of(lang), "where": found.where, "page": found.page,
        "object": found.object, "expected": found.expected, "received": found.received, "count": found.count,
    }  # fmt: skip
    if found.nl is not None:
        made["nl"] = msgspec.to_builtins(found.nl)
    if found.disputed is not None:
        made["disputed"] = found.disputed.of(lang)
    return made


def _advice(report: Report, lang: Lang) -> dict[str, Any]:
    """Advice per broken rule: what to do, and how per tool."""
    made = {}
    for rule in report.rules:
        found = advice(rule, report.flavour)
        if found is not None:
            how = {tool: text.of(lang) for tool, text in found.tools.items()}
            made[rule] = {"topic": found.id, "what": found.what.of(lang), "tools": how}
    return made
