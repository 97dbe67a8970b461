"""The base specification as functions: one check per type, made on first use from the model and the base
constraints.

``Shapes.object("Patient.contact")`` gives ``check(value, place, run)``: a dictionary of handlers by JSON
key, so that a valid document costs one look-up per key. A key without a handler is an unknown element,
``_key`` is handled with its primitive, presence of required elements and exclusivity of choices is tested
after the keys.

FHIR: JSON representation (json.html), element cardinality and ele-1 (element.html), resource.html.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from harness.fhir.model.types import ElementFacts, Model, TypeRef
from harness.fhir.phrases import ELEMENT_OF
from harness.fhir.validation.checks.values.primitives import primitive
from harness.fhir.validation.fields import (
    Handler,
    companion,
    forbidden,
    many_objects,
    many_primitives,
    nothing,
    one_object,
    one_primitive,
)
from harness.fhir.validation.places import Place
from harness.fhir.validation.run import Check, Run

Field: TypeAlias = tuple[tuple[type, ...], Callable[[Any], bool], Handler]
"""A value of these kinds that passes the test is good; any other is for the handler."""

Choice: TypeAlias = tuple[str, tuple[str, ...], frozenset[str]]
"""A choice: its name, its keys, and its keys with and without underscore."""


class ElementChecks(Protocol):
    """What is checked of types and elements beyond their shape."""

    def type_checks(self, name: str) -> tuple[Check, ...]:
        """Checks of every value of a type."""

    def element_checks(self, owner: str, element: ElementFacts, ref: TypeRef) -> tuple[Check, ...]:
        """Checks of one element."""

    def extension_check(self, modifier: bool) -> Check:
        """The check of an extension, shape included."""

    def resource_check(self, code: str) -> Check:
        """The check of a resource inside another one, shape included."""


class Shapes:
    """Checks per base type.

    :param checks: what is checked beyond the shape.
    """

    def __init__(self, model: Model, checks: ElementChecks) -> None:
        self.model = model
        self.checks = checks
        self._objects: dict[str, Check] = {}

    def object(self, name: str) -> Check:
        """The check of a complex type, backbone element or resource type."""
        found = self._objects.get(name)
        if found is None:
            found = self._objects[name] = self._lazy(name)
        return found

    def _lazy(self, name: str) -> Check:
        """Compiles on the first value: types refer to each other in circles."""
        compiled: Check | None = None

        def check(value: Any, place: Place, run: Run) -> None:
            nonlocal compiled
            if compiled is None:
                compiled = self._objects[name] = self._compile(name)
            compiled(value, place, run)

        return check

    def _compile(self, name: str) -> Check:
        facts = self.model.types[name]
        fields: dict[str, Field] = {}
        required: list[tuple[str, tuple[str, ...]]] = []
        choices: list[tuple[str, tuple[str, ...]]] = []
        for element in facts.element_list:
            accepted: list[str] = []
            for ref in element.types:
                key = element.key_for(ref.code)
                fields[key] = self._field(name, element, ref, key)
                accepted.append(key)
                if self.model.is_primitive(ref.code) and element.xml != "attr" and ref.code != "xhtml":
                    fields["_" + key] = _handled(companion(element, key, self.object("Element")))
                    accepted.append("_" + key)
            if element.min > 0:
                required.append((element.stem, tuple(accepted)))
            if element.choice and len(element.types) > 1:
                choices.append((element.name, tuple(element.keys)))
        if facts.resource:
            fields["resourceType"] = _handled(nothing)
        groups = tuple((stem, keys, frozenset(keys) | {"_" + key for key in keys}) for stem, keys in choices)
        spare = frozenset(("id",)) if not facts.resource else frozenset()
        return _object(name, fields, tuple(required), groups, spare, self.checks.type_checks(name))

    def _field(self, owner: str, element: ElementFacts, ref: TypeRef, key: str) -> Field:
        """What is checked under one JSON key."""
        facts = self.model.types.get(ref.code)
        if facts is None:
            return _handled(nothing)
        if element.max == "0":
            return _handled(forbidden(element.stem))
        extras = self.checks.element_checks(owner, element, ref)
        if facts.primitive:
            if element.many:
                return _handled(many_primitives(element, ref.code, key, extras))
            handler = one_primitive(element, ref.code, key, extras)
            return _handled(handler) if extras else (*primitive(ref.code)[:2], handler)
        if ref.code == "Extension":
            check = self.checks.extension_check(element.name == "modifierExtension")
        elif facts.resource:
            check = self.checks.resource_check(ref.code)
        else:
            check = self.object(ref.code)
        make = many_objects if element.many else one_object
        return _handled(make(element.stem, key, check, extras))


def _handled(handler: Handler) -> Field:
    """The field of which every value is for its handler."""
    return (), bool, handler


def _object(
    name: str,
    fields: dict[str, Field],
    needs: tuple[tuple[str, tuple[str, ...]], ...],
    groups: tuple[Choice, ...],
    spare: frozenset[str],
    invariants: tuple[Check, ...],
) -> Check:
    """The check of one type.

    :param fields: by JSON key.
    :param needs: stems of required elements with the keys that may stand for them.
    :param groups: choices of which one key may occur.
    :param spare: keys that do not count as content.
    """

    def check(value: Any, place: Place, run: Run) -> None:
        if type(value) is not dict:
            run.add("fhir-type", place, expected=f"object ({name})", received=value)
            return
        before = run.errors
        for key, item in value.items():
            field = fields.get(key)
            if field is None:
                _unknown(key, item, place, run, name)
                continue
            kinds, test, handler = field
            if type(item) not in kinds or not test(item):
                handler(item, place, run, value)
        if len(value) < 2 and not (value.keys() - spare):
            run.add("fhir-empty", place, expected=name, received=value)
            return
        for stem, keys in needs:
            for key in keys:
                if key in value:
                    break
            else:
                run.add("fhir-cardinality-min", place, name=stem, expected=f"{stem} 1..", received="0")
        if groups:
            _one_of_each(value, groups, place, run)
        if invariants and run.errors == before:
            for invariant in invariants:
                invariant(value, place, run)

    return check


def _one_of_each(value: dict[str, Any], groups: tuple[Choice, ...], place: Place, run: Run) -> None:
    """Reports choices of which more than one type is there."""
    for stem, keys, forms in groups:
        present = 0
        for key in value:
            if key in forms:
                present += 1
        if present > 1:
            found = [key for key in keys if key in value or "_" + key in value]
            if len(found) > 1:
                at = (place, stem[:-3], -1, found[0])
                run.add("fhir-choice", at, name=stem, expected="1", received=", ".join(found))


def _unknown(key: str, item: Any, place: Place, run: Run, name: str) -> None:
    run.add(
        "fhir-unknown-element",
        (place, key, -1, key),
        name=key,
        where=name,
        expected=ELEMENT_OF.format(name=name),
        received=item,
    )
