"""The pages of each answer in the recording, in order, as whoever drove the cell fetched them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from harness.core.text import Text
from harness.judge.every_standard.answers import MAIN_FLOWS, Answer, Json, searches
from harness.judge.view import CellView
from harness.reference.searching.pages import LIMIT, OF_THE_SERVER, Pages, follow
from harness.reference.searching.replies import Reply

_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
NOT_FETCHED = Text(
    nl="het antwoord heeft een volgende bladzijde die niet is opgehaald; of dit daarop staat is niet gezien",
    en="the answer has a next page that was not fetched; whether this is on it was not seen",
)
TOO_MANY = Text(
    nl="het antwoord heeft meer bladzijden dan er worden opgehaald; of dit daarop staat is niet gezien",
    en="the answer has more pages than are fetched; whether this is on them was not seen",
)
NOT_GIVEN = Text(
    nl="een volgende bladzijde is niet te krijgen; of dit daarop staat is niet gezien",
    en="a next page cannot be had; whether this is on it was not seen",
)


@dataclass(frozen=True)
class Chain:
    """One searchset with its later pages.

    :ivar answers: the first page and those after it.
    :ivar pages: what they say together, and why they end too early.
    :ivar refused: the answer that is no page, when the last request for one was answered so.
    """

    answers: tuple[Answer, ...]
    pages: Pages
    refused: Answer | None = None

    @property
    def first(self) -> Answer:
        """The answer to the query."""
        return self.answers[0]

    @property
    def whole(self) -> bool:
        """Whether the last page was reached."""
        return not self.pages.end

    @property
    def unseen(self) -> Text:
        """Why what is not on these pages may still be in the answer."""
        if self.pages.end in OF_THE_SERVER:
            return NOT_GIVEN
        return TOO_MANY if self.pages.end == LIMIT else NOT_FETCHED

    @property
    def size(self) -> int:
        """How many matches the pages hold, each once."""
        return self.pages.size


def chains(view: CellView, *flows: str) -> list[Chain]:
    """Every search that was answered with a Bundle, with its later pages.

    :param flows: where they were asked, by default in the main flows.
    """
    asked = flows or MAIN_FLOWS
    found: list[Chain] = view.memo(f"page-chains {asked}", lambda: _chains(view, asked))
    return found


def chain_of(view: CellView, answer: Answer) -> Chain:
    """The chain that an answer (of :func:`searchsets`) is a page of."""
    by_page: dict[str, Chain] = view.memo(
        "page-chain-of", lambda: {page.exchange.id: chain for chain in chains(view) for page in chain.answers}
    )
    return by_page.get(answer.exchange.id) or Chain((answer,), Pages((answer.reply,)))


def _chains(view: CellView, flows: tuple[str, ...]) -> list[Chain]:
    after: dict[str, Answer] = {}
    for item in searches(view, pages=True, flows=flows):
        if item.before is not None:
            after.setdefault(item.before.exchange.id, item)
    asked = searches(view, flows=flows)
    return [_chain(item, after) for item in asked if item.answered and item.bundle]


def _chain(first: Answer, after: dict[str, Answer]) -> Chain:
    answers = [first]
    refused: list[Answer] = []

    def fetch(address: str) -> Reply | None:
        found = after.get(answers[-1].exchange.id)
        if found is None:
            return None
        reply = found.reply
        (answers if reply.answered else refused).append(found)
        return reply

    pages = follow(first.reply, fetch)
    return Chain(tuple(answers), pages, refused[0] if refused else None)


def bundles(chain: Chain) -> Iterator[Json]:
    """The pages of an answer, what comes again on a later page once: that it does is asked by GEN-032."""
    yield chain.first.resource
    seen = {_ENCODER.encode(resource) for _, resource in chain.first.resources}
    for page in chain.answers[1:]:
        here = {id(resource): _ENCODER.encode(resource) for _, resource in page.resources}
        listed = page.resource.get("entry")
        entries = [
            {} if isinstance(entry, dict) and here.get(id(entry.get("resource"))) in seen else entry
            for entry in (listed if isinstance(listed, list) else ())
        ]
        seen.update(here.values())
        yield {**page.resource, "entry": entries}
