"""Content against the reference record of the test person: what must come back, what must not, what it says.

All answers of a cell are compared at once; each judge then takes the differences that its requirement is
about. Without a record content is not tested (the reason says what to do); never a pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from harness.core.run.exchanges import UNHELD, Fact
from harness.core.run.findings import Finding
from harness.core.text import Phrase, Text, joined
from harness.judge.every_standard.answers import (
    NO_MANIFEST,
    OFFENDERS,
    Answer,
    Json,
    answers,
    objects,
    own,
    unsupported_manifest,
)
from harness.judge.every_standard.paging.chains import Chain, bundles, chains
from harness.judge.masks import MAIN_FLOWS
from harness.judge.phrases import NOT_IN_ANSWER, NOTHING_OF_ANOTHER
from harness.judge.registry import judge_every
from harness.judge.view import CellView
from harness.reference.reconcile import answers as taken_apart
from harness.reference.reconcile.cell import Reconciliation
from harness.reference.reconcile.differences import KINDS, NEXT, Difference

NO_RECORD: Final = Text(
    nl="geen referentiedossier van deze testpersoon voor deze standaard; noem er een in het netwerkbestand "
    "bij de persoon (record: MAP)",
    en="no reference record of this test person for this standard; name one with the person in the network "
    "file (record: DIR)",
)
COMPLETE: Final = Text(
    nl="Het dossier is niet door een bureau of uit een officiële set: vul het aan als dit klopt, en laat het "
    "anders weg uit het HIS.",
    en="The record is not a bureau's or of an official set: complete it when this is right, and otherwise "
    "leave it out of the HIS.",
)
_STAYS: Final = Text(nl="een tekst die in het HIS blijft", en="a text that stays in the HIS")
_TEXT_OF: Final = Text(nl="een tekst van {owner}", en="a text of {owner}")
MODE: Final = "record"
_WHOLE: Final = frozenset({"foreign", "not-allowed", "duplicated", "unknown", "not-asked", "remark"})
"""Kinds that can be about a whole resource, of which the elements were not compared then."""
_SELECTION: Final = frozenset({"missing", "not-allowed", "duplicated", "unknown", "not-asked"})
_CONTENT: Final = frozenset({"altered", "absent", "remark"})
_STATUS: Final = re.compile(r"(?:^|\.)(?:status|[a-z]+Status)(?:\[\d+\])?$")

_NAMED: Final = re.compile(r"(\w)\(.*$")
"""The end of a place that names its element by a function: an extension by url, what a reference leads to."""

_RESOURCE: Final = re.compile(r"Bundle\.entry(?:\[(\d+)\])?\.resource\.")
"""A place in a resource of a searchset."""

_INSIDE: Final = re.compile(r"(Bundle(?:\(\d+\))?\.entry\[\d+\]\.resource)\..*resolve\(\)")
"""A place in what a reference leads to; before it the resource, which may contain that."""


@dataclass(frozen=True)
class Compared:
    """What the record says of one page of an answer.

    :ivar chain: the answer as a whole. What is missing of it stands with its first page.
    :ivar differences: the worst kinds first.
    :ivar fitting: places of the resources whose elements were compared with the record's.
    :ivar partners: ``Type/id`` in the record of what came as expected, by place.
    """

    answer: Answer
    chain: Chain
    differences: tuple[Difference, ...]
    fitting: frozenset[str]
    partners: Mapping[str, str]


def compared(view: CellView) -> list[Compared]:
    """Every page of every searchset of the cell with its differences; nothing without a record."""
    found: list[Compared] = view.memo("record-compared", lambda: _compared(view))
    return found


def _compared(view: CellView) -> list[Compared]:
    record = view.record
    if record is None:
        return []
    listed = chains(view)
    parts = [taken_apart.answer_of(item.first.exchange.id, bundles(item)) for item in listed]
    expected = [
        view.records.expected(view.cell.standard, item.first.query, record, view.t) for item in listed
    ]
    by_page: dict[tuple[str, int], list[Difference]] = {}
    cell = Reconciliation(view.records.known, record)
    for difference in cell.run(zip(parts, expected, strict=True)):
        number, place = taken_apart.on_page(difference.place)
        by_page.setdefault((difference.operation, number), []).append(replace(difference, place=place))
    made = []
    for item, part in zip(listed, parts, strict=True):
        name = item.first.exchange.id
        given: list[dict[str, str | None]] = [{} for _ in item.answers]
        for one in part.given:
            number, place = taken_apart.on_page(one.place)
            given[number][place] = cell.partners.get((name, one.place))
        for number, page in enumerate(item.answers):
            differences = by_page.get((name, number), [])
            whole = {one.place for one in differences if one.kind in _WHOLE}
            partners = {place: key for place, key in given[number].items() if key is not None}
            made.append(Compared(page, item, tuple(differences), frozenset(given[number]) - whole, partners))
    return made


def nothing_to_compare(view: CellView, requirement: str) -> Finding | None:
    """Why nothing can be said of content: no record, or the answers are another person's."""
    if view.record is None:
        return view.not_tested(requirement, NO_RECORD)
    return view.masked(requirement) if view.ownership.misdeclared else None


