"""The base specification as functions: one check per type, made on first use from the model and the base
constraints.

``Shapes.object("Patient.contact")`` gives ``check(value, place, run)``: a dictionary of handlers by JSON
key, so that a valid document costs one look-up per key. A key without a handler is an unknown element,
``_key`` is handled with its primitive, presence of required elements and exclusivity of choices is tested
after the keys.

Everything is guarded by ``type(x) is …``: a list for a scalar, a string for an object and the like are
findings. FHIR: JSON representation (json.html), element cardinality and ele-1 (element.html), resource.html.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness.fhir.model.types import ElementFacts, TypeRef
from harness.fhir.validation.checks.primitives import primitive
from harness.fhir.validation.run import Place, Run

if TYPE_CHECKING:
    from harness.fhir.validation.engine import Engine

Check = Callable[[Any, "Place", Run], None]
"""A check on one value at its place."""
Handler = Callable[[Any, "Place", Run, "dict[str, Any]"], None]
"""A check on what stands under one key: ``(item, place of the owner, run, owner)``."""


class Shapes:
    """Checks per base type."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.model = engine.model
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
        fields: dict[str, Handler] = {}
        required: list[tuple[str, tuple[str, ...]]] = []
        choices: list[tuple[str, tuple[str, ...]]] = []
        for element in facts.element_list:
            accepted: list[str] = []
            for ref in element.types:
                key = element.key_for(ref.code)
                fields[key] = self._field(name, element, ref, key)
                accepted.append(key)
                if self.model.is_primitive(ref.code) and element.xml != "attr" and ref.code != "xhtml":
                    fields["_" + key] = self._companion(element, key)
                    accepted.append("_" + key)
            if element.min > 0:
                required.append((element.stem, tuple(accepted)))
            if element.choice and len(element.types) > 1:
                choices.append((element.name, tuple(element.keys)))
        if facts.resource:
            fields["resourceType"] = _nothing
        invariants = self.engine.type_checks(name)
        needs = tuple(required)
        groups = tuple((stem, keys, frozenset(keys) | {"_" + key for key in keys}) for stem, keys in choices)
        spare = frozenset(("id",)) if not facts.resource else frozenset()

        def check(value: Any, place: Place, run: Run) -> None:
            if type(value) is not dict:
                run.add("fhir-type", place, expected=f"object ({name})", received=value)
                return
            before = run.errors
            for key, item in value.items():
                handler = fields.get(key)
                if handler is None:
                    _unknown(key, item, place, run, name)
                else:
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
            if invariants and run.errors == before:
                for invariant in invariants:
                    invariant(value, place, run)

        return check

    def _field(self, owner: str, element: ElementFacts, ref: TypeRef, key: str) -> Handler:
        """The handler of one JSON key."""
        facts = self.model.types.get(ref.code)
        if facts is None:
            return _nothing
        if element.max == "0":
            return _forbidden(element.stem)
        extras = self.engine.element_checks(owner, element, ref)
        if facts.primitive:
            if element.many:
                return _primitives(element, ref.code, key, extras)
            return _primitive(element, ref.code, key, extras)
        if ref.code == "Extension":
            check = self.engine.extension_check(element.name == "modifierExtension", ref.code)
        elif facts.resource:
            check = self.engine.resource_check(ref.code)
        else:
            check = self.object(ref.code)
        if element.many:
            return _complexes(element.stem, key, check, extras)
        return _complex(element.stem, key, check, extras)

    def _companion(self, element: ElementFacts, key: str) -> Handler:
        """The handler of ``_key``: id and extensions of a primitive (paired per item in a list)."""
        check = self.object("Element")
        stem = element.stem

        def single(item: Any, place: Place, run: Run, owner: dict[str, Any]) -> None:
            at = (place, stem, -1, "_" + key)
            if type(item) is not dict:
                run.add("fhir-primitive-extension", at, name=key, expected="object", received=item)
                return
            check(item, at, run)
            if key not in owner and "extension" not in item:
                run.add("fhir-empty", at, expected="value or extension", received=item)

        def several(item: Any, place: Place, run: Run, owner: dict[str, Any]) -> None:
            values = owner.get(key)
            if type(item) is not list or (values is not None and type(values) is not list):
                run.add(
                    "fhir-primitive-extension",
                    (place, stem, -1, "_" + key),
                    name=key,
                    expected="list",
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
                    run.add(
                        "fhir-primitive-extension", at, name=key, expected="object or null", received=part
                    )
                else:
                    check(part, at, run)
                    if not has_value and "extension" not in part:
                        run.add("fhir-empty", at, expected="value or extension", received=part)

        return several if element.many else single


def _nothing(item: Any, place: Place, run: Run, owner: dict[str, Any]) -> None:
    """Keys that need no check."""


def _forbidden(stem: str) -> Handler:
    def handler(item: Any, place: Place, run: Run, owner: dict[str, Any]) -> None:
        run.add("fhir-cardinality-max", (place, stem, -1, stem), name=stem, expected="0..0", received=item)

    return handler


def _unknown(key: str, item: Any, place: Place, run: Run, name: str) -> None:
    run.add(
        "fhir-unknown-element",
        (place, key, -1, key),
        name=key,
        where=name,
        expected=f"element of {name}",
        received=item,
    )


def _primitive(element: ElementFacts, code: str, key: str, extras: tuple[Check, ...]) -> Handler:
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


def _primitives(element: ElementFacts, code: str, key: str, extras: tuple[Check, ...]) -> Handler:
    """A primitive that repeats; ``null`` stands for an item that has only extensions."""
    kinds, test, expected = primitive(code)
    stem = element.stem
    companion = "_" + key

    def handler(item: Any, place: Place, run: Run, owner: dict[str, Any]) -> None:
        if type(item) is not list:
            run.add("fhir-list", (place, stem, -1, key), name=key, expected=f"list of {code}", received=item)
            return
        if not item:
            run.add("fhir-empty", (place, stem, -1, key), expected=f"list of {code}", received="[]")
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


def _wrong_primitive(item: Any, at: Place, run: Run, code: str, expected: str, stem: str) -> None:
    if type(item) is list:
        run.add("fhir-scalar", at, name=stem, expected=code, received=item)
    elif item is None:
        run.add("fhir-null", at, expected=code, received="null")
    elif type(item) is dict:
        run.add("fhir-type", at, expected=code, received=item)
    elif type(item) is str or code in ("boolean",):
        run.add("fhir-primitive-format", at, name=code, expected=expected, received=item)
    else:
        run.add("fhir-type", at, expected=f"{code}: {expected}", received=item)


def _complex(stem: str, key: str, check: Check, extras: tuple[Check, ...]) -> Handler:
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


def _complexes(stem: str, key: str, check: Check, extras: tuple[Check, ...]) -> Handler:
    def handler(item: Any, place: Place, run: Run, owner: dict[str, Any]) -> None:
        if type(item) is not list:
            run.add("fhir-list", (place, stem, -1, key), name=key, expected="list of objects", received=item)
            return
        if not item:
            run.add("fhir-empty", (place, stem, -1, key), expected="list of objects", received="[]")
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
