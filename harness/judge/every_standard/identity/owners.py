"""Data of other known persons in any answer: resources, what they contain, documents, error texts."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from harness.core.issues import shorten
from harness.core.run.exchanges import Exchange, media_type
from harness.core.text import Phrase
from harness.judge.every_standard.answers import Json, objects, reference_of, text
from harness.judge.view import CellView, body_format
from harness.pdfa.text import text_of
from harness.reference.oracle.expect import Expectation
from harness.reference.reconcile.answers import answer_of
from harness.reference.reconcile.cell import Reconciliation
from harness.reference.reconcile.documents import Documents
from harness.reference.reconcile.known import plain_text
from harness.reference.record.model import Record

_NOTHING: Final = Expectation("", {}, {}, {})
_MOST: Final = 2_000_000
"""Bytes of a body that is no FHIR in which texts are looked for."""


@dataclass(frozen=True)
class Foreign:
    """Something of another known person in an answer.

    :ivar path: FHIRPath location, ``""`` where the body is no FHIR.
    :ivar said: whether a text of that person shows it, and not only equal content.
    """

    path: str
    owner: str
    received: Phrase
    said: bool


def foreign_in(view: CellView, exchange: Exchange, only_contained: bool = False) -> list[Foreign]:
    """What of other known persons an answer holds; nothing without a record of the cell's person.

    :param only_contained: whether only what resources contain is looked at.
    """
    record = view.record or view.records.of(view.person, "")
    if record is None or exchange.response is None or not exchange.response.body:
        return []
    key = f"foreign-in {exchange.id} {only_contained}"
    found: list[Foreign] = view.memo(key, lambda: list(_look(view, record, exchange, only_contained)))
    return found


def _look(view: CellView, record: Record, exchange: Exchange, only_contained: bool) -> Iterator[Foreign]:
    document = view.document(exchange)
    response = exchange.response
    if response is None:
        return
    yield from _told(exchange)
    if document is None or document.fatal or not document.resource:
        if body_format(media_type(response.headers)) is None:
            yield from _in_document(view, record, response.body, "")
        return
    masks = view.masks(exchange)
    for place, resource in every_resource(document.resource):
        if masks.touches(place) or (only_contained and ".contained[" not in place):
            continue
        if resource.get("resourceType") == "Binary":
            yield from _in_document(view, record, _content(resource), f"{place}.content")
        else:
            yield from _in_resource(view, record, place, resource)


def _told(exchange: Exchange) -> Iterator[Foreign]:
    """What the recorder says of documents that it did not keep; no place in them depends on a mask."""
    notes = exchange.notes.get("documents")
    for note in objects(notes) if isinstance(notes, list) else ():
        told = note.get("foreign")
        for one in told if isinstance(told, list) else ():
            if isinstance(one, list) and len(one) == 2:
                yield Foreign("document", text(one[0]), shorten(text(one[1])), True)


def every_resource(resource: Any, place: str = "") -> Iterator[tuple[str, Json]]:
    """Every resource of an answer with its place: entries, those of Bundles within, contained ones."""
    if not isinstance(resource, dict):
        return
    kind = text(resource.get("resourceType"))
    here = place or kind
    if kind in ("Bundle", "Parameters"):
        name = "entry" if kind == "Bundle" else "parameter"
        for index, entry in enumerate(objects(resource.get(name))):
            yield from every_resource(entry.get("resource"), f"{here}.{name}[{index}].resource")
        return
    yield here, resource
    for index, inner in enumerate(objects(resource.get("contained"))):
        yield f"{here}.contained[{index}]", inner


def patient_references(resource: Json) -> list[tuple[str, str]]:
    """``(path, Patient/id)`` of everything in a resource that says whose record it is."""
    found = []
    if resource.get("resourceType") == "Patient" and text(resource.get("id")):
        found.append(("id", f"Patient/{resource['id']}"))
    for key in ("subject", "patient"):
        found.append((f"{key}.reference", reference_of(resource.get(key))))
    context = resource.get("context")
    if isinstance(context, dict):
        source = reference_of(context.get("sourcePatientInfo"))
        found.append(("context.sourcePatientInfo.reference", source))
    for index, participant in enumerate(objects(resource.get("participant"))):
        found.append((f"participant[{index}].actor.reference", reference_of(participant.get("actor"))))
    kept = []
    for path, reference in found:
        if reference.startswith("mask-"):
            kept.append((path, reference))  # a tag
        parts = reference.split("/_history/")[0].split("/")
        if len(parts) >= 2 and parts[-2] == "Patient":
            kept.append((path, f"Patient/{parts[-1]}"))
    return kept


def _in_resource(view: CellView, record: Record, place: str, resource: Json) -> Iterator[Foreign]:
    cell = _reconciliation(view, record)
    for one in cell.run([(answer_of("", [resource]), _NOTHING)]):
        if one.kind == "foreign":
            yield Foreign(place, one.owner, one.received, bool(one.said))


def _in_document(view: CellView, record: Record, data: bytes, place: str) -> Iterator[Foreign]:
    if not data:
        return
    if not data.lstrip()[:5].startswith(b"%PDF"):
        said = plain_text(data[:_MOST].decode("utf-8", "replace").encode())
        for found, person in view.records.known.leaks(said, record.person):
            if person:
                yield Foreign(place, _display(view, person), shorten(found), True)
        return
    known: Documents = view.memo("known-documents", lambda: Documents(view.records.known, text_of))
    for owner, received in known.foreign(record, data):
        yield Foreign(place, owner, shorten(received), True)


def _display(view: CellView, person: str) -> str:
    return next((one.display for one in view.records.known.records if one.person == person), person)


def _reconciliation(view: CellView, record: Record) -> Reconciliation:
    made: Reconciliation = view.memo(
        "foreign-reconciliation", lambda: Reconciliation(view.records.known, record)
    )
    return made


def _content(resource: Json) -> bytes:
    try:
        return base64.b64decode("".join(text(resource.get("content")).split()), validate=True)
    except (binascii.Error, ValueError):
        return b""
