"""The answers of one cell against the records: pair all of them, then compare, then follow the references.

::

    cell = Reconciliation(known, record)
    found = cell.run([(answer, expectation), …])        # Differences, worst first
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import msgspec

from harness.core.issues import shorten
from harness.core.normal.texts import folded
from harness.core.text import Phrase, Text
from harness.reference.content.beside import duration
from harness.reference.content.compare import Comparison
from harness.reference.content.facts import Fact, Facts, facts_of
from harness.reference.content.gaps import Gap, Met, show
from harness.reference.oracle.expect import BESIDE, Expectation
from harness.reference.oracle.rules import NOT_SELECTED
from harness.reference.reconcile.answers import Answer, Given
from harness.reference.reconcile.differences import KINDS, NEXT, Difference, Kind
from harness.reference.reconcile.known import Entry, Known, plain_text
from harness.reference.reconcile.links import Links
from harness.reference.reconcile.pairing import Candidate, Fit, Pair, fits, likely, pair
from harness.reference.record.model import Record

_ENCODER = msgspec.json.Encoder(order="deterministic")
OF_SENDER: Final = ("subject", "performer", "device", "related", "specimen", "encounter", "context", "status")
"""Elements of what was sent that a HIS fills in its own way."""
_COMMON = BESIDE - {"Patient", "Medication", "Specimen"}
"""Of the practice rather than of the person: not knowing one accuses nobody."""


@dataclass
class _Memory:
    """What was found of resources that were seen before in the cell, by their encoding."""

    likely: dict[bytes, list[Candidate]] = field(default_factory=dict)
    partner: dict[bytes, Entry] = field(default_factory=dict)
    compared: dict[tuple[bytes, int], tuple[list[Gap], list[Met]]] = field(default_factory=dict)
    leaks: dict[bytes, list[tuple[str, str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Paired:
    """One answer with the partners of its resources.

    :ivar sent: whether it held what the person sent, which is left out here.
    """

    answer: Answer
    expected: Expectation
    pairs: list[Pair]
    keys: list[bytes]
    sent: bool = False


@dataclass
class Reconciliation:
    """The reconciliation of one cell: everything that one person's token brought.

    :param known: all records of the run.
    :param record: that of the person.
    :ivar unverified: what answers referred to, and nothing in the cell shows.
    :ivar partners: ``Type/id`` in the person's record of what was expected and came, by operation and place.
    """

    known: Known
    record: Record
    unverified: set[str] = field(default_factory=set)
    partners: dict[tuple[str, str], str] = field(default_factory=dict)
    _memory: _Memory = field(default_factory=_Memory)

    @cached_property
    def _sent(self) -> list[tuple[str, Facts]]:
        """What was sent, without its moments."""
        found = []
        for resource in self.record.sent:
            own = {key: value for key, value in resource.items() if key not in OF_SENDER}
            facts = frozenset(one for one in facts_of(own, self.known.table) if not _dated(one))
            found.append((str(resource.get("resourceType")), facts))
        return [one for one in found if one[1]]

    def run(self, answers: Iterable[tuple[Answer, Expectation]]) -> list[Difference]:
        """Every difference in the answers of the cell, the worst kinds first."""
        paired = [self._paired(answer, expected) for answer, expected in answers]
        links = Links(self.known, self.record)
        for one in paired:
            links.learn_pairs(one.pairs, one.answer)
            self.partners |= {
                (one.answer.operation, item.given.place): item.partner.key
                for item in one.pairs
                if item.partner is not None and item.where == "expected" and not item.copy
            }
        found: list[Difference] = []
        for one in paired:
            found += self._compare(one, links)
        order = list(KINDS)
        return sorted(found, key=lambda item: order.index(item.kind))

    # -- pairing ---------------------------------------------------------------------------------------------

    def _paired(self, answer: Answer, expected: Expectation) -> _Paired:
        given = tuple(item for item in answer.given if not self._was_sent(item))
        sent = len(given) < len(answer.given)
        answer = replace(answer, given=given)
        keys = [_ENCODER.encode(item.resource) for item in answer.given]
        taken: set[int] = set()
        direct: dict[int, Pair] = {}
        rest: list[tuple[int, Given, list[Fit]]] = []
        for index, (item, key) in enumerate(zip(answer.given, keys, strict=True)):
            entry = self._memory.partner.get(key)
            if entry is not None and entry.number not in taken and expected.item(entry.key):
                taken.add(entry.number)
                direct[index] = Pair(item, entry, "expected")
            else:
                rest.append((index, item, self._fits(item, key, expected)))
        if taken and rest:
            # somebody else may have a better claim: all of them are paired anew
            missed = {index for index, _, _ in rest}
            rest += [
                (index, item, self._fits(item, keys[index], expected))
                for index, item in enumerate(answer.given)
                if index not in missed
            ]
            rest.sort(key=lambda one: one[0])
            direct = {}
        made = pair([(item, options) for _, item, options in rest])
        for (index, _, _), one in zip(rest, made, strict=True):
            direct[index] = one
            if one.where == "expected" and one.partner is not None and not one.copy:
                self._memory.partner[keys[index]] = one.partner
        pairs = [direct[index] for index in range(len(answer.given))]
        return _Paired(answer, expected, self._last_ones(pairs, expected), keys, sent)

    def _was_sent(self, item: Given) -> bool:
        """Whether a resource is what the person sent, in this run or in an earlier one, on another day.

        What the record holds itself on that day is not.
        """
        if not any(kind == item.kind for kind, _ in self._sent):
            return False
        facts = facts_of(item.resource, self.known.table)
        said = {fact for fact in facts if not _dated(fact)}
        if not any(kind == item.kind and sent <= said for kind, sent in self._sent):
            return False
        own = (one for one in self.known.entries if one.record is self.record)
        return not any(one.facts <= facts for one in own if one.stored.type == item.kind)

    def _last_ones(self, pairs: list[Pair], expected: Expectation) -> list[Pair]:
        """The only resource of a type without partner is the only one of that type that is missing."""
        paired = {one.partner.key for one in pairs if one.partner is not None}
        alone = Counter(one.given.kind for one in pairs if one.partner is None)
        missing = {
            kind: [
                key for key, item in expected.must.items() if item.stored.type == kind and key not in paired
            ]
            for kind, amount in alone.items()
            if amount == 1
        }
        found = []
        for one in pairs:
            keys = missing.get(one.given.kind, []) if one.partner is None else []
            entry = self.known.entry(self.record.person, keys[0]) if len(keys) == 1 else None
            found.append(one if entry is None else Pair(one.given, entry, "expected"))
        return found

    def _fits(self, item: Given, key: bytes, expected: Expectation) -> list[Fit]:
        found = self._memory.likely.get(key)
        if found is None:
            facts = facts_of(item.resource, self.known.table)
            found = self._memory.likely[key] = likely(facts, self.known)

        def rank(entry: Entry) -> int:
            if entry.record is not self.record:
                # what the practice shares is nobody's: the own copy stands for it
                shared = self.known.entry(self.record.person, entry.key)
                return 3 if shared is not None and shared.facts == entry.facts else 2
            return 0 if expected.item(entry.key) else 1

        return fits(found, rank)

    # -- comparing -------------------------------------------------------------------------------------------

    def _compare(self, one: _Paired, links: Links) -> list[Difference]:
        found: list[Difference] = []
        seen: set[str] = set()
        covered: set[str] = set()
        for item, key in zip(one.pairs, one.keys, strict=True):
            entry = item.partner
            if entry is None:
                found.append(self._unknown(one, item))
            elif item.copy:
                found.append(
                    self._difference("duplicated", one, item, received=show(_name(item.given.resource)))
                )
            elif item.where == "foreign" and item.given.kind in _COMMON:
                found.append(self._unknown(one, item))
            elif item.where == "foreign":
                found.append(
                    self._difference(
                        "foreign",
                        one,
                        item,
                        received=show(_name(item.given.resource)),
                        owner=entry.record.display,
                    )
                )
            elif item.where == "own" and one.expected.item(entry.key) is None:
                found.append(self._not_expected(one, item, entry))
            else:
                seen.add(entry.key)
                found += self._content(one, item, entry, key, links, covered)
            if item.where != "foreign":
                found += self._leaks(one, item, key)
        for name, wanted in one.expected.must.items():
            displaced = one.sent and name in one.expected.displaced
            if name not in seen and not displaced and not (wanted.part == "include" and name in covered):
                text = show(_name(wanted.resource))
                found.append(
                    Difference(
                        "missing", one.answer.operation, "", expected=text, item=name,
                        next_step=NEXT["missing"].format(item=name),
                    )
                )  # fmt: skip
        return found

    def _content(
        self, one: _Paired, item: Pair, entry: Entry, key: bytes, links: Links, covered: set[str]
    ) -> list[Difference]:
        """Differences in the elements of a pair."""
        remembered = self._memory.compared.get((key, entry.number))
        if remembered is None:
            view = one.expected.view(entry.stored)
            trial = Comparison(
                self.known.table, links.likeness(item.given, entry), wording=self.known.wording
            )
            trial.resource(view, item.given.resource)
            if item.given.kind == "Appointment":
                trial.gaps += duration(view, item.given.resource, item.given.kind)
            remembered = self._memory.compared[key, entry.number] = (trial.gaps, trial.met)
        gaps, met = remembered
        found = [self._gap(one, item, entry, gap) for gap in gaps]
        for reference in met:
            outcome = links.follow(reference, item.given, entry, one.answer)
            if outcome.covered:
                covered.add(outcome.covered)
            for gap in outcome.gaps:
                found.append(self._gap(one, item, entry, gap, outcome.owner))
            if outcome.unverified:
                self.unverified.add(outcome.unverified)
        return found

    def _gap(self, one: _Paired, item: Pair, entry: Entry, gap: Gap, owner: str = "") -> Difference:
        whose = owner or self._owner(gap.received)
        kind: Kind = "foreign" if owner else gap.kind
        step = NEXT["absent"] if gap.kind == "absent" else NEXT.get(gap.note, NEXT[""])
        return self._difference(
            kind, one, item, path=gap.path, expected=gap.expected, received=gap.received, owner=whose,
            step=step.format(item=entry.key, owner=whose),
        )  # fmt: skip

    def _owner(self, text: str) -> str:
        """Display of the other person whose text this is, ``""`` when it is nobody's."""
        person = self.known.marks.owners.get(folded(text), "")
        if not person or person == self.record.person:
            return ""
        return next((item.display for item in self.known.records if item.person == person), person)

    # -- whole resources -------------------------------------------------------------------------------------

    def _unknown(self, one: _Paired, item: Pair) -> Difference:
        received = show(_name(item.given.resource))
        if item.given.kind in _COMMON:
            return self._difference("remark", one, item, received=received)
        return self._difference("unknown", one, item, received=received, undecided=not self.record.complete)

    def _not_expected(self, one: _Paired, item: Pair, entry: Entry) -> Difference:
        rule = one.expected.refusal(entry.key)
        kind: Kind = "not-allowed"
        if rule is NOT_SELECTED and item.given.kind != one.expected.kind:
            kind = "remark" if item.given.kind in _COMMON else "not-asked"
        return self._difference(
            kind,
            one,
            item,
            expected=rule.title,
            received=show(_name(item.given.resource)),
            rule=rule.id,
            leak=rule.leak,
        )

    def _leaks(self, one: _Paired, item: Pair, key: bytes) -> list[Difference]:
        """Texts of others, and texts that have to stay in the HIS, anywhere in a resource."""
        texts = self._memory.leaks.get(key)
        if texts is None:
            said = "" if item.given.kind == "Binary" else plain_text(key)
            texts = self._memory.leaks[key] = list(dict.fromkeys(self.known.leaks(said, self.record.person)))
        found = []
        for text, owner in texts:
            kind: Kind = "foreign" if owner and owner != self.record.person else "not-allowed"
            if kind == "not-allowed" and item.where == "own":
                continue  # the resource itself is what must not be shown
            found.append(
                self._difference(
                    kind, one, item, received=shorten(text), owner=self._owner(text),
                    rule="" if kind == "foreign" else "withheld", said=text, leak=kind != "foreign",
                )
            )  # fmt: skip
        return found

    def _difference(
        self,
        kind: Kind,
        one: _Paired,
        item: Pair,
        *,
        path: str = "",
        expected: Phrase = "",
        received: Phrase = "",
        owner: str = "",
        rule: str = "",
        step: Text | None = None,
        undecided: bool = False,
        said: str = "",
        leak: bool = False,
    ) -> Difference:
        name = item.partner.key if item.partner is not None else ""
        place = item.given.place + path.removeprefix(item.given.kind) if path else item.given.place
        return Difference(
            kind,
            one.answer.operation,
            place,
            expected,
            received,
            name,
            owner,
            rule,
            step or NEXT.get(kind, NEXT[""]).format(item=name or item.given.key, owner=owner),
            undecided,
            said,
            leak,
        )


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _dated(fact: Fact) -> bool:
    """Whether a fact is a day."""
    return bool(_DAY.fullmatch(str(fact[1])))


def _name(resource: dict[str, Any]) -> dict[str, Any]:
    """The elements by which a reader recognises a resource."""
    wanted = ("resourceType", "status", "code", "type", "description", "title", "name", "valueString")
    found = {key: resource[key] for key in wanted if key in resource}
    for key, value in resource.items():
        if key.startswith(
            ("effective", "date", "start", "period", "authoredOn", "indexed", "created", "value")
        ):
            found.setdefault(key, value)
    return found
