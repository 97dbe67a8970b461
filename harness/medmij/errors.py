"""Error codes per interface (sections 3.6, 4.2 and 5), and when a redirect is allowed at all."""

from __future__ import annotations

from typing import Final

import msgspec

AUTHORIZATION_ERRORS: Final = frozenset(
    {
        "invalid_request",
        "unauthorized_client",
        "access_denied",
        "unsupported_response_type",
        "invalid_scope",
        "server_error",
        "temporarily_unavailable",
    }
)
"""RFC 6749 section 4.1.2.1."""

TOKEN_ERRORS: Final = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    }
)
"""RFC 6749 section 5.2."""


class ResourceError(msgspec.Struct, frozen=True, kw_only=True):
    """How the resource server answers a case: HTTP status and ``WWW-Authenticate`` (``""`` = none)."""

    status: int
    challenge: str = ""


RESOURCE_CASES: Final[dict[str, ResourceError]] = {
    "no-token": ResourceError(status=401, challenge="Bearer"),
    "invalid-token": ResourceError(status=401, challenge='Bearer error="invalid_token"'),
    "insufficient-scope": ResourceError(status=403, challenge='Bearer error="insufficient_scope"'),
    "several-methods": ResourceError(status=400, challenge='Bearer error="invalid_request"'),
    "foreign-client": ResourceError(status=403),
    "bad-query": ResourceError(status=400),
    "unknown-resource": ResourceError(status=404),
    "not-acceptable": ResourceError(status=406),
}
"""Error mapping of the resource interface (inferred from RFC 6750 and FHIR; never a hard fail)."""


def token_status(error: str) -> int:
    """HTTP status of a token error: 401 for ``invalid_client``, else 400."""
    return 401 if error == "invalid_client" else 400
