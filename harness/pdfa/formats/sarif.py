"""SARIF 2.1.0 (OASIS): rules with advice, one result per finding with object, page and both values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from harness import __version__
from harness.core.text import Lang
from harness.pdfa.advice import advice
from harness.pdfa.batch import Checked
from harness.pdfa.model import Violation

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(documents: Sequence[Checked], lang: Lang, at: datetime) -> bytes:
    """The report as JSON in UTF-8.

    :param at: when the check began, with time zone.
    """
    rules: dict[str, dict[str, Any]] = {}
    results = [
        _result(one, index, found, rules, lang)
        for index, one in enumerate(documents)
        for found in one.report.findings
    ]
    stopped = [_notification(one, index, lang) for index, one in enumerate(documents) if one.report.reason]
    driver = {"name": "harness pdfa", "version": __version__, "language": lang, "rules": list(rules.values())}
    run = {
        "tool": {"driver": driver},
        "artifacts": [{"location": {"uri": uri(one)}, "mimeType": "application/pdf"} for one in documents],
        "results": results,
        "invocations": [
            {
                "executionSuccessful": not stopped,
                "startTimeUtc": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
                "toolExecutionNotifications": stopped,
            }
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False).encode()


def uri(one: Checked) -> str:
    """A document's path as a URI reference."""
    return one.path.as_uri() if one.path.is_absolute() else quote(one.path.as_posix())


def _location(one: Checked, index: int) -> dict[str, Any]:
    return {"artifactLocation": {"uri": uri(one), "index": index}}


def _result(
    one: Checked, index: int, found: Violation, rules: dict[str, dict[str, Any]], lang: Lang
) -> dict[str, Any]:
    # one number means another rule in another part of the standard
    id_ = found.rule if ":" in found.rule else f"{one.report.flavour}:{found.rule}"
    if id_ not in rules:
        rules[id_] = _rule(id_, found, one.report.flavour, lang)
    message = found.message.of(lang)
    if found.expected or found.received:
        message += f" ({found.expected or '-'} / {found.received or '-'})"
    properties: dict[str, Any] = {
        "page": found.page, "object": found.object, "expected": found.expected, "received": found.received,
        "count": found.count,
    }  # fmt: skip
    if found.disputed is not None:
        properties["disputed"] = found.disputed.of(lang)
    place = {"fullyQualifiedName": found.where or "file", "kind": "object"}
    return {
        "ruleId": id_,
        "ruleIndex": list(rules).index(id_),
        "level": "note" if found.disputed is not None else "error",
        "message": {"text": message},
        "locations": [{"physicalLocation": _location(one, index), "logicalLocations": [place]}],
        "properties": properties,
    }


def _rule(id_: str, found: Violation, flavour: str, lang: Lang) -> dict[str, Any]:
    made: dict[str, Any] = {"id": id_, "shortDescription": {"text": found.message.of(lang)}}
    known = advice(found.rule, flavour)
    if known is not None:
        lines = [known.what.of(lang), *(f"{tool}: {text.of(lang)}" for tool, text in known.tools.items())]
        made["help"] = {"text": "\n".join(lines)}
    return made


def _notification(one: Checked, index: int, lang: Lang) -> dict[str, Any]:
    """A document that could not be checked to the end: said of the run, not of the document."""
    reason = one.report.reason
    return {
        "descriptor": {"id": one.report.outcome},
        "level": "error",
        "message": {"text": reason.of(lang) if reason is not None else one.report.outcome},
        "locations": [{"physicalLocation": _location(one, index)}],
    }