def selected(view: CellView, requirement: str, operation: str) -> Iterator[Finding]:
    """All that the record holds under a query comes back, once, and nothing else."""
    if (nothing := nothing_to_compare(view, requirement)) is not None:
        yield nothing
        return
    found = answers(view, operation)
    if found and all(unsupported_manifest(item) for item in found):
        yield view.unseen(requirement, NO_MANIFEST, "no-document-manifest")
        return
    for item in compared(view):
        if item.answer.query.operation == operation:
            about = [one for one in item.differences if one.kind in _SELECTION and not one.leak]
            yield from _said(view, requirement, item, about)
            if not any(one.broken for one in about):
                if item.answer.masks.hides_text("Bundle.entry"):  # it may be another one than it seems
                    yield view.masked(requirement, item.answer.exchange)
                else:
                    yield view.ok(requirement, item.answer.exchange, mode=MODE)


def kept_inside(view: CellView, requirement: str) -> Iterator[Finding]:
    """What has to stay in the HIS is in no answer, neither as a resource nor as a text."""
    if (nothing := nothing_to_compare(view, requirement)) is not None:
        yield nothing
        return
    yield from _texts(view, requirement, inside=True)
    for item in compared(view):
        leaks = [one for one in item.differences if one.leak]
        yield from _said(view, requirement, item, leaks)
        if not leaks:
            masked = item.answer.masks.hides_text("Bundle.entry")
            yield (view.masked if masked else view.ok)(requirement, item.answer.exchange)


def foreign(view: CellView, requirement: str) -> Iterator[Finding]:
    """Content of other known persons; no finding when there is none."""
    if view.record is not None and not view.ownership.misdeclared:
        for item in compared(view):
            masks = item.answer.masks
            about = [one for one in item.differences if one.kind == "foreign"]
            hidden = [one for one in about if not one.said and masks.touches(one.place)]
            if hidden:  # without what was masked it could be the person's own
                yield view.masked(requirement, item.answer.exchange, hidden[0].place)
            yield from _said(view, requirement, item, [one for one in about if one not in hidden])
        yield from _texts(view, requirement, inside=False)


def _texts(view: CellView, requirement: str, *, inside: bool) -> Iterator[Finding]:
    """Texts that the recorder saw where the comparison of resources does not look: in headers, errors, links,
    coded words and documents, and where a tag is all that it finds.

    :param inside: those of the person that have to stay in the HIS; else those of others.
    """
    sets = {item.answer.exchange.id: item.answer.resource for item in compared(view)}
    for exchange in view.exchanges:
        if exchange.interface not in ("resource", "document") or exchange.flow not in MAIN_FLOWS:
            continue
        masked = {fact.place for fact in exchange.facts if fact.equals == UNHELD}
        for fact in exchange.facts:
            if fact.kind != "text" or (fact.owner == view.person) is not inside:
                continue
            place, _, path = fact.place.partition(":")
            read = exchange.id in sets and not fact.ways and fact.place not in masked
            if read and _of_content(sets[exchange.id], path):
                continue
            yield view.fail(
                requirement,
                exchange=exchange,
                path=path or place.removeprefix("response."),
                expected=NOT_IN_ANSWER if inside else NOTHING_OF_ANOTHER,
                received=_received(fact, inside),
                next_step=NEXT["not-allowed" if inside else "foreign"].format(item="", owner=fact.owner),
                mode=MODE,
            )


