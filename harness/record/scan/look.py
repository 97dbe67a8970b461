"""One text, body or exchange looked at with the recorder's own recognisers.

What the recorder kept knowingly it noted in a fact: that is no sighting, there or elsewhere in the folder.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from harness.core.run.exchanges import Exchange, media_type
from harness.record.looking import Looking
from harness.record.raw import RawExchange
from harness.record.redact import recognise
from harness.record.redact.documents.parts import PatientFacts, People
from harness.record.redact.documents.read import read_document
from harness.record.redact.learn import learn
from harness.record.redact.people import bsn
from harness.record.redact.people.numbered import DocumentNumbers, coded
from harness.record.redact.people.persons import Persons
from harness.record.redact.reading.readings import body_readings, readings
from harness.record.redact.reading.spans import Reading
from harness.record.redact.tag import Secrets, Tags, untagged
from harness.record.scan.contacts import contacts, held
from harness.record.scan.sighted import Kind, Sighted

CONTAINERS: Final = (
    b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06", b"%PDF-", b"\xff\xfe", b"\xfe\xff",
    b"x\x01", b"x\x5e", b"x\x9c", b"x\xda",
)  # fmt: skip
"""How bytes begin that are no text."""
_PIECE: Final = 256 * 1024
_END: Final = re.compile(rb"[\s,;>]")
_MOST: Final = 200
"""Sightings of one kind in one file; the first ones are enough."""


class Looker:
    """Looks at pieces of one folder, one after the other.

    :param persons: who may stand there.
    :param private: whether undeclared Patients are looked for too: everywhere but in a run, where the
        recorder decided who is declared.
    :param field: whether nobody may stand there, so that what was kept knowingly counts too.
    """

    def __init__(self, looking: Looking, persons: Persons, *, private: bool, field: bool) -> None:
        self._found: list[Sighted] = []
        self._coded: set[str] = set()
        self._looking = looking
        self._persons = persons
        self._private = private
        self._field = field
        self._kept: set[str] = set() if field else set(looking.kept) | set(persons.owners)
        self._held: set[str] = set()
        self._given: set[str] = set()
        self._numbers = bsn.Numbers({})
        self._tags = Tags(secrets.token_bytes(32), Secrets())
        self._counts: dict[tuple[str, str], int] = {}

    @property
    def found(self) -> list[Sighted]:
        """What was seen so far, but a number that a page says is a code, there or elsewhere in the folder."""
        return [item for item in self._found if item.kind != "bsn-possible" or item.mark not in self._coded]

    @property
    def seen(self) -> int:
        """How much was seen so far, codes included."""
        return len(self._found)

    def record(self, data: bytes) -> None:
        """What answers are compared with: nine digits in it that are called no BSN are nobody's, and what it
        holds of somebody may stand there."""
        if not self._field:
            text = recognise.decode(data)
            self._kept |= {one.number for one in bsn.sightings(text) if one.standing == "possible"}
            for reading in body_readings(data, self._looking.extract):
                self._held.update(held(reading.text))

    def given(self, nonce: str) -> None:
        """The nonce of a challenge, which is called as secrets are and is none."""
        self._given.add(nonce)

    def path(self, text: str, place: str) -> None:
        """The name of a file, with those of its folders."""
        self._sightings(bsn.sightings(text), place)

    def name(self, text: str) -> str:
        """A path as it may be told."""
        for one in reversed(self._numbers.certain(bsn.sightings(text), "")):
            text = f"{text[: one.start]}[bsn]{text[one.end :]}"
        return text

    def exchange(self, exchange: Exchange, place: str) -> None:
        """One recorded exchange: what stands in it, but what a fact says was kept."""
        where = f"{place} {exchange.id}"
        kept = () if self._field else exchange.facts
        noted = {fact.place for fact in kept if fact.kind == "bsn" and not fact.equals}
        self._secrets(exchange, where)
        for name, text in _strings(exchange):
            self._text(list(readings(untagged(text))), f"{where} {name}")
        answer = exchange.response
        sides = [("request", exchange.request.headers, exchange.request.body)]
        sides += [("response", answer.headers, answer.body)] if answer is not None else []
        for side, headers, body in sides:
            if body:
                body = recognise.encode(untagged(recognise.decode(body)))
                self._body(body, media_type(headers), f"{where} {side}.body", noted)

    def file(self, data: bytes, place: str) -> None:
        """A file that is no recording."""
        if not data.startswith(CONTAINERS):
            data = recognise.encode(untagged(recognise.decode(data)))
        document = read_document(data, "", self._looking.words)
        if document is not None and document.fhir:
            self._body(data, "", place, set())
            return
        line = 1
        for piece in _pieces(data):
            said = self._said(piece)
            text = said[0].text if said and not said[0].ways else ""
            self._text(said, place, text, line)
            known = Secrets()
            learn(_message(piece), known)
            for value in (*_learned(known), *_keys(text)):
                self._add("secret", value, _line(place, text, text.find(value), line))
            line += piece.count(b"\n")

    def _said(self, data: bytes) -> list[Reading]:
        """All readings of some bytes, with blanks where tags are."""
        said = []
        for reading in body_readings(data, self._looking.extract):
            reading.text = untagged(reading.text)  # what is made of it is made of this
            said.append(reading)
        return said

    def _secrets(self, exchange: Exchange, where: str) -> None:
        known = Secrets()
        learn(_raw(exchange), known)
        pieces = dict(_strings(exchange))
        for value in _learned(known):
            name = next((name for name, text in pieces.items() if value in text), "body")
            self._add("secret", value, f"{where} {name}")

    def _body(self, body: bytes, media: str, place: str, noted: set[str]) -> None:
        document = read_document(body, media, self._looking.words)
        said = self._said(body)
        if document is None or not document.fhir:
            self._text(said, place, said[0].text if said else "")
            return
        people = document.people()
        numbers = DocumentNumbers(self._numbers, "", self._looking)
        placed = place.rpartition(" ")[2]
        for item in numbers.found(document, people, said):
            possible = item.standing == "possible"
            if item.number in self._kept or (item.code and possible) or f"{placed}:{item.path}" in noted:
                self._kept.add(item.number)
                continue
            kind: Kind = "bsn-possible" if possible else "bsn"
            self._add(kind, item.number, f"{place}:{item.path}", item.ways)
        self._codes(said)
        self._contacts(said, place)
        if self._private:
            self._people(people, place)

    def _codes(self, said: Sequence[Reading]) -> None:
        """Numbers that are codes in a document are none of anybody where a report repeats them."""
        sighted = {item.mark for item in self._found if item.kind.startswith("bsn")}
        for reading in said:
            for one in bsn.seen_in(reading):
                if one.standing and self._tags.tag("bsn", one.number) not in sighted:
                    self._kept.add(one.number)

    def _people(self, people: People, place: str) -> None:
        for patient in people.patients:
            mark = f"{patient.birth} {patient.families} {patient.names}"
            if _says_who(patient) and self._persons.stranger(patient):
                self._add("patient", mark, f"{place} Patient/{patient.id}" if patient.id else place)

    def _text(self, said: Sequence[Reading], place: str, text: str = "", line: int = 1) -> None:
        seen: list[bsn.Sighting] = []
        for reading in said:
            for one in bsn.seen_in(reading):
                if one.standing == "possible" and coded(reading.text, one.start, one.end):
                    self._coded.add(self._tags.tag("bsn", one.number))
                else:
                    seen.append(one)
        self._sightings(seen, place, text, line)
        self._contacts(said, place, text, line)

    def _sightings(self, seen: Sequence[bsn.Sighting], place: str, text: str = "", line: int = 1) -> None:
        for one in self._numbers.certain([one for one in seen if one.number not in self._kept], ""):
            kind: Kind = "bsn" if one.standing == "proven" else "bsn-possible"
            self._add(kind, one.number, _line(place, text, one.start, line), one.ways)

    def _contacts(self, said: Sequence[Reading], place: str, text: str = "", line: int = 1) -> None:
        for reading in said:
            for found in contacts(reading.text):
                if found.value not in self._held:
                    at = reading.source(found.start, found.end)[0]
                    self._add(found.kind, found.value, _line(place, text, at, line), reading.ways)

    def _add(self, kind: Kind, value: str, place: str, ways: tuple[str, ...] = ()) -> None:
        if kind == "secret" and value in self._given:
            return
        mark = self._tags.tag("bsn" if kind.startswith("bsn") else kind, value)
        same = (mark, place)
        file = (kind, place.partition(" ")[0].partition(":")[0])
        self._counts[file] = self._counts.get(file, 0) + 1
        if same not in self._counts and self._counts[file] <= _MOST:
            self._counts[same] = 1
            self._found.append(Sighted(kind=kind, place=place, mark=mark, ways=ways))


def _strings(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Everything of an exchange that is a text, with its name; bodies left out."""
    yield "request.url", exchange.request.url
    for name, value in exchange.request.headers:
        yield f"request.header.{name.lower()}", value
    for name, value in exchange.response.headers if exchange.response is not None else ():
        yield f"response.header.{name.lower()}", value
    yield "error", exchange.error
    yield "notes", msgspec.json.encode(exchange.notes).decode()
    yield "facts", " ".join(fact.place for fact in exchange.facts)
    yield "tls", msgspec.json.encode(exchange.tls).decode() if exchange.tls is not None else ""


