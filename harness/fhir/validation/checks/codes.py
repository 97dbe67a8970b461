"""Codes: bindings by strength, codes against complete code systems, systems that are absolute.

A binding decides offline what it can (:mod:`harness.fhir.profiles.terminology`). Strength ``required``: a
code
outside the set is an error, a code that cannot be decided is ``not-checked``. ``extensible``: a warning.
``preferred`` and ``example``: nothing. FHIR STU3 terminologies.html#strength; datatypes.html#coding.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from harness.fhir.profiles.facts import BindingFact
from harness.fhir.profiles.knowledge import Knowledge
from harness.fhir.profiles.matching import codings
from harness.fhir.profiles.terminology import Answer, Members
from harness.fhir.validation.run import Place, Run

Check = Callable[[Any, "Place", Run], None]

_QUANTITIES = ("Quantity", "SimpleQuantity", "Age", "Duration", "Money", "Count", "Distance")
_CODED = frozenset(("code", "Coding", "CodeableConcept", "string", "uri", "id", "oid", *_QUANTITIES))
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+").fullmatch
_MIME = re.compile(
    r"(?:xml|json|ttl|turtle)|"
    r"[A-Za-z0-9!#$&^_.+\-]+/[A-Za-z0-9!#$&^_.+\-*]+"
    r"(?:\s*;\s*[^\s;=]+=(?:\"[^\"]*\"|[^\s;]+))*"
).fullmatch
_LANGUAGE = re.compile(r"(?:[A-Za-z]{2,3}|[ix])(?:-[A-Za-z0-9]{1,8})*").fullmatch

_UCUM = re.compile(r"[\x21-\x7e]+").fullmatch

GRAMMARS: dict[str, Callable[[str], object]] = {
    "urn:ietf:bcp:13": _MIME,
    "urn:ietf:bcp:47": _LANGUAGE,
    "https://www.usps.com/": re.compile(r"[A-Z]{2}").fullmatch,
}
"""Code systems that are a grammar: membership is a matter of form."""


GRAMMAR_SETS: dict[str, Callable[[str], object]] = {
    "http://www.rfc-editor.org/bcp/bcp13.txt": _MIME,
    "http://hl7.org/fhir/ValueSet/mimetypes": _MIME,
    "http://hl7.org/fhir/ValueSet/all-languages": _LANGUAGE,
}
"""Value sets that are a grammar as a whole."""

MAX_SETS: dict[str, Callable[[str], object]] = {"http://hl7.org/fhir/ValueSet/languages": _LANGUAGE}
"""Value sets that the base specification binds extensibly within a maximum value set that is a grammar."""


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


def binding_check(knowledge: Knowledge, binding: BindingFact, code: str, path: str) -> Check | None:
    """The check of a binding on values of type ``code``; ``None`` when nothing is to be checked."""
    if binding.strength not in ("required", "extensible") or not binding.value_set or code not in _CODED:
        return None
    required = binding.strength == "required"
    url = binding.value_set
    grammar = GRAMMAR_SETS.get(url.partition("|")[0])
    limit = MAX_SETS.get(url.partition("|")[0])
    members: Members | None = None

    def report_out(place: Place, run: Run, found: Members, received: object) -> None:
        run.add(
            "fhir-binding-required" if required else "fhir-binding-extensible",
            place,
            severity="error" if required else "warning",
            expected=f"{url}: {found.sample()}" if found.sample() else url,
            received=received,
        )

    def report_unknown(place: Place, run: Run, received: object) -> None:
        run.add(
            "fhir-binding-not-checked",
            place,
            severity="not-checked",
            expected=f"{binding.strength}: {url}",
            received=received,
        )

    def primitive(value: Any, place: Place, run: Run) -> None:
        nonlocal members
        if members is None:
            members = knowledge.members(url)
        if type(value) is not str or value in members.all_codes:
            return
        if grammar is not None:
            if not grammar(value):
                report_out(place, run, members, value)
            return
        if limit is not None and not limit(value):
            run.add("fhir-binding-required", place, expected=url, received=value)
            return
        answer = decide(members, None, value)
        if answer is Answer.OUT:
            report_out(place, run, members, value)
        elif answer is Answer.UNKNOWN:
            report_unknown(place, run, value)

    def complex_(value: Any, place: Place, run: Run) -> None:
        nonlocal members
        if members is None:
            members = knowledge.members(url)
        if type(value) is not dict:
            return
        pairs = codings(value)
        if (
            limit is not None
            and pairs
            and not any(system == "urn:ietf:bcp:47" and limit(item) for system, item in pairs)
        ):
            run.add("fhir-binding-required", place, expected=url, received=value)
            return
        if not pairs:
            if required and members.usable and code == "CodeableConcept":
                run.add(
                    "fhir-binding-missing-code",
                    place,
                    expected=f"{url}: {members.sample()}",
                    received=value,
                )
            return
        undecided = ""
        for system, item in pairs:
            answer = decide(members, system, item)
            if answer is Answer.IN:
                return
            if answer is Answer.UNKNOWN:
                undecided = f"{system}#{item}"
        if undecided or not members.usable:
            report_unknown(place, run, undecided)
            return
        at = place
        if code == "CodeableConcept":
            at = (place, "coding", _culprit(value["coding"], members), "coding")
        report_out(at, run, members, ", ".join(f"{system or ''}#{item}" for system, item in pairs))

    return primitive if code in ("code", "string", "uri", "id", "oid") else complex_


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


def coding_check(knowledge: Knowledge) -> Check:
    """Of every Coding, bound or not: an absolute system that is no value set, and a code that the system
    has."""
    verdicts: dict[tuple[str, str], bool] = {}
    systems: dict[str, str] = {}

    def judge(system: str) -> str:
        if _ABSOLUTE(system) is None:
            return "fhir-coding-system"
        if system.startswith("http") and "/ValueSet/" in system and knowledge.value_set(system) is not None:
            return "fhir-coding-value-set"
        return ""

    def check(value: Any, place: Place, run: Run) -> None:
        system = value.get("system")
        if type(system) is not str:
            return
        rule = systems.get(system)
        if rule is None:
            rule = systems[system] = judge(system) if len(systems) < 10_000 else ""
        if rule:
            at = (place, "system", -1, "system")
            run.add(rule, at, severity="warning", expected="absolute URI of a code system", received=system)
            return
        code = value.get("code")
        if type(code) is not str:
            return
        key = (system, code)
        good = verdicts.get(key)
        if good is None:
            answer = knowledge.terminology.code(system, code)
            if answer is Answer.UNKNOWN and system in GRAMMARS:
                answer = Answer.IN if GRAMMARS[system](code) else Answer.OUT
            good = answer is not Answer.OUT
            if len(verdicts) < 100_000:
                verdicts[key] = good
        if not good:
            run.add(
                "fhir-code-unknown", (place, "code", -1, "code"), expected=f"code of {system}", received=code
            )

    return check


def quantity_check(value: Any, place: Place, run: Run) -> None:
    """A UCUM code is printable ASCII without white space (UCUM, section 1); which units exist is not
    checked."""
    code = value.get("code")
    if value.get("system") == "http://unitsofmeasure.org" and type(code) is str and _UCUM(code) is None:
        run.add("fhir-code-unknown", (place, "code", -1, "code"), expected="UCUM unit", received=code)


def code_system_check(value: Any, place: Place, run: Run) -> None:
    """A complete CodeSystem has as many concepts as it says; one without content has none
    (codesystem.html)."""
    content, count = value.get("content"), value.get("count")
    stack = list(value.get("concept") or ())
    total = 0
    while stack:
        concept = stack.pop()
        total += 1
        inner = concept.get("concept") if type(concept) is dict else None
        if type(inner) is list:
            stack += inner
    if content == "complete" and type(count) is int and count != total:
        run.add("fhir-code-system-count", (place, "count", -1, "count"), expected=total, received=count)
    elif content == "not-present" and total:
        run.add("fhir-code-system-count", (place, "concept", 0, "concept"), expected=0, received=total)


def identifier_check(value: Any, place: Place, run: Run) -> None:
    """The system of an Identifier is absolute (datatypes.html#identifier)."""
    system = value.get("system")
    if type(system) is str and _ABSOLUTE(system) is None:
        run.add(
            "fhir-coding-system", (place, "system", -1, "system"), expected="absolute URI", received=system
        )
    elif (
        system == "urn:ietf:rfc:3986"
        and type(value.get("value")) is str
        and _ABSOLUTE(value["value"]) is None
    ):
        run.add(
            "fhir-primitive-format",
            (place, "value", -1, "value"),
            name="uri",
            expected="URI",
            received=value["value"],
        )
