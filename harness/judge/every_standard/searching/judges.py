"""Are searches that a server promises answered rightly? By the record, and by what answers say of each other.

A refusal is never a fault; an answer that comes and goes decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from harness.core.run.findings import Finding
from harness.core.text import Phrase, Text, counted, joined
from harness.fhir.search.query import SearchError
from harness.judge.every_standard.answers import own
from harness.judge.every_standard.record import nothing_to_compare
from harness.judge.every_standard.searching.attempts import (
    Attempt,
    Searched,
    chains,
    searched,
    selection,
)
from harness.judge.phrases import MATCHES, NOT_IN_ANSWER, PAGES
from harness.judge.registry import judge_every
from harness.judge.view import CellView
from harness.reference.reconcile.differences import Difference
from harness.reference.searching.pages import OF_THE_SERVER, ended, pages_say
from harness.reference.searching.replies import show_more

NO_MORE: Final = Text(nl="niet meer dan {wide} vindt ({total})", en="no more than {wide} finds ({total})")
AS_IN_JSON: Final = Text(
    nl="de {total} treffers van het antwoord in JSON", en="the {total} matches of the answer in JSON"
)
TOGETHER: Final = Text(
    nl="{total} treffers op alle bladzijden samen", en="{total} matches on all pages together"
)
ON_PAGES: Final = Text(nl="{matches} op {pages}", en="{matches} on {pages}")
SEARCHES: Final = (Text(nl="zoekvraag", en="search"), Text(nl="zoekvragen", en="searches"))
COMPARED: Final = Text(
    nl="{looked} vergeleken, {searches}, {refused} geweigerd, seed {seed}",
    en="{looked} compared, {searches}, {refused} refused, seed {seed}",
)
MODE: Final = "search"
UNDRIVEN: Final = Text(
    nl="er is niet gezocht met eigen zoekvragen; dat doet --intensity full",
    en="no searches of our own were sent; --intensity full does that",
)
REFUSED: Final = Text(
    nl="het HIS weigert alle zoekvragen die de standaard niet zelf stelt",
    en="the HIS refuses all searches that the standard does not ask itself",
)
NOTHING_TWICE: Final = Text(
    nl="geen twee antwoorden waren te vergelijken",
    en="no two answers could be compared",
)
UNSTABLE: Final = Text(
    nl="dezelfde zoekvraag is op twee manieren beantwoord; herhaal de run wanneer het HIS niet wordt "
    "gewijzigd",
    en="the same search was answered in two ways; run again while nobody changes the HIS",
)


@judge_every("QRY-001")
def selected(view: CellView) -> Iterator[Finding]:
    """Whole answers hold what the record selects."""
    name, found = own(view, "QRY-001"), searched(view)
    if (nothing := nothing_to_compare(view, name)) is not None:
        yield nothing
        return
    wrong: list[tuple[Attempt, Difference]] = []
    looked = 0
    for item in found.attempts:
        if item.sized or not item.reply.whole:
            continue
        differences = _differences(view, item)
        if differences is not None:
            looked += 1
            wrong += [(item, one) for one in differences[:1]]
    if not wrong:
        yield _good(view, name, found, looked)
        return
    item, one = min(wrong, key=lambda pair: pair[0].size)
    if found.unstable:
        yield view.inconclusive(name, UNSTABLE, exchange=item.exchange, received=item.line)
        return
    if (
        item.reply.resource
        and view.masks(item.exchange).touches(one.place or "Bundle.entry")
        and one.kind != "foreign"
    ):
        yield view.masked(name, item.exchange, one.place)
        return
    yield view.fail(
        name,
        exchange=item.exchange,
        path=one.place or "Bundle.entry",
        expected=joined(item.line, one.expected or NOT_IN_ANSWER),
        received=joined(one.named, one.received or one.item),
        next_step=_step(found, item, len({id(pair[0]) for pair in wrong}), looked),
        rule=one.rule,
        mode=MODE,
    )


def _differences(view: CellView, item: Attempt) -> list[Difference] | None:
    made = selection(view)
    if made is None:
        return None
    try:
        return made.differences(item.kind, item.filters, item.reply)
    except SearchError:
        return None


@judge_every("QRY-002")
def narrower(view: CellView) -> Iterator[Finding]:
    """A search with one more filter finds no more, and the order of parameters changes nothing."""
    found = searched(view)
    whole = [item for item in found.attempts if item.reply.whole and not item.sized]
    pairs = [
        (wide, narrow)
        for wide in whole
        for narrow in whole
        if wide is not narrow
        and wide.kind == narrow.kind
        and wide.format == narrow.format
        and set(wide.filters) <= set(narrow.filters)
        and (wide.filters != narrow.filters or wide.pairs != narrow.pairs)
    ]
    return _compared(
        view,
        own(view, "QRY-002"),
        found,
        [(wide, narrow, show_more(wide.reply, narrow.reply)) for wide, narrow in pairs],
        NO_MORE,
    )


@judge_every("QRY-004")
def formats(view: CellView) -> Iterator[Finding]:
    """JSON and XML say the same."""
    found = searched(view)
    whole = [item for item in found.attempts if item.reply.whole and not item.sized]
    pairs = [
        (one, other, int(one.reply.matches != other.reply.matches))
        for one in whole
        for other in whole
        if (one.format, other.format) == ("json", "xml")
        and (one.kind, one.pairs) == (other.kind, other.pairs)
    ]
    return _compared(view, own(view, "QRY-004"), found, pairs, AS_IN_JSON)


def _compared(
    view: CellView,
    name: str,
    found: Searched,
    pairs: Iterable[tuple[Attempt, Attempt, int]],
    expected: Text,
) -> Iterator[Finding]:
    """Findings of pairs of answers, each with how much they differ."""
    listed = list(pairs)
    wrong = [pair for pair in listed if pair[2]]
    if not wrong:
        yield _good(view, name, found, len(listed))
        return
    one, other, _ = min(wrong, key=lambda pair: pair[1].size)
    if found.unstable:
        yield view.inconclusive(name, UNSTABLE, exchange=other.exchange, received=other.line)
        return
    yield view.fail(
        name,
        exchange=other.exchange,
        path="Bundle.entry",
        expected=expected.format(wide=one.line, total=one.reply.matches.total()),
        received=f"{other.line} ({other.format}): {other.reply.matches.total()}",
        next_step=_step(found, other, len(wrong), len(listed)),
        mode=MODE,
    )


@judge_every("QRY-003")
def pages(view: CellView) -> Iterator[Finding]:
    """The pages of an answer hold together what the answer holds, each once."""
    name, found = own(view, "QRY-003"), searched(view)
    whole = {
        (item.kind, item.filters, item.format): item
        for item in found.attempts
        if item.reply.whole and not item.sized
    }
    looked: list[tuple[Attempt, Text, Phrase]] = []
    for item, chain in chains(found):
        single = whole.get((item.kind, item.filters, item.format))
        if single is None:
            continue
        wanted = TOGETHER.format(total=single.reply.matches.total())
        if chain.end in OF_THE_SERVER:
            looked.append((item, wanted, ended(chain)))
        elif not chain.end:  # else it was not followed to its end within the budget
            together = pages_say(chain.replies)
            said = ON_PAGES.format(
                matches=counted(together.total(), *MATCHES), pages=counted(len(chain.replies), *PAGES)
            )
            looked.append((item, wanted, "" if together == single.reply.matches else said))
    wrong = [one for one in looked if one[2]]
    if not wrong:
        yield _good(view, name, found, len(looked))
        return
    item, expected, received = min(wrong, key=lambda one: one[0].size)
    if found.unstable:
        yield view.inconclusive(name, UNSTABLE, exchange=item.exchange, received=item.line)
        return
    yield view.fail(
        name,
        exchange=item.exchange,
        path="Bundle.link",
        expected=expected,
        received=joined(item.line, received),
        next_step=_step(found, item, len(wrong), len(looked)),
        mode=MODE,
    )


def _good(view: CellView, name: str, found: Searched, looked: int) -> Finding:
    """Nothing was amiss: a pass when something was looked at."""
    if looked:
        last = found.attempts[-1].exchange
        told = COMPARED.format(
            looked=looked,
            searches=counted(len(found.attempts), *SEARCHES),
            refused=found.refused,
            seed=found.seed,
        )
        return view.ok(name, last, received=told, mode=MODE)
    if not found.attempts:
        return view.not_tested(name, UNDRIVEN)
    refused = found.refused == len(found.attempts)
    return view.not_tested(name, REFUSED if refused else NOTHING_TWICE)


def _step(found: Searched, item: Attempt, wrong: int, looked: int) -> Text:
    return Text(
        nl=f"Stel deze vraag zelf: {item.line}. Het is de kleinste van {wrong} die niet kloppen ({looked} "
        f"vergeleken, "
        f"seed {found.seed}).",
        en=f"Ask this yourself: {item.line}. It is the smallest of {wrong} that are not right ({looked} "
        f"compared, "
        f"seed {found.seed}).",
    )
