"""Documents of a cell: each DocumentReference with what was retrieved for it, in every form."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from harness.core.http import addresses
from harness.core.run.exchanges import media_type
from harness.judge.every_standard.answers import Answer, Json, answers, objects, searchsets, text
from harness.judge.every_standard.record import compared
from harness.judge.view import CellView
from harness.pdfa import Report, check
from harness.reference.oracle.rules import values_at
from harness.reference.reconcile.answers import reference_key


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
    told: Mapping[str, Any] = field(default_factory=dict)

    def report(self) -> Report:
        """Whether it is PDF/A."""
        return check(self.data) if self.data is not None else msgspec.convert(dict(self.told), Report)

    def actual(self, key: str) -> str:
        """What the metadata should say; ``""`` when what that follows from was not kept."""
        if key == "size":
            return str(self.size)
        if key == "contentType":
            return "application/pdf" if self.pdf else "not PDF"
        sha1 = hashlib.sha1(self.data, usedforsecurity=False).digest() if self.data is not None else b""
        return base64.b64encode(sha1).decode()


def seen_in(answer: Answer) -> Seen | None:
    """The document of an answer; ``None`` when none can be seen and nothing is known of it."""
    data = content_of(answer)
    if data is not None:
        return Seen(hashlib.sha256(data).hexdigest(), len(data), b"%PDF-" in data[:1024], data)
    told = answer.exchange.notes.get("documents") if answer.answered and content_masked(answer) else None
    if not isinstance(told, list) or len(told) != 1 or "outcome" not in told[0]:
        return None
    return Seen(str(told[0]["same"]), int(told[0]["length"]), pdf=True, told=told[0])


def stated_type(answer: Answer) -> str:
    """The media type that an answer gives for the document."""
    if answer.format == "native":
        return media_type(answer.exchange.response.headers) if answer.exchange.response else ""
    return text(answer.resource.get("contentType")).split(";")[0].strip().lower()
