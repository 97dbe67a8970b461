"""What the recorder of a run looks with: texts of PDFs, and what the records say that stays inside."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import msgspec

from harness.network.file import Network
from harness.network.person.records import network_records
from harness.pdfa.text import texts_of
from harness.record import Looking
from harness.record.redact.people.digits import candidates
from harness.reference.record.model import Record
from harness.reference.records import Records


def looking(records: Iterable[Record]) -> Looking:
    """Looks for the texts of these records."""
    known = list(records)
    return Looking(texts_of, Records(known).found_in, numbers_in(known))


def numbers_in(records: Iterable[Record]) -> frozenset[str]:
    """Every number of nine digits in these records and their documents, also in groups: what a HIS may show,
    and nobody's BSN.
    """
    return frozenset(
        found.digits
        for record in records
        for stored in record
        for text in _texts(stored.resource)
        for found in candidates(text)
        if found.form == "number"
    )


def _texts(resource: Mapping[str, Any]) -> Iterator[str]:
    if resource.get("resourceType") != "Binary":
        yield msgspec.json.encode(resource).decode()
        return
    try:
        yield from texts_of(base64.b64decode(str(resource.get("content", ""))))
    except binascii.Error:
        return


def network_looking(network: Network, t: date) -> Looking:
    """Looks for the texts of the records of a network.

    :raises HarnessError: as of :func:`~harness.network.person.records.network_records`.
    """
    return looking(network_records(network, t))
