"""Putting tags in the place of values, with a fact about each."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from harness.core.run.exchanges import NOT_COMPARED, Fact, Standing
from harness.record.raw import RawExchange
from harness.record.redact.documents.read import CareDocument
from harness.record.redact.facts import alphabet, eleven_test, entropy_bits
from harness.record.redact.hunt import MIN_HUNTED
from harness.record.redact.people.bsn import Numbers, looked, plain, standing_of
from harness.record.redact.reading.readings import readings
from harness.record.redact.reading.spans import BASE64, MARKUP, Reading
from harness.record.redact.tag import TAG, Tags, kind_of_tag, untagged

SECRET: Final = "secret"
"""The way of a number that was found inside a secret."""
_WORD: Final = re.compile(r"[A-Za-z0-9._~%+/=-]{6,4096}")
_SEPARATOR: Final = re.compile(r"([=/.]|%[0-9A-Fa-f]{2})")
"""Between the parts of a word that may be secrets by themselves."""
_MARKUP: Final = re.compile(r"<[^<>]*>")


def instead(written: str, tag: str, ways: tuple[str, ...]) -> str:
    """What takes the place of a number so that the rest stays readable.

    :param written: the number as it stands there.
    :param ways: how it was read.
    """
    if BASE64 in ways:
        return base64.b64encode(tag.encode()).decode()
    if MARKUP in ways:
        return tag + "".join(_MARKUP.findall(written))
    return tag


_Places = dict[tuple[int, int], tuple[str, tuple[str, ...]]]
"""What stands where in a text, and how it was read."""


def _placed(text: str, found: _Places, tag: Callable[[str], str]) -> str:
    """A text with tags in these places, from the last to the first; of two that overlap the later one."""
    before = len(text)
    for (start, end), (value, ways) in sorted(found.items(), reverse=True):
        if end <= before:
            text, before = text[:start] + instead(text[start:end], tag(value), ways) + text[end:], start
    return text


class Replacing:
    """The values of one exchange that were replaced, or only noted.

    :ivar facts: what may be known of each, in order.
    """

    def __init__(self, raw: RawExchange, tags: Tags, numbers: Numbers) -> None:
        self.facts: list[Fact] = []
        self._plain: list[str] = []
        self.tags = tags
        self.numbers = numbers
        self._cell = raw.cell
        self._equals = {known.value: known.name for known in raw.known if known.name}
        self._hunted = tags.secrets.hunted(raw.cell)

    def value(self, kind: str, value: str, place: str) -> str:
        """The tag of a value that stands alone: a secret, or what is named as a BSN."""
        if TAG.fullmatch(value):
            return value
        standing: Standing = ""
        if kind == "bsn":
            standing = standing_of(value, self.numbers.known(value, self._cell))
        if kind not in ("bsn", "person") and place.startswith("response"):
            for seen in self.numbers.found(value, self._cell):
                if seen.standing == "proven":  # what is random holds a possible number now and then
                    self.number(seen.number, place, seen.standing, ways=(SECRET, *seen.ways))
        return self._noted(kind, value, place, standing=standing)

    def number(
        self, number: str, place: str, standing: Standing, equals: str = "", ways: tuple[str, ...] = ()
    ) -> str:
        """The tag of a BSN that was found in text; a proven one is known for the rest of the cell.

        :param equals: as of :meth:`masked`, for a number in a document; ``""`` when it stays where it is.
        :param ways: how it was written.
        """
        return self._noted("bsn", number, place, standing=standing, equals=equals, ways=ways)

    def said(self, text: str, place: str, owner: str, ways: tuple[str, ...]) -> None:
        """Note a text of a reference record that should not be there; it stays, its person being known."""
        tag = self.tags.tag("person", text)
        self.facts.append(Fact(tag=tag, kind="text", place=place, length=len(text), owner=owner, ways=ways))
        self._plain.append(text)

    def masked(self, value: str, place: str, equals: str) -> str:
        """The tag of a value of a person.

        :param equals: the declared element that it equals, ``none`` or ``not-compared``.
        """
        return value if TAG.fullmatch(value) else self._noted("person", value, place, equals=equals)

    def _noted(
        self,
        kind: str,
        value: str,
        place: str,
        *,
        equals: str = "",
        standing: Standing = "",
        ways: tuple[str, ...] = (),
    ) -> str:
        if standing == "proven":
            self.numbers.prove(value, self._cell)
        tag = self.tags.tag(kind, value)
        self._plain.append(value)
        secret = kind not in ("person", "bsn")
        self.facts.append(
            Fact(
                tag=tag,
                kind=kind_of_tag(tag),
                place=place,
                length=len(value),
                alphabet=alphabet(value) if secret else "other",
                entropy_bits=entropy_bits(value) if secret else 0,
                eleven_test=eleven_test(value),
                equals=equals or self._equals.get(value, ""),
                standing=standing,
                owner=self.numbers.owners.get(plain(value), "") if standing else "",
                ways=ways,
            )
        )
        return tag

    def text(self, text: str, place: str) -> str:
        """A text with every BSN in it replaced."""
        said = looked(untagged(text))
        if said.deeper and (within := self.within(text, said.deeper, place)) != text:
            return self.text(within, place)
        for seen in reversed(self.numbers.certain(said.seen, self._cell)):
            tag = self.number(seen.number, place, seen.standing, ways=seen.ways)
            text = (
                text[: seen.start] + instead(text[seen.start : seen.end], tag, seen.ways) + text[seen.end :]
            )
        return text

    def within(self, text: str, said: Iterable[Reading], place: str) -> str:
        """A text with every secret replaced that was learned lately and stands in one of its readings."""
        found: _Places = {}
        for reading in said:
            for secret in self._secrets_in(reading.text):
                at = reading.text.find(secret)
                while at >= 0:
                    found.setdefault(reading.source(at, at + len(secret)), (secret, reading.ways))
                    at = reading.text.find(secret, at + len(secret))

        def tag(secret: str) -> str:
            known = self.tags.lookup(secret)
            return self.value(kind_of_tag(known[0]), known[1], place) if known is not None else secret

        return _placed(text, found, tag)

    def of_people(self, text: str, values: Iterable[str], place: str) -> str:
        """A text without values of persons that were masked elsewhere in the exchange, however written."""
        found: _Places = {}
        for reading in readings(text) if text else ():
            said = reading.text.lower()
            for value in values:
                if value.lower() in said:  # there may be thousands of values, and hardly any is there
                    for match in re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", reading.text, re.I):
                        found.setdefault(reading.source(*match.span()), (match.group(), reading.ways))
        return _placed(text, found, lambda value: self.masked(value, place, NOT_COMPARED))

    def learned(self, text: str, place: str) -> str:
        """A text with every secret that was learned before replaced, raw or percent-encoded."""
        for secret in self._secrets_in(text):
            found = self.tags.lookup(secret) if secret in text else None
            if found:
                text = text.replace(secret, self.value(kind_of_tag(found[0]), found[1], place))
        return _WORD.sub(lambda match: self._word(match, place), text) if self._knows(text) else text

    def learned_in(self, document: CareDocument | None, text: str, place: str) -> str:
        """:meth:`learned` for the text of a document; the facts say the paths of the secrets."""
        before = len(self.facts)
        text = self.learned(text, place)
        leaves = list(document.leaves()) if document is not None else []
        for index in range(before, len(self.facts)):
            held = [leaf.path for leaf in leaves if self._plain[index] in leaf.value]
            times = self._plain[before:index].count(self._plain[index])
            if held:
                at = f"{place}:{held[min(times, len(held) - 1)]}"
                self.facts[index] = msgspec.structs.replace(self.facts[index], place=at)
        return text

    def _word(self, match: re.Match[str], place: str) -> str:
        word = match.group()
        found = self.tags.lookup(word)
        if found:
            return self.value(kind_of_tag(found[0]), found[1], place)
        pieces = _SEPARATOR.split(word)
        for index in range(0, len(pieces), 2):
            part = self.tags.lookup(pieces[index]) if len(pieces[index]) >= MIN_HUNTED else None
            if part:
                pieces[index] = self.value(kind_of_tag(part[0]), part[1], place)
        return "".join(pieces)

    def contains_learned(self, text: str) -> bool:
        """Whether a secret that was learned before stands in a text."""
        return any(True for _ in self._secrets_in(text)) or self._knows(text)

    def _secrets_in(self, text: str) -> list[str]:
        """The secrets that are hunted and stand in a text, longest first."""
        found = {secret for hunted in self._hunted for secret in hunted.found_in(text)}
        return sorted(found, key=len, reverse=True)

    def _knows(self, text: str) -> bool:
        """Whether a word of a text, or a part of one, was learned before."""
        known = self.tags.secrets.known
        for word in set(_WORD.findall(text)):
            if word in known:
                return True
            if not word.isalnum() and any(part in known for part in _SEPARATOR.split(word)):
                return True
        return False
