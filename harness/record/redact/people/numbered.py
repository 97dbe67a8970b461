"""Every BSN in a document, with its place: in its elements, between them, and in what they hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from harness.core.run.exchanges import Standing
from harness.record.looking import Looking
from harness.record.redact.documents.parts import Leaf, People, TooManyError
from harness.record.redact.documents.read import CareDocument
from harness.record.redact.people import bsn
from harness.record.redact.reading.spans import Reading
from harness.record.redact.tag import TAG

_CODES: Final = frozenset({"code", "id", "reference", "fullUrl", "url", "versionId", "system", "contentType"})
"""Elements whose numbers are codes and ids as a rule."""
_DIGITS: Final = re.compile(r"[^0-9]+", re.ASCII)
_REGISTERS: Final = re.compile(
    r"https?://fhir\.nl/fhir/namingsystem/(?!bsn)|urn:oid:2\.16\.(?:840\.1\.113883\.2\.4\.6\.(?!3\Z)|528)",
    re.I,
)
"""National registers of care providers, organizations and insurers: their numbers have nine digits too."""
_NUMBERED: Final = re.compile(r"https?://snomed\.info(?:/|\Z)|urn:(?:oid:|iso:|ietf:)", re.I)
"""Published systems with codes of nine digits; of any other such a number is no code."""
_IS: Final = r"""[\\"'\s:=]{1,16}(?:value[\\"'\s=]{1,12})?"""
_NEXT: Final = r"""[\\"'\s/<>,]{1,40}"""
_OTHERS: Final = rf"""(?:(?:version|display){_IS}[^\\"'<>]{{1,300}}{_NEXT}){{0,2}}"""
_AFTER_SYSTEM: Final = re.compile(rf"""\bsystem{_IS}([^\\"'<>\s]{{4,300}}){_NEXT}{_OTHERS}code{_IS}\Z""")
_BEFORE_SYSTEM: Final = re.compile(rf"""{_NEXT}{_OTHERS}system{_IS}([^\\"'<>\s]{{4,300}})[\\"']""")
_CODED: Final = re.compile(rf"""\bcode{_IS}\Z""")
_BESIDE: Final = 1_200
"""Characters in which the system of a code stands."""
MAX_NUMBERS: Final = 20_000
"""Places in one body where a BSN may stand; nobody has so many, and each takes time."""
MAX_DIGITS: Final = 400_000
"""Groups of digits in one body in which a known number could be hidden: dates are some, a dozen an entry."""


class Found(NamedTuple):
    """A BSN in a document.

    :ivar code: whether it stands where codes, ids and amounts do; ``amount``: where FHIR has a number.
    :ivar written: the whole value, when that is what is called a BSN.
    """

    number: str
    path: str
    standing: Standing
    code: bool
    ways: tuple[str, ...] = ()
    written: str = ""
    amount: bool = False


class DocumentNumbers:
    """Finds the numbers in the documents of a cell; one that is proven is known in the rest of the cell."""

    def __init__(self, numbers: bsn.Numbers, cell: str, looking: Looking) -> None:
        self._numbers = numbers
        self._cell = cell
        self._looking = looking

    def found(self, document: CareDocument | None, people: People, said: Sequence[Reading]) -> list[Found]:
        """Every BSN in a body; a document is walked only when there may be one.

        :raises TooManyError: there are more than are looked at.
        """
        numbers, cell = self._numbers, self._cell
        for number in people.numbers:
            self._prove(number)
        seen: list[bsn.Sighting] = []
        told = 0
        for one in (one for reading in said for one in bsn.seen_in(reading)):
            seen.append(one)
            told += one.standing != ""
            if told > MAX_NUMBERS or len(seen) > MAX_DIGITS:
                raise TooManyError
        for one in seen:
            if one.standing == "proven":
                numbers.prove(one.number, cell)
        certain = numbers.certain(seen, cell)
        if document is None:
            return [Found(one.number, "", one.standing, code=False, ways=one.ways) for one in certain]
        if not people.numbers and not certain:
            return []
        leaves = list(document.leaves())
        normal = self._looking.kept | {
            leaf.value for leaf in leaves if leaf.name == "code" and _NUMBERED.match(leaf.system)
        }
        found = [item for leaf in leaves for item in self._in_leaf(leaf)]
        proven = {item.number for item in found if item.standing == "proven"}
        found = [item._replace(standing="proven") if item.number in proven else item for item in found]
        found = [item for item in found if item.standing == "proven" or item.number not in normal]
        placed = {item.number for item in found}
        for one in certain:  # between elements
            if one.number not in placed and one.standing == "proven":
                placed.add(one.number)
                found.append(Found(one.number, "", one.standing, code=False, ways=one.ways))
        below = {(item.number, above) for item in found for above in _above(item.path)}
        return [item for item in found if (item.number, item.path) not in below]  # told once, where it stands

    def _in_leaf(self, leaf: Leaf) -> Iterable[Found]:
        numbers = self._numbers
        if TAG.fullmatch(leaf.value) or leaf.value.isspace():
            return
        if leaf.name == "value" and bsn.is_system(leaf.system):
            self._prove(leaf.value)
            yield Found(bsn.plain(leaf.value), leaf.path, "proven", code=False, written=leaf.value)
            return
        numbered = leaf.name != "code" or _NUMBERED.match(leaf.system) is not None
        if leaf.name == "code" and numbered and not numbers.known(leaf.value, self._cell):
            return  # a code of a code system
        announced = leaf.name not in _CODES and leaf.system and bsn.announces(leaf.system)
        value = f"bsn:{leaf.value}" if announced else leaf.value
        for one in numbers.found(value, self._cell, self._looking.extract):
            if one.standing == "proven":
                numbers.prove(one.number, self._cell)
            code = (leaf.name in _CODES and numbered) or leaf.numeric
            code = code or (leaf.name == "value" and registered(leaf.system))
            yield Found(one.number, leaf.path, one.standing, code=code, ways=one.ways, amount=leaf.numeric)

    def _prove(self, number: str) -> None:
        """Remember what stands as a BSN; what cannot be one would be found everywhere."""
        if len(_DIGITS.sub("", number)) in (8, 9):
            self._numbers.prove(number, self._cell)


def _above(path: str) -> Iterator[str]:
    """The elements that hold an element: a number in a narrative is found in that as a whole too."""
    at = path.find(".")
    while at >= 0:
        yield path[:at]
        at = path.find(".", at + 1)


def coded(text: str, start: int, end: int) -> bool:
    """Whether the digits at a place in a text that shows FHIR are a code of a system that numbers its codes.

    >>> shown = '{"system": "http://snomed.info/sct", "code": "271807003"}'
    >>> coded(shown, 46, 55), coded(shown.replace("system", "text"), 44, 53)
    (True, False)
    """
    before = text[max(0, start - _BESIDE) : start]
    if not _CODED.search(before[-40:]):
        return False
    beside = _AFTER_SYSTEM.search(before) or _BEFORE_SYSTEM.match(text, end, end + _BESIDE)
    return beside is not None and _numbers_codes(beside.group(1))


def _numbers_codes(system: str) -> bool:
    return _NUMBERED.match(system) is not None and not bsn.is_system(system)


def registered(system: str) -> bool:
    """Whether an identifier system is a national register that has no persons' numbers in it.

    >>> registered("http://fhir.nl/fhir/NamingSystem/uzi-nr-pers"), registered("https://his.example/nummer")
    (True, False)
    """
    return _REGISTERS.match(system) is not None
