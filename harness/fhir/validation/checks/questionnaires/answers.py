"""One answer against its question: type, options, length, range."""

from __future__ import annotations

from typing import Any

from harness.fhir.profiles.facts import Value
from harness.fhir.profiles.terminology import Answer
from harness.fhir.validation.checks.questionnaires.enabled import same
from harness.fhir.validation.checks.questionnaires.find import items, value_of
from harness.fhir.validation.checks.values.ranges import range_check
from harness.fhir.validation.places import Json, Place
from harness.fhir.validation.run import Run

_CORE = "http://hl7.org/fhir/StructureDefinition/"
_TYPES: dict[str, tuple[str, ...]] = {
    "boolean": ("valueBoolean",),
    "decimal": ("valueDecimal",),
    "integer": ("valueInteger",),
    "date": ("valueDate",),
    "dateTime": ("valueDateTime",),
    "time": ("valueTime",),
    "string": ("valueString",),
    "text": ("valueString",),
    "url": ("valueUri",),
    "attachment": ("valueAttachment",),
    "reference": ("valueReference",),
    "quantity": ("valueQuantity",),
}
_CHOICE = ("valueCoding", "valueInteger", "valueDate", "valueTime", "valueString", "valueReference")


def check(definition: Json, answer: Json, owner: Json, place: Place, run: Run) -> None:
    """Checks an answer.

    :param definition: the item of the Questionnaire.
    :param owner: the resource that holds the value sets that the Questionnaire names as ``#id``.
    """
    key, value = value_of(answer, "value")
    if not key:
        return
    kind = str(definition.get("type"))
    at: Place = (place, "value", -1, key)
    types = _TYPES.get(kind, ())
    if kind in ("choice", "open-choice"):
        types = ("valueCoding", "valueString") if kind == "open-choice" else _choice_types(definition)
    if types and key not in types:
        run.add("fhir-answer-type", at, expected=" | ".join(types), received=key)
        return
    if kind in ("choice", "open-choice") and not (kind == "open-choice" and key == "valueString"):
        _option(definition, value, kind == "choice", owner, at, run)
    _limits(definition, value, at, run)


def _choice_types(definition: Json) -> tuple[str, ...]:
    """Types that the options of a question have; a question with a value set has codings."""
    options = _options(definition)
    keys = tuple(dict.fromkeys(value_of(option, "value")[0] for option in options))
    if keys:
        return keys
    return ("valueCoding",) if _value_set(definition) else _CHOICE


def _options(definition: Json) -> list[Json]:
    """STU3 calls them ``option``, R4 ``answerOption``."""
    return items(definition, "option") or items(definition, "answerOption")


def _value_set(definition: Json) -> str:
    """Address of the value set with the options: STU3 ``options``, R4 ``answerValueSet``."""
    found = definition.get("options", definition.get("answerValueSet"))
    text = found.get("reference") if type(found) is dict else found
    return text if type(text) is str else ""


def _option(definition: Json, value: Any, closed: bool, owner: Json, at: Place, run: Run) -> None:
    """The answer is one of the options; in an open choice another one is a warning."""
    options = [value_of(option, "value")[1] for option in _options(definition)]
    if options:
        if not any(same(option, value) for option in options):
            shown = " | ".join(_shown(option) for option in options[:6])
            _outside(closed, shown, value, at, run)
        return
    address = _value_set(definition)
    if not address or type(value) is not dict:
        return
    members = run.rules.knowledge.terminology.contained(owner, address)
    answer = members.decide(str(value.get("system", "")), str(value.get("code", "")))
    if answer is Answer.OUT:
        _outside(closed, address, value, at, run)
    elif answer is Answer.UNKNOWN:
        run.add("fhir-binding-not-checked", at, severity="not-checked", expected=address, received=value)


def _outside(closed: bool, expected: str, value: Any, at: Place, run: Run) -> None:
    run.add(
        "fhir-answer-option",
        at,
        severity="error" if closed else "warning",
        expected=expected,
        received=value,
    )


def _shown(option: Any) -> str:
    return str(option.get("code", option.get("display", ""))) if type(option) is dict else str(option)


def _limits(definition: Json, value: Any, at: Place, run: Run) -> None:
    """``maxLength``, and the extensions for the shortest text, least and greatest value."""
    longest = definition.get("maxLength")
    if type(value) is str and type(longest) is int and len(value) > longest:
        run.add("fhir-length", at, expected=f"<= {longest}", received=f"{len(value)}: {value}")
    bounds: dict[str, Value] = {}
    for extension in items(definition, "extension"):
        key, limit = value_of(extension, "value")
        bounds[str(extension.get("url"))] = Value(type=key, value=limit)
    shortest = bounds.get(_CORE + "minLength")
    if (
        shortest is not None
        and type(value) is str
        and type(shortest.value) is int
        and len(value) < shortest.value
    ):
        run.add("fhir-length-min", at, expected=f">= {shortest.value}", received=f"{len(value)}: {value}")
    range_check(bounds.get(_CORE + "minValue"), bounds.get(_CORE + "maxValue"), value, at, run)
