"""Judges of the retrieved documents themselves: valid PDF/A, readable, no empty pages.

Each distinct document is checked once; the same bytes in another form are not reported twice.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.core.issues import shortened
from harness.core.run.findings import Finding
from harness.core.text import Text, counted, joined
from harness.judge.every_standard.answers import OFFENDERS, Answer, answers, objects, text
from harness.judge.every_standard.record import nothing_to_compare
from harness.judge.phrases import PAGES
from harness.judge.registry import judge
from harness.judge.standards.pdfa_documents import (
    FoundDocument,
    content_masked,
    found_documents,
    leads_to,
    seen_in,
)
from harness.judge.view import CellView
from harness.pdfa import Report
from harness.pdfa.advice import advice, tool_of
from harness.pdfa.policy import refusal
from harness.pdfa.text import text_of
from harness.reference.reconcile.documents import Documents

ENDED = {
    "limit": Text(nl="grens bereikt", en="limit"),
    "unreadable": Text(nl="onleesbaar", en="unreadable"),
    "invalid": Text(nl="ongeldig", en="invalid"),
}
"""How a check of a document ended."""
RULE = Text(nl="regel {rule}", en="rule {rule}")
BROKEN = Text(nl="regel {rule} {number}x gebroken", en="rule {rule} broken {number}x")
ACCEPTED_FLAVOUR = Text(nl="PDF/A-1b of hoger", en="PDF/A-1b or higher")
CAN_BE_OPENED = Text(nl="een document dat open kan", en="a document that can be opened")
NO_EMPTY_PAGE = Text(nl="inhoud op elke bladzijde", en="content on every page")
EMPTY = Text(nl="lege bladzijde {pages}", en="empty page {pages}")
ONE_DOCUMENT = Text(nl="één document", en="one document")
SAME_FILE = Text(nl="hetzelfde bestand voor {names}", en="the same file for {names}")
ONE_OF_NAME = Text(nl="één document met deze naam", en="one document of this name")
FOR = Text(nl="{name} voor {urls}", en="{name} for {urls}")
OTHER = Text(nl="{number} andere bytes", en="{number} other bytes")
MODE = "pdfa:builtin"
ADVICE = Text(
    nl="Controleer het bestand met 'harness pdfa check' en lever het aan als PDF/A-1b of hoger.",
    en="Check the file with 'harness pdfa check' and deliver it as PDF/A-1b or higher.",
)


def _to_do(report: Report, rule: str) -> Text:
    """What the maker of the document can do, in the program that made it where that is known."""
    known = advice(rule, report.flavour)
    if known is None:
        return ADVICE
    how = known.tools.get(tool_of(report.producer) or "")
    return known.what if how is None else Text(nl=f"{known.what.nl} {how.nl}", en=f"{known.what.en} {how.en}")


def reports(view: CellView) -> list[tuple[Answer, Report]]:
    """One report per distinct document that was retrieved, with the first answer that carried it."""
    made: list[tuple[Answer, Report]] = view.memo("pdfa-reports", lambda: list(_reports(view)))
    return made


def _reports(view: CellView) -> Iterator[tuple[Answer, Report]]:
    seen: set[str] = set()
    for answer in answers(view, "pd-retrieve"):
        found = seen_in(answer)
        if found is not None and found.digest not in seen:
            seen.add(found.digest)
            yield answer, found.report()


def _masked(view: CellView, requirement: str) -> Iterator[Finding]:
    """Documents into which nobody can look, and of which nothing is known."""
    for answer in answers(view, "pd-retrieve"):
        if content_masked(answer) and seen_in(answer) is None:
            yield view.masked(requirement, answer.exchange)


def _at(answer: Answer, where: str) -> str:
    """A place in a document; what the recorder knows of one that was not kept depends on no mask."""
    return f"document / {where}".rstrip(" /") if content_masked(answer) else where


@judge("PD-PDF-001")
def valid_pdfa(view: CellView) -> Iterator[Finding]:
    """The document is what it claims, and claims an accepted flavour."""
    yield from _masked(view, "PD-PDF-001")
    for answer, report in reports(view):
        refused = refusal(report)
        if report.valid and refused is None:
            yield view.ok("PD-PDF-001", answer.exchange, received=f"PDF/A-{report.claimed}", mode=MODE)
            continue
        if report.outcome == "limit":
            yield view.inconclusive(
                "PD-PDF-001", report.reason or ADVICE, exchange=answer.exchange, received=ENDED["limit"]
            )
            continue
        if report.disputed and refused is None:
            found = report.findings[0]
            yield view.disputed(
                "PD-PDF-001",
                found.disputed or ADVICE,
                exchange=answer.exchange,
                received=RULE.format(rule=found.rule),
            )
            continue
        if not report.findings:
            reason = refused or report.reason
            yield view.fail(
                "PD-PDF-001",
                exchange=answer.exchange,
                path=_at(answer, ""),
                expected=ACCEPTED_FLAVOUR,
                received=shortened(reason or ENDED[report.outcome]),
                next_step=reason or ADVICE,
                mode=MODE,
            )
        settled = [found for found in report.findings if found.disputed is None]
        for found in (settled or report.findings)[:OFFENDERS]:
            yield view.fail(
                "PD-PDF-001",
                exchange=answer.exchange,
                path=_at(answer, found.where),
                expected=shortened(joined(f"PDF/A-{report.flavour}", found.message)),
                received=shortened(found.seen or BROKEN.format(rule=found.rule, number=found.count)),
                next_step=refused or _to_do(report, found.rule),
                rule=found.rule,
                mode=MODE,
            )


@judge("PD-PDF-002")
def readable_pages(view: CellView) -> Iterator[Finding]:
    """The document can be opened and every page has content."""
    yield from _masked(view, "PD-PDF-002")
    for answer, report in reports(view):
        if report.outcome in ("unreadable", "limit"):
            yield view.fail(
                "PD-PDF-002",
                exchange=answer.exchange,
                path=_at(answer, ""),
                expected=CAN_BE_OPENED,
                received=ENDED[report.outcome],
                next_step=report.reason or ADVICE,
                mode=MODE,
            )
        elif report.empty_pages:
            yield view.fail(
                "PD-PDF-002",
                exchange=answer.exchange,
                path=_at(answer, ""),
                expected=NO_EMPTY_PAGE,
                received=shortened(EMPTY.format(pages=", ".join(map(str, report.empty_pages)))),
                mode=MODE,
            )
        else:
            yield view.ok("PD-PDF-002", answer.exchange, received=counted(report.pages, *PAGES), mode=MODE)


OTHER_BYTES = Text(
    nl="Dit zijn andere bytes dan in het dossier, en er is geen tekst in te lezen. Is het document opnieuw "
    "bewaard, neem het dan zo op in het dossier.",
    en="These are other bytes than in the record, and no text can be read in them. When the document was "
    "saved anew, put it into the record as it is now.",
)
SAVED_ANEW = Text(
    nl="De tekst is die van het dossier, de bytes niet: het document is opnieuw bewaard. Dat mag.",
    en="The text is that of the record, the bytes are not: the document was saved anew. That is allowed.",
)
OTHER_DOCUMENT = Text(
    nl="Zoek uit waarom deze url naar een ander document leidt. Is dat van een ander of afgeschermd, dan is "
    "dit blokkerend.",
    en="Find out why this url leads to another document. When that is somebody else's or shielded, this is "
    "blocking.",
)


@judge("PD-DOC-009")
def document_of_the_record(view: CellView) -> Iterator[Finding]:
    """What is retrieved for a document is that document of the record, and no other known one."""
    requirement = "PD-DOC-009"
    if (nothing := nothing_to_compare(view, requirement)) is not None:
        yield nothing
        return
    known = Documents(view.records.known, text_of)
    for document in found_documents(view):
        yield from _compared(view, requirement, document, known)


@judge("PD-DOC-010")
def bytes_of_one_document(view: CellView) -> Iterator[Finding]:
    """The same file under two documents: one of the two is not what it says."""
    requirement = "PD-DOC-010"
    yield from _masked(view, requirement)
    owners: dict[str, set[str]] = {}
    unsure: set[str] = set()  # one of their names is masked: it may be the other one
    seen: list[tuple[Answer, str]] = []
    for document in found_documents(view):
        (master, *_) = [*objects(document.resource.get("masterIdentifier")), {}]
        name = text(master.get("value"))
        for answer in document.retrieved:
            found = seen_in(answer)
            if found is not None:
                owners.setdefault(found.digest, set()).add(name or document.url)
                if document.answer.masks.hides(f"{document.path}.masterIdentifier"):
                    unsure.add(found.digest)
                seen.append((answer, found.digest))
    for answer, digest in seen:
        if len(owners[digest]) > 1 and digest in unsure:
            yield view.masked(requirement, answer.exchange)
        elif len(owners[digest]) > 1:
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path=_at(answer, ""),
                expected=ONE_DOCUMENT,
                received=shortened(SAME_FILE.format(names=", ".join(sorted(owners[digest])))),
                next_step=OTHER_DOCUMENT,
            )
        else:
            yield view.ok(requirement, answer.exchange)


@judge("PD-DOC-011")
def one_document_of_a_name(view: CellView) -> Iterator[Finding]:
    """A masterIdentifier names one version of one document: other bytes have another one.

    What the document itself says of its name (XMP, document information) is free: no standard ties it.
    """
    requirement = "PD-DOC-011"
    yield from _masked(view, requirement)
    seen: dict[tuple[str, str], dict[str, FoundDocument]] = {}
    for document in found_documents(view):
        (master, *_) = [*objects(document.resource.get("masterIdentifier")), {}]
        name = (text(master.get("system")), text(master.get("value")))
        contents = (seen_in(answer) for answer in document.retrieved)
        digests = {content.digest for content in contents if content is not None}
        if document.answer.masks.touches(path := f"{document.path}.masterIdentifier"):
            yield view.masked(requirement, document.answer.exchange, path)
        elif name[1]:
            for digest in digests:
                seen.setdefault(name, {}).setdefault(digest, document)
    for (_, value), documents in seen.items():
        first, *others = documents.values()
        if not [one for one in others if one.url != first.url]:  # of one address PD-DOC-005 speaks
            yield view.ok(requirement, first.answer.exchange)
            continue
        path = f"{others[0].path}.masterIdentifier"
        line, column = others[0].answer.line(path)
        yield view.fail(
            requirement,
            exchange=others[0].answer.exchange,
            path=path,
            line=line,
            column=column,
            expected=ONE_OF_NAME,
            received=shortened(FOR.format(name=value, urls=", ".join(one.url for one in documents.values()))),
            next_step=Text(
                nl="Geef elk document, en elke versie ervan, een masterIdentifier van zichzelf.",
                en="Give every document, and every version of it, a masterIdentifier of its own.",
            ),
        )


def _compared(
    view: CellView, requirement: str, document: FoundDocument, known: Documents
) -> Iterator[Finding]:
    """Findings of what was retrieved for one document."""
    record, wanted = view.record, leads_to(view, document)
    if record is None or record.resource(wanted) is None:
        return  # the record does not hold what it leads to
    for answer in document.retrieved:
        found = seen_in(answer)
        differences = found.differences(known, record, wanted) if found is not None else None
        if found is None or differences is None:
            if content_masked(answer):
                yield view.masked(requirement, answer.exchange)
            continue
        for one in differences:
            if one.kind == "remark":
                yield view.warn(
                    requirement, exchange=answer.exchange, expected=one.expected, received=one.received,
                    next_step=SAVED_ANEW, mode="record",
                )  # fmt: skip
                continue
            if not one.broken:
                bytes_ = OTHER.format(number=found.size)
                yield view.inconclusive(requirement, OTHER_BYTES, exchange=answer.exchange, received=bytes_)
                continue
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path=_at(answer, one.place) if answer.format != "native" or content_masked(answer) else "",
                expected=one.expected,
                received=joined(one.named, one.received),
                next_step=OTHER_DOCUMENT,
                mode="record",
            )
        if not differences:
            yield view.ok(requirement, answer.exchange, received=wanted, mode="record")
