"""Nine digits in any dress: where a text may hold a citizen service number, whoever's it may be.

What stands here is a *candidate* by its form. Whether it is a number is for
:mod:`~harness.record.redact.people.bsn`, which knows the eleven-test, the labels and the numbers of a cell.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Final, Literal, NamedTuple

Form = Literal["number", "loose", "within"]
"""How a candidate is written. ``number``: as numbers are, so that the eleven-test may count; ``loose``: as
much else is too, so that only a number that is known or announced counts; ``within``: as a part of more
digits, so that only one that is known does."""

_DIGITS: Final = re.compile(r"[0-9](?:[ ./_,+-]?[0-9]){7,}+", re.ASCII)
"""Digits with single separators, as far as they go: every candidate lies in one of these."""
_RUN: Final = re.compile(r"[0-9]{8,}", re.ASCII)
_PARTED: Final = re.compile(
    r"(?<![0-9])(?<![0-9][ ./_,+-])(?:"
    r"[0-9]{3}(?P<s>[ ./_,+-])[0-9]{3}(?P=s)[0-9]{3}|[0-9]{4}(?P<t>[ ./_,+-])[0-9]{2}(?P=t)[0-9]{3}"
    r"|[0-9](?P<u>[ ./_,+-])(?:[0-9](?P=u)){7}[0-9]"
    r"|[0-9]{2}(?P<x>[ ./_,+-])[0-9]{2}(?P=x)[0-9]{2}(?P=x)[0-9]{3}"
    r"|[0-9]{2}(?P<y>[ ./_,+-])[0-9]{3}(?P=y)[0-9]{4}|[0-9]{4}[ /_+-][0-9]{5}|[0-9]{5}[ /_+-][0-9]{4}"
    r")(?![0-9])(?![ ./_,+-][0-9])",
    re.ASCII,
)
"""Groups as numbers are written in, one separator throughout; 4-5 with a dot or a comma is a decimal."""
_GROUP: Final = re.compile(r"[0-9]+", re.ASCII)
_CODED: Final = re.compile(r"(?<![0-9])(?:3[0-9]){9}(?![0-9])", re.ASCII)
"""Digits as the hexadecimal codes of their characters."""
_APART: Final = re.compile(r"[^0-9]", re.ASCII)
_HEX_WORD: Final = re.compile(r"[0-9A-Fa-f-]{16,}", re.ASCII)
_FRACTION: Final = re.compile(r":[0-9]{2}[.,]\Z", re.ASCII)
_PHONE: Final = re.compile(r"(?:\+|00)31[ -]?(?:\(0\))?\Z", re.ASCII)
_DOTTED: Final = re.compile(r"[0-9]\.\Z", re.ASCII)
_LETTERS: Final = re.compile(r"\A[0-9A-Za-z]*", re.ASCII)
_LETTERS_AT_END: Final = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]*\Z", re.ASCII)
_GLUED: Final = 10
"""Letters that may touch a number; with more it is a piece of a token."""
_AROUND: Final = 140


class Candidate(NamedTuple):
    """Digits that may be a number.

    :ivar digits: nine of them, or eight when the zero before them is lost.
    """

    start: int
    end: int
    digits: str
    form: Form


def candidates(text: str) -> Iterator[Candidate]:
    """Every candidate in a text, by form."""
    for near in _DIGITS.finditer(text):
        start, end = near.span()
        apart = not near.group().isdigit()
        for match in _RUN.finditer(text, start, end):
            yield from _in_run(text, match.start(), match.group())
        for match in _PARTED.finditer(text, start, end) if apart else ():
            form = _form(text, match.start(), match.end())
            yield Candidate(match.start(), match.end(), _APART.sub("", match.group()), form)
        if apart:
            yield from _in_groups(start, near.group())
        for match in _CODED.finditer(text, start, end):
            yield Candidate(match.start(), match.end(), match.group()[1::2], "number")


def _in_run(text: str, start: int, run: str) -> Iterator[Candidate]:
    """The candidates in a run of digits: the whole of it, or all that stand in a longer one."""
    end = start + len(run)
    if len(run) == 8:
        yield Candidate(start, end, run, "loose")
    elif len(run) == 9:
        yield Candidate(start, end, run, _form(text, start, end))
    elif not run[:-9].strip("0"):
        yield Candidate(start, end, run[-9:], _form(text, start, end))
    else:
        for at in range(min(len(run), 4096) - 8):
            yield Candidate(start + at, start + at + 9, run[at : at + 9], "within")


def _in_groups(start: int, groups: str) -> Iterator[Candidate]:
    """Nine digits (eight, when a zero is lost) in groups of any size, whatever stands around them."""
    found = _GROUP.finditer(groups)
    following: deque[re.Match[str]] = deque(islice(found, 9))  # a text may be nothing but groups
    while following:
        group = following.popleft()
        following += islice(found, 1)
        digits = group.group()
        if len(digits) > 8:
            continue
        for last in islice(following, 8):
            digits += last.group()
            if len(digits) in (8, 9):
                yield Candidate(start + group.start(), start + last.end(), digits, "within")
            if len(digits) >= 9:
                break


def _form(text: str, start: int, end: int) -> Form:
    """How nine digits together stand: as a number, or as a part of something that has others."""
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    if _FRACTION.search(before) or _PHONE.search(before) or _DOTTED.search(before):
        return "loose"
    if re.match(r"\.[0-9]", after) or _in_hex(before, after):
        return "loose"
    if len(_LETTERS_AT_END.findall(before)[0]) + len(_LETTERS.findall(after)[0]) > _GLUED:
        return "loose"
    return "number"


def _in_hex(before: str, after: str) -> bool:
    """Whether digits are a part of a UUID or of another long hexadecimal word."""
    left = re.search(r"[0-9A-Fa-f-]*\Z", before)
    right = re.match(r"[0-9A-Fa-f-]*", after)
    word = (left.group() if left else "") + "0" * 9 + (right.group() if right else "")
    return bool(_HEX_WORD.fullmatch(word)) and bool(re.search("[A-Fa-f]", word))
