"""Stable identifiers: requirements, basiseisen, cells, and file names that are safe everywhere."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import cache
from typing import Final

from harness.core.errors import ConfigurationError
from harness.core.standards.table import standards
from harness.core.text import Text

TRUST: Final = "MM"
"""What requirement ids of the trust framework start with."""
RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul"}
    | {f"{device}{number}" for device in ("com", "lpt") for number in range(1, 10)}
)
"""Names of devices on Windows: no file may be called so there, whatever its suffix."""
_UNSAFE: Final = re.compile(r"[^a-z0-9._-]+")


@cache
def requirement_id() -> re.Pattern[str]:
    """The form of a requirement id: prefix of a standard (or of the trust framework), topic, number."""
    prefixes = "|".join([*sorted(item.prefix for item in standards().values()), TRUST])
    return re.compile(rf"(?:{prefixes})-[A-Z][A-Z0-9]{{1,9}}-\d{{3}}|OPEN-ICT-\d{{2}}", re.ASCII)


def check_requirement_id(value: str, where: str = "") -> str:
    """``value`` when it is a well-formed requirement id.

    :raises ConfigurationError: when it is not.
    """
    if not requirement_id().fullmatch(value):
        prefixes = [*(item.prefix for item in standards().values()), TRUST]
        raise ConfigurationError(
            Text(nl="geen geldige eis-id", en="not a valid requirement id"),
            where=where,
            expected="|".join(f"{prefix}-" for prefix in prefixes) + "<TOPIC>-nnn, OPEN-ICT-nn",
            received=value,
        )
    return value


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same for people, however they were typed.

    >>> same_name("Café  Zorg", "cafe\u0301 zorg ")
    True
    """
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())


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
