"""Judge of whose record the answers are: one and the same person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Finding
from harness.core.text import Text, joined
from harness.judge.every_standard.answers import OFFENDERS, own
from harness.judge.every_standard.identity.owners import every_resource, foreign_in, patient_references
from harness.judge.every_standard.record import compared, foreign
from harness.judge.phrases import NOTHING_OF_ANOTHER
from harness.judge.registry import judge_every
from harness.judge.view import CellView

OF_ELSE: Final = Text(nl="van een ander ({owner})", en="of somebody else ({owner})")
_Seen = tuple[Exchange, str, str]
"""An answer, a place in it, and the Patient that it names."""

FLOWS: Final = ("collect", "share", "readback", "search")
"""Flows in which the person's own token is used as it should be."""


@judge_every("GEN-022")
def one_person(view: CellView) -> Iterator[Finding]:
    """Every answer of the cell is about the same patient, and none says what is another person's."""
    requirement = own(view, "GEN-022")
    plain: list[_Seen] = []
    hidden: list[_Seen] = []
    for exchange in _answered(view):
        document, masks = view.document(exchange), view.masks(exchange)
        for path, resource in every_resource(document.resource if document is not None else None):
            for step, patient in patient_references(resource):
                place = f"{path}.{step}"
                if step == "id" and ".contained[" in path:
                    continue  # a name within that resource only
                (hidden if masks.hides(place) else plain).append((exchange, place, patient))
    usual = _usual(plain)
    strangers = _strangers(plain)  # a tag says nothing of a value: one reference is written in many ways
    others = list(foreign(view, requirement))
    others += _elsewhere(view, requirement, usual)
    yield from others
    if not (strangers or others) and (view.ownership.belongs == "other" or hidden):
        yield view.masked(requirement, next(iter(_answered(view)), None))
    elif not (strangers or others) and plain:
        first, _, patient = plain[0]
        yield view.ok(requirement, first, received=patient)
    for exchange, path, patient, usual in strangers[:OFFENDERS]:
        document = view.document(exchange)
        line, column = document.locate(path) if document is not None else (0, 0)
        yield view.fail(
            requirement,
            exchange=exchange,
            path=path,
            line=line,
            column=column,
            expected=usual,
            received=patient,
            next_step=BLOCKING,
        )


BLOCKING: Final = Text(
    nl="Gegevens van een andere persoon in het antwoord: filter alles wat wordt gevraagd op de persoon van "
    "het token, ook wat met een id wordt gelezen, documenten en bladzijden. Dit is een blokkerende "
    "bevinding.",
    en="Data of another person in the answer: filter whatever is asked on the person of the token, what is "
    "read by id, documents and pages too. This is a blocking finding.",
)


def _answered(view: CellView) -> list[Exchange]:
    """Every answer that this person's token brought: searches, pages, single resources, documents."""
    return [
        item
        for item in view.exchanges
        if item.flow in FLOWS
        and item.client == view.party("pgo")
        and item.interface in ("resource", "document")
        and item.response is not None
    ]


def _elsewhere(view: CellView, requirement: str, usual: str) -> Iterator[Finding]:
    """Data of other known persons in what :func:`foreign` does not compare: not a searchset of the standard.

    Content alone, without a text of the other person, counts where the answer does not say that it is the
    person's own: what was sent in this run may be equal to what somebody else has.
    """
    if view.record is None or view.ownership.misdeclared:
        return
    searched = {item.answer.exchange.id for item in compared(view)}
    for exchange in _answered(view):
        document = view.document(exchange)
        resources = dict(every_resource(document.resource if document is not None else None))
        for one in foreign_in(view, exchange, only_contained=exchange.id in searched)[:OFFENDERS]:
            of_person = [patient for _, patient in patient_references(resources.get(one.path, {}))]
            contained = ".contained[" in one.path
            if not one.said and (contained or not of_person or usual in of_person):
                continue
            line, column = document.locate(one.path) if document is not None and one.path else (0, 0)
            yield view.fail(
                requirement,
                exchange=exchange,
                path=one.path,
                line=line,
                column=column,
                expected=NOTHING_OF_ANOTHER,
                received=joined(OF_ELSE.format(owner=one.owner), one.received),
                next_step=BLOCKING,
                mode="record",
            )


def _usual(seen: list[_Seen]) -> str:
    tally = Counter(patient for _, _, patient in seen)
    return max(sorted(tally), key=lambda patient: tally[patient], default="")


def _strangers(seen: list[_Seen]) -> list[tuple[Exchange, str, str, str]]:
    """Places that name another patient than most do, with the usual one."""
    usual = _usual(seen)
    return [(*item, usual) for item in seen if item[2] != usual]
