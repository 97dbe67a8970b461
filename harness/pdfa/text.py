"""The text of a document as its pages show it, for comparing: order and blanks are the producer's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from harness.core.text import Phrase
from harness.pdfa.facts.context import Context
from harness.pdfa.facts.pages import walk_pages
from harness.pdfa.file.cos import Document
from harness.pdfa.file.limits import Budget, LimitExceeded, Limits, Unreadable
from harness.pdfa.file.objects import Stream, text_string
from harness.pdfa.model import FLAVOURS


class _Nobody:
    """Takes facts and forgets them."""

    page = 0
    object = 0

    def take(self, kind: str, fact: Any, where: str = "", received: Phrase = "") -> None:
        """Forgets a fact."""


def text_of(data: bytes, limits: Limits | None = None) -> str | None:
    """All text that the pages of a PDF show, annotations included.

    ``None`` when it has no text layer, or cannot be read within its limits.

    A form that is drawn several times is read once. A character without a meaning in Unicode is U+FFFD.
    """
    parts: list[str] = []
    try:
        document = Document(data, Budget(limits or Limits()))
        walk_pages(Context(document, FLAVOURS["2b"], _Nobody(), lambda stream: True), parts.append)
    except (Unreadable, LimitExceeded, RecursionError, MemoryError):
        return None
    text = "".join(parts)
    return text if text.strip() else None


_TELLING: Final = ("Metadata", "EmbeddedFile")
"""Streams that hold text for people; what fonts, colours and pages are made of is none."""
_SHORTEST: Final = 6


def texts_of(data: bytes, limits: Limits | None = None) -> Iterator[str]:
    """Every text in a PDF: what its pages show, and what stands in its metadata, bookmarks, annotations,
    fields and attachments. Of a PDF that cannot be read within its limits those that were read.
    """
    shown = text_of(data, limits)
    if shown is not None:
        yield shown
    try:
        document = Document(data, Budget(limits or Limits()))
        document.load_all()
        for value in list(document.objects()):
            yield from _texts(value, 0)
    except (Unreadable, LimitExceeded, RecursionError, MemoryError):
        return


def _texts(value: Any, depth: int) -> Iterator[str]:
    if depth > 40:
        return
    if isinstance(value, Stream):
        if value.dict.get("Type") in _TELLING:
            inside = value.data()
            if inside:
                yield inside.decode("utf-8", "replace")
        value = value.dict
    if type(value) is bytes and len(value) >= _SHORTEST:
        yield text_string(value)
    elif type(value) is dict:
        for child in value.values():
            yield from _texts(child, depth + 1)
    elif type(value) is list:
        for child in value:
            yield from _texts(child, depth + 1)
