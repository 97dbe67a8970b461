"""What differs between two runs that find the same fault: ids, dates, ports, positions, exchanges."""

from __future__ import annotations

import re
from typing import Final

_CHANGING: Final = re.compile(
    r"""\[\d+\]                                             # the place in a list
    | [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}
    | \d{4}-\d\d-\d\d(?:T[0-9:.]+(?:Z|[+-]\d\d:\d\d)?)?     # dates and instants
    | (?<=[a-z0-9]):\d{2,5}\b                               # ports
    | \b[\w-]+(?:\.[\w-]+)+\.\d{4}\b                        # exchanges
    | (?<=/)[A-Za-z0-9.-]*\d[A-Za-z0-9.-]*                  # ids in addresses
    """,
    re.VERBOSE,
)


def steady(text: str, instead: str = "#") -> str:
    """A text without what differs between two runs that find the same fault.

    >>> steady("http://his.example:8443/Observation/12 on 2026-03-01 in entry[3]")
    'http://his.example#/Observation/# on # in entry#'
    """
    return _CHANGING.sub(instead, text)
