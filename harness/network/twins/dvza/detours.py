"""Faults of the resource server that open it along a detour: another method, header, or style of token."""

from __future__ import annotations

import base64
import binascii
import json

from harness.core.run.exchanges import header
from harness.network.twins.dvza.state import DvzaState
from harness.network.wire.serving import Incoming


def open_to(dvza: DvzaState, request: Incoming, host: str, token: str) -> bool:
    """Whether a request without a good credential is let through, by a fault that is switched on."""
    doors = {
        "head-without-token": request.method == "HEAD",
        "cookie-token-accepted": "access_token=" in (header(request.headers, "cookie") or ""),
        "unsigned-token-accepted": _unsigned(header(request.headers, "authorization") or token),
        "forwarded-address-trusted": header(request.headers, "x-forwarded-for") == "127.0.0.1",
        "history-without-token": request.path.endswith("/_history"),
    }
    return any(hit and dvza.fault(name, host) for name, hit in doors.items())


def _unsigned(credential: str) -> bool:
    """Whether a credential is a JSON web token that says that it needs no signature."""
    part = credential.rpartition(" ")[2].partition(".")[0]
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error):
        return False
    return isinstance(found, dict) and found.get("alg") == "none"
