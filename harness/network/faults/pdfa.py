"""Faults of a HIS in PDF/A that the catalogue cannot describe: documents, their metadata, refusals."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import cache

from harness.core.data import data_path
from harness.network.faults.answer import NICTIZ, SCT, Answer, Json, coded, walk
from harness.network.faults.registry import his_fault


@his_fault("master-identifier-shared")
def shared_name(answer: Answer) -> None:
    """The last document has the masterIdentifier of the first."""
    documents = answer.matches()
    if len(documents) > 1:
        documents[-1]["masterIdentifier"] = documents[0].get("masterIdentifier")


@his_fault("document-outside-period")
def outside_period(answer: Answer) -> None:
    """A document of another period."""
    answer.add(document(answer, -30))


def document(answer: Answer, indexed: int) -> Json:
    """A DocumentReference that conforms to the profile."""
    return {
        "resourceType": "DocumentReference",
        "id": "fout-document",
        "meta": {"profile": [NICTIZ + "IHE.MHD.Minimal.DocumentReference"]},
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": "urn:oid:2.999.1.1"},
        "status": "current",
        "type": coded(SCT, "11071000146104", "ontslagbrief"),
        "subject": answer.subject,
        "indexed": f"{answer.day(indexed)}T00:00:00+01:00",
        "content": [{"attachment": {"contentType": "application/pdf", "url": "Binary/fout-document"}}],
    }


@his_fault("bad-path-200")
def bad_path(answer: Answer) -> None:
    """A nonsense path is answered with an empty searchset."""
    answer.status = 200
    answer.resource = {"resourceType": "Bundle", "type": "searchset", "total": 0}


@his_fault("unknown-binary-500")
def unknown_binary(answer: Answer) -> None:
    """An unknown document crashes."""
    answer.refuse(500, "exception", "interne fout")


@his_fault("document-gone")
def gone(answer: Answer) -> None:
    """Documents cannot be retrieved as XML."""
    if answer.kind == "xml":
        answer.refuse(404, "not-found", "document niet gevonden")


@his_fault("binary-without-content")
def no_content(answer: Answer) -> None:
    """The Binary is empty in XML."""
    if answer.kind == "xml" and answer.resource is not None:
        answer.resource.pop("content", None)


@his_fault("native-content-type")
def native_type(answer: Answer) -> None:
    """The document itself comes without its type."""
    if answer.kind == "native":
        answer.content_type = "application/octet-stream"


@his_fault("native-other-bytes")
def native_bytes(answer: Answer) -> None:
    """The document itself is another version."""
    if answer.kind == "native":
        answer.body += b"\n"


def _attachments(answer: Answer) -> list[Json]:
    return [item for item in walk(answer.resource) if "contentType" in item and "url" in item]


def _attachment(name: str, change: Callable[[Json], None]) -> None:
    def changed(answer: Answer) -> None:
        for attachment in _attachments(answer)[:1]:
            change(attachment)

    changed.__doc__ = "Metadata of one document is wrong."
    his_fault(name)(changed)


_attachment("document-content-type-word", lambda item: item.update(contentType="text/plain"))
_attachment("document-wrong-size", lambda item: item.update(size=int(item.get("size", 0)) + 1))
_attachment("document-wrong-hash", lambda item: item.update(hash=base64.b64encode(b"x" * 20).decode()))


@cache
def _file(name: str) -> bytes:
    return data_path("fixtures", "documenten", name).read_bytes()


def _replaced(name: str, file: str) -> None:
    """Every document is another file; the metadata agrees with it."""

    def change(answer: Answer) -> None:
        data = _file(file)
        if answer.operation == "pd-retrieve":
            if answer.resource is None:
                answer.body = data
            elif answer.resource.get("resourceType") == "Binary":
                answer.resource["content"] = base64.b64encode(data).decode()
            return
        digest = hashlib.sha1(data, usedforsecurity=False).digest()
        for attachment in _attachments(answer):
            attachment.update(size=len(data), hash=base64.b64encode(digest).decode())

    his_fault(name)(change)


_replaced("document-not-pdfa", "geen-pdfa.pdf")
_replaced("document-empty-page", "lege-bladzijde.pdf")
_replaced("document-of-another", "harm.pdf")


@his_fault("manifest-500")
def manifest_error(answer: Answer) -> None:
    """The search for manifests crashes in XML."""
    if answer.kind == "xml":
        answer.refuse(500, "exception", "interne fout")


@his_fault("manifest-document-gone")
def manifest_document(answer: Answer) -> None:
    """What a manifest refers to is not there."""
    answer.refuse(404, "not-found", "document niet gevonden")


_replaced("documents-share-bytes", "polibericht.pdf")