def _raw(exchange: Exchange) -> RawExchange:
    """A recorded exchange as what is handed to the recorder."""
    answer = exchange.response
    return RawExchange(
        interface=exchange.interface,
        flow=exchange.flow,
        operation=exchange.operation,
        client=exchange.client,
        server=exchange.server,
        started=datetime.fromtimestamp(0, UTC),
        duration=0.0,
        method=exchange.request.method,
        url=exchange.request.url,
        request_headers=exchange.request.headers,
        request_body=exchange.request.body,
        status=answer.status if answer is not None else 0,
        response_headers=answer.headers if answer is not None else (),
        response_body=answer.body if answer is not None else b"",
    )


def _message(data: bytes) -> RawExchange:
    """A file as the body of a message, so that secrets in it are recognised as they are there."""
    return RawExchange(
        interface="file",
        flow="",
        operation="",
        client="",
        server="",
        started=datetime.fromtimestamp(0, UTC),
        duration=0.0,
        method="",
        url="",
        status=200,
        response_body=data,
    )


def _says_who(patient: PatientFacts) -> bool:
    """Whether a Patient has a name or a day of birth; where masks were, are blanks."""
    return any(value.strip() for value in (patient.birth, *patient.families, *patient.names))


def _learned(known: Secrets) -> list[str]:
    """The secrets that were recognised, as they stand there; of one within another the shorter."""
    found = [value for value, (_, plain) in known.known.items() if value == plain]
    return [value for value in found if not any(other in value for other in found if other != value)]


def _keys(text: str) -> list[str]:
    """Private keys in a text."""
    return [match.group() for match in recognise.PRIVATE_KEY.finditer(text)] if "KEY-----" in text else []


def _line(place: str, text: str, at: int, first: int) -> str:
    """A place in a file with its line, when the text of the file is known."""
    return f"{place}, line {first + text.count(chr(10), 0, at)}" if at >= 0 and text else place


def _pieces(data: bytes) -> Iterator[bytes]:
    """A text in pieces that end where no word does, for what can be read of one text has bounds."""
    if data.startswith(CONTAINERS):
        yield data
        return
    start = 0
    while start < len(data):
        found = _END.search(data, start + _PIECE)
        end = found.end() if found else len(data)
        yield data[start:end]
        start = end
