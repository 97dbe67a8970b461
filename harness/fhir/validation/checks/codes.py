"""Codes, bound or not: a system is absolute, a complete one has the code (datatypes.html#coding)."""

from __future__ import annotations

import re
from typing import Any

from harness.fhir.profiles.knowledge import Knowledge
from harness.fhir.profiles.terminology import Answer
from harness.fhir.validation.checks.grammars import GRAMMARS
from harness.fhir.validation.places import Place
from harness.fhir.validation.run import Check, Run

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+").fullmatch
_UCUM = re.compile(r"[\x21-\x7e]+").fullmatch


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
