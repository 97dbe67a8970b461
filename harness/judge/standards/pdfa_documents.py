"""Documents of a cell: each DocumentReference with what was retrieved for it, in every form."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import msgspec

from harness.core.http import addresses
from harness.core.run.exchanges import media_type
from harness.core.text import Phrase, Text
from harness.judge.every_standard.answers import Answer, Json, answers, objects, searchsets, text
from harness.judge.every_standard.record import compared
from harness.judge.phrases import NO_STATUS
from harness.judge.view import CellView
from harness.pdfa import Report, check
from harness.reference.oracle.rules import values_at
from harness.reference.reconcile.answers import reference_key
from harness.reference.reconcile.differences import Difference
from harness.reference.reconcile.documents import Documents
from harness.reference.record.model import Record

NOT_PDF = Text(nl="geen PDF", en="not PDF")


@dataclass
class FoundDocument:
    """One current DocumentReference and the answers to requests for its attachment.

    :ivar answer: the search answer it stands in, at ``path``.
    :ivar attachment: ``content[0].attachment``.
    :ivar retrieved: answers to ``pd-retrieve`` for its URL.
    """

    answer: Answer
    path: str
    resource: Json
    attachment: Json
    retrieved: list[Answer] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The attachment's URL as the server wrote it."""
        return text(self.attachment.get("url"))

    @property
    def attachment_path(self) -> str:
        """Location of the attachment in the search answer."""
        return f"{self.path}.content[0].attachment"


def not_current(resource: Json) -> Phrase:
    """What status a resource has that should be current; ``""``: it is."""
    status = text(resource.get("status"))
    return "" if status == "current" else status or NO_STATUS


def in_record(view: CellView, document: FoundDocument) -> str:
    """``DocumentReference/id`` in the record of what an answer gave, ``""`` when it is not known."""
    partners: dict[tuple[str, str], str] = view.memo(
        "pdfa-partners",
        lambda: {
            (item.answer.exchange.id, place): key
            for item in compared(view)
            for place, key in item.partners.items()
        },
    )
    return partners.get((document.answer.exchange.id, document.path), "")


def differs(view: CellView, document: FoundDocument) -> bool:
    """Whether the search itself showed the document otherwise than the record has it."""
    places: set[tuple[str, str]] = view.memo(
        "pdfa-differing",
        lambda: {(item.answer.exchange.id, one.place) for item in compared(view) for one in item.differences},
    )
    name = document.answer.exchange.id
    return any(one == name and place.startswith(document.path) for one, place in places)


def leads_to(view: CellView, document: FoundDocument) -> str:
    """``Binary/id`` that the record says a document leads to, ``""`` when it is not known."""
    resource = view.record.resource(in_record(view, document)) if view.record is not None else None
    urls = values_at(resource, "content.attachment.url") if resource is not None else []
    return reference_key(urls[0]) if urls else ""


def found_documents(view: CellView) -> list[FoundDocument]:
    """Every document of ``pd-find-current``, once per format of the search."""
    made: list[FoundDocument] = view.memo("pdfa-documents", lambda: list(_collect(view)))
    return made


def _collect(view: CellView) -> list[FoundDocument]:
    retrieved = answers(view, "pd-retrieve")
    documents = []
    for answer in searchsets(view):
        if answer.query.operation != "pd-find-current":
            continue
        for path, resource in answer.matches:
            content = objects(resource.get("content"))
            attachment = (objects(content[0].get("attachment")) if content else []) or [{}]
            document = FoundDocument(answer, path, resource, attachment[0])
            document.retrieved = [
                item for item in retrieved if same_target(item.exchange.request.url, document.url)
            ]
            documents.append(document)
    return documents


def same_target(requested: str, reference: str) -> bool:
    """Whether a requested URL is what a (relative or absolute) attachment URL points at."""
    if not reference:
        return False
    want, got = urlsplit(reference), urlsplit(requested)
    if want.scheme:
        return addresses.same(requested, reference)
    return unquote(got.path).endswith("/" + unquote(want.path).lstrip("/"))


