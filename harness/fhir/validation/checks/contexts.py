"""Where an extension may stand: element paths and types, other extensions, FHIRPath, and context invariants.

STU3 and R4 defining-extensions.html#context. ``Element`` is any element, the root of a resource included. An
extension for another extension may stand on that one or on its value. An R4 context of type ``fhirpath``
selects elements of the resource; what cannot be evaluated is *not checked*.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from harness.fhir import fhirpath
from harness.fhir.fhirpath.errors import FHIRPathError
from harness.fhir.model.types import Model
from harness.fhir.profiles.facts import FHIRPATH, ProfileFacts
from harness.fhir.validation.places import Place
from harness.fhir.validation.run import Run

_ANYWHERE = frozenset(("*", "Any", "Element"))
_CANONICAL = frozenset(("CanonicalResource", "MetadataResource"))
_HOLDERS = ("extension", "modifierExtension")


def check(facts: ProfileFacts, place: Place, run: Run) -> None:
    """Checks that the extension at ``place`` stands where its definition allows it."""
    owner = place[0]
    answer = _allowed(facts.contexts, owner, run) if facts.contexts else True
    if answer is None:
        run.once(
            "fhir-extension-context-not-checked",
            facts.url,
            place,
            severity="not-checked",
            expected=" | ".join(facts.contexts),
            received=facts.url,
        )
    elif not answer:
        path = ".".join((run.within[1], *_keys(owner, run)))
        run.add(
            "fhir-extension-context",
            place,
            expected=" | ".join(facts.contexts),
            received=f"{path} ({facts.url})",
        )
    for rule in facts.context_rules:
        _rule(rule, facts.url, place, run)


def _keys(owner: Place | None, run: Run) -> tuple[str, ...]:
    """JSON keys from the nearest resource to the element that holds the extension."""
    keys: list[str] = []
    stop = run.within[0]
    while owner is not None and owner is not stop:
        keys.append(owner[3].removeprefix("_"))
        owner = owner[0]
    keys.reverse()
    return tuple(keys)


def _allowed(contexts: tuple[str, ...], owner: Place | None, run: Run) -> bool | None:
    """Whether one of the contexts fits; ``None`` when none does and one could not be evaluated."""
    if not _ANYWHERE.isdisjoint(contexts):
        return True
    model = run.rules.model
    if not _element_names(model, run.within[1], _keys(owner, run)).isdisjoint(contexts):
        return True
    undecided = False
    urls = _extensions_around(owner, run)
    for context in contexts:
        if context.startswith(FHIRPATH):
            answer = _selects(context[len(FHIRPATH) :], owner, run)
            if answer:
                return True
            undecided = undecided or answer is None
        elif context.partition("#")[0] in urls:
            return True
    return None if undecided else False


def _extensions_around(owner: Place | None, run: Run) -> tuple[Any, ...]:
    """URLs of the extension that the extension stands on, or on whose value it stands."""
    urls = []
    for step in (owner, owner[0] if owner is not None and owner[1] == "value" else None):
        if step is not None and step[3] in _HOLDERS:
            value = value_at(step, run)
            urls.append(value.get("url") if type(value) is dict else None)
    return tuple(urls)


def value_at(place: Place | None, run: Run) -> Any:
    """What stands at a place below the nearest resource (of a primitive with ``_key``: its extensions)."""
    stop = run.within[0]
    value: Any = run.within[2]
    steps: list[Place] = []
    while place is not None and place is not stop:
        steps.append(place)
        place = place[0]
    for _, _, index, key in reversed(steps):
        value = value.get(key) if type(value) is dict else None
        if index >= 0:
            value = value[index] if type(value) is list and index < len(value) else None
    return value


def _selects(expression: str, owner: Place | None, run: Run) -> bool | None:
    """Whether an expression on the nearest resource selects the element that holds the extension."""
    stop = run.within[0]
    try:
        found = run.select(fhirpath.compile(expression, model=run.rules.model, dialect="strict"))
    except FHIRPathError:
        return None
    if owner is None or owner is stop:
        return any(node.value is run.within[2] for node in found)
    holder, key = value_at(owner[0], run), owner[3].removeprefix("_")
    for node in found:
        _, _, _, parent, name, index = node.raw
        if parent is not None and parent[0] is holder and (name, index) == (key, owner[2]):
            return True
    return False


def _rule(rule: str, url: str, place: Place, run: Run) -> None:
    """A context invariant: it must hold with the element that holds the extension as context."""
    owner = place[0]
    if owner is None:
        return
    extension, value = value_at(place, run), value_at(owner, run)
    try:
        expression = fhirpath.compile(rule, model=run.rules.model, dialect="strict")
        good = run.decide(expression, value, _type_at(owner, run), owner, {"extension": extension})
    except FHIRPathError as error:
        run.once(
            "fhir-extension-context-not-checked",
            rule,
            place,
            severity="not-checked",
            expected=rule,
            received=error.block,
        )
        return
    if good is False:
        run.add("fhir-extension-context", place, expected=rule, received=url)


def _type_at(place: Place, run: Run) -> str:
    """FHIR type of the element at a place."""
    model, code = run.rules.model, run.within[1]
    for key in _keys(place, run):
        facts = model.types.get(code)
        hit = facts.key(key) if facts is not None else None
        if hit is None:
            return "Element"
        code = hit.type.code
    return code


@lru_cache(maxsize=4096)
def _element_names(model: Model, name: str, keys: tuple[str, ...]) -> frozenset[str]:
    """All names by which a context may mean an element: full path, path from each data type on the way,
    types."""
    names: set[str] = set()
    starts: list[tuple[str, ...]] = [(name,)]
    code = name
    for key in keys:
        facts = model.types.get(code)
        hit = facts.key(key) if facts is not None else None
        if hit is None:
            return frozenset()
        following: list[tuple[str, ...]] = []
        forms = {hit.element.name, hit.element.stem, key}
        owners = model.ancestors(code)
        for start in starts:
            following += [(*start, form) for form in forms]
        for owner in owners:
            following += [(*owner.split("."), form) for form in forms]
        starts = following[:400]
        code = hit.type.code
    names |= {".".join(start) for start in starts}
    if keys:
        names |= set(model.ancestors(code))
        if "." in code:
            names |= {"BackboneElement"}
    else:
        names |= set(model.ancestors(name))
        facts = model.types.get(name)
        if facts is not None and {"url", "status"} <= facts.elements.keys():
            names |= _CANONICAL
    return frozenset(names)
