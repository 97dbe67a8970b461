"""Facts about a value that was replaced: length, alphabet, entropy estimate, eleven-test.

They let judges decide about secrets (unique, unguessable, a BSN or not) that they never see.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII | re.I)
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.([A-Za-z0-9_-]*)", re.ASCII)
_SIZES = (
    ("digits", re.compile(r"[0-9]+", re.ASCII), 10),
    ("hex", re.compile(r"[0-9a-f]+|[0-9A-F]+", re.ASCII), 16),
    ("base64url", re.compile(r"[A-Za-z0-9_-]+={0,2}", re.ASCII), 64),
)
_BLOCK = 4
"""Length (characters) from which a repeated piece counts as a repetition."""


def alphabet(value: str) -> str:
    """Name of the alphabet of a value: ``uuid``, ``jwt``, ``digits``, ``hex``, ``base64url``, ``other``.

    >>> alphabet("0aed465d")
    'hex'
    """
    if _UUID.fullmatch(value):
        return "uuid"
    if _JWT.fullmatch(value):
        return "jwt"
    return next((name for name, pattern, _ in _SIZES if pattern.fullmatch(value)), "other")


@lru_cache(maxsize=512)  # a token stands in every request
def entropy_bits(value: str) -> int:
    """Estimated entropy (bits) of one value, rounded down.

    Length × log2(alphabet), where repeated pieces of four or more characters and runs (``aaaa``, ``1234``)
    count as one character, and where an alphabet that is hardly used counts only as large as its use.
    It is an upper estimate: a single value cannot prove that its source is random.
    """
    if not value:
        return 0
    uuid = _UUID.fullmatch(value)
    if uuid:
        return 122 if uuid.group(1) == "4" else 60
    jwt = _JWT.fullmatch(value)
    if jwt:
        return min(512, 6 * len(jwt.group(1)))
    size = next((count for _, pattern, count in _SIZES if pattern.fullmatch(value)), 94)
    fresh = _fresh_characters(value)
    distinct = len(set(value))
    expected = size * (1.0 - (1.0 - 1.0 / size) ** len(value))
    if distinct < 0.6 * expected:
        size = max(distinct, 1)
    return int(fresh * math.log2(size)) if size > 1 else 0


def _fresh_characters(value: str) -> int:
    """Number of characters that are not explained by a run or by an earlier piece."""
    seen: set[str] = set()
    fresh = index = 0
    while index < len(value):
        run = _run(value, index)
        if run >= _BLOCK:
            fresh += 1
            index += run
            continue
        block = value[index : index + _BLOCK]
        if len(block) == _BLOCK and block in seen:
            fresh += 1
            index += _BLOCK
            continue
        if index >= _BLOCK - 1:
            seen.add(value[index - _BLOCK + 1 : index + 1])
        fresh += 1
        index += 1
    return fresh


def _run(value: str, start: int) -> int:
    """Length of the run (constant or counting up or down by one) that starts at ``start``."""
    if start + 1 >= len(value):
        return 1
    step = ord(value[start + 1]) - ord(value[start])
    if step not in (-1, 0, 1):
        return 1
    end = start + 1
    while end + 1 < len(value) and ord(value[end + 1]) - ord(value[end]) == step:
        end += 1
    return end - start + 1


def eleven_test(value: str) -> bool | None:
    """Whether nine digits pass the BSN eleven-test; ``None`` when the value is not nine ASCII digits.

    >>> eleven_test("999990019"), eleven_test("123456789"), eleven_test("12")
    (True, False, None)
    """
    if len(value) != 9 or not value.isascii() or not value.isdigit():
        return None
    digits = [int(character) for character in value]
    total = sum(weight * digit for weight, digit in zip(range(9, 1, -1), digits, strict=False)) - digits[8]
    return total % 11 == 0 and any(digits)
