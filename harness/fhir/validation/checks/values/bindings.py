"""Bindings by strength.

A binding decides offline what it can (:mod:`harness.fhir.profiles.terminology`). Strength ``required``: a
code outside the set is an error, a code that cannot be decided is ``not-checked``. ``extensible``: a warning.
``preferred`` and ``example``: nothing. FHIR STU3 terminologies.html#strength.
"""

from __future__ import annotations

from typing import Any

from harness.fhir.profiles.facts import BindingFact
from harness.fhir.profiles.knowledge import Knowledge
from harness.fhir.profiles.matching import codings
from harness.fhir.profiles.terminology import Answer, Members
from harness.fhir.validation.checks.values.grammars import GRAMMAR_SETS, GRAMMARS, MAX_SETS
from harness.fhir.validation.places import Place
from harness.fhir.validation.run import Check, Run

_QUANTITIES = ("Quantity", "SimpleQuantity", "Age", "Duration", "Money", "Count", "Distance")
_CODED = frozenset(("code", "Coding", "CodeableConcept", "string", "uri", "id", "oid", *_QUANTITIES))
_PRIMITIVE = frozenset(("code", "string", "uri", "id", "oid"))


def decide(members: Members, system: str | None, code: str) -> Answer:
    """Membership of a code, grammars included."""
    if system is None:
        answer = members.decide_bare(code)
        if answer is Answer.UNKNOWN:
            known = [GRAMMARS[s] for s in members.open if s in GRAMMARS]
            if known and len(known) == len(members.open):
                return Answer.IN if any(g(code) for g in known) else Answer.OUT
        return answer
    answer = members.decide(system, code)
    if answer is Answer.UNKNOWN and system in GRAMMARS:
        return Answer.IN if GRAMMARS[system](code) else Answer.OUT
    return answer


def binding_check(knowledge: Knowledge, binding: BindingFact, code: str) -> Check | None:
    """The check of a binding on values of type ``code``; ``None`` when nothing is to be checked."""
    if binding.strength not in ("required", "extensible") or not binding.value_set or code not in _CODED:
        return None
    made = _Binding(knowledge, binding, code)
    return made.primitive if code in _PRIMITIVE else made.coded


class _Binding:
    """A binding on values of one type. Members of its value set are looked up with the first value."""

    __slots__ = ("_members", "code", "grammar", "knowledge", "limit", "required", "strength", "url")

    def __init__(self, knowledge: Knowledge, binding: BindingFact, code: str) -> None:
        self.knowledge = knowledge
        self.code = code
        self.strength = binding.strength
        self.required = binding.strength == "required"
        self.url = binding.value_set
        bare = binding.value_set.partition("|")[0]
        self.grammar = GRAMMAR_SETS.get(bare)
        self.limit = MAX_SETS.get(bare)
        self._members: Members | None = None

    @property
    def members(self) -> Members:
        """Members of the value set."""
        if self._members is None:
            self._members = self.knowledge.members(self.url)
        return self._members

    def primitive(self, value: Any, place: Place, run: Run) -> None:
        """Checks a bare code."""
        members = self._members
        if members is None:
            members = self.members
        if type(value) is not str or value in members.all_codes:
            return
        if self.grammar is not None:
            if not self.grammar(value):
                self._outside(place, run, value)
            return
        if self.limit is not None and not self.limit(value):
            run.add("fhir-binding-required", place, expected=self.url, received=value)
            return
        answer = decide(members, None, value)
        if answer is Answer.OUT:
            self._outside(place, run, value)
        elif answer is Answer.UNKNOWN:
            self._undecided(place, run, value)

    def coded(self, value: Any, place: Place, run: Run) -> None:
        """Checks a Coding, CodeableConcept or Quantity: one of its codes is a member."""
        members = self._members
        if members is None:
            members = self.members
        if type(value) is not dict:
            return
        pairs = codings(value)
        if not pairs:
            self._without_code(value, place, run)
            return
        limit = self.limit
        if limit is not None and not any(s == "urn:ietf:bcp:47" and limit(item) for s, item in pairs):
            run.add("fhir-binding-required", place, expected=self.url, received=value)
            return
        undecided = ""
        for system, item in pairs:
            answer = decide(members, system, item)
            if answer is Answer.IN:
                return
            if answer is Answer.UNKNOWN:
                undecided = f"{system}#{item}"
        if undecided or not members.usable:
            self._undecided(place, run, undecided)
            return
        at = place
        listed = value.get("coding")
        if self.code == "CodeableConcept" and isinstance(listed, list):  # else it is a Coding, in its place
            at = (place, "coding", _culprit(listed, members), "coding")
        self._outside(at, run, ", ".join(f"{system or ''}#{item}" for system, item in pairs))

    def _without_code(self, value: Any, place: Place, run: Run) -> None:
        members = self.members
        if self.required and members.usable and self.code == "CodeableConcept":
            expected = f"{self.url}: {members.sample()}"
            run.add("fhir-binding-missing-code", place, expected=expected, received=value)

    def _outside(self, place: Place, run: Run, received: object) -> None:
        sample = self.members.sample()
        run.add(
            "fhir-binding-required" if self.required else "fhir-binding-extensible",
            place,
            severity="error" if self.required else "warning",
            expected=f"{self.url}: {sample}" if sample else self.url,
            received=received,
        )

    def _undecided(self, place: Place, run: Run, received: object) -> None:
        run.add(
            "fhir-binding-not-checked",
            place,
            severity="not-checked",
            expected=f"{self.strength}: {self.url}",
            received=received,
        )


def _culprit(coding: list[Any], members: Members) -> int:
    """The coding that most likely was meant to be the member: of a system that the set uses, else the first
    with a code."""
    known = {*members.codes, *members.open}
    first = -1
    for index, part in enumerate(coding):
        if type(part) is not dict:
            continue
        system = part.get("system")
        if type(system) is str and system in known:
            return index
        if first < 0 and "code" in part:
            first = index
    return max(first, 0)
