"""Optional external engine: a veraPDF installation, for those who want a second opinion.

The command line of veraPDF (``verapdf`` on the path, or ``HARNESS_VERAPDF``) or its REST service
(``HARNESS_VERAPDF`` = an ``http`` address) is asked with a forced flavour; its report becomes the same
:class:`~harness.pdfa.model.Report`. The engine is never required.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from lxml import etree

from harness.core.errors import ConfigurationError, UsageError
from harness.core.text import Text, both
from harness.pdfa import check
from harness.pdfa.facts.metadata import packets
from harness.pdfa.file.cos import Document
from harness.pdfa.file.limits import Budget, LimitExceeded, Limits, Unreadable
from harness.pdfa.model import FLAVOURS, Report, Violation
from harness.pdfa.phrases import VERAPDF
from harness.pdfa.rules.profile import rule_ids
from harness.pdfa.rules.rule import Rule

VARIABLE = "HARNESS_VERAPDF"

_EXIT = {
    2: "bad parameters", 3: "out of memory", 4: "no files", 6: "input or output error", 7: "not parseable",
    8: "encrypted", 9: "internal error",
}  # fmt: skip


def run_engine(engine: str, path: Path, flavour: str, isolated: bool = False) -> tuple[Report, str | None]:
    """Check ``path`` with ``verapdf`` or ``both``; the second value describes a disagreement, if any.

    With ``both`` the report is the built-in one.

    :raises UsageError: unknown engine. :raises ConfigurationError: no veraPDF installation.
    """
    if engine not in ("builtin", "verapdf", "both"):
        raise UsageError(
            Text(nl=f"Onbekende engine {engine!r}.", en=f"Unknown engine {engine!r}."),
            expected="builtin, verapdf, both",
            received=engine,
        )
    if engine == "builtin":
        return check(path, flavour, isolated=isolated), None
    wanted = flavour if flavour != "auto" else claimed_flavour(path)
    external = verapdf(path, wanted)
    if engine == "verapdf":
        return external, None
    ours = check(path, wanted, isolated=isolated)
    return ours, difference(ours, external)


def claimed_flavour(path: Path) -> str:
    """The flavour that a document claims, ``1b`` when it claims none that we know."""
    try:
        claimed = packets.read_claims(Document(path.read_bytes(), Budget(Limits()))).pdfa
    except (Unreadable, LimitExceeded):
        return "1b"
    return claimed if claimed is not None and claimed in FLAVOURS else "1b"


def difference(ours: Report, theirs: Report) -> str | None:
    """One line that says where two reports disagree, ``None`` when they agree."""
    if ours.outcome == theirs.outcome and ours.rules == theirs.rules:
        return None
    only_ours = sorted(set(ours.rules) - set(theirs.rules))
    only_theirs = sorted(set(theirs.rules) - set(ours.rules))
    parts = [f"builtin {ours.outcome}, verapdf {theirs.outcome}"]
    if only_ours:
        parts.append("only builtin: " + ", ".join(only_ours))
    if only_theirs:
        parts.append("only verapdf: " + ", ".join(only_theirs))
    return "; ".join(parts)


def verapdf(path: Path, flavour: str) -> Report:
    """Ask veraPDF about one file.

    :raises ConfigurationError: it is not installed or cannot be reached.
    """
    where = os.environ.get(VARIABLE) or shutil.which("verapdf")
    if not where:
        raise ConfigurationError(
            Text(nl="veraPDF is niet gevonden.", en="veraPDF was not found."),
            expected=VERAPDF.format(variable=VARIABLE),
            next_step=Text(
                nl="Installeer veraPDF of gebruik --engine builtin.",
                en="Install veraPDF or use --engine builtin.",
            ),
        )
    if where.startswith(("http://", "https://")):
        return _rest(where, path, flavour)
    return _command(where, path, flavour)


def _command(command: str, path: Path, flavour: str) -> Report:
    arguments = [command, "--format", "json", "--flavour", flavour, "--nonpdfext", str(path)]
    try:
        done = subprocess.run(arguments, capture_output=True, timeout=300, check=False)  # noqa: S603
    except OSError as error:
        raise ConfigurationError(
            Text(nl="veraPDF kan niet worden gestart.", en="veraPDF cannot be started."), where=command
        ) from error
    except subprocess.TimeoutExpired:
        return _failed("limit", flavour, "timeout")
    if done.returncode in _EXIT and done.returncode not in (7, 8):
        return _failed("unreadable", flavour, _EXIT[done.returncode])
    try:
        # versions before 1.24 know no JSON and answer in XML
        xml = done.stdout.lstrip().startswith(b"<")
        return from_xml(done.stdout, flavour) if xml else from_json(json.loads(done.stdout), flavour)
    except (ValueError, KeyError, IndexError, TypeError):
        return _failed("unreadable", flavour, _EXIT.get(done.returncode, f"exit {done.returncode}"))


def _rest(base: str, path: Path, flavour: str) -> Report:
    import httpx  # only this way of asking needs it, and it takes as long to load as a check

    url = f"{base.rstrip('/')}/api/validate/{flavour}"
    try:
        with path.open("rb") as stream:
            answer = httpx.post(
                url, files={"file": stream}, headers={"Accept": "application/json"}, timeout=300
            )
        answer.raise_for_status()
        return from_json(answer.json(), flavour)
    except httpx.HTTPError as error:
        raise ConfigurationError(
            Text(
                nl="De REST-dienst van veraPDF antwoordt niet.",
                en="The REST service of veraPDF does not answer.",
            ),
            where=url,
        ) from error


def from_json(data: Any, flavour: str) -> Report:
    """A veraPDF machine-readable report (JSON) as our report.

    :raises KeyError, IndexError, TypeError: it is no such report.
    """
    job = data["report"]["jobs"][0]
    result = job.get("validationResult")
    if isinstance(result, list):
        result = result[0] if result else None
    if not result:
        failure = job.get("taskException") or job.get("taskResult") or {}
        return _failed("unreadable", flavour, str(failure.get("exceptionMessage", "no result")))
    known = rule_ids(FLAVOURS[flavour]) if flavour in FLAVOURS else {}
    details = result["details"]
    findings: list[Violation] = []
    for rule in details.get("ruleSummaries", []):
        if str(rule.get("ruleStatus", "FAILED")).upper() != "FAILED" and rule.get("status") != "failed":
            continue
        id_ = f"{rule['clause']}-{rule['testNumber']}"
        ours = known.get(id_)
        checks = rule.get("checks") or [{}]
        findings.append(
            Violation(
                rule=id_,
                message=ours.text if ours is not None else both(str(rule.get("description", id_))),
                where=str(checks[0].get("context", "")),
                received=str(checks[0].get("errorMessage", "") or ""),
                count=int(rule.get("failedChecks", 1)),
            )
        )
    compliant = result.get("compliant", result.get("isCompliant"))
    return Report(
        outcome="valid" if compliant else "invalid",
        flavour=flavour,
        rules=tuple(sorted({v.rule for v in findings})),
        findings=tuple(findings),
        engine="verapdf",
    )


def from_xml(data: bytes, flavour: str) -> Report:
    """The first job of a veraPDF machine-readable report (XML) as our report.

    :raises ValueError: it is no such report.
    """
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from None
    job = root.find("jobs/job")
    if job is None:
        raise ValueError("no job")
    result = job.find("validationReport")
    if result is None:
        return _failed("unreadable", flavour, job.findtext("taskException/exceptionMessage", "no result"))
    known = rule_ids(FLAVOURS[flavour]) if flavour in FLAVOURS else {}
    findings = [
        _from_rule(rule, known) for rule in result.iterfind("details/rule") if rule.get("status") == "failed"
    ]
    return Report(
        outcome="valid" if result.get("isCompliant") == "true" else "invalid",
        flavour=flavour,
        rules=tuple(sorted({v.rule for v in findings})),
        findings=tuple(findings),
        engine="verapdf",
    )


def _from_rule(rule: etree._Element, known: dict[str, Rule]) -> Violation:
    id_ = f"{rule.get('clause')}-{rule.get('testNumber')}"
    ours = known.get(id_)
    return Violation(
        rule=id_,
        message=ours.text if ours is not None else both(rule.findtext("description", id_)),
        where=rule.findtext("check/context", ""),
        received=rule.findtext("check/errorMessage", ""),
        count=int(rule.get("failedChecks", "1")),
    )


def _failed(outcome: Any, flavour: str, reason: str) -> Report:
    return Report(outcome=outcome, flavour=flavour, reason=both(f"veraPDF: {reason}"), engine="verapdf")
