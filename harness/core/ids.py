"""Stable identifiers: requirements, basiseisen, cells, and file names that are safe everywhere."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from harness.core.errors import ConfigurationError
from harness.core.text import Text

REQUIREMENT_ID: Final = re.compile(
    r"(?:(?:HG|PD|EA|ZM|MM)-[A-Z][A-Z0-9]{1,9}-\d{3}|OPEN-ICT-\d{2})", re.ASCII
)
RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul"}
    | {f"{device}{number}" for device in ("com", "lpt") for number in range(1, 10)}
)
"""Names of devices on Windows: no file may be called so there, whatever its suffix."""
_UNSAFE: Final = re.compile(r"[^a-z0-9._-]+")


def check_requirement_id(value: str, where: str = "") -> str:
    """``value`` when it is a well-formed requirement id (DESIGN section 7).

    :raises ConfigurationError: when it is not.
    """
    if not REQUIREMENT_ID.fullmatch(value):
        raise ConfigurationError(
            Text(nl="geen geldige eis-id", en="not a valid requirement id"),
            where=where,
            expected="HG-|PD-|EA-|ZM-|MM-<TOPIC>-nnn, OPEN-ICT-nn",
            received=value,
        )
    return value


def safe_name(text: str, limit: int = 60) -> str:
    """A short file name that every operating system accepts, stable for the same text.

    Names that had to be changed or cut get a hash suffix, so that two texts never share a file.
    """
    lowered = text.lower()
    cleaned = _UNSAFE.sub("-", lowered).strip("-.") or "x"
    reserved = cleaned.split(".", 1)[0] in RESERVED
    if cleaned == text and len(cleaned) <= limit and not reserved:
        return cleaned
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    stem = f"x-{cleaned}" if reserved else cleaned
    return f"{stem[: limit - 9].rstrip('-.')}-{digest}"
