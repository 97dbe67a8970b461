"""Judges of the standard PDF/A: finding, retrieving and refusing documents, and metadata against content."""

from __future__ import annotations

from collections.abc import Iterator

from harness.core.run.exchanges import media_type
from harness.core.run.findings import Finding
from harness.core.text import Phrase, Text, joined
from harness.judge.every_standard.answers import (
    Answer,
    Json,
    answers,
    objects,
    text,
)
from harness.judge.every_standard.content import each_match
from harness.judge.phrases import (
    NO_CONTENT_TYPE,
    NO_FHIR,
    ending,
    no,
)
from harness.judge.registry import judge
from harness.judge.standards.pdfa_documents import (
    content_masked,
    found_documents,
    leads_to,
    not_current,
    seen_in,
    stated_sum,
    stated_type,
)
from harness.judge.view import CellView
from harness.reference.reconcile.answers import reference_key

UNREADABLE = Text(nl="geen leesbare content", en="no readable content")
TYPE_OF_PDF = Text(nl="contentType {kind} van een PDF", en="contentType {kind} of a PDF")
IN_PLACE_OF = Text(nl="{name} in plaats van {asked}", en="{name} in the place of {asked}")
A_BINARY = Text(nl="Binary met contentType en content", en="Binary with contentType and content")
EQUAL_BYTES = Text(nl="gelijke bytes", en="equal bytes")


@judge("PD-FND-001")
def current_documents(view: CellView) -> Iterator[Finding]:
    """The search on status gives current documents."""
    for operation in ("pd-find-current", "pd-find-empty"):
        yield from each_match(
            view,
            "PD-FND-001",
            operation,
            not_current,
            "status current",
            "status",
        )


def _refusal(
    view: CellView, requirement: str, found: list[Answer], statuses: tuple[int, ...]
) -> Iterator[Finding]:
    for answer in found:
        kind = text(answer.resource.get("resourceType"))
        if answer.status in statuses and kind == "OperationOutcome":
            yield view.ok(requirement, answer.exchange, received=str(answer.status))
        else:
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path="status" if answer.status not in statuses else "body",
                expected=" | ".join(map(str, statuses)) + " + OperationOutcome",
                received=joined(ending(answer.exchange), answer.what or NO_FHIR, separator=" "),
            )


@judge("PD-ERR-001")
def bad_path(view: CellView) -> Iterator[Finding]:
    """A nonsense path is a bad request."""
    return _refusal(view, "PD-ERR-001", answers(view, "pd-bad-path"), (400,))


@judge("PD-ERR-002")
def unknown_document(view: CellView) -> Iterator[Finding]:
    """An unknown document is not found or gone."""
    return _refusal(view, "PD-ERR-002", answers(view, "pd-unknown-binary"), (404, 410))


@judge("PD-DOC-001")
def metadata(view: CellView) -> Iterator[Finding]:
    """masterIdentifier, contentType and url are stated."""

    def check(resource: Json) -> Phrase:
        missing = [] if resource.get("masterIdentifier") else ["masterIdentifier"]
        attachments = [
            item for part in objects(resource.get("content")) for item in objects(part.get("attachment"))
        ]
        for name in ("contentType", "url"):
            if not attachments or any(not text(item.get(name)) for item in attachments):
                missing.append(name)
        return no(missing) if missing else ""

    return each_match(
        view, "PD-DOC-001", "pd-find-current", check, "masterIdentifier + attachment.contentType + url"
    )


@judge("PD-DOC-002")
def retrievable(view: CellView) -> Iterator[Finding]:
    """Every document that was found was retrieved with success, in each form that was asked."""
    for document in found_documents(view):
        if not document.url:
            continue
        if not document.retrieved:
            yield view.inconclusive(
                "PD-DOC-002",
                Text(nl="de PGO vroeg dit document niet op", en="the PGO did not ask for this document"),
                exchange=document.answer.exchange,
                received=document.url,
            )
        for answer in document.retrieved:
            nowhere = view.record is not None and leads_to(view, document) in view.record.dangling
            if answer.answered:
                yield view.ok("PD-DOC-002", answer.exchange)
            elif nowhere and answer.status in (404, 410):
                yield _nothing_there(view, answer)
            else:
                yield view.fail(
                    "PD-DOC-002",
                    exchange=answer.exchange,
                    path="status",
                    expected="200",
                    received=joined(ending(answer.exchange), f"({answer.format})", separator=" "),
                )


