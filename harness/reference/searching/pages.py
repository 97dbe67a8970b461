"""The pages of one answer: where a client goes on, and where it has to stop.

One rule for whoever walks along ``link[relation=next]``: the driver, which fetches, and the judges, for whom
fetching is looking in the recording.

::

    pages = follow(first, fetch)
    pages.end          # "" when the last page was reached
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from harness.core.text import Phrase, Text
from harness.reference.searching.replies import Reply

LOOP: Final = "loop"
"""The next page is one that was there before."""
ELSEWHERE: Final = "elsewhere"
"""The next page is at another host, to which no token may go."""
INSECURE: Final = "insecure"
"""The next page is not at an https address."""
BROKEN: Final = "broken"
"""The next page was asked and is no searchset."""
REPEATS: Final = "repeats"
"""A page only repeats what was on earlier ones, so that there would be no end."""
LIMIT: Final = "limit"
"""There are more pages or resources than are fetched."""
UNFETCHED: Final = "unfetched"
"""Nobody asked the next page."""
OF_THE_SERVER: Final = frozenset({LOOP, ELSEWHERE, INSECURE, BROKEN, REPEATS})
"""Ends for which the server is answerable."""

MAX_PAGES: Final = 200
MAX_MATCHES: Final = 10_000


@dataclass(frozen=True)
class Pages:
    """The pages of one answer, in order.

    :ivar end: why they end before the last one, ``""`` when they do not.
    :ivar address: the next page that was not reached.
    :ivar status: HTTP status of that page, when it was asked.
    """

    replies: tuple[Reply, ...]
    end: str = ""
    address: str = ""
    status: int = 0

    @property
    def twice(self) -> list[tuple[int, str]]:
        """Matches that were on an earlier page already: number of the page from 0, and which."""
        seen: set[str] = set()
        found = []
        for number, reply in enumerate(self.replies):
            found += [(number, key) for key in dict.fromkeys(reply.keys) if key in seen]
            seen.update(reply.keys)
        return found

    @property
    def size(self) -> int:
        """How many matches the pages hold, each once."""
        return len({key for reply in self.replies for key in reply.keys})


def follow(first: Reply, fetch: Callable[[str], Reply | None], *, most: int = MAX_PAGES) -> Pages:
    """Walk along ``next`` until the last page, within bounds.

    :param fetch: gives the page at an address; ``None`` when it is not asked.
    :param most: pages that are fetched, the first included.
    """
    pages = [first]
    visited, seen = {first.url}, set(first.keys)
    while address := pages[-1].next:
        end = _barred(first.url, address) or (LOOP if address in visited else "")
        if not end and (len(pages) >= most or len(seen) >= MAX_MATCHES):
            end = LIMIT
        reply = None if end else fetch(address)
        if not end and (reply is None or not reply.answered):
            end = UNFETCHED if reply is None else BROKEN
        if end or reply is None:
            return Pages(tuple(pages), end, address, 0 if reply is None else reply.status)
        visited.add(address)
        pages.append(reply)
        if reply.keys and reply.next and seen.issuperset(reply.keys):
            return Pages(tuple(pages), REPEATS, reply.next)
        seen.update(reply.keys)
    return Pages(tuple(pages))


_ENDED: Final = {
    LOOP: Text(nl="een volgende bladzijde die terugleidt", en="a next page that leads back"),
    ELSEWHERE: Text(nl="volgende bladzijde op {where}", en="next page on {where}"),
    INSECURE: Text(nl="een volgende bladzijde zonder https", en="a next page without https"),
    BROKEN: Text(nl="een bladzijde is beantwoord met {status}", en="a page is answered with {status}"),
    REPEATS: Text(
        nl="een bladzijde die eerdere herhaalt, met een volgende bladzijde",
        en="a page that repeats earlier ones, with a next page",
    ),
}
_UNANSWERED: Final = Text(nl="een bladzijde is niet beantwoord", en="a page is not answered")
_SOMEWHERE: Final = Text(nl="een ander adres", en="somewhere else")


def ended(pages: Pages) -> Text:
    """In words how the pages ended too early, by what the server did (:data:`OF_THE_SERVER`)."""
    if pages.end == BROKEN and not pages.status:
        return _UNANSWERED
    where: Phrase = _SOMEWHERE
    with suppress(ValueError):
        where = urlsplit(pages.address).hostname or where
    return _ENDED[pages.end].format(where=where, status=pages.status)


def _barred(asked: str, address: str) -> str:
    """Why a token must not be sent to an address."""
    try:
        home, there = _host(asked), _host(address)
    except ValueError:
        return ELSEWHERE
    if urlsplit(address).scheme.lower() != "https":
        return INSECURE
    return "" if home == there else ELSEWHERE


def _host(url: str) -> tuple[str, int]:
    split = urlsplit(url)
    if split.username is not None:
        raise ValueError
    return (split.hostname or "").rstrip("."), split.port or 443


def pages_say(pages: Iterable[Reply]) -> Counter[str]:
    """What the pages of one answer hold together."""
    found: Counter[str] = Counter()
    for page in pages:
        found += page.matches
    return found
