"""What a person sent is read back: it stands in the record afterwards, as it was sent, and nothing else is
new.

The record that answers are compared with is the person's own with what the HIS acknowledged. One content
that was acknowledged several times (in JSON and in XML) has to be there once, and may be there as often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Finding
from harness.core.text import Text, joined
from harness.fhir.store import Store
from harness.judge.every_standard.answers import (
    Answer,
    Json,
    codings,
    objects,
    reference_of,
    requests,
    text,
)
from harness.judge.every_standard.paging.chains import Chain, bundles, chains
from harness.judge.every_standard.record import nothing_to_compare
from harness.judge.registry import judge
from harness.judge.view import CellView
from harness.reference.oracle.expect import Expectation, expect
from harness.reference.reconcile.answers import answer_of, on_page, reference_key
from harness.reference.reconcile.cell import Reconciliation
from harness.reference.reconcile.differences import KINDS, Difference
from harness.reference.reconcile.known import index_records
from harness.reference.record.model import Record
from harness.reference.searching.replies import content_key

FLOW: Final = "readback"
SENT: Final = "harness-sent-"
"""Beginning of the ids that what was sent has in the record of this comparison."""
_OF_SENDER: Final = ("subject", "performer", "device", "related", "specimen", "encounter", "context")
SENT_ONCE: Final = Text(nl="wat is gestuurd, één keer", en="what was sent, once")
NOTHING_SENT: Final = Text(
    nl="er is niets gestuurd dat het HIS bevestigde, of daarna niet opnieuw opgehaald",
    en="nothing was sent that the HIS acknowledged, or nothing was collected afterwards",
)
NOT_YET: Final = Text(
    nl="van wat is gestuurd staat nog niets in het dossier; staat het in de werklijst van de huisarts, "
    "verwerk het daar "
    "en draai opnieuw",
    en="nothing of what was sent is in the record yet; when it waits in the GP's work list, accept it "
    "there and run "
    "again",
)


@dataclass(frozen=True)
class _Read:
    """One answer after sending, with what differs from the record with what was sent.

    :ivar given: the resources of all its pages, by place.
    :ivar arrived: key of what was sent, by its place.
    :ivar wanted: what of it must be in the answer; ``sent`` what may be, with its code.
    :ivar subjects: the Patient of everything else in the answers.
    """

    chain: Chain
    given: dict[str, Json]
    differences: tuple[Difference, ...]
    arrived: dict[str, str]
    wanted: frozenset[str]
    sent: dict[str, str]
    subjects: frozenset[str]

    @property
    def exchange(self) -> Exchange:
        """That of the first page."""
        return self.chain.first.exchange


def _sent(view: CellView) -> list[tuple[Json, bool]]:
    """Observations that were sent, each time, and whether the HIS acknowledged it."""
    found = []
    for answer in requests(view):
        if not answer.query.body or answer.exchange.request.method != "POST":
            continue
        document = view.request_document(answer.exchange)
        entries = objects((document.resource if document is not None else {}).get("entry"))
        told = answer.entries if answer.answered else []
        for number, entry in enumerate(entries):
            response = told[number].get("response") if number < len(told) else None
            status = text(response.get("status")) if isinstance(response, dict) else ""
            resource = entry.get("resource")
            if isinstance(resource, dict) and resource.get("resourceType") == "Observation":
                found.append((resource, status.startswith(("200", "201"))))
    return found


def _with(record: Record, sent: list[tuple[Json, bool]]) -> tuple[Record, frozenset[str]]:
    """The record with what was sent, and the keys of what need not be there.

    That is what the HIS did not acknowledge, and further copies of what was sent more than once.
    """
    store = Store(record.store.through)
    store.load(stored.resource for stored in record.store)
    seen: set[str] = set()
    free = set()
    for number, (resource, acknowledged) in enumerate(sent):
        own: dict[str, Any] = {key: value for key, value in resource.items() if key not in _OF_SENDER}
        own |= {"id": f"{SENT}{number}", "subject": {"reference": record.key}}
        store.put(own)
        said = content_key(own)
        if said in seen or not acknowledged:
            free.add(f"Observation/{own['id']}")
        else:
            seen.add(said)
    return replace(record, store=store, sent=()), frozenset(free)


def _expected(view: CellView, answer: Answer, record: Record, free: frozenset[str]) -> Expectation:
    found = expect(view.cell.standard, answer.query, record, view.t)
    must = {key: item for key, item in found.must.items() if key not in free}
    further = {key: item for key, item in found.must.items() if key in free}
    return replace(found, must=must, may={**found.may, **further})


def _read(view: CellView) -> list[_Read]:
    made: list[_Read] = view.memo("readback", lambda: list(_compared(view)))
    return made


def _compared(view: CellView) -> Iterator[_Read]:
    sent = _sent(view)
    if view.record is None or not sent:
        return
    record, free = _with(view.record, sent)
    others = [item for item in view.records.known.records if item.person != record.person]
    cell = Reconciliation(index_records([*others, record]), record)
    pairs = [
        (
            chain,
            answer_of(chain.first.exchange.id, bundles(chain)),
            _expected(view, chain.first, record, free),
        )
        for chain in chains(view, FLOW)
        if chain.whole
    ]
    differences = cell.run((part, expected) for _, part, expected in pairs)
    subjects = frozenset(
        _subject(one.resource)
        for _, part, _ in pairs
        for one in part.given
        if SENT not in cell.partners.get((part.operation, one.place), SENT)
    )
    for chain, part, expected in pairs:
        given = {one.place: one.resource for one in part.given}
        own = tuple(item for item in differences if item.operation == part.operation)
        here = {place: key for (where, place), key in cell.partners.items() if where == part.operation}
        arrived = {place: key for place, key in here.items() if SENT in key}
        wanted = frozenset(key for key in expected.must if SENT in key)
        every = {**expected.may, **expected.must}
        codes = {key: _code(found.resource) for key, found in every.items() if SENT in key}
        yield _Read(chain, given, own, arrived, wanted, codes, subjects - {""})


def _code(resource: Json) -> str:
    return " ".join("|".join(pair) for pair in codings(resource.get("code"))[:1])


def _subject(resource: Json) -> str:
    return reference_key(reference_of(resource.get("subject")))


def _nothing(view: CellView, name: str) -> Finding | None:
    if (nothing := nothing_to_compare(view, name)) is not None:
        return nothing
    found = _read(view)
    if not any(item.wanted for item in found):
        return view.not_tested(name, NOTHING_SENT)
    if not any(item.arrived for item in found):
        return view.inconclusive(name, NOT_YET)
    return None


@judge("ZM-SND-007")
def arrived(view: CellView) -> Iterator[Finding]:
    """Everything that was acknowledged is there, with person, time, value and unit as they were sent."""
    name = "ZM-SND-007"
    if (nothing := _nothing(view, name)) is not None:
        yield nothing
        return
    for item in _read(view):
        if not item.wanted:
            continue
        about = [
            one for one in item.differences if SENT in one.item and one.kind != "duplicated" and one.broken
        ]
        about += _of_others(item)
        yield from _said(view, name, item, about)
        if not about:
            yield view.ok(name, item.exchange, received=f"{len(item.wanted)}x")


def _of_others(item: _Read) -> Iterator[Difference]:
    """What was sent and stands with another Patient than the rest of the record."""
    for place, resource in item.given.items():
        subject = _subject(resource)
        if place in item.arrived and subject and item.subjects and subject not in item.subjects:
            path = f"{place}.subject.reference"
            yield Difference("altered", "", path, ", ".join(sorted(item.subjects)), subject)


def _new(item: _Read) -> list[Difference]:
    """What nobody sent, and what is there too often; a sent measurement that was changed is neither."""
    here = set(item.arrived.values())
    lost = Counter(code for key, code in item.sent.items() if key not in here)
    found = []
    for one in item.differences:
        if one.kind not in ("duplicated", "unknown", "foreign") or not one.broken:
            continue
        code = _code(item.given.get(one.place, {}))
        if one.kind == "unknown" and lost[code] > 0:
            lost[code] -= 1
        else:
            found.append(one)
    return found


@judge("ZM-SND-008")
def nothing_else(view: CellView) -> Iterator[Finding]:
    """Nothing else is new, and nothing is there more often than it was sent."""
    name = "ZM-SND-008"
    if (nothing := _nothing(view, name)) is not None:
        yield nothing
        return
    for item in _read(view):
        about = _new(item)
        yield from _said(view, name, item, about)
        if not about:
            yield view.ok(name, item.exchange)


def _said(view: CellView, name: str, item: _Read, about: list[Difference]) -> Iterator[Finding]:
    for one in about[:5]:
        number, place = on_page(one.place)
        page = item.chain.answers[number]
        line, column = page.line(place)
        yield view.fail(
            name,
            exchange=page.exchange,
            path=place or "Bundle.entry",
            line=line,
            column=column,
            expected=one.expected or SENT_ONCE,
            received=joined(KINDS[one.kind], one.received),
            next_step=Text(
                nl="Vergelijk wat is gestuurd met wat het HIS daarna laat zien: persoon, tijdstip, waarde "
                "en eenheid horen "
                "gelijk te zijn, en elke meting hoort er één keer te staan.",
                en="Compare what was sent with what the HIS shows afterwards: person, time, value and "
                "unit should be "
                "equal, and each measurement should be there once.",
            ),
            rule=one.rule,
            mode="readback",
        )