def _nothing_there(view: CellView, answer: Answer) -> Finding:
    """A document that is not there by the record either: who loaded that record is not to blame for it.

    A record that the supplier made itself excuses nothing.
    """
    stated = str(answer.status)
    if view.record is None or not view.record.complete:
        return view.inconclusive("PD-DOC-002", NOT_THERE, exchange=answer.exchange, received=stated)
    return view.warn(
        "PD-DOC-002", exchange=answer.exchange, path="status", expected="200", received=stated,
        next_step=NOT_THERE, mode="record",
    )  # fmt: skip


NOT_THERE = Text(
    nl="Volgens het dossier leidt dit document nergens heen (dangling): zo staat het in de geladen set. Een "
    "patiënt hoort geen document te zien dat er niet is.",
    en="By the record this document leads nowhere (dangling): so it is in the set that was loaded. A patient "
    "should not be shown a document that is not there.",
)


def _retrieved(view: CellView) -> list[Answer]:
    """Answered retrievals, each once."""
    return [item for item in answers(view, "pd-retrieve") if item.answered]


@judge("PD-DOC-003")
def binary_resource(view: CellView) -> Iterator[Finding]:
    """With a FHIR Accept: a Binary with contentType and content."""
    for answer in _retrieved(view):
        if answer.format == "native":
            continue
        kind = text(answer.resource.get("resourceType"))
        problems: list[Phrase] = [] if kind == "Binary" else [answer.what or NO_FHIR]
        if kind == "Binary" and not stated_type(answer):
            problems.append(no(["contentType"]))
        found = seen_in(answer) if kind == "Binary" else None
        if kind == "Binary" and found is None:
            problems.append(UNREADABLE)
        if found is not None and found.pdf and stated_type(answer) != "application/pdf":
            problems.append(TYPE_OF_PDF.format(kind=stated_type(answer)))
        asked = reference_key(answer.exchange.request.url.partition("?")[0])
        name = f"Binary/{text(answer.resource.get('id'))}"
        if kind == "Binary" and asked.startswith("Binary/") and name not in ("Binary/", asked):
            problems.append(IN_PLACE_OF.format(name=name, asked=asked))
        if problems:
            yield view.fail(
                "PD-DOC-003",
                exchange=answer.exchange,
                path="Binary",
                expected=A_BINARY,
                received=joined(*problems, separator=", "),
            )
        else:
            yield view.ok("PD-DOC-003", answer.exchange)


@judge("PD-DOC-004")
def native_document(view: CellView) -> Iterator[Finding]:
    """Without a FHIR Accept: the PDF itself."""
    for answer in _retrieved(view):
        if answer.format != "native":
            continue
        kind = stated_type(answer)
        found = seen_in(answer)
        if kind == "application/pdf" and found is not None and found.pdf:
            yield view.ok("PD-DOC-004", answer.exchange, received=kind)
        else:
            yield view.fail(
                "PD-DOC-004",
                exchange=answer.exchange,
                path="Content-Type" if kind != "application/pdf" else "body",
                expected="application/pdf, %PDF-",
                received=kind or NO_CONTENT_TYPE,
            )


