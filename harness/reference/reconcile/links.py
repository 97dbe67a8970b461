"""Where references lead: a map from what an answer calls a resource to the record's resource.

The map is filled by the pairs of the cell. A reference to something that no answer held is learned on its
first
use; a later use that contradicts it is a difference, a single use is not verified.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.core.normal.codes import same_concept
from harness.reference.content.compare import Comparison, Likeness
from harness.reference.content.gaps import Gap, Json, Met, show
from harness.reference.reconcile.answers import Answer, Given, reference_key
from harness.reference.reconcile.known import Entry, Known
from harness.reference.reconcile.pairing import Pair
from harness.reference.record.model import Record

_ENOUGH = 3
"""Pairs with equal ids from which on a server is taken to keep the ids of the record."""


@dataclass(frozen=True)
class Target:
    """What a reference of the record leads to: a resource of its own, or one contained.

    :ivar entry: ``None`` for a contained resource.
    """

    resource: Json
    key: str = ""
    entry: Entry | None = None


@dataclass(frozen=True)
class Outcome:
    """What following a reference showed.

    :ivar covered: key of the record's target, when the answer holds it inside.
    :ivar owner: whose record it leads to, when not this person's.
    :ivar unverified: what was referred to, when nothing shows what it is.
    """

    gaps: tuple[Gap, ...] = ()
    covered: str = ""
    owner: str = ""
    unverified: str = ""


_FINE = Outcome()


@dataclass
class Links:
    """The map of one cell."""

    known: Known
    record: Record
    partners: dict[str, list[Entry]] = field(default_factory=dict)
    given: dict[str, Json] = field(default_factory=dict)
    learned: dict[str, str] = field(default_factory=dict)
    _kept: int = 0
    _changed: int = 0

    def learn_pairs(self, pairs: Iterable[Pair], answer: Answer) -> None:
        """Fill the map with the pairs of one answer."""
        for item in pairs:
            key = item.given.key
            if not key:
                continue
            self.given.setdefault(key, item.given.resource)
            if item.partner is None or item.copy:
                continue
            entries = self.partners.setdefault(key, [])
            if item.partner not in entries:
                entries.append(item.partner)
            if key == item.partner.key:
                self._kept += 1
            elif item.where != "foreign":
                self._changed += 1
        for url, key in answer.aliases.items():
            if key in self.partners:
                self.partners.setdefault(url, self.partners[key])

    @property
    def keeps_ids(self) -> bool:
        """Whether the server answers with the ids of the record, wherever that shows."""
        return self._kept >= _ENOUGH and not self._changed

    def likeness(self, given: Given, entry: Entry) -> Likeness:
        """How unlike two references of this pair are, without learning anything."""

        def compare(wanted: Json, other: Json) -> float:
            ours, theirs = _key(wanted, None), _key(other, None)
            near = 0.4 if wanted.get("display") == other.get("display") else 0.5
            if not ours or not theirs or "#" in (ours[0], theirs[0]):
                return near
            if _type(ours) and _type(theirs) and _type(ours) != _type(theirs):
                return 1.0
            target, partners = self.target(wanted, entry), self.partners.get(theirs)
            if target is not None and partners is not None:
                return 0.0 if any(self._same(one, target) for one in partners) else 1.0
            return 0.1 if ours == theirs else near

        return compare

    def target(self, reference: Json, entry: Entry) -> Target | None:
        """What a reference of the record leads to; ``None`` for one that leads nowhere."""
        text = reference.get("reference")
        if not isinstance(text, str):
            return None
        if text.startswith("#"):
            inner = _contained(entry.stored.resource, text)
            return Target(inner) if inner is not None else None
        key = reference_key(text)
        found = self.known.entry(entry.record.person, key)
        return Target(found.stored.resource, key, found) if found is not None else None

    def follow(self, met: Met, given: Given, entry: Entry, answer: Answer) -> Outcome:
        """Whether the answer's reference leads to what the record's reference leads to."""
        target = self.target(met.wanted, entry)
        if target is None:
            return _FINE
        concept = met.given.get("concept")
        if concept is not None:
            if same_concept(target.resource.get("code"), concept):
                return Outcome(covered=target.key)
            return self._other(met, show(target.resource.get("code")), show(concept))
        name = _key(met.given, answer)
        if not name:
            if met.key:
                return Outcome(gaps=(Gap("absent", met.path, show(met.wanted), show(met.given)),))
            return _open(met)
        if name.startswith("#"):
            inner = _contained(given.resource, name)
            return self._inside(met, target, inner) if inner is not None else _open(met)
        partners = self.partners.get(name)
        if partners is not None:
            return self._paired(met, target, name, partners)
        if name in self.given:
            return _FINE  # that resource has a difference of its own
        return self._learn(met, target, name)

    def _paired(self, met: Met, target: Target, name: str, partners: list[Entry]) -> Outcome:
        if not target.key:
            return self._inside(met, target, self.given.get(name, partners[0].stored.resource))
        if any(self._same(one, target) for one in partners):
            return Outcome()
        foreign = next((one for one in partners if not self._ours(one)), None)
        outcome = self._other(met, target.key, f"{name} ({partners[0].key})")
        return Outcome(outcome.gaps, owner=foreign.record.display) if foreign is not None else outcome

    def _inside(self, met: Met, target: Target, inner: Json) -> Outcome:
        """A copy inside the answer against the record's resource: what it says has to be right."""
        if inner.get("resourceType") != target.resource.get("resourceType"):
            return self._other(met, show(met.wanted), str(inner.get("resourceType")))
        trial = Comparison(
            self.known.table, lambda wanted, given: 0.0, lenient=True, wording=self.known.wording
        )
        trial.resource(target.resource, inner)
        kind = str(inner.get("resourceType"))
        gaps = tuple(
            gap._replace(path=f"{met.path}.resolve(){gap.path.removeprefix(kind)}")
            for gap in trial.gaps
            if gap.kind != "remark"
        )
        return Outcome(gaps, covered=target.key)

    def _learn(self, met: Met, target: Target, name: str) -> Outcome:
        if not target.key:
            return _open(met)
        if _type(name) and _type(name) != _type(target.key):
            return self._other(met, target.key, name)
        before = self.learned.setdefault(name, target.key)
        if before != target.key and not self._twins(before, target):
            return self._other(met, target.key, f"{name} ({before})")
        if name == target.key:
            return _FINE
        if self.keeps_ids and (
            self._shown(target.key) or any(self.known.entry(one.person, name) for one in self.known.records)
        ):
            return self._other(met, target.key, name)
        return _open(met)

    def _shown(self, key: str) -> bool:
        """Whether the server itself uses the id that the record has for a resource; whose it is, is decided
        elsewhere."""
        return _type(key) != "Patient" and (key in self.partners or self.learned.get(key) == key)

    def _other(self, met: Met, expected: str, received: str) -> Outcome:
        return Outcome(gaps=(Gap("altered", met.path, expected, received),))

    def _ours(self, entry: Entry) -> bool:
        if entry.record is self.record:
            return True
        own = self.known.entry(self.record.person, entry.key)
        return own is not None and own.facts == entry.facts

    def _same(self, entry: Entry, target: Target) -> bool:
        """The same resource, or one that says the same."""
        if entry.record is self.record and entry.key == target.key:
            return True
        return target.entry is not None and self._ours(entry) and entry.facts == target.entry.facts

    def _twins(self, key: str, target: Target) -> bool:
        entry = self.known.entry(self.record.person, key)
        return entry is not None and self._same(entry, target)


def _open(met: Met) -> Outcome:
    return Outcome(unverified=str(met.given.get("reference") or met.given.get("display") or met.path))


def _key(reference: Mapping[str, Any], answer: Answer | None) -> str:
    text = reference.get("reference")
    if not isinstance(text, str):
        return ""
    if answer is not None and text in answer.aliases:
        return answer.aliases[text]
    return text if text.startswith("#") else reference_key(text)


def _type(key: str) -> str:
    """Resource type of a key, ``""`` for a urn."""
    return key.partition("/")[0] if "/" in key and not key.startswith("urn:") else ""


def _contained(resource: Json, text: str) -> Json | None:
    listed = resource.get("contained")
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict) and item.get("id") == text[1:]:
            return item
    return None
