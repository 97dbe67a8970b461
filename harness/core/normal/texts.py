"""Normal forms of texts, narratives and the text of documents."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from typing import Final

_BLANKS: Final = re.compile(r"\s+")
_TAG: Final = re.compile(r"<[^>]*>")
_BREAK: Final = re.compile(r"<\s*/?\s*(?:br|p|div|li|ul|ol|tr|td|th|table|h[1-6])\b[^>]*>", re.I)
_THIN: Final = re.compile("[\\s\u00ad\u200b-\u200d\u2060\ufeff\u2010-\u2015\u2212-]+")
"""Blanks, hyphens and what only steers the breaking of lines."""


def folded(text: str) -> str:
    """A text of which only the characters count: composed (NFC), every run of blanks one blank.

    >>> folded(" 5  mg\\n daags ")
    '5 mg daags'
    """
    return _short(text) if len(text) <= _SHORT else _fold(text)


_SHORT: Final = 200
"""Characters up to which a text is remembered: long ones are not many, and may come from anybody."""


def _fold(text: str) -> str:
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return _BLANKS.sub(" ", text).strip()
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", text)).strip()


_short = lru_cache(maxsize=16_384)(_fold)


def narrative(div: str) -> str:
    """The text of an XHTML narrative: no markup, entities decoded, blanks folded.

    >>> narrative("<div xmlns='http://www.w3.org/1999/xhtml'>a &amp;<br/>b</div>")
    'a & b'
    """
    return folded(html.unescape(_TAG.sub("", _BREAK.sub(" ", div))))


_APART: Final = re.compile(r"\W+")


def words_of(text: str) -> str:
    """The words of a text in lower case, one blank between them: no punctuation.

    >>> words_of("Voelt het hart, 's nachts, overslaan.")
    'voelt het hart s nachts overslaan'
    """
    return _APART.sub(" ", text.casefold()).strip()


_DENYING: Final = {
    **dict.fromkeys(("geen", "zonder", "no", "without"), 3),
    **dict.fromkeys(("niet", "nooit", "not", "never"), 1),  # niet-insulineafhankelijke diabetes is diabetes
}
"""Words that deny, and how many words behind them they do."""
_OPPOSITES: Final = (
    ("positief", "negatief"),
    ("positive", "negative"),
    ("aanwezig", "afwezig"),
    ("present", "absent"),
    ("ja", "nee"),
    ("yes", "no"),
    ("met", "zonder"),
    ("with", "without"),
    ("links", "rechts"),
    ("linker", "rechter"),
    ("left", "right"),
    ("verhoogd", "verlaagd"),
    ("bovendruk", "onderdruk"),
    ("systolisch", "diastolisch"),
    ("systolic", "diastolic"),
)
_OPPOSITE: Final = {
    word: frozenset(other for pair in _OPPOSITES if word in pair for other in pair if other != word)
    for pair in _OPPOSITES
    for word in pair
}
"""What a word is the opposite of."""


def contradicts(record: str, answer: str) -> bool:
    """Whether a text says the opposite of what the record says: it denies what the record names, or has the
    opposite of one of its words.

    >>> contradicts("Penicilline-allergie", "Geen penicilline-allergie"), contradicts("positief", "negatief")
    (True, True)
    >>> contradicts("Otitis media", "Otitis media, niet gespecificeerd")
    False
    >>> contradicts("Rookt niet", "Niet-roker")
    False
    >>> contradicts("Diabetes mellitus type 2", "Niet-insulineafhankelijke diabetes mellitus")
    False
    """
    if len(record) + len(answer) <= _SHORT:
        return _contradicts_shortly(record, answer)
    return _contradicts(record, answer)


def _contradicts(record: str, answer: str) -> bool:
    ours, theirs = words_of(record).split(), words_of(answer).split()
    left, right = set(ours), set(theirs)
    for word in right - left:
        if any(one in left and one not in right for one in _OPPOSITE.get(word, ())):
            return True
    return bool((_denied(theirs) - _denied(ours)) & left)


_contradicts_shortly = lru_cache(maxsize=4_096)(_contradicts)


def _denied(words: list[str]) -> set[str]:
    """The words that stand behind a denying one."""
    return {
        word
        for index, denying in enumerate(words)
        if denying in _DENYING
        for word in words[index + 1 : index + 1 + _DENYING[denying]]
        if word not in _DENYING and len(word) > 2
    }


def document_text(text: str) -> str:
    """The text of a document as it is compared: compatibility forms folded, no blanks, no hyphens.

    Producers of PDF differ in ligatures, hyphenation and where they put blanks.

    >>> document_text("me-\\ntoprolol 50\\u00a0mg")
    'metoprolol50mg'
    """
    bare = _THIN.sub("", unicodedata.normalize("NFKC", text))
    return unicodedata.normalize("NFKC", bare)  # an accent may stand next to its letter only now


def garbled(record: str, answer: str) -> bool:
    """Whether the answer is the record's text read in the wrong character set (*mojibake*).

    >>> garbled("Zoë", "ZoÃ«"), garbled("Zoë", "Zoe")
    (True, False)
    """
    if record == answer or record.isascii():
        return False
    wanted = folded(record)
    for charset in ("cp1252", "latin-1"):
        try:
            if folded(answer.encode(charset).decode("utf-8")) == wanted:
                return True
        except UnicodeError:
            continue
    shown = re.escape(wanted)
    pattern = "".join(char if char.isascii() else "(?:\ufffd|\\?)+" for char in shown)
    return re.fullmatch(pattern, folded(answer)) is not None


_TWICE: Final = re.compile(
    "[\u00c2-\u00c5\u00e2][\u0080-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2122]+"
)
"""What UTF-8 of Western letters and signs looks like when it is read as Windows-1252."""


_LOST: Final = re.compile(r"[^\W\d_]\?[^\W\d_]")
"""A question mark between two letters: what is left of a letter that a character set does not have."""


def lost_letter(display: str) -> str:
    """The place in a name of a code where a letter was lost; ``""`` when there is none.

    Only for names of codes: people do write ``ja?nee`` in notes.

    >>> lost_letter("Pati?nt onwel"), lost_letter("Roken?"), lost_letter("Patiënt onwel")
    ('i?n', '', '')
    """
    match = _LOST.search(display)
    return match.group() if match else ""


def mojibake(value: str) -> str:
    """The piece of a text that was read in the wrong character set; ``""`` when there is none.

    >>> mojibake("Zo\u00c3\u00ab"), mojibake("Zo\u00eb"), mojibake("\u00abCAF\u00c9\u00bb")
    ('\u00c3\u00ab', '', '')
    """
    if value.isascii():
        return ""
    if "\ufffd" in value:
        return "\ufffd"
    for match in _TWICE.finditer(value):
        piece = match.group()
        for charset in ("cp1252", "latin-1"):
            try:
                piece.encode(charset).decode("utf-8")
            except UnicodeError:
                continue
            return piece
    return ""
