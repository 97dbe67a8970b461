"""Tags: what stands in the place of a secret, and the memory of which value got which.

A tag ``mask-<kind>-<letters>`` is an HMAC-SHA-256 with a key that lives for one recording unit, so within a
unit tags are equal when the values are, and they cannot be reversed or compared between units. Twelve
consonants: no word, no number, nothing that any format writes otherwise; a tag may stand in an id, a host
name, a URL.
"""

from __future__ import annotations

import hmac
import re
import threading
from collections import OrderedDict
from typing import Final
from urllib.parse import quote, quote_plus

from harness.core.run.exchanges import MASK
from harness.record.redact.hunt import hunted
from harness.record.redact.hunted import LEAST, Hunted

_LETTERS: Final = "bcdfghjklmnpqrstvwxz"
_LENGTH: Final = 12
TAG: Final = re.compile(MASK)
_REMEMBERED: Final = 50_000
"""Forms that are remembered besides those that were announced in a cell that goes on."""


def untagged(text: str) -> str:
    """A text with blanks in the place of its tags, so that nothing is found in them; as long as it was.

    >>> untagged("a mask-bsn-bcdfghjklmnp b")
    'a                       b'
    """
    return TAG.sub(_blank, text) if "mask-" in text else text


def _blank(tag: re.Match[str]) -> str:
    return " " * len(tag.group())


def kind_of_tag(tag: str) -> str:
    """The kind of secret that a tag stands for.

    >>> kind_of_tag("mask-token-bcdfghjklmnp")
    'token'
    """
    return tag.split("-")[1]


def number_of_tag(tag: str) -> int:
    """A number that is equal for equal tags.

    >>> number_of_tag("mask-token-bbbbbbbbbbcd"), number_of_tag("mask-bsn-bbbbbbbbbbcd")
    (22, 22)
    """
    number = 0
    for letter in tag[-_LENGTH:]:
        number = number * len(_LETTERS) + _LETTERS.index(letter)
    return number


def _letters(digest: bytes) -> str:
    number, found = int.from_bytes(digest[:8]), ""
    for _ in range(_LENGTH):
        number, letter = divmod(number, len(_LETTERS))
        found += _LETTERS[letter]
    return found


class Secrets:
    """The values that were learned on any connection of a run, so that no later exchange holds them.

    In memory only. Thread-safe. What a driver or mock announced is remembered as long as its cell lasts,
    whatever else is met there; of the rest the oldest is forgotten.

    :ivar known: kind and plain value of a learned value, by every form in which it is written.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.known: dict[str, tuple[str, str]] = {}
        self._passing: OrderedDict[str, None] = OrderedDict()
        self._announced: dict[str, set[str]] = {}
        self._hunted: dict[str, Hunted] = {}

    def remember(self, kind: str, value: str, cell: str = "", *, announced: bool = False) -> None:
        """Remember a secret, so that it is replaced wherever it appears from now on.

        An ordinary word, code or number is not remembered (:mod:`harness.record.redact.hunt`).

        :param announced: whether a driver or mock said that it is a secret.
        """
        if TAG.fullmatch(value) or not hunted(value, announced=announced):
            return
        with self._lock:
            kind, plain = self.known.get(value, (kind, value))
            sent = _sent(value)
            for form in {value, quote(sent, safe=""), quote_plus(sent), value.replace("/", "\\/")}:
                if announced:
                    self._passing.pop(form, None)
                    self._announced.setdefault(cell, set()).add(form)
                elif form not in self.known:
                    self._pass(form)
                self.known.setdefault(form, (kind, plain))
                if len(form) >= LEAST:
                    self._hunted.setdefault(cell, Hunted()).add(form, minted=announced)

    def _pass(self, form: str) -> None:
        """A form that may be forgotten, as soon as there are too many."""
        self._passing[form] = None
        while len(self._passing) > _REMEMBERED:
            self.known.pop(self._passing.popitem(last=False)[0], None)

    def hunted(self, cell: str) -> tuple[Hunted, ...]:
        """What is hunted in a cell: what was learned there, and in no cell."""
        with self._lock:
            return tuple(self._hunted[name] for name in dict.fromkeys((cell, "")) if name in self._hunted)

    def leave(self, cell: str) -> None:
        """Nothing more comes of a cell: what was learned there is no longer hunted for inside other words."""
        with self._lock:
            self._hunted.pop(cell, None)
            for form in self._announced.pop(cell, ()):
                self._pass(form)


class Tags:
    """Gives the tags of one recording unit: equal values have equal tags there, and nowhere else.

    :param key: random bytes that live for one unit and are never written.
    """

    def __init__(self, key: bytes, secrets: Secrets) -> None:
        self._key = key
        self._known = secrets.known
        self.secrets = secrets

    def tag(self, kind: str, value: str) -> str:
        """The tag of a value; the same value always has the same tag, whatever it is called later."""
        known = self._known.get(value)
        if known is not None:
            kind, value = known
        elif TAG.fullmatch(value):
            return value
        digest = hmac.digest(self._key, value.encode("utf-8", "surrogatepass"), "sha256")
        return f"mask-{kind}-{_letters(digest)}"

    def lookup(self, word: str) -> tuple[str, str] | None:
        """Tag and plain value of a learned word."""
        known = self._known.get(word)  # one look-up needs no lock, and there are very many
        return None if known is None else (self.tag(*known), known[1])


def _sent(value: str) -> bytes:
    """The bytes of a text, also of one that was no UTF-8, or has halves of characters."""
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")
