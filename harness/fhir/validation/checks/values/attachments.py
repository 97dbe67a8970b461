"""Data that a resource carries: what it says of them (size, hash, content type) agrees with them.

STU3 and R4 datatypes.html#Attachment: ``size`` is the number of bytes before base64, ``hash`` their SHA-1. A
content type is only doubted, as a warning, where the first bytes are the mark of another format.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from harness.fhir.validation.places import Json, Place
from harness.fhir.validation.run import Run

_MARKS: tuple[tuple[bytes, tuple[str, ...]], ...] = (
    (b"%PDF-", ("application/pdf", "application/x-pdf")),
    (b"\x89PNG\r\n\x1a\n", ("image/png",)),
    (b"\xff\xd8\xff", ("image/jpeg", "image/jpg", "image/pjpeg")),
    (b"GIF8", ("image/gif",)),
    (b"II*\x00", ("image/tiff",)),
    (b"MM\x00*", ("image/tiff",)),
    (b"{\\rtf", ("application/rtf", "text/rtf", "text/richtext")),
)
"""First bytes of formats with the content types that they go by."""

_BEFORE = b" \t\r\n\x00\xef\xbb\xbf"
"""What readers skip before the first bytes: white space, a byte order mark."""

_MARKED = frozenset(name for _, names in _MARKS for name in names)


def attachment_check(value: Any, place: Place, run: Run) -> None:
    """Checks an Attachment that carries its data; that these are base64 was checked."""
    text = _bare(value.get("data"))
    if text is None:
        return
    size, digest = value.get("size"), value.get("hash")
    length = len(text) // 4 * 3 - text.count("=", -2)
    if type(size) is int and size != length:
        run.add("fhir-attachment-size", (place, "size", -1, "size"), expected=length, received=size)
    if type(digest) is str:
        wanted = hashlib.sha1(binascii.a2b_base64(text), usedforsecurity=False).digest()
        if binascii.a2b_base64(_bare(digest) or "") != wanted:
            run.add(
                "fhir-attachment-hash",
                (place, "hash", -1, "hash"),
                expected=f"SHA-1 {base64.b64encode(wanted).decode()}",
                received=digest,
            )
    _content_type(value, text, place, run)


def binary_check(value: Any, place: Place, run: Run) -> None:
    """Checks a Binary: STU3 has its data in ``content``, R4 in ``data``."""
    text = _bare(value.get("content", value.get("data")))
    if text is not None:
        _content_type(value, text, place, run)


def _bare(text: Any) -> str | None:
    """A base64 text without white space, ``None`` when there is none."""
    if type(text) is not str:
        return None
    return "".join(text.split()) if any(space in text for space in " \n\r\t") else text


def _content_type(value: Json, text: str, place: Place, run: Run) -> None:
    data = binascii.a2b_base64(text[:64])
    stated = value.get("contentType")
    if type(stated) is not str:
        return
    bare = stated.partition(";")[0].strip().lower()
    found = next((names for mark, names in _MARKS if data.lstrip(_BEFORE).startswith(mark)), ())
    if (found or bare in _MARKED) and bare not in found and data:
        run.add(
            "fhir-attachment-type",
            (place, "contentType", -1, "contentType"),
            severity="warning",
            expected=" | ".join(found) or f"{bare}: {_mark_of(bare)!r}",
            received=stated if found else repr(data[:8]),
        )


def _mark_of(name: str) -> bytes:
    return next(mark for mark, names in _MARKS if name in names)
