"""Which secrets are hunted: replaced wherever they appear, not only where they stood.

A secret that is hunted although it is an ordinary word destroys the evidence: with the cookie
``consent=active`` every ``status: active`` would go. So a word, a code, a number or a name is replaced in the
secret's own place and nowhere else.
"""

from __future__ import annotations

import re
from typing import Final

from harness.record.redact.letters import IMPROBABLE, score

MIN_HUNTED: Final = 6
"""Shorter secrets are replaced where they stand, but not hunted for in other text."""
_MIN_FOUND: Final = 16
"""Characters from which a value that nobody announced is hunted, when it is no word."""
_MIN_NUMBER: Final = 16
"""Digits from which a number is hunted."""
_NUMBER: Final = re.compile(r"[0-9 .,:/+-]+", re.ASCII)
_LETTERS: Final = re.compile(r"[A-Za-z _.:/-]+")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.I)
_HEX: Final = re.compile(r"(?=[a-f]*[0-9])(?=[0-9]*[a-f])(?:[0-9a-f]{16,}|[0-9A-F]{16,})", re.ASCII | re.I)


def hunted(value: str, *, announced: bool) -> bool:
    """Whether a secret is to be replaced wherever it appears.

    :param announced: whether a driver or mock said that it minted, received or was given it as a secret;
        else it only stood in a place where secrets stand.
    """
    if len(value) < MIN_HUNTED:
        return False
    if _NUMBER.fullmatch(value):
        return sum(character.isdigit() for character in value) >= _MIN_NUMBER
    if announced:
        return not _LETTERS.fullmatch(value) or score(value) >= IMPROBABLE
    if _UUID.fullmatch(value) or _HEX.fullmatch(value):
        return True
    return len(value) >= _MIN_FOUND and score(value) >= IMPROBABLE
