"""Judges of the standard PDF/A: document manifests, which a HIS may know or refuse as it should."""

from __future__ import annotations

from collections.abc import Iterator

from harness.core.run.findings import Finding
from harness.core.text import Phrase, Text, joined
from harness.fhir.store import LOCAL_REFERENCE
from harness.judge.every_standard.answers import (
    NO_MANIFEST,
    Answer,
    answers,
    objects,
    reference_of,
    searchsets,
    text,
    unsupported_manifest,
)
from harness.judge.every_standard.content import each_match
from harness.judge.every_standard.filters import within_window
from harness.judge.phrases import ABSENT, NO_FHIR, as_in, ending
from harness.judge.registry import judge
from harness.judge.standards.pdfa_documents import differs, found_documents, not_current
from harness.judge.view import CellView
from harness.reference.content.facts import facts_of
from harness.reference.content.table import content_table
from harness.reference.reconcile.answers import reference_key

NOTHING_READABLE = Text(nl="geen leesbare resource", en="no resource that can be read")


@judge("PD-MAN-001")
def manifest_search(view: CellView) -> Iterator[Finding]:
    """Searchable, or refused with 404 not-supported."""
    for answer in answers(view, "pd-manifest-current", "pd-manifest-created"):
        if (answer.answered and answer.bundle) or unsupported_manifest(answer):
            yield view.ok("PD-MAN-001", answer.exchange, received=str(answer.status))
        else:
            yield view.fail(
                "PD-MAN-001",
                exchange=answer.exchange,
                path="status",
                expected="200 searchset | 404 OperationOutcome not-supported",
                received=joined(
                    ending(answer.exchange),
                    answer.what or NO_FHIR,
                    separator=" ",
                ),
            )


def _without_manifest(view: CellView) -> bool:
    found = answers(view, "pd-manifest-current", "pd-manifest-created")
    return bool(found) and all(unsupported_manifest(item) for item in found)


@judge("PD-MAN-002")
def current_manifests(view: CellView) -> Iterator[Finding]:
    """The search on status gives current manifests."""
    if _without_manifest(view):
        yield view.unseen("PD-MAN-002", NO_MANIFEST, "no-document-manifest")
        return
    for operation in ("pd-manifest-current", "pd-manifest-created"):
        yield from each_match(
            view,
            "PD-MAN-002",
            operation,
            not_current,
            "status current",
            "status",
        )


@judge("PD-MAN-003")
def manifest_window(view: CellView) -> Iterator[Finding]:
    """The search on created gives manifests of the period."""
    if _without_manifest(view):
        yield view.unseen("PD-MAN-003", NO_MANIFEST, "no-document-manifest")
        return
    yield from within_window(view, "PD-MAN-003", "pd-manifest-created", "created", "created")


def _as_searched(view: CellView, answer: Answer) -> Finding:
    """Whether a read gave the resource that was asked, as the search showed it."""
    asked = reference_key(answer.exchange.request.url.partition("?")[0])
    name = f"{text(answer.resource.get('resourceType'))}/{text(answer.resource.get('id'))}"
    got: Phrase = name if answer.resource else NOTHING_READABLE
    if LOCAL_REFERENCE.fullmatch(asked) and got != asked and not answer.masks.touches("DocumentReference.id"):
        return view.fail(
            "PD-MAN-004", exchange=answer.exchange, path="DocumentReference.id", expected=asked, received=got
        )
    said = facts_of(answer.resource, content_table())
    for document in found_documents(view):
        known = f"DocumentReference/{text(document.resource.get('id'))}"
        if known == asked and not answer.masks and not document.answer.masks and not differs(view, document):
            other = said ^ facts_of(document.resource, content_table())
            if other:
                path = min(other)[0]
                return view.fail(
                    "PD-MAN-004",
                    exchange=answer.exchange,
                    path=path,
                    expected=as_in(document.answer.exchange.id),
                    received=", ".join(sorted(value for at, value in said if at == path)) or ABSENT,
                )
    return view.ok("PD-MAN-004", answer.exchange)


@judge("PD-MAN-004")
def manifest_document(view: CellView) -> Iterator[Finding]:
    """The document of a manifest can be retrieved."""
    if _without_manifest(view):
        yield view.unseen("PD-MAN-004", NO_MANIFEST, "no-document-manifest")
        return
    tried = answers(view, "pd-manifest-document")
    for answer in tried:
        if answer.answered:
            yield _as_searched(view, answer)
        else:
            yield view.fail(
                "PD-MAN-004",
                exchange=answer.exchange,
                path="status",
                expected="200",
                received=ending(answer.exchange),
            )
    if tried:
        return
    listed = [
        reference_of(part.get("pReference"))
        for answer in searchsets(view)
        if answer.query.operation == "pd-manifest-created"
        for _, resource in answer.matches
        for part in objects(resource.get("content"))
    ]
    if not listed:
        yield view.not_tested(
            "PD-MAN-004",
            Text(nl="geen manifest in deze periode", en="no manifest in this period"),
        )
