# ruff: noqa: E501  (bilingual texts)
"""One check of one document: the order of the steps (see the package docstring)."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from harness.core.issues import shorten
from harness.core.text import Text
from harness.pdfa.facts.context import Context
from harness.pdfa.facts.document import attachments, catalog, file_structure
from harness.pdfa.facts.graphics.color.output_intents import walk_output_intents
from harness.pdfa.facts.metadata import information, packets
from harness.pdfa.facts.pages import Pages, walk_pages
from harness.pdfa.file.cos import Document
from harness.pdfa.file.limits import Budget, LimitExceeded, Limits, Unreadable
from harness.pdfa.file.objects import Stream
from harness.pdfa.model import FLAVOURS, Flavour, Report, Violation, stopped
from harness.pdfa.rules.findings import Findings


@dataclass(frozen=True, slots=True)
class _Checked:
    """What one check against one flavour found."""

    findings: Findings
    pages: Pages


def check_document(data: bytes, flavour: str, limits: Limits) -> Report:
    """Check in this process; see :func:`harness.pdfa.check`."""
    budget = Budget(limits)
    claims = packets.Claims()
    try:
        doc = Document(data, budget)
        claims = packets.read_claims(doc)
        producer = shorten(information.read_producer(doc))
        del doc
        if flavour != "auto":
            wanted = [flavour]
        elif claims.pdfa in FLAVOURS:
            wanted = [claims.pdfa]
        else:
            wanted = ["1b", "2b"]
        results = {one: _run(data, FLAVOURS[one], budget) for one in wanted}
    except Unreadable as error:
        return stopped("unreadable", str(error.args[0]), flavour, claims.pdfa)
    except LimitExceeded as error:
        return stopped("limit", str(error.args[0]), flavour, claims.pdfa)
    except (RecursionError, MemoryError) as error:
        reason = "memory" if isinstance(error, MemoryError) else "depth"
        return stopped("limit", reason, flavour, claims.pdfa)
    report = msgspec.structs.replace(_report(results, claims), producer=producer)
    return _not_asked(report, claims) if flavour == "auto" and _is_not_asked(claims) else report


def _report(results: dict[str, _Checked], claims: packets.Claims) -> Report:
    """What the checks against one flavour, or against two without a claim, say together."""
    both = len(results) > 1
    rules: set[str] = set()
    disputed: set[str] = set()
    violations: list[Violation] = []
    for one, result in results.items():
        mark = f"{one}:" if both else ""
        rules.update(mark + id_ for id_ in result.findings.counts)
        disputed.update(mark + id_ for id_ in result.findings.counts.keys() - result.findings.settled)
        violations += result.findings.result(mark)
    pages = next(iter(results.values())).pages
    return Report(
        outcome="invalid" if rules or both else "valid",
        flavour="+".join(results),
        claimed=claims.pdfa,
        also=claims.also,
        rules=tuple(sorted(rules)),
        disputed_rules=tuple(sorted(disputed)),
        findings=tuple(violations),
        pages=pages.count,
        empty_pages=tuple(pages.empty),
    )


def _is_not_asked(claims: packets.Claims) -> bool:
    """Whether a document claims a standard of its own that is none of ours: PDF/A-4, or PDF/UA alone."""
    return claims.pdfa not in FLAVOURS and (str(claims.pdfa).startswith("4") or bool(claims.also))


def _not_asked(report: Report, claims: packets.Claims) -> Report:
    """The report of a document that claims another standard: one finding that says so, and nothing else."""
    names = ([f"PDF/A-{claims.pdfa}"] if claims.pdfa else []) + list(claims.also)
    what = ", ".join(names)
    finding = Violation(
        rule="claim",
        message=Text(
            nl=f"Het document zegt {what} te zijn. MedMij vraagt dat niet, maar PDF/A-1, -2 of -3; het is niet verder getoetst.",
            en=f"The document claims to be {what}. MedMij does not ask for that, but for PDF/A-1, -2 or -3; it was not checked further.",
        ),
        where="Catalog / Metadata",
        object=claims.object,
        expected=", ".join(f"PDF/A-{flavour}" for flavour in FLAVOURS),
        received=what,
    )
    return msgspec.structs.replace(
        report,
        outcome="invalid",
        flavour=claims.pdfa or "none",
        rules=("claim",),
        disputed_rules=(),
        findings=(finding,),
    )


def _run(data: bytes, flavour: Flavour, budget: Budget, depth: int = 0) -> _Checked:
    """Check ``data`` against ``flavour``; raises Unreadable and LimitExceeded.

    :param depth: how many documents this one is attached inside of.
    """
    findings = Findings(flavour, budget.limits.findings_per_rule)
    ctx = Context(
        Document(data, budget), flavour, findings, lambda stream: _conforms(stream, budget, depth + 1)
    )
    file_structure.walk_document(ctx)
    packet = packets.walk_main(ctx)
    information.walk_info(ctx, packet)
    walk_output_intents(ctx)
    catalog.walk_catalog(ctx)
    pages = walk_pages(ctx)
    attachments.walk_files(ctx)
    packets.walk_rest(ctx)
    return _Checked(findings, pages)


def _conforms(stream: Stream, budget: Budget, depth: int) -> bool:
    """Whether an attachment is itself valid PDF/A-1 or -2 by its claim; too deep nesting is a limit."""
    if depth > budget.limits.attachment_depth:
        raise LimitExceeded("attachment_depth")
    data = stream.data()
    if data is None:
        return False
    try:
        flavour = FLAVOURS.get(packets.read_claims(Document(data, budget)).pdfa or "")
        if flavour is None or flavour.part > 2:
            return False
        return not _run(data, flavour, budget, depth).findings.counts
    except Unreadable:
        return False
