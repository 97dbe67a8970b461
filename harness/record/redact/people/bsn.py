"""Citizen service numbers (BSN): where one stands in text, and whether it certainly is one.

A number is *proven* when a BSN system, a label or a parameter says so, or when it equals a number that is
known in the cell. A number that only passes the eleven-test is *possible*: one in eleven numbers of nine
digits does. Both are masked; only a proven one can be held against anybody.
"""

from __future__ import annotations

import re
import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote

from harness.core.run.exchanges import Standing
from harness.record.redact.facts import eleven_test
from harness.record.redact.people.digits import Candidate, candidates
from harness.record.redact.reading.containers import Extract
from harness.record.redact.reading.readings import deeper, readings
from harness.record.redact.reading.spans import Reading
from harness.record.redact.reading.words import no_extract

_ROOT: Final = "2.16.840.1.113883.2.4.6.3"
_SYSTEMS: Final = frozenset(
    {
        "http://fhir.nl/fhir/namingsystem/bsn",
        "https://fhir.nl/fhir/namingsystem/bsn",
        f"urn:oid:{_ROOT}",
        _ROOT,
    }
)
_LABEL: Final = re.compile(
    r"(?:bsn|burgerservice(?:nummer|nr)|sofi(?:nummer|nr)?)[^0-9]{0,20}\Z", re.ASCII | re.I
)
_NEXT_TO: Final = re.compile(
    r"(?:bsn|burgerservice(?:nummer|nr)|sofi(?:nummer|nr)?)[^0-9A-Za-z]{0,4}\Z", re.ASCII | re.I
)
_CODED_BEFORE: Final = re.compile(
    r"([^\s&=\"'<>]{3,200})(?:\||%7C|%257C)(?:[^\s&\"'<>|]{0,200}(?:,|%2C))?\Z", re.I
)
_SEPARATORS: Final = re.compile(r"[ ./_,+-]")
_SMALLEST: Final = 10_000_000
"""Smaller values are offsets and register numbers with leading zeros; no BSN has two of those."""
_KNOWN: Final = 2_000
"""Numbers that are remembered per cell."""
_REMEMBERED: Final = 300
"""Characters up to which a text is remembered: the texts of FHIR come back again and again."""


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
    return "proven" if known or eleven_test(plain(value)) else "possible"


def plain(number: str) -> str:
    """A number as nine digits: without separators, and with the zero that it may have lost.

    >>> plain("123.456.782"), plain("12345672")
    ('123456782', '012345672')
    """
    return _SEPARATORS.sub("", number).zfill(9)


def announces(text: str) -> bool:
    """Whether a name or an address says that a BSN comes after it.

    >>> announces("https://his.example/ext/bsn"), announces("https://his.example/ext/nummer")
    (True, False)
    """
    return is_system(text) or _LABEL.search(text) is not None


class Sighting(NamedTuple):
    """A place in a text where a number may be.

    :ivar start: where it stands in ``reading``, or in the text itself when that is ``None``.
    :ivar number: nine digits.
    :ivar standing: what it is when it is not known in the cell; ``""``: then it is none.
    :ivar ways: how it was read, see :class:`~harness.record.redact.reading.spans.Reading`.
    """

    start: int
    end: int
    number: str
    standing: Standing
    ways: tuple[str, ...] = ()
    reading: Reading | None = None

    def placed(self) -> Sighting:
        """The same, placed in the text itself; few sightings are ever asked for it."""
        if self.reading is None:
            return self
        start, end = self.reading.source(self.start, self.end)
        return self._replace(start=start, end=end, reading=None)


class Looked(NamedTuple):
    """What a text says.

    :ivar seen: every place in it, and in all that can be read from it, where a number may be.
    :ivar deeper: the readings in which letters may stand that it does not show.
    """

    seen: tuple[Sighting, ...]
    deeper: tuple[Reading, ...]


def looked(text: str, extract: Extract = no_extract) -> Looked:
    """Read a text in all its ways.

    :param extract: reads documents in it.
    """
    return _short(text) if len(text) <= _REMEMBERED else _looked(text, extract)


def _looked(text: str, extract: Extract) -> Looked:
    said = list(readings(text, extract))
    return Looked(tuple(one for reading in said for one in seen_in(reading)), tuple(deeper(said)))


@lru_cache(maxsize=4_096)
def _short(text: str) -> Looked:
    return _looked(text, no_extract)  # it holds no document


def sightings(text: str, extract: Extract = no_extract) -> tuple[Sighting, ...]:
    """Every place in a text, and in all that can be read from it, where a number may be."""
    return looked(text, extract).seen


def seen_in(reading: Reading) -> Iterator[Sighting]:
    """Every place in one reading where a number may be."""
    for found in candidates(reading.text):
        standing = _standing(found, reading.text[max(0, found.start - 400) : found.start])
        yield Sighting(found.start, found.end, plain(found.digits), standing, reading.ways, reading)


def _standing(found: Candidate, before: str) -> Standing:
    """What a candidate is when its digits are not known.

    A code after ``system|``, as in a search for a token, is none unless the system says so.
    """
    if found.form == "within":
        return ""
    passes = bool(eleven_test(plain(found.digits)))
    maybe = "|" in before or "7c" in before.lower()  # to look for the whole of it takes long
    coded = _CODED_BEFORE.search(before) if maybe else None
    if len(found.digits) == 8:
        return "proven" if passes and _NEXT_TO.search(before) else ""
    if announces(coded.group(1) if coded is not None else before[-60:]) or before.endswith(f"{_ROOT}."):
        return "proven" if passes else "possible"
    if coded is not None or found.form == "loose":
        return ""
    return "possible" if passes and int(found.digits) >= _SMALLEST else ""


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
            proven[plain(number)] = None
            while len(proven) > _KNOWN:
                proven.popitem(last=False)

    def known(self, number: str, cell: str) -> bool:
        """Whether a number certainly is a BSN in a cell."""
        number = plain(number)
        return number in self.owners or number in self._proven.get(cell, ())

    def found(self, text: str, cell: str, extract: Extract = no_extract) -> list[Sighting]:
        """Every BSN in a text, in order, however it is written; none overlaps another."""
        return self.certain(sightings(text, extract), cell)

    def certain(self, seen: Iterable[Sighting], cell: str) -> list[Sighting]:
        """Those that are a BSN in a cell, placed, in the order of the text; where two overlap the surest."""
        chosen: list[Sighting] = []  # in the order of the text: only neighbours can overlap
        judged = [self._judged(one, cell) for one in seen]
        for one in sorted((one.placed() for one in judged if one.standing), key=_sure):
            at = bisect_left(chosen, one.start, key=_start)
            after = at < len(chosen) and chosen[at].start < one.end
            if not after and (at == 0 or chosen[at - 1].end <= one.start):
                chosen.insert(at, one)
        return chosen

    def _judged(self, one: Sighting, cell: str) -> Sighting:
        return one._replace(standing="proven") if self.known(one.number, cell) else one


def _start(one: Sighting) -> int:
    return one.start


def _sure(one: Sighting) -> tuple[bool, int, int]:
    return one.standing != "proven", len(one.ways), one.start
