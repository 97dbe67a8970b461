"""Lengths of time as they are given on a command line."""

from __future__ import annotations

import re
from typing import Final

from harness.core.errors import UsageError
from harness.core.text import Text

_FORM: Final = re.compile(r"(?=\d)(?:(\d{1,4})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s?)?", re.ASCII)
LEAST: Final = 20.0
"""Seconds without which a run cannot even begin."""


def seconds_of(text: str) -> float:
    """``90``, ``90s``, ``20m`` or ``1h30m`` in seconds.

    :raises UsageError: it is none of these, or too short.
    """
    found = _FORM.fullmatch(text.strip())
    hours, minutes, rest = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    seconds = hours * 3600.0 + minutes * 60.0 + rest
    if seconds < LEAST:
        raise UsageError(
            Text(nl="dit is geen bruikbare tijdsduur", en="this is no usable length of time"),
            expected=f"20m, 90s, 1h30m (≥ {LEAST:.0f}s)",
            received=text,
        )
    return seconds
