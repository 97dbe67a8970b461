"""What the names of FHIR say: which elements name nobody, which names it cannot have, and paths of them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from harness.record.redact.letters import score

KEPT: Final = frozenset(
    {
        "resourceType", "type", "total", "relation", "system", "code", "use", "status", "mode", "profile",
        "contentType", "size", "method", "unit", "severity", "intent", "fhirVersion", "kind", "class",
        "comparator", "gender", "active", "versionId",
    }
)  # fmt: skip
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9./:%_\[\]{}*+|#?&=-]{0,255}", re.ASCII)
"""How codes and their systems are written: in one word. What has blanks may be a sentence about somebody."""
_MEDIA: Final = re.compile(
    r"[a-z]+/[a-z0-9.+-]{1,60}(?:; ?[a-zA-Z]{1,20}=[A-Za-z0-9.+-]{1,40}){0,3}", re.ASCII
)
_ERRORS: Final = frozenset(
    {
        "access_denied", "insufficient_scope", "invalid_client", "invalid_grant", "invalid_request",
        "invalid_scope", "invalid_token", "server_error", "temporarily_unavailable", "unauthorized_client",
        "unsupported_grant_type", "unsupported_response_type",
    }
)  # fmt: skip
"""Errors of OAuth (RFC 6749 and 6750), as a server may give them instead of FHIR."""
NAME: Final = "(name)"
"""The name of a leaf that is itself the name of a member."""
_MEMBER: Final = re.compile(r"_?[a-z][A-Za-z]{0,39}(?:[0-9]{1,2}[A-Za-z]{0,20})?", re.ASCII)
"""How FHIR names members: a name that is none may be anybody's."""
_CODED: Final = 6.5
_CODED_LENGTH: Final = 11
"""From which a name is a coded word rather than one of FHIR: none of those is."""


@lru_cache(maxsize=4_096)
def member(name: str) -> bool:
    """Whether a name may be one of FHIR: of its form, and no coded word."""
    coded = len(name) >= _CODED_LENGTH and score(name) >= _CODED
    return _MEMBER.fullmatch(name) is not None and not coded


def step(path: str, key: str) -> str:
    """The path of a member; the extensions of a primitive (``_birthDate``) stand below the primitive.

    A name that FHIR cannot have may be anybody's, and a path is written.
    """
    key = key.removeprefix("_") if member(key) else NAME
    return f"{path}.{key}" if path else key


def kept(key: str, value: str) -> bool:
    """Whether a value of an element says nothing of anybody, whoever the document is about."""
    if key in KEPT and (_CODE.fullmatch(value) or (key == "contentType" and _MEDIA.fullmatch(value))):
        return True
    if key == "error" and value in _ERRORS:
        return True
    return key in ("url", "xmlns") and value.startswith(
        ("http://hl7.org/", "http://nictiz.nl/", "http://fhir.nl/")
    )
