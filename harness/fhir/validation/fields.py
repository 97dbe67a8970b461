"""What may stand under one JSON key: handlers of primitives, their ``_key``, and objects, single or listed.

Everything is guarded by ``type(x) is …``: a list for a scalar, a string for an object and the like are
findings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from harness.core.text import Phrase, joined
from harness.fhir.model.types import ElementFacts
from harness.fhir.phrases import A_LIST, LIST_OF, LIST_OF_OBJECTS, OBJECT_OR_NULL, VALUE_OR_EXTENSION
from harness.fhir.validation.checks.values.primitives import primitive
from harness.fhir.validation.places import Place
from harness.fhir.validation.run import Check, Run

Handler: TypeAlias = Callable[[Any, Place, Run, dict[str, Any]], None]
"""A check on what stands under one key: ``(item, place of the owner, run, owner)``."""


def nothing(item: Any, place: Place, run: Run, owner: dict[str, Any]) -> None:
    """Keys that need no check."""


def forbidden(stem: str) -> Handler:
    """The handler of an element that may not occur."""

    def handler(item: Any, place: Place, run: Run, owner: dict[str, Any]) -> None:
        run.add("fhir-cardinality-max", (place, stem, -1, stem), name=stem, expected="0..0", received=item)

    return handler


def companion(element: ElementFacts, key: str, check: Check) -> Handler:
    """The handler of ``_key``: id and extensions of a primitive (paired per item in a list).

    :param check: the check of an Element.
    """
    stem = element.stem

    def single(item: Any, place: Place, run: Run, owner: dict[str, Any]) -> None:
        at = (place, stem, -1, "_" + key)
        if type(item) is not dict:
            run.add("fhir-primitive-extension", at, name=key, expected="object", received=item)
            return
        check(item, at, run)
        if key not in owner and "extension" not in item:
            run.add("fhir-empty", at, expected=VALUE_OR_EXTENSION, received=item)

    def several(item: Any, place: Place, run: Run, owner: dict[str, Any]) -> None:
        values = owner.get(key)
        if type(item) is not list or (values is not None and type(values) is not list):
            run.add(
                "fhir-primitive-extension",
                (place, stem, -1, "_" + key),
                name=key,
                expected=A_LIST,
                received=item,
            )
            return
        if not item:
            run.add("fhir-empty", (place, stem, -1, "_" + key), expected=stem, received=item)
        if values is not None and len(values) != len(item):
            run.add(
                "fhir-primitive-extension",
                (place, stem, -1, "_" + key),
                name=key,
                severity="warning",
                expected=f"{len(values)} items",
                received=f"{len(item)} items",
            )
        for index, part in enumerate(item):
            at = (place, stem, index, "_" + key)
            has_value = values is not None and index < len(values) and values[index] is not None
            if part is None:
                if not has_value:
                    run.add("fhir-null", at, received="null")
            elif type(part) is not dict:
                run.add("fhir-primitive-extension", at, name=key, expected=OBJECT_OR_NULL, received=part)
            else:
                check(part, at, run)
                if not has_value and "extension" not in part:
                    run.add("fhir-empty", at, expected=VALUE_OR_EXTENSION, received=part)

    return several if element.many else single


def one_primitive(element: ElementFacts, code: str, key: str, extras: tuple[Check, ...]) -> Handler:
    """A primitive that occurs at most once."""
    kinds, test, expected = primitive(code)
    stem = element.stem

    def handler(item: Any, place: Place, run: Run, owner: dict[str, Any]) -> None:
        if type(item) in kinds:
            if not test(item):
                run.add(
                    "fhir-primitive-format",
                    (place, stem, -1, key),
                    name=code,
                    expected=expected,
                    received=item,
                )
            elif extras:
                at = (place, stem, -1, key)
                for extra in extras:
                    extra(item, at, run)
        else:
            _wrong_primitive(item, (place, stem, -1, key), run, code, expected, stem)

    return handler


def many_primitives(element: ElementFacts, code: str, key: str, extras: tuple[Check, ...]) -> Handler:
    """A primitive that repeats; ``null`` stands for an item that has only extensions."""
    kinds, test, expected = primitive(code)
    stem = element.stem
    companion = "_" + key

    def handler(item: Any, place: Place, run: Run, owner: dict[str, Any]) -> None:
        if type(item) is not list:
            run.add(
                "fhir-list",
                (place, stem, -1, key),
                name=key,
                expected=LIST_OF.format(code=code),
                received=item,
            )
            return
        if not item:
            run.add("fhir-empty", (place, stem, -1, key), expected=LIST_OF.format(code=code), received="[]")
        for index, part in enumerate(item):
            if type(part) in kinds:
                if not test(part):
                    at = (place, stem, index, key)
                    run.add("fhir-primitive-format", at, name=code, expected=expected, received=part)
                elif extras:
                    at = (place, stem, index, key)
                    for extra in extras:
                        extra(part, at, run)
            elif part is None:
                others = owner.get(companion)
                if type(others) is not list or index >= len(others) or others[index] is None:
                    run.add("fhir-null", (place, stem, index, key), received="null")
            else:
                _wrong_primitive(part, (place, stem, index, key), run, code, expected, stem)

    return handler


def _wrong_primitive(item: Any, at: Place, run: Run, code: str, expected: Phrase, stem: str) -> None:
    if type(item) is list:
        run.add("fhir-scalar", at, name=stem, expected=code, received=item)
    elif item is None:
        run.add("fhir-null", at, expected=code, received="null")
    elif type(item) is dict:
        run.add("fhir-type", at, expected=code, received=item)
    elif type(item) is str or code in ("boolean",):
        run.add("fhir-primitive-format", at, name=code, expected=expected, received=item)
    else:
        run.add("fhir-type", at, expected=joined(code, expected), received=item)


def one_object(stem: str, key: str, check: Check, extras: tuple[Check, ...]) -> Handler:
    """An object that occurs at most once; ``extras`` are checked when its shape is right."""

    def handler(item: Any, place: Place, run: Run, owner: dict[str, Any]) -> None:
        at = (place, stem, -1, key)
        if type(item) is list:
            run.add("fhir-scalar", at, name=stem, expected="object", received=item)
            return
        if item is None:
            run.add("fhir-null", at, received="null")
            return
        before = run.errors
        check(item, at, run)
        if extras and run.errors == before:
            for extra in extras:
                extra(item, at, run)

    return handler


def many_objects(stem: str, key: str, check: Check, extras: tuple[Check, ...]) -> Handler:
    """An object that repeats."""

    def handler(item: Any, place: Place, run: Run, owner: dict[str, Any]) -> None:
        if type(item) is not list:
            run.add("fhir-list", (place, stem, -1, key), name=key, expected=LIST_OF_OBJECTS, received=item)
            return
        if not item:
            run.add("fhir-empty", (place, stem, -1, key), expected=LIST_OF_OBJECTS, received="[]")
        for index, part in enumerate(item):
            at = (place, stem, index, key)
            if part is None:
                run.add("fhir-null", at, received="null")
                continue
            before = run.errors
            check(part, at, run)
            if extras and run.errors == before:
                for extra in extras:
                    extra(part, at, run)

    return handler
