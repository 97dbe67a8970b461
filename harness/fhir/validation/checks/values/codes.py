"""Codes, bound or not: a system is absolute, a complete one has the code, and its display is that of the code
(STU3 and R4 datatypes.html#coding, #Identifier, #quantity).
"""

from __future__ import annotations

import re
from typing import Any

from harness.fhir.phrases import ABSOLUTE_URI, CODE_OF, CODE_SYSTEM, ELEVEN_TEST, LABELS, UNIT
from harness.fhir.profiles.knowledge import Knowledge
from harness.fhir.profiles.terminology import Answer, CodeSystemFacts, same_version
from harness.fhir.ucum import Unit
from harness.fhir.ucum import check as unit_check
from harness.fhir.validation.checks.links.canonicals import properties_check
from harness.fhir.validation.checks.values.grammars import GRAMMARS
from harness.fhir.validation.places import Json, Place
from harness.fhir.validation.run import Check, Run

UCUM = "http://unitsofmeasure.org"
BSN_SYSTEMS = frozenset(("http://fhir.nl/fhir/NamingSystem/bsn", "urn:oid:2.16.840.1.113883.2.4.6.3"))
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+").fullmatch
_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)


def system_check(value: Json, place: Place, run: Run) -> str:
    """The system of a Coding, Identifier or Quantity; ``""`` when there is none or it is not absolute, which
    is reported."""
    system = value.get("system")
    if type(system) is not str:
        return ""
    if _ABSOLUTE(system) is None:
        run.add(
            "fhir-system-relative", (place, "system", -1, "system"), expected=ABSOLUTE_URI, received=system
        )
        return ""
    return system


def coding_check(knowledge: Knowledge) -> Check:
    """Of every Coding, bound or not: an absolute system that is no value set, a code that the system has, a
    display of that code."""
    value_sets: dict[str, bool] = {}

    def is_value_set(system: str) -> bool:
        found = value_sets.get(system)
        if found is None:
            found = knowledge.value_set(system) is not None
            if len(value_sets) < 10_000:
                value_sets[system] = found
        return found

    def check(value: Any, place: Place, run: Run) -> None:
        system = system_check(value, place, run)
        if not system:
            return
        if "/ValueSet/" in system and is_value_set(system):
            at = (place, "system", -1, "system")
            run.add(
                "fhir-coding-value-set",
                at,
                severity="warning",
                expected=CODE_SYSTEM,
                received=system,
            )
            return
        code = value.get("code")
        if type(code) is str:
            _code(knowledge, value, system, code, place, run)

    return check


def quantity_check(knowledge: Knowledge) -> Check:
    """Of every Quantity: an absolute system, and a unit that it has."""

    def check(value: Any, place: Place, run: Run) -> None:
        code = value.get("code")
        system = system_check(value, place, run)
        if system and type(code) is str:
            _code(knowledge, value, system, code, place, run)

    return check


def _code(knowledge: Knowledge, value: Json, system: str, code: str, place: Place, run: Run) -> None:
    """A code is one of its system, as far as that is here, and a display one of that code."""
    if system == UCUM:
        _unit(code, place, run)
        return
    grammar = GRAMMARS.get(system)
    if grammar is not None and not grammar(code):
        _unknown(system, code, place, run)
        return
    facts = knowledge.terminology.system(system)
    if facts is None or not facts.complete:
        return
    version = value.get("version")
    if type(version) is str and not same_version(version, facts.version):
        run.once(
            "fhir-code-version",
            system,
            (place, "version", -1, "version"),
            severity="not-checked",
            expected=f"{system}|{version}",
            received=facts.version,
        )
    elif knowledge.terminology.code(system, code) is Answer.OUT:
        _unknown(system, code, place, run)
    else:
        _display(value, code, facts, place, run)


def _unknown(system: str, code: str, place: Place, run: Run) -> None:
    run.add(
        "fhir-code-unknown",
        (place, "code", -1, "code"),
        expected=CODE_OF.format(system=system),
        received=code,
    )


def _display(value: Json, code: str, facts: CodeSystemFacts, place: Place, run: Run) -> None:
    """A display is one of those that the code system gives the code; case and white space do not count."""
    display = value.get("display")
    known = facts.displays.get(code)
    if type(display) is not str or not known or display in known:
        return
    if _plain(display) not in {_plain(text) for text in known}:
        run.add(
            "fhir-display",
            (place, "display", -1, "display"),
            severity="warning",
            expected=" | ".join(known[:4]),
            received=display,
        )


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _unit(code: str, place: Place, run: Run) -> None:
    """A UCUM code is a unit; an annotation that only libraries read is a warning."""
    answer = unit_check(code)
    at = (place, "code", -1, "code")
    if answer is Unit.UNKNOWN:
        run.add("fhir-unit-unknown", at, expected=UNIT, received=code)
    elif answer is Unit.ODD:
        run.add("fhir-unit-annotation", at, severity="warning", expected=UNIT, received=code)


def meta_check(value: Any, place: Place, run: Run) -> None:
    """Security labels are a set: a code of a system occurs once (resource.html#Meta)."""
    seen: set[tuple[Any, Any]] = set()
    labels = value.get("security")
    for index, label in enumerate(labels if type(labels) is list else ()):
        if type(label) is not dict or "code" not in label:
            continue
        key = (str(label.get("system")), str(label["code"]))
        if key in seen:
            at: Place = (place, "security", index, "security")
            run.add("fhir-security-duplicate", at, expected=LABELS, received=label)
        seen.add(key)


def code_system_check(value: Any, place: Place, run: Run) -> None:
    """A complete CodeSystem has as many concepts as it says; one without content has none; properties of
    concepts are declared (codesystem.html)."""
    properties_check(value, place, run)
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
    """An absolute system; a URI where that is the system; a BSN that passes the eleven-test."""
    system = system_check(value, place, run)
    text = value.get("value")
    if type(text) is not str:
        return
    if system == "urn:ietf:rfc:3986" and _ABSOLUTE(text) is None:
        run.add(
            "fhir-primitive-format", (place, "value", -1, "value"), name="uri", expected="URI", received=text
        )
    elif system in BSN_SYSTEMS and text.isascii() and text.isdecimal() and not _eleven(text):
        run.add(
            "fhir-bsn",
            (place, "value", -1, "value"),
            severity="warning",
            expected=ELEVEN_TEST,
            received=text,
        )


def _eleven(digits: str) -> bool:
    """The eleven-test of a burgerservicenummer."""
    return len(digits) == 9 and sum(w * int(d) for w, d in zip(_WEIGHTS, digits, strict=True)) % 11 == 0
