"""What one side says in an exchange: whether a value is known to name nobody, and its tag if it is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from harness.core.run.exchanges import MASKED_UUID, NOT_COMPARED
from harness.record.redact.holding.groups import tells
from harness.record.redact.letters import word_parts
from harness.record.redact.replace import Replacing
from harness.record.redact.tag import TAG
from harness.record.redact.wire.familiar import Familiar, Heard

MOST: Final = 2_000
"""Tags of one text or body; what needs more of them becomes one."""
PIECES: Final = 50_000
"""Parts of one body that are looked at; what has more becomes one tag."""
_TOKEN: Final = re.compile(r"[^\s,;=\"'()<>\[\]{}|/?&#:!~]+")
"""A piece of a text that stays or goes as a whole."""
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_DIGIT: Final = re.compile(r"\d")
_ESCAPED: Final = re.compile(r"%[0-9A-Fa-f]{2}|&(?:#[0-9xX]|[a-z]{2,8};)|\\u[0-9A-Fa-f]{4}|=[0-9A-F]{2}")
"""Characters that are written otherwise: what they say is not read here."""
_FEW: Final = 4
_ALONE: Final = 3
"""Single letters of a value; with more of them they may spell a word."""
_UUID: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII | re.I
)
_ANY_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.I)
_MASKED_UUID: Final = re.compile(MASKED_UUID)
_HEX: Final = re.compile(r"(?=[0-9-]*[a-f])(?=[a-f-]*[0-9])[0-9a-f-]{16,80}", re.ASCII | re.I)


class TooMuchSaidError(Exception):
    """A text needs more tags than are made."""


@lru_cache(maxsize=16_384)
def _says_nothing(token: str, words: frozenset[str]) -> bool:
    """Whether a token consists of known words, and of few digits."""
    parts = [part for whole in _LETTERS.findall(token) for part in word_parts(whole) or [whole]]
    if any(len(part) > 1 and part.casefold() not in words for part in parts):
        return all(whole.casefold() in words for whole in _LETTERS.findall(token)) and _few(token)
    return _few(token) and sum(len(part) == 1 for part in parts) <= _ALONE


def _few(token: str) -> bool:
    return len(_DIGIT.findall(token)) < _FEW


def is_numbered(name: str) -> bool:
    """Whether a header or parameter numbers a request, so that its form is judged: ``X-Correlation-ID``."""
    return name.lower().endswith("-id")


def is_uuid(value: str) -> bool:
    """Whether a value is written as a UUID, of whatever version; a number in it may be masked.

    >>> is_uuid("00000000-0000-0000-0000-000000000000")
    True
    """
    return _ANY_UUID.fullmatch(value) is not None or _MASKED_UUID.fullmatch(value) is not None


def is_random(value: str) -> bool:
    """Whether a value is a UUID or a long hexadecimal number, and not the code of a text.

    >>> is_random("4f2e8a90c13b7d65"), is_random("706c616e74616c776f72")
    (True, False)
    """
    if _UUID.fullmatch(value):
        return True
    if not _HEX.fullmatch(value):
        return False
    digits = value.replace("-", "")
    said = bytes.fromhex(digits[: len(digits) // 2 * 2])
    return sum(32 <= byte < 127 for byte in said) < 0.9 * len(said)  # 13 of 16 happens by chance


@dataclass
class _Left:
    """How much of one body is still looked at, and how many tags it may get."""

    pieces: int = PIECES
    tags: int = MOST


@dataclass(frozen=True)
class Speech:
    """One side of an exchange.

    :ivar ours: whether our own software says this: then only what somebody else said before is a tag.
    :ivar declared: whether it is in the session of a declared person, whose ids may stay.
    :ivar left: what is left to look at; ``None``: all of it.
    """

    replacing: Replacing
    familiar: Familiar
    heard: Heard
    ours: bool = False
    declared: bool = False
    left: _Left | None = None

    def bounded(self) -> Speech:
        """The same for one body: what has too many parts raises :class:`TooMuchSaidError`."""
        return replace(self, left=_Left())

    def _count(self, *, tags: int = 0) -> None:
        if self.left is None:
            return
        self.left.pieces -= 1
        self.left.tags -= tags
        if self.left.pieces < 0 or self.left.tags < 0:
            raise TooMuchSaidError

    def stays(self, value: str) -> bool:
        """Whether a value may be written as it is; what is written otherwise is decoded before."""
        self._count()
        value = value.strip()
        if not value or TAG.fullmatch(value):
            return True
        if self.ours:
            return not self._repeats(value)
        if self.heard.is_foreign(value):
            return False
        if self.is_known(value) or value.casefold() in self.familiar.phrases:
            return True
        said = [token for token in _TOKEN.findall(value) if not self.is_known(token)]
        if _ESCAPED.search(value) or tells(" ".join(said)):
            return False
        alone = sum(len(part) == 1 for token in said for part in _LETTERS.findall(token))
        return alone <= _ALONE and all(map(self._is_word, said))

    def is_known(self, value: str) -> bool:
        """Whether a value is one that the run knows as a whole."""
        return not self.heard.is_foreign(value) and (
            value in self.familiar.values or self.heard.is_known(value)
        )

    def _repeats(self, value: str) -> bool:
        """Whether we say what somebody else said before."""
        return self.heard.is_foreign(value) or any(map(self.heard.is_foreign, _TOKEN.findall(value)))

    def _is_word(self, token: str) -> bool:
        if self.heard.is_foreign(token):
            return False
        return _says_nothing(token, self.familiar.all_words) or self.is_known(token)

    def tag(self, value: str, place: str) -> str:
        """The tag of a value."""
        self._count(tags=1)
        bare = value.strip()
        self.heard.masked(bare)
        return self.replacing.masked(bare, place, NOT_COMPARED)

    def sent(self, value: str) -> None:
        """Remember what we ask ourselves, and the words of it."""
        self.heard.sent(value)
        for token in _TOKEN.findall(value):
            self.heard.sent(token)

    def piece(self, value: str, place: str, stays: Callable[[str], bool] | None = None) -> str:
        """A value that stays or becomes a tag as a whole; tags in it stay.

        :param stays: what may stay besides.
        """
        return self._between_tags(
            value,
            lambda part: (
                part if self.stays(part) or (stays and stays(part.strip())) else self.tag(part, place)
            ),
        )

    def words(self, text: str, place: str) -> str:
        """A text in which every word that is not known is a tag; its punctuation stays."""
        left = MOST

        def token(found: re.Match[str], *, strict: bool) -> str:
            nonlocal left
            self._count()
            said = found.group()
            if strict and _DIGIT.search(said):
                stays = False
            elif self.ours:
                stays = not self.heard.is_foreign(said)
            else:
                stays = self._is_word(said) or is_random(said)
            if stays:
                return said
            left -= 1
            if left < 0:
                raise TooMuchSaidError
            return self.tag(said, place)

        def part(said: str) -> str:
            if self.stays(said):
                return said
            if not self.ours and _ESCAPED.search(said):
                return self.tag(said, place)
            strict = not self.ours and tells(said)
            return _TOKEN.sub(lambda found: token(found, strict=strict), said)

        return self._between_tags(text, lambda said: self._between_names(said, part))

    def _between_names(self, text: str, change: Callable[[str], str]) -> str:
        """A text changed between the names of parties."""
        names = self.familiar.phrase
        return between(text, names, change) if names is not None else change(text)

    @staticmethod
    def _between_tags(text: str, change: Callable[[str], str]) -> str:
        return between(text, TAG, change) if "mask-" in text else change(text) if text else text


def between(text: str, fixed: re.Pattern[str], change: Callable[[str], str]) -> str:
    """A text changed between what stays."""
    done: list[str] = []
    at = 0
    for found in fixed.finditer(text):
        done += (change(text[at : found.start()]) if found.start() > at else "", found.group())
        at = found.end()
    return "".join((*done, change(text[at:]) if at < len(text) else ""))