@judge("PD-DOC-005")
def same_bytes(view: CellView) -> Iterator[Finding]:
    """One document is the same in every form."""
    forms: dict[str, dict[str, tuple[str, Answer]]] = {}
    unlike: set[str] = set()  # documents of no record are no document that was kept
    for answer in _retrieved(view):
        found = seen_in(answer)
        if found is not None:
            target = answer.exchange.request.url.split("?")[0]
            forms.setdefault(target, {})[answer.format] = (found.digest, answer)
            if found.told is not None and not found.told.held:
                unlike.add(found.digest)
        elif content_masked(answer):
            yield view.masked("PD-DOC-005", answer.exchange)
    for _, by_format in sorted(forms.items()):
        digests = {digest for digest, _ in by_format.values()}
        last = by_format[sorted(by_format)[-1]][1]
        kept = {content_masked(answer) for digest, answer in by_format.values() if digest not in unlike}
        if len(kept) > 1:
            yield view.masked("PD-DOC-005", last.exchange)
        elif len(digests) == 1:
            yield view.ok("PD-DOC-005", last.exchange, received=", ".join(sorted(by_format)))
        else:
            shown = ", ".join(
                f"{name} sha256 {digest[:8]}" for name, (digest, _) in sorted(by_format.items())
            )
            path = "document" if content_masked(last) else ""
            yield view.fail(
                "PD-DOC-005", exchange=last.exchange, path=path, expected=EQUAL_BYTES, received=shown
            )


def _against_content(view: CellView, requirement: str, key: str) -> Iterator[Finding]:
    """Compare one word of the metadata with the retrieved bytes; absent ``size``/``hash`` are not judged."""
    decided = False
    for document in found_documents(view):
        stated = document.attachment.get(key)
        if stated in (None, ""):
            continue
        for answer in document.retrieved:
            found = seen_in(answer)
            actual = found.actual(key) if found is not None else ""
            if not actual:
                if content_masked(answer):
                    decided = True
                    yield view.masked(requirement, answer.exchange)
                continue
            decided = True
            said = stated_sum(str(stated)) if key == "hash" else str(stated)
            said = media_type((("Content-Type", said),)) if key == "contentType" else said
            if said == actual:
                yield view.ok(requirement, answer.exchange)
                continue
            path = f"{document.attachment_path}.{key}"
            line, column = document.answer.line(path)
            yield view.fail(
                requirement,
                exchange=document.answer.exchange,
                path=path,
                line=line,
                column=column,
                expected=actual,
                received=str(stated),
                next_step=Text(
                    nl="De metadata in DocumentReference hoort bij een andere versie van het document: maak "
                    "size en hash bij het document dat wordt geleverd.",
                    en="The metadata in DocumentReference belongs to another version of the document: make "
                    "size and hash from the document that is delivered.",
                ),
            )
            break
    if not decided and any(item.retrieved for item in found_documents(view)):
        reason = Text(nl=f"geen document noemt {key}", en=f"no document states {key}")
        optional = key != "contentType"
        yield view.unseen(requirement, reason, f"no-document-{key}" if optional else "")


@judge("PD-DOC-006")
def stated_content_type(view: CellView) -> Iterator[Finding]:
    """contentType says what the document is."""
    return _against_content(view, "PD-DOC-006", "contentType")


@judge("PD-DOC-007")
def stated_size(view: CellView) -> Iterator[Finding]:
    """size is the number of bytes."""
    return _against_content(view, "PD-DOC-007", "size")


@judge("PD-DOC-008")
def stated_hash(view: CellView) -> Iterator[Finding]:
    """hash is the SHA-1."""
    return _against_content(view, "PD-DOC-008", "hash")


@judge("PD-SEC-001")
def token_needed(view: CellView) -> Iterator[Finding]:
    """No token, no document."""
    for answer in answers(view, "pd-without-token"):
        if answer.status == 200:
            yield view.fail(
                "PD-SEC-001",
                exchange=answer.exchange,
                path="status",
                expected="401 | 403 | 404",
                received="200",
                next_step=Text(
                    nl="Het document is zonder token op te halen. Dit is een blokkerende bevinding.",
                    en="The document can be retrieved without a token. This is a blocking finding.",
                ),
            )
        elif answer.status:
            yield view.ok("PD-SEC-001", answer.exchange, received=str(answer.status))


@judge("PD-SEC-002")
def refusal_status(view: CellView) -> Iterator[Finding]:
    """The refusal is 401, 403 or 404."""
    for answer in answers(view, "pd-without-token"):
        if answer.status in (401, 403, 404):
            yield view.ok("PD-SEC-002", answer.exchange, received=str(answer.status))
        elif answer.status != 200:
            yield view.fail(
                "PD-SEC-002",
                exchange=answer.exchange,
                path="status",
                expected="401 | 403 | 404",
                received=ending(answer.exchange),
            )
