"""The reference records that the answers of a run are compared with, and what they say must come back.

They come from the run folder, live as well as offline, so that both compare with the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cached_property

from harness.core.run.folder import RunFolder
from harness.core.run.info import RunInfo
from harness.core.standards.queries import Query
from harness.reference.oracle.expect import Expectation, expect
from harness.reference.reconcile.known import Known, index_records
from harness.reference.record.frozen import thaw
from harness.reference.record.model import Record


class Records:
    """The records of all known persons of a run.

    :param records: one per person.
    """

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._records = {record.person: record for record in records}
        self._expected: dict[tuple[str, str, str, date], Expectation] = {}

    @cached_property
    def known(self) -> Known:
        """All records, indexed; made when the first answer is compared."""
        return index_records(list(self._records.values()))

    def found_in(self, text: str, person: str) -> Iterator[tuple[str, str]]:
        """Texts for a person that have to stay in the HIS or are somebody else's, with their owner."""
        if self._records:
            yield from self.known.found_in(text, person)

    def of(self, person: str, standard: str) -> Record | None:
        """The record of a person; ``None`` when there is none, or it does not cover the standard."""
        record = self._records.get(person)
        if record is None or (record.standards and standard not in record.standards):
            return None
        return record

    def expected(self, standard: str, query: Query, record: Record, day: date) -> Expectation:
        """What must, may and must not come back of a query of a standard on a day; computed once per run.

        :raises SearchError: the query is not understood.
        """
        key = (standard, query.operation, record.person, day)
        if key not in self._expected:
            self._expected[key] = expect(standard, query, record, day)
        return self._expected[key]


def frozen_records(folder: RunFolder, info: RunInfo) -> Records:
    """The records that a run froze.

    :raises EvidenceError: one is not there, or is not what the description says.
    :raises InputError: one cannot be understood.
    """
    return Records(
        thaw(folder.read_record(person, item.sha256), f"records/{person}.json")
        for person, item in info.settings.records.items()
    )
