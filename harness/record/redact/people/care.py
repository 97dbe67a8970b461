"""Care data: a document of a declared test person keeps its bytes, any other is masked.

Kept or masked, it is said whose record it is (:class:`~harness.core.run.exchanges.Identity`) and where BSNs
stand in it. In a document that is kept, words about people that no record holds are replaced, and the number
of anybody else; a number that is only possible is replaced in text, identifiers, ids and addresses, and only
noted where it may be a code or an amount.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from harness.core.http.bounds import (
    MAX_ATTRIBUTES,
    MAX_ENTRIES,
    MAX_TEXT,
    MAX_VALUES,
    long_text,
    many_attributes,
    values_in,
)
from harness.core.normal.texts import folded
from harness.core.run.exchanges import MORE_THAN_READ, NOT_COMPARED, TOO_LARGE, UNHELD, UNREADABLE, Identity
from harness.record.looking import Looking
from harness.record.raw import RawExchange
from harness.record.redact import recognise
from harness.record.redact.documents.asides import without_asides
from harness.record.redact.documents.broken import masked_broken
from harness.record.redact.documents.in_xml import XmlDocument
from harness.record.redact.documents.parts import People, TooManyError
from harness.record.redact.documents.read import MAX_BYTES, CareDocument, read_document
from harness.record.redact.holding.groups import DATA
from harness.record.redact.holding.taking import UnfitError, unheld, without
from harness.record.redact.people import bsn
from harness.record.redact.people.identity import FOREIGN_NUMBER, Identities
from harness.record.redact.people.numbered import DocumentNumbers, Found
from harness.record.redact.people.papers import held, is_pdf, paper_in, told_of
from harness.record.redact.people.persons import Persons
from harness.record.redact.people.texts import note_texts
from harness.record.redact.reading.readings import body_readings, deeper
from harness.record.redact.reading.spans import Reading
from harness.record.redact.replace import Replacing, instead
from harness.record.redact.tag import number_of_tag

NOT_DECLARED: Final = "person is not declared"
NOT_KNOWN: Final = "words that are not those of FHIR"
NOT_FHIR: Final = "no FHIR"
NOT_READABLE: Final = "no document that can be read"
NOT_HELD: Final = "document of no record"
SECRET_INSIDE: Final = "secret in what cannot be rewritten"
TOO_MUCH: Final = "more values than are masked one by one"
MAX_MASKED: Final = 5_000
"""Values of one document that are masked one by one; with more of them the document becomes one tag."""
NOT_REWRITABLE: Final = "words that cannot be told apart"
_TELLING: Final = re.compile(
    r"(?:\.id|\.birthDate|\.family|\.name(?:\[\d+\])?\.text|\.line(?:\[\d+\])?|\.postalCode|\.telecom(?:\[\d+\])?\.value"
    r"|\.identifier(?:\[\d+\])?\.value)\Z"
)
"""Elements by whose values a person is known."""
_TELLING_LENGTH: Final = 5
_TELLING_DIGITS: Final = 7
"""Characters from which such a value is looked for; shorter ones are words and lengths too."""
_BEFORE_NUMBER: Final = re.compile(r"[:,\[]\s{0,9}-?(?:[0-9]{1,20}\.[0-9]{0,20})?\Z", re.ASCII)
_AFTER_NUMBER: Final = re.compile(r"(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,3})?\s{0,9}[,\]}]", re.ASCII)
_BEFORE_VALUE: Final = re.compile(r"value\s{0,9}=\s{0,9}[\"']-?(?:[0-9]{1,20}\.[0-9]{0,20})?\Z", re.ASCII)
"""What stands around a number of JSON, and before one in XML."""
_DATA: Final = tuple(f".{name}" for name in DATA)
_ADDRESSES: Final = (".id", ".reference", ".fullUrl", ".url", ".versionId")
"""Elements of which a tag says as much as a number: equal ones are equal."""
CONTAINERS: Final = (("pdf",), ("gzip",), ("zlib",), ("zip",), ("utf-16",))
"""First ways of what stands in a body that is no text."""
Side = Literal["request", "response"]


class _TooMuch(Exception):
    """The document has more values than are masked one by one."""


class CareData:
    """The care data of one exchange.

    :ivar identities: whose record each document is.
    :ivar masked: why documents were masked.
    :ivar documents: what may be said of documents (PDF) in an answer that were not kept.
    :ivar values: values of persons that were masked, by which they may be known elsewhere in the exchange.
    """

    def __init__(
        self,
        raw: RawExchange,
        persons: Persons,
        identities: Identities,
        replacing: Replacing,
        looking: Looking,
    ) -> None:
        self.identities: list[Identity] = []
        self.masked: list[str] = []
        self.unread: dict[str, dict[str, Any]] = {}
        self._cell = raw.cell
        self._known = identities
        self._looking = looking
        self._replacing = replacing
        self.values: set[str] = set()
        self.documents: list[dict[str, Any]] = []
        self._declared = persons.get(raw.person)
        own = self._declared.bsn if self._declared is not None else ""
        self._own = {bsn.plain(own)} if own else set[str]()
        self._numbers = DocumentNumbers(replacing.numbers, raw.cell, looking)

    @property
    def declared(self) -> bool:
        """Whether this is in the session of a declared person."""
        return self._declared is not None

    def body(self, body: bytes, media_type: str, side: Side, secrets: Callable[[str, str], str]) -> bytes:
        """The bytes that may be written.

        :param secrets: replaces everything secret in a text that is of nobody declared, given its place.
        """
        written = self._written(body, media_type, side, secrets)
        document = paper_in(body) if side == "response" and written != body else None
        if document is not None and paper_in(written) != document:
            person = self._declared.id if self._declared is not None else ""
            self.documents.append(told_of(document, person, self._looking, self._replacing.tags))
        return written

    def _written(self, body: bytes, media_type: str, side: Side, secrets: Callable[[str, str], str]) -> bytes:
        place = f"{side}.body"
        beyond = _beyond(body)
        document = read_document(body, media_type, self._looking.words) if not beyond else None
        if document is not None and document.entries > MAX_ENTRIES:
            beyond = f"> {MAX_ENTRIES} entries"
        if beyond:
            return self._one_tag(body, place, beyond)
        if document is None and "fhir" in media_type and (why := self._looking.unread(body, media_type)):
            self.unread[side] = dict(why)
        people = document.people() if document is not None else People()
        said = list(body_readings(body, self._looking.extract)) if len(body) <= MAX_BYTES else []
        try:
            found = self._numbers.found(document, people, said)
        except TooManyError:
            return self._one_tag(body, place)
        if side == "response":
            self.look(said, place, document)
        reasons = self._reasons(document, people, body, side)
        reasons = reasons or self._sealed_in(said, found)
        if not reasons and document is not None:
            body, reasons = self._without_words(document, body, place, found)
        if reasons:
            before = len(self._replacing.facts)
            # Of what is called FHIR and cannot be read as such, that much may be said.
            whole = f"{place}:{UNREADABLE}" if document is None and "fhir" in media_type else place
            body = self._mask(document, body, place, found, whole)
            if reasons != [NOT_KNOWN] or len(self._replacing.facts) > before:
                self.masked += reasons
        elif found:
            body = self._without_numbers(body, place, found)
        if not reasons and isinstance(document, XmlDocument):
            body = without_asides(body, lambda said: self._replacing.masked(said, place, NOT_COMPARED))
        text = recognise.decode(body)
        if self._declared is None:
            return recognise.encode(secrets(text, place))
        hiding = deeper(said) if not reasons and said[:1] and not said[0].ways else ()
        if hiding and (within := self._replacing.within(text, hiding, place)) != text:
            text, document = within, None
        elif not self._replacing.contains_learned(text):
            return body
        return recognise.encode(self._replacing.learned_in(document, text, place))

    def _one_tag(self, body: bytes, place: str, beyond: str = "") -> bytes:
        """What stands for a body that is not looked at any further.

        :param beyond: which bound it passes.
        """
        self.masked.append(f"{MORE_THAN_READ}{beyond}")
        return self._replacing.masked(recognise.decode(body), f"{place}:{TOO_LARGE}", NOT_COMPARED).encode()

    def look(self, said: Iterable[Reading], place: str, document: CareDocument | None = None) -> None:
        """Note the texts in an answer to a declared person that should not be there."""
        if self._declared is not None:
            note_texts(said, self._declared.id, place, document, self._looking.find, self._replacing)

    def _reasons(self, document: CareDocument | None, people: People, body: bytes, side: Side) -> list[str]:
        """Why a document must be masked; nothing when it may be kept."""
        if document is not None and document.impersonal:
            return [NOT_KNOWN]
        if self._declared is None:
            return [NOT_DECLARED]
        if document is None:
            if is_pdf(body):
                return [] if held(body, self._looking) else [NOT_HELD]
            return [NOT_READABLE] if body else []
        if not document.fhir:
            return [NOT_FHIR]
        identity, reasons = self._known.of(people, self._declared, self._cell, side)
        self.identities.append(identity)
        return reasons

    def _sealed_in(self, said: Sequence[Reading], found: Iterable[Found]) -> list[str]:
        """Why what stands in a container may not be kept: nothing in it can be rewritten."""
        inside = [item for item in said if item.ways[:1] in CONTAINERS]
        if not inside:
            return []
        hidden = any(
            item.ways[:1] in CONTAINERS and item.number not in self._looking.kept
            for item in self._hidden_in(found)
        )
        secret = any(self._replacing.contains_learned(item.text) for item in inside)
        return [FOREIGN_NUMBER] * hidden + [SECRET_INSIDE] * secret

    # -- words -----------------------------------------------------------------------------------

    def _without_words(
        self, document: CareDocument, body: bytes, place: str, found: Iterable[Found]
    ) -> tuple[bytes, list[str]]:
        """A document that is kept, without the words about people that no record holds; or why it is not."""
        held = self._looking.held
        if held is None:
            return body, []
        numbers = {item.number for item in self._hidden_in(found)} | self._own

        def tag(value: str, path: str) -> str:
            self._tell(value, path)
            equals = NOT_COMPARED if path.endswith(_DATA) else UNHELD
            return self._replacing.masked(folded(value), f"{place}:{path}", equals)

        before = len(self._replacing.facts)
        try:
            taken = [item for item in unheld(document, body, held) if bsn.plain(item.value) not in numbers]
            if not taken:
                return body, []
            if len(taken) > MAX_MASKED:
                return body, [TOO_MUCH]
            return recognise.encode(without(document, recognise.decode(body), taken, held, tag)), []
        except UnfitError:
            del self._replacing.facts[before:]
            return body, [NOT_REWRITABLE]

    def _tell(self, value: str, path: str) -> None:
        """Remember a value by which somebody may be known elsewhere in the exchange."""
        least = _TELLING_DIGITS if value.isdigit() else _TELLING_LENGTH
        if len(value) >= least and _TELLING.search(path):
            self.values.add(value)

    # -- numbers ---------------------------------------------------------------------------------

    def _hidden_in(self, found: Iterable[Found]) -> list[Found]:
        """The numbers that may not stay in a document that is kept."""
        return [
            item
            for item in found
            if item.number not in self._own
            and (item.standing == "proven" or item.amount or not item.code or item.path.endswith(_ADDRESSES))
        ]

    def _without_numbers(self, body: bytes, place: str, found: Sequence[Found]) -> bytes:
        """A document that is kept, without the numbers of others; each number with a fact."""
        hidden = [item for item in self._hidden_in(found) if item.ways[:1] not in CONTAINERS]
        gone = {item.number for item in hidden}
        tags: dict[str, str] = {}
        text = recognise.decode(body)
        for item in found:
            at = f"{place}:{item.path}" if item.path else place
            equals = NOT_COMPARED if item.number in gone else ""  # it goes wherever it stands
            known = item.amount or item.path.endswith((*_ADDRESSES, ".code"))
            if equals and item.standing == "possible" and known:
                equals = UNHELD
            tag = self._replacing.number(item.number, at, item.standing, equals, item.ways)
            if item.number in gone:
                tags[item.number] = tag
                if item.written and item.written != item.number:
                    text = re.sub(rf"(?<!\d){re.escape(item.written)}(?!\d)", tag, text)
        if not tags:
            return body
        text = self._hide(text, tags, {item.number for item in hidden if item.amount})
        if any(one.number in tags for one in bsn.sightings(text, self._looking.extract)):
            self.masked.append(FOREIGN_NUMBER)
            return self._replacing.masked(text, place, NOT_COMPARED).encode()
        return recognise.encode(text)

    def _hide(self, text: str, tags: Mapping[str, str], amounts: Container[str] = ()) -> str:
        """A text with these numbers replaced wherever and however they are written.

        :param amounts: those that stand where FHIR has a number, and become one.
        """
        seen = [
            one._replace(standing="proven")
            for one in bsn.sightings(text, self._looking.extract)
            if one.number in tags
        ]
        pieces: list[str] = []
        at = 0
        for one in self._replacing.numbers.certain(seen, self._cell):
            tag = tags[one.number]
            new = instead(text[one.start : one.end], tag, one.ways)
            if not one.ways and _is_number(text, one.start, one.end, one.number in amounts):
                new = number_of(tag)
            pieces += (text[at : one.start], new)
            at = one.end
        return "".join((*pieces, text[at:]))

    # -- masking ---------------------------------------------------------------------------------

    def _mask(
        self, document: CareDocument | None, body: bytes, place: str, found: Iterable[Found], whole: str
    ) -> bytes:
        """A document without anything that could identify; one tag when it cannot be masked by value.

        :param whole: the place of one tag for all of it.
        """
        if not body:
            return b""
        numbers: dict[str, list[Found]] = defaultdict(list)
        for item in found:
            numbers[item.path].append(item)
        before = len(self._replacing.facts)
        left = MAX_MASKED

        def tag(value: str, path: str) -> str:
            nonlocal left
            left -= 1
            if left < 0:
                raise _TooMuch
            at, shown = f"{place}:{path}", ""
            self._tell(value, path)
            equals = self._declared.equals(path, value) if self._declared is not None else NOT_COMPARED
            for item in numbers.pop(path, ()):
                number = self._replacing.number(item.number, at, item.standing, equals, item.ways)
                shown = number if value in (item.number, item.written) else shown
            return shown or self._replacing.masked(value, at, equals)

        try:
            if document is not None:
                masked = document.masked(tag)
            elif is_pdf(body) or len(body) > MAX_BYTES:
                masked = self._replacing.masked(body.decode("latin-1"), whole, NOT_COMPARED).encode()
            else:
                masked = masked_broken(body, tag, self._looking.words)
            tags = {item.number: self._replacing.tags.tag("bsn", item.number) for item in found}
            for item in (item for items in numbers.values() for item in items):
                at = f"{place}:{item.path}" if item.path else place
                self._replacing.number(item.number, at, item.standing, NOT_COMPARED, item.ways)
            return recognise.encode(self._hide(recognise.decode(masked), tags)) if tags else masked
        except (_TooMuch, RecursionError):
            del self._replacing.facts[before:]
            self.masked.append(TOO_MUCH)
            at = place if document is not None else f"{place}:{UNREADABLE}"
            return self._replacing.masked(body.decode("latin-1"), at, NOT_COMPARED).encode()


def _beyond(body: bytes) -> str:
    """Which bound a body that looks like JSON or XML passes, so that it is not looked at; ``""``: none."""
    start = body[:1024].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1]
    xml = start == b"<"
    if start not in (b"{", b"[", b"<"):
        return ""
    if xml and many_attributes(body):
        return f"> {MAX_ATTRIBUTES} attributes"
    if len(body) <= MAX_VALUES:
        return ""
    if values_in(body, xml=xml) > MAX_VALUES:
        return f"> {MAX_VALUES} nodes"
    return f"> {MAX_TEXT} characters" if long_text(body, xml=xml) else ""


def _is_number(text: str, start: int, end: int, amount: bool) -> bool:
    """Whether what stands in a text is a number of JSON, or the value of an element of XML that is one."""
    before = text[max(0, start - 60) : start]
    in_json = _BEFORE_NUMBER.search(before) is not None and _AFTER_NUMBER.match(text, end) is not None
    return in_json or (amount and _BEFORE_VALUE.search(before) is not None)


def number_of(tag: str) -> str:
    """A number in the place of a number: eight digits that begin with ``888``, equal for equal tags.

    >>> number_of("mask-bsn-bcdfghjklmnp")
    '88880315'
    """
    return f"888{number_of_tag(tag) % 100_000:05d}"
