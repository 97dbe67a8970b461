"""Deliberate defects of a PGO twin in the requests of a standard: pure changes of one request, by name.

::

    request = change(["pgo-wrong-query"], "hg-composition", "xml", request)

Each acts on the queries that the catalogue names and on one format, so that the rest of the flow stays as it
should be.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.core.run.exchanges import Request
from harness.core.standards.faults import faults
from harness.network.faults.registry import request_changes


def names() -> frozenset[str]:
    """All faults that :func:`change` knows."""
    return frozenset(request_changes())


def change(wanted: Iterable[str], operation: str, kind: str, request: Request) -> Request:
    """The request with the given defects.

    :param wanted: names of switched-on faults; unknown ones are ignored.
    :param operation: query name without format.
    :param kind: format of the request; defects are only made in XML.
    """
    if kind != "xml":
        return request
    for name in sorted(set(wanted) & request_changes().keys()):
        if operation in faults()[name].on:
            request = request_changes()[name](request)
    return request
