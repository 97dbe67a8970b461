"""Citizen service numbers (BSN): where one stands in text, and whether it certainly is one.

A number is *proven* when a BSN system, a label or a parameter says so, or when it equals a number that is
known in the cell. A number that only passes the eleven-test is *possible*: one in eleven numbers of nine
digits does. Both are masked; only a proven one can be held against anybody.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from harness.core.run.exchanges import Standing
from harness.record.redact.facts import eleven_test

_SYSTEMS: Final = frozenset(
    {
        "http://fhir.nl/fhir/namingsystem/bsn",
        "https://fhir.nl/fhir/namingsystem/bsn",
        "urn:oid:2.16.840.1.113883.2.4.6.3",
        "2.16.840.1.113883.2.4.6.3",
    }
)
NINE_DIGITS: Final = re.compile(r"[0-9]{9}(?![0-9A-Za-z])(?!\.[0-9])", re.ASCII)
NINE_DIGITS_RAW: Final = re.compile(NINE_DIGITS.pattern.encode())
"""The same in bytes, to see quickly whether a document holds any."""
_BEFORE: Final = re.compile(r"(?:\A|[^0-9A-Za-z.]|%[0-9A-Fa-f]{2})\Z", re.ASCII)
"""What may stand before a number: nothing that makes it part of something longer."""
_LABEL: Final = re.compile(
    r"(?:bsn|burgerservice(?:nummer|nr)|sofi(?:nummer|nr)?)[^0-9]{0,20}\Z", re.ASCII | re.I
)
_CODED_BEFORE: Final = re.compile(r"([^\s&=\"'<>]{3,200})(?:\||%7C)(?:[^\s&\"'<>|]{0,200}(?:,|%2C))?\Z", re.I)
_SEPARATORS: Final = re.compile(r"[ ./_+-]")
_SMALLEST: Final = 10_000_000
"""Smaller values are offsets and register numbers with leading zeros; no BSN has two of those."""
_KNOWN: Final = 2_000
"""Numbers that are remembered per cell."""


def is_system(system: str) -> bool:
    """Whether an identifier system is that of the BSN, however it is written.

    >>> is_system("http://fhir.nl/fhir/NamingSystem/BSN"), is_system("http://fhir.nl/fhir/NamingSystem/uzi")
    (True, False)
    """
    return unquote(system).strip().rstrip("/").lower() in _SYSTEMS


def standing_of(value: str, known: bool) -> Standing:
    """What a value is that stands where a BSN is announced: one that cannot be a number proves nothing.

    :param known: whether it is a number that is known in the cell.
    """
    return "proven" if known or eleven_test(_SEPARATORS.sub("", value)) else "possible"


class Numbers:
    """The numbers of a run that certainly are BSNs: those of declared persons, and those proven in a cell.

    Thread-safe.

    :param owners: id of the declared person by number.
    """

    def __init__(self, owners: dict[str, str]) -> None:
        self.owners = owners
        self._lock = threading.Lock()
        self._proven: dict[str, OrderedDict[str, None]] = {}

    def prove(self, number: str, cell: str) -> None:
        """Remember a number for the rest of its cell."""
        with self._lock:
            proven = self._proven.setdefault(cell, OrderedDict())
            proven[_SEPARATORS.sub("", number)] = None
            while len(proven) > _KNOWN:
                proven.popitem(last=False)

    def known(self, number: str, cell: str) -> bool:
        """Whether a number certainly is a BSN in a cell."""
        return number in self.owners or number in self._proven.get(cell, ())

    def spans(self, text: str, cell: str) -> Iterator[tuple[int, int, Standing]]:
        """Start, end and standing of every BSN in a text, in order.

        A code after ``system|``, as in a search for a token, is none unless the system says so.
        """
        for match in NINE_DIGITS.finditer(text):
            start = match.start()
            if not _BEFORE.search(text[max(0, start - 3) : start]):
                continue
            standing = self._standing(match.group(), text[max(0, start - 400) : start], cell)
            if standing:
                yield start, match.end(), standing

    def _standing(self, number: str, before: str, cell: str) -> Standing:
        if self.known(number, cell):
            return "proven"
        passes = eleven_test(number) and int(number) >= _SMALLEST
        coded = _CODED_BEFORE.search(before)
        if coded is not None and is_system(coded.group(1)):
            return "proven" if passes else "possible"
        if _LABEL.search(unquote(before[-60:])):
            return "proven" if passes else "possible"
        return "possible" if passes and coded is None else ""
