"""One check of one document: the order of the steps (see the package docstring)."""

from __future__ import annotations

from dataclasses import dataclass

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
    claimed: str | None = None
    try:
        claimed = packets.read_claim(Document(data, budget))
        if flavour != "auto":
            wanted = [flavour]
        elif claimed in FLAVOURS:
            wanted = [claimed]
        else:
            wanted = ["1b", "2b"]
        results = {one: _run(data, FLAVOURS[one], budget) for one in wanted}
    except Unreadable as error:
        return stopped("unreadable", str(error.args[0]), flavour, claimed)
    except LimitExceeded as error:
        return stopped("limit", str(error.args[0]), flavour, claimed)
    except (RecursionError, MemoryError) as error:
        return stopped("limit", type(error).__name__, flavour, claimed)
    both = len(results) > 1
    rules: set[str] = set()
    violations: list[Violation] = []
    for one, result in results.items():
        mark = f"{one}:" if both else ""
        rules.update(mark + id_ for id_ in result.findings.counts)
        violations += result.findings.result(mark)
    pages = results[wanted[0]].pages
    return Report(
        outcome="invalid" if rules or both else "valid",
        flavour="+".join(wanted),
        claimed=claimed,
        rules=tuple(sorted(rules)),
        findings=tuple(violations),
        pages=pages.count,
        empty_pages=tuple(pages.empty),
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
        flavour = FLAVOURS.get(packets.read_claim(Document(data, budget)) or "")
        if flavour is None or flavour.part > 2:
            return False
        return not _run(data, flavour, budget, depth).findings.counts
    except Unreadable:
        return False
