"""The resource interface (section 5): bearer token, identifiers, errors, FHIR version in ``Accept``."""

from __future__ import annotations

from typing import Literal

import msgspec

from harness.core.http.credentials import bearer_token
from harness.core.run.exchanges import Headers, header_values, media_type
from harness.medmij import forms, headers
from harness.medmij.errors import RESOURCE_CASES, ResourceError
from harness.medmij.releases import Release

Case = Literal["", "no-token", "invalid-token", "several-methods"]


class Bearer(msgspec.Struct, frozen=True, kw_only=True):
    """The token of a request, or the key in ``RESOURCE_CASES`` of what is wrong."""

    token: str = ""
    case: Case = ""

    @property
    def error(self) -> ResourceError | None:
        """How the resource server answers."""
        return RESOURCE_CASES[self.case] if self.case else None


def bearer(request_headers: Headers, query: str = "", body: bytes = b"") -> Bearer:
    """Read the access token; only ``Authorization: Bearer`` is allowed (``core.rscint.200``).

    :param query: raw query of the URL.
    """
    try:
        elsewhere = bool(forms.values(forms.parse(query), "access_token"))
    except forms.FormError:
        elsewhere = "access_token" in query
    if media_type(request_headers) == "application/x-www-form-urlencoded":
        elsewhere = elsewhere or body.startswith(b"access_token=") or b"&access_token=" in body
    found = header_values(request_headers, "authorization")
    if elsewhere or len(found) > 1:
        return Bearer(case="several-methods")
    if not found:
        return Bearer(case="no-token")
    token = bearer_token(found[0])
    return Bearer(case="invalid-token") if token is None else Bearer(token=token)


def request_headers(
    release: Release, token: str, request_id: str, correlation_id: str, accept: str
) -> list[tuple[str, str]]:
    """Headers of a conformant resource request."""
    result = [("Authorization", f"Bearer {token}"), ("Accept", accept)]
    if release.correlation:
        result += [(headers.REQUEST_ID, request_id), (headers.CORRELATION_ID, correlation_id)]
    return result


def accept(media: Literal["json", "xml"], fhir_version: str = "3.0") -> str:
    """``Accept`` value with the FHIR version parameter (C: what public clients send)."""
    return f"application/fhir+{media}; fhirVersion={fhir_version}"
