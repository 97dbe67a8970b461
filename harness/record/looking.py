"""What is handed to the recorder to look with: it knows neither PDF nor reference records itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.record.redact.documents.words import BY_FORM, Vocabulary
from harness.record.redact.holding.held import Held
from harness.record.redact.reading.containers import Extract
from harness.record.redact.reading.words import no_extract
from harness.record.redact.wire.familiar import Familiar

Find = Callable[[str, str], Iterable[tuple[str, str]]]
"""Texts in a text that an answer to a person should not hold, each with the person whose it is:
``(text, person) -> (found, owner)``."""


Examine = Callable[[bytes, str], Mapping[str, Any]]
"""What may be said of a document that is not kept: whether it is PDF/A, how many pages it has, how it differs
from the documents of the record of a person: ``(document, person) -> said``."""


Unread = Callable[[bytes, str], Mapping[str, Any]]
"""Why a body of a media type cannot be read as FHIR, without anything that stands in it: the rule that it
breaks, and where; nothing when it can be read."""


def nobody_read(body: bytes, media_type: str) -> Mapping[str, Any]:
    """Nobody tried."""
    return {}


def nothing_said(data: bytes, person: str) -> Mapping[str, Any]:
    """Nobody looked at the document."""
    return {}


def nothing(text: str, person: str) -> Iterable[tuple[str, str]]:
    """No record says what to look for."""
    return ()


@dataclass(frozen=True)
class Looking:
    """What the recorder looks with, besides what it knows of numbers and secrets.

    :ivar extract: reads documents, gives their texts (pages, metadata, attachments).
    :ivar kept: numbers of nine digits that stand in records, codes mostly: where nothing more than the
        eleven-test speaks for a BSN they are none.
    :ivar find: finds what has to stay in the HIS and what is another person's.
    :ivar familiar: what names nobody in headers, addresses, forms and pages; ``None``: nobody said, so that
        only secrets, numbers and what was masked in the same exchange are looked for there.
    :ivar examine: looks at a document before it is masked.
    :ivar words: the words of FHIR, by which names and codes that it does not have are known.
    :ivar unread: looks at what is called FHIR and no reader understands, before it is masked.
    :ivar held: which words about people records hold; ``None``: nobody said, so that they are not looked at.
    """

    extract: Extract = no_extract
    find: Find = nothing
    kept: frozenset[str] = frozenset()
    held: Held | None = None
    examine: Examine = nothing_said
    familiar: Familiar | None = None
    words: Vocabulary = BY_FORM
    unread: Unread = nobody_read
