"""Answers to searches, and what one of them says about another."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import quote, urljoin

from harness.core.normal.codes import number

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Reply:
    """One answer.

    :ivar status: HTTP status, 0 when there was no answer.
    :ivar resource: the body as FHIR, ``{}`` when it is none.
    :ivar url: what was asked.
    """

    status: int
    resource: Json
    url: str = ""

    @property
    def answered(self) -> bool:
        """Whether it is a searchset."""
        return self.status == 200 and self.resource.get("resourceType") == "Bundle"

    @property
    def refused(self) -> bool:
        """Whether the server says that it does not do this."""
        return not self.answered and (
            self.resource.get("resourceType") == "OperationOutcome" or 400 <= self.status < 500
        )

    @property
    def busy(self) -> bool:
        """Whether the server asks to be left in peace."""
        return self.status in (429, 503)

    @property
    def next(self) -> str:
        """Address of the next page, ``""`` on the last one; relative ones belong to what was asked."""
        for link in self._listed("link"):
            address = link.get("url")
            if link.get("relation") == "next" and isinstance(address, str):
                return _joined(self.url, address.strip())
        return ""

    @property
    def whole(self) -> bool:
        """Whether it is all there is."""
        return self.answered and not self.next

    @property
    def total(self) -> int | None:
        """How many matches there are in all, as the server counts."""
        found = self.resource.get("total")
        return found if isinstance(found, int) else None

    @cached_property
    def matches(self) -> Counter[str]:
        """What was found: the content of each match, how often it occurs."""
        return Counter(content_key(resource) for resource in self.found())

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Which resources were found: ``Type/id`` of each match, its content where it has no id."""
        return tuple(
            f"{item.get('resourceType')}/{item['id']}"
            if isinstance(item.get("id"), str)
            else content_key(item)
            for item in self.found()
        )

    def found(self) -> Iterator[Json]:
        """The matches."""
        for entry in self._listed("entry"):
            resource, search = entry.get("resource"), entry.get("search")
            mode = search.get("mode") if isinstance(search, dict) else None
            outcome = isinstance(resource, dict) and resource.get("resourceType") == "OperationOutcome"
            if isinstance(resource, dict) and mode in (None, "match") and not outcome:
                yield resource

    def _listed(self, name: str) -> Iterable[dict[str, Any]]:
        listed = self.resource.get(name)
        return (item for item in (listed if isinstance(listed, list) else ()) if isinstance(item, dict))


_SENDABLE = "".join(map(chr, range(0x21, 0x7F)))
"""What may stand in the address of a request as it is."""


def _joined(asked: str, address: str) -> str:
    with suppress(ValueError):  # that is no address at all
        address = urljoin(asked, address)
    return quote(address.partition("#")[0], safe=_SENDABLE)


_TECHNICAL = frozenset({"id", "meta", "text", "contained", "reference"})
"""Elements that may be different each time the same is told."""


def content_key(resource: Json) -> str:
    """What a resource says, whatever its id and whatever the format that it came in."""
    return json.dumps(_said(resource), sort_keys=True, ensure_ascii=False)


def _said(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: _said(value) for key, value in node.items() if key not in _TECHNICAL}
    if isinstance(node, list):
        return [_said(item) for item in node]
    if isinstance(node, Decimal | float | int) and not isinstance(node, bool):
        return number(node)
    return node


def show_more(wide: Reply, narrow: Reply) -> int:
    """How many matches a narrower search has that the wider one has not."""
    return (narrow.matches - wide.matches).total()