def _of_content(bundle: Json, path: str) -> bool:
    """Whether a place is in a resource that is compared with the record: an OperationOutcome is not."""
    match = _RESOURCE.match(path)
    if match is None:
        return False
    entries = objects(bundle.get("entry"))
    number = int(match.group(1) or 0)
    resource = entries[number].get("resource") if number < len(entries) else None
    return not isinstance(resource, dict) or resource.get("resourceType") != "OperationOutcome"


def _received(fact: Fact, inside: bool) -> Phrase:
    what = _STAYS if inside else _TEXT_OF.format(owner=fact.owner)
    return joined(what, f"({' > '.join(fact.ways)})" if fact.ways else "", separator=" ")


@judge_every("REC-001")
def values(view: CellView) -> Iterator[Finding]:
    """Every element says what the record says."""
    return _elements(view, own(view, "REC-001"), lambda place: not _STATUS.search(place), _anything)


@judge_every("REC-002")
def statuses(view: CellView) -> Iterator[Finding]:
    """Every status is that of the record."""
    return _elements(view, own(view, "REC-002"), lambda place: bool(_STATUS.search(place)), _has_status)


def _elements(
    view: CellView, requirement: str, about: Callable[[str], bool], shown: Callable[[Compared], bool]
) -> Iterator[Finding]:
    """Elements that differ; an answer without a resource to compare shows nothing."""
    if (nothing := nothing_to_compare(view, requirement)) is not None:
        yield nothing
        return
    for item in compared(view):
        places = {place for place, _ in item.answer.resources}
        said = [
            one
            for one in item.differences
            if one.kind in _CONTENT and about(one.place) and one.place not in places
        ]
        yield from _said(view, requirement, item, said)
        if not said and shown(item):
            yield view.ok(requirement, item.answer.exchange, received=f"{len(item.fitting)}x", mode=MODE)


def _anything(item: Compared) -> bool:
    return bool(item.fitting)


def _has_status(item: Compared) -> bool:
    return any(
        place in item.fitting and any(_STATUS.search(key) for key in resource)
        for place, resource in item.answer.resources
    )


def _said(view: CellView, requirement: str, item: Compared, about: list[Difference]) -> Iterator[Finding]:
    """Findings of some differences in an answer."""
    for one in about[:OFFENDERS]:
        exchange = item.answer.exchange
        if one.undecided:
            yield view.inconclusive(requirement, COMPLETE, exchange=exchange, received=one.received)
            continue
        inside = _INSIDE.match(one.place)
        if inside and item.answer.masks.touches(inside.group(1)):
            yield view.masked(requirement, exchange, inside.group(1))
            continue
        if one.kind == "missing" and not item.chain.whole:
            yield view.inconclusive(requirement, item.chain.unseen, exchange=exchange, received=one.expected)
            continue
        path = _NAMED.sub(r"\1", one.place) or "Bundle.entry"
        line, column = item.answer.line(path)
        kind = one.owned if one.kind == "altered" else one.named
        yield (view.fail if one.broken else view.warn)(
            requirement,
            exchange=exchange,
            path=path,
            line=line,
            column=column,
            expected=one.expected or (NOTHING_OF_ANOTHER if one.kind == "foreign" else NOT_IN_ANSWER),
            received=joined(kind, one.received) or KINDS[one.kind],
            next_step=one.next_step,
            rule=one.rule,
            mode=MODE,
        )
