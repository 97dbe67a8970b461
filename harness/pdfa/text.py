"""The text of a document as its pages show it, for comparing: order and blanks are the producer's."""

from __future__ import annotations

from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.facts.pages import walk_pages
from harness.pdfa.file.cos import Document
from harness.pdfa.file.limits import Budget, LimitExceeded, Limits, Unreadable
from harness.pdfa.model import FLAVOURS


class _Nobody:
    """Takes facts and forgets them."""

    page = 0
    object = 0

    def take(self, kind: str, fact: Any, where: str = "", received: str = "") -> None:
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