def content_of(answer: Answer) -> bytes | None:
    """The document's bytes out of a Binary resource or a native answer; ``None`` when none can be seen."""
    if not answer.answered or answer.exchange.response is None or content_masked(answer):
        return None
    if answer.format == "native":
        return answer.exchange.response.body or None
    if answer.resource.get("resourceType") != "Binary":
        return None
    try:
        content = "".join(text(answer.resource.get("content")).split())
        return base64.b64decode(content, validate=True) or None
    except (binascii.Error, ValueError):
        return None


def content_masked(answer: Answer) -> bool:
    """Whether the recorder masked the document, so that nobody can look into it."""
    return answer.masks.hides("Binary.content")


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the recorder says of a document that it did not keep.

    :ivar same: equal for equal documents.
    :ivar held: whether a record holds the same bytes.
    :ivar sum: its SHA-1, or what stands for that in metadata too.
    :ivar outcome: of the check of PDF/A, ``""`` when nobody looked; then nothing more is said.
    :ivar record: how it differs from each document of the person's record, by ``Binary/id``.
    """

    length: int
    same: str
    pdf: bool = True
    held: bool = True
    sum: str = ""
    outcome: str = ""
    record: dict[str, list[Difference]] = {}


@dataclass(frozen=True)
class Seen:
    """A document that was retrieved, or what the recorder says of one that it did not keep.

    :ivar digest: equal for equal documents of which the same is known.
    :ivar data: ``None``: it was not kept.
    :ivar told: what the recorder says of it.
    """

    digest: str
    size: int
    pdf: bool
    data: bytes | None = None
    told: Told | None = None
    report: Callable[[], Report] = field(compare=False, kw_only=True)

    def actual(self, key: str) -> Phrase:
        """What the metadata should say; ``""`` when what that follows from was not kept."""
        if key == "size":
            return str(self.size)
        if key == "contentType":
            return "application/pdf" if self.pdf else NOT_PDF
        if self.data is None:
            return self.told.sum if self.told is not None else ""
        return base64.b64encode(hashlib.sha1(self.data, usedforsecurity=False).digest()).decode()

    def differences(self, known: Documents, record: Record, wanted: str) -> list[Difference] | None:
        """How it differs from a document of a record; ``None`` when nobody can tell any more."""
        if self.data is not None:
            return known.compare("pd-retrieve", record, wanted, self.data)
        return self.told.record.get(wanted) if self.told is not None else None


def seen_in(answer: Answer) -> Seen | None:
    """The document of an answer; ``None`` when none can be seen and nothing is known of it."""
    data = content_of(answer)
    if data is not None:
        digest, pdf = hashlib.sha256(data).hexdigest(), b"%PDF-" in data[:1024]
        return Seen(digest, len(data), pdf, data, report=lambda: check(data))
    notes = answer.exchange.notes.get("documents") if answer.answered and content_masked(answer) else None
    if not isinstance(notes, list) or len(notes) != 1:
        return None
    try:
        told = msgspec.convert(notes[0], Told)
        report = msgspec.convert(notes[0], Report) if told.outcome else None
    except msgspec.ValidationError:  # what stands in a run folder may be anybody's
        return None
    return Seen(told.same, told.length, told.pdf, None, told, report=lambda: report) if report else None


def stated_sum(stated: str) -> str:
    """The hash that metadata state: the tag, when that is what stands there."""
    try:
        said = base64.b64decode(stated, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return stated
    return said if said.startswith("mask-") else stated


def stated_type(answer: Answer) -> str:
    """The media type that an answer gives for the document."""
    if answer.format == "native":
        return media_type(answer.exchange.response.headers) if answer.exchange.response else ""
    return text(answer.resource.get("contentType")).split(";")[0].strip().lower()
