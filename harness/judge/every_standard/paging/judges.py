"""Judge of answers over several pages: all can be had, and they hold each match once."""

from __future__ import annotations

from collections.abc import Iterator

from harness.core.issues import shortened
from harness.core.run.findings import Finding
from harness.core.text import Text, counted
from harness.judge.every_standard.answers import OFFENDERS, own
from harness.judge.every_standard.paging.chains import Chain, chains
from harness.judge.phrases import PAGES
from harness.judge.registry import judge_every
from harness.judge.view import CellView
from harness.reference.searching.pages import OF_THE_SERVER, ended

FURTHER = Text(nl="nog een bladzijde, of geen next-link", en="a further page, or no next link")
ON_ONE_PAGE = Text(nl="elke treffer op één bladzijde", en="each match on one page")
TWICE = Text(nl="{key} op bladzijde {page} en eerder", en="{key} on page {page} and before")
ADVICE = Text(
    nl="Laat elke next-link naar een volgende bladzijde op dezelfde server leiden, met https, die het token "
    "van deze persoon aanneemt; de laatste bladzijde heeft geen next-link.",
    en="Let every next link lead to a further page on the same server, with https, that accepts the token of "
    "this person; the last page has no next link.",
)
ONCE = Text(
    nl="Zet elke treffer op één bladzijde: een vaste volgorde voorkomt dat er een dubbel komt of wegvalt.",
    en="Put every match on one page: a fixed order prevents that one comes twice or is lost.",
)


@judge_every("GEN-032")
def all_pages(view: CellView) -> Iterator[Finding]:
    """Every next page can be had, none leads back or elsewhere, and no match is on two of them."""
    requirement = own(view, "GEN-032")
    for chain in chains(view):
        wrong = list(_wrong(view, requirement, chain))
        yield from wrong
        if not wrong and not chain.whole:
            yield view.inconclusive(requirement, chain.unseen, exchange=chain.answers[-1].exchange)
        elif not wrong:
            count = len(chain.answers)
            yield view.ok(requirement, chain.first.exchange, received=counted(count, *PAGES))


def _wrong(view: CellView, requirement: str, chain: Chain) -> Iterator[Finding]:
    if chain.pages.end in OF_THE_SERVER:
        last = chain.answers[-1]
        refused = chain.refused.exchange if chain.refused is not None else None
        line, column = last.line("Bundle.link")
        yield view.fail(
            requirement,
            exchange=refused or last.exchange,
            path="" if refused else "Bundle.link",
            line=0 if refused else line,
            column=0 if refused else column,
            expected=FURTHER,
            received=shortened(ended(chain.pages)),
            next_step=ADVICE,
        )
    for number, key in chain.pages.twice[:OFFENDERS]:
        page = chain.answers[number]
        path = next((place for place, item in page.matches if _key(item) == key), "Bundle.entry")
        if page.masks.touches(path):
            yield view.masked(requirement, page.exchange, path)
            continue
        line, column = page.line(path)
        yield view.fail(
            requirement,
            exchange=page.exchange,
            path=path,
            line=line,
            column=column,
            expected=ON_ONE_PAGE,
            received=shortened(TWICE.format(key=key, page=number + 1)),
            next_step=ONCE,
        )


def _key(resource: dict[str, object]) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id')}"
