"""Whether a body is a FHIR document, by what it looks like and then by its media type."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from harness.record.redact.documents.in_json import JsonDocument
from harness.record.redact.documents.in_xml import XmlDocument
from harness.record.redact.documents.words import BY_FORM, Vocabulary

MAX_BYTES: Final = 32 * 1024 * 1024
_DOCTYPE: Final = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:[?!][^>]*>\s*<){0,20}!DOCTYPE", re.S)

CareDocument = JsonDocument | XmlDocument


def read_document(body: bytes, media_type: str, words: Vocabulary = BY_FORM) -> CareDocument | None:
    """A FHIR document, by what it looks like and then by its media type.

    :param words: those of FHIR.
    :return: ``None`` when it is no JSON or XML, too large, unreadable, a page for a browser, or XML with a
        document type, in which anything may stand.
    """
    if len(body) > MAX_BYTES or _DOCTYPE.match(body[:4096]):
        return None
    start = body[:1024].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1]
    json_first = start in (b"{", b"[") or (start != b"<" and "json" in media_type)
    if not json_first and start != b"<" and "xml" not in media_type:
        return None
    try:
        if json_first:
            return JsonDocument(body, words)
        document = XmlDocument(body, words)
        return None if document.root == "html" else document
    except (ValueError, etree.LxmlError, RecursionError):
        return None
