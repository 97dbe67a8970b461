"""What each exchange depends on: the earlier exchange that gave it what it carries.

Computed from the exchanges themselves, whoever made them: a code goes from the redirect to the token request,
a token from there to every resource request, an endpoint from the list to the authorization request, a URL
from an answer to the request for it, a session from page to page.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

from harness.core.run.exchanges import Exchange, header

FRONT: Final = ("authorization", "login", "consent", "redirect")
CARE: Final = ("resource", "document")
_CARRIED: Final = ("code", "token", "refresh")
"""Kinds of secrets that are given in one exchange and used in another."""
_ANSWERS: Final = 200
"""Answers of a client in which an address is looked for, the last ones."""


def depends(exchanges: Sequence[Exchange]) -> dict[str, tuple[str, ...]]:
    """Ids of the exchanges that each exchange depends on directly, by its id.

    :param exchanges: those of one cell, in time order.
    """
    return _Reading().run(exchanges)


class _Reading:
    """The exchanges of a cell, read once in time order."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}  # tag of a secret -> id of the exchange whose answer gave it last
        self._lists: dict[tuple[str, str], str] = {}  # client, kind of list -> id of its last fetch
        self._front: dict[tuple[str, str], Exchange] = {}  # client, flow -> the last page of the person
        self._answers: dict[str, deque[tuple[Exchange, str]]] = {}  # client -> answers with their text

    def run(self, exchanges: Sequence[Exchange]) -> dict[str, tuple[str, ...]]:
        """See :func:`depends`."""
        found = {}
        for item in exchanges:
            found[item.id] = tuple(dict.fromkeys((*self._carried(item), *self._led_by(item))))
            self._remember(item)
        return found

    def _carried(self, item: Exchange) -> list[str]:
        """Exchanges that gave a code or token that this request carries."""
        return [
            self._given[fact.tag]
            for fact in item.facts
            if fact.kind in _CARRIED and fact.place.startswith("request") and fact.tag in self._given
        ]

    def _led_by(self, item: Exchange) -> list[str]:
        """The exchange that told the client where to go."""
        if item.operation == "authorize" and _starts(item, self._front.get((item.client, item.flow))):
            fetched = self._lists.get((item.client, "zal"))
            return [fetched] if fetched else []
        if item.interface in FRONT:
            page = self._front.get((item.client, item.flow))
            return [page.id] if page is not None else []
        if item.interface in CARE:
            return self._named(item)
        return []

    def _named(self, item: Exchange) -> list[str]:
        """The answer in which the address of this request stands: a next page, a document, a reference."""
        split = urlsplit(item.request.url)
        steps = [step for step in split.path.split("/") if step]
        if len(steps) < 2 or item.request.method != "GET" or not (split.query or steps[-2][:1].isupper()):
            return []
        whole = {item.request.url, unquote(item.request.url)}
        tail = f"{steps[-2]}/{steps[-1]}" if steps[-2][:1].isupper() else ""
        for earlier, text in self._answers.get(item.client, ()):
            linked = split.query and any(f'"{url}"' in text for url in whole)
            if (linked and earlier.request.url != item.request.url) or (tail and f'{tail}"' in text):
                return [earlier.id]
        return []

    def _remember(self, item: Exchange) -> None:
        if item.interface == "list":
            self._lists[item.client, item.operation.removeprefix("list-")] = item.id
        if item.interface in FRONT:
            self._front[item.client, item.flow] = item
        if item.interface in CARE and item.response is not None and item.response.body:
            text = item.response.body.decode("utf-8", "replace").replace("&amp;", "&").replace("\\/", "/")
            self._answers.setdefault(item.client, deque(maxlen=_ANSWERS)).append((item, text))
        sent = {fact.tag for fact in item.facts if fact.place.startswith("request")}
        if item.response is not None and item.response.status >= 400:
            sent |= set(self._given)  # an error repeats what it was sent earlier, and issues nothing
        for fact in item.facts:
            if fact.kind in _CARRIED and fact.place.startswith("response") and fact.tag not in sent:
                self._given[fact.tag] = item.id


def _starts(item: Exchange, before: Exchange | None) -> bool:
    """Whether an authorization request begins a flow, and is no redirect of the one before."""
    location = header(before.response.headers, "location") if before and before.response else None
    return before is None or not location or urljoin(before.request.url, location) != item.request.url
