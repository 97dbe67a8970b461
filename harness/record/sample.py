"""How a sequence of secrets looks, before any of them is written: can the next one be guessed?

A sample sees duplicates, values that grow, and values most of whose characters are known. It cannot see a
hash of a counter, nor a hash of one of more than some ten thousand values: those pass.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

POSITIONS_FROM: Final = 30
"""Values below which the bound per position says nothing: UUIDs would all be caught."""
GROWTH_FROM: Final = 12


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of some values of one kind, in the order in which they were issued.

    :ivar duplicates: values that occurred before.
    :ivar growing: whether every value is larger than the one before.
    :ivar bits: upper bound of the entropy of one value, -1: too few values to say.
    :ivar unsigned: JSON web tokens without a signature.
    """

    count: int
    duplicates: int = 0
    growing: bool = False
    bits: int = -1
    unsigned: int = 0


class Samples:
    """Values of several kinds while they come in, in memory only; measured when all are there.

    :param planned: how many of each kind there will be.
    """

    def __init__(self, planned: int) -> None:
        self._planned = planned
        self._values: dict[str, list[str]] = {}

    def add(self, kind: str, value: str) -> None:
        """One more value of a kind."""
        if value:
            self._values.setdefault(kind, []).append(value)

    def facts(self) -> dict[str, Sample]:
        """What is known of each kind; nothing until the last one came in."""
        if max(map(len, self._values.values()), default=0) < self._planned:
            return {}
        return {kind: measure(values) for kind, values in self._values.items()}


def measure(values: Sequence[str]) -> Sample:
    """The facts of a sequence of values."""
    jwt = [item for item in values if _header(item) is not None]
    return Sample(
        count=len(values),
        duplicates=len(values) - len(set(values)),
        growing=len(values) >= GROWTH_FROM and _growing(values),
        bits=_bits(values) if len(values) >= POSITIONS_FROM and len(jwt) < len(values) else -1,
        unsigned=sum(_unsigned(item) for item in jwt),
    )


def _bits(values: Sequence[str]) -> int:
    """Sum over the positions of the entropy of what stands there, corrected as Miller and Madow do."""
    shortest = min(len(item) for item in values)
    total = 0.0
    for position in range(shortest):
        seen = Counter(item[position] for item in values)
        count = len(values)
        plain = -sum(n / count * math.log2(n / count) for n in seen.values())
        corrected = plain + (len(seen) - 1) / (2 * count * math.log(2))
        total += min(corrected, math.log2(_alphabet("".join(seen)))) if len(seen) > 1 else 0.0
    return int(total)


def _alphabet(characters: str) -> int:
    """Size of the smallest usual alphabet that holds some characters."""
    if all(item in "0123456789" for item in characters):
        return 10
    if all(item in "0123456789abcdef" for item in characters.lower()):
        return 16
    return 64


def _growing(values: Sequence[str]) -> bool:
    """Whether the part that differs is a number that grows, as it stands or decoded."""
    start = _common(values)
    end = _common([item[start:][::-1] for item in values])
    free = [item[start : len(item) - end] for item in values]
    return any(_rises(found) for found in (_decimal(free), _hexadecimal(values), _decoded(values)) if found)


def _common(values: Sequence[str]) -> int:
    """How many characters all values begin with."""
    columns = zip(*values, strict=False)
    return next((place for place, seen in enumerate(columns) if len(set(seen)) > 1), min(map(len, values)))


def _rises(numbers: Sequence[int]) -> bool:
    return all(one < other for one, other in pairwise(numbers))


def _decimal(values: Sequence[str]) -> list[int]:
    return [int(item) for item in values] if all(item.isascii() and item.isdigit() for item in values) else []


def _hexadecimal(values: Sequence[str]) -> list[int]:
    plain = [item.replace("-", "") for item in values]
    try:
        return [int(item, 16) for item in plain]
    except ValueError:
        return []


def _decoded(values: Sequence[str]) -> list[int]:
    """Numbers behind base64: its bytes, or digits that it holds."""
    try:
        raw = [base64.urlsafe_b64decode(item + "=" * (-len(item) % 4)) for item in values]
    except (ValueError, binascii.Error):
        return []
    texts = [item.decode("ascii", "replace") for item in raw]
    return _decimal(texts) or [int.from_bytes(item, "big") for item in raw]


def _header(value: str) -> dict[str, object] | None:
    """The header of a JSON web token, ``None`` when a value is none."""
    parts = value.split(".")
    if len(parts) != 3:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
    except (ValueError, binascii.Error):
        return None
    return found if isinstance(found, dict) else None


def _unsigned(value: str) -> bool:
    header = _header(value) or {}
    return not value.rpartition(".")[2] or str(header.get("alg", "none")).lower() == "none"
