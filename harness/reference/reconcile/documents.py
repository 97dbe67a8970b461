"""Documents down to their text: which known document are these bytes?

Equal bytes are the same document; else an equal text in its normal form; else the phrases that the record
knows of it. The
text comes from an extractor that is handed in, so that this room knows nothing of PDF.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

from harness.core.issues import shorten
from harness.core.normal.texts import document_text
from harness.core.text import Text
from harness.reference.reconcile.differences import Difference
from harness.reference.reconcile.known import Entry, Known
from harness.reference.record.model import Record

Extractor = Callable[[bytes], str | None]
"""The text of a document; ``None`` when it has no text layer, or cannot be read."""

_SAME_BYTES: Final = Text(nl="dezelfde bytes", en="the same bytes")
_SAME_TEXT: Final = Text(nl="dezelfde tekst, opnieuw bewaard", en="the same text, saved anew")
_NO_TEXT: Final = Text(nl="geen tekstlaag", en="no text layer")
_ANOTHER_TEXT: Final = Text(nl="een andere tekst", en="another text")
_WORD = re.compile(r"\d[\d.,]*\d|\d|[^\W\d_]{4,}")
_TELLING = 12
"""Characters of a text's normal form that are looked for within documents."""
_REMEMBERED = 16
"""Documents of which the text is remembered besides those of records."""
_UNREADABLE = 0.05
"""Part of the characters without a meaning from which on a text says nothing."""

Sameness = Literal["bytes", "text", "phrases", "other", "unknown"]


@dataclass
class Documents:
    """The documents of all known records.

    :param text_of: extractor of text.
    """

    known: Known
    text_of: Extractor
    _content: dict[tuple[str, str], bytes] = field(default_factory=dict)
    _texts: OrderedDict[bytes, str | None] = field(default_factory=OrderedDict)

    def compare(self, operation: str, record: Record, key: str, data: bytes) -> list[Difference]:
        """Differences between the bytes of an answer and the document of the record.

        :param key: ``Binary/id`` in the record whose content should have come.
        """
        how, entry = self.identify(record, key, data)
        said = self._said(operation, record, key, data) if how in ("text", "phrases") or not entry else []
        if said or how in ("bytes", "phrases"):
            return said
        if how == "text":
            return [Difference("remark", operation, "Binary.content", _SAME_BYTES, _SAME_TEXT, key)]
        if how == "unknown":
            return [Difference("unverified", operation, "Binary.content", key, _NO_TEXT, key)]
        if entry is None:
            return [Difference("altered", operation, "Binary.content", key, _ANOTHER_TEXT, key)]
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
        phrases = record.documents[key].text if key in record.documents else self._words(wanted)
        if phrases and all(document_text(phrase) in text for phrase in phrases):
            return "phrases", None
        return "other", None

    def foreign(self, record: Record, data: bytes) -> list[tuple[str, str]]:
        """Whose document of another person these bytes are, or whose texts they hold, and what shows it.

        What the person has too accuses nobody.
        """
        text = self._text(data) or ""
        same = [one for one in self._binaries if self._is(one, data, text)]
        if any(one.record.person == record.person for one in same):
            return []
        found = [(one.record.display, one.key) for one in same]
        own = [self._text(self.content(record, one.key) or b"") or "" for one in self._binaries_of(record)]
        text, own = text.casefold(), [other.casefold() for other in own]
        for form, said, person, withheld in self._marks:
            if withheld or person == record.person or form not in text or any(form in other for other in own):
                continue
            owner = next((one.display for one in self.known.records if one.person == person), person)
            found.append((owner, said))
        return found

    def _is(self, entry: Entry, data: bytes, text: str) -> bool:
        held = self.content(entry.record, entry.key)
        return held is not None and (held == data or bool(text and self._text(held) == text))

    def _binaries_of(self, record: Record) -> list[Entry]:
        return [entry for entry in self._binaries if entry.record is record]

    def _words(self, data: bytes | None) -> tuple[str, ...]:
        """What a document has to say when its record names no phrases: each word and number, in any order."""
        text = self.text_of(data) if data is not None else None
        return tuple(dict.fromkeys(_WORD.findall(text or "")))

    def _said(self, operation: str, record: Record, key: str, data: bytes) -> list[Difference]:
        """Texts of others, and texts that have to stay in the HIS, within a document that is not theirs."""
        text, wanted = self._text(data) or "", self.content(record, key)
        own = (self._text(wanted) if wanted is not None else None) or ""
        text, own = text.casefold(), own.casefold()
        found: list[Difference] = []
        for form, said, person, withheld in self._marks:
            if (withheld if person == record.person else not withheld) and form in text and form not in own:
                if any(form in document_text(one.said).casefold() for one in found):
                    continue  # a part of what is said already
                foreign = person != record.person
                kind: Literal["foreign", "not-allowed"] = "foreign" if foreign else "not-allowed"
                owner = next((one.display for one in self.known.records if one.person == person), person)
                found.append(
                    Difference(
                        kind, operation, "Binary.content", key, shorten(said), key, owner if foreign else "",
                        "" if foreign else "withheld", said=said, leak=not foreign,
                    )
                )  # fmt: skip
        return found

    @cached_property
    def _marks(self) -> list[tuple[str, str, str, bool]]:
        """Normal form, text, person and whether it has to stay inside, of every telling text."""
        marks = self.known.marks
        owners = [(text, person, False) for text, person in marks.owners.items()]
        inside = [(text, person, True) for text, who in marks.withheld.items() for person in sorted(who)]
        made = [
            (document_text(text).casefold(), text, person, kept) for text, person, kept in owners + inside
        ]
        return [one for one in made if len(one[0]) >= _TELLING]

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
        if data in self._texts:
            self._texts.move_to_end(data)
        else:
            text = document_text(self.text_of(data) or "")
            unreadable = text.count("\ufffd") > _UNREADABLE * len(text)
            self._texts[data] = None if unreadable else text or None
            if len(self._texts) > len(self._binaries) + _REMEMBERED:
                self._texts.popitem(last=False)
        return self._texts[data]

    @cached_property
    def _binaries(self) -> list[Entry]:
        return [entry for entry in self.known.entries if entry.stored.type == "Binary"]

    def _by_bytes(self, data: bytes) -> Entry | None:
        return next((one for one in self._binaries if self.content(one.record, one.key) == data), None)

    def _by_text(self, text: str, record: Record, key: str) -> Entry | None:
        """Another document with this text, or with phrases that are in it and not in the one that was asked
        for.
        """
        for entry in self._binaries:
            if entry.record is record and entry.key == key:
                continue
            held = self.content(entry.record, entry.key)
            if held is not None and self._text(held) == text:
                return entry
            facts = entry.record.documents.get(entry.key)
            if facts and facts.text and all(document_text(phrase) in text for phrase in facts.text):
                return entry
        return None
