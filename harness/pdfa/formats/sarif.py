"""SARIF of documents: rules with advice, one result per finding with object, page and both values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from harness import __version__
from harness.core.formats.sarif import Log
from harness.core.text import Lang
from harness.pdfa.advice import advice
from harness.pdfa.batch import Checked
from harness.pdfa.model import Violation


def render(documents: Sequence[Checked], lang: Lang, at: datetime) -> bytes:
    """The report as JSON in UTF-8.

    :param at: when the check began, with time zone.
    """
    log = Log("harness pdfa", __version__, lang)
    for one in documents:
        location = log.artifact(uri(one), "application/pdf")
        for found in one.report.findings:
            _add(log, one, location, found, lang)
        if one.report.reason:
            log.stopped(_notification(one, location, lang))
    return log.render(at)


def uri(one: Checked) -> str:
    """A document's path as a URI reference."""
    return one.path.as_uri() if one.path.is_absolute() else quote(one.path.as_posix())


def _add(log: Log, one: Checked, location: dict[str, Any], found: Violation, lang: Lang) -> None:
    # one number means another rule in another part of the standard
    id_ = found.rule if ":" in found.rule else f"{one.report.flavour}:{found.rule}"
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
    result = {
        "level": "note" if found.disputed is not None else "error",
        "message": {"text": message},
        "locations": [{"physicalLocation": location, "logicalLocations": [place]}],
        "properties": properties,
    }
    log.rule(id_, _rule(found, one.report.flavour, lang))
    log.result(id_, result)


def _rule(found: Violation, flavour: str, lang: Lang) -> dict[str, Any]:
    made: dict[str, Any] = {"shortDescription": {"text": found.message.of(lang)}}
    known = advice(found.rule, flavour)
    if known is not None:
        lines = [known.what.of(lang), *(f"{tool}: {text.of(lang)}" for tool, text in known.tools.items())]
        made["help"] = {"text": "\n".join(lines)}
    return made


def _notification(one: Checked, location: dict[str, Any], lang: Lang) -> dict[str, Any]:
    """A document that could not be checked to the end: said of the run, not of the document."""
    reason = one.report.reason
    return {
        "descriptor": {"id": one.report.outcome},
        "level": "error",
        "message": {"text": reason.of(lang) if reason is not None else one.report.outcome},
        "locations": [{"physicalLocation": location}],
    }
