"""Documents down to their text: which known document are these bytes?

Equal bytes are the same document; else an equal text in its normal form; else the phrases that the record
knows of it. The
text comes from an extractor that is handed in, so that this room knows nothing of PDF.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from harness.core.normal.texts import document_text
from harness.reference.reconcile.differences import Difference
from harness.reference.reconcile.known import Entry, Known
from harness.reference.record.model import Record

Text = Callable[[bytes], str | None]
"""The text of a document; ``None`` when it has no text layer, or cannot be read."""

Sameness = Literal["bytes", "text", "phrases", "other", "unknown"]


@dataclass
class Documents:
    """The documents of all known records.

    :param text_of: extractor of text.
    """

    known: Known
    text_of: Text
    _content: dict[tuple[str, str], bytes] = field(default_factory=dict)
    _texts: dict[bytes, str | None] = field(default_factory=dict)

    def compare(self, operation: str, record: Record, key: str, data: bytes) -> list[Difference]:
        """Differences between the bytes of an answer and the document of the record.

        :param key: ``Binary/id`` in the record whose content should have come.
        """
        how, entry = self.identify(record, key, data)
        if how in ("bytes", "phrases"):
            return []
        if how == "text":
            return [
                Difference(
                    "remark", operation, "Binary.content", "the same bytes", "the same text, saved anew", key
                )
            ]
        if how == "unknown":
            return [Difference("unverified", operation, "Binary.content", key, "no text layer", key)]
        if entry is None:
            return [Difference("altered", operation, "Binary.content", key, "another text", key)]
        if entry.record is not record:
            return [
                Difference("foreign", operation, "Binary.content", key, entry.key, key, entry.record.display)
            ]
        kind: Literal["not-allowed", "altered"] = "not-allowed" if entry.key in record.withheld else "altered"
        return [Difference(kind, operation, "Binary.content", key, entry.key, key, rule="withheld")]

    def identify(self, record: Record, key: str, data: bytes) -> tuple[Sameness, Entry | None]:
        """How the bytes are those of a document, and which document they are when of another one."""
        wanted = self.content(record, key)
        if wanted == data:
            return "bytes", None
        text = self._text(data)
        if not text:
            return ("other", self._by_bytes(data)) if self._by_bytes(data) else ("unknown", None)
        if wanted is not None and self._text(wanted) == text:
            return "text", None
        other = self._by_bytes(data) or self._by_text(text, record, key)
        if other is not None:
            return "other", other
        phrases = record.documents[key].text if key in record.documents else ()
        if phrases and all(document_text(phrase) in text for phrase in phrases):
            return "phrases", None
        return "other", None

    def content(self, record: Record, key: str) -> bytes | None:
        """The bytes of a document of a record."""
        found = self._content.get((record.person, key))
        if found is None:
            resource = record.resource(key) or {}
            try:
                found = base64.b64decode(str(resource.get("content", "")), validate=False)
            except (binascii.Error, ValueError):
                found = b""
            self._content[record.person, key] = found
        return found or None

    def _text(self, data: bytes) -> str | None:
        if data not in self._texts:
            text = self.text_of(data)
            self._texts[data] = document_text(text) if text is not None else None
        return self._texts[data]

    def _binaries(self) -> list[Entry]:
        return [entry for entry in self.known.entries if entry.stored.type == "Binary"]

    def _by_bytes(self, data: bytes) -> Entry | None:
        return next((one for one in self._binaries() if self.content(one.record, one.key) == data), None)

    def _by_text(self, text: str, record: Record, key: str) -> Entry | None:
        """Another document with this text, or with phrases that are in it and not in the one that was asked
        for.
        """
        for entry in self._binaries():
            if entry.record is record and entry.key == key:
                continue
            held = self.content(entry.record, entry.key)
            if held is not None and self._text(held) == text:
                return entry
            facts = entry.record.documents.get(entry.key)
            if facts and facts.text and all(document_text(phrase) in text for phrase in facts.text):
                return entry
        return None
