"""What stands beside the elements of XML: comments and instructions. FHIR has neither; nobody judges them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_COMMENT: Final = (b"<!--", b"-->")
_INSTRUCTION: Final = (b"<?", b"?>")


def asides(body: bytes) -> list[tuple[int, int]]:
    """Where comments and instructions stand, but the declaration; none lies within another.

    A look takes no longer for what begins often and never ends.
    """
    found: list[tuple[int, int]] = []
    for opened, closed in (_COMMENT, _INSTRUCTION):
        start = body.find(opened)
        while start >= 0 and (end := body.find(closed, start + len(opened))) >= 0:
            if not body.startswith(b"<?xml ", start):
                found.append((start, end + len(closed)))
            start = body.find(opened, end)
    apart: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if not apart or start >= apart[-1][1]:
            apart.append((start, end))
    return apart


def without_asides(body: bytes, tag: Callable[[str], str]) -> bytes:
    """XML with a tag in each comment, and without instructions."""
    for start, end in reversed(asides(body)):
        said = body[start + 4 : end - 3].strip() if body.startswith(b"<!--", start) else b""
        new = b"<!-- " + tag(said.decode("utf-8", "replace")).encode() + b" -->" if said else b""
        body = body[:start] + new + body[end:]
    return body
