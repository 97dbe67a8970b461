"""A record as it stands in a run folder: dates filled in, one document, the same bytes for the same record.

A run folder must be judgeable on a machine that has other records, so it holds what its answers were compared
with. The number that a person logs in with is left out, and so is every BSN inside: no judge needs them.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Literal

import msgspec

from harness.core.errors import InputError
from harness.core.normal.codes import BSN, system
from harness.core.text import Text
from harness.fhir.codec.documents import read, to_json
from harness.fhir.model.types import load_model
from harness.fhir.store import Store
from harness.reference.record.model import DocumentFacts, Origin, Record, Why


class _Document(msgspec.Struct, frozen=True, omit_defaults=True):
    text: tuple[str, ...] = ()
    pages: int = 0


class _Frozen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The document; fields as in :class:`Record`."""

    format: Literal["record-1"] = "record-1"
    person: str
    patient: str
    origin: Origin
    loaded: date
    display: str
    richtlijn: str
    standards: tuple[str, ...]
    online_since: date | None
    correspondence_since: date | None
    withheld: dict[str, Why]
    dangling: tuple[str, ...]
    documents: dict[str, _Document]
    markers: tuple[str, ...]
    resources: tuple[msgspec.Raw, ...]
    sent: tuple[msgspec.Raw, ...] = ()


def freeze(record: Record) -> bytes:
    """The document of a record."""
    frozen = _Frozen(
        person=record.person,
        patient=record.patient,
        origin=record.origin,
        loaded=record.loaded,
        display=record.display,
        richtlijn=record.richtlijn,
        standards=record.standards,
        online_since=record.online_since,
        correspondence_since=record.correspondence_since,
        withheld=dict(sorted(record.withheld.items())),
        dangling=tuple(sorted(record.dangling)),
        documents={key: _Document(item.text, item.pages) for key, item in sorted(record.documents.items())},
        markers=record.markers,
        sent=tuple(msgspec.Raw(to_json(_without_numbers(item))) for item in record.sent),
        resources=tuple(
            msgspec.Raw(to_json(_without_numbers(stored.resource)))
            for stored in sorted(record, key=lambda item: item.key)
        ),
    )
    return msgspec.json.encode(frozen) + b"\n"


def thaw(data: bytes, where: str) -> Record:
    """The record of a document.

    :param where: name of the file, for messages.
    :raises InputError: it cannot be understood.
    """
    try:
        frozen = msgspec.json.decode(data, type=_Frozen)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise InputError(
            Text(nl="is geen dossier van deze versie", en="is no record of this version"),
            where=where,
            received=str(error),
        ) from None
    store, model = Store(), load_model("3.0.2")
    try:
        for resource in frozen.resources:
            store.put(read(bytes(resource), model=model, format="json", where=where))
        sent = tuple(read(bytes(item), model=model, format="json", where=where) for item in frozen.sent)
    except (KeyError, ValueError):
        raise InputError(
            Text(nl="een resource heeft geen geldige id", en="a resource has no valid id"), where=where
        ) from None
    return Record(
        person=frozen.person,
        patient=frozen.patient,
        origin=frozen.origin,
        loaded=frozen.loaded,
        store=store,
        folder=Path(where),
        display=frozen.display,
        richtlijn=frozen.richtlijn,
        standards=frozen.standards,
        online_since=frozen.online_since,
        correspondence_since=frozen.correspondence_since,
        withheld=frozen.withheld,
        dangling=frozenset(frozen.dangling),
        documents={key: DocumentFacts(item.text, item.pages) for key, item in frozen.documents.items()},
        markers=frozen.markers,
        sent=sent,
    )


def _without_numbers(node: Any) -> Any:
    """A resource without the identifiers that are BSNs."""
    if isinstance(node, dict):
        kept = {key: _without_numbers(value) for key, value in node.items()}
        return {key: value for key, value in kept.items() if key != "identifier" or value}
    if isinstance(node, list):
        return [
            _without_numbers(item)
            for item in node
            if not (isinstance(item, dict) and system(str(item.get("system"))) == system(BSN))
        ]
    return node
