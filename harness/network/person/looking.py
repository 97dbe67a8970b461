"""What the recorder of a run looks with: texts of PDFs, and what the records say that stays inside."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from harness.network.file import Network
from harness.network.person.records import network_records
from harness.pdfa.text import texts_of
from harness.record import Looking
from harness.reference.record.model import Record
from harness.reference.records import Records


def looking(records: Iterable[Record]) -> Looking:
    """Looks for the texts of these records."""
    return Looking(texts_of, Records(records).found_in)


def network_looking(network: Network, t: date) -> Looking:
    """Looks for the texts of the records of a network.

    :raises HarnessError: as of :func:`~harness.network.person.records.network_records`.
    """
    return looking(network_records(network, t))
