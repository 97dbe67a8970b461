"""Documents (PDF): which may be kept, and what is said of those that are not before they are gone.

A document is kept when a record holds the same bytes. Nobody can tell of any other whose names stand in it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Any, Final

from harness.record.looking import Looking
from harness.record.redact.holding.held import sum_of
from harness.record.redact.tag import Tags

_BINARY: Final = re.compile(
    rb"(?:\"(?:content|data)\"\s*:\s*\"|<(?:content|data)\s+value\s*=\s*[\"'])([A-Za-z0-9+/=\s\\]{4,})",
    re.ASCII,
)
"""The content of a Binary, in both formats."""
_IS_BINARY: Final = re.compile(rb"\"resourceType\"\s*:\s*\"Binary\"|<(?:\w{1,20}:)?Binary[\s>]", re.ASCII)


def is_pdf(body: bytes) -> bool:
    """Whether a body is a PDF by its beginning, whatever it is called; the word further on makes none."""
    return body[:1024].lstrip().startswith(b"%PDF-")


def held(body: bytes, looking: Looking) -> bool:
    """Whether a record holds these bytes as a document."""
    return looking.held is not None and hashlib.sha256(body).hexdigest() in looking.held.documents


def paper_in(body: bytes) -> bytes | None:
    """The PDF that a body is, or what a Binary holds."""
    if is_pdf(body):
        return body
    found = _BINARY.search(body) if _IS_BINARY.search(body[:2_000]) else None
    try:
        return base64.b64decode(found.group(1).replace(b"\\", b""), validate=False) if found else None
    except binascii.Error:
        return None


def told_of(document: bytes, person: str, looking: Looking, tags: Tags) -> dict[str, Any]:
    """What may be said of a document that is not kept: nothing that stands in it, but how it compares.

    :param person: whose session it is, ``""`` when that is not declared.
    """
    sha1 = sum_of(document)
    known = looking.held is not None and sha1 in looking.held.sums
    return {
        "length": len(document),
        "pdf": b"%PDF-" in document[:1024],
        "held": held(document, looking),
        "same": tags.tag("person", hashlib.sha256(document).hexdigest()),
        "sum": sha1 if known else tags.tag("person", sha1),
        **looking.examine(document, person),
    }
