"""How much of one message is looked at: what a party sends must not decide how long a run takes.

A record of a life fits many times over. More than this is a fault of whoever sent it.
"""

from __future__ import annotations

from typing import Final

MAX_BODY: Final = 20 * 1024 * 1024
"""Bytes of one body, also after its content coding is undone: a letter of 15 MB in base64."""
SMALLER: Final = {"token": 1024 * 1024, "authorization": 8 * 1024 * 1024, "login": 8 * 1024 * 1024,
                  "consent": 8 * 1024 * 1024}  # fmt: skip
"""The same for interfaces whose answers are no data."""
MAX_HEAD: Final = 256 * 1024
"""Bytes before the body of an answer: status, headers, and all interim answers together."""
MAX_ENTRIES: Final = 10_000
"""Entries of one Bundle."""
MAX_VALUES: Final = 300_000
"""Elements of one document."""


def values_in(body: bytes, *, xml: bool) -> int:
    """About how many elements a document has, by its punctuation: a bound that costs nothing."""
    marks = (b"<",) if xml else (b"{", b"[", b",")
    return sum(body.count(mark) for mark in marks) // 2
