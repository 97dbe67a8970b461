"""Extensions: their own definition, where they may stand, and modifier extensions that nobody knows.

FHIR STU3 extensibility.html: an unknown extension is allowed (a warning here: it was not checked), an
unknown modifier extension makes the resource uninterpretable (an error). ``context`` of a definition says
where it may stand (defining-extensions.html#context).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from harness.fhir.model.types import Model
from harness.fhir.profiles.knowledge import Knowledge
from harness.fhir.profiles.slicing.fixed import extension_url
from harness.fhir.validation.places import Place
from harness.fhir.validation.run import Check, Rules, Run

_HOLDERS = ("extension", "modifierExtension")


def extension_check(rules: Rules, shape: Check, modifier: bool) -> Check:
    """The check of one item of ``extension`` or ``modifierExtension``.

    :param shape: the check of the base type.
    """
    knowledge = rules.knowledge

    def check(value: Any, place: Place, run: Run) -> None:
        before = run.errors
        shape(value, place, run)
        if type(value) is not dict or run.errors != before:
            return
        url = value.get("url")
        if type(url) is not str:
            return
        owner = place[0]
        nested = owner is not None and owner[3] in _HOLDERS
        if ":" not in url:
            if not nested:
                run.add(
                    "fhir-extension-url", (place, "url", -1, "url"), expected="absolute URL", received=url
                )
            return
        facts = knowledge.profile(url)
        if facts is None or facts.type != "Extension":
            if modifier:
                run.add(
                    "fhir-extension-modifier-unknown", place, expected="known modifierExtension", received=url
                )
            else:
                run.add(
                    "fhir-extension-unknown",
                    place,
                    severity="warning",
                    expected="known extension",
                    received=url,
                )
            return
        root = facts.elements[0] if facts.elements else None
        if root is not None and root.path == "Extension":
            if modifier and not root.modifier and not _chain_modifier(knowledge, url):
                run.add("fhir-extension-modifier", place, expected="extension", received="modifierExtension")
            elif not modifier and root.modifier:
                run.add("fhir-extension-modifier", place, expected="modifierExtension", received="extension")
        if facts.contexts and not allowed_here(facts.contexts, owner, run, rules.model):
            run.add(
                "fhir-extension-context",
                place,
                expected=" | ".join(facts.contexts),
                received=f"{_element_path(owner, run)} ({url})",
            )
        rules.apply_profile(url, value, None, "Extension", place, run)
        parts = value.get("extension")
        if type(parts) is list and parts:
            _parts(knowledge, url, parts, place, run)

    return check


def _chain_modifier(knowledge: Knowledge, url: str) -> bool:
    tree = knowledge.tree(url)
    return tree is not None and tree.root.modifier


def _parts(knowledge: Knowledge, url: str, parts: list[Any], place: Place, run: Run) -> None:
    """Parts of a complex extension have the (relative) URLs that its definition names."""
    tree = knowledge.tree(url)
    node = tree.root.children.get("extension") if tree is not None else None
    if node is None or not node.slices:
        return
    known = {extension_url(part) for part in node.slices.values()}
    for index, part in enumerate(parts):
        name = part.get("url") if type(part) is dict else None
        if type(name) is str and ":" not in name and name not in known:
            at = (place, "extension", index, "extension")
            run.add("fhir-extension-part", at, expected=" | ".join(sorted(known)), received=name)


def _names(owner: Place | None, run: Run) -> tuple[str, tuple[str, ...]]:
    """Type of the nearest resource, and the JSON keys from it to the element that holds the extension."""
    keys: list[str] = []
    stop, name = run.within
    place = owner
    while place is not None and place is not stop:
        keys.append(place[3].removeprefix("_"))
        place = place[0]
    keys.reverse()
    return name, tuple(keys)


def _element_path(owner: Place | None, run: Run) -> str:
    name, keys = _names(owner, run)
    return ".".join((name, *keys))


def allowed_here(contexts: tuple[str, ...], owner: Place | None, run: Run, model: Model) -> bool:
    """Whether an extension with these contexts may stand on the element at ``owner``."""
    name, keys = _names(owner, run)
    candidates = element_names(model, name, keys)
    if not candidates.isdisjoint(contexts):
        return True
    if owner is not None and owner[3] in _HOLDERS:
        if "Extension" in contexts or "Element" in contexts:
            return True
        # an extension on an extension: its context is the URL of the outer one, which only the document knows
        return any("://" in context for context in contexts)
    return False


@lru_cache(maxsize=4096)
def element_names(model: Model, name: str, keys: tuple[str, ...]) -> frozenset[str]:
    """All names by which a context may mean an element: full path, path from each data type on the way,
    types."""
    names: set[str] = {"*", "Any"}
    starts: list[tuple[str, ...]] = [(name,)]
    code = name
    for key in keys:
        facts = model.types.get(code)
        hit = facts.key(key) if facts is not None else None
        if hit is None:
            return frozenset(names)
        following: list[tuple[str, ...]] = []
        forms = {hit.element.name, hit.element.stem, key}
        owners = model.ancestors(code)
        for start in starts:
            following += [(*start, form) for form in forms]
        if "." not in code:
            following += [(owner, form) for owner in owners for form in forms]
        else:
            following += [(*owner.split("."), form) for owner in owners for form in forms]
        starts = following[:400]
        code = hit.type.code
    names |= {".".join(start) for start in starts}
    if keys:
        names |= set(model.ancestors(code))
        if "." in code:
            names |= {"BackboneElement", "Element"}
    else:
        names |= set(model.ancestors(name))
    return frozenset(names)
