"""Care data: a document of a declared test person keeps its bytes, any other is masked.

Kept or masked, it is said whose record it is (:class:`~harness.core.run.exchanges.Identity`) and where BSNs
stand in it. In a document that is kept, the number of anybody else is replaced; a number that is only
possible is replaced in text and identifiers, and only noted where it may be a code or an id.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final, Literal, NamedTuple

from harness.core.run.exchanges import NOT_COMPARED, Identity, Standing
from harness.record.raw import RawExchange
from harness.record.redact import recognise
from harness.record.redact.facts import eleven_test
from harness.record.redact.people import bsn
from harness.record.redact.people.documents import CareDocument, People, read_document
from harness.record.redact.people.identity import Identities
from harness.record.redact.people.persons import Persons
from harness.record.redact.replace import Replacing

NOT_DECLARED: Final = "person is not declared"
TOO_MUCH: Final = "more values than are masked one by one"
MAX_VALUES: Final = 5_000
"""Values of one document that are masked one by one; with more of them the document becomes one tag."""
_CODES: Final = frozenset({"code", "id", "reference", "fullUrl", "url", "versionId", "system", "contentType"})
"""Elements whose numbers are codes and ids as a rule."""

Side = Literal["request", "response"]


class _Found(NamedTuple):
    """A BSN in a document."""

    number: str
    path: str
    standing: Standing
    code: bool


class _TooMuch(Exception):
    """The document has more values than are masked one by one."""


class CareData:
    """The care data of one exchange.

    :ivar identities: whose record each document is.
    :ivar masked: why documents were masked.
    """

    def __init__(
        self, raw: RawExchange, persons: Persons, identities: Identities, replacing: Replacing
    ) -> None:
        self.identities: list[Identity] = []
        self.masked: list[str] = []
        self._cell = raw.cell
        self._known = identities
        self._replacing = replacing
        self._declared = persons.get(raw.person)

    def body(self, body: bytes, media_type: str, side: Side, secrets: Callable[[str, str], str]) -> bytes:
        """The bytes that may be written.

        :param secrets: replaces everything secret in a text that is of nobody declared, given its place.
        """
        place = f"{side}.body"
        document = read_document(body, media_type)
        people = document.people() if document is not None else People()
        found = self._numbers(document, people, body) if document is not None else []
        reasons = self._reasons(document, people, body, media_type, side)
        if reasons:
            self.masked += reasons
            body = self._mask(document, body, place, found)
        elif found:
            body = self._without_numbers(body, place, found)
        text = recognise.decode(body)
        if self._declared is None:
            return recognise.encode(secrets(text, place))
        if not self._replacing.contains_learned(text):
            return body
        return recognise.encode(self._replacing.learned_in(document, text, place))

    def _reasons(
        self, document: CareDocument | None, people: People, body: bytes, media_type: str, side: Side
    ) -> list[str]:
        """Why a document must be masked; nothing when it may be kept."""
        if self._declared is None:
            fhir = "json" in media_type or "xml" in media_type
            return [] if fhir and recognise.is_impersonal(body) else [NOT_DECLARED]
        if document is None:
            return []
        identity, reasons = self._known.of(people, self._declared, self._cell, side)
        self.identities.append(identity)
        return reasons

    # -- numbers ---------------------------------------------------------------------------------

    def _numbers(self, document: CareDocument, people: People, body: bytes) -> list[_Found]:
        """Every BSN in a document; it is walked only when there may be one."""
        numbers = self._replacing.numbers
        candidates = {match.decode() for match in bsn.NINE_DIGITS_RAW.findall(body)}
        if not people.numbers and not any(
            eleven_test(number) or numbers.known(number, self._cell) for number in candidates
        ):
            return []
        found = []
        for leaf in document.leaves():
            if leaf.name == "value" and bsn.is_system(leaf.system):
                numbers.prove(leaf.value, self._cell)
                found.append(_Found(leaf.value, leaf.path, "proven", code=False))
                continue
            if leaf.name == "code" and leaf.system and not numbers.known(leaf.value, self._cell):
                continue  # a code of a code system
            for start, end, standing in numbers.spans(leaf.value, self._cell):
                number = leaf.value[start:end]
                if standing == "proven":
                    numbers.prove(number, self._cell)
                found.append(_Found(number, leaf.path, standing, code=leaf.name in _CODES))
        proven = {item.number for item in found if item.standing == "proven"}
        return [item._replace(standing="proven") if item.number in proven else item for item in found]

    def _without_numbers(self, body: bytes, place: str, found: Iterable[_Found]) -> bytes:
        """A document that is kept, without the numbers of others; each number with a fact."""
        text = recognise.decode(body)
        own = self._declared.bsn if self._declared is not None else ""
        for item in found:
            stays = item.number == own or (item.code and item.standing == "possible")
            at = f"{place}:{item.path}"
            tag = self._replacing.number(item.number, at, item.standing, "" if stays else NOT_COMPARED)
            if not stays:
                text = re.sub(rf"(?<!\d){re.escape(item.number)}(?!\d)", tag, text)
        return recognise.encode(text)

    # -- masking ---------------------------------------------------------------------------------

    def _mask(self, document: CareDocument | None, body: bytes, place: str, found: Iterable[_Found]) -> bytes:
        """A document without anything that could identify; one tag when it cannot be masked by value."""
        if not body:
            return b""
        if document is None:
            return self._replacing.masked(body.decode("latin-1"), place, NOT_COMPARED).encode()
        numbers: dict[str, list[_Found]] = defaultdict(list)
        for item in found:
            numbers[item.path].append(item)
        before = len(self._replacing.facts)
        left = MAX_VALUES

        def tag(value: str, path: str) -> str:
            nonlocal left
            left -= 1
            if left < 0:
                raise _TooMuch
            at, shown = f"{place}:{path}", ""
            equals = self._declared.equals(path, value) if self._declared is not None else NOT_COMPARED
            for item in numbers.get(path, ()):
                number = self._replacing.number(item.number, at, item.standing, equals)
                shown = number if item.number == value else shown
            return shown or self._replacing.masked(value, at, equals)

        try:
            return document.masked(tag)
        except (_TooMuch, RecursionError):
            del self._replacing.facts[before:]
            self.masked.append(TOO_MUCH)
            return self._replacing.masked(body.decode("latin-1"), place, NOT_COMPARED).encode()
